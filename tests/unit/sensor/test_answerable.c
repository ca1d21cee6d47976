/* SPDX-License-Identifier: ISC */
/* Which attempts a listening host would answer, and which questions are of one kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/decode/answerable.h"
#include "sensor/tables/question.h"

#define FLAGS	  33
#define OFFSET	  32
#define URGENT	  38
#define TTL	  8
#define FRAGMENTS 6

/* 203.0.113.7:40000 > 10.20.0.12:6379, a SYN with a size, right checksums, TTL 64. */
static const uint8_t syn[44] = {
	0x45, 0,  0,	44,   0,    1,	  0x40, 0,    64,   6, 0x24, 0x3d, 203,	 0,    113,
	7,    10, 20,	0,    12,   0x9c, 0x40, 0x18, 0xeb, 0, 0,    3,	   0xe8, 0,    0,
	0,    0,  0x60, 0x02, 0xfa, 0xf0, 0,	0,    0,    0, 2,    4,	   5,	 0xb4,
};

static void put(uint8_t *at, uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	at[0] = (uint8_t)(~sum >> 8);
	at[1] = (uint8_t)~sum;
}

static uint32_t add(const uint8_t *bytes, unsigned length)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < length; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return sum;
}

/* With right checksums again, whatever was changed. */
static void seal(uint8_t *ip)
{
	unsigned header = (ip[0] & 15u) * 4, length = (unsigned)(ip[2] << 8 | ip[3]);

	ip[10] = ip[11] = 0;
	put(ip + 10, add(ip, header));
	ip[header + 16] = ip[header + 17] = 0;
	put(ip + header + 16,
	    add(ip + 12, 8) + 6 + (length - header) + add(ip + header, length - header));
}

static uint32_t wire_length(const uint8_t *ip)
{
	return (uint32_t)ip[2] << 8 | ip[3];
}

/* `length` bytes of it were captured. */
static uint8_t flaws(const uint8_t *ip, uint32_t length)
{
	struct decoder decoder = decoder_of(NULL);
	struct packet packet;

	assert_int_equal(decode_packet(&decoder, LINK_RAW, ip, length, wire_length(ip), 1, &packet),
			 DECODE_OK);
	return answerable_flaws(&packet);
}

static uint8_t flaws_with(unsigned at, uint8_t value)
{
	uint8_t ip[sizeof syn];

	memcpy(ip, syn, sizeof ip);
	ip[at] = value;
	seal(ip);
	return flaws(ip, sizeof ip);
}

static void a_plain_syn_has_none(void **state)
{
	(void)state;
	assert_int_equal(flaws_with(FLAGS, TCP_SYN), 0);
	assert_int_equal(flaws_with(FLAGS, TCP_SYN | TCP_ECE | TCP_CWR), 0);
	assert_int_equal(flaws_with(TTL, ANSWERABLE_TTL), 0);
}

static void what_a_host_drops(void **state)
{
	static const uint8_t odd[] = {TCP_SYN | TCP_FIN, TCP_SYN | TCP_PSH, TCP_SYN | 0x20};

	(void)state;
	for (unsigned i = 0; i < sizeof odd; i++)
		assert_int_equal(flaws_with(FLAGS, odd[i]), FLAW_FORM);
	assert_int_equal(flaws_with(URGENT, 1), FLAW_FORM);
	assert_int_equal(flaws_with(FRAGMENTS, 0x80), FLAW_FORM);
	assert_int_equal(flaws_with(TTL, 2), FLAW_TTL);
	assert_int_equal(flaws_with(12, 224), FLAW_FORM);      /* from a multicast address */
	assert_int_equal(flaws_with(OFFSET, 0x50), FLAW_FORM); /* its option is data now */
	assert_int_equal(flaws_with(40, 19), FLAW_FORM);       /* an option nobody asked for */
}

static void checksums(void **state)
{
	uint8_t ip[sizeof syn];

	(void)state;
	memcpy(ip, syn, sizeof ip);
	seal(ip);
	ip[10] ^= 1;
	assert_int_equal(flaws(ip, sizeof ip), FLAW_IP_CHECKSUM);
	ip[10] ^= 1;
	ip[36] ^= 1;
	assert_int_equal(flaws(ip, sizeof ip), FLAW_DATA_CHECKSUM);
	/* Of what was cut off by the capture it is not known. */
	assert_int_equal(flaws(ip, 40), 0);
}

static void options_of_ip(void **state)
{
	uint8_t ip[sizeof syn + 4];

	(void)state;
	memcpy(ip, syn, 20);
	memset(ip + 20, 1, 4); /* no operation, four times */
	memcpy(ip + 24, syn + 20, sizeof syn - 20);
	ip[0] = 0x46;
	ip[3] = sizeof ip;
	seal(ip);
	assert_int_equal(flaws(ip, sizeof ip), FLAW_FORM);
}

#define KIND(text) question_kind((const uint8_t *)(text), sizeof(text) - 1)

static void questions_but_for_their_number(void **state)
{
	(void)state;
	assert_int_equal(KIND("\0\1\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1"),
			 KIND("\7\7\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1"));
	assert_int_not_equal(KIND("\0\1\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1"),
			     KIND("\0\1\1\0\0\1\0\0\0\0\0\0\1b\0\0\1\0\1"));
	assert_int_equal(KIND("\1\2\0\0\0\1\0\0stats\r\n"), KIND("\3\4\0\0\0\1\0\0stats\r\n"));
	assert_int_not_equal(KIND("\1\2\0\0\0\1\0\0stats\r\n"), KIND("\1\2\0\0\0\1\0\0stat\r\n"));
	/* SNMP: the community counts, the request-id does not. */
	assert_int_equal(
		KIND("\x30\x1a\2\1\1\4\1p\xa0\x12\2\4\1\2\3\4\2\1\0\2\1\0\x30\4\x30\2\5\0"),
		KIND("\x30\x1a\2\1\1\4\1p\xa0\x12\2\4\5\6\7\0\2\1\0\2\1\0\x30\4\x30\2\5\0"));
	assert_int_not_equal(
		KIND("\x30\x1a\2\1\1\4\1p\xa0\x12\2\4\1\2\3\4\2\1\0\2\1\0\x30\4\x30\2\5\0"),
		KIND("\x30\x1a\2\1\1\4\1q\xa0\x12\2\4\1\2\3\4\2\1\0\2\1\0\x30\4\x30\2\5\0"));
	assert_int_not_equal(KIND("junk"), KIND("jink"));
	assert_int_not_equal(KIND(""), QUESTION_ANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_syn_has_none),
		cmocka_unit_test(what_a_host_drops),
		cmocka_unit_test(checksums),
		cmocka_unit_test(options_of_ip),
		cmocka_unit_test(questions_but_for_their_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
