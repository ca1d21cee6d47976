/* SPDX-License-Identifier: ISC */
/* Subversion: who may read, who must log in, and what is done. Recorded from svnserve 1.14. */
#include "tests/unit/recorded.h"

extern const struct dissector svn_dissector;

static struct facts played(const char *path)
{
	struct recorded *r = calloc(1, sizeof *r);
	struct facts facts = recorded_facts(r, &svn_dissector, path);

	assert_string_equal(facts.service->name, "svn");
	assert_string_equal(facts.product, "svnserve");
	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	conversation_stands(&svn_dissector, r->turns, r->count);
	free(r);
	return facts;
}

static void anonymous_access_is_seen(void **state)
{
	struct facts facts = played("svn/ls");

	(void)state;
	assert_int_equal(facts.auth, AUTH_ANONYMOUS);
	assert_string_equal(facts.mechanism, "ANONYMOUS");
	conversation_has(&facts, "get-latest-rev", ANSWER_YES, 0);
	conversation_has(&facts, "get-lock", ANSWER_YES, 0);
	facts = played("svn/checkout");
	assert_string_equal(facts.path, "/repo");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "update", ANSWER_YES, COMMAND_LISTING);
}

static void a_log_in_is_seen(void **state)
{
	struct facts facts = played("svn/auth-ok");

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.logins_succeeded, 1);
	assert_string_equal(facts.user, "alice");
	assert_string_equal(facts.mechanism, "CRAM-MD5");
	conversation_lacks(&facts, "8974f0421f5dc6bc6df77a307ab88097");
	conversation_has(&facts, "list", ANSWER_YES, COMMAND_LISTING);
	facts = played("svn/auth-required");
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	assert_int_equal(facts.command_count, 0);
	facts = played("svn/no-repository");
	assert_int_equal(facts.auth, AUTH_NA);
}

/* Reading is for everybody; a commit needs more, and is refused. */
static void a_failed_log_in_is_seen(void **state)
{
	struct facts facts = played("svn/auth-fail");

	(void)state;
	assert_int_equal(facts.auth, AUTH_ANONYMOUS);
	assert_int_equal(facts.logins_failed, 2);
	assert_string_equal(facts.user, "alice");
	assert_int_not_equal(conversation_command(&facts, "commit")->accepted, ANSWER_YES);
}

static void commits_are_seen(void **state)
{
	struct facts facts = played("svn/mkdir");

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	conversation_has(&facts, "commit", ANSWER_YES, 0);
	facts = played("svn/delete");
	conversation_has(&facts, "commit", ANSWER_YES, 0);
	conversation_has(&facts, "delete-entry", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

static void openings_are_recognised(void **state)
{
	static const char server[] = "( success ( 2 2 ( ) ( edit-pipeline ) ) ) ";
	static const char client[] = "( 2 ( edit-pipeline svndiff1 ) 12:svn://a/repo ) ";

	(void)state;
	assert_int_equal(dissect_recognise(&svn_dissector, OVER_TCP, "", 0, server, 18, false),
			 RECOGNISED_YES);
	assert_int_equal(dissect_recognise(&svn_dissector, OVER_TCP, "", 0, server, 17, false),
			 RECOGNISED_MORE);
	assert_int_equal(dissect_recognise(&svn_dissector, OVER_TCP, client, 40, "", 0, false),
			 RECOGNISED_MORE);
	assert_int_equal(dissect_recognise(&svn_dissector, OVER_TCP, client, 40, "", 0, true),
			 RECOGNISED_YES);
	assert_int_equal(
		dissect_recognise(&svn_dissector, OVER_TCP, "", 0, "( success ( a", 13, false),
		RECOGNISED_NO);
	/* the wrong way round */
	assert_int_equal(dissect_recognise(&svn_dissector, OVER_TCP, server, 40, client, 40, false),
			 RECOGNISED_NO);
}

/* Depths, numbers and lengths that nobody means. */
static void hostile_bytes_are_survived(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("( success ( 2 2 ( ) ( ) ) ) "),
		TURN_CLIENT(
			"((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((("),
		TURN_SERVER("( success ( 99999999999999999999:x ( 4294967295:y ) ) "),
		TURN_CLIENT("))) 5:( 3 ( commit ( "),
	};

	(void)state;
	conversation_stands(&svn_dissector, turns, COUNT(turns));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anonymous_access_is_seen),
		cmocka_unit_test(a_log_in_is_seen),
		cmocka_unit_test(a_failed_log_in_is_seen),
		cmocka_unit_test(commits_are_seen),
		cmocka_unit_test(openings_are_recognised),
		cmocka_unit_test(hostile_bytes_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
