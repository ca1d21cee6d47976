/* SPDX-License-Identifier: ISC */
/*
 * See question.h. The numbers that are left out: RFC 5905 (all but the first byte of a client's
 * 48), RFC 1035 (the id), RFC 3416 (request-id), RFC 5531 (xid), RFC 7296 (the initiator's SPI),
 * RFC 8489 (the transaction id), memcached's frame header (the request id).
 */
#include "sensor/tables/question.h"

#include "dissectors/read/bytes.h"
#include "sensor/base/hash.h"

#define NTP_LENGTH   48
#define NTP_CLIENT   3
#define NTP_ASKED    0x3f /* version and mode, without the leap indicator */
#define COPY_MAX     512
#define DNS_HEADER   12
#define BER_SEQUENCE 0x30
#define BER_INTEGER  0x02
#define BER_OCTETS   0x04

static bool is_ntp(const uint8_t *payload, size_t length)
{
	return length == NTP_LENGTH && (payload[0] & 7) == NTP_CLIENT && (payload[0] & 0x38) != 0;
}

/* A query with one question, and nothing that only an answer has. */
static bool is_dns(const uint8_t *payload, size_t length)
{
	return length > DNS_HEADER && (payload[2] & 0xf8) == 0 && payload[4] == 0 &&
	       payload[5] == 1 && payload[6] == 0 && payload[7] == 0 && payload[8] == 0 &&
	       payload[9] == 0 && payload[10] == 0 && payload[11] <= 1;
}

/* Frame 0 of 1; the reserved bytes are zero. */
static bool is_memcached(const uint8_t *payload, size_t length)
{
	return length > 8 && payload[2] == 0 && payload[3] == 0 && payload[4] == 0 &&
	       payload[5] == 1 && payload[6] == 0 && payload[7] == 0;
}

/* CALL, version 2. */
static bool is_rpc(const uint8_t *payload, size_t length)
{
	static const uint8_t call[8] = {0, 0, 0, 0, 0, 0, 0, 2};

	return length >= 40 && memcmp(payload + 4, call, sizeof call) == 0;
}

static bool is_stun(const uint8_t *payload, size_t length)
{
	static const uint8_t cookie[4] = {0x21, 0x12, 0xa4, 0x42};

	return length >= 20 && payload[0] == 0 && payload[1] == 1 &&
	       memcmp(payload + 4, cookie, sizeof cookie) == 0;
}

/* The first message of an exchange: no responder's SPI yet, version 1 or 2. */
static bool is_ike(const uint8_t *payload, size_t length)
{
	static const uint8_t none[8];

	return length >= 28 && memcmp(payload + 8, none, sizeof none) == 0 &&
	       (payload[17] == 0x10 || payload[17] == 0x20) && payload[24] == 0 && payload[25] == 0;
}

/* Tag and length of an element, of which the length may take two bytes more. */
static bool enter_ber(struct bytes *at, uint8_t tag, size_t *length)
{
	uint8_t first;

	if (bytes_u8(at) != tag)
		return false;
	first = bytes_u8(at);
	*length = first < 0x80 ? first : first == 0x81 ? bytes_u8(at) : bytes_be16(at);
	return !at->failed && (first <= 0x82);
}

/* Version and community are told, then the PDU with its request-id. Its place, or 0. */
static size_t snmp_number(const uint8_t *payload, size_t length, size_t *width)
{
	struct bytes at = bytes_from(payload, length);
	size_t skip;

	if (!enter_ber(&at, BER_SEQUENCE, &skip) || !enter_ber(&at, BER_INTEGER, &skip) ||
	    skip != 1 || !bytes_skip(&at, skip) || !enter_ber(&at, BER_OCTETS, &skip) ||
	    !bytes_skip(&at, skip) || (bytes_u8(&at) & 0xe0) != 0xa0)
		return 0;
	skip = bytes_u8(&at);
	if (skip > 0x80)
		bytes_skip(&at, skip & 3);
	if (!enter_ber(&at, BER_INTEGER, width) || *width > at.left)
		return 0;
	return length - at.left;
}

static void blank(uint8_t *copy, size_t length, size_t from, size_t count)
{
	if (from < length)
		memset(copy + from, 0, count < length - from ? count : length - from);
}

uint32_t question_kind(const uint8_t *payload, size_t length)
{
	uint8_t copy[COPY_MAX];
	size_t kept = length < sizeof copy ? length : sizeof copy, from = 0, count = 0;
	bool ntp = is_ntp(payload, length);
	uint32_t kind;

	if (ntp) {
		from = 1;
		count = NTP_LENGTH - 1;
	} else if (is_dns(payload, length) || is_memcached(payload, length)) {
		count = 2;
	} else if (is_rpc(payload, length)) {
		count = 4;
	} else if (is_stun(payload, length)) {
		from = 8;
		count = 12;
	} else if (is_ike(payload, length)) {
		count = 8;
	} else {
		from = snmp_number(payload, length, &count);
		count = from != 0 ? count : 0;
	}
	if (kept != 0)
		memcpy(copy, payload, kept);
	blank(copy, kept, from, count);
	if (ntp)
		copy[0] &= NTP_ASKED;
	kind = (uint32_t)hash_bytes(copy, kept, length);
	return kind != QUESTION_ANY ? kind : 1;
}
