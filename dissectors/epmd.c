/* SPDX-License-Identifier: ISC */
/*
 * epmd, Erlang's port mapper (RabbitMQ, CouchDB, ejabberd): one request, one answer.
 *
 *	length:2 'n'			names	-> epmd's port:4 "name rabbit at port 25672\n" ...
 *	length:2 'z' name		port	-> 'w' result port:2 ...
 *	length:2 'x' port:2 ...		alive	-> 'y' or 'v', result, creation
 *	length:2 'd', 'k', 's' name	dump, kill, stop
 *
 * erlang.org/doc/apps/erts/erl_dist_protocol.html: EPMD Protocol
 */
#include "dissectors/dissector.h"

#define NAME_MAX_BYTES 255
#define REQUEST_MAX    600

static const uint16_t ports[] = {4369, 0};

static const struct service services[] = {
	{
		.name = "epmd",
		.family = FAMILY_QUEUE,
		.met = true,
		.about = "Erlang port mapper (RabbitMQ, CouchDB clusters)",
		.identifier = "open-epmd",
		.ports = ports,
	},
};

struct epmd {
	uint8_t have;
	bool answered, midstream;
	uint8_t request[3];
	int handle;
};

static enum recognised recognise_client(struct bytes b)
{
	uint16_t length = bytes_be16(&b);
	uint8_t kind = bytes_u8(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	switch (kind) {
	case 'n':
	case 'd':
	case 'k':
		return length == 1 && b.left == 0 ? RECOGNISED_YES : RECOGNISED_NO;
	case 'z':
	case 's':
		if (length < 2 || length > NAME_MAX_BYTES + 1 || b.left > length - 1u)
			return RECOGNISED_NO;
		for (; b.left != 0; bytes_skip(&b, 1), length--) {
			if (b.at[0] <= 0x20 || b.at[0] > 0x7e)
				return RECOGNISED_NO;
		}
		return length == 1 ? RECOGNISED_YES : RECOGNISED_MORE;
	case 'x':
		if (length < 13 || length > REQUEST_MAX)
			return RECOGNISED_NO;
		if (b.left < 4)
			return RECOGNISED_MORE;
		/* port, kind of node (normal, hidden), protocol (TCP) */
		return (b.at[2] == 77 || b.at[2] == 72) && b.at[3] == 0 ? RECOGNISED_YES
									: RECOGNISED_NO;
	default:
		return RECOGNISED_NO;
	}
}

/* The answer to names needs no question: it begins with epmd's own port, and "name ". */
static enum recognised recognise_names(struct bytes b, bool asked)
{
	struct bytes port = b;
	uint32_t value = bytes_be32(&port);

	if (port.failed)
		return b.left != 0 && b.at[0] != 0 ? RECOGNISED_NO : RECOGNISED_MORE;
	if (value == 0 || value > 65535 || !bytes_agree_with(&port, "name "))
		return RECOGNISED_NO;
	if (port.left == 0 && asked)
		return RECOGNISED_YES;
	return port.left >= 5 ? RECOGNISED_YES : RECOGNISED_MORE;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised of_client = recognise_client(client);
	uint8_t kind;

	if (of_client == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (client.left == 0) /* one that speaks first is none */
		return opening->one_sided || server.left == 0 ? recognise_names(server, false)
							      : RECOGNISED_MORE;
	if (of_client == RECOGNISED_MORE || server.left == 0) /* two bytes are no proof */
		return RECOGNISED_MORE;
	kind = client.at[2];
	if (kind == 'n' || kind == 'd')
		return recognise_names(server, kind == 'n');
	if (kind == 'z')
		return server.at[0] == 'w' ? RECOGNISED_YES : RECOGNISED_NO;
	if (kind == 'x')
		return server.at[0] == 'y' || server.at[0] == 'v' ? RECOGNISED_YES : RECOGNISED_NO;
	return bytes_agree_with(&server, kind == 'k' ? "OK" : "STOPPED") ||
			       bytes_agree_with(&server, "NOEXIST")
		       ? server.left >= 2 ? RECOGNISED_YES : RECOGNISED_MORE
		       : RECOGNISED_NO;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

static void on_request(struct epmd *epmd, struct facts *facts)
{
	static const struct {
		uint8_t kind, flags;
		const char *name;
	} rows[] = {
		{'n', COMMAND_LISTING, "NAMES_REQ"},
		{'z', 0, "PORT_PLEASE2_REQ"},
		{'x', 0, "ALIVE2_REQ"},
		{'d', COMMAND_LISTING, "DUMP_REQ"},
		{'k', COMMAND_DESTRUCTIVE, "KILL_REQ"},
		{'s', COMMAND_DESTRUCTIVE, "STOP_REQ"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].kind == epmd->request[2])
			epmd->handle = facts_command(facts, rows[i].name, strlen(rows[i].name),
						     rows[i].flags);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct epmd *epmd = state;
	uint8_t kind;

	for (size_t i = 0; from == SIDE_CLIENT && i < fed->bytes.left && epmd->have < 3; i++) {
		epmd->request[epmd->have++] = fed->bytes.at[i];
		if (epmd->have == 3)
			on_request(epmd, facts);
	}
	if (from == SIDE_CLIENT || epmd->answered || fed->bytes.left == 0)
		return;
	epmd->answered = true;
	facts_set_auth(facts, AUTH_NONE);
	if (epmd->have < 3) {
		facts_set_data_read(facts, ANSWER_YES);
		return;
	}
	kind = epmd->request[2];
	facts_command_result(facts, epmd->handle, fed->bytes.at[0] != 'N');
	if (kind == 'n' || kind == 'd' || kind == 'z')
		facts_set_data_read(facts, ANSWER_YES);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct epmd *epmd = state;

	(void)facts;
	(void)missing;
	if (from == SIDE_CLIENT && epmd->have != 0)
		epmd->have = 4; /* of an unknown kind */
	else if (from == SIDE_SERVER)
		epmd->answered = true;
}

const struct dissector epmd_dissector = {
	.name = "epmd",
	.transports = OVER_TCP,
	.state_size = sizeof(struct epmd),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a request with its length, and the names or port that answer",
	.reads = READS_AUTH | READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
