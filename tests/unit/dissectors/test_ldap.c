/* SPDX-License-Identifier: ISC */
/* LDAP: binds and what is served without; connectionless too. Recorded from slapd, and written. */
#include "tests/unit/recorded.h"

extern const struct dissector ldap_dissector;
extern const struct dissector cldap_dissector;

#define SEARCH(id)                                                                                 \
	"\x30\x25\2\1" id "\x63\x20\4\0\x0a\1\0\x0a\1\0\2\1\0\2\1\0\1\1\0\x87\x0b"                 \
	"objectclass\x30\0"
#define ENTRY(id)	      "\x30\x14\2\1" id "\x64\x0f\4\0\x30\x0b\x30\x09\4\1o\x31\4\4\2xy"
#define RESULT(id, tag, code) "\x30\x0c\2\1" id tag "\x07\x0a\1" code "\4\0\4\0"

static void a_recorded_conversation_is_read(void **state)
{
	struct recorded r;
	struct facts facts = recorded_facts(&r, &ldap_dissector, "ldap/auth-ok");

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "cn=admin,dc=corp");
	assert_string_equal(facts.mechanism, "simple");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_lacks(&facts, "pw123");
	conversation_has(&facts, "SEARCH", ANSWER_YES, COMMAND_LISTING);
	conversation_stands(&ldap_dissector, r.turns, r.count);
	facts = recorded_facts(&r, &ldap_dissector, "ldap/auth-fail");
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_int_equal(facts.data_read, ANSWER_NO);
	facts = recorded_facts(&r, &ldap_dissector, "ldap/starttls");
	assert_true(dissect_starts_tls(&ldap_dissector, r.turns, r.count));
	assert_int_equal(facts.auth, AUTH_NA);
}

static void service_without_a_bind_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(SEARCH("\1")),
		TURN_SERVER(ENTRY("\1") RESULT("\1", "\x65", "\0")),
		TURN_CLIENT("\x30\x0b\2\1\2\x4a\6"
			    "o=corp"),
		TURN_SERVER(RESULT("\2", "\x6b", "\x32")),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&ldap_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "DELETE", ANSWER_NO, COMMAND_DESTRUCTIVE);
	conversation_stands(&ldap_dissector, turns, COUNT(turns));
}

static void a_bind_that_is_asked_for_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(SEARCH("\1")),
		TURN_SERVER(RESULT("\1", "\x65", "\1")),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&ldap_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.auth, AUTH_REQUIRED);
}

static void an_anonymous_bind_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\x30\x0c\2\1\1\x60\7\2\1\3\4\0\x80\0"),
		TURN_SERVER(RESULT("\1", "\x61", "\0")),
		TURN_CLIENT(SEARCH("\2")),
		TURN_SERVER(RESULT("\2", "\x65", "\0")),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&ldap_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.auth, AUTH_ANONYMOUS);
	conversation_stands(&ldap_dissector, turns, COUNT(turns));
}

/* A step of a log-in is none; after the last one, what cannot be read. */
static void sasl_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\x30\x18\2\1\1\x60\x13\2\1\3\4\0\xa3\x0c\4\6GSSAPI\4\2ab"),
		TURN_SERVER(RESULT("\1", "\x61", "\x0e")),
		TURN_CLIENT("\x30\x18\2\1\2\x60\x13\2\1\3\4\0\xa3\x0c\4\6GSSAPI\4\2cd"),
		TURN_SERVER(RESULT("\2", "\x61", "\0")),
		TURN_CLIENT("\0\0\0\x04"
			    "abcd"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&ldap_dissector, turns, 2, 0, &facts));
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	assert_true(dissect(&ldap_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.mechanism, "GSSAPI");
	assert_int_equal(facts.encryption, ENCRYPTION_NATIVE);
	conversation_stands(&ldap_dissector, turns, COUNT(turns));
}

static void datagrams_are_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(SEARCH("\1")),
		TURN_SERVER(ENTRY("\1") RESULT("\1", "\x65", "\0")),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect_over(&cldap_dissector, OVER_UDP, turns, COUNT(turns), 0, &facts));
	assert_string_equal(facts.service->name, "cldap");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
}

#define RECOGNISE(client, server, one_sided)                                                       \
	dissect_recognise(&ldap_dissector, OVER_TCP, client, sizeof(client) - 1, server,           \
			  sizeof(server) - 1, one_sided)

static void openings_are_recognised(void **state)
{
	(void)state;
	assert_int_equal(RECOGNISE(SEARCH("\1"), "", false), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE(SEARCH("\1"), "", true), RECOGNISED_YES);
	assert_int_equal(RECOGNISE("\x30\5\2\1\3\x42\0", "", true), RECOGNISED_YES);
	assert_int_equal(RECOGNISE("", SEARCH("\1"), true), RECOGNISED_NO);
	assert_int_equal(RECOGNISE(ENTRY("\1"), "", true), RECOGNISED_NO);
	assert_int_equal(RECOGNISE("", ENTRY("\1"), false), RECOGNISED_YES);
	/* SNMP */
	assert_int_equal(RECOGNISE("\x30\x26\2\1\1\4\6public\xa0\x19", "", true), RECOGNISED_NO);
}

/* A reference to `where`, then the end of the search. */
static struct facts facts_of_reference(const char *where)
{
	uint8_t answer[160] = {0x30, 0, 2, 1, 1, 0x73, 0, 4, 0};
	size_t length = strlen(where);
	struct turn turns[] = {
		TURN_CLIENT(SEARCH("\1")),
		{SIDE_SERVER, answer, 9 + length},
		TURN_SERVER(RESULT("\1", "\x65", "\0")),
	};
	struct facts facts;

	answer[1] = (uint8_t)(length + 7);
	answer[6] = (uint8_t)(length + 2);
	answer[8] = (uint8_t)length;
	memcpy(answer + 9, where, length);
	assert_true(dissect(&ldap_dissector, turns, COUNT(turns), 0, &facts));
	conversation_stands(&ldap_dissector, turns, COUNT(turns));
	return facts;
}

static void products_are_named(void **state)
{
	static const char *const rows[][2] = {
		{"ldap://ForestDnsZones.corp.example/DC=x", "Microsoft Active Directory"},
		{"ldap://a/CN=NTDS Settings,CN=DC1 Samba Team (https://samba.org)", "Samba"},
		{"ldap://a/Samba Team (https://samba.org) CN=NTDS Settings,CN=DC1", "Samba"},
		{"ldap://a/OpenLDAProotDSE", "OpenLDAP"},
		{"ldap://a/ForestDnsZones", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct facts facts = facts_of_reference(rows[i][0]);

		assert_string_equal(facts.product, rows[i][1]);
	}
}

/* The capture began inside of a request: the server's answer tells, and its proof. */
static void a_capture_that_began_late_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_GAP(SIDE_CLIENT, 0),
		TURN_GAP(SIDE_SERVER, 0),
		TURN_CLIENT("\x55\x44\x33\x22"),
		TURN_SERVER("\x30\x12\2\1\1\x61\x0d\x0a\1\0\4\0\4\0\x87\4"
			    "pqrs"),
	};
	struct opening opening = {
		.side = {bytes_from("\x55\x44", 2), bytes_from(NULL, 0)},
		.transport = OVER_TCP,
		.midstream = true,
	};
	struct facts facts = conversation_facts(&ldap_dissector, turns, COUNT(turns), 0);

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(ldap_dissector.recognise(&opening), RECOGNISED_MORE);
	opening.one_sided = true;
	assert_int_equal(ldap_dissector.recognise(&opening), RECOGNISED_NO);
	opening.one_sided = opening.midstream = false;
	assert_int_equal(ldap_dissector.recognise(&opening), RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recorded_conversation_is_read),
		cmocka_unit_test(service_without_a_bind_is_seen),
		cmocka_unit_test(a_bind_that_is_asked_for_is_seen),
		cmocka_unit_test(an_anonymous_bind_is_seen),
		cmocka_unit_test(sasl_is_read),
		cmocka_unit_test(datagrams_are_read),
		cmocka_unit_test(openings_are_recognised),
		cmocka_unit_test(products_are_named),
		cmocka_unit_test(a_capture_that_began_late_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
