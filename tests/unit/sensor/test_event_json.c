/* SPDX-License-Identifier: ISC */
/*
 * The JSON form and the flat fields: what is in them, that hostile text cannot break them, and that
 * the same event gives the same bytes. With the arguments "--print", one line for each kind of
 * event, for the schema (tests/events/run-schema.sh).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sensor/base/printable.h"
#include "sensor/event/event_fields.h"
#include "sensor/event/event_json.h"
#include "sensor/event/event_json_ecs.h"
#include "sensor/event/reason.h"
#include "tests/unit/sample_event.h"

static struct services *services;

static const struct event_context *context_of(const struct services *catalogue)
{
	static struct event_context context = {
		.sensor = "span-a", .site = "site-1", .version = "1.0", .replay = true};

	context.services = catalogue;
	return &context;
}

static char *json_of(const struct event *event)
{
	struct json_out *out = json_out_new();
	const char *json;
	size_t length;
	char *copy;

	assert_non_null(out);
	json = event_json(out, event, context_of(services), &length);
	assert_non_null(json);
	assert_int_equal(length, strlen(json));
	copy = strdup(json);
	json_out_free(out);
	assert_non_null(copy);
	return copy;
}

static void assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no %s in %s", part, text);
}

static void says_what_happened(void **state)
{
	struct event event =
		sample_event(EVENT_EXPOSURE_OPENED, 7, services_find(services, "redis"));
	char *json = json_of(&event);

	(void)state;
	assert_contains(json, "{\"@timestamp\":\"2015-02-04T04:05:06.123456Z\",\"ecs\":");
	assert_contains(json,
			"\"kind\":\"alert\",\"category\":[\"network\",\"intrusion_detection\"]");
	assert_contains(json, "\"action\":\"exposure.opened\",\"severity\":90,\"sequence\":7");
	assert_contains(json, "\"source\":{\"address\":\"203.0.113.9\",\"ip\":\"203.0.113.9\","
			      "\"port\":51515,\"bytes\":120}");
	assert_contains(json, "\"server\":{\"address\":\"10.20.0.5\",\"ip\":\"10.20.0.5\","
			      "\"port\":6379,\"bytes\":4096}");
	assert_contains(json, "\"community_id\":\"1:");
	assert_contains(json, "\"vlan\":{\"id\":\"42\"},\"inner\":{\"vlan\":{\"id\":\"43\"}}}");
	assert_contains(json, "\"tunnels\":[{\"kind\":\"vxlan\",\"id\":4242,"
			      "\"source\":\"192.0.2.1\",\"destination\":\"192.0.2.2\"},"
			      "{\"kind\":\"mpls\",\"id\":16}]");
	assert_contains(
		json, "\"rule\":{\"id\":\"logging-is-internal\",\"name\":\"logging-is-internal\"");
	assert_contains(json, "\"level\":4,\"level_name\":\"accessed\"");
	assert_contains(json, "\"conn_state\":\"S1\"");
	assert_contains(json, "{\"text\":\"FLUSHALL\",\"accepted\":false,\"destructive\":true,");
	assert_contains(json, "\"identifier\":\"open-redis\"");
	assert_null(strchr(json, '\n'));
	free(json);
}

/* ECS: no port in url.domain; an address keeps its brackets. */
static void hosts_have_no_port(void **state)
{
	static const struct {
		const char *host, *json;
	} cases[] = {
		{"a.example", "{\"domain\":\"a.example\"}"},
		{"a.example:8080", "{\"domain\":\"a.example\",\"port\":8080}"},
		{"[2001:db8::1]:443", "{\"domain\":\"[2001:db8::1]\",\"port\":443}"},
		{"[::1]", "{\"domain\":\"[::1]\"}"},
		{"2001:db8::1", "{\"domain\":\"2001:db8::1\"}"},
		{"a:b:80", "{\"domain\":\"a:b:80\"}"},
		{"a:0", "{\"domain\":\"a:0\"}"},
		{"a:65536", "{\"domain\":\"a:65536\"}"},
		{"a:", "{\"domain\":\"a:\"}"},
		{":80", "{\"domain\":\":80\"}"},
		{"a:80x", "{\"domain\":\"a:80x\"}"},
		{"a:000080", "{\"domain\":\"a:000080\"}"},
		{"", "{}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json_out *out = json_out_new();
		size_t length;

		json_out_begin(out);
		event_json_host(out, cases[i].host);
		assert_string_equal(json_out_done(out, &length), cases[i].json);
		json_out_free(out);
	}
}

/* Zero times and empty texts are absent, not 1970 and "". */
static void leaves_out_what_is_unknown(void **state)
{
	struct event event = {
		.kind = EVENT_EXPOSURE_OPENED, .has_exposure = true, .ts_ns = SAMPLE_TS};
	char *json;

	(void)state;
	event.exposure.service = event.exposure.ndpi_service = POLICY_NO_SERVICE;
	event.exposure.server.transport = TRANSPORT_UDP;
	json = json_of(&event);
	assert_null(strstr(json, "1970"));
	assert_null(strstr(json, "\"\""));
	assert_null(strstr(json, "\"source\":"));
	assert_null(strstr(json, "community_id"));
	assert_null(strstr(json, "\"service\":"));
	assert_contains(json, "\"all_ports\":true");
	free(json);
}

static void survives_hostile_text(void **state)
{
	struct event event = sample_event(EVENT_EXPOSURE_OPENED, 1, POLICY_NO_SERVICE);
	char *json;

	(void)state;
	event.exposure.group = "log\"ging\\\n\x1b[31m\xc3\xa9 \xff\xc0\xaf \xed\xa0\x80 \xc2\x9b";
	strcpy(event.reason, "tab\there");
	json = json_of(&event);
	assert_contains(json, "\"group\":\"log\\\"ging\\\\??[31m\xc3\xa9 ??? ??? ??\"");
	assert_contains(json, "\"reason\":\"tab?here\"");
	free(json);
}

static void cuts_between_characters(void **state)
{
	char text[5];

	(void)state;
	assert_int_equal(printable_copy(text, sizeof text, "abc\xc3\xa9"), 3);
	assert_string_equal(text, "abc");
	assert_int_equal(printable_copy(text, sizeof text, "ab\xc3\xa9z"), 4);
	assert_string_equal(text, "ab\xc3\xa9");
	/* A sequence that the end of the text cuts. */
	assert_int_equal(printable_copy(text, sizeof text, "\xf0\x9f"), 2);
	assert_string_equal(text, "??");
	assert_int_equal(printable_copy(text, sizeof text, NULL), 0);
	printable_name(text, sizeof text, "a{b", "x");
	assert_string_equal(text, "a_b");
	printable_name(text, sizeof text, "", "x");
	assert_string_equal(text, "x");
}

static void gives_the_same_bytes(void **state)
{
	struct event event =
		sample_event(EVENT_INCIDENT_UPDATED, 9, services_find(services, "redis"));
	char *first = json_of(&event), *second = json_of(&event);

	(void)state;
	assert_string_equal(first, second);
	free(first);
	free(second);
}

static void largest(struct event *event)
{
	static char name[POLICY_NAME_MAX * 4];
	struct exposure_view *exposure = &event->exposure;
	struct facts *facts = &exposure->facts;

	memset(name, 'n', sizeof name - 1);
	memset(event->reason, 'r', sizeof event->reason - 1);
	exposure->rule = exposure->group = exposure->owner = exposure->security_group =
		exposure->client_zone = exposure->server_zone = name;
	event->has_incident = true;
	event->incident = sample_incident(exposure->service);
	event->incident.listed = INCIDENT_MEMBERS;
	event->incident.rule = event->incident.group = event->incident.owner =
		event->incident.security_group = name;
	for (size_t i = 0; i < INCIDENT_MEMBERS; i++)
		event->incident.members[i] = event->incident.members[0];
	exposure->source_count = EXPOSURE_SOURCES;
	exposure->bytes_in = exposure->bytes_out = exposure->flows = UINT64_MAX;
	facts->command_count = FACTS_COMMANDS;
	for (size_t i = 0; i < FACTS_COMMANDS; i++) {
		memset(facts->commands[i].text, 'c', FACTS_COMMAND_TEXT - 1);
		facts->commands[i].text[FACTS_COMMAND_TEXT - 1] = '\0';
	}
	memset(facts->product, 'p', sizeof facts->product - 1);
	memset(facts->host, 'h', sizeof facts->host - 1);
	memset(facts->path, '/', sizeof facts->path - 1);
	memset(facts->tls_subject, 's', sizeof facts->tls_subject - 1);
	facts->encryption = ENCRYPTION_TLS;
	facts->tls_not_after_s = UINT64_MAX;
}

static void holds_the_largest_event(void **state)
{
	struct event event =
		sample_event(EVENT_EXPOSURE_OPENED, UINT64_MAX, services_find(services, "redis"));
	struct event_fields fields;
	char *json;

	(void)state;
	largest(&event);
	event_fields(&fields, &event, context_of(services));
	assert_true(fields.length < sizeof fields.packed);
	json = json_of(&event);
	assert_contains(json, "\"sequence\":9223372036854775807");
	free(json);
}

/* NULL if there is no such field. */
static const char *field(const struct event_fields *fields, const char *name)
{
	const char *p = fields->packed;

	while (p < fields->packed + fields->length) {
		const char *value = p + strlen(p) + 1;

		if (strcmp(p, name) == 0)
			return value;
		p = value + strlen(value) + 1;
	}
	return NULL;
}

static void flattens(void **state)
{
	struct event event =
		sample_event(EVENT_EXPOSURE_OPENED, 7, services_find(services, "redis"));
	struct event_fields fields;

	(void)state;
	event_fields(&fields, &event, context_of(services));
	assert_string_equal(field(&fields, "kind"), "exposure.opened");
	assert_string_equal(field(&fields, "ts"), "2015-02-04T04:05:06.123456Z");
	assert_string_equal(field(&fields, "last_seen_s"), "1423022709.123456");
	assert_string_equal(field(&fields, "alert"), "1");
	assert_string_equal(field(&fields, "server_ip"), "10.20.0.5");
	assert_string_equal(field(&fields, "commands"), "KEYS; FLUSHALL");
	assert_string_equal(field(&fields, "incident"), "99887766554433bb");
	assert_null(field(&fields, "closed"));
	assert_null(field(&fields, "destroyed"));
	event = sample_event(EVENT_INCIDENT_OPENED, 8, 0);
	event_fields(&fields, &event, context_of(services));
	assert_string_equal(field(&fields, "incident_members"),
			    "00112233445566aa 00112233445566ab");
	assert_null(field(&fields, "exposure"));
}

static void print_event(const struct event *event)
{
	char *json = json_of(event);

	puts(json);
	free(json);
}

/*
 * Every kind; then exposures of every level, outcome and state, IPv6, all ports, and the largest.
 */
static void print_all(void)
{
	uint16_t redis = services_find(services, "redis");
	struct event event;

	for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
		event = sample_event((enum event_kind)kind, 1, redis);
		print_event(&event);
	}
	for (uint64_t cause = 0; cause < BLIND_CAUSES; cause++) {
		event = sample_event(EVENT_SENSOR_BLIND, 1 + cause, redis);
		reason_blindness(event.reason, &event.blindness);
		print_event(&event);
		event = sample_event(EVENT_SENSOR_SIGHTED, 1 + cause, redis);
		reason_blindness(event.reason, &event.blindness);
		print_event(&event);
	}
	for (int outcome = OUTCOME_UNKNOWN; outcome <= OUTCOME_UDP_RESPONSE_ONLY; outcome++) {
		event = sample_event(EVENT_EXPOSURE_ESCALATED, 1, redis);
		event.exposure.outcome = (uint8_t)outcome;
		event.exposure.level = (uint8_t)(outcome % (LEVEL_DESTROYED + 1));
		event.exposure.state = (uint8_t)(outcome % (EXPOSURE_CLOSED + 1));
		event.exposure.identified_by = (uint8_t)(outcome % (IDENTIFIED_PAYLOAD + 1));
		event.exposure.direction = (uint8_t)(outcome % (DIRECTION_SYNACK + 1));
		event.exposure.facts.auth = (uint8_t)(outcome % (AUTH_SUCCEEDED + 1));
		event.exposure.facts.encryption = (uint8_t)(outcome % (ENCRYPTION_NATIVE + 1));
		event.exposure.server.address = sample_address("2001:db8::5");
		event.exposure.server.port = outcome % 2 != 0 ? 0 : 53;
		print_event(&event);
	}
	event = sample_event(EVENT_EXPOSURE_OPENED, 1, redis);
	largest(&event);
	print_event(&event);
	event = (struct event){.kind = EVENT_POLICY_LOADED, .sequence = 1};
	snprintf(event.id, sizeof event.id, "%032x", 1);
	print_event(&event);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_happened),
		cmocka_unit_test(hosts_have_no_port),
		cmocka_unit_test(leaves_out_what_is_unknown),
		cmocka_unit_test(survives_hostile_text),
		cmocka_unit_test(cuts_between_characters),
		cmocka_unit_test(gives_the_same_bytes),
		cmocka_unit_test(holds_the_largest_event),
		cmocka_unit_test(flattens),
	};
	int failed = 0;

	services = services_new();
	if (argc == 2 && strcmp(argv[1], "--print") == 0)
		print_all();
	else
		failed = cmocka_run_group_tests(tests, NULL, NULL);
	services_free(services);
	return failed;
}
