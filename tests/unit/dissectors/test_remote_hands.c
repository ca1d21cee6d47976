/* SPDX-License-Identifier: ISC */
/* Daemons that run things for whoever is let in: Bacula, rsh, distcc, gdbserver. */
#include "tests/unit/conversation.h"

extern const struct dissector bacula_dissector, rsh_dissector, distcc_dissector,
	gdbserver_dissector;

static struct facts facts_of(const struct dissector *d, const struct turn *turns, size_t count)
{
	struct facts facts = conversation_read(d, turns, count, d->name);

	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	return facts;
}

static void bacula_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\0\0\0\x1fHello Director dir calling 1000"),
		TURN_SERVER("\0\0\0.auth cram-md5 <158105035.1795283810@fd> ssl=0\n"),
		TURN_CLIENT("\0\0\0\x04"
			    "abcd"),
		TURN_SERVER("\0\0\0\x0d"
			    "1000 OK auth\n"),
	};
	struct facts facts = facts_of(&bacula_dissector, turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "dir");
	conversation_has(&facts, "Hello Director", ANSWER_YES, 0);
	facts = facts_of(&bacula_dissector, turns, 2);
	assert_int_equal(facts.auth, AUTH_REQUIRED);
}

static void rsh_is_read(void **state)
{
	static const struct turn refused[] = {
		TURN_CLIENT("1022\0alice\0hidden\0mkdir testdir\0"),
		TURN_SERVER("\1Login incorrect.\n"),
	};
	static const struct turn done[] = {
		TURN_CLIENT("0\0alice\0root\0id\0"),
		TURN_SERVER("\0uid=0(root)\n"),
	};
	struct facts facts = facts_of(&rsh_dissector, refused, COUNT(refused));

	(void)state;
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "alice");
	conversation_has(&facts, "EXEC mkdir", ANSWER_NO, COMMAND_EXECUTES);
	conversation_lacks(&facts, "hidden");
	facts = facts_of(&rsh_dissector, done, COUNT(done));
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.data_read, ANSWER_YES);
}

static void distcc_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("DIST00000001ARGC00000002ARGV00000002ccARGV00000002-vDOTI00000000"),
		TURN_SERVER("DONE00000001STAT00000000"),
	};
	struct facts facts = facts_of(&distcc_dissector, turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "DIST", ANSWER_YES, COMMAND_EXECUTES);
	facts = facts_of(&distcc_dissector, turns, 1);
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
}

static void gdbserver_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("+$qSupported:multiprocess+#77"),
		TURN_SERVER("+$PacketSize=47ff;QPassSignals+#00"),
		TURN_CLIENT("+$M1000,1:90#00"),
		TURN_SERVER("+$E01#a6"),
		TURN_CLIENT("+$vRun;2f62#00"),
		TURN_SERVER("+$T05thread:1;#00"),
	};
	struct facts facts = facts_of(&gdbserver_dissector, turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "qSupported", ANSWER_YES, 0);
	conversation_has(&facts, "write memory", ANSWER_NO, COMMAND_EXECUTES);
	conversation_has(&facts, "vRun", ANSWER_YES, COMMAND_EXECUTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bacula_is_read),
		cmocka_unit_test(rsh_is_read),
		cmocka_unit_test(distcc_is_read),
		cmocka_unit_test(gdbserver_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
