/* SPDX-License-Identifier: ISC */
/*
 * The Java debug wire protocol: both sides say "JDWP-Handshake", and whoever did may run any code.
 */
#include "dissectors/head.h"

#include "dissectors/dissector.h"
#include "dissectors/one_way.h"

#define HANDSHAKE "JDWP-Handshake"

static const uint16_t ports[] = {5005, 8000, 8787, 0};

static const struct service services[] = {
	{
		.name = "jdwp",
		.family = FAMILY_ADMIN,
		.about = "Java debugger port (runs any code)",
		.ports = ports,
	},
};

struct jdwp {
	struct head head[2];
};

static enum probe_result probe(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (!bytes_agree_with(&client, HANDSHAKE) || !bytes_agree_with(&server, HANDSHAKE))
		return PROBE_NO;
	if (bytes_start_with(&server, HANDSHAKE))
		return PROBE_YES;
	return bytes_start_with(&client, HANDSHAKE) && opening->one_sided ? PROBE_YES : PROBE_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	one_way_begin(facts, &services[0]);
}

static void feed(void *state, struct facts *facts, enum side from, const uint8_t *bytes,
		 size_t length)
{
	struct jdwp *jdwp = state;
	struct bytes b = head_add(&jdwp->head[from], bytes, length);

	if (from == SIDE_CLIENT || !bytes_start_with(&b, HANDSHAKE))
		return;
	facts_set_auth(facts, AUTH_NONE);
	if (b.left > sizeof HANDSHAKE - 1)
		facts_set_data_read(facts, ANSWER_YES);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct jdwp *jdwp = state;

	(void)facts;
	(void)missing;
	jdwp->head[from].closed = true;
}

const struct dissector jdwp_dissector = {
	.name = "jdwp",
	.transports = OVER_TCP,
	.state_size = sizeof(struct jdwp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "JDWP-Handshake from both sides",
	.reads = READS_AUTH | READS_DATA | READS_ENCRYPTION,
	.probe = probe,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
