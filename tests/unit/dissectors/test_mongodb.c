/* SPDX-License-Identifier: ISC */
/* MongoDB: what it asks for, what was done. Recorded from mongod 6 and mongosh, and written. */
#include <zlib.h>
#include <zstd.h>

#include "tests/unit/recorded.h"

extern const struct dissector mongodb_dissector;

/* A message 2013 with one document; integers of the header are little endian. */
#define MSG(length, request, response, document)                                                   \
	length "\0\0\0" request "\0\0\0" response "\0\0\0\xdd\7\0\0\0\0\0\0\0" document
#define OK "\1ok\0\0\0\0\0\0\0\xf0\x3f"

static void an_open_server_is_seen(void **state)
{
	struct recorded r;
	struct facts facts = recorded_facts(&r, &mongodb_dissector, "mongodb/open-list");

	(void)state;
	assert_string_equal(facts.service->name, "mongodb");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.version, "6.0.14");
	conversation_has(&facts, "listDatabases", ANSWER_YES, COMMAND_LISTING);
	conversation_splits(&mongodb_dissector, r.turns, r.count);
	facts = recorded_facts(&r, &mongodb_dissector, "mongodb/open-find");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "find", ANSWER_YES, COMMAND_LISTING);
	conversation_stands(&mongodb_dissector, r.turns, r.count);
}

static void a_command_without_rights_is_refused(void **state)
{
	struct recorded r;
	struct facts facts = recorded_facts(&r, &mongodb_dissector, "mongodb/unauthorized");

	(void)state;
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	assert_int_equal(facts.data_read, ANSWER_NO);
	conversation_has(&facts, "aggregate", ANSWER_NO, COMMAND_LISTING);
}

static void a_log_in_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(MSG(
			"\x63", "\1", "\0",
			"\x4e\0\0\0\x10saslStart\0\1\0\0\0\2mechanism\0\x0e\0\0\0SCRAM-SHA-256\0"
			"\5payload\0\x0f\0\0\0\0n,,n=root,r=abc\0")),
	};
	static const struct turn exchange[] = {
		TURN_CLIENT("\x36\0\0\0\2\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0\x21\0\0\0"
			    "\x10saslContinue\0\1\0\0\0\10done\0\1\x0a"
			    "a\0\0"),
		TURN_SERVER("\x2d\0\0\0\7\0\0\0\2\0\0\0\xdd\7\0\0\0\0\0\0\0\x18\0\0\0"
			    "\10done\0\1" OK "\0"),
		TURN_CLIENT("\x30\0\0\0\3\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0\x1b\0\0\0"
			    "\1dropDatabase\0\0\0\0\0\0\0\xf0\x3f\0"),
		TURN_SERVER("\x26\0\0\0\x08\0\0\0\3\0\0\0\xdd\7\0\0\0\0\0\0\0\x11\0\0\0" OK "\0"),
	};
	struct facts facts = conversation_facts(&mongodb_dissector, turns, 1, 0);

	(void)state;
	assert_string_equal(facts.user, "root");
	assert_string_equal(facts.mechanism, "SCRAM-SHA-256");
	facts = conversation_facts(&mongodb_dissector, exchange, COUNT(exchange), 0);
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	conversation_has(&facts, "dropDatabase", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_stands(&mongodb_dissector, exchange, COUNT(exchange));
}

/* A certificate logs in with one command, whose answer has no "done"; what follows was not open. */
static void a_log_in_of_one_command_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\x36\0\0\0\2\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0\x21\0\0\0"
			    "\x10"
			    "authenticate\0\1\0\0\0\10done\0\1\x0a"
			    "a\0\0"),
		TURN_SERVER("\x26\0\0\0\7\0\0\0\2\0\0\0\xdd\7\0\0\0\0\0\0\0\x11\0\0\0" OK "\0"),
		TURN_CLIENT("\x30\0\0\0\3\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0\x1b\0\0\0"
			    "\1dropDatabase\0\0\0\0\0\0\0\xf0\x3f\0"),
		TURN_SERVER("\x26\0\0\0\x08\0\0\0\3\0\0\0\xdd\7\0\0\0\0\0\0\0\x11\0\0\0" OK "\0"),
	};
	struct facts facts = conversation_facts(&mongodb_dissector, turns, COUNT(turns), 0);

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	conversation_has(&facts, "dropDatabase", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_stands(&mongodb_dissector, turns, COUNT(turns));
}

/* {delete: "a", deletes: [{q: {}, limit: 0}]}; with a filter it is nothing of note */
static void a_deletion_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\x57\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0\x14\0\0\0\2delete\0\2\0"
			    "\0\0a\0"
			    "\0\1\x2d\0\0\0deletes\0\x21\0\0\0\3q\0\5\0\0\0\0\x10limit\0\0\0\0\0\2c"
			    "\0\2\0\0\0x\0"
			    "\0\0"),
		TURN_SERVER("\x26\0\0\0\2\0\0\0\1\0\0\0\xdd\7\0\0\0\0\0\0\0\x11\0\0\0" OK "\0"),
	};
	struct facts facts = conversation_facts(&mongodb_dissector, turns, COUNT(turns), 0);

	(void)state;
	conversation_has(&facts, "delete", ANSWER_YES, COMMAND_DESTRUCTIVE);
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_stands(&mongodb_dissector, turns, COUNT(turns));
}

/* {find: "a", filter: {$or: [{$where: "x"}]}}, and the same as a name of a field's value */
static void javascript_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(
			"X\000\000\000\001\000\000\000\000\000\000\000\335\007\000\000\000\000\000"
			"\000\000C\000\000\000\002find\000\002\000\000\000a\000\003filter\000"
			"\052\000\000\000\004$or\000\040\000\000\000\003\060\000\030\000\000"
			"\000\002$where\000\007\000\000\000return\000\000\000\000\000"),
		TURN_SERVER("\x26\0\0\0\2\0\0\0\1\0\0\0\xdd\7\0\0\0\0\0\0\0\x11\0\0\0" OK "\0"),
	};
	struct facts facts = conversation_facts(&mongodb_dissector, turns, COUNT(turns), 0);

	(void)state;
	conversation_has(&facts, "$where", ANSWER_YES, COMMAND_LISTING | COMMAND_EXECUTES);
	conversation_lacks(&facts, "return");
	conversation_stands(&mongodb_dissector, turns, COUNT(turns));
}

/* The old way: a query, and a failure that says so in its flags. */
static void the_old_query_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(
			"\x2c\0\0\0\1\0\0\0\0\0\0\0\xd4\7\0\0\0\0\0\0shop.users\0\0\0\0\0\0\0\0\0"
			"\5\0\0\0\0"),
		TURN_SERVER(
			"\x3a\0\0\0\2\0\0\0\1\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0"
			"\x16\0\0\0\x10"
			"code\0\x0d\0\0\0\x10"
			"ab\0\0\0\0\0\0"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&mongodb_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	conversation_has(&facts, "find", ANSWER_NO, COMMAND_LISTING);
	conversation_stands(&mongodb_dissector, turns, COUNT(turns));
}

static void openings_are_recognised(void **state)
{
	static const char query[] =
		"\x3a\0\0\0\1\0\0\0\0\0\0\0\xd4\7\0\0\0\0\0\0admin.$cmd\0\0\0\0\0\1\0\0\0"
		"\x13\0\0\0\x10isMaster\0\1\0\0\0\0";

	(void)state;
	assert_int_equal(dissect_recognise(&mongodb_dissector, OVER_TCP, query, sizeof query - 1,
					   "", 0, true),
			 RECOGNISED_YES);
	assert_int_equal(dissect_recognise(&mongodb_dissector, OVER_TCP, query, sizeof query - 1,
					   "", 0, false),
			 RECOGNISED_MORE);
	assert_int_equal(dissect_recognise(&mongodb_dissector, OVER_TCP, query, sizeof query - 1,
					   "HTTP/1.0 200 OK\r\n", 17, false),
			 RECOGNISED_NO);
	/* turned round */
	assert_int_equal(dissect_recognise(&mongodb_dissector, OVER_TCP, "", 0, query,
					   sizeof query - 1, true),
			 RECOGNISED_NO);
}

enum compressor { NOTHING, SNAPPY, ZLIB, ZSTD };

static void put32(uint8_t *to, size_t number)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(number >> (8 * i));
}

/* Snappy: the length, and literals only. */
static size_t snappy(uint8_t *to, const uint8_t *from, size_t size)
{
	to[0] = (uint8_t)(size & 0x7f) | (size > 0x7f ? 0x80 : 0);
	to[1] = (uint8_t)(size >> 7);
	to += size > 0x7f ? 2 : 1;
	to[0] = 61 << 2;
	to[1] = (uint8_t)(size - 1);
	to[2] = (uint8_t)((size - 1) >> 8);
	memcpy(to + 3, from, size);
	return size + (size > 0x7f ? 5 : 4);
}

/* A message 2012 of a whole message; it says that it holds `more` bytes than it does. */
static size_t compressed(uint8_t *to, const uint8_t *from, size_t size, enum compressor how,
			 size_t more)
{
	uLongf packed = 1024;

	memcpy(to, from, 16);
	memcpy(to + 16, from + 12, 4);
	put32(to + 12, 2012);
	put32(to + 20, size - 16 + more);
	to[24] = (uint8_t)how;
	from += 16;
	size -= 16;
	if (how == ZLIB)
		assert_int_equal(compress(to + 25, &packed, from, size), Z_OK);
	else if (how == ZSTD)
		packed = ZSTD_compress(to + 25, packed, from, size, 6);
	else if (how == SNAPPY)
		packed = snappy(to + 25, from, size);
	else
		packed = (memcpy(to + 25, from, size), size);
	put32(to, 25 + packed);
	return 25 + packed;
}

static const uint8_t drop[] = "\x30\0\0\0\3\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0\x1b\0\0\0"
			      "\1dropDatabase\0\0\0\0\0\0\0\xf0\x3f";
static const uint8_t dropped[] = "\x26\0\0\0\x08\0\0\0\3\0\0\0\xdd\7\0\0\0\0\0\0\0\x11\0\0\0" OK;

static void compressed_messages_are_read(void **state)
{
	uint8_t request[1100], answer[1100];
	struct facts facts;

	(void)state;
	for (enum compressor how = NOTHING; how <= ZSTD; how++) {
		struct turn turns[2] = {
			{SIDE_CLIENT, request, compressed(request, drop, sizeof drop, how, 0)},
			{SIDE_SERVER, answer, compressed(answer, dropped, sizeof dropped, how, 0)},
		};

		facts = conversation_facts(&mongodb_dissector, turns, 2, 0);
		conversation_has(&facts, "dropDatabase", ANSWER_YES, COMMAND_DESTRUCTIVE);
		assert_int_equal(facts.auth, AUTH_NONE);
		assert_false(facts.limited);
		assert_false(facts.lying_length);
		conversation_splits(&mongodb_dissector, turns, 2);
	}
}

static void what_cannot_be_read_is_told(void **state)
{
	uint8_t request[1100];
	struct turn turns[1] = {
		{SIDE_CLIENT, request, compressed(request, drop, sizeof drop, ZLIB, 0)}};
	struct facts facts;

	(void)state;
	request[24] = 9; /* a compressor that there is not */
	facts = conversation_facts(&mongodb_dissector, turns, 1, 0);
	assert_true(facts.limited);
	assert_false(facts.lying_length);
	request[24] = ZLIB;
	request[30] ^= 0x55;
	facts = conversation_facts(&mongodb_dissector, turns, 1, 0);
	assert_true(facts.limited);
	conversation_splits(&mongodb_dissector, turns, 1);
}

/* An error that quotes what it found behind the end: CVE-2025-14847. */
static void a_frame_that_holds_less_than_it_says(void **state)
{
	static const char error[] = "\x5e\0\0\0\x08\0\0\0\3\0\0\0\xdd\7\0\0\0\0\0\0\0\x49\0\0\0"
				    "\1ok\0\0\0\0\0\0\0\0\0\2errmsg\0\x22\0\0\0"
				    "bad type in field name 'secret x'\0\x10"
				    "code\0\x16\0\0\0\0";
	static const char unnumbered[] = "\x26\0\0\0\x08\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0"
					 "\x11\0\0\0\1ok\0\0\0\0\0\0\0\0\0\0";
	uint8_t request[1100];
	struct turn turns[2] = {{.from = SIDE_CLIENT, .bytes = request},
				{SIDE_SERVER, error, sizeof error - 1}};
	struct facts facts;

	(void)state;
	for (enum compressor how = NOTHING; how <= ZSTD; how++) {
		turns[0].length = compressed(request, drop, sizeof drop, how, 500);
		facts = conversation_facts(&mongodb_dissector, turns, 1, 0);
		assert_true(facts.lying_length);
		assert_int_not_equal(facts.data_read, ANSWER_YES);
		facts = conversation_facts(&mongodb_dissector, turns, 2, 0);
		assert_int_equal(facts.data_read, ANSWER_YES);
		conversation_splits(&mongodb_dissector, turns, 2);
	}
	/* Whoever writes such by hand may count from 0. */
	turns[0].length = compressed(request, drop, sizeof drop, ZLIB, 500);
	put32(request + 4, 0);
	turns[1] = (struct turn){SIDE_SERVER, unnumbered, sizeof unnumbered - 1};
	facts = conversation_facts(&mongodb_dissector, turns, 2, 0);
	assert_true(facts.lying_length);
	/* Nothing at all in it: what follows is a message of its own. */
	put32(request, 25);
	turns[0].length = 25;
	turns[1] = (struct turn){SIDE_CLIENT, drop, sizeof drop};
	facts = conversation_facts(&mongodb_dissector, turns, 2, 0);
	assert_true(facts.lying_length);
	conversation_has(&facts, "dropDatabase", ANSWER_UNKNOWN, COMMAND_DESTRUCTIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_open_server_is_seen),
		cmocka_unit_test(a_command_without_rights_is_refused),
		cmocka_unit_test(a_log_in_is_seen),
		cmocka_unit_test(a_log_in_of_one_command_is_seen),
		cmocka_unit_test(a_deletion_is_seen),
		cmocka_unit_test(javascript_is_seen),
		cmocka_unit_test(the_old_query_is_read),
		cmocka_unit_test(openings_are_recognised),
		cmocka_unit_test(compressed_messages_are_read),
		cmocka_unit_test(what_cannot_be_read_is_told),
		cmocka_unit_test(a_frame_that_holds_less_than_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
