/* SPDX-License-Identifier: ISC */
/* syslog: three framings, and what only looks like it. */
#include "tests/unit/conversation.h"

extern const struct dissector syslog_dissector;

struct sample {
	const char *bytes;
	enum recognised tcp, udp;
};

static const struct sample samples[] = {
	{"<34>Oct 11 22:14:15 host su: failed\n", RECOGNISED_YES, RECOGNISED_YES},
	{"<34>1 2003-10-11T22:14:15.003Z host su - ID47 - text", RECOGNISED_YES, RECOGNISED_YES},
	{"<0>a\n", RECOGNISED_YES, RECOGNISED_YES},
	{"<191>x: y z, and so on", RECOGNISED_YES, RECOGNISED_YES},
	{"<189>72: *Mar  3 19:57:17.371: %LINK-5-CHANGED", RECOGNISED_YES, RECOGNISED_YES},
	{"<13>h\xc3\xa9t\xc3\xa9 text in UTF-8", RECOGNISED_YES, RECOGNISED_YES},
	{"76 <34>1 2003-10-11T22:14:15.003Z host su - ID47 - text", RECOGNISED_YES, RECOGNISED_NO},
	{"Oct 11 22:14:15 host su[12]: failed", RECOGNISED_NO, RECOGNISED_YES},
	{"Oct  1 22:14:15 host su[12]: failed", RECOGNISED_NO, RECOGNISED_YES},
	{"Oct 11 22:14 host", RECOGNISED_NO, RECOGNISED_NO},
	{"Foo 11 22:14:15 host su[12]: failed", RECOGNISED_NO, RECOGNISED_NO},
	{"<192>too much of a priority", RECOGNISED_NO, RECOGNISED_NO},
	{"<034>leading zero", RECOGNISED_NO, RECOGNISED_NO},
	{"<>nothing at all", RECOGNISED_NO, RECOGNISED_NO},
	{"<?xml version=\"1.0\"?>", RECOGNISED_NO, RECOGNISED_NO},
	{"<html><body>", RECOGNISED_NO, RECOGNISED_NO},
	{"<stream:stream to='x'>", RECOGNISED_NO, RECOGNISED_NO},
	{"<3", RECOGNISED_MORE, RECOGNISED_NO},
	{"<34>", RECOGNISED_MORE, RECOGNISED_NO},
	{"<34>\x01\x02\x03\x04\x05\x06\x07\x08", RECOGNISED_NO, RECOGNISED_NO},
	{"220 mail ESMTP\r\n", RECOGNISED_NO, RECOGNISED_NO},
	{"1 open 88 relp_version=0\n", RECOGNISED_NO, RECOGNISED_NO},
	{"12345678 <34>1 -", RECOGNISED_NO, RECOGNISED_NO},
	{"0 <34>1 -", RECOGNISED_NO, RECOGNISED_NO},
	{"GET / HTTP/1.1\r\n", RECOGNISED_NO, RECOGNISED_NO},
	{"\x16\x03\x01\x02", RECOGNISED_NO, RECOGNISED_NO},
};

static void openings_are_recognised(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		const char *bytes = samples[i].bytes;
		size_t length = strlen(bytes);
		enum recognised tcp =
			dissect_recognise(&syslog_dissector, OVER_TCP, bytes, length, "", 0, false);
		enum recognised udp =
			dissect_recognise(&syslog_dissector, OVER_UDP, bytes, length, "", 0, false);

		if (tcp != samples[i].tcp || udp != samples[i].udp)
			fail_msg("%s: tcp %d, udp %d", bytes, tcp, udp);
		/* A shorter opening never says the opposite. */
		for (size_t at = 0; at < length; at++) {
			enum recognised part = dissect_recognise(&syslog_dissector, OVER_TCP, bytes,
								 at, "", 0, false);

			assert_true(part == RECOGNISED_MORE || part == tcp);
		}
		/* A collector never answers. */
		assert_int_equal(dissect_recognise(&syslog_dissector, OVER_TCP, bytes, length, "x",
						   1, false),
				 RECOGNISED_NO);
	}
}

static void a_capture_that_began_late_is_read(void **state)
{
	static const char bytes[] = "rest of a message\n<34>1 - host app - - - next\n";
	struct opening opening = {.transport = OVER_TCP, .midstream = true};

	(void)state;
	opening.side[SIDE_CLIENT] = bytes_from(bytes, sizeof bytes - 1);
	assert_int_equal(syslog_dissector.recognise(&opening), RECOGNISED_YES);
	opening.midstream = false;
	assert_int_equal(syslog_dissector.recognise(&opening), RECOGNISED_NO);
}

static void facts_are_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("<34>1 2003-10-11T22:14:15.003Z host su - ID47 - text\n"),
		TURN_CLIENT("<34>1 2003-10-11T22:14:15.003Z host su - ID47 - text\n"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&syslog_dissector, turns, COUNT(turns), 0, &facts));
	assert_string_equal(facts.service->name, "syslog");
	assert_int_equal(facts.service->family, FAMILY_LOGGING);
	assert_true(facts.service->one_way);
	assert_null(facts.service->identifier);
	assert_int_equal(facts.auth, AUTH_NA);
	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	assert_int_equal(facts.data_read, ANSWER_NO);
	conversation_stands(&syslog_dissector, turns, COUNT(turns));
	assert_true(dissect_over(&syslog_dissector, OVER_UDP, turns, COUNT(turns), 0, &facts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openings_are_recognised),
		cmocka_unit_test(a_capture_that_began_late_is_read),
		cmocka_unit_test(facts_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
