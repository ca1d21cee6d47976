/* SPDX-License-Identifier: ISC */
/*
 * NetBIOS name service (RFC 1002, 4.2): looks like DNS, but that each name is 32 letters from A to
 * P, and the types are 20 (name) and 21 (status of a node: its table of names).
 */
#include "dissectors/dissector.h"
#include "dissectors/read/netbios.h"

#define TYPE_NAME   0x20
#define TYPE_STATUS 0x21
#define CLASS_IN    1
#define ANSWER	    0x8000

static const uint16_t ports[] = {137, 0};

static const struct service services[] = {
	{
		.name = "nbns",
		.family = FAMILY_INFRASTRUCTURE,
		.about = "NetBIOS name service",
		.identifier = "open-netbios-nameservice",
		.ports = ports,
	},
};

struct nbns_message {
	uint16_t flags, questions, answers, type;
};

static bool take_name(struct bytes *b)
{
	if (!netbios_name(b))
		return false;
	for (size_t labels = 0; labels < 8; labels++) { /* the scope, most often empty */
		uint8_t length = bytes_u8(b);

		if (b->failed || length == 0)
			return !b->failed;
		bytes_skip(b, length);
	}
	return false;
}

static bool read_message(struct bytes b, struct nbns_message *m)
{
	bytes_skip(&b, 2);
	m->flags = bytes_be16(&b);
	m->questions = bytes_be16(&b);
	m->answers = bytes_be16(&b);
	bytes_skip(&b, 4);
	if (b.failed || m->questions > 1 || m->answers > 1 || !take_name(&b))
		return false;
	m->type = bytes_be16(&b);
	return bytes_be16(&b) == CLASS_IN && (m->type == TYPE_NAME || m->type == TYPE_STATUS);
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	struct nbns_message m;

	if (client.left != 0 && (!read_message(client, &m) || (m.flags & ANSWER)))
		return RECOGNISED_NO;
	if (server.left != 0)
		return read_message(server, &m) && (m.flags & ANSWER) ? RECOGNISED_YES
								      : RECOGNISED_NO;
	return client.left != 0 && opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct nbns_message m;

	(void)state;
	if (!read_message(fed->bytes, &m) || m.type != TYPE_STATUS)
		return;
	if (fed->from == SIDE_CLIENT) {
		FACTS_COMMAND(facts, "NBSTAT", COMMAND_LISTING);
	} else if ((m.flags & ANSWER) && m.answers != 0) {
		facts_command_result(facts, FACTS_COMMAND(facts, "NBSTAT", COMMAND_LISTING), true);
		facts_set_auth(facts, AUTH_NONE);
		facts_set_data_read(facts, ANSWER_YES);
	}
}

const struct dissector nbns_dissector = {
	.name = "nbns",
	.transports = OVER_UDP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a name service packet whose name is NetBIOS's, with its counts",
	.reads = READS_AUTH | READS_COMMANDS | READS_LISTINGS | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};
