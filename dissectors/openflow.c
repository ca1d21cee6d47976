/* SPDX-License-Identifier: ISC */
/*
 * OpenFlow 1.0 to 1.5: a controller commands a switch; either may have called the other.
 *
 *	version:1 type:1 length:2 id:4 body
 *
 * Both begin with HELLO (type 0), of the highest version that they speak; the lower one holds.
 * Nobody logs in. ONF TS-025, OpenFlow Switch Specification 1.0 and 1.3.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/walker.h"

#define HEADER	    8
#define BODY_KEPT   52 /* bytes looked at */
#define VERSION_MAX 6
#define HELLO_MAX   64

enum type {
	HELLO = 0,
	FAILED = 1,
	FEATURES_REQUEST = 5,
	FEATURES_REPLY = 6,
	FLOW_MOD = 14,
	STATS_REQUEST = 16, /* in version 1.0 */
	STATS_REPLY = 17,
	BARRIER_REPLY_1_0 = 19,
	MULTIPART_REQUEST = 18, /* from 1.3 on */
	MULTIPART_REPLY = 19,
	BARRIER_REPLY = 21,
	TYPE_MAX = 35,
};

static const uint16_t ports[] = {6653, 6633, 0};

static const struct service services[] = {
	{
		.name = "openflow",
		.family = FAMILY_ADMIN,
		.met = true,
		.about = "OpenFlow: command of a network's switches",
		.ports = ports,
	},
};

struct side_state {
	struct walker walker;
	uint32_t left; /* of the body, behind what is looked at */
	uint8_t version, type;
};

struct openflow {
	struct side_state side[2]; /* by enum side */
	int features, stats, change;
	bool spoken, lost;
};

_Static_assert(sizeof(struct openflow) <= DISSECTOR_STATE_MAX, "state of openflow");

/* HELLO, and of another message its header. */
static enum recognised recognise_side(struct bytes b)
{
	uint8_t version = bytes_u8(&b), type = bytes_u8(&b);
	uint16_t length = bytes_be16(&b), element;

	if (version > VERSION_MAX || (version == 0 && !b.failed) || type != HELLO)
		return RECOGNISED_NO;
	bytes_skip(&b, 4);
	if (b.failed)
		return RECOGNISED_MORE;
	if (length < HEADER || length > HELLO_MAX || length % 4 != 0)
		return RECOGNISED_NO;
	if (length > HEADER) {
		element = bytes_be16(&b);
		if (!b.failed && (version < 4 || element != 1))
			return RECOGNISED_NO;
		bytes_skip(&b, (size_t)length - HEADER - 2);
	}
	return b.failed ? RECOGNISED_MORE : RECOGNISED_YES;
}

static enum recognised recognise(const struct opening *opening)
{
	enum recognised of[2];

	for (int side = 0; side < 2; side++) {
		of[side] = opening->side[side].left != 0 ? recognise_side(opening->side[side])
							 : RECOGNISED_MORE;
		if (of[side] == RECOGNISED_NO)
			return RECOGNISED_NO;
	}
	/* Eight bytes of one side are too few to be sure. */
	return of[SIDE_CLIENT] == RECOGNISED_YES && of[SIDE_SERVER] == RECOGNISED_YES
		       ? RECOGNISED_YES
		       : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	struct openflow *openflow = state;

	for (int side = 0; side < 2; side++)
		walker_ask(&openflow->side[side].walker, 0, 0, HEADER);
	openflow->features = openflow->stats = openflow->change = -1;
	facts_begin(facts, &services[0]);
}

static void answered(struct facts *facts, int *handle, bool ok)
{
	facts_command_result(facts, *handle, ok);
	*handle = -1;
	if (ok)
		facts_set_auth(facts, AUTH_NONE);
}

/* The commands 3 and 4 delete whatever matches. */
static void on_change(struct openflow *openflow, struct facts *facts, uint8_t version,
		      struct bytes body)
{
	uint8_t what;

	bytes_skip(&body, version == 1 ? 49 : 17);
	what = bytes_u8(&body);
	if (body.failed)
		return;
	openflow->change = what == 3 || what == 4
				   ? FACTS_COMMAND(facts, "FLOW_MOD DELETE", COMMAND_DESTRUCTIVE)
				   : FACTS_COMMAND(facts, "FLOW_MOD", 0);
}

static void on_message(struct openflow *openflow, struct facts *facts,
		       const struct side_state *side, struct bytes body)
{
	bool first = side->version == 1;
	uint8_t type = side->type;

	if (type == FAILED) {
		answered(facts, &openflow->change, false);
	} else if (type == FEATURES_REQUEST) {
		openflow->features = FACTS_COMMAND(facts, "FEATURES", COMMAND_LISTING);
	} else if (type == FEATURES_REPLY) {
		facts_set_data_read(facts, ANSWER_YES);
		answered(facts, &openflow->features, true);
	} else if (type == FLOW_MOD) {
		on_change(openflow, facts, side->version, body);
	} else if (type == (first ? STATS_REQUEST : MULTIPART_REQUEST)) {
		openflow->stats = FACTS_COMMAND(facts, "STATS", COMMAND_LISTING);
	} else if (type == (first ? STATS_REPLY : MULTIPART_REPLY)) {
		facts_set_data_read(facts, ANSWER_YES);
		answered(facts, &openflow->stats, true);
	} else if (type == (first ? BARRIER_REPLY_1_0 : BARRIER_REPLY)) {
		answered(facts, &openflow->change, true);
	}
}

static void on_part(struct openflow *openflow, struct facts *facts, struct side_state *side)
{
	struct walker *w = &side->walker;
	struct bytes b = walker_bytes(w);
	uint32_t body;

	if (w->step == 0) {
		side->version = bytes_u8(&b);
		side->type = bytes_u8(&b);
		body = bytes_be16(&b);
		openflow->lost |= body < HEADER || side->version == 0 ||
				  side->version > VERSION_MAX || side->type > TYPE_MAX;
		body = body < HEADER ? 0 : body - HEADER;
		side->left = body > BODY_KEPT ? body - BODY_KEPT : 0;
		walker_ask(w, 1, 0, body - side->left);
	} else {
		on_message(openflow, facts, side, b);
		walker_ask(w, 0, side->left, HEADER);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct openflow *openflow = state;
	struct side_state *side = &openflow->side[fed->from];
	struct bytes input = fed->bytes;

	openflow->spoken = true;
	/* A body of no bytes is complete with no more of them. */
	while (!openflow->lost && walker_take(&side->walker, &input))
		on_part(openflow, facts, side);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct openflow *openflow = state;
	struct walker *w = &openflow->side[from].walker;

	(void)facts;
	if (openflow->spoken && (missing == 0 || missing > w->skip))
		openflow->lost = true;
	else if (openflow->spoken)
		w->skip -= missing;
}

const struct dissector openflow_dissector = {
	.name = "openflow",
	.transports = OVER_TCP,
	.state_size = sizeof(struct openflow),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a hello of version 1.0 to 1.5 from both sides, and the features that are "
		      "asked for",
	.reads = READS_AUTH | READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
