/* SPDX-License-Identifier: ISC */
/*
 * Bytes as fragments of a few datagrams, in a table with little room, while time passes: each step
 * is an offset, a length, flags, and bytes. Nothing is read or written beyond its bounds, what is
 * put together has the length that its pieces said, and all room comes back.
 */
#include <stdlib.h>
#include <string.h>

#include "dissectors/read/bytes.h"
#include "sensor/decode/fragments.h"

#define PAGES  3
#define STEPS  3000
#define SECOND 1000000000ull

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void expect(bool good)
{
	if (!good)
		abort();
}

static void check_datagram(const struct decoder *decoder, const struct datagram *datagram,
			   struct packet *packet)
{
	uint8_t *copy = malloc(datagram->captured);

	expect(copy != NULL && datagram->captured <= datagram->wire);
	expect(datagram->captured >= 20 && datagram->wire <= 65535 + 40);
	memcpy(copy, datagram->ip, datagram->captured);
	expect(decode_datagram(decoder, copy, datagram->captured, datagram->wire, packet) <
	       DECODE_RESULT_COUNT);
	free(copy);
}

/* One piece in a block of its own. */
static void take_piece(struct fragments *table, const struct decoder *decoder, struct bytes *input,
		       uint64_t now_ns)
{
	uint8_t flags = bytes_u8(input);
	uint32_t offset = bytes_be16(input) & 0x1fff, length = bytes_u8(input);
	struct packet packet = {.ts_ns = now_ns};
	struct datagram datagram;
	uint8_t *copy;

	if (flags & 0x40)
		length *= 64; /* longer than was captured */
	packet.fragment = (struct fragment){
		.key = {.id = flags & 3, .version = flags & 4 ? 6 : 4, .protocol = flags & 8},
		.offset = (flags & 0x80 ? offset : offset % 64) * 8,
		.captured = length < input->left ? length : (uint32_t)input->left,
		.length = length,
		.protocol = flags & 0x10 ? 17 : 6,
		.more = (flags & 0x20) != 0,
	};
	copy = malloc(packet.fragment.captured + 1);
	expect(copy != NULL);
	if (packet.fragment.captured != 0)
		memcpy(copy, bytes_take(input, packet.fragment.captured), packet.fragment.captured);
	packet.fragment.bytes = copy;
	if (fragments_add(table, &packet, &datagram))
		check_datagram(decoder, &datagram, &packet);
	free(copy);
}

static void expire(struct fragments *table, const struct decoder *decoder, uint64_t now_ns)
{
	struct datagram datagram;
	struct packet packet;

	while (fragments_expire(table, now_ns, &packet, &datagram)) {
		expect(packet.incomplete);
		check_datagram(decoder, &datagram, &packet);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct decoder decoder = decoder_of(NULL);
	struct fragments *table = fragments_new(PAGES, 1);
	struct bytes input = bytes_from(bytes, size);
	struct fragments_stats stats;
	uint64_t now_ns = 1700000000 * SECOND;

	expect(table != NULL);
	for (int i = 0; i < STEPS && input.left != 0; i++) {
		if (input.at[0] == 0xff) {
			bytes_skip(&input, 1);
			now_ns += bytes_be16(&input) * (SECOND / 64);
			expire(table, &decoder, now_ns);
		} else {
			take_piece(table, &decoder, &input, now_ns);
		}
		fragments_stats(table, &stats);
		expect(stats.waiting <= 2 * PAGES);
	}
	expire(table, &decoder, UINT64_MAX);
	fragments_stats(table, &stats);
	expect(stats.waiting == 0);
	fragments_free(table);
	return 0;
}
