/* SPDX-License-Identifier: ISC */
/* SCTP and DCCP: what a packet says, what a host would drop, and what becomes of an association. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/decode/answerable.h"
#include "sensor/decode/decode_walk.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define SCTP 132
#define DCCP 33

#define INIT	 "\1\0\0\x14\0\0\0\x11\0\0\xff\xff\0\x0a\0\x0a\0\0\0\1"
#define INIT_ACK "\2\0\0\x14\0\0\0\x22\0\0\xff\xff\0\x0a\0\x0a\0\0\0\1"
#define MESSAGE	 "\0\3\0\x12\0\0\0\7\0\1\0\0\0\0\0\x2e\1\2\0\0" /* two bytes, padded */
#define SACK	 "\3\0\0\x10\0\0\0\1\0\0\xff\xff\0\0\0\0"

static uint8_t bytes[256];
static size_t length;
static struct packet packet;

static uint32_t crc32c(const uint8_t *at, size_t n)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		crc ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static void put_ip(uint8_t protocol, const void *payload, size_t n)
{
	static const uint8_t ip[20] = {0x45, 0, 0,   0,	 0,   0, 0x40, 0, 60, 0,
				       0,    0, 198, 51, 100, 9, 10,   0, 0,  1};
	uint32_t sum = 0;

	memcpy(bytes, ip, sizeof ip);
	length = sizeof ip + n;
	bytes[3] = (uint8_t)length;
	bytes[9] = protocol;
	for (size_t i = 0; i < sizeof ip; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	sum = ~((sum & 0xffff) + (sum >> 16));
	bytes[10] = (uint8_t)(sum >> 8);
	bytes[11] = (uint8_t)sum;
	memcpy(bytes + sizeof ip, payload, n);
}

static void put_sctp(uint32_t tag, const char *chunks, size_t n)
{
	uint8_t sctp[200] = {0xa0, 0x28, 0x0f, 0x1c, 0, 0, 0, (uint8_t)tag};
	uint32_t crc;

	memcpy(sctp + 12, chunks, n);
	crc = crc32c(sctp, 12 + n);
	for (int i = 0; i < 4; i++)
		sctp[8 + i] = (uint8_t)(crc >> 8 * i);
	put_ip(SCTP, sctp, 12 + n);
}

static enum decode_result decode(size_t captured)
{
	struct decoder decoder = decoder_of(NULL);
	uint8_t *copy = malloc(captured ? captured : 1);
	enum decode_result result;

	memcpy(copy, bytes, captured);
	result = decode_packet(&decoder, LINK_RAW, copy, (uint32_t)captured, (uint32_t)length, 5,
			       &packet);
	free(copy);
	return result;
}

static void expect(uint32_t tag, const char *chunks, size_t n, uint8_t flags)
{
	put_sctp(tag, chunks, n);
	assert_int_equal(decode(length), DECODE_OK);
	assert_int_equal(packet.kind, PACKET_ASSOCIATION);
	assert_int_equal(packet.transport, SCTP);
	assert_int_equal(packet.source_port, 41000);
	assert_int_equal(packet.destination_port, 3868);
	assert_int_equal(packet.acknowledgement, tag);
	assert_int_equal(packet.tcp_flags, flags);
}
#define EXPECT(tag, chunks, flags) expect(tag, chunks, sizeof(chunks) - 1, flags)

static void chunks_become_flags(void **state)
{
	(void)state;
	EXPECT(0, INIT, TCP_SYN);
	assert_int_equal(packet.sequence, 17);
	EXPECT(17, INIT_ACK, TCP_SYN | TCP_ACK);
	assert_int_equal(packet.sequence, 34);
	EXPECT(34,
	       "\x0a\0\0\x08"
	       "cook" MESSAGE,
	       TCP_ACK);
	assert_int_equal(packet.data_wire, 2);
	assert_int_equal(packet.payload_wire, 6);
	assert_int_equal(packet.sequence, 7);
	EXPECT(34, SACK MESSAGE MESSAGE, TCP_ACK);
	assert_int_equal(packet.data_wire, 4);
	assert_int_equal(packet.payload_wire, 6);
	EXPECT(34, "\x0e\1\0\4", TCP_FIN | TCP_ACK | ASSOCIATION_REFLECTED);
	EXPECT(34, "\7\0\0\x08\0\0\0\1", TCP_FIN | TCP_ACK);
	EXPECT(34, SACK "\6\0\0\4", TCP_RST | TCP_ACK);
	EXPECT(34, "\6\1\0\4", TCP_RST | TCP_ACK | ASSOCIATION_REFLECTED);
	/* The middle of a long message has no beginning that could be read. */
	EXPECT(34, "\0\0\0\x12\0\0\0\7\0\1\0\0\0\0\0\x2e\1\2\0\0", TCP_ACK);
	assert_int_equal(packet.payload_wire, 0);
	assert_int_equal(packet.data_wire, 2);
	/* I-DATA */
	EXPECT(34, "\x40\3\0\x15\0\0\0\7\0\1\0\0\0\0\0\0\0\0\0\x2e\1\0\0\0", TCP_ACK);
	assert_int_equal(packet.data_wire, 1);
	assert_int_equal(packet.payload_wire, 5);
}

static void lying_lengths_are_malformed(void **state)
{
	static const struct {
		const char *chunks;
		size_t length;
	} wrong[] = {
		{"\0\3\0\3", 4},		    /* shorter than a header */
		{"\0\3\1\0\0\0\0\7", 8},	    /* longer than the packet */
		{SACK INIT, sizeof(SACK INIT) - 1}, /* an INIT is alone */
		{SACK INIT_ACK, sizeof(SACK INIT) - 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		put_sctp(34, wrong[i].chunks, wrong[i].length);
		assert_int_equal(decode(length), DECODE_MALFORMED);
	}
	/* Cut off by the capture at any byte, it says what it can. */
	put_sctp(34, SACK MESSAGE MESSAGE, sizeof(SACK MESSAGE MESSAGE) - 1);
	for (size_t n = 0; n < length; n++) {
		enum decode_result result = decode(n);

		assert_true(result == DECODE_OK || result == DECODE_TRUNCATED);
		assert_true(result == DECODE_TRUNCATED || n >= 36);
	}
}

static uint8_t flaws(uint32_t tag, const char *chunks, size_t n)
{
	struct decoder decoder = decoder_of(NULL);

	put_sctp(tag, chunks, n);
	assert_int_equal(decode_packet(&decoder, LINK_RAW, bytes, (uint32_t)length,
				       (uint32_t)length, 5, &packet),
			 DECODE_OK);
	return answerable_flaws(&packet);
}
#define FLAWS(tag, chunks) flaws(tag, chunks, sizeof(chunks) - 1)

static void only_a_right_init_would_be_answered(void **state)
{
	struct decoder decoder = decoder_of(NULL);

	(void)state;
	assert_int_equal(FLAWS(0, INIT), 0);
	assert_int_equal(FLAWS(3, INIT), FLAW_FORM);
	assert_int_equal(FLAWS(0, "\1\0\0\x14\0\0\0\0\0\0\xff\xff\0\x0a\0\x0a\0\0\0\1"), FLAW_FORM);
	assert_int_equal(FLAWS(0, "\1\0\0\x14\0\0\0\1\0\0\0\1\0\x0a\0\x0a\0\0\0\1"), FLAW_FORM);
	assert_int_equal(FLAWS(0, "\1\0\0\x14\0\0\0\1\0\0\xff\xff\0\0\0\x0a\0\0\0\1"), FLAW_FORM);
	assert_int_equal(FLAWS(0, INIT "more"), FLAW_FORM);
	assert_int_equal(FLAWS(0, "\1\0\0\x18\0\0\0\x11\0\0\xff\xff\0\x0a\0\x0a\0\0\0\1\x80\0\0\4"),
			 0);
	put_sctp(0, INIT, sizeof(INIT) - 1);
	bytes[28] ^= 1;
	assert_int_equal(decode_packet(&decoder, LINK_RAW, bytes, (uint32_t)length,
				       (uint32_t)length, 5, &packet),
			 DECODE_OK);
	assert_int_equal(answerable_flaws(&packet), FLAW_DATA_CHECKSUM);
}

static void dccp_has_types(void **state)
{
	static const struct {
		const char *header;
		size_t length;
		enum decode_result result;
		uint8_t flags;
	} packets[] = {
#define REQUEST "\x13\x88\x23\x29\5\0\0\0\1\0\0\0\0\0\0\7\0\0\0\1"
		{REQUEST, 20, DECODE_OK, TCP_SYN},
		{"\x13\x88\x23\x29\7\0\0\0\3\0\0\0\0\0\0\7\0\0\0\0\0\0\0\0\0\0\0\1", 28, DECODE_OK,
		 TCP_SYN | TCP_ACK},
		{"\x13\x88\x23\x29\3\0\0\0\4\0\0\0", 12, DECODE_OK, TCP_ACK},
		{"\x13\x88\x23\x29\2\0\0\0\4\0\0\0", 12, DECODE_MALFORMED, 0},
		{"\x13\x88\x23\x29\5\0\0\0\x1f\0\0\0", 12, DECODE_MALFORMED, 0},
		{"\x13\x88\x23\x29\5\0\0", 7, DECODE_TRUNCATED, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(packets); i++) {
		put_ip(DCCP, packets[i].header, packets[i].length);
		assert_int_equal(decode(length), packets[i].result);
		if (packets[i].result == DECODE_OK)
			assert_int_equal(packet.tcp_flags, packets[i].flags);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_become_flags),
		cmocka_unit_test(lying_lengths_are_malformed),
		cmocka_unit_test(only_a_right_init_would_be_answered),
		cmocka_unit_test(dccp_has_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
