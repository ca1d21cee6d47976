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

struct gdbserver {
	struct head head[2];
	int handle;
	bool asked;
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

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct gdbserver *gdbserver = state;
	struct bytes b = head_add(&gdbserver->head[from], fed->bytes.at, fed->bytes.left);

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
}

const struct dissector gdbserver_dissector = {
	.name = "gdbserver",
	.transports = OVER_TCP,
	.state_size = sizeof(struct gdbserver),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a packet of the remote protocol with a checksum that is right",
	.reads = READS_AUTH | READS_COMMANDS | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
