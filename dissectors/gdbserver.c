/* SPDX-License-Identifier: ISC */
/*
 * A debugger's stub (GDB manual, "Remote Serial Protocol"): "$text#sum", acknowledged by "+". No
 * log-in: whoever connects owns the program.
 *
 *	+$qSupported:multiprocess+;...#77
 *	+$PacketSize=47ff;...#sum
 */
#include "dissectors/read/head.h"

#include "dissectors/dissector.h"
#include "dissectors/read/answers.h"

#define QUERY  "$qSupported"
#define ANSWER "$PacketSize="

static const uint16_t ports[] = {2345, 1234, 3333, 0};

static const struct service services[] = {
	{
		.name = "gdbserver",
		.family = FAMILY_ADMIN,
		.met = true,
		.about = "GNU debugger stub (reads and writes memory)",
		.ports = ports,
	},
};

#define WORD 8 /* bytes of a packet that tell what it is */

/* The packet that is passing: `$`, text, `#` and two digits. */
struct gdb_packet {
	char word[WORD];
	uint8_t length;
	bool in;
};

struct gdbserver {
	struct head head[2];
	struct gdb_packet packet[2]; /* by enum side */
	struct answers pending;
	int handle;
	bool asked, lost;
};

/* Packets that write memory or registers, run programs, carry files, or command the monitor. */
static const struct {
	const char *begins, *name;
} deeds[] = {
	{"vRun", "vRun"},	 {"vFile:", "vFile"},	{"qRcmd,", "monitor"},
	{"M", "write memory"},	 {"X", "write memory"}, {"G", "write registers"},
	{"P", "write register"},
};

static enum recognised recognise_side(struct bytes b, const char *text)
{
	while (b.left != 0 && b.at[0] == '+')
		bytes_skip(&b, 1);
	if (!bytes_agree_with(&b, text))
		return RECOGNISED_NO;
	return bytes_start_with(&b, text) ? RECOGNISED_YES : RECOGNISED_MORE;
}

static enum recognised recognise(const struct opening *opening)
{
	enum recognised client = recognise_side(opening->side[SIDE_CLIENT], QUERY);
	enum recognised server = recognise_side(opening->side[SIDE_SERVER], ANSWER);

	return dissector_by_server(client, server, opening->one_sided);
}

static void begin(void *state, struct facts *facts)
{
	struct gdbserver *gdbserver = state;

	gdbserver->handle = -1;
	facts_begin(facts, &services[0]);
	facts_set_data_read(facts, ANSWER_UNKNOWN);
}

/* Each packet is answered by one, in order: by nothing, or E and a number, if it is not done. */
static void on_packet(struct gdbserver *gdbserver, struct facts *facts, enum side from)
{
	struct gdb_packet *packet = &gdbserver->packet[from];
	struct bytes word = bytes_from(packet->word, packet->length);
	struct answers_row row;
	int handle = -1;

	packet->in = false;
	if (from == SIDE_SERVER) {
		if (answers_next(&gdbserver->pending, &row))
			facts_command_result(facts, row.handle,
					     word.left != 0 && word.at[0] != 'E');
		return;
	}
	for (size_t i = 0; i < sizeof deeds / sizeof *deeds && handle < 0; i++) {
		if (bytes_start_with(&word, deeds[i].begins))
			handle = facts_command(facts, deeds[i].name, strlen(deeds[i].name),
					       COMMAND_EXECUTES);
	}
	answers_add(&gdbserver->pending, handle, 0);
}

static void read_packets(struct gdbserver *gdbserver, struct facts *facts, enum side from,
			 struct bytes input)
{
	struct gdb_packet *packet = &gdbserver->packet[from];

	while (input.left != 0 && !gdbserver->lost) {
		uint8_t c = bytes_u8(&input);

		if (c == '$') {
			*packet = (struct gdb_packet){.in = true};
		} else if (packet->in && c == '#') {
			on_packet(gdbserver, facts, from);
		} else if (packet->in && packet->length < WORD) {
			packet->word[packet->length++] = (char)c;
		}
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct gdbserver *gdbserver = state;
	struct bytes b = head_add(&gdbserver->head[from], fed->bytes.at, fed->bytes.left);

	read_packets(gdbserver, facts, from, fed->bytes);
	if (gdbserver->head[from].closed)
		return;
	if (from == SIDE_SERVER && recognise_side(b, ANSWER) == RECOGNISED_YES) {
		facts_set_auth(facts, AUTH_NONE);
		facts_command_result(facts, gdbserver->handle, true);
	}
	if (from == SIDE_CLIENT && !gdbserver->asked &&
	    recognise_side(b, QUERY) == RECOGNISED_YES) {
		gdbserver->asked = true;
		gdbserver->handle = FACTS_COMMAND(facts, "qSupported", 0);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct gdbserver *gdbserver = state;

	(void)facts;
	(void)missing;
	gdbserver->head[from].closed = true;
	gdbserver->lost = true; /* answers have no numbers */
}

const struct dissector gdbserver_dissector = {
	.name = "gdbserver",
	.transports = OVER_TCP,
	.state_size = sizeof(struct gdbserver),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a packet of the remote protocol with a checksum that is right",
	.reads = READS_AUTH | READS_EXECUTION | READS_COMMANDS | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
