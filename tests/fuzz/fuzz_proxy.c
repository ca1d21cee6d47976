/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as what a balancer says about its clients. The same bytes are a PROXY header, the value
 * of each header, the arguments of XCLIENT and ID, and a script (fuzz_dissect.h) of a connection
 * whose client changes. Beside what the sanitizers see: nothing depends on where the pieces end,
 * and a dissector that waits for a turn goes on when it has been taken.
 */
#include "dissectors/read/proxy_header.h"
#include "dissectors/read/xclient.h"
#include "tests/fuzz/fuzz_dissect.h"

#define PARTIES 4

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
	struct forwarded_reader whole = {.reading = false}, pieces = {.reading = false};

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

/* Plays the sensor: each address is a party. */
static void take_turn(struct facts parties[PARTIES], struct facts *facts)
{
	uint16_t party = (uint16_t)(facts->forwarded.hop[0].bytes[15] % PARTIES);

	if (facts->turn == TURN_PARTY)
		party = facts->turn_party % PARTIES;
	parties[facts->party] = *facts;
	*facts = parties[party];
	facts->carried = true;
	facts->party = party;
	facts->turn = TURN_NONE;
	facts->unread = facts->turn_bytes = 0;
}

static void check_turns(const struct dissector *d, const struct turn *turns, size_t count)
{
	_Alignas(16) uint8_t state[DISSECTOR_STATE_MAX] = {0};
	struct facts parties[PARTIES] = {{.service = NULL}}, facts = {.carried = true};

	if (d->begin)
		d->begin(state, &facts);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *start = turns[i].bytes;
		size_t rounds = 0, left = turns[i].length;
		struct feed fed = {turns[i].from, bytes_from(start, left)};

		if (!start) {
			d->gap(state, &facts, turns[i].from, turns[i].length);
			continue;
		}
		d->feed(state, &facts, &fed);
		while (facts.turn != TURN_NONE) {
			if (facts.unread > left || rounds++ > 2 * turns[i].length + 2)
				abort();
			left = facts.unread;
			take_turn(parties, &facts);
			fed.bytes = bytes_from(start + turns[i].length - left, left);
			d->feed(state, &facts, &fed);
		}
		facts.users_tried.count = facts.objects_read.count = 0;
	}
	if (d->end)
		d->end(state, &facts);
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
