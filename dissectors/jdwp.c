/* SPDX-License-Identifier: ISC */
/*
 * The Java debug wire protocol: both sides say "JDWP-Handshake", and whoever did may run any code.
 */
#include "dissectors/read/head.h"

#include "dissectors/dissector.h"
#include "dissectors/read/walker.h"

#define HANDSHAKE "JDWP-Handshake"
#define HEADER	  11 /* bytes */

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
	struct walker packet; /* of the client */
	bool begun, lost;
};

/* Command sets and commands that say what a visitor is after; each runs code or reads memory. */
static const struct {
	uint8_t set, command;
	const char *name;
} commands[] = {
	{1, 1, "VirtualMachine.Version"},
	{1, 2, "VirtualMachine.ClassesBySignature"},
	{1, 3, "VirtualMachine.AllClasses"},
	{1, 4, "VirtualMachine.AllThreads"},
	{1, 8, "VirtualMachine.Suspend"},
	{1, 10, "VirtualMachine.Exit"},
	{1, 11, "VirtualMachine.CreateString"},
	{1, 18, "VirtualMachine.RedefineClasses"},
	{3, 3, "ClassType.InvokeMethod"},
	{3, 4, "ClassType.NewInstance"},
	{9, 2, "ObjectReference.GetValues"},
	{9, 6, "ObjectReference.InvokeMethod"},
	{15, 1, "EventRequest.Set"},
};

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (!bytes_agree_with(&client, HANDSHAKE) || !bytes_agree_with(&server, HANDSHAKE))
		return RECOGNISED_NO;
	if (bytes_start_with(&server, HANDSHAKE))
		return RECOGNISED_YES;
	return bytes_start_with(&client, HANDSHAKE) && opening->one_sided ? RECOGNISED_YES
									  : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	facts_begin(facts, &services[0]);
	walker_ask(&((struct jdwp *)state)->packet, 0, 0, sizeof HANDSHAKE - 1);
}

/* Behind the handshake: u32 length, u32 number, u8 flags, u8 set, u8 command, arguments. */
static void on_client(struct jdwp *jdwp, struct facts *facts, struct bytes input)
{
	while (!jdwp->lost && walker_take(&jdwp->packet, &input)) {
		struct bytes b = walker_bytes(&jdwp->packet);
		uint32_t length;
		uint8_t flags, set, command;

		if (!jdwp->begun) {
			jdwp->begun = true;
			facts_command(facts, HANDSHAKE, sizeof HANDSHAKE - 1, 0);
			walker_ask(&jdwp->packet, 0, 0, HEADER);
			continue;
		}
		length = bytes_be32(&b);
		bytes_skip(&b, 4);
		flags = bytes_u8(&b);
		set = bytes_u8(&b);
		command = bytes_u8(&b);
		jdwp->lost = length < HEADER;
		for (size_t i = 0; flags == 0 && i < sizeof commands / sizeof *commands; i++) {
			if (commands[i].set == set && commands[i].command == command)
				facts_command(facts, commands[i].name, strlen(commands[i].name), 0);
		}
		walker_ask(&jdwp->packet, 0, length - HEADER, HEADER);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct jdwp *jdwp = state;
	struct bytes b = head_add(&jdwp->head[from], fed->bytes.at, fed->bytes.left);

	if (from == SIDE_CLIENT)
		on_client(jdwp, facts, fed->bytes);
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
	jdwp->head[from].closed = true;
	if (from == SIDE_CLIENT && missing != 0 && missing <= jdwp->packet.skip)
		jdwp->packet.skip -= missing;
	else if (from == SIDE_CLIENT)
		jdwp->lost = true;
}

const struct dissector jdwp_dissector = {
	.name = "jdwp",
	.transports = OVER_TCP,
	.state_size = sizeof(struct jdwp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "JDWP-Handshake from both sides",
	.reads = READS_AUTH | READS_COMMANDS | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
