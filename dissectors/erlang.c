/* SPDX-License-Identifier: ISC */
/*
 * Erlang's distribution: nodes of RabbitMQ and CouchDB among themselves; who knows the cookie runs
 * code. Each message of the handshake has its length in two bytes before it:
 *
 *	C 'n' version:2 flags:4 name | 'N' flags:8 creation:4 length:2 name
 *	S 's' "ok" | "ok_simultaneous" | "nok" | "not_allowed" | "alive"
 *	S 'n' version:2 flags:4 challenge:4 name | 'N' flags:8 challenge:4 creation:4 length:2 name
 *	C ['c' ...] 'r' challenge:4 digest:16		S 'a' digest:16
 *
 * erlang.org/doc/apps/erts/erl_dist_protocol.html: Distribution Handshake
 */
#include "dissectors/dissector.h"
#include "dissectors/read/frames.h"

static const uint16_t ports[] = {25672, 0};

static const struct service services[] = {
	{
		.name = "erlang-dist",
		.family = FAMILY_QUEUE,
		.about = "Erlang distribution (RabbitMQ, CouchDB clusters)",
		.ports = ports,
	},
};

struct erlang {
	struct frame frame[2]; /* by enum side */
	int handle;	       /* of a call that awaits any answer */
	bool replied, done, spoken;
};

_Static_assert(sizeof(struct erlang) <= DISSECTOR_STATE_MAX, "state of erlang");

/* "rabbit@host" */
static enum recognised recognise_name(struct bytes b)
{
	bool at = false;

	for (; b.left != 0; bytes_skip(&b, 1)) {
		if (b.at[0] <= 0x20 || b.at[0] > 0x7e)
			return RECOGNISED_NO;
		at |= b.at[0] == '@';
	}
	return at ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise_client(struct bytes b)
{
	uint16_t length = bytes_be16(&b), version;
	uint8_t tag = bytes_u8(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	if ((tag != 'n' && tag != 'N') || length < 10 || length > 300)
		return RECOGNISED_NO;
	if (b.left < length - 1u)
		return RECOGNISED_MORE;
	b.left = length - 1u;
	if (tag == 'n') {
		version = bytes_be16(&b);
		bytes_skip(&b, 4);
		return version == 5 || version == 6 ? recognise_name(b) : RECOGNISED_NO;
	}
	bytes_skip(&b, 12);
	return bytes_be16(&b) == b.left && b.left != 0 ? recognise_name(b) : RECOGNISED_NO;
}

static enum recognised recognise_server(struct bytes b)
{
	static const char *const statuses[] = {
		"ok", "nok", "not_allowed", "alive", "ok_simultaneous", "named:"};
	uint16_t length = bytes_be16(&b);
	uint8_t tag = bytes_u8(&b);

	if (!b.failed && (tag != 's' || length < 3 || length > 280))
		return RECOGNISED_NO;
	if (b.failed || b.left < length - 1u)
		return RECOGNISED_MORE;
	b.left = length - 1u;
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
		size_t size = strlen(statuses[i]);

		if (bytes_start_with(&b, statuses[i]) &&
		    (b.left == size || statuses[i][size - 1] == ':'))
			return RECOGNISED_YES;
	}
	return RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised of_client = recognise_client(client);

	if (of_client == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (server.left != 0)
		return client.left == 0 && !opening->one_sided ? RECOGNISED_MORE
							       : recognise_server(server);
	return opening->one_sided ? of_client : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	((struct erlang *)state)->handle = -1;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "Erlang");
}

static void on_server(struct erlang *erlang, struct facts *facts, uint8_t tag)
{
	if (tag == 'n' || tag == 'N') { /* it wants the cookie */
		facts_set_auth(facts, AUTH_REQUIRED);
	} else if (tag == 'a' && erlang->replied) {
		facts_login(facts, true);
		erlang->done = true;
	}
}

/*
 * Behind the handshake messages have a length of four bytes, none for a tick. One for the process
 * "rex" is what rpc:call() sends; a name is an atom, with a length of one byte or two before it.
 */
static void on_term(struct erlang *erlang, struct facts *facts, enum side from, struct bytes body)
{
	bool any = body.left != 0;

	if (from == SIDE_SERVER) {
		if (any)
			facts_command_result(facts, erlang->handle, true);
		return;
	}
	while (body.left != 0 && !bytes_start_with(&body, "\3rex"))
		bytes_skip(&body, 1);
	if (body.left != 0)
		erlang->handle = FACTS_COMMAND(facts, "rpc", COMMAND_EXECUTES);
}

static void on_message(struct erlang *erlang, struct facts *facts, enum side from,
		       struct bytes body)
{
	uint8_t tag = bytes_u8(&body);

	if (from == SIDE_SERVER) {
		on_server(erlang, facts, tag);
	} else if (tag == 'r') {
		erlang->replied = true;
	} else if (tag == 'n' || tag == 'N') {
		bytes_skip(&body, tag == 'n' ? 6 : 14);
		if (body.left != 0)
			FACTS_TEXT(facts, user, body.at, body.left);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct erlang *erlang = state;
	struct frame *frame = &erlang->frame[from];
	struct bytes input = fed->bytes, piece;

	erlang->spoken = true;
	while (!frame->lost && frames_header(frame, &input, erlang->done ? 4 : 2)) {
		struct bytes header = bytes_from(frame->header, 4);
		bool done = erlang->done;

		if (!frame->expected)
			frames_expect(frame, done ? bytes_be32(&header) : bytes_be16(&header));
		if (!frames_body(frame, &input, &piece))
			break;
		if (done)
			on_term(erlang, facts, from, bytes_from(frame->body, frame->kept));
		else
			on_message(erlang, facts, from, bytes_from(frame->body, frame->kept));
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct erlang *erlang = state;

	(void)missing;
	if (!erlang->spoken)
		facts_set_auth(facts, AUTH_UNKNOWN);
	else
		erlang->frame[from].lost = erlang->frame[!from].lost = true;
}

/* A reply to the challenge, and nothing came back: the cookie was wrong. */
static void end(void *state, struct facts *facts)
{
	struct erlang *erlang = state;

	if (erlang->replied && !erlang->done && !erlang->frame[0].lost && !erlang->frame[1].lost &&
	    facts->auth == AUTH_REQUIRED)
		facts_login(facts, false);
}

const struct dissector erlang_dissector = {
	.name = "erlang-dist",
	.transports = OVER_TCP,
	.state_size = sizeof(struct erlang),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised =
		"a node's name and the status that answers it, each with its length before it",
	.reads = READS_PRODUCT | READS_AUTH | READS_COMMANDS | READS_EXECUTION | READS_USER |
		 READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
	.end = end,
};
