/* SPDX-License-Identifier: ISC */
/*
 * HTTP/2 without TLS, by prior knowledge (RFC 9113): the client's preface, then frames of either
 * side, the first of which is SETTINGS.
 *
 *	+-------------+----------+-----------+----------------+-------------+
 *	| length (24) | type (8) | flags (8) | stream id (32) | payload ... |
 *	+-------------+----------+-----------+----------------+-------------+
 *
 * After a hole, and where the capture begins within, the next whole block of headers is looked for.
 * Its table of headers is then empty: what the peer says of older entries is not known, and what it
 * adds has the numbers that it gives them.
 */
#include "dissectors/http/http2.h"

#include "dissectors/http/grpc_services.h"

#define STREAMS_MAX (1U << 24)

_Static_assert(sizeof(struct http2) <= DISSECTOR_STATE_MAX, "the state is too large");

/* The header of a frame is complete. */
static void begin_frame(const struct http2_context *c, struct http2_side *side)
{
	struct bytes header = bytes_from(side->header, HTTP2_HEADER);
	uint8_t type, flags;
	bool first;

	side->left = bytes_be24(&header);
	type = bytes_u8(&header);
	flags = bytes_u8(&header);
	side->stream = bytes_be32(&header) & 0x7fffffff;
	first = type == TYPE_HEADERS;
	side->framed = true;
	side->padding = 0;
	side->pads = (first || type == TYPE_DATA) && (flags & FLAG_PADDED);
	side->skip = first && (flags & FLAG_PRIORITY) ? 5 : 0;
	if (first || type == TYPE_DATA)
		side->ends = flags & FLAG_END_STREAM;
	if (first && c->from == SIDE_CLIENT)
		http2_request_begin(c);
	else if (first)
		http2_answer_begin(c);
}

static void take_headers(const struct http2_context *c, struct http2_side *side, struct bytes piece)
{
	struct hpack_header header;
	size_t skip = side->skip < piece.left ? side->skip : piece.left;

	side->skip = (uint8_t)(side->skip - skip);
	bytes_skip(&piece, skip);
	while (hpack_next(&side->hpack, &piece, &header)) {
		if (c->from == SIDE_CLIENT)
			http2_request_header(c, &header);
		else
			http2_answer_header(c, &header);
	}
}

static void end_stream(const struct http2_context *c, uint32_t stream)
{
	if (c->from == SIDE_CLIENT)
		http2_request_closed(c, stream);
	else
		http2_answer_closed(c, stream);
}

static void end_block(const struct http2_context *c, struct http2_side *side)
{
	hpack_end(&side->hpack);
	if (side->hpack.broken)
		return;
	if (c->from == SIDE_CLIENT)
		http2_request_end(c);
	else
		http2_answer_end(c, side->ends);
	if (side->ends)
		end_stream(c, side->stream);
}

static void end_frame(const struct http2_context *c, struct http2_side *side)
{
	uint8_t type = side->header[3];

	side->framed = false;
	side->have = 0;
	if ((type == TYPE_HEADERS || type == TYPE_CONTINUATION) &&
	    (side->header[4] & FLAG_END_HEADERS))
		end_block(c, side);
	else if ((type == TYPE_DATA && side->ends) || type == TYPE_RST_STREAM)
		end_stream(c, side->stream);
}

/* Takes the next bytes of a frame's payload, up to its end. */
static void take_payload(const struct http2_context *c, struct http2_side *side, struct bytes *data)
{
	uint8_t type = side->header[3];
	size_t n = side->left < data->left ? side->left : data->left;
	struct bytes piece = bytes_sub(data, n);

	side->left -= (uint32_t)n;
	if (side->pads && piece.left != 0) {
		side->padding = bytes_u8(&piece);
		side->pads = false;
	}
	if (side->left < side->padding) { /* some of the piece is padding */
		size_t over = side->padding - side->left;

		piece.left -= over < piece.left ? over : piece.left;
	}
	if (type == TYPE_HEADERS || type == TYPE_CONTINUATION)
		take_headers(c, side, piece);
	else if (type == TYPE_DATA && c->from == SIDE_CLIENT)
		http2_request_data(c, piece);
	else if (type == TYPE_DATA)
		http2_answer_data(c, piece);
	if (side->left == 0)
		end_frame(c, side);
}

/* What it has said of the table of headers is lost with it; what it says from now on counts. */
static void get_lost(struct http2_side *side)
{
	hpack_begin(&side->hpack);
	side->lost = true;
	side->framed = false;
	side->greeted = true;
	side->have = 0;
}

/*
 * Nine bytes that begin a whole block of headers, and hardly anything else: a length below the
 * usual bound, type, flags, and the odd number of a stream. Before a hole there were lower ones.
 */
static bool is_block_start(const struct http2_side *side)
{
	struct bytes b = bytes_from(side->header, HTTP2_HEADER);
	uint32_t length = bytes_be24(&b);
	uint8_t type = bytes_u8(&b), flags = bytes_u8(&b);
	uint32_t stream = bytes_be32(&b);
	uint8_t known = FLAG_END_STREAM | FLAG_END_HEADERS | FLAG_PADDED | FLAG_PRIORITY;

	return length != 0 && length <= HTTP2_FRAME_MAX && type == TYPE_HEADERS &&
	       !(flags & ~known) && (flags & FLAG_END_HEADERS) && stream % 2 == 1 &&
	       stream < STREAMS_MAX;
}

/* Looks for the next block of headers, byte by byte. */
static void seek(const struct http2_context *c, struct http2_side *side, uint8_t byte)
{
	if (side->have == HTTP2_HEADER)
		memmove(side->header, side->header + 1, HTTP2_HEADER - 1);
	else
		side->have++;
	side->header[side->have - 1] = byte;
	if (side->have < HTTP2_HEADER || !is_block_start(side))
		return;
	side->lost = false;
	begin_frame(c, side);
}

static void http2_begin(void *state, struct facts *facts)
{
	struct http2 *http2 = state;

	hpack_begin(&http2->side[SIDE_CLIENT].hpack);
	hpack_begin(&http2->side[SIDE_SERVER].hpack);
	http2->side[SIDE_SERVER].greeted = true;
	if (facts->service == NULL || facts->service->family == FAMILY_WEB)
		facts_set_service(facts, &grpc_services[HTTP2_ANY]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
}

static void greet(struct http2_side *side, uint8_t byte)
{
	if (byte != (uint8_t)HTTP2_PREFACE[side->have]) {
		get_lost(side);
		return;
	}
	side->have++;
	side->greeted = side->have == HTTP2_PREFACE_SIZE;
	side->have = side->greeted ? 0 : side->have;
}

static void http2_feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct http2 *http2 = state;
	struct http2_side *side = &http2->side[from];
	struct http2_context c = {.http2 = http2, .facts = facts, .fed = fed, .from = from};
	struct bytes data = fed->bytes;

	if (!http2->begun && (fed->hint & HTTP2_UPGRADED))
		http2_request_upgraded(&c, fed->hint & (HTTP2_UPGRADED - 1));
	http2->begun = true;
	side->spoke |= data.left != 0;
	while (data.left != 0) {
		if (side->lost) {
			seek(&c, side, bytes_u8(&data));
			continue;
		}
		if (!side->greeted) {
			greet(side, bytes_u8(&data));
			continue;
		}
		if (side->framed) {
			take_payload(&c, side, &data);
			if (side->hpack.broken)
				get_lost(side);
			continue;
		}
		side->header[side->have++] = bytes_u8(&data);
		if (side->have < HTTP2_HEADER)
			continue;
		begin_frame(&c, side);
		if (side->left == 0)
			end_frame(&c, side);
	}
}

/* A hole in DATA or in a frame of no interest is harmless. */
static void http2_gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct http2 *http2 = state;
	struct http2_side *side = &http2->side[from];
	struct http2_context c = {.http2 = http2, .facts = facts, .from = from};
	uint8_t type = side->header[3];

	if (from == SIDE_SERVER)
		http2_settle(&c);
	else
		http2_request_forget(&c);
	if (side->framed && type != TYPE_HEADERS && type != TYPE_CONTINUATION && missing != 0 &&
	    missing < side->left && !side->pads)
		side->left -= (uint32_t)missing;
	else
		get_lost(side);
}

static void http2_end(void *state, struct facts *facts)
{
	struct http2 *http2 = state;
	struct http2_context c = {.http2 = http2, .facts = facts, .from = SIDE_SERVER};

	http2_settle(&c);
	http2_unanswered(&c);
}

const struct dissector http2_dissector = {
	.name = "http2",
	.transports = OVER_TCP,
	.state_size = sizeof(struct http2),
	.service_count = GRPC_SERVICE_COUNT,
	.services = grpc_services,
	.recognised = "the client's preface, or the server's SETTINGS frame with what answers it",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_EXECUTION |
		 READS_DATA | READS_ENCRYPTION | READS_HOST | READS_PATH,
	.recognise = http2_recognise,
	.begin = http2_begin,
	.feed = http2_feed,
	.gap = http2_gap,
	.end = http2_end,
};
