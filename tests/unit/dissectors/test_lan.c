/* SPDX-License-Identifier: ISC */
/*
 * Services of local networks that were never meant for others: file shares (AFP, NCP, Lustre),
 * backup (NDMP), remote screens (NoMachine), devices (adb). Written after the formats' documents;
 * of adb, the host's first message is a real one's.
 */
#include "tests/unit/datagrams.h"

extern const struct dissector adb_dissector, afp_dissector, lustre_dissector, ncp_dissector,
	ndmp_dissector, nomachine_dissector, nomachine_udp_dissector;

static struct facts facts_of(const struct dissector *d, const struct turn *turns, size_t count,
			     const char *service)
{
	return conversation_read(d, turns, count, service);
}

#define ADB(word, first, second, length, magic)                                                    \
	word first "\0\0\0" second "\0\0\0" length "\0\0\0\0\0\0\0" magic
#define ADB_HELLO                                                                                  \
	"CNXN\1\0\0\1\0\0\x10\0\x0f\0\0\0\0\0\0\0\xbc\xb1\xa7\xb1"                                 \
	"host::features="
#define ADB_DEVICE                                                                                 \
	"CNXN\1\0\0\1\0\0\x10\0\x1f\0\0\0\0\0\0\0\xbc\xb1\xa7\xb1"                                 \
	"device::ro.product.model=Box 3;"
#define ADB_TOKEN ADB("AUTH", "\1", "\0", "\4", "\xbe\xaa\xab\xb7") "1234"
#define ADB_PROOF ADB("AUTH", "\2", "\0", "\4", "\xbe\xaa\xab\xb7") "abcd"

static void an_open_adb_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(ADB_HELLO),
		TURN_SERVER(ADB_DEVICE),
		TURN_CLIENT(ADB("OPEN", "\7", "\0", "\x0a", "\xb0\xaf\xba\xb1") "shell:ls /"),
		TURN_SERVER(ADB("OKAY", "\1", "\7", "\0", "\xb0\xb4\xbe\xa6")
				    ADB("WRTE", "\1", "\7", "\3", "\xa8\xad\xab\xba") "etc"),
		TURN_CLIENT(
			ADB("OPEN", "\x08", "\0", "\x11", "\xb0\xaf\xba\xb1") "shell,v2:rm -rf /"),
		TURN_SERVER(ADB("CLSE", "\0", "\x08", "\0", "\xbc\xb3\xac\xba")),
	};
	struct facts facts = facts_of(&adb_dissector, turns, COUNT(turns), "adb");

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_string_equal(facts.product, "Box 3");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "shell", ANSWER_YES, COMMAND_EXECUTES);
	conversation_has(&facts, "shell rm", ANSWER_NO, COMMAND_DESTRUCTIVE | COMMAND_EXECUTES);
}

static void a_log_in_of_adb_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(ADB_HELLO), TURN_SERVER(ADB_TOKEN), TURN_CLIENT(ADB_PROOF),
		TURN_SERVER(ADB_TOKEN), TURN_CLIENT(ADB_PROOF), TURN_SERVER(ADB_DEVICE),
	};
	struct facts facts = facts_of(&adb_dissector, turns, 2, "adb");

	(void)state;
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	facts = facts_of(&adb_dissector, turns, 4, "adb");
	assert_int_equal(facts.auth, AUTH_FAILED);
	facts = facts_of(&adb_dissector, turns, COUNT(turns), "adb");
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.logins_failed, 1);
}

#define DSI(flags, command, id, error, length)                                                     \
	flags command "\0" id error "\0\0\0" length "\0\0\0\0"

static void afp_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(DSI("\0", "\3", "\1", "\0\0\0\0", "\0")),
		TURN_SERVER(DSI("\1", "\3", "\1", "\0\0\0\0", "\x1b") "\0\x0a\0\0\0\0\0\0\0\0"
								      "\x10Netatalk-3.1.13x"),
		TURN_CLIENT(DSI("\0", "\2", "\2", "\0\0\0\0", "\x18") "\x12\6"
								      "AFP3.3\x0f"
								      "No User Authent"),
		TURN_SERVER(DSI("\1", "\2", "\2", "\0\0\0\0", "\0")),
		TURN_CLIENT(DSI("\0", "\2", "\3", "\0\0\0\0", "\2") "\x44\0"),
		TURN_SERVER(DSI("\1", "\2", "\3", "\0\0\0\0", "\3") "abc"),
		TURN_CLIENT(DSI("\0", "\2", "\4", "\0\0\0\0", "\2") "\x08\0"),
		TURN_SERVER(DSI("\1", "\2", "\4", "\xff\xff\xec\x78", "\0")),
	};
	struct facts facts = facts_of(&afp_dissector, turns, COUNT(turns), "afp");

	(void)state;
	assert_string_equal(facts.service->identifier, "accessible-afp");
	assert_int_equal(facts.auth, AUTH_ANONYMOUS);
	assert_string_equal(facts.product, "Netatalk");
	assert_string_equal(facts.version, "3.1.13x");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "FPEnumerateExt2", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "FPDelete", ANSWER_NO, COMMAND_DESTRUCTIVE);
}

static void a_log_in_of_afp_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(DSI("\0", "\4", "\1", "\0\0\0\0", "\0")),
		TURN_SERVER(DSI("\1", "\4", "\1", "\0\0\0\0", "\0")),
		TURN_CLIENT(DSI("\0", "\2", "\2", "\0\0\0\0",
				"\x27") "\x12\6"
					"AFP3.3\x10"
					"Cleartxt Passwrd\5alicesecretxx"),
		TURN_SERVER(DSI("\1", "\2", "\2", "\xff\xff\xec\x61", "\0")),
	};
	struct facts facts = facts_of(&afp_dissector, turns, COUNT(turns), "afp");

	(void)state;
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "alice");
	conversation_lacks(&facts, "secret");
}

#define NDMP(length, type, number, answers, error)                                                 \
	"\x80\0\0" length "\0\0\0\1\x65\0\0\0\0\0\0" type "\0\0" number "\0\0\0" answers           \
	"\0\0\0" error
#define NDMP_HELLO NDMP("\x24", "\0", "\5\2", "\0", "\0") "\0\0\0\0\0\0\0\4\0\0\0\0"

static void ndmp_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER(NDMP_HELLO),
		TURN_CLIENT(NDMP("\x1c", "\0", "\x09\0", "\0", "\0") "\0\0\0\4"),
		TURN_SERVER(NDMP("\x1c", "\1", "\x09\0", "\1", "\0") "\0\0\0\0"),
		TURN_CLIENT(NDMP("\x18", "\0", "\1\5", "\0", "\0")),
		TURN_SERVER(NDMP("\x1c", "\1", "\1\5", "\2", "\0") "\0\0\0\4"),
		TURN_CLIENT(NDMP("\x30", "\0", "\x09\1", "\0",
				 "\0") "\0\0\0\1\0\0\0\5root\0\0\0\0\0\0\0\3"
				       "pwd\0"),
		TURN_SERVER(NDMP("\x1c", "\1", "\x09\1", "\3", "\0") "\0\0\0\0"),
		TURN_CLIENT(NDMP("\x18", "\0", "\1\x08", "\0", "\0")),
		TURN_SERVER(
			NDMP("\x34", "\1", "\1\x08", "\4", "\0") "\0\0\0\0\0\0\0\1v\0\0\0\0\0\0\2"
								 "EX\0\0\0\0\0\3"
								 "9.1\0"),
		TURN_CLIENT(NDMP("\x18", "\0", "\4\1", "\0", "\0")),
		TURN_SERVER(NDMP("\x1c", "\1", "\4\1", "\5", "\0") "\0\0\0\0"),
	};
	struct facts facts = facts_of(&ndmp_dissector, turns, 5, "ndmp");

	(void)state;
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	conversation_has(&facts, "CONFIG_GET_FS_INFO", ANSWER_NO, COMMAND_LISTING);
	facts = facts_of(&ndmp_dissector, turns, COUNT(turns), "ndmp");
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.mechanism, "TEXT");
	assert_string_equal(facts.product, "EX");
	assert_string_equal(facts.version, "9.1");
	conversation_lacks(&facts, "pwd");
	conversation_has(&facts, "DATA_START_BACKUP", ANSWER_YES, COMMAND_LISTING);
	assert_int_equal(facts.data_read, ANSWER_YES);
}

/* It is nobody's secret: log in as nobody. */
static void ndmp_without_a_password_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER(NDMP_HELLO),
		TURN_CLIENT(NDMP("\x1c", "\0", "\x09\1", "\0", "\0") "\0\0\0\0"),
		TURN_SERVER(NDMP("\x1c", "\1", "\x09\1", "\1", "\0") "\0\0\0\0"),
		TURN_CLIENT(NDMP("\x18", "\0", "\3\4", "\0", "\0")),
		TURN_SERVER(NDMP("\x1c", "\1", "\3\4", "\2", "\0") "\0\0\0\0"),
	};
	struct facts facts = facts_of(&ndmp_dissector, turns, COUNT(turns), "ndmp");

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "TAPE_WRITE", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

#define NCP_ASK(length, body) "DmdT\0\0\0" length "\0\0\0\1\0\0\x10\0\x22\x22\1\2\3\0" body
#define NCP_SAY(length, code) "tNcP\0\0\0" length "\x33\x33\1\2\3\0" code "\0"

static void ncp_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(NCP_ASK("\x1e", "\x48\0abcdef")),
		TURN_SERVER(NCP_SAY("\x14", "\0") "data"),
		TURN_CLIENT(NCP_ASK("\x18", "\x57\x08")),
		TURN_SERVER(NCP_SAY("\x10", "\x8c")),
	};
	struct facts facts = facts_of(&ncp_dissector, turns, COUNT(turns), "ncp");

	(void)state;
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "READ", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "ERASE", ANSWER_NO, COMMAND_DESTRUCTIVE);
}

#define NIDS "\1\2\3\4\0\0\2\0\5\6\7\x08\0\0\2\0"

static void lustre_is_read(void **state)
{
	static const struct turn begin[] = {
		TURN_CLIENT("\0\x71\xce\xac\1\0\0\0\1\2\3\4\0\0\2\0"
			    "cirE\3\0\0\0" NIDS "\x39\x30\0\0\0\0\0\0"),
		TURN_SERVER("cirE\3\0\0\0" NIDS "\x39\x30\0\0\0\0\0\0"),
	};
	static const struct turn later[] = {
		TURN_SERVER("\xc1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" NIDS
			    "\x39\x30\0\0\x39\x30\0\0\1\0\0\0\x08\2\0\0"),
	};
	struct facts facts = facts_of(&lustre_dissector, begin, COUNT(begin), "lustre");

	(void)state;
	assert_string_equal(facts.product, "Lustre");
	facts_of(&lustre_dissector, later, 1, "lustre");
}

static void nomachine_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("NXSH-8.10.1\n"),
		TURN_SERVER("NXD-8.10.1\n"),
		TURN_CLIENT("\x16\3\1\0\1"),
	};
	static const struct turn datagrams[] = {
		TURN_CLIENT("\1\0\1\0\x0a\0\1\0\0\0"),
		TURN_SERVER("\2\0\1\0\x0a\0\0\0\0\0"),
	};
	struct facts facts = facts_of(&nomachine_dissector, turns, 2, "nomachine");

	(void)state;
	assert_true(dissect_starts_tls(&nomachine_dissector, turns, 2));
	assert_int_equal(facts.encryption, ENCRYPTION_STARTTLS);
	assert_string_equal(facts.product, "NoMachine");
	assert_string_equal(facts.version, "8.10.1");
	facts_of(&nomachine_dissector, turns, 3, "nomachine");
	datagrams_facts(&nomachine_udp_dissector, datagrams, 2, "nomachine");
	assert_int_equal(dissect_verdict(&nomachine_udp_dissector, OVER_UDP, datagrams, 1, 0),
			 RECOGNISED_MORE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_open_adb_is_seen),
		cmocka_unit_test(a_log_in_of_adb_is_seen),
		cmocka_unit_test(afp_is_read),
		cmocka_unit_test(a_log_in_of_afp_is_seen),
		cmocka_unit_test(ndmp_is_read),
		cmocka_unit_test(ndmp_without_a_password_is_seen),
		cmocka_unit_test(ncp_is_read),
		cmocka_unit_test(lustre_is_read),
		cmocka_unit_test(nomachine_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
