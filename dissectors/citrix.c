/* SPDX-License-Identifier: ISC */
/*
 * Citrix ICA: the server says 7f 7f "ICA" NUL until the client says the same (Citrix, "ICA protocol
 * overview"); what follows is scrambled by the protocol's own means. The Common Gateway Protocol
 * around it begins with 1a "CGP/01" on the client's side.
 */
#include "dissectors/dissector.h"

#define SCREEN 1024 /* bytes of the server: more than the handshake has */

static const char hello[] = "\x7f\x7fICA", gateway[] = "\x1a"
						       "CGP/01";
static const uint16_t ports[] = {1494, 2598, 0};

static const struct service services[] = {
	{
		.name = "citrix",
		.family = FAMILY_ADMIN,
		.about = "Citrix ICA session",
		.ports = ports,
	},
};

struct citrix {
	uint64_t answered; /* bytes */
};

static enum recognised recognise_start(const struct bytes *b, const char *start)
{
	if (bytes_start_with(b, start))
		return RECOGNISED_YES;
	return bytes_agree_with(b, start) ? RECOGNISED_MORE : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	const struct bytes *client = &opening->side[SIDE_CLIENT];
	enum recognised of_server = recognise_start(&opening->side[SIDE_SERVER], hello);
	enum recognised of_client = recognise_start(client, hello);

	/* Late: it may be the client who says so, and the server did before. */
	if (opening->midstream && !opening->one_sided && of_server == RECOGNISED_YES &&
	    of_client != RECOGNISED_YES)
		return of_client;
	if (opening->side[SIDE_SERVER].left != 0 && of_server != RECOGNISED_NO)
		return of_server;
	if (recognise_start(client, gateway) > of_client)
		return opening->side[SIDE_SERVER].left != 0 || opening->one_sided
			       ? recognise_start(client, gateway)
			       : RECOGNISED_MORE;
	if (of_client == RECOGNISED_NO || opening->side[SIDE_SERVER].left != 0)
		return RECOGNISED_NO;
	return of_client == RECOGNISED_YES && opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_NATIVE);
	FACTS_WORD(facts, product, "Citrix ICA");
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct citrix *citrix = state;

	if (fed->from == SIDE_SERVER)
		citrix->answered += fed->bytes.left;
	if (citrix->answered > SCREEN)
		facts_set_data_read(facts, ANSWER_YES);
}

const struct dissector citrix_dissector = {
	.name = "citrix",
	.transports = OVER_TCP,
	.state_size = sizeof(struct citrix),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the ICA banner that the server sends until it is answered",
	.reads = READS_PRODUCT | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};
