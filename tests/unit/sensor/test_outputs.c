/* SPDX-License-Identifier: ISC */
/*
 * The outputs as the main program uses them: lines on a stream, sequences that go on after a
 * restart, names made fit for keys, and a Redis that may or may not be there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sensor/output/outputs.h"
#include "tests/unit/redis_server.h"
#include "tests/unit/sample_event.h"

struct stage {
	struct services *services;
	struct loop *loop;
	char *text;
	size_t length;
	FILE *out;
	struct outputs_options options;
	char path[64];
};

static int raise_stage(void **state)
{
	struct stage *stage = calloc(1, sizeof *stage);

	stage->services = services_new();
	stage->loop = loop_new();
	stage->out = open_memstream(&stage->text, &stage->length);
	stage->options = (struct outputs_options){
		.out = stage->out,
		.sensor = "span a",
		.site = "site{1}",
		.services = stage->services,
		.loop = stage->loop,
		.replay = true,
	};
	strcpy(stage->path, "/tmp/spanwatch-outputs-XXXXXX");
	close(mkstemp(stage->path));
	*state = stage;
	return 0;
}

static int strike_stage(void **state)
{
	struct stage *stage = *state;

	fclose(stage->out);
	free(stage->text);
	unlink(stage->path);
	loop_free(stage->loop);
	services_free(stage->services);
	free(stage);
	return 0;
}

static struct outputs *open_outputs(struct stage *stage)
{
	char error[OUTPUTS_ERROR] = "";
	struct outputs *outputs = outputs_new(&stage->options, error);

	if (outputs == NULL)
		fail_msg("%s", error);
	return outputs;
}

static void publish(struct stage *stage, struct outputs *outputs, enum event_kind kind,
		    uint64_t sequence)
{
	struct event event = sample_event(kind, sequence, services_find(stage->services, "redis"));

	outputs_event(outputs, &event);
}

static void assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void writes_json_lines(void **state)
{
	struct stage *stage = *state;
	struct outputs_stats stats;
	struct outputs *outputs;

	stage->options.json = true;
	outputs = open_outputs(stage);
	assert_int_equal(outputs_next_sequence(outputs), 1);
	publish(stage, outputs, EVENT_EXPOSURE_OPENED, 1);
	publish(stage, outputs, EVENT_SENSOR_STOPPED, 2);
	assert_int_equal(outputs_finish(outputs, 0), 0);
	assert_int_equal(stage->text[stage->length - 1], '\n');
	assert_int_equal(strncmp(stage->text, "{\"@timestamp\"", 13), 0);
	assert_contains(stage->text, "}\n{\"@timestamp\"");
	assert_contains(stage->text, "\"name\":\"span_a\"");
	assert_contains(stage->text, "\"site\":\"site_1_\"");
	outputs_stats(outputs, &stats);
	assert_int_equal(stats.events, 2);
	assert_int_equal(stats.alerts, 1);
	assert_int_equal(stats.out_errors, 0);
	assert_false(stats.redis);
	outputs_free(outputs);
}

static void writes_for_people(void **state)
{
	struct stage *stage = *state;
	struct outputs *outputs;

	stage->options.text = true;
	outputs = open_outputs(stage);
	for (int kind = 0; kind < EVENT_KIND_COUNT; kind++)
		publish(stage, outputs, (enum event_kind)kind, (uint64_t)kind + 1);
	outputs_finish(outputs, 0);
	assert_contains(stage->text, "2015-02-04 04:05:06.123  CRITICAL  accessed   redis on "
				     "10.20.0.5:6379 answers the internet\n");
	assert_contains(stage->text, "  CRITICAL  INCIDENT ");
	assert_contains(stage->text,
			"logging-is-internal, group logging, sg-0a1b2c3d, owner platform");
	assert_contains(stage->text, "close it: 6379/tcp from internet in sg-0a1b2c3d");
	assert_contains(stage->text, "  CRITICAL  closed ");
	assert_contains(stage->text, "  CRITICAL  over ");
	assert_null(strchr(stage->text, '\033')); /* not a terminal */
	outputs_free(outputs);
}

static void colours_a_terminal(void **state)
{
	struct stage *stage = *state;
	struct outputs *outputs;

	stage->options.text = stage->options.terminal = true;
	outputs = open_outputs(stage);
	publish(stage, outputs, EVENT_EXPOSURE_OPENED, 1);
	assert_contains(stage->text, "\033[1;31mCRITICAL\033[0m");
	outputs_free(outputs);
}

static void prints_no_control_characters(void **state)
{
	struct stage *stage = *state;
	struct outputs *outputs;
	struct event event = sample_event(EVENT_EXPOSURE_OPENED, 1, POLICY_NO_SERVICE);

	stage->options.text = true;
	outputs = open_outputs(stage);
	event.exposure.group = event.exposure.owner = event.exposure.security_group =
		event.exposure.rule = event.exposure.client_zone = "a\033[2Jb";
	strcpy(event.reason, "c\033[2Jd");
	outputs_event(outputs, &event);
	assert_null(strchr(stage->text, '\033'));
	assert_contains(stage->text, "a?[2Jb");
	outputs_free(outputs);
}

/* Nothing happened: the report says so, and which lines of the policy were never tested. */
static void reports_at_the_end(void **state)
{
	static const char text[] =
		"version: 1\n"
		"site: test\n"
		"zones:\n"
		"  inside: [10.0.0.0/8]\n"
		"groups:\n"
		"  logging: { hosts: [10.20.0.0/24] }\n"
		"rules:\n"
		"  - { name: closed, groups: [logging], internal-only: true, severity: high }\n";
	struct stage *stage = *state;
	struct policy_vocabulary vocabulary = services_vocabulary(stage->services);
	struct policy_messages messages;
	struct policy *policy = policy_parse(text, sizeof text - 1, &vocabulary, &messages);
	struct engine_options options = {.sensor = "a", .first_sequence = 1};
	struct outputs *outputs;
	struct engine *engine;

	stage->options.text = true;
	outputs = open_outputs(stage);
	for (size_t i = 0; i < messages.count; i++)
		print_message("%s\n", messages.list[i].text);
	assert_non_null(policy);
	engine = engine_new(&options, policy, stage->services, outputs_event, outputs);
	assert_non_null(engine);
	publish(stage, outputs, EVENT_INCIDENT_OPENED, 1);
	outputs_report(outputs, engine, policy, &(struct text_unseen){"", ""});
	assert_contains(stage->text,
			"\nIncidents\n  CRITICAL  group logging, sg-0a1b2c3d: 2 reached");
	assert_contains(stage->text,
			"10.20.0.6:6379/tcp           redis            accessed  open");
	assert_contains(stage->text, "0 exposures (0 open, 0 without a rule), 1 incident, 0 probes "
				     "stopped; 1 rule never tested; 1 event, 1 alert\n");
	engine_free(engine);
	outputs_free(outputs);
	policy_free(policy);
	policy_messages_free(&messages);
}

static void goes_on_after_a_restart(void **state)
{
	struct stage *stage = *state;
	struct outputs *outputs;

	stage->options.journal_path = stage->path;
	for (uint64_t life = 0; life < 3; life++) {
		outputs = open_outputs(stage);
		assert_int_equal(outputs_next_sequence(outputs), life + 1);
		publish(stage, outputs, EVENT_EXPOSURE_OPENED, life + 1);
		outputs_free(outputs);
	}
}

static void refuses_bad_options(void **state)
{
	struct stage *stage = *state;
	char error[OUTPUTS_ERROR] = "";

	stage->options.redis.url = "http://localhost";
	assert_null(outputs_new(&stage->options, error));
	assert_contains(error, "must begin with redis://");
	stage->options.redis.url = NULL;
	stage->options.journal_path = "/nonexistent/journal";
	assert_null(outputs_new(&stage->options, error));
	assert_contains(
		error, "journal /nonexistent/journal: cannot be opened: No such file or directory");
}

/* Nobody listens there. Nothing waits longer than it was told to, and the loss is told. */
static void does_without_redis(void **state)
{
	struct stage *stage = *state;
	struct outputs_stats stats;
	struct outputs *outputs;

	stage->options.redis.url = "redis://127.0.0.1:1";
	outputs = open_outputs(stage);
	for (uint64_t i = 1; i <= 100; i++)
		publish(stage, outputs, EVENT_EXPOSURE_SUMMARY, i);
	outputs_heartbeat(outputs, &(struct heartbeat){.state = "watching"});
	assert_int_equal(outputs_finish(outputs, 100), 100);
	outputs_stats(outputs, &stats);
	assert_int_equal(stats.waiting, 100);
	assert_true(stats.redis && !stats.redis_connected);
	assert_true(stats.redis_errors >= 1);
	outputs_free(outputs);
}

/* What waited in the file since an earlier life goes out first; another database than 0. */
static void delivers_what_waited(void **state)
{
	struct stage *stage = *state;
	struct redis_server server = {0};
	struct outputs *outputs;
	char url[128];

	stage->options.journal_path = stage->path;
	stage->options.redis.url = "redis://127.0.0.1:1";
	outputs = open_outputs(stage);
	publish(stage, outputs, EVENT_EXPOSURE_OPENED, 1);
	assert_int_equal(outputs_finish(outputs, 10), 1);
	outputs_free(outputs);
	if (!redis_server_start(&server, NULL, NULL)) {
		redis_server_remove(&server);
		skip();
	}
	snprintf(url, sizeof url, "unix://%s?db=3", server.socket);
	stage->options.redis.url = url;
	outputs = open_outputs(stage);
	publish(stage, outputs, EVENT_EXPOSURE_CLOSED, 2);
	assert_int_equal(outputs_finish(outputs, 5000), 0);
	outputs_free(outputs);
	assert_contains(redis_server_ask(&server, "INFO keyspace"), "db3:keys=");
	assert_null(strstr(server.answer, "db0"));
	redis_server_remove(&server);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, raise_stage, strike_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(writes_json_lines),    TEST(writes_for_people),
		TEST(colours_a_terminal),   TEST(prints_no_control_characters),
		TEST(reports_at_the_end),   TEST(goes_on_after_a_restart),
		TEST(refuses_bad_options),  TEST(does_without_redis),
		TEST(delivers_what_waited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
