/* SPDX-License-Identifier: ISC */
/*
 * The Java debug wire protocol: both sides say "JDWP-Handshake", and whoever did may run any code.
 */
#include "dissectors/read/head.h"

#include "dissectors/dissector.h"
#include "dissectors/read/answers.h"
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
	struct walker answer;
	struct answers_table pending; /* by the packet's number */
	bool begun, lost;
};

/* Command sets and commands that say what a visitor is after; each runs code or reads memory. */
static const struct {
	uint8_t set, command;
	uint8_t flags;
	const char *name;
} commands[] = {
	{1, 1, 0, "VirtualMachine.Version"},
	{1, 2, 0, "VirtualMachine.ClassesBySignature"},
	{1, 3, 0, "VirtualMachine.AllClasses"},
	{1, 4, 0, "VirtualMachine.AllThreads"},
	{1, 8, 0, "VirtualMachine.Suspend"},
	{1, 10, COMMAND_EXECUTES, "VirtualMachine.Exit"},
	{1, 11, 0, "VirtualMachine.CreateString"},
	{1, 18, COMMAND_EXECUTES, "VirtualMachine.RedefineClasses"},
	{3, 3, COMMAND_EXECUTES, "ClassType.InvokeMethod"},
	{3, 4, COMMAND_EXECUTES, "ClassType.NewInstance"},
	{5, 1, COMMAND_EXECUTES, "InterfaceType.InvokeMethod"},
	{9, 2, 0, "ObjectReference.GetValues"},
	{9, 6, COMMAND_EXECUTES, "ObjectReference.InvokeMethod"},
	{15, 1, 0, "EventRequest.Set"},
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
	walker_ask(&((struct jdwp *)state)->answer, 0, sizeof HANDSHAKE - 1, HEADER);
}

/* Behind the handshake: u32 length, u32 number, u8 flags, u8 set, u8 command, arguments. */
static void on_client(struct jdwp *jdwp, struct facts *facts, struct bytes input)
{
	while (!jdwp->lost && walker_take(&jdwp->packet, &input)) {
		struct bytes b = walker_bytes(&jdwp->packet);
		uint32_t length, number;
		uint8_t flags, set, command;

		if (!jdwp->begun) {
			jdwp->begun = true;
			facts_command(facts, HANDSHAKE, sizeof HANDSHAKE - 1, 0);
			walker_ask(&jdwp->packet, 0, 0, HEADER);
			continue;
		}
		length = bytes_be32(&b);
		number = bytes_be32(&b);
		flags = bytes_u8(&b);
		set = bytes_u8(&b);
		command = bytes_u8(&b);
		jdwp->lost = length < HEADER;
		for (size_t i = 0; flags == 0 && i < sizeof commands / sizeof *commands; i++) {
			if (commands[i].set == set && commands[i].command == command)
				answers_put(&jdwp->pending, number,
					    facts_command(facts, commands[i].name,
							  strlen(commands[i].name),
							  commands[i].flags),
					    0);
		}
		walker_ask(&jdwp->packet, 0, length - HEADER, HEADER);
	}
}

/* Answers have the flag 0x80, the number of what was asked, and a code where 0 is success. */
static void on_answers(struct jdwp *jdwp, struct facts *facts, struct bytes input)
{
	while (!jdwp->lost && walker_take(&jdwp->answer, &input)) {
		struct bytes b = walker_bytes(&jdwp->answer);
		struct answers_numbered row;
		uint32_t length = bytes_be32(&b), number = bytes_be32(&b);

		jdwp->lost = length < HEADER;
		if ((bytes_u8(&b) & 0x80) && answers_take(&jdwp->pending, number, &row))
			facts_command_result(facts, row.handle, bytes_be16(&b) == 0);
		walker_ask(&jdwp->answer, 0, length - HEADER, HEADER);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct jdwp *jdwp = state;
	struct bytes b = head_add(&jdwp->head[from], fed->bytes.at, fed->bytes.left);

	if (from == SIDE_CLIENT)
		on_client(jdwp, facts, fed->bytes);
	else
		on_answers(jdwp, facts, fed->bytes);
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
	else if (from == SIDE_SERVER && missing != 0 && missing <= jdwp->answer.skip)
		jdwp->answer.skip -= missing;
	else
		jdwp->lost = true;
}

const struct dissector jdwp_dissector = {
	.name = "jdwp",
	.transports = OVER_TCP,
	.state_size = sizeof(struct jdwp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "JDWP-Handshake from both sides",
	.reads = READS_AUTH | READS_COMMANDS | READS_EXECUTION | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
