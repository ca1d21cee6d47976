/* SPDX-License-Identifier: ISC */
/*
 * What routers tell of the traffic they carry, one way: Cisco's NetFlow 1, 5, 7, 9, and IPFIX.
 *
 *	5	version:2 count:2 uptime:4 seconds:4 ns:4 sequence:4 ... 48 bytes a record
 *	9	version:2 count:2 uptime:4 seconds:4 sequence:4 source:4, sets (RFC 3954)
 *	10	version:2 length:2 seconds:4 sequence:4 domain:4, sets (RFC 7011)
 *	a set	id:2 length:2 data; ids of templates are 0, 1 (9) or 2, 3 (10), of data 256 and up
 *
 * IPFIX may come over TCP as well.
 */
#include "dissectors/dissector.h"

#define SECONDS_MIN 946684800u	/* 2000 */
#define SECONDS_MAX 4102444800u /* 2100 */

static const uint16_t netflow_ports[] = {2055, 9995, 9996, 0};
static const uint16_t ipfix_ports[] = {4739, 0};

static const struct service services[] = {
	{
		.name = "netflow",
		.family = FAMILY_LOGGING,
		.about = "NetFlow collector",
		.one_way = true,
		.ports = netflow_ports,
	},
	{
		.name = "ipfix",
		.family = FAMILY_LOGGING,
		.about = "IPFIX collector",
		.one_way = true,
		.ports = ipfix_ports,
	},
};

static bool is_time(uint32_t seconds)
{
	return seconds >= SECONDS_MIN && seconds <= SECONDS_MAX;
}

/* Versions with records of one size: the datagram's length must be right to the byte. */
static bool is_fixed(struct bytes b, uint16_t version, bool whole)
{
	static const struct {
		uint8_t version, max, header, record;
	} rows[] = {{1, 24, 16, 52}, {5, 30, 24, 48}, {7, 28, 24, 52}};
	size_t length = b.left;
	uint16_t count;

	bytes_skip(&b, 2);
	count = bytes_be16(&b);
	bytes_skip(&b, 4);
	if (!is_time(bytes_be32(&b)) || bytes_be32(&b) >= 1000000000)
		return false;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t expected = rows[i].header + (size_t)count * rows[i].record;

		if (rows[i].version == version)
			return count != 0 && count <= rows[i].max &&
			       (whole ? length == expected : length < expected);
	}
	return false;
}

/* Sets to the end of the datagram, as far as it was kept; padding may follow the last. */
static bool are_sets(struct bytes b, uint16_t lowest, bool whole)
{
	unsigned sets = 0;

	while (b.left >= 4) {
		uint16_t id = bytes_be16(&b), length = bytes_be16(&b);

		if (sets != 0 && id == 0 && length == 0 && lowest != 0)
			break;
		if ((id != lowest && id != lowest + 1 && id < 256) || length < 4)
			return false;
		if (length - 4u > b.left)
			return !whole && length < 1500;
		bytes_skip(&b, length - 4u);
		sets++;
	}
	return sets != 0 && b.left < 4;
}

static bool is_version_9(struct bytes b, bool whole)
{
	uint16_t count;

	bytes_skip(&b, 2);
	count = bytes_be16(&b);
	bytes_skip(&b, 4);
	if (count == 0 || count > 1000 || !is_time(bytes_be32(&b)) || !bytes_skip(&b, 8))
		return false;
	return are_sets(b, 0, whole);
}

static bool is_ipfix(struct bytes b, bool whole)
{
	size_t left = b.left;
	uint16_t length;

	bytes_skip(&b, 2);
	length = bytes_be16(&b);
	if (length < 20 || (whole ? length != left : length < left))
		return false;
	if (!is_time(bytes_be32(&b)) || !bytes_skip(&b, 8))
		return false;
	return are_sets(b, 2, whole);
}

static enum recognised recognise_stream(struct bytes b)
{
	struct bytes head = b;
	uint16_t version = bytes_be16(&head), length = bytes_be16(&head);

	if (version != 10 && b.left >= 2)
		return RECOGNISED_NO;
	if (b.left >= 4 && length < 20)
		return RECOGNISED_NO;
	if (b.left < 24)
		return RECOGNISED_MORE;
	if (b.left > length)
		b.left = length;
	return is_ipfix(b, b.left == length) ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], head = client;
	bool whole = client.left < OPENING_MAX, matches;
	uint16_t version = bytes_be16(&head);

	if (opening->side[SIDE_SERVER].left != 0)
		return RECOGNISED_NO;
	if (client.left == 0)
		return RECOGNISED_MORE;
	if (opening->transport == OVER_TCP)
		return recognise_stream(client);
	if (version == 9)
		matches = is_version_9(client, whole);
	else if (version == 10)
		matches = is_ipfix(client, whole);
	else
		matches = is_fixed(client, version, whole);
	return matches ? RECOGNISED_YES : RECOGNISED_NO;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

struct netflow {
	uint8_t version[2];
	uint8_t have;
};

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct netflow *netflow = state;

	if (fed->from != SIDE_CLIENT)
		return;
	for (size_t i = 0; i < fed->bytes.left && netflow->have < 2; i++)
		netflow->version[netflow->have++] = fed->bytes.at[i];
	if (netflow->have == 2 && netflow->version[0] == 0 && netflow->version[1] == 10)
		facts_set_service(facts, &services[1]);
	else if (netflow->have == 2)
		FACTS_WORD(facts, product, "NetFlow");
}

const struct dissector netflow_dissector = {
	.name = "netflow",
	.transports = OVER_TCP | OVER_UDP,
	.state_size = sizeof(struct netflow),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "an export header of version 1, 5, 7, 9 or IPFIX whose records add up",
	.reads = READS_PRODUCT | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};
