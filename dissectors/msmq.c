/* SPDX-License-Identifier: ISC */
/*
 * Microsoft Message Queuing over TCP: both sides send packets of
 *
 *	version:1 (10) reserved:1 flags:2 "LIOR" length:4 time:4	little endian
 *
 * of which the first is a request to connect, and its answer. Nothing of the messages is read.
 * learn.microsoft.com: MS-MQQB 2.2.19.1, BaseHeader
 */
#include "dissectors/dissector.h"

#define LENGTH_MAX (8u << 20)

static const uint16_t ports[] = {1801, 0};

static const struct service services[] = {
	{
		.name = "msmq",
		.family = FAMILY_QUEUE,
		.about = "Microsoft Message Queuing",
		.identifier = "accessible-msmq",
		.ports = ports,
	},
};

static enum recognised recognise_packet(struct bytes b)
{
	uint32_t length;

	if (b.left != 0 && b.at[0] != 0x10)
		return RECOGNISED_NO;
	bytes_skip(&b, 4);
	if (!b.failed && !bytes_agree_with(&b, "LIOR"))
		return RECOGNISED_NO;
	bytes_skip(&b, 4);
	length = bytes_le32(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	return length >= 16 && length <= LENGTH_MAX ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	enum recognised of_client = recognise_packet(opening->side[SIDE_CLIENT]);
	enum recognised of_server = recognise_packet(opening->side[SIDE_SERVER]);

	return dissector_by_both(of_client, of_server, opening->one_sided);
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_auth(facts, AUTH_UNKNOWN);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	FACTS_WORD(facts, product, "MSMQ");
}

const struct dissector msmq_dissector = {
	.name = "msmq",
	.transports = OVER_TCP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the establish connection packet with its signature",
	.reads = READS_PRODUCT | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = dissector_feed_nothing,
};
