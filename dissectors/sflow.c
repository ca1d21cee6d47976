/* SPDX-License-Identifier: ISC */
/*
 * sFlow: samples of what a switch carries, one way. XDR:
 *
 *	version:4 address type:4 agent:4 or 16 [sub-agent:4] sequence:4 uptime:4 samples:4
 *	a sample	enterprise and format:4 length:4 data
 *
 * The samples hold the first bytes of other packets, which must not be taken for this one's.
 * sflow.org/sflow_version_5.txt; versions 2 and 4: RFC 3176.
 */
#include "dissectors/dissector.h"

#define SAMPLES_MAX 512
#define FORMAT_MAX  5

static const uint16_t ports[] = {6343, 0};

static const struct service services[] = {
	{
		.name = "sflow",
		.family = FAMILY_LOGGING,
		.about = "sFlow collector",
		.one_way = true,
		.ports = ports,
	},
};

static bool is_sflow(struct bytes b, bool whole)
{
	uint32_t version = bytes_be32(&b), address = bytes_be32(&b), samples, kind, length;

	if ((version != 2 && version != 4 && version != 5) || (address != 1 && address != 2))
		return false;
	bytes_skip(&b, address == 1 ? 4 : 16);
	bytes_skip(&b, version == 5 ? 12 : 8);
	samples = bytes_be32(&b);
	kind = bytes_be32(&b);
	if (b.failed || samples == 0 || samples > SAMPLES_MAX)
		return false;
	if (version != 5)
		return kind == 1 || kind == 2;
	length = bytes_be32(&b);
	if (b.failed || length % 4 != 0 || length < 8 || (whole && length > b.left))
		return false;
	return kind >> 12 != 0 || (kind != 0 && kind <= FORMAT_MAX);
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT];

	if (opening->side[SIDE_SERVER].left != 0)
		return RECOGNISED_NO;
	if (client.left == 0)
		return RECOGNISED_MORE;
	return is_sflow(client, client.left < OPENING_MAX) ? RECOGNISED_YES : RECOGNISED_NO;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "sFlow");
}

const struct dissector sflow_dissector = {
	.name = "sflow",
	.transports = OVER_UDP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a datagram of version 5 whose agent and samples add up",
	.reads = READS_PRODUCT | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = dissector_feed_nothing,
};
