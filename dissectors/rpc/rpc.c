/* SPDX-License-Identifier: ISC */
/*
 * ONC RPC over TCP (each record in fragments: u32 with the highest bit on the last, and its
 * length) and UDP (a datagram each). This file finds calls and replies; rpc_exchange.c says what
 * they mean.
 */
#include "dissectors/rpc/rpc_exchange.h"

#define SEARCHED       28 /* bytes that tell a call, its record mark included */
#define SEARCHED_REPLY 12

struct rpc_stream {
	uint8_t mark[4];
	uint8_t have; /* of mark */
	bool last, lost, holed;
	uint16_t kept;
	uint32_t left; /* of the fragment */
};

struct rpc {
	struct rpc_stream side[2];
	uint8_t call[RPC_CALL_KEPT];
	uint8_t reply[RPC_REPLY_KEPT];
	struct rpc_exchange exchange;
	bool begun;
};

_Static_assert(sizeof(struct rpc) <= DISSECTOR_STATE_MAX, "state of rpc");

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &rpc_services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_data_read(facts, ANSWER_NO);
}

static uint8_t *kept_of(struct rpc *rpc, enum side from, size_t *size)
{
	*size = from == SIDE_CLIENT ? sizeof rpc->call : sizeof rpc->reply;
	return from == SIDE_CLIENT ? rpc->call : rpc->reply;
}

static void on_record(struct rpc *rpc, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct rpc_stream *stream = &rpc->side[from];
	size_t size;
	uint8_t *kept = kept_of(rpc, from, &size);

	if (from == SIDE_CLIENT)
		rpc_exchange_call(&rpc->exchange, facts, bytes_from(kept, stream->kept));
	else if (rpc_exchange_reply(&rpc->exchange, facts, bytes_from(kept, stream->kept)))
		facts_agree_tls(facts, fed);
	stream->kept = 0;
	stream->holed = false;
}

static void keep(struct rpc *rpc, enum side from, struct bytes piece)
{
	struct rpc_stream *stream = &rpc->side[from];
	size_t size, room;
	uint8_t *kept = kept_of(rpc, from, &size);

	room = stream->holed ? 0 : size - stream->kept;
	if (room > piece.left)
		room = piece.left;
	if (room != 0)
		memcpy(kept + stream->kept, piece.at, room);
	stream->kept = (uint16_t)(stream->kept + room);
}

/* After a gap: is this window the beginning of a call, or of the reply to one? */
static bool is_beginning(struct rpc *rpc, enum side from, struct bytes b)
{
	uint32_t mark = bytes_be32(&b), length = mark & ~RPC_LAST, xid;
	struct rpc_call call;

	if (!(mark & RPC_LAST) || length < 20 || length > 64u << 20)
		return false;
	xid = bytes_be32(&b);
	if (from == SIDE_SERVER)
		return bytes_be32(&b) == 1 && rpc_exchange_waits(&rpc->exchange, xid);
	if (bytes_be32(&b) != 0 || bytes_be32(&b) != 2)
		return false;
	call.program = bytes_be32(&b);
	call.version = bytes_be32(&b);
	return rpc_program_find(call.program) != NULL &&
	       call.version <= rpc_program_find(call.program)->version_max;
}

static void search(struct rpc *rpc, enum side from, struct bytes *input)
{
	struct rpc_stream *stream = &rpc->side[from];
	size_t size, wanted = from == SIDE_CLIENT ? SEARCHED : SEARCHED_REPLY;
	uint8_t *window = kept_of(rpc, from, &size);

	while (input->left != 0) {
		struct bytes b;

		if (stream->kept == wanted)
			memmove(window, window + 1, --stream->kept);
		window[stream->kept++] = bytes_u8(input);
		if (stream->kept < wanted || !is_beginning(rpc, from, bytes_from(window, wanted)))
			continue;
		b = bytes_from(window, 4);
		stream->left = (bytes_be32(&b) & ~RPC_LAST) - (uint32_t)(wanted - 4);
		stream->have = 4;
		stream->last = true;
		stream->lost = stream->holed = false;
		stream->kept = (uint16_t)(wanted - 4);
		memmove(window, window + 4, wanted - 4);
		return;
	}
}

static void lose(struct rpc_stream *stream)
{
	*stream = (struct rpc_stream){.lost = true};
}

static void on_mark(struct rpc_stream *stream)
{
	struct bytes b = bytes_from(stream->mark, 4);
	uint32_t mark = bytes_be32(&b);

	stream->last = (mark & RPC_LAST) != 0;
	stream->left = mark & ~RPC_LAST;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct rpc *rpc = state;
	struct rpc_stream *stream = &rpc->side[from];
	struct bytes input = fed->bytes;

	rpc->begun = true;
	while (input.left != 0 && fed->next == FEED_ON) {
		size_t n = stream->left < input.left ? stream->left : input.left;

		if (stream->lost) {
			search(rpc, from, &input);
		} else if (stream->have < 4) {
			stream->mark[stream->have++] = bytes_u8(&input);
			if (stream->have == 4)
				on_mark(stream);
		} else {
			keep(rpc, from, bytes_sub(&input, n));
			stream->left -= (uint32_t)n;
		}
		if (stream->lost || stream->have < 4 || stream->left != 0)
			continue;
		stream->have = 0;
		if (stream->last)
			on_record(rpc, facts, fed);
	}
	fed->rest = input.left;
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct rpc *rpc = state;
	struct rpc_stream *stream = &rpc->side[from];

	(void)facts;
	if (rpc->begun && !stream->lost && stream->have == 4 && missing != 0 &&
	    missing < stream->left) {
		stream->left -= (uint32_t)missing;
		stream->holed = true;
		return;
	}
	lose(stream);
}

static void feed_udp(void *state, struct facts *facts, struct feed *fed)
{
	struct rpc *rpc = state;

	if (fed->from == SIDE_CLIENT)
		rpc_exchange_call(&rpc->exchange, facts, fed->bytes);
	else if (rpc_exchange_reply(&rpc->exchange, facts, fed->bytes))
		facts_agree_tls(facts, fed);
	fed->next = FEED_ON; /* of datagrams no stream begins */
}

const struct dissector rpc_dissector = {
	.name = "rpc",
	.transports = OVER_TCP,
	.state_size = sizeof(struct rpc),
	.service_count = RPC_SERVICES,
	.services = rpc_services,
	.recognised =
		"an ONC RPC record: a call of version 2 to a known program, or the reply to it",
	.reads = READS_AUTH | READS_USER | READS_MECHANISM | READS_COMMANDS | READS_LISTINGS |
		 READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION | READS_STARTTLS | READS_PATH,
	.recognise = rpc_recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};

const struct dissector rpc_udp_dissector = {
	.name = "rpc-udp",
	.transports = OVER_UDP,
	.state_size = sizeof(struct rpc),
	.service_count = RPC_SERVICES,
	.services = rpc_services,
	.recognised = "an ONC RPC call or the reply with its number, one in a datagram",
	.reads = READS_AUTH | READS_USER | READS_MECHANISM | READS_COMMANDS | READS_LISTINGS |
		 READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION | READS_PATH,
	.recognise = rpc_recognise_udp,
	.begin = begin,
	.feed = feed_udp,
};
