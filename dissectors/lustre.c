/* SPDX-License-Identifier: ISC */
/*
 * Lustre's network layer over TCP (LNet, the socklnd). A connection begins with the acceptor's
 * request and a greeting of each side, in either byte order (little-endian drawn):
 *
 *	00 71 ce ac, 1, nid:8			C, to the acceptor
 *	"cirE" (45726963) version:4 source nid:8 destination nid:8 pid:4 ...	both
 *
 * and goes on with messages whose header is recognised by itself, when a capture began late:
 *
 *	c1:4 checksum:4 cookies:16 | nid:8 nid:8 pid:4 pid:4 type:4 length:4 body:40
 *
 * Nobody logs in: who has the network has the files. include/uapi/linux/lnet/lnet-idl.h
 */
#include "dissectors/dissector.h"

#define ACCEPTOR 0xacce7100u
#define GREETING 0x45726963u
#define MESSAGE	 0xc1u
#define PID	 12345u /* of Lustre */

static const uint16_t ports[] = {988, 0};

static const struct service services[] = {
	{
		.name = "lustre",
		.family = FAMILY_STORAGE,
		.about = "Lustre file system",
		.ports = ports,
	},
};

static uint32_t take(struct bytes *b, bool big)
{
	return big ? bytes_be32(b) : bytes_le32(b);
}

static enum recognised recognise_greeting(struct bytes b, bool big)
{
	uint32_t version = take(&b, big);

	bytes_skip(&b, 16);
	if (version == 0 || version > 4)
		return b.failed ? RECOGNISED_MORE : RECOGNISED_NO;
	return take(&b, big) == PID && !b.failed ? RECOGNISED_YES
	       : b.failed			 ? RECOGNISED_MORE
						 : RECOGNISED_NO;
}

static enum recognised recognise_message(struct bytes b, bool big)
{
	uint32_t to, by, type;

	bytes_skip(&b, 4 + 16 + 16);
	to = take(&b, big);
	by = take(&b, big);
	type = take(&b, big);
	if (b.failed)
		return RECOGNISED_MORE;
	return to == PID && by == PID && type <= 3 ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise_order(struct bytes b, enum side side, bool big)
{
	uint32_t magic = take(&b, big);

	if (b.failed)
		return RECOGNISED_MORE;
	if (magic == ACCEPTOR && side == SIDE_CLIENT) {
		if (take(&b, big) != 1)
			return b.failed ? RECOGNISED_MORE : RECOGNISED_NO;
		bytes_skip(&b, 8);
		magic = take(&b, big);
		if (b.failed)
			return RECOGNISED_MORE;
	}
	if (magic == GREETING)
		return recognise_greeting(b, big);
	return magic == MESSAGE ? recognise_message(b, big) : RECOGNISED_NO;
}

static enum recognised recognise_side(struct bytes b, enum side side)
{
	enum recognised little = recognise_order(b, side, false),
			big = recognise_order(b, side, true);

	return little == RECOGNISED_NO || big == RECOGNISED_YES ? big : little;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised of_client = recognise_side(client, SIDE_CLIENT);

	if (of_client == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (server.left != 0)
		return recognise_side(server, SIDE_SERVER);
	return opening->one_sided ? of_client : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	facts_set_auth(facts, AUTH_UNKNOWN);
	facts_set_data_read(facts, ANSWER_UNKNOWN);
	FACTS_WORD(facts, product, "Lustre");
}

const struct dissector lustre_dissector = {
	.name = "lustre",
	.transports = OVER_TCP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the acceptor's and LNet's magic numbers, in either byte order",
	.reads = READS_PRODUCT | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = dissector_feed_nothing,
};
