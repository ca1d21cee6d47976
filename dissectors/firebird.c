/* SPDX-License-Identifier: ISC */
/*
 * Firebird and InterBase: big endian operations in XDR. Only the opening is read:
 *
 *	client	1 connect, 19 attach | 20 create, connect version 2|3, architecture, file name, ...
 *	server	3 accept | 94 accept with data | 98 conditional | 4 reject | 9 response
 *		version, architecture, type
 *
 * github.com/FirebirdSQL/firebird: src/remote/protocol.h.
 */
#include "dissectors/dissector.h"

#define NAME_MAX_LENGTH 1024

enum {
	OP_CONNECT = 1,
	OP_ACCEPT = 3,
	OP_REJECT = 4,
	OP_ATTACH = 19,
	OP_CREATE = 20,
	OP_SERVICE = 82,
	OP_ACCEPT_DATA = 94,
	OP_ACCEPT_CONDITIONALLY = 98
};

static const uint16_t ports[] = {3050, 0};

static const struct service services[] = {
	{
		.name = "firebird",
		.family = FAMILY_DATABASE,
		.about = "Firebird or InterBase database",
		.ports = ports,
	},
};

static enum recognised recognise_client(struct bytes b)
{
	uint32_t operation = bytes_be32(&b), next = bytes_be32(&b), version = bytes_be32(&b);
	uint32_t architecture = bytes_be32(&b), name = bytes_be32(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	return operation == OP_CONNECT &&
			       (next == OP_ATTACH || next == OP_CREATE || next == OP_SERVICE) &&
			       (version == 2 || version == 3) && architecture <= 64 &&
			       name <= NAME_MAX_LENGTH
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

static enum recognised recognise_server(struct bytes b)
{
	uint32_t operation = bytes_be32(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	return operation == OP_ACCEPT || operation == OP_REJECT || operation == OP_ACCEPT_DATA ||
			       operation == OP_ACCEPT_CONDITIONALLY
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes server = opening->side[SIDE_SERVER];
	enum recognised client = recognise_client(opening->side[SIDE_CLIENT]);

	if (client != RECOGNISED_YES) /* an operation of the server's is only a small number */
		return client;
	if (server.left != 0)
		return recognise_server(server);
	return opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	FACTS_WORD(facts, product, "Firebird");
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
}

const struct dissector firebird_dissector = {
	.name = "firebird",
	.transports = OVER_TCP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "op_connect with its protocols, or the server's accept",
	.reads = READS_PRODUCT | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = dissector_feed_nothing,
};
