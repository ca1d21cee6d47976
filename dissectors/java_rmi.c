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

#define START		"JRMI"
#define START_LENGTH	7
#define ACCEPTED	0x4e
#define REFUSED		0x4f
#define RETURNS		0x51
#define HOST_MAX	255
#define CALL		0x50
#define PROTOCOL_STREAM 0x4b

static const char *const registry[] = {"bind", "list", "lookup", "rebind", "unbind"};

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
	int handle; /* of the call */
	bool acknowledged, asked, called, answered;
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
	((struct java_rmi *)state)->handle = -1;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "Java RMI");
}

/*
 * The first call: 50, a stream's head (ac ed 00 05), a block of data with the object's number and
 * the operation. Object 0 is the registry, whose operations are numbered: bind, list, lookup,
 * rebind, unbind; object 2 collects garbage. All others run what they were made for.
 */
static void on_call(struct java_rmi *java_rmi, struct facts *facts, struct bytes b)
{
	uint64_t object;
	uint32_t operation;

	if (java_rmi->called || !bytes_start_with(&b, START) || b.left < START_LENGTH)
		return;
	bytes_skip(&b, START_LENGTH - 1);
	if (bytes_u8(&b) == PROTOCOL_STREAM) { /* the client's own address comes first */
		bytes_skip(&b, bytes_be16(&b));
		bytes_skip(&b, 4);
	}
	if (bytes_u8(&b) != CALL || !bytes_skip(&b, 6))
		return;
	object = (uint64_t)bytes_be32(&b) << 32;
	object |= bytes_be32(&b);
	bytes_skip(&b, 14);
	operation = bytes_be32(&b);
	if (b.failed)
		return;
	java_rmi->called = true;
	if (object == 0 && operation <= 4)
		java_rmi->handle =
			facts_command(facts, registry[operation], strlen(registry[operation]),
				      operation == 0 || operation == 3 ? COMMAND_EXECUTES : 0);
	else if (object != 2)
		java_rmi->handle = FACTS_COMMAND(facts, "RMI call", COMMAND_EXECUTES);
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
	if (type != RETURNS || b.failed)
		return;
	facts_set_data_read(facts, ANSWER_YES);
	/* Behind the stream's head a block of data that begins with 1: it returns; 2: it throws. */
	if (java_rmi->answered || !bytes_skip(&b, 6) || b.left == 0)
		return;
	java_rmi->answered = true;
	facts_command_result(facts, java_rmi->handle, b.at[0] == 1);
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
	if (from == SIDE_CLIENT && !java_rmi->head[from].closed)
		on_call(java_rmi, facts, b);
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
	.reads = READS_PRODUCT | READS_AUTH | READS_EXECUTION | READS_COMMANDS | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
