/* SPDX-License-Identifier: ISC */
/*
 * The detector over timelines of made-up totals, and the sampler of conversations over packets:
 * what must be told, how soon, and what must not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sensor/health/blindness.h"
#include "sensor/tables/pairs.h"
#include "tests/unit/packets.h"
#include "tests/unit/random.h"

#define SECOND 1000000000ull
#define START  (1700000000 * SECOND)
#define LIMIT  30 /* seconds within which anything must be told */

struct timeline {
	struct blindness *blindness;
	struct vision_figures figures;
	uint64_t now_ns;
	unsigned begun[BLIND_CAUSES], ended[BLIND_CAUSES];
	struct blindness_view last;
	uint64_t back_ns; /* time goes back from here: what ends now, ended then; 0: it does not */
};

static void on_blindness(void *context, bool begins, const struct blindness_view *view)
{
	struct timeline *t = context;
	uint64_t now_ns = t->back_ns ? t->back_ns : t->now_ns;

	assert_true(view->cause < BLIND_CAUSES);
	assert_true(view->since_ns <= now_ns && view->since_ns != 0);
	assert_int_equal(view->until_ns, begins ? 0 : now_ns);
	assert_int_equal(
		blindness_get(t->blindness, (enum blind_cause)view->cause, t->now_ns, NULL),
		begins);
	if (begins)
		t->begun[view->cause]++;
	else
		t->ended[view->cause]++;
	assert_in_range(t->begun[view->cause] - t->ended[view->cause], 0, 1);
	t->last = *view;
}

static struct timeline *timeline_new(uint64_t silence_ns, bool replay)
{
	struct timeline *t = calloc(1, sizeof *t);
	struct blindness_options options = {
		.interface = "span0",
		.silence_ns = silence_ns,
		.replay = replay,
	};

	assert_non_null(t);
	t->now_ns = START;
	t->blindness = blindness_new(&options, on_blindness, t);
	assert_non_null(t->blindness);
	return t;
}

static void timeline_free(struct timeline *t)
{
	blindness_free(t->blindness);
	free(t);
}

static int begin(void **state)
{
	*state = timeline_new(300 * SECOND, false);
	return 0;
}

static int end(void **state)
{
	timeline_free(*state);
	return 0;
}

static void second(struct timeline *t, uint64_t packets)
{
	t->now_ns += SECOND;
	t->figures.counter[SIGHT_PACKETS] += packets;
	t->figures.counter[SIGHT_OFFERED] += packets;
	t->figures.counter[SIGHT_ARRIVED] += packets;
	blindness_sample(t->blindness, &t->figures, t->now_ns);
}

static void seconds(struct timeline *t, unsigned count, uint64_t packets)
{
	for (unsigned i = 0; i < count; i++)
		second(t, packets);
}

/* One second in which `lost` of `base` are spoilt. */
static void spoilt(struct timeline *t, enum sight_counter lost, uint64_t n, enum sight_counter base,
		   uint64_t of)
{
	t->figures.counter[lost] += n;
	if (base != SIGHT_PACKETS && base != SIGHT_OFFERED && base != SIGHT_ARRIVED)
		t->figures.counter[base] += of;
	second(t,
	       base == SIGHT_PACKETS || base == SIGHT_OFFERED || base == SIGHT_ARRIVED ? of : 100);
}

static unsigned told(const struct timeline *t)
{
	unsigned sum = 0;

	for (int i = 0; i < BLIND_CAUSES; i++)
		sum += t->begun[i];
	return sum;
}

static void a_dead_mirror_is_told_and_its_return(void **state)
{
	struct timeline *t = *state;
	unsigned waited = 0;

	seconds(t, 60, 1000);
	while (t->begun[BLIND_SILENCE] == 0 && waited++ < LIMIT)
		second(t, 0);
	assert_in_range(waited, 10, LIMIT);
	assert_int_equal(t->last.since_ns, START + 60 * SECOND);
	assert_int_equal(t->last.lost, waited);
	seconds(t, 500, 0);
	assert_int_equal(told(t), 1);
	waited = 0;
	while (t->ended[BLIND_SILENCE] == 0 && waited++ < LIMIT)
		second(t, 1000);
	assert_in_range(waited, 2, LIMIT);
	assert_int_equal(blindness_times(t->blindness, BLIND_SILENCE), 1);
	assert_true(blindness_total_ns(t->blindness, BLIND_SILENCE, t->now_ns) > 500 * SECOND);
}

/* A single packet in a long silence neither ends it nor begins another one. */
static void a_stray_packet_does_not_make_it_flap(void **state)
{
	struct timeline *t = *state;

	seconds(t, 60, 1000);
	seconds(t, 60, 0);
	second(t, 1);
	seconds(t, 60, 0);
	assert_int_equal(t->begun[BLIND_SILENCE], 1);
	assert_int_equal(t->ended[BLIND_SILENCE], 0);
}

static void a_quiet_interface_is_not_blind(void **state)
{
	struct timeline *t = *state;
	struct random random = {.state = 7};

	/* A packet in one second of ten, for two hours: pauses of a minute are chance. */
	for (int i = 0; i < 7200; i++)
		second(t, random_below(&random, 10) == 0);
	assert_int_equal(told(t), 0);
	/* Bursts every 100 s. */
	for (int i = 0; i < 50; i++) {
		seconds(t, 5, 100);
		seconds(t, 95, 0);
	}
	/* That is news at first, and then a habit. */
	assert_in_range(told(t), 0, 3);
	for (int i = 0; i < BLIND_CAUSES; i++)
		t->begun[i] = t->ended[i] = 0;
	/* But whoever wants to know is told after so many seconds whatever came before. */
	seconds(t, 310, 0);
	assert_int_equal(t->begun[BLIND_SILENCE], 1);
}

static void an_interface_that_never_had_packets_is_told(void **state)
{
	struct timeline *t = *state;

	seconds(t, 250, 0);
	assert_int_equal(told(t), 0);
	seconds(t, 10000, 0);
	assert_int_equal(t->begun[BLIND_SILENCE], 1);
	assert_int_equal(told(t), 1);
}

static void time_that_goes_back_ends_what_began_later(void **state)
{
	struct timeline *t = *state;
	struct blindness_view view;

	seconds(t, 100, 100);
	seconds(t, 400, 0);
	assert_int_equal(t->begun[BLIND_SILENCE], 1);
	blindness_restart(t->blindness, "older");
	t->back_ns = t->now_ns;
	t->now_ns -= 100000 * SECOND;
	second(t, 100);
	assert_int_equal(t->ended[BLIND_SILENCE], 1);
	assert_false(blindness_get(t->blindness, BLIND_SILENCE, t->now_ns, &view));
	assert_true(blindness_total_ns(t->blindness, BLIND_SILENCE, t->now_ns) < 1000 * SECOND);
}

static void a_sparse_capture_is_not_blind(void **state)
{
	struct timeline *t = timeline_new(0, true);
	struct random random = {.state = 3};

	(void)state;
	for (int i = 0; i < 5000; i++)
		second(t, random_below(&random, 4) == 0 ? 10 : 0);
	seconds(t, 5000, 0);
	assert_int_equal(told(t), 0);
	/* A steady one that breaks off is. */
	seconds(t, 200, 100);
	seconds(t, 20, 0);
	assert_int_equal(t->begun[BLIND_SILENCE], 1);
	timeline_free(t);
}

static const struct {
	enum blind_cause cause;
	enum sight_counter lost, base;
	uint64_t bad, little, of; /* a second: bad must be told, little must not */
} shares[] = {
	{BLIND_ONE_WAY, SIGHT_PAIRS_ONE_WAY, SIGHT_PAIRS, 10, 1, 20},
	{BLIND_KERNEL_DROPS, SIGHT_KERNEL_DROPS, SIGHT_OFFERED, 200, 1, 1000},
	{BLIND_INTERFACE_DROPS, SIGHT_INTERFACE_DROPS, SIGHT_ARRIVED, 200, 1, 1000},
	{BLIND_OWN_DROPS, SIGHT_OWN_DROPS, SIGHT_PACKETS, 1, 0, 1000},
	{BLIND_UNSEEN_DATA, SIGHT_BYTES_UNSEEN, SIGHT_BYTES, 20000, 500, 100000},
	{BLIND_TUNNELS, SIGHT_TUNNELED_UNREAD, SIGHT_TUNNELED, 20, 1, 100},
	{BLIND_TRUNCATION, SIGHT_TRUNCATED, SIGHT_PACKETS, 100, 5, 1000},
	{BLIND_MALFORMED, SIGHT_MALFORMED, SIGHT_PACKETS, 300, 20, 1000},
	{BLIND_DUPLICATES, SIGHT_DUPLICATES, SIGHT_COMPARED, 500, 20, 1000},
};

static void each_share_is_told_and_its_recovery(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
		struct timeline *t = timeline_new(0, false);
		enum blind_cause cause = shares[i].cause;
		unsigned waited = 0;

		for (int n = 0; n < 300; n++)
			spoilt(t, shares[i].lost, shares[i].little, shares[i].base, shares[i].of);
		assert_int_equal(told(t), 0);
		while (t->begun[cause] == 0 && waited++ < LIMIT)
			spoilt(t, shares[i].lost, shares[i].bad, shares[i].base, shares[i].of);
		assert_in_range(waited, 1, LIMIT);
		assert_int_equal(told(t), 1);
		assert_true(t->last.base >= t->last.lost && t->last.lost != 0);
		for (int n = 0; n < 100; n++)
			spoilt(t, shares[i].lost, shares[i].bad, shares[i].base, shares[i].of);
		assert_int_equal(t->ended[cause], 0);
		waited = 0;
		while (t->ended[cause] == 0 && waited++ < LIMIT)
			spoilt(t, shares[i].lost, 0, shares[i].base, shares[i].of);
		assert_in_range(waited, 1, LIMIT);
		timeline_free(t);
	}
}

/* Between the two thresholds nothing changes, from whichever side they are reached. */
static void thresholds_have_hysteresis(void **state)
{
	struct timeline *t = *state;

	for (int n = 0; n < 100; n++)
		spoilt(t, SIGHT_BYTES_UNSEEN, 3000, SIGHT_BYTES, 100000);
	assert_int_equal(told(t), 0);
	for (int n = 0; n < 30; n++)
		spoilt(t, SIGHT_BYTES_UNSEEN, 20000, SIGHT_BYTES, 100000);
	assert_int_equal(t->begun[BLIND_UNSEEN_DATA], 1);
	for (int n = 0; n < 100; n++)
		spoilt(t, SIGHT_BYTES_UNSEEN, 3000, SIGHT_BYTES, 100000);
	assert_int_equal(t->ended[BLIND_UNSEEN_DATA], 0);
}

/* No traffic is no proof that the mirror is well again. */
static void blindness_does_not_end_by_itself(void **state)
{
	struct timeline *t = *state;

	for (int n = 0; n < 30; n++)
		spoilt(t, SIGHT_PAIRS_ONE_WAY, 10, SIGHT_PAIRS, 10);
	assert_int_equal(t->begun[BLIND_ONE_WAY], 1);
	seconds(t, 1000, 50);
	assert_int_equal(t->ended[BLIND_ONE_WAY], 0);
}

static void another_input_is_no_silence(void **state)
{
	struct timeline *t = *state;

	seconds(t, 100, 1000);
	t->now_ns -= 50000 * SECOND;
	blindness_restart(t->blindness, "second.pcap");
	seconds(t, 5, 1000);
	t->now_ns += 50000 * SECOND;
	blindness_restart(t->blindness, "third.pcap");
	seconds(t, 100, 1000);
	assert_int_equal(told(t), 0);
}

static void a_cause_from_elsewhere(void **state)
{
	struct timeline *t = *state;

	t->now_ns += SECOND;
	blindness_set(t->blindness, BLIND_UNTESTED, true, 3, 10, t->now_ns);
	blindness_set(t->blindness, BLIND_UNTESTED, true, 4, 10, t->now_ns);
	assert_int_equal(t->begun[BLIND_UNTESTED], 1);
	assert_int_equal(t->last.share_permille, 300);
	t->now_ns += SECOND;
	blindness_set(t->blindness, BLIND_UNTESTED, false, 0, 10, t->now_ns);
	assert_int_equal(t->ended[BLIND_UNTESTED], 1);
}

/* Whatever comes, the words come in turns, and views are sane (see on_blindness). */
static void any_timeline_is_sane(void **state)
{
	struct timeline *t = *state;
	struct random random = {.state = 99};

	for (int i = 0; i < 20000; i++) {
		unsigned mood = (unsigned)i / 200 % 5;

		for (int c = SIGHT_OFFERED; c < SIGHT_COUNTERS; c++)
			t->figures.counter[c] += random_below(&random, mood * 100 + 1u);
		second(t, random_below(&random, mood * 50 + 2u));
	}
	assert_true(told(t) > 5);
}

/* ---- conversations ---- */

struct mirror {
	struct pairs *pairs;
	uint64_t now_ns;
	bool shows[2]; /* by direction */
	uint32_t lose; /* one of so many packets; 0: none */
	struct random random;
	uint32_t next[2]; /* sequence numbers of the conversation */
	struct address ends[2];
	uint16_t ports[2];
};

static void mirror_send(struct mirror *m, unsigned from, uint8_t flags, uint32_t bytes)
{
	struct packet packet = {
		.ts_ns = m->now_ns,
		.source = m->ends[from],
		.destination = m->ends[!from],
		.source_port = m->ports[from],
		.destination_port = m->ports[!from],
		.sequence = m->next[from],
		.acknowledgement = flags & TCP_ACK ? m->next[!from] : 0,
		.payload_wire = bytes,
		.tcp_flags = flags,
		.kind = PACKET_TCP,
	};

	m->next[from] += bytes + ((flags & (TCP_SYN | TCP_FIN)) != 0);
	if (!m->shows[from] || (m->lose != 0 && random_below(&m->random, m->lose) == 0))
		return;
	pairs_packet(m->pairs, pairs_tuple(m->pairs, &packet), &packet);
}

/* A conversation of ten turns in one second. */
static void mirror_talk(struct mirror *m, uint16_t port)
{
	m->ports[0] = port;
	m->next[0] = (uint32_t)random_below(&m->random, UINT32_MAX);
	m->next[1] = 0xfffff000u; /* wraps */
	mirror_send(m, 0, TCP_SYN, 0);
	mirror_send(m, 1, TCP_SYN | TCP_ACK, 0);
	mirror_send(m, 0, TCP_ACK, 0);
	for (int i = 0; i < 10; i++) {
		m->now_ns += SECOND / 10;
		mirror_send(m, 0, TCP_ACK | TCP_PSH, 100);
		mirror_send(m, 1, TCP_ACK | TCP_PSH, 1400);
		mirror_send(m, 1, TCP_ACK | TCP_PSH, 600);
		mirror_send(m, 0, TCP_ACK, 0);
	}
	mirror_send(m, 0, TCP_ACK | TCP_FIN, 0);
	mirror_send(m, 1, TCP_ACK | TCP_FIN, 0);
	mirror_send(m, 0, TCP_ACK, 0);
}

static struct pairs_stats mirror_show(bool client, bool server, uint32_t lose)
{
	struct mirror m = {
		.pairs = pairs_new(42),
		.now_ns = START,
		.shows = {client, server},
		.lose = lose,
		.random = {.state = 5},
		.ports = {0, 443},
	};
	struct pairs_stats stats;

	assert_non_null(m.pairs);
	assert_true(address_parse("10.0.0.1", &m.ends[0]) && address_parse("10.0.0.2", &m.ends[1]));
	for (int i = 0; i < 200; i++) {
		mirror_talk(&m, (uint16_t)(20000 + i));
		m.now_ns += SECOND;
		for (int n = 0; n < 20; n++)
			pairs_tick(m.pairs, m.now_ns);
	}
	pairs_finish(m.pairs);
	pairs_stats(m.pairs, &stats);
	pairs_free(m.pairs);
	return stats;
}

static void a_whole_mirror(void **state)
{
	struct pairs_stats stats = mirror_show(true, true, 0);

	(void)state;
	assert_int_equal(stats.both, 200);
	assert_int_equal(stats.one_way, 0);
	assert_int_equal(stats.unseen_bytes, 0);
	assert_in_range(stats.bytes, 200 * 21000, 200 * 21004);
}

static void half_a_mirror(void **state)
{
	struct pairs_stats client = mirror_show(true, false, 0);
	struct pairs_stats server = mirror_show(false, true, 0);

	(void)state;
	assert_int_equal(client.both + server.both, 0);
	assert_int_equal(client.one_way, 200);
	assert_int_equal(server.one_way, 200);
	assert_int_equal(client.unseen_bytes + server.unseen_bytes, 0);
}

static void a_mirror_that_loses_a_fifth(void **state)
{
	struct pairs_stats stats = mirror_show(true, true, 5);

	(void)state;
	assert_int_equal(stats.one_way, 0);
	assert_in_range(stats.unseen_bytes * 100 / stats.bytes, 13, 27);
}

/* Many conversations at once: a part of them is looked at, and says the same. */
static void a_busy_mirror(void **state)
{
	struct mirror m = {
		.pairs = pairs_new(42),
		.now_ns = START,
		.shows = {true, true},
		.random = {.state = 5},
		.ports = {0, 443},
	};
	struct pairs_stats stats;

	(void)state;
	assert_non_null(m.pairs);
	assert_true(address_parse("10.0.0.1", &m.ends[0]) && address_parse("10.0.0.2", &m.ends[1]));
	for (int i = 0; i < 60000; i++) {
		mirror_talk(&m, (uint16_t)i);
		m.now_ns -= SECOND - SECOND / 3000;
		m.shows[1] = i < 30000;
		if (i % 300 == 0)
			pairs_tick(m.pairs, m.now_ns);
	}
	pairs_finish(m.pairs);
	pairs_stats(m.pairs, &stats);
	assert_in_range(stats.both, 300, 20000);
	assert_in_range(stats.one_way, 300, 20000);
	pairs_free(m.pairs);
}

/* SYNs that nobody answers, and blind ACKs: a scan is not a conversation. */
static void a_scan_says_nothing(void **state)
{
	struct pairs *pairs = pairs_new(1);
	struct pairs_stats stats;
	struct packet packet = {.kind = PACKET_TCP, .destination_port = 22};

	(void)state;
	assert_non_null(pairs);
	for (uint32_t i = 0; i < 300000; i++) {
		packet.ts_ns = START + i * 10000ull;
		packet.source_port = (uint16_t)(i / 3);
		packet.tcp_flags = i % 2 ? TCP_SYN : TCP_ACK;
		packet.sequence = i * 77777;
		pairs_packet(pairs, pairs_tuple(pairs, &packet), &packet);
		pairs_tick(pairs, packet.ts_ns);
	}
	pairs_finish(pairs);
	pairs_stats(pairs, &stats);
	assert_int_equal(stats.both + stats.unseen_bytes, 0);
	assert_int_equal(stats.one_way, 0);
	pairs_free(pairs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_dead_mirror_is_told_and_its_return, begin, end),
		cmocka_unit_test_setup_teardown(a_stray_packet_does_not_make_it_flap, begin, end),
		cmocka_unit_test_setup_teardown(a_quiet_interface_is_not_blind, begin, end),
		cmocka_unit_test_setup_teardown(an_interface_that_never_had_packets_is_told, begin,
						end),
		cmocka_unit_test_setup_teardown(time_that_goes_back_ends_what_began_later, begin,
						end),
		cmocka_unit_test(a_sparse_capture_is_not_blind),
		cmocka_unit_test(each_share_is_told_and_its_recovery),
		cmocka_unit_test_setup_teardown(thresholds_have_hysteresis, begin, end),
		cmocka_unit_test_setup_teardown(blindness_does_not_end_by_itself, begin, end),
		cmocka_unit_test_setup_teardown(another_input_is_no_silence, begin, end),
		cmocka_unit_test_setup_teardown(a_cause_from_elsewhere, begin, end),
		cmocka_unit_test_setup_teardown(any_timeline_is_sane, begin, end),
		cmocka_unit_test(a_whole_mirror),
		cmocka_unit_test(half_a_mirror),
		cmocka_unit_test(a_mirror_that_loses_a_fifth),
		cmocka_unit_test(a_busy_mirror),
		cmocka_unit_test(a_scan_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
