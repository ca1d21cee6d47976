/* SPDX-License-Identifier: ISC */
/* AJP: what was asked for, with or without credentials, and what came back. */
#include "tests/unit/conversation.h"
#include "tests/unit/sample_ajp.h"

extern const struct dissector ajp_dissector;

#define TEXT(length, text) "\0" length text "\0"
#define REQUEST(packet, method, headers)                                                           \
	"\x12\x34\0" packet "\2" method TEXT("\x8", "HTTP/1.1")                                    \
		TEXT("\2", "/a") "\xff\xff"                                                        \
				 "\xff\xff" TEXT("\1", "s") "\0\x50\0" headers "\xff"
#define STATUS(status) "AB\0\x08\4" status TEXT("\0", "") "\0\0"

static struct facts facts_of(const struct turn *turns, size_t count)
{
	return conversation_read(&ajp_dissector, turns, count, "ajp");
}

static void a_recorded_conversation_is_read(void **state)
{
	struct facts facts = facts_of(sample_ajp, COUNT(sample_ajp));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.path, "/");
	conversation_has(&facts, "GET /", ANSWER_YES, 0);
}

static void credentials_are_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(REQUEST("\x20", "\2", "\0\0")),
		TURN_SERVER(STATUS("\x01\x91") "AB\0\2\5\1"),
		TURN_CLIENT(REQUEST("\x2b", "\6", "\0\1\xa0\5" TEXT("\6", "Basic="))),
		TURN_SERVER(STATUS("\x01\x91") "AB\0\2\5\1"),
		TURN_CLIENT(REQUEST("\x2b", "\6", "\0\1\xa0\5" TEXT("\6", "Basic!"))),
		TURN_SERVER(STATUS("\0\xc8") "AB\0\4\3\0\0\0AB\0\2\5\1"),
	};
	struct facts facts = facts_of(turns, 2);

	(void)state;
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	conversation_has(&facts, "GET /a", ANSWER_NO, 0);
	facts = facts_of(turns, 4);
	assert_int_equal(facts.auth, AUTH_FAILED);
	conversation_has(&facts, "DELETE /a", ANSWER_NO, COMMAND_DESTRUCTIVE);
	facts = facts_of(turns, COUNT(turns));
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.data_read, ANSWER_NO);
	conversation_has(&facts, "DELETE /a", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_lacks(&facts, "Basic");
}

static enum recognised recognise(const char *client, size_t client_length, const char *server,
				 size_t server_length, bool one_sided)
{
	return dissect_recognise(&ajp_dissector, OVER_TCP, client, client_length, server,
				 server_length, one_sided);
}

static void openings_are_recognised(void **state)
{
	(void)state;
	assert_int_equal(recognise("\x12\x34\0\1\x0a", 5, "AB\0\1\x09", 5, false), RECOGNISED_YES);
	assert_int_equal(recognise("\x12\x34\0\1\x0a", 5, "", 0, false), RECOGNISED_MORE);
	assert_int_equal(recognise("\x12\x34\0\1\x0a", 5, "", 0, true), RECOGNISED_YES);
	assert_int_equal(recognise("\x12\x34\0\1\x0a", 5, "ABCDEFG", 7, false), RECOGNISED_NO);
	assert_int_equal(recognise("\x12\x34\1\0\0\1\0\0\0\0\0\0", 12, "", 0, true), RECOGNISED_NO);
	assert_int_equal(recognise("AB\0\1\x09", 5, "\x12\x34\0\1\x0a", 5, false), RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recorded_conversation_is_read),
		cmocka_unit_test(credentials_are_seen),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
