/* SPDX-License-Identifier: ISC */
/*
 * ZMTP, the wire of ZeroMQ. Both sides begin with
 *
 *	ff 00:7 01 7f major:1 minor:1 mechanism:20 as-server:1 00:31
 *
 * and go on in frames: flags:1 length:1 (or 8, with flag 2); flag 4 is a command, its name's length
 * and its name. READY ends the log-in, ERROR refuses it. rfc.zeromq.org: 23/ZMTP
 */
#include "dissectors/dissector.h"
#include "dissectors/read/walker.h"

#define SIGNATURE     10 /* bytes */
#define GREETING_REST 22 /* version and mechanism */
#define GREETING_END  32
#define FLAG_LONG     2
#define FLAG_COMMAND  4
#define COMMAND_KEPT  16 /* bytes */

static const struct service services[] = {
	{
		.name = "zmtp",
		.family = FAMILY_QUEUE,
		.met = true,
		.about = "ZeroMQ socket",
	},
};

enum step {
	STEP_SIGNATURE,
	STEP_GREETING,
	STEP_FLAGS,
	STEP_LENGTH,
	STEP_COMMAND,
	STEP_LOST,
};

struct zmtp_side {
	struct walker walker;
	uint64_t left;
	uint8_t flags;
};

struct zmtp {
	struct zmtp_side side[2];
	bool started, midstream, plain, ready;
};

_Static_assert(sizeof(struct zmtp) <= DISSECTOR_STATE_MAX, "state of zmtp");

static enum recognised recognise_signature(struct bytes b)
{
	if (b.left != 0 && b.at[0] != 0xff)
		return RECOGNISED_NO;
	for (size_t i = 1; i < b.left && i < 8; i++) {
		if (b.at[i] != 0)
			return RECOGNISED_NO;
	}
	if (b.left < SIGNATURE + 1)
		return RECOGNISED_MORE;
	return b.at[9] == 0x7f && b.at[10] >= 1 && b.at[10] <= 3 ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	enum recognised of_client = recognise_signature(opening->side[SIDE_CLIENT]);
	enum recognised of_server = recognise_signature(opening->side[SIDE_SERVER]);

	return dissector_by_server(of_client, of_server, opening->one_sided);
}

static void begin(void *state, struct facts *facts)
{
	struct zmtp *zmtp = state;

	facts_begin(facts, &services[0]);
	for (int side = 0; side < 2; side++)
		walker_ask(&zmtp->side[side].walker, STEP_SIGNATURE, 0, SIGNATURE);
}

static void on_greeting(struct zmtp *zmtp, struct facts *facts, enum side from)
{
	struct bytes b = walker_bytes(&zmtp->side[from].walker), mechanism;
	uint8_t major = bytes_u8(&b);

	bytes_skip(&b, 1);
	mechanism = b;
	for (mechanism.left = 0; mechanism.left < b.left && b.at[mechanism.left] != 0;)
		mechanism.left++;
	if (major < 3) { /* older ones know no mechanisms, and frame otherwise */
		zmtp->side[from].walker.step = STEP_LOST;
		if (from == SIDE_SERVER && !zmtp->midstream)
			facts_set_auth(facts, AUTH_NONE);
		return;
	}
	/* Both sides must name the same. */
	FACTS_TEXT(facts, mechanism, mechanism.at, mechanism.left);
	zmtp->plain = !bytes_start_with(&mechanism, "NULL");
	if (bytes_start_with(&mechanism, "CURVE"))
		facts_set_encryption(facts, ENCRYPTION_NATIVE);
	if (zmtp->plain && from == SIDE_SERVER)
		facts_set_auth(facts, AUTH_REQUIRED);
	walker_ask(&zmtp->side[from].walker, STEP_FLAGS, GREETING_END, 2);
}

static void on_command(struct zmtp *zmtp, struct facts *facts, enum side from)
{
	struct bytes b = walker_bytes(&zmtp->side[from].walker);

	if (from == SIDE_CLIENT) {
		struct bytes user;

		if (!bytes_start_with(&b, "\5HELLO") || !zmtp->plain)
			return;
		bytes_skip(&b, 6);
		user = bytes_sub(&b, bytes_u8(&b));
		if (!user.failed && strcmp(facts->mechanism, "PLAIN") == 0)
			FACTS_TEXT(facts, user, user.at, user.left);
	} else if (bytes_start_with(&b, "\5READY") && !zmtp->ready) {
		zmtp->ready = true;
		if (zmtp->plain)
			facts_login(facts, true);
		else
			facts_set_auth(facts, AUTH_NONE);
	} else if (bytes_start_with(&b, "\5ERROR") && zmtp->plain && !zmtp->ready) {
		facts_login(facts, false);
	}
}

/* The frame's length is known: look at a command, pass over a message. */
static void on_length(struct zmtp *zmtp, struct facts *facts, enum side from, uint64_t length)
{
	struct zmtp_side *s = &zmtp->side[from];
	size_t kept = length < COMMAND_KEPT ? (size_t)length : COMMAND_KEPT;

	if (s->flags & FLAG_COMMAND && kept != 0) {
		s->left = length - kept;
		walker_ask(&s->walker, STEP_COMMAND, 0, kept);
		return;
	}
	if (from == SIDE_SERVER && zmtp->ready && length != 0)
		facts_set_data_read(facts, ANSWER_YES);
	walker_ask(&s->walker, STEP_FLAGS, length, 2);
}

static void on_step(struct zmtp *zmtp, struct facts *facts, enum side from)
{
	struct zmtp_side *s = &zmtp->side[from];
	struct bytes b = walker_bytes(&s->walker);
	uint8_t length;

	switch (s->walker.step) {
	case STEP_SIGNATURE:
		if (b.at[0] == 0xff && b.at[9] == 0x7f)
			walker_ask(&s->walker, STEP_GREETING, 0, GREETING_REST);
		else
			s->walker.step = STEP_LOST;
		break;
	case STEP_GREETING:
		on_greeting(zmtp, facts, from);
		break;
	case STEP_FLAGS:
		s->flags = bytes_u8(&b);
		length = bytes_u8(&b);
		if (s->flags > 7) {
			s->walker.step = STEP_LOST;
		} else if (s->flags & FLAG_LONG) {
			s->left = length;
			walker_ask(&s->walker, STEP_LENGTH, 0, 7);
		} else {
			on_length(zmtp, facts, from, length);
		}
		break;
	case STEP_LENGTH:
		for (; b.left != 0 && s->left < 1ull << 40;)
			s->left = s->left << 8 | bytes_u8(&b);
		on_length(zmtp, facts, from, s->left);
		break;
	default: /* STEP_COMMAND */
		on_command(zmtp, facts, from);
		memset(s->walker.scratch, 0, sizeof s->walker.scratch);
		walker_ask(&s->walker, STEP_FLAGS, s->left, 2);
		break;
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct zmtp *zmtp = state;
	struct walker *walker = &zmtp->side[from].walker;
	struct bytes input = fed->bytes;

	zmtp->started = true;
	while (walker->step != STEP_LOST && walker_take(walker, &input))
		on_step(zmtp, facts, from);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct zmtp *zmtp = state;
	struct walker *walker = &zmtp->side[from].walker;

	(void)facts;
	if (!zmtp->started)
		zmtp->midstream = true;
	else if (missing != 0 && missing <= walker->skip)
		walker->skip -= missing;
	else
		walker->step = STEP_LOST;
}

const struct dissector zmtp_dissector = {
	.name = "zmtp",
	.transports = OVER_TCP,
	.state_size = sizeof(struct zmtp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the greeting of 64 bytes with version and mechanism",
	.reads = READS_AUTH | READS_USER | READS_MECHANISM | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
