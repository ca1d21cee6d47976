/* SPDX-License-Identifier: ISC */
/* How serious it is: campaigns, guesses, equal rules. */
#include "tests/unit/scene.h"

#define DB	 "10.1.0.10"
#define STRANGER "203.0.113.5"

static void a_campaign_that_succeeds_is_critical(void **state)
{
	struct scene *scene = scene_open(SCENE_ZONES "rules:\n  - { name: mail, services: [imap], "
						     "internal-only: true, severity: low }\n");
	const struct event *event;
	struct observation o;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		char client[32];

		snprintf(client, sizeof client, "203.0.113.%u", i + 1);
		o = scene_answer(scene, "10.3.0.1", 143, client, "imap", i * 60);
		o.flow.first = o.flow.last = true;
		o.flow.facts.auth = AUTH_FAILED;
		o.flow.new_logins_failed = 2;
		scene_tell(scene, o);
	}
	assert_int_equal(scene->count, 1); /* one finding, however many sources */
	assert_int_equal(scene->events[0].severity, SEVERITY_LOW);
	o.flow.facts.auth = AUTH_SUCCEEDED;
	strcpy(o.flow.facts.user, "alice");
	o.flow.new_logins_failed = 0;
	o.flow.new_logins_succeeded = 1;
	scene_tell(scene, o);
	event = scene_last(scene, EVENT_EXPOSURE_ESCALATED);
	assert_int_equal(event->severity, SEVERITY_CRITICAL);
	assert_true(event->alert);
	assert_int_equal(event->exposure.logins_failed, 40);
	assert_non_null(strstr(event->reason, "as alice after 40 failed ones"));
	scene_close(scene);
}

static void one_mistyped_password_is_no_campaign(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	struct observation o = scene_answer(scene, DB, 5432, STRANGER, "postgresql", 0);

	(void)state;
	o.flow.first = true;
	o.flow.facts.auth = AUTH_SUCCEEDED;
	o.flow.new_logins_failed = 1;
	o.flow.new_logins_succeeded = 1;
	scene_tell(scene, o);
	assert_int_equal(scene->events[0].severity, SEVERITY_HIGH);
	scene_close(scene);
}

static void the_first_of_equal_rules_stays(void **state)
{
	struct scene *scene = scene_open(
		SCENE_ZONES
		"rules:\n"
		"  - { name: web, services: [http], internal-only: true, severity: low }\n"
		"  - { name: data, services: [elasticsearch],"
		" internal-only: true, severity: low }\n");
	struct observation o = scene_answer(scene, DB, 9200, STRANGER, "http", 0);

	(void)state;
	o.flow.first = true;
	scene_tell(scene, o);
	assert_string_equal(scene->events[0].exposure.rule, "web");
	scene_tell(scene, scene_answer(scene, DB, 9200, STRANGER, "elasticsearch", 1));
	assert_string_equal(scene_last(scene, EVENT_EXPOSURE_ESCALATED)->exposure.rule, "web");
	scene_close(scene);
}

static void a_guess_is_never_critical(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	struct observation o = scene_answer(scene, "10.20.0.1", 6379, STRANGER, "redis", 0);

	(void)state;
	o.flow.facts.command_count = 1;
	strcpy(o.flow.facts.commands[0].text, "FLUSHALL");
	o.flow.facts.commands[0].flags = COMMAND_DESTRUCTIVE;
	o.flow.facts.commands[0].accepted = ANSWER_YES;
	o.flow.first = true;
	o.flow.outcome = OUTCOME_MIDSTREAM;
	o.flow.direction = DIRECTION_GUESS;
	scene_tell(scene, o);
	assert_int_equal(scene->events[0].severity, SEVERITY_MEDIUM);
	assert_non_null(strstr(scene->events[0].reason, "is a guess"));
	for (size_t i = 0; i < scene->count; i++)
		assert_true(scene->events[i].severity <= SEVERITY_MEDIUM);
	scene_reach(scene, "10.20.0.1", 6379, STRANGER, 1);
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_ESCALATED)->severity,
			 SEVERITY_CRITICAL);
	scene_close(scene);
}

static const struct event *carried_out(struct scene *scene, const char *server, unsigned flags,
				       enum answer accepted)
{
	struct observation o = scene_answer(scene, server, 7700, STRANGER, "http", 0);

	o.flow.first = true;
	o.flow.facts.command_count = 1;
	strcpy(o.flow.facts.commands[0].text, "POST /x");
	o.flow.facts.commands[0].flags = (uint8_t)flags;
	o.flow.facts.commands[0].accepted = (uint8_t)accepted;
	scene_tell(scene, o);
	return scene_newest(scene, EVENT_EXPOSURE_OPENED);
}

/* Where no rule speaks: an open door is a note, what was done behind it is an alert. */
static void a_strangers_deed_is_never_info(void **state)
{
	static const struct {
		const char *server;
		unsigned flags;
		enum answer accepted;
		enum level level;
		enum policy_severity severity;
	} rows[] = {
		{"10.99.0.1", COMMAND_EXECUTES, ANSWER_YES, LEVEL_EXECUTED, SEVERITY_MEDIUM},
		{"10.99.0.2", COMMAND_DESTRUCTIVE, ANSWER_YES, LEVEL_DESTROYED, SEVERITY_MEDIUM},
		{"10.99.0.3", COMMAND_LISTING, ANSWER_YES, LEVEL_DATA_OUT, SEVERITY_INFO},
		{"10.99.0.4", COMMAND_EXECUTES, ANSWER_NO, LEVEL_ANSWERED, SEVERITY_INFO},
	};
	struct scene *scene = scene_open(SCENE_POLICY);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct event *event =
			carried_out(scene, rows[i].server, rows[i].flags, rows[i].accepted);

		assert_true(event->exposure.unlisted);
		assert_int_equal(event->exposure.level, rows[i].level);
		assert_int_equal(event->severity, rows[i].severity);
		assert_int_equal(event->alert, rows[i].severity > SEVERITY_INFO);
	}
	scene_close(scene);
}

static void code_that_was_run_is_high_at_least(void **state)
{
	static const char policy[] = "version: 1\n"
				     "zones: { inside: [10.0.0.0/8] }\n"
				     "rules: [{ name: web, services: [http], internal-only: true,"
				     " severity: low }]\n";
	struct scene *scene = scene_open(policy);

	(void)state;
	assert_int_equal(carried_out(scene, DB, COMMAND_EXECUTES, ANSWER_YES)->severity,
			 SEVERITY_HIGH);
	assert_int_equal(carried_out(scene, "10.20.0.9", 0, ANSWER_YES)->severity, SEVERITY_LOW);
	scene_close(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_campaign_that_succeeds_is_critical),
		cmocka_unit_test(one_mistyped_password_is_no_campaign),
		cmocka_unit_test(the_first_of_equal_rules_stays),
		cmocka_unit_test(a_guess_is_never_critical),
		cmocka_unit_test(a_strangers_deed_is_never_info),
		cmocka_unit_test(code_that_was_run_is_high_at_least),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
