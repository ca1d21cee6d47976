/* SPDX-License-Identifier: ISC */
/*
 * Fragments in any order and size become the datagram that they were; overlaps, lies, floods and
 * sets without an end have the results that fragments.h defines, within bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/decode/fragments.h"
#include "tests/unit/packets.h"
#include "tests/unit/random.h"

#define SECOND 1000000000ull
#define PAGES  16
#define START  (1000 * SECOND)

static struct fragments *table;
static struct decoder decoder;
static struct packet packet; /* what the last fragment was, or the last datagram */
static struct datagram datagram;
static uint64_t now_ns;

static int open_table(void **state)
{
	(void)state;
	decoder = decoder_of(NULL);
	table = fragments_new(PAGES, 7);
	now_ns = START;
	return table ? 0 : -1;
}

static int close_table(void **state)
{
	(void)state;
	fragments_free(table);
	return 0;
}

static struct fragments_stats stats(void)
{
	struct fragments_stats now;

	fragments_stats(table, &now);
	return now;
}

/* One piece of `payload`, which is what follows the IP header, in an exactly sized block. */
static bool send_piece(bool v6, uint32_t id, const uint8_t *payload, size_t offset, size_t length,
		       bool more)
{
	uint8_t *copy = malloc(length ? length : 1);
	bool whole;

	memcpy(copy, payload + offset, length);
	packet = (struct packet){.ts_ns = now_ns};
	packet.fragment = (struct fragment){
		.key = {.source = address_of(v6 ? "2001:db8::7" : "203.0.113.7"),
			.destination = address_of(v6 ? "fd00::5" : "10.20.0.5"),
			.id = id,
			.protocol = v6 ? 0 : IP_UDP,
			.version = v6 ? 6 : 4},
		.bytes = copy,
		.offset = (uint32_t)offset,
		.captured = (uint32_t)length,
		.length = (uint32_t)length,
		.protocol = IP_UDP,
		.more = more,
	};
	whole = fragments_add(table, &packet, &datagram);
	free(copy);
	return whole;
}

/* A UDP datagram whose payload counts up; returns its length with its header. */
static size_t make_udp(uint8_t *bytes, size_t payload)
{
	put_be16(bytes, 40000);
	put_be16(bytes + 2, 514);
	put_be16(bytes + 4, payload + 8);
	put_be16(bytes + 6, 0);
	for (size_t i = 0; i < payload; i++)
		bytes[8 + i] = (uint8_t)(i * 7 + i / 256);
	return payload + 8;
}

static void expect_datagram(const uint8_t *bytes, size_t length)
{
	assert_int_equal(
		decode_datagram(&decoder, datagram.ip, datagram.captured, datagram.wire, &packet),
		DECODE_OK);
	assert_int_equal(packet.kind, PACKET_UDP);
	assert_int_equal(packet.source_port, 40000);
	assert_int_equal(packet.destination_port, 514);
	assert_int_equal(packet.payload_wire, length - 8);
	assert_int_equal(packet.payload_length, length - 8);
	assert_memory_equal(packet.payload, bytes + 8, length - 8);
}

struct piece {
	size_t offset, length;
};

static size_t take_apart(struct piece *pieces, size_t length, size_t size)
{
	size_t count = 0;

	for (size_t at = 0; at < length; at += size)
		pieces[count++] = (struct piece){at, length - at < size ? length - at : size};
	return count;
}

static void any_order_any_size(void **state)
{
	static const size_t payloads[] = {0, 1, 8, 30, 1472, 2040, 2048, 9000, 65000};
	static const size_t sizes[] = {8, 16, 48, 1480, 2048, 4096};
	static uint8_t bytes[FRAME_MAX];
	static struct piece pieces[FRAME_MAX / 8];
	struct random random = {.state = 3};
	uint32_t id = 1;

	(void)state;
	fragments_free(table);
	table = fragments_new(64, 7);
	for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
		for (size_t j = 0; j < 2 * sizeof sizes / sizeof *sizes; j++) {
			size_t length = make_udp(bytes, payloads[i]);
			size_t count = take_apart(pieces, length, sizes[j / 2]);

			for (size_t n = count; n > 1; n--) { /* Fisher and Yates */
				size_t other = random_below(&random, (uint32_t)n);
				struct piece swap = pieces[n - 1];

				pieces[n - 1] = pieces[other];
				pieces[other] = swap;
			}
			for (size_t n = 0; n < count; n++) {
				bool more = pieces[n].offset + pieces[n].length < length;
				bool whole = send_piece(j & 1, id, bytes, pieces[n].offset,
							pieces[n].length, more);

				assert_int_equal(whole, n + 1 == count);
			}
			expect_datagram(bytes, length);
			id++;
		}
	}
	assert_int_equal(stats().whole, id - 1);
	assert_int_equal(stats().waiting, 0);
	assert_int_equal(stats().overlaps + stats().liars + stats().copies, 0);
}

static void copies_change_nothing(void **state)
{
	uint8_t bytes[128];
	size_t length = make_udp(bytes, 72);

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_false(send_piece(false, 1, bytes, 0, 40, true));
	assert_true(send_piece(false, 1, bytes, 40, length - 40, false));
	expect_datagram(bytes, length);
	assert_int_equal(stats().copies, 4);
	/* Nor do those that come just after it was whole. */
	now_ns += SECOND / 20;
	assert_false(send_piece(false, 1, bytes, 40, length - 40, false));
	assert_false(send_piece(false, 1, bytes, 0, 40, true));
	assert_int_equal(stats().copies, 6);
	assert_int_equal(stats().waiting, 0);
	/* Later it is another datagram with the same number. */
	now_ns += SECOND;
	assert_false(send_piece(false, 1, bytes, 0, 40, true));
	assert_true(send_piece(false, 1, bytes, 40, length - 40, false));
	assert_int_equal(stats().whole, 2);
}

static void the_first_copy_of_a_byte_stays(void **state)
{
	uint8_t good[136], bad[136];
	size_t length = make_udp(good, 128);

	(void)state;
	memset(bad, 0xee, sizeof bad);
	assert_false(send_piece(false, 1, good, 0, 64, true));
	assert_false(send_piece(false, 1, bad, 32, 64, true)); /* 64 to 96 are new */
	assert_int_equal(stats().overlaps, 1);
	assert_int_equal(stats().conflicts, 1);
	assert_true(send_piece(false, 1, good, 96, length - 96, false));
	memcpy(good + 64, bad + 64, 32);
	expect_datagram(good, length);
	/* The same with what does not differ. */
	now_ns += SECOND;
	length = make_udp(good, 128);
	assert_false(send_piece(false, 2, good, 0, 64, true));
	assert_false(send_piece(false, 2, good, 32, 64, true));
	assert_true(send_piece(false, 2, good, 64, length - 64, false));
	expect_datagram(good, length);
	assert_int_equal(stats().overlaps, 3);
	assert_int_equal(stats().conflicts, 1);
}

static void liars_are_not_taken(void **state)
{
	static uint8_t bytes[FRAME_MAX];

	(void)state;
	make_udp(bytes, 60000);
	assert_false(send_piece(false, 1, bytes, 0, 12, true)); /* no multiple of 8 */
	assert_false(send_piece(false, 1, bytes, 0, 0, true));
	assert_false(send_piece(false, 1, bytes, 65528, 16, false)); /* "ping of death" */
	assert_int_equal(stats().liars, 3);
	assert_false(send_piece(false, 1, bytes, 64, 36, false)); /* ends at 100 */
	assert_false(send_piece(false, 1, bytes, 96, 8, true));	  /* behind that */
	assert_false(send_piece(false, 1, bytes, 64, 40, false)); /* ends at 104 */
	assert_int_equal(stats().liars, 5);
	assert_true(send_piece(false, 1, bytes, 0, 64, true));
	assert_int_equal(datagram.wire, 120);
	/* An end before what is there. */
	assert_false(send_piece(false, 2, bytes, 64, 64, true));
	assert_false(send_piece(false, 2, bytes, 8, 8, false));
	assert_int_equal(stats().liars, 6);
}

static void tiny_first_fragments(void **state)
{
	uint8_t bytes[64];
	size_t length = make_udp(bytes, 40);

	(void)state;
	for (size_t at = 0; at + 8 < length; at += 8)
		assert_false(send_piece(false, 1, bytes, at, 8, true));
	assert_true(send_piece(false, 1, bytes, 40, 8, false));
	expect_datagram(bytes, length);
	assert_int_equal(stats().tiny, 1);
}

static void different_datagrams_do_not_mix(void **state)
{
	uint8_t bytes[3][128];
	size_t length = 0;

	(void)state;
	for (int i = 0; i < 3; i++) {
		length = make_udp(bytes[i], 72);
		memset(bytes[i] + 8, i, 72);
	}
	for (uint32_t i = 0; i < 3; i++) /* the third: IPv6 with the same number */
		assert_false(send_piece(i == 2, i == 2 ? 1 : i, bytes[i], 40, length - 40, false));
	for (uint32_t i = 0; i < 3; i++) {
		assert_true(send_piece(i == 2, i == 2 ? 1 : i, bytes[i], 0, 40, true));
		expect_datagram(bytes[i], length);
	}
}

static void what_never_becomes_whole_is_given_up(void **state)
{
	uint8_t bytes[128];
	size_t length = make_udp(bytes, 100);

	(void)state;
	assert_false(send_piece(false, 1, bytes, 0, 40, true));
	assert_false(send_piece(false, 2, bytes, 40, length - 40, false)); /* no beginning */
	for (int i = 0; i < 10; i++) { /* more of it does not make it live longer */
		assert_false(fragments_expire(table, now_ns, &packet, &datagram));
		now_ns += 29 * SECOND / 10;
		assert_false(send_piece(false, 1, bytes, 48, 8, true));
	}
	now_ns = START + 30 * SECOND;
	assert_true(fragments_expire(table, now_ns, &packet, &datagram));
	assert_true(packet.incomplete);
	assert_int_equal(packet.ts_ns, START);
	assert_int_equal(
		decode_datagram(&decoder, datagram.ip, datagram.captured, datagram.wire, &packet),
		DECODE_OK);
	assert_int_equal(packet.payload_length, 32);
	assert_memory_equal(packet.payload, bytes + 8, 32);
	assert_false(fragments_expire(table, now_ns, &packet, &datagram));
	assert_int_equal(stats().given_up, 2);
	assert_int_equal(stats().waiting, 0);
}

static void a_clock_set_back_gives_up_as_well(void **state)
{
	uint8_t bytes[128];

	(void)state;
	make_udp(bytes, 100);
	assert_false(send_piece(false, 1, bytes, 0, 40, true));
	assert_false(fragments_expire(table, START - 10 * SECOND, &packet, &datagram));
	assert_true(fragments_expire(table, START - 40 * SECOND, &packet, &datagram));
}

static void a_flood_stays_within_bounds(void **state)
{
	uint8_t bytes[128];
	size_t length = make_udp(bytes, 100);

	(void)state;
	for (uint32_t id = 0; id < 5000; id++)
		send_piece(false, id, bytes, 0, 40, true);
	assert_true(stats().waiting <= PAGES);
	assert_int_equal(stats().no_room, 5000 - stats().waiting);
	/* The newest are still there. */
	assert_true(send_piece(false, 4999, bytes, 40, length - 40, false));
	expect_datagram(bytes, length);
}

static void one_datagram_larger_than_all_room(void **state)
{
	static uint8_t bytes[FRAME_MAX];
	size_t length = make_udp(bytes, 60000);
	bool whole = false;

	(void)state;
	for (size_t at = 0; at < length; at += 8)
		whole |= send_piece(false, 1, bytes, at, length - at < 8 ? length - at : 8,
				    at + 8 < length);
	assert_false(whole);
	assert_true(stats().no_room > 0);
}

static void pieces_that_were_cut_off(void **state)
{
	uint8_t bytes[256];
	size_t length = make_udp(bytes, 200);

	(void)state;
	assert_false(send_piece(false, 1, bytes, 0, 64, true));
	/* Of the second piece 10 of 64 bytes were captured. */
	packet.fragment.bytes = bytes + 64;
	packet.fragment.offset = 64;
	packet.fragment.captured = 10;
	assert_false(fragments_add(table, &packet, &datagram));
	assert_true(send_piece(false, 1, bytes, 128, length - 128, false));
	assert_int_equal(
		decode_datagram(&decoder, datagram.ip, datagram.captured, datagram.wire, &packet),
		DECODE_OK);
	assert_int_equal(packet.payload_length, 64 + 10 - 8);
	assert_int_equal(packet.payload_wire, 200);
	assert_memory_equal(packet.payload, bytes + 8, 66);
}

/* Against a model that keeps every byte of 65,536 and a flag: first copy stays. */
static void random_pieces_as_a_plain_model_says(void **state)
{
	static uint8_t model[65536], source[65536];
	static bool have[65536];
	struct random random = {.state = 99};

	(void)state;
	for (uint32_t round = 0; round < 400; round++) {
		size_t total = 16 + random_below(&random, 600), left = 2000;
		bool whole = false;

		memset(have, 0, sizeof have);
		make_udp(source, 65000);
		while (!whole && left-- > 0) {
			size_t offset = random_below(&random, (uint32_t)total) / 8 * 8;
			size_t length = (1 + random_below(&random, 9)) * 8;
			bool more = offset + length < total;

			if (!more)
				length = total - offset;
			if (offset != 0)
				source[offset] = (uint8_t)random_next(&random);
			for (size_t i = offset; i < offset + length; i++) {
				model[i] = have[i] ? model[i] : source[i];
				have[i] = true;
			}
			whole = send_piece(round & 1, round, source, offset, length, more);
		}
		assert_true(whole);
		for (size_t i = 0; i < total; i++)
			assert_true(have[i]);
		assert_int_equal(datagram.captured, total + (round & 1 ? 40 : 20));
		assert_memory_equal(datagram.ip + (round & 1 ? 40 : 20), model, total);
		now_ns += SECOND;
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_table, close_table)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(any_order_any_size),
		TEST(copies_change_nothing),
		TEST(the_first_copy_of_a_byte_stays),
		TEST(liars_are_not_taken),
		TEST(tiny_first_fragments),
		TEST(different_datagrams_do_not_mix),
		TEST(what_never_becomes_whole_is_given_up),
		TEST(a_clock_set_back_gives_up_as_well),
		TEST(a_flood_stays_within_bounds),
		TEST(one_datagram_larger_than_all_room),
		TEST(pieces_that_were_cut_off),
		TEST(random_pieces_as_a_plain_model_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
