/* SPDX-License-Identifier: ISC */
/*
 * X Display Manager Control Protocol (X Consortium standard, 1.1), on UDP: a log-in screen for
 * whoever asks.
 *
 *	version:2 (1) operation:2 length:2 ...
 */
#include "dissectors/dissector.h"

#define HEADER 6

enum {
	BROADCAST_QUERY = 1,
	QUERY,
	INDIRECT_QUERY,
	FORWARD_QUERY,
	WILLING,
	UNWILLING,
	REQUEST,
	ACCEPT,
	DECLINE,
	MANAGE,
	REFUSE,
	FAILED,
	KEEP_ALIVE,
	ALIVE,
};

static const uint16_t ports[] = {177, 0};

static const struct service services[] = {
	{
		.name = "xdmcp",
		.family = FAMILY_ADMIN,
		.about = "X display manager",
		.identifier = "open-xdmcp",
		.ports = ports,
	},
};

struct xdmcp {
	int handle; /* of the latest command */
};

static bool read_operation(struct bytes b, uint16_t *operation)
{
	uint16_t version = bytes_be16(&b), length;

	*operation = bytes_be16(&b);
	length = bytes_be16(&b);
	return !b.failed && version == 1 && *operation >= BROADCAST_QUERY && *operation <= ALIVE &&
	       length == b.left;
}

static bool is_answer(uint16_t operation)
{
	return operation == WILLING || operation == UNWILLING || operation == ACCEPT ||
	       operation == DECLINE || operation == REFUSE || operation == FAILED ||
	       operation == ALIVE;
}

static enum recognised recognise(const struct opening *opening)
{
	for (int from = 0; from < 2; from++) {
		uint16_t operation;

		if (opening->side[from].left != 0 &&
		    (!read_operation(opening->side[from], &operation) ||
		     is_answer(operation) != (from == SIDE_SERVER)))
			return RECOGNISED_NO;
	}
	if (opening->side[SIDE_SERVER].left > HEADER)
		return RECOGNISED_YES;
	return opening->side[SIDE_CLIENT].left > HEADER && opening->one_sided ? RECOGNISED_YES
									      : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	struct xdmcp *xdmcp = state;

	xdmcp->handle = -1;
	facts_begin(facts, &services[0]);
}

static void on_client(struct xdmcp *xdmcp, struct facts *facts, uint16_t operation)
{
	const char *name = NULL;

	if (operation >= BROADCAST_QUERY && operation <= INDIRECT_QUERY)
		name = "QUERY";
	else if (operation == REQUEST)
		name = "REQUEST";
	else if (operation == MANAGE)
		name = "MANAGE";
	if (name != NULL)
		xdmcp->handle = facts_command(facts, name, strlen(name), 0);
}

static void on_server(const struct xdmcp *xdmcp, struct facts *facts, uint16_t operation)
{
	bool accepted = operation == WILLING || operation == ACCEPT;

	if (operation == ALIVE)
		return;
	facts_command_result(facts, xdmcp->handle, accepted);
	if (!accepted)
		return;
	facts_set_auth(facts, AUTH_NONE);
	facts_set_data_read(facts, ANSWER_YES);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct xdmcp *xdmcp = state;
	uint16_t operation;

	if (!read_operation(fed->bytes, &operation) ||
	    is_answer(operation) != (from == SIDE_SERVER))
		return;
	if (from == SIDE_CLIENT)
		on_client(xdmcp, facts, operation);
	else
		on_server(xdmcp, facts, operation);
}

const struct dissector xdmcp_dissector = {
	.name = "xdmcp",
	.transports = OVER_UDP,
	.state_size = sizeof(struct xdmcp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "version 1 and an opcode with the length that belongs to it",
	.reads = READS_AUTH | READS_COMMANDS | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};
