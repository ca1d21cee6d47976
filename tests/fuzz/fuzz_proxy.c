/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as what a carrier says about its clients. The same bytes are a PROXY header, the value
 * of each header, the arguments of XCLIENT and ID, and a script (fuzz_dissect.h) of a connection
 * whose client changes. Beside what the sanitizers see: nothing depends on where the pieces end,
 * and a dissector that waits for a turn goes on when it has been taken.
 */
#include "dissectors/read/proxy_header.h"
#include "dissectors/read/xclient.h"
#include "tests/fuzz/fuzz_dissect.h"

#define CLIENTS 4

extern const struct dissector http_dissector, smtp_dissector, imap_dissector, pop3_dissector;

static size_t feed_header(struct proxy_header *header, const uint8_t *data, size_t size,
			  size_t piece)
{
	size_t taken = 0;

	while (taken < size && header->state == PROXY_HEADER_MORE)
		taken += proxy_header_feed(header, data + taken,
					   size - taken < piece ? size - taken : piece);
	return taken;
}

static void check_header(const uint8_t *data, size_t size)
{
	struct proxy_header whole = {.length = 0}, pieces = {.length = 0};

	if (feed_header(&whole, data, size, size) != feed_header(&pieces, data, size, 1) ||
	    memcmp(&whole, &pieces, sizeof whole) != 0 || whole.length > PROXY_HEADER_KEPT)
		abort();
}

static void check_list(const char *name, const uint8_t *data, size_t size)
{
	struct forwarded_reader whole = {.length = 0}, pieces = {.length = 0};

	forwarded_begin(&whole, name);
	forwarded_begin(&pieces, name);
	forwarded_read(&whole, data, size);
	for (size_t i = 0; i < size; i++)
		forwarded_read(&pieces, data + i, 1);
	forwarded_end(&whole);
	forwarded_end(&pieces);
	if (memcmp(&whole.list, &pieces.list, sizeof whole.list) != 0 ||
	    whole.list.count > FORWARDED_HOPS)
		abort();
}

/* Plays the sensor: each address is a client of the carrier. */
static uint16_t whose_turn(const struct feed *fed)
{
	return fed->next == FEED_CLIENT ? fed->wanted % CLIENTS
					: (uint16_t)(fed->forwarded->hop[0].bytes[15] % CLIENTS);
}

/* One piece, and as many turns as are asked for. Returns who has the turn then. */
static uint16_t feed_turns(const struct dissector *d, void *state, struct facts facts[CLIENTS],
			   struct feed *fed)
{
	size_t rounds = 0, most = 2 * fed->bytes.left + 2;

	do {
		fed->next = FEED_ON;
		d->feed(state, &facts[fed->client], fed);
		facts[fed->client].users_tried.count = facts[fed->client].objects_read.count = 0;
		if (fed->next == FEED_ON || fed->next == FEED_TLS)
			break;
		if (fed->rest > fed->bytes.left || rounds++ > most)
			abort();
		fed->client = whose_turn(fed);
		bytes_skip(&fed->bytes, fed->bytes.left - fed->rest);
	} while (true);
	return fed->client;
}

static void check_turns(const struct dissector *d, const struct turn *turns, size_t count)
{
	_Alignas(16) uint8_t state[DISSECTOR_STATE_MAX] = {0};
	struct facts facts[CLIENTS] = {{.service = NULL}};
	struct forwarded named = {.count = 0};
	uint16_t client = 0;

	if (d->begin)
		d->begin(state, &facts[client]);
	for (size_t i = 0; i < count; i++) {
		struct feed fed = {
			.from = turns[i].from,
			.bytes = bytes_from(turns[i].bytes, turns[i].length),
			.forwarded = &named,
			.client = client,
		};

		if (turns[i].bytes)
			client = feed_turns(d, state, facts, &fed);
		else
			d->gap(state, &facts[client], turns[i].from, turns[i].length);
	}
	if (d->end)
		d->end(state, &facts[client]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct forwarded told;
	struct turn turns[FUZZ_TURNS_MAX];
	size_t count;

	check_header(data, size);
	check_list("x-forwarded-for", data, size);
	check_list("forwarded", data, size);
	xclient_read(bytes_from(data, size), &told);
	xclient_read_id(bytes_from(data, size), &told);
	if (size < 2)
		return 0;
	count = fuzz_turns(bytes_from(data + 1, size - 1), turns);
	check_turns(&http_dissector, turns, count);
	check_turns(&smtp_dissector, turns, count);
	check_turns(&imap_dissector, turns, count);
	check_turns(&pop3_dissector, turns, count);
	return 0;
}
