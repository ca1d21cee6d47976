/* SPDX-License-Identifier: ISC */
/*
 * Remote Desktop's UDP transport (MS-RDPEUDP 2.2.2): datagrams with a handshake of their own, and
 * TLS or DTLS inside. The SYN is filled up with zeros so that it cannot be used to amplify.
 *
 *	acknowledged:4 (ff ff ff ff in a SYN) window:2 flags:2 first:4 mtu:2 mtu:2 ...
 *
 * Where the SYN was not seen, datagrams of both sides tell that are filled to the byte by a record
 * of TLS behind these headers, each acknowledging the other's numbers:
 *
 *	acknowledged:4 window:2 00 0c, vector:2, its bytes up to a multiple of 4, coded:4 number:4
 */
#include "dissectors/dissector.h"

#define MTU_MIN 1132
#define MTU_MAX 1232
#define NEAR	64 /* datagrams under way */

enum {
	FLAG_SYN = 1,
	FLAG_ACK = 4,
	FLAG_DATA = 8,
};

static const uint16_t ports[] = {3389, 0};

static const struct service services[] = {
	{
		.name = "rdpudp",
		.family = FAMILY_ADMIN,
		.about = "Microsoft Remote Desktop over UDP",
		.identifier = "accessible-msrdpeudp",
		.ports = ports,
	},
};

struct rdpudp {
	bool synchronised;
};

static bool is_mtu(uint16_t value)
{
	return value >= MTU_MIN && value <= MTU_MAX;
}

static bool is_syn(struct bytes b, enum side from)
{
	uint32_t acknowledged = bytes_be32(&b);
	uint16_t flags;

	bytes_skip(&b, 2);
	flags = bytes_be16(&b);
	bytes_skip(&b, 4);
	if (!is_mtu(bytes_be16(&b)) || !is_mtu(bytes_be16(&b)) || !(flags & FLAG_SYN))
		return false;
	if (from == SIDE_CLIENT)
		return !(flags & FLAG_ACK) && acknowledged == UINT32_MAX;
	return flags & FLAG_ACK;
}

/* The sender's own number, and whose it acknowledges; false: no datagram with TLS inside. */
static bool is_data(struct bytes b, uint32_t *acknowledged, uint32_t *number)
{
	uint16_t flags, vector;
	uint8_t type, major;

	*acknowledged = bytes_be32(&b);
	bytes_skip(&b, 2);
	flags = bytes_be16(&b);
	vector = bytes_be16(&b);
	bytes_skip(&b, (vector + 2u + 3u) / 4 * 4 - 2);
	bytes_skip(&b, 4);
	*number = bytes_be32(&b);
	type = bytes_u8(&b);
	major = bytes_u8(&b);
	bytes_skip(&b, 1);
	bytes_be16(&b);
	return !b.failed && flags == (FLAG_ACK | FLAG_DATA) && vector <= 64 && type >= 0x14 &&
	       type <= 0x17 && major == 3;
}

static enum recognised recognise_data(const struct opening *opening)
{
	uint32_t acknowledged[2], number[2];

	for (int side = 0; side < 2; side++) {
		if (opening->side[side].left != 0 &&
		    !is_data(opening->side[side], &acknowledged[side], &number[side]))
			return RECOGNISED_NO;
	}
	if (opening->side[SIDE_CLIENT].left == 0 || opening->side[SIDE_SERVER].left == 0)
		return opening->one_sided ? RECOGNISED_NO : RECOGNISED_MORE;
	return number[SIDE_CLIENT] - acknowledged[SIDE_SERVER] + NEAR < 2 * NEAR &&
			       number[SIDE_SERVER] - acknowledged[SIDE_CLIENT] + NEAR < 2 * NEAR
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (recognise_data(opening) != RECOGNISED_NO)
		return recognise_data(opening);
	if (client.left != 0 && (client.left < OPENING_MAX || !is_syn(client, SIDE_CLIENT)))
		return RECOGNISED_NO;
	if (server.left == 0)
		return client.left != 0 && opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
	if (server.left < OPENING_MAX || !is_syn(server, SIDE_SERVER))
		return RECOGNISED_NO;
	if (client.left != 0 && memcmp(client.at + 8, server.at, 4) != 0)
		return RECOGNISED_NO;
	return RECOGNISED_YES;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_data_read(facts, ANSWER_NO);
}

static bool carries_records(struct bytes b)
{
	uint32_t acknowledged, number;

	return is_data(b, &acknowledged, &number);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct rdpudp *rdp = state;

	if (from == SIDE_CLIENT) { /* it goes on only when the handshake is over */
		if (!is_syn(fed->bytes, from))
			facts_set_encryption(facts, ENCRYPTION_NATIVE);
		return;
	}
	if (is_syn(fed->bytes, from)) {
		rdp->synchronised = true;
		facts_set_encryption(facts, ENCRYPTION_NATIVE);
		return;
	}
	facts_set_encryption(facts, ENCRYPTION_NATIVE);
	if (rdp->synchronised || carries_records(fed->bytes))
		facts_set_data_read(facts, ANSWER_YES);
}

const struct dissector rdpudp_dissector = {
	.name = "rdpudp",
	.transports = OVER_UDP,
	.state_size = sizeof(struct rdpudp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a SYN datagram of RDPEUDP, or the answer with its flags",
	.reads = READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};
