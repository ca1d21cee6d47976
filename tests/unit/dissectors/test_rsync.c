/* SPDX-License-Identifier: ISC */
/* rsync: lists of modules, log-ins, what is pulled, pushed and deleted. */
#include "tests/unit/conversation.h"

extern const struct dissector rsync_dissector;

#define HELLO	 "@RSYNCD: 32.0 sha512 sha256 sha1 md5 md4\n"
#define SETTINGS "\x81\xff#xxh128 xxh3 xxh64 md5 md4 sha1 none\xaa\x3f\x24\x6b"

static struct facts facts_of(const struct turn *turns, size_t count)
{
	struct facts facts = conversation_read(&rsync_dissector, turns, count, "rsync");

	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	return facts;
}

static void a_list_is_read(void **state)
{
	static const struct turn banner[] = {TURN_SERVER(HELLO)};
	static const struct turn list[] = {
		TURN_CLIENT(HELLO),
		TURN_SERVER(HELLO),
		TURN_CLIENT("\n"),
		TURN_SERVER("Welcome\n\nbackup         \t\npriv           \tours\n@RSYNCD: EXIT\n"),
	};
	static const struct turn empty[] = {
		TURN_SERVER(HELLO),
		TURN_CLIENT(HELLO "#list\n"),
		TURN_SERVER("Welcome\n@RSYNCD: EXIT\n"),
	};
	struct facts facts = facts_of(banner, 1);

	(void)state;
	assert_int_equal(facts.auth, AUTH_NA);
	assert_string_equal(facts.product, "rsync");
	facts = facts_of(list, COUNT(list));
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "list", ANSWER_YES, COMMAND_LISTING);
	facts = facts_of(empty, COUNT(empty));
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_NO);
}

static void log_in_and_pull_are_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER(HELLO),
		TURN_CLIENT(HELLO),
		TURN_CLIENT("priv\n"),
		TURN_SERVER("@RSYNCD: AUTHREQD uhlNKtKGobGP91uOxP719w\n"),
		TURN_CLIENT("alice 57f611c1RIX6RBcBh\n"),
		TURN_SERVER("@RSYNCD: OK\n"),
		TURN_CLIENT("--server\0--sender\0-de.LsfxCIvu\0.\0priv/\0\0"),
		TURN_SERVER(SETTINGS "Z\0\0\7.................. db2.sql........... db4.sql......"
				     " 4.sql.... 1.sql..."),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "alice");
	assert_string_equal(facts.path, "priv");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_lacks(&facts, "57f611c1");
	conversation_has(&facts, "MODULE priv", ANSWER_YES, 0);
	conversation_has(&facts, "pull priv", ANSWER_YES, COMMAND_LISTING);
}

static void refusals_are_seen(void **state)
{
	static const struct turn failed[] = {
		TURN_SERVER(HELLO),
		TURN_CLIENT(HELLO "priv\n"),
		TURN_SERVER("@RSYNCD: AUTHREQD abc\n"),
		TURN_CLIENT("bob xyz\n"),
		TURN_SERVER("@ERROR: auth failed on module priv\n"),
	};
	static const struct turn required[] = {
		TURN_SERVER(HELLO),
		TURN_CLIENT(HELLO "priv\n"),
		TURN_SERVER("@RSYNCD: AUTHREQD abc\n@ERROR: auth failed on module priv\n"),
	};
	static const struct turn unknown[] = {
		TURN_SERVER(HELLO),
		TURN_CLIENT(HELLO "nothing\n"),
		TURN_SERVER("@ERROR: Unknown module 'nothing'\n"),
	};
	static const struct turn missing[] = {
		TURN_SERVER(HELLO),
		TURN_CLIENT(HELLO),
		TURN_CLIENT("backup\n"),
		TURN_SERVER("@RSYNCD: OK\n"),
		TURN_CLIENT("--server\0--sender\0-de\0.\0backup/x\0\0"),
		TURN_SERVER(SETTINGS "Z\0\0\x8rsync: [sender] link_stat \"x\" (in backup) failed:"
				     " No such file or directory (2)\n"),
	};
	struct facts facts = facts_of(failed, COUNT(failed));

	(void)state;
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "bob");
	facts = facts_of(required, COUNT(required));
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	facts = facts_of(unknown, COUNT(unknown));
	assert_int_equal(facts.auth, AUTH_NA);
	conversation_has(&facts, "MODULE nothing", ANSWER_NO, 0);
	facts = facts_of(missing, COUNT(missing));
	assert_int_equal(facts.data_read, ANSWER_NO);
	conversation_has(&facts, "pull backup", ANSWER_NO, COMMAND_LISTING);
}

static void push_and_deletion_are_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER(HELLO),
		TURN_CLIENT(HELLO),
		TURN_CLIENT("backup\n"),
		TURN_SERVER("@RSYNCD: OK\n"),
		TURN_CLIENT("--server\0-logDtpre.iLsfxCIvu\0--delete\0.\0backup/\0\0"),
		TURN_SERVER(SETTINGS),
		TURN_CLIENT("#xxh128 xxh3"),
		TURN_SERVER(",\0\0kdb4.sql,\0\0kdb3.sql"),
	};
	static const struct turn read_only[] = {
		TURN_SERVER(HELLO),
		TURN_CLIENT(HELLO),
		TURN_CLIENT("backup\n"),
		TURN_SERVER("@RSYNCD: OK\n"),
		TURN_CLIENT("--server\n--delete-before\n.\nbackup/\n\n"),
		TURN_SERVER(SETTINGS "\x1b\0\0\x08"
				     "ERROR: module is read only\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_NO);
	conversation_has(&facts, "push --delete backup", ANSWER_YES, COMMAND_DESTRUCTIVE);
	facts = facts_of(read_only, COUNT(read_only));
	conversation_has(&facts, "push --delete backup", ANSWER_NO, COMMAND_DESTRUCTIVE);
}

static enum recognised recognise(const char *client, const char *server, bool one_sided)
{
	return dissect_recognise(&rsync_dissector, OVER_TCP, client, strlen(client), server,
				 strlen(server), one_sided);
}

static void openings_are_recognised(void **state)
{
	(void)state;
	assert_int_equal(recognise("", "@RSY", false), RECOGNISED_MORE);
	assert_int_equal(recognise("", "@RSYNCD: 3", false), RECOGNISED_YES);
	assert_int_equal(recognise("", "@RSYNCD: OK", false), RECOGNISED_NO);
	assert_int_equal(recognise("@RSYNCD: 31.0\n", "", false), RECOGNISED_MORE);
	assert_int_equal(recognise("@RSYNCD: 31.0\n", "", true), RECOGNISED_YES);
	assert_int_equal(recognise("@RSYNCD: 31.0\n", "220 mx ESMTP\r\n", false), RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_read),
		cmocka_unit_test(log_in_and_pull_are_seen),
		cmocka_unit_test(refusals_are_seen),
		cmocka_unit_test(push_and_deletion_are_seen),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
