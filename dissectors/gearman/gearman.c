/* SPDX-License-Identifier: ISC */
/*
 * Gearman, a work queue: NUL "REQ" or NUL "RES", type:4 length:4, arguments with NULs between.
 * Clients submit jobs and get their results, workers get jobs. There is no log-in.
 * gearman.org/protocol. For its text form see gearman_admin.c.
 */
#include "dissectors/gearman/gearman.h"
#include "dissectors/read/walker.h"

#define HEADER	   12 /* bytes */
#define LENGTH_MAX (1u << 30)

static const uint16_t ports[] = {4730, 0};

const struct service gearman_services[] = {
	{
		.name = "gearman",
		.family = FAMILY_QUEUE,
		.met = true,
		.about = "Gearman work queue",
		.ports = ports,
	},
};

static const char *const types[] = {
	[1] = "CAN_DO",
	[2] = "CANT_DO",
	[3] = "RESET_ABILITIES",
	[4] = "PRE_SLEEP",
	[6] = "NOOP",
	[7] = "SUBMIT_JOB",
	[8] = "JOB_CREATED",
	[9] = "GRAB_JOB",
	[10] = "NO_JOB",
	[11] = "JOB_ASSIGN",
	[12] = "WORK_STATUS",
	[13] = "WORK_COMPLETE",
	[14] = "WORK_FAIL",
	[15] = "GET_STATUS",
	[16] = "ECHO_REQ",
	[17] = "ECHO_RES",
	[18] = "SUBMIT_JOB_BG",
	[19] = "ERROR",
	[20] = "STATUS_RES",
	[21] = "SUBMIT_JOB_HIGH",
	[22] = "SET_CLIENT_ID",
	[23] = "CAN_DO_TIMEOUT",
	[24] = "ALL_YOURS",
	[25] = "WORK_EXCEPTION",
	[26] = "OPTION_REQ",
	[27] = "OPTION_RES",
	[28] = "WORK_DATA",
	[29] = "WORK_WARNING",
	[30] = "GRAB_JOB_UNIQ",
	[31] = "JOB_ASSIGN_UNIQ",
	[32] = "SUBMIT_JOB_HIGH_BG",
	[33] = "SUBMIT_JOB_LOW",
	[34] = "SUBMIT_JOB_LOW_BG",
	[35] = "SUBMIT_JOB_SCHED",
	[36] = "SUBMIT_JOB_EPOCH",
	[39] = "GRAB_JOB_ALL",
	[40] = "JOB_ASSIGN_ALL",
};

enum {
	JOB_CREATED = 8,
	JOB_ASSIGN = 11,
	WORK_COMPLETE = 13,
	ERROR_PACKET = 19,
	WORK_DATA = 28,
	JOB_ASSIGN_UNIQ = 31,
	JOB_ASSIGN_ALL = 40,
};

struct gearman {
	struct walker side[2];
	bool lost[2];
	bool started, submits;
	int submit; /* handle of the latest submission */
};

static const char *type_name(uint32_t type)
{
	return type < sizeof types / sizeof *types ? types[type] : NULL;
}

/* The head of a packet of this side, as far as it goes. */
static enum recognised recognise_packet(struct bytes b, const char *magic)
{
	size_t n = b.left < 4 ? b.left : 4;
	uint32_t type;

	if (n != 0 && memcmp(b.at, magic, n) != 0)
		return RECOGNISED_NO;
	bytes_skip(&b, 4);
	type = bytes_be32(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	if (!type_name(type))
		return RECOGNISED_NO;
	if (b.left < 4)
		return RECOGNISED_MORE;
	return bytes_be32(&b) <= LENGTH_MAX ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	enum recognised of_client = recognise_packet(opening->side[SIDE_CLIENT], "\0REQ");
	enum recognised of_server = recognise_packet(opening->side[SIDE_SERVER], "\0RES");

	return dissector_by_server(of_client, of_server, opening->one_sided);
}

static void begin(void *state, struct facts *facts)
{
	struct gearman *gearman = state;

	facts_begin(facts, &gearman_services[0]);
	FACTS_WORD(facts, product, "Gearman");
	for (int side = 0; side < 2; side++)
		walker_ask(&gearman->side[side], 0, 0, HEADER);
}

static void on_packet(struct gearman *gearman, struct facts *facts, enum side from, uint32_t type)
{
	const char *name = type_name(type);

	if (from == SIDE_CLIENT) {
		int handle = name ? facts_command(facts, name, strlen(name), 0) : -1;

		if (name && strncmp(name, "SUBMIT_JOB", 10) == 0) {
			gearman->submit = handle;
			gearman->submits = true;
		}
		return;
	}
	facts_set_auth(facts, AUTH_NONE);
	if (gearman->submits && (type == JOB_CREATED || type == ERROR_PACKET))
		facts_command_result(facts, gearman->submit, type == JOB_CREATED);
	if (type == JOB_ASSIGN || type == JOB_ASSIGN_UNIQ || type == JOB_ASSIGN_ALL ||
	    type == WORK_COMPLETE || type == WORK_DATA)
		facts_set_data_read(facts, ANSWER_YES);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct gearman *gearman = state;
	struct bytes input = fed->bytes;

	gearman->started = true;
	while (!gearman->lost[from] && walker_take(&gearman->side[from], &input)) {
		struct bytes b = walker_bytes(&gearman->side[from]);
		bool fits = memcmp(b.at, from == SIDE_CLIENT ? "\0REQ" : "\0RES", 4) == 0;
		uint32_t type, size;

		bytes_skip(&b, 4);
		type = bytes_be32(&b);
		size = bytes_be32(&b);
		if (!fits || size > LENGTH_MAX) {
			gearman->lost[from] = true;
			return;
		}
		on_packet(gearman, facts, from, type);
		walker_ask(&gearman->side[from], 0, size, HEADER);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct gearman *gearman = state;

	(void)facts;
	if (!gearman->started)
		return;
	if (missing != 0 && missing <= gearman->side[from].skip)
		gearman->side[from].skip -= missing;
	else
		gearman->lost[from] = true;
}

const struct dissector gearman_dissector = {
	.name = "gearman",
	.transports = OVER_TCP,
	.state_size = sizeof(struct gearman),
	.service_count = 1,
	.services = gearman_services,
	.recognised = "a binary packet \\0REQ or \\0RES with a type and length",
	.reads = READS_PRODUCT | READS_AUTH | READS_COMMANDS | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
