/* SPDX-License-Identifier: ISC */
/*
 * NAT-PMP (RFC 6886) on UDP: routers that open ports for whoever asks. Both sides are needed to be
 * sure of so few bytes:
 *
 *	00 00				00 80 result:2 epoch:4 address:4
 *	00 01|02 00 00 port:2 port:2	00 81|82 result:2 epoch:4 port:2 port:2
 *	lifetime:4			lifetime:4
 */
#include "dissectors/dissector.h"

#define RESULT_LAST 5

enum {
	OPERATION_ADDRESS,
	OPERATION_MAP_UDP,
	OPERATION_MAP_TCP,
	OPERATION_COUNT,
	ANSWER_BIT = 0x80,
};

struct natpmp {
	int handles[OPERATION_COUNT]; /* of the latest request, + 1; 0: none */
};

static const uint16_t ports[] = {5351, 0};

static const struct service services[] = {
	{
		.name = "nat-pmp",
		.family = FAMILY_INFRASTRUCTURE,
		.about = "port mappings of a router, for whoever asks: NAT-PMP",
		.identifier = "open-natpmp",
		.ports = ports,
	},
};

/* OPERATION_COUNT if it is none. */
static unsigned read_request(struct bytes b)
{
	size_t size = b.left;
	uint8_t version = bytes_u8(&b), operation = bytes_u8(&b);

	if (version != 0 || operation >= OPERATION_COUNT)
		return OPERATION_COUNT;
	if (size != (operation == OPERATION_ADDRESS ? 2 : 12))
		return OPERATION_COUNT;
	return operation == OPERATION_ADDRESS || bytes_be16(&b) == 0 ? operation : OPERATION_COUNT;
}

static unsigned read_answer(struct bytes b, bool *accepted)
{
	size_t size = b.left;
	uint8_t version = bytes_u8(&b), operation = bytes_u8(&b);
	uint16_t result = bytes_be16(&b);

	operation ^= ANSWER_BIT;
	if (b.failed || version != 0 || operation >= OPERATION_COUNT || result > RESULT_LAST)
		return OPERATION_COUNT;
	*accepted = result == 0;
	if (size != (operation == OPERATION_ADDRESS ? 12 : 16) && (*accepted || size != 8))
		return OPERATION_COUNT;
	return operation;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	unsigned asked = read_request(client), answered;
	bool accepted = false;

	if (client.left != 0 && asked == OPERATION_COUNT)
		return RECOGNISED_NO;
	answered = read_answer(server, &accepted);
	if (server.left != 0 && answered == OPERATION_COUNT)
		return RECOGNISED_NO;
	if (client.left == 0 || server.left == 0)
		return RECOGNISED_MORE;
	return asked == answered ? RECOGNISED_YES : RECOGNISED_NO;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	static const char *const names[] = {"ADDRESS", "MAP UDP", "MAP TCP"};
	struct natpmp *natpmp = state;
	struct bytes b = fed->bytes;
	bool accepted = false;
	unsigned operation = from == SIDE_CLIENT ? read_request(b) : read_answer(b, &accepted);

	if (operation == OPERATION_COUNT)
		return;
	if (from == SIDE_CLIENT) {
		natpmp->handles[operation] =
			facts_command(facts, names[operation], strlen(names[operation]), 0) + 1;
		return;
	}
	facts_command_result(facts, natpmp->handles[operation] - 1, accepted);
	if (accepted)
		facts_set_auth(facts, AUTH_NONE);
}

const struct dissector natpmp_dissector = {
	.name = "nat-pmp",
	.transports = OVER_UDP,
	.state_size = sizeof(struct natpmp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a request of two or twelve bytes, and the answer to that operation",
	.reads = READS_AUTH | READS_COMMANDS | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};
