/* SPDX-License-Identifier: ISC */
/*
 * Ceph's messenger: both sides begin with a banner, "ceph v027" (docs.ceph.com, msgr protocol) or
 * "ceph v2" and LF (msgr2). What follows is not read: who was let in shows nowhere in clear. A
 * stranger gets at most the map of the monitors; maps of the whole cluster are longer than that.
 */
#include "dissectors/dissector.h"

#define HANDSHAKE 4096 /* bytes of the server, at most */

static const uint16_t ports[] = {6789, 3300, 0};

static const struct service services[] = {
	{
		.name = "ceph",
		.family = FAMILY_STORAGE,
		.about = "Ceph monitor or object store daemon",
		.ports = ports,
	},
};

static const char first[] = "ceph v027", second[] = "ceph v2\n";

static enum recognised recognise_side(const struct bytes *b)
{
	if (bytes_start_with(b, first) || bytes_start_with(b, second))
		return RECOGNISED_YES;
	return bytes_agree_with(b, first) || bytes_agree_with(b, second) ? RECOGNISED_MORE
									 : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	enum recognised client = recognise_side(&opening->side[SIDE_CLIENT]);
	enum recognised server = recognise_side(&opening->side[SIDE_SERVER]);

	/* Late: it may be the client that introduces itself, and the server did so before. */
	if (opening->midstream && !opening->one_sided && server == RECOGNISED_YES &&
	    client != RECOGNISED_YES)
		return client;
	/* A scanner may say anything to a server that has introduced itself. */
	if (server == RECOGNISED_YES || server == RECOGNISED_NO)
		return server;
	if (client == RECOGNISED_NO)
		return RECOGNISED_NO;
	return client == RECOGNISED_YES && opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
}

struct ceph {
	uint8_t have[2]; /* bytes of the banners; UINT8_MAX: they were not seen */
	uint64_t answered;
};

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_data_read(facts, ANSWER_NO);
	FACTS_WORD(facts, product, "Ceph");
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	const uint8_t *bytes = fed->bytes.at;
	size_t length = fed->bytes.left;
	struct ceph *ceph = state;
	uint8_t *have = &ceph->have[from];

	if (from == SIDE_SERVER)
		ceph->answered += length;
	if (ceph->answered > HANDSHAKE)
		facts_set_data_read(facts, ANSWER_YES);
	for (; length != 0 && *have < sizeof first; length--, bytes++)
		if (++*have == 7 && *bytes == '0') /* version 1 knows no encryption */
			facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
}

/* The beginning has not been seen: nothing later is taken for a banner. */
static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	(void)facts;
	(void)missing;
	((struct ceph *)state)->have[from] = UINT8_MAX;
}

const struct dissector ceph_dissector = {
	.name = "ceph",
	.transports = OVER_TCP,
	.state_size = sizeof(struct ceph),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the banners ceph v027 and ceph v2",
	.reads = READS_PRODUCT | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
