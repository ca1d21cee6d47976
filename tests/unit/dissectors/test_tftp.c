/* SPDX-License-Identifier: ISC */
/* TFTP: requests, which nobody answers where they go, and the transfers elsewhere. */
#include "tests/unit/conversation.h"

extern const struct dissector tftp_dissector, tftp_data_dissector;

struct sample {
	const char *bytes;
	size_t length;
	bool is_request;
};
#define SAMPLE(text, is)                                                                           \
	{                                                                                          \
		(text), sizeof(text) - 1, (is)                                                     \
	}

static const struct sample samples[] = {
	SAMPLE("\0\1startup-config\0octet\0", true),
	SAMPLE("\0\2a/b.bin\0NetASCII\0", true),
	SAMPLE("\0\1x\0octet\0tsize\0"
	       "0\0blksize\0"
	       "1428\0",
	       true),
	SAMPLE("\0\1x\0octet\0\0\0\0\0", true),
	SAMPLE("\0\1x\0octets\0", false),
	SAMPLE("\0\1x\0octet", false),
	SAMPLE("\0\1x\0octet\0tsize\0", false),
	SAMPLE("\0\1\0octet\0", false),
	SAMPLE("\0\1\x80\x01\n\0octet\0", false),
	SAMPLE("\0\3\0\1data", false),
	SAMPLE("\0\5\0\1File not found\0", false),
	SAMPLE("\1\1x\0octet\0", false),
};

static void requests_are_recognised(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		const struct sample *s = &samples[i];
		struct turn turn = {SIDE_CLIENT, s->bytes, s->length};
		struct facts facts;

		if (dissect_over(&tftp_dissector, OVER_UDP, &turn, 1, 0, &facts) != s->is_request)
			fail_msg("sample %zu", i);
		for (turn.length = 0; turn.length < s->length; turn.length++)
			dissect_over(&tftp_dissector, OVER_UDP, &turn, 1, 0, &facts);
	}
}

static void facts_are_read(void **state)
{
	struct turn read = TURN_CLIENT("\0\1startup-config\0octet\0");
	struct turn write = TURN_CLIENT("\0\2x\0octet\0");
	struct turn written[] = {write, TURN_SERVER("\0\4\0\0")};
	struct facts facts;

	(void)state;
	assert_true(dissect_over(&tftp_dissector, OVER_UDP, &read, 1, 0, &facts));
	assert_string_equal(facts.service->name, "tftp");
	assert_string_equal(facts.path, "startup-config");
	conversation_has(&facts, "RRQ startup-config", ANSWER_UNKNOWN, COMMAND_LISTING);
	assert_true(dissect_over(&tftp_dissector, OVER_UDP, &write, 1, 0, &facts));
	conversation_has(&facts, "WRQ x", ANSWER_UNKNOWN, 0);
	assert_true(dissect_over(&tftp_dissector, OVER_UDP, written, 2, 0, &facts));
	conversation_has(&facts, "WRQ x", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

/* The packet path puts the transfer's packets back to the request. */
static void answers_are_read(void **state)
{
	static const struct turn read[] = {TURN_CLIENT("\0\1x\0octet\0"),
					   TURN_SERVER("\0\3\0\1contents")};
	static const struct turn empty[] = {TURN_CLIENT("\0\1x\0octet\0"), TURN_SERVER("\0\3\0\1")};
	static const struct turn write[] = {TURN_CLIENT("\0\2x\0octet\0"), TURN_SERVER("\0\4\0\0"),
					    TURN_CLIENT("\0\3\0\1contents")};
	static const struct turn refused[] = {TURN_CLIENT("\0\1x\0octet\0"),
					      TURN_SERVER("\0\5\0\1File not found\0")};
	struct facts facts;

	(void)state;
	assert_true(dissect_over(&tftp_dissector, OVER_UDP, read, COUNT(read), 0, &facts));
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "RRQ x", ANSWER_YES, COMMAND_LISTING);
	assert_true(dissect_over(&tftp_dissector, OVER_UDP, empty, COUNT(empty), 0, &facts));
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_NO);
	assert_true(dissect_over(&tftp_dissector, OVER_UDP, write, COUNT(write), 0, &facts));
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_NO);
	assert_true(dissect_over(&tftp_dissector, OVER_UDP, refused, COUNT(refused), 0, &facts));
	assert_int_equal(facts.auth, AUTH_NA);
	assert_int_equal(facts.data_read, ANSWER_NO);
}

static void transfers_are_followed(void **state)
{
	static const struct turn out[] = {TURN_SERVER("\0\3\0\1contents"), TURN_CLIENT("\0\4\0\1"),
					  TURN_SERVER("\0\3\0\2")};
	static const struct turn in[] = {TURN_SERVER("\0\4\0\0"), TURN_CLIENT("\0\3\0\1contents")};
	static const struct turn swapped[] = {TURN_CLIENT("\0\3\0\1contents"),
					      TURN_SERVER("\0\4\0\1")};
	struct facts facts;

	(void)state;
	assert_true(dissect_over(&tftp_data_dissector, OVER_UDP, out, COUNT(out), 0, &facts));
	assert_string_equal(facts.service->name, "tftp-data");
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_true(dissect_over(&tftp_data_dissector, OVER_UDP, in, COUNT(in), 0, &facts));
	assert_int_equal(facts.data_read, ANSWER_NO);
	assert_false(dissect_over(&tftp_data_dissector, OVER_UDP, swapped, 2, 0, &facts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_recognised),
		cmocka_unit_test(facts_are_read),
		cmocka_unit_test(answers_are_read),
		cmocka_unit_test(transfers_are_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
