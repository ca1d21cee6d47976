/* SPDX-License-Identifier: ISC */
/*
 * Java's remote method invocation (Java RMI Specification, 10.2): calls of objects that whoever
 * connects may make.
 *
 *	"JRMI" version:2 4b | 4c | 4d	stream, single operation, multiplex
 *	4e length:2 host port:4 | 4f	accepted, refused; then 51: what a call returned
 */
#include "dissectors/read/head.h"

#include "dissectors/dissector.h"

#define START	     "JRMI"
#define START_LENGTH 7
#define ACCEPTED     0x4e
#define REFUSED	     0x4f
#define RETURNS	     0x51
#define HOST_MAX     255

static const uint16_t ports[] = {1099, 7199, 9010, 0};

static const struct service services[] = {
	{
		.name = "java-rmi",
		.family = FAMILY_ADMIN,
		.met = true,
		.about = "Java remote method invocation (JMX, registries)",
		.ports = ports,
	},
};

struct java_rmi {
	struct head head[2];
	bool acknowledged, asked;
};

static enum recognised recognise_client(struct bytes b)
{
	if (!bytes_agree_with(&b, START))
		return RECOGNISED_NO;
	if (b.left < START_LENGTH)
		return RECOGNISED_MORE;
	if (b.at[4] != 0 || b.at[5] == 0 || b.at[5] > 2 || b.at[6] < 0x4b || b.at[6] > 0x4d)
		return RECOGNISED_NO;
	return RECOGNISED_YES;
}

static enum recognised recognise(const struct opening *opening)
{
	enum recognised client = recognise_client(opening->side[SIDE_CLIENT]);
	struct bytes server = opening->side[SIDE_SERVER];
	uint8_t type = bytes_u8(&server);

	if (client != RECOGNISED_YES)
		return client;
	if (server.failed)
		return opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
	if (type == REFUSED)
		return RECOGNISED_YES;
	if (type == RETURNS && opening->side[SIDE_CLIENT].at[6] == 0x4c)
		return RECOGNISED_YES;
	if (type != ACCEPTED)
		return RECOGNISED_NO;
	return server.left >= 2 && server.at[0] != 0 ? RECOGNISED_NO : RECOGNISED_YES;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "Java RMI");
}

static void on_server(struct java_rmi *java_rmi, struct facts *facts, struct bytes b)
{
	uint8_t type = bytes_u8(&b);

	if (type == ACCEPTED) {
		bytes_skip(&b, bytes_be16(&b));
		bytes_skip(&b, 4);
		if (b.failed)
			return;
		facts_set_auth(facts, AUTH_NONE);
		java_rmi->acknowledged = true;
		type = bytes_u8(&b);
	}
	if (type == RETURNS && !b.failed)
		facts_set_data_read(facts, ANSWER_YES);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct java_rmi *java_rmi = state;
	struct bytes b = head_add(&java_rmi->head[from], fed->bytes.at, fed->bytes.left);

	if (from == SIDE_SERVER)
		on_server(java_rmi, facts, b);
	else if (!java_rmi->asked && bytes_start_with(&b, START))
		java_rmi->asked = facts_command(facts, START, strlen(START), 0) >= 0;
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct java_rmi *java_rmi = state;

	(void)facts;
	(void)missing;
	java_rmi->head[from].closed = true;
}

const struct dissector java_rmi_dissector = {
	.name = "java-rmi",
	.transports = OVER_TCP,
	.state_size = sizeof(struct java_rmi),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "JRMI with a version and a protocol, and the server's acknowledgement",
	.reads = READS_PRODUCT | READS_AUTH | READS_COMMANDS | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
