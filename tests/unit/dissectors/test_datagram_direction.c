/* SPDX-License-Identifier: ISC */
/*
 * Which way a datagram goes, told by its bytes: a question and an answer of each protocol, on their
 * ports and elsewhere, and cut at every length: what is cut may be unknown, but is never the other
 * way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissectors/read/datagram_direction.h"
#include "tests/unit/random.h"

struct sample {
	const char *name;
	uint16_t port; /* of the protocol */
	bool anywhere; /* also told on other ports */
	enum datagram_direction says;
	const char *bytes;
	size_t length;
};

#define S(name, port, anywhere, says, text)                                                        \
	{                                                                                          \
		name, port, anywhere, says, text, sizeof(text) - 1                                 \
	}
#define Z8  "\0\0\0\0\0\0\0\0"
#define Z16 Z8 Z8
#define Z44 Z16 Z16 Z8 "\0\0\0\0"

static const struct sample samples[] = {
	S("dns query", 53, true, DATAGRAM_ASKS,
	  "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07"
	  "example\x03"
	  "com\x00\x00\x01\x00\x01"),
	S("dns answer", 53, true, DATAGRAM_ANSWERS,
	  "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x07"
	  "example\x03"
	  "com\x00\x00\x01\x00\x01\xc0\x0c\x00\x01\x00\x01\x00\x00\x0e\x10\x00\x04\x01\x02\x03"
	  "\x04"),
	S("snmp get", 161, true, DATAGRAM_ASKS,
	  "\x30\x26\x02\x01\x01\x04\x06"
	  "public\xa0\x19\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01"
	  "\x02\x01\x01\x01\x00\x05\x00"),
	S("snmp response", 161, true, DATAGRAM_ANSWERS,
	  "\x30\x26\x02\x01\x01\x04\x06"
	  "public\xa2\x19\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x0e"),
	S("snmp trap", 162, true, DATAGRAM_ASKS,
	  "\x30\x20\x02\x01\x01\x04\x06"
	  "public\xa7\x13\x02\x01\x01"),
	S("snmp 3 get", 161, true, DATAGRAM_ASKS,
	  "\x30\x3e\x02\x01\x03\x30\x11\x02\x04\x01\x02\x03\x04\x02\x03\x00\xff\xe3\x04\x01\x04\x02"
	  "\x01\x03"),
	S("snmp 3 report", 161, true, DATAGRAM_ANSWERS,
	  "\x30\x3e\x02\x01\x03\x30\x11\x02\x04\x01\x02\x03\x04\x02\x03\x00\xff\xe3\x04\x01\x00\x02"
	  "\x01\x03"),
	S("stun request", 3478, true, DATAGRAM_ASKS_PEER,
	  "\x00\x01\x00\x00\x21\x12\xa4\x42\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"),
	S("stun success", 3478, true, DATAGRAM_ANSWERS_PEER,
	  "\x01\x01\x00\x00\x21\x12\xa4\x42\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"),
	S("sip request", 5060, true, DATAGRAM_ASKS_PEER, "OPTIONS sip:100@10.0.0.1 SIP/2.0\r\n"),
	S("sip answer", 5060, true, DATAGRAM_ANSWERS_PEER, "SIP/2.0 200 OK\r\n"),
	S("rpc call", 111, true, DATAGRAM_ASKS,
	  "\x7f\x00\x80\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01\x86\xa0\x00\x00\x00\x02"),
	S("rpc reply", 111, true, DATAGRAM_ANSWERS,
	  "\x7f\x00\x80\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
	S("dtls client hello", 4433, true, DATAGRAM_BEGINS,
	  "\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x40\x01\x00\x00\x34"),
	S("dtls server hello", 4433, true, DATAGRAM_ANSWERS,
	  "\x16\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x40\x02\x00\x00\x34"),
	S("memcached get", 11211, true, DATAGRAM_ASKS,
	  "\x12\x34\x00\x00\x00\x01\x00\x00"
	  "stats\r\n"),
	S("memcached stat", 11211, true, DATAGRAM_ANSWERS,
	  "\x12\x34\x00\x00\x00\x01\x00\x00"
	  "STAT pid 1\r\n"),
	S("ntp client", 123, false, DATAGRAM_ASKS, "\x23\x00\x06\xec" Z44),
	S("ntp server", 123, false, DATAGRAM_ANSWERS, "\x24\x01\x06\xec" Z44),
	S("ntp readvar", 123, false, DATAGRAM_ASKS, "\x16\x02\x00\x01" Z8),
	S("ntp monlist answer", 123, false, DATAGRAM_ANSWERS, "\xd7\x00\x03\x2a" Z8),
	S("ike request", 500, false, DATAGRAM_ASKS_PEER,
	  "\1\2\3\4\5\6\7\x8" Z8 "\x21\x20\x22\x08\0\0\0\0\0\0\1\x28"),
	S("ike response", 500, false, DATAGRAM_ANSWERS_PEER,
	  "\1\2\3\4\5\6\7\x8\1\2\3\4\5\6\7\x8\x21\x20\x22\x20\0\0\0\0\0\0\1\x28"),
	S("radius request", 1812, false, DATAGRAM_ASKS, "\x01\x10\x00\x14" Z16),
	S("radius accept", 1812, false, DATAGRAM_ANSWERS, "\x02\x10\x00\x14" Z16),
	S("tftp read", 69, false, DATAGRAM_ASKS, "\0\1file\0octet"),
	S("coap get", 5683, false, DATAGRAM_ASKS, "\x40\x01\x12\x34"),
	S("coap content", 5683, false, DATAGRAM_ANSWERS, "\x60\x45\x12\x34"),
	S("kerberos", 88, false, DATAGRAM_ASKS, "\x6a\x81\x80"),
	S("kerberos error", 88, false, DATAGRAM_ANSWERS, "\x7e\x81\x80"),
	S("cldap", 389, false, DATAGRAM_ASKS, "\x30\x20\x02\x01\x01\x63\x1b"),
	S("cldap entry", 389, false, DATAGRAM_ANSWERS, "\x30\x20\x02\x01\x01\x64\x1b"),
	S("ipmi request", 623, false, DATAGRAM_ASKS,
	  "\x06\x00\xff\x07\x00\0\0\0\0\0\0\0\0\x09\x20\x18\xc8\x81\x00\x38"),
	S("ipmi answer", 623, false, DATAGRAM_ANSWERS,
	  "\x06\x00\xff\x07\x00\0\0\0\0\0\0\0\0\x09\x81\x1c\x63\x20\x00\x38"),
	S("sql browser", 1434, false, DATAGRAM_ASKS, "\x03"),
	S("sql browser answer", 1434, false, DATAGRAM_ANSWERS, "\x05\x20\x00Server"),
	S("syslog", 514, false, DATAGRAM_ASKS, "<34>Oct 11 22:14:15 host su: x"),
	S("quic versions", 443, false, DATAGRAM_ANSWERS,
	  "\xc0\0\0\0\0\4\1\2\3\4\4\1\2\3\4\0\0\0\1"),
	S("wireguard data", 51820, false, DATAGRAM_UNKNOWN, "\x04\0\0\0" Z16 Z16),
	S("nothing known", 9514, true, DATAGRAM_UNKNOWN, "hello there, how are you"),
};

#define COUNT (sizeof samples / sizeof *samples)

static enum datagram_direction told(const struct sample *sample, size_t length, uint16_t port)
{
	uint8_t *copy = malloc(length ? length : 1);
	enum datagram_direction direction;

	assert_non_null(copy);
	memcpy(copy, sample->bytes, length);
	direction = datagram_direction(bytes_from(copy, length), port, 40000);
	assert_int_equal(datagram_direction(bytes_from(copy, length), 40000, port), direction);
	free(copy);
	return direction;
}

static void each_message_tells_its_direction(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		const struct sample *sample = &samples[i];

		if (told(sample, sample->length, sample->port) != sample->says)
			fail_msg("%s", sample->name);
		if (sample->anywhere && told(sample, sample->length, 30999) != sample->says)
			fail_msg("%s on another port", sample->name);
	}
}

static bool opposite(enum datagram_direction one, enum datagram_direction other)
{
	bool answers[2] = {one == DATAGRAM_ANSWERS || one == DATAGRAM_ANSWERS_PEER,
			   other == DATAGRAM_ANSWERS || other == DATAGRAM_ANSWERS_PEER};

	return one != DATAGRAM_UNKNOWN && other != DATAGRAM_UNKNOWN && answers[0] != answers[1];
}

static void a_cut_message_never_tells_the_other_direction(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		for (size_t length = 0; length < samples[i].length; length++)
			if (opposite(told(&samples[i], length, samples[i].port), samples[i].says))
				fail_msg("%s at %zu", samples[i].name, length);
}

static void any_bytes_are_read_within_bounds(void **state)
{
	struct random random = {.state = 11};

	(void)state;
	for (int n = 0; n < 200000; n++) {
		struct sample sample = samples[random_below(&random, COUNT)];
		char bytes[128];

		memcpy(bytes, sample.bytes, sample.length < 128 ? sample.length : 128);
		if (sample.length > 128)
			sample.length = 128;
		for (int flips = 0; flips < 3 && sample.length != 0; flips++)
			bytes[random_below(&random, (uint32_t)sample.length)] =
				(char)random_below(&random, 256);
		sample.bytes = bytes;
		(void)told(&sample, sample.length, sample.port);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_tells_its_direction),
		cmocka_unit_test(a_cut_message_never_tells_the_other_direction),
		cmocka_unit_test(any_bytes_are_read_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
