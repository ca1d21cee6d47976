/* SPDX-License-Identifier: ISC */
/*
 * Remote Desktop's UDP transport (MS-RDPEUDP 2.2.2): datagrams with a handshake of their own, and
 * TLS or DTLS inside. The SYN is filled up with zeros so that it cannot be used to amplify.
 *
 *	acknowledged:4 (ff ff ff ff in a SYN) window:2 flags:2 first:4 mtu:2 mtu:2 ...
 */
#include "dissectors/dissector.h"

#define MTU_MIN 1132
#define MTU_MAX 1232

enum {
	FLAG_SYN = 1,
	FLAG_ACK = 4,
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

static enum probe_result probe(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (client.left != 0 && (client.left < OPENING_MAX || !is_syn(client, SIDE_CLIENT)))
		return PROBE_NO;
	if (server.left == 0)
		return client.left != 0 && opening->one_sided ? PROBE_YES : PROBE_MORE;
	if (server.left < OPENING_MAX || !is_syn(server, SIDE_SERVER))
		return PROBE_NO;
	if (client.left != 0 && memcmp(client.at + 8, server.at, 4) != 0)
		return PROBE_NO;
	return PROBE_YES;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_data_read(facts, ANSWER_NO);
}

static void feed(void *state, struct facts *facts, enum side from, const uint8_t *bytes,
		 size_t length)
{
	struct rdpudp *rdp = state;

	if (from != SIDE_SERVER)
		return;
	if (is_syn(bytes_from(bytes, length), from)) {
		rdp->synchronised = true;
		facts_set_encryption(facts, ENCRYPTION_NATIVE);
		return;
	}
	facts_set_encryption(facts, ENCRYPTION_NATIVE);
	if (rdp->synchronised)
		facts_set_data_read(facts, ANSWER_YES);
}

const struct dissector rdpudp_dissector = {
	.name = "rdpudp",
	.transports = OVER_UDP,
	.state_size = sizeof(struct rdpudp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.probe = probe,
	.begin = begin,
	.feed = feed,
};
