/* SPDX-License-Identifier: ISC */
/*
 * NetWare's file service over TCP: NCP messages, each with a frame of its own.
 *
 *	C "DmdT" length:4 version:4 room for the answer:4	2222 sequence connection task ...
 *	S "tNcP" length:4					3333 sequence connection task ...
 *
 * 1111 asks for a connection, 5555 gives it up, 9999 says: wait. An answer has its completion code
 * behind the task: 0 is well. "NetWare Core Protocols" of Novell's SDK; RFC 1551 for the shape.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/walker.h"

#define LENGTH_MAX  (1u << 24)
#define CLIENT_HEAD 22u /* up to the function */
#define SERVER_HEAD 16u /* with the completion code */

enum {
	CREATE = 0x1111,
	REQUEST = 0x2222,
	REPLY = 0x3333,
	DESTROY = 0x5555,
	BURST = 0x7777,
	BUSY = 0x9999,
};

enum {
	READ = 72,
	ERASE = 68,
	OTHER_NAMESPACE = 87, /* its subfunction 8 deletes */
	SEARCH = 63,
};

static const uint16_t ports[] = {524, 0};

static const struct service services[] = {
	{
		.name = "ncp",
		.family = FAMILY_STORAGE,
		.about = "NetWare file service (NCP)",
		.ports = ports,
	},
};

struct ncp {
	struct walker walker[2]; /* by enum side */
	uint32_t rest;		 /* of a request, behind its function */
	uint8_t function;
	int handle;
	bool spoken, lost;
};

static enum recognised recognise_side(struct bytes b, enum side side)
{
	static const char *const marks[] = {"DmdT", "tNcP"};
	uint32_t length;
	uint16_t type;

	if (!bytes_agree_with(&b, marks[side]))
		return RECOGNISED_NO;
	bytes_skip(&b, 4);
	length = bytes_be32(&b);
	bytes_skip(&b, side == SIDE_CLIENT ? 8 : 0);
	type = bytes_be16(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	if (length < 10 || length > LENGTH_MAX)
		return RECOGNISED_NO;
	if (side == SIDE_SERVER)
		return type == REPLY || type == BUSY ? RECOGNISED_YES : RECOGNISED_NO;
	return type == REQUEST || type == CREATE || type == DESTROY || type == BURST
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
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
	struct ncp *ncp = state;

	walker_ask(&ncp->walker[SIDE_CLIENT], 0, 0, CLIENT_HEAD);
	walker_ask(&ncp->walker[SIDE_SERVER], 0, 0, SERVER_HEAD);
	ncp->handle = -1;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_data_read(facts, ANSWER_NO);
	FACTS_WORD(facts, product, "NetWare NCP");
}

static void on_request(struct ncp *ncp, struct facts *facts, uint8_t function, uint8_t sub)
{
	ncp->function = function;
	ncp->handle = -1;
	if (function == READ)
		ncp->handle = FACTS_COMMAND(facts, "READ", COMMAND_LISTING);
	else if (function == SEARCH)
		ncp->handle = FACTS_COMMAND(facts, "SEARCH", COMMAND_LISTING);
	else if (function == ERASE || (function == OTHER_NAMESPACE && sub == 8))
		ncp->handle = FACTS_COMMAND(facts, "ERASE", COMMAND_DESTRUCTIVE);
}

static void on_reply(struct ncp *ncp, struct facts *facts, uint8_t completion)
{
	facts_command_result(facts, ncp->handle, completion == 0);
	if (completion == 0 && (ncp->function == READ || ncp->function == SEARCH))
		facts_set_data_read(facts, ANSWER_YES);
	ncp->handle = -1;
	ncp->function = 0;
}

/* The frame with the message's head, or of a request its function, which not every one has. */
static void on_part(struct ncp *ncp, struct facts *facts, enum side from)
{
	struct walker *w = &ncp->walker[from];
	struct bytes b = walker_bytes(w);
	uint32_t length;
	uint8_t function;

	if (w->step != 0) {
		function = bytes_u8(&b);
		on_request(ncp, facts, function, bytes_u8(&b));
		walker_ask(w, 0, ncp->rest, CLIENT_HEAD);
		return;
	}
	bytes_skip(&b, 4);
	length = bytes_be32(&b);
	if (length < w->need || length > LENGTH_MAX) {
		ncp->lost = true;
	} else if (from == SIDE_SERVER) {
		bytes_skip(&b, 6);
		on_reply(ncp, facts, bytes_u8(&b));
		walker_ask(w, 0, length - SERVER_HEAD, SERVER_HEAD);
	} else if (length >= CLIENT_HEAD + 2) {
		ncp->rest = length - CLIENT_HEAD - 2;
		walker_ask(w, 1, 0, 2);
	} else {
		walker_ask(w, 0, length - CLIENT_HEAD, CLIENT_HEAD);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct ncp *ncp = state;
	struct bytes input = fed->bytes;

	ncp->spoken = true;
	while (!ncp->lost && walker_take(&ncp->walker[from], &input))
		on_part(ncp, facts, from);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct ncp *ncp = state;
	struct walker *w = &ncp->walker[from];

	(void)facts;
	if (ncp->spoken && missing != 0 && missing <= w->skip)
		w->skip -= missing;
	else
		ncp->lost |= ncp->spoken;
}

const struct dissector ncp_dissector = {
	.name = "ncp",
	.transports = OVER_TCP,
	.state_size = sizeof(struct ncp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a DmdT request or tNcP reply with its length and type",
	.reads = READS_PRODUCT | READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
