/* SPDX-License-Identifier: ISC */
/*
 * Copies are known by what no hop changes, within the window; what is sent again for a reason is
 * none. Frames are decoded by the real decoder, plain and in tunnels.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/base/hash.h"
#include "sensor/tables/duplicates.h"
#include "sensor/tables/flow.h"
#include "tests/unit/tunnels.h"

#define MILLISECOND 1000000ull
#define START	    (1700000000000 * MILLISECOND)

static const struct packet_spec tcp = {
	.source = "203.0.113.7",
	.destination = "10.20.0.5",
	.source_port = 40000,
	.destination_port = 6379,
	.flags = TCP_PSH | TCP_ACK,
	.sequence = 1000,
	.acknowledgement = 77,
	.payload = "hello",
};

static struct duplicates *table;
static struct decoder decoder;
static struct frame frame;

static int open_table(void **state)
{
	(void)state;
	decoder = decoder_of(NULL);
	table = duplicates_new(100 * MILLISECOND, 5);
	return table ? 0 : -1;
}

static int close_table(void **state)
{
	(void)state;
	duplicates_free(table);
	return 0;
}

static bool ask(const struct packet *packet)
{
	struct flow_key key;

	if (packet->kind == PACKET_ICMP_ERROR)
		flow_key_of_quoted(packet, &key);
	else
		flow_key_of(packet, &key);
	return duplicates_seen(
		table, packet->ts_ns,
		duplicates_fingerprint(table, packet, hash_bytes(&key, sizeof key, 5)));
}

/* The frame as it is now, so many milliseconds after the start. */
static bool seen(int64_t at_ms)
{
	struct packet packet;

	assert_int_equal(decode_packet(&decoder, frame.link, frame.bytes, (uint32_t)frame.length,
				       (uint32_t)frame.length,
				       START + (uint64_t)at_ms * MILLISECOND, &packet),
			 DECODE_OK);
	return ask(&packet);
}

static void set_ip(size_t at, uint8_t value)
{
	frame.bytes[frame.ip_at + at] = value;
	frame_finish_ip(&frame, true, IP_TCP);
}

static void what_a_hop_changes(void **state)
{
	struct packet_spec spec = tcp;

	(void)state;
	packet_build(&frame, &spec);
	assert_false(seen(0));
	assert_true(seen(0));
	set_ip(8, 63); /* TTL */
	assert_true(seen(1));
	set_ip(1, 0x28); /* class of service */
	assert_true(seen(2));
	memset(frame.bytes, 0xaa, 12);
	assert_true(seen(3));
	spec.tags[0] = 0x8100;
	spec.vlan = 9;
	packet_build(&frame, &spec);
	assert_true(seen(4));
	for (size_t i = 0; i < TUNNEL_CASES; i++) {
		if (tunnel_cases[i].only_ipv6 || tunnel_by_option(&tunnel_cases[i]))
			continue;
		tunnel_build(&frame, &tunnel_cases[i], &tcp, i & 1);
		assert_true(seen(5));
	}
}

static void what_makes_another_packet(void **state)
{
	struct packet_spec spec = tcp;

	(void)state;
	packet_build(&frame, &spec);
	assert_false(seen(0));
	set_ip(5, 0x35); /* identification: sent again by TCP */
	assert_false(seen(1));
	spec.sequence++;
	packet_build(&frame, &spec);
	assert_false(seen(1));
	spec.acknowledgement++;
	packet_build(&frame, &spec);
	assert_false(seen(1));
	spec.flags |= TCP_FIN;
	packet_build(&frame, &spec);
	assert_false(seen(1));
	spec.payload = "hello!";
	packet_build(&frame, &spec);
	assert_false(seen(1));
	spec.source_port++;
	packet_build(&frame, &spec);
	assert_false(seen(1));
	spec.source = tcp.destination; /* the other way round is no copy */
	spec.destination = tcp.source;
	spec.source_port = 6379;
	spec.destination_port = 40000;
	packet_build(&frame, &spec);
	assert_false(seen(1));
	spec.transport = IP_UDP;
	packet_build(&frame, &spec);
	assert_false(seen(1));
	spec.payload = "hallo!"; /* datagrams are told apart by their bytes */
	packet_build(&frame, &spec);
	assert_false(seen(1));
	assert_true(seen(2));
}

/* Two lines of a log in one second: as long, and alike but for the end. */
static void datagrams_that_begin_alike(void **state)
{
	char line[300];
	struct packet_spec spec = tcp;

	(void)state;
	memset(line, 'x', sizeof line);
	spec.transport = IP_UDP;
	spec.payload = line;
	spec.payload_length = sizeof line;
	packet_build(&frame, &spec);
	assert_false(seen(0));
	line[sizeof line - 1] = 'y';
	packet_build(&frame, &spec);
	assert_false(seen(1));
	assert_true(seen(2));
}

static void only_within_the_window(void **state)
{
	(void)state;
	packet_build(&frame, &tcp);
	assert_false(seen(0));
	assert_true(seen(100));
	assert_false(seen(101)); /* a copy does not make it longer */
	assert_true(seen(150));
	assert_true(seen(1)); /* captured in another order */
	assert_false(seen(-1000));
	assert_false(seen((1 << 20) * 10 + 500));
}

/* The frame at hand, in VXLAN. */
static void tunnel_wrap_frame(void)
{
	static uint8_t content[FRAME_MAX];
	struct packet_spec outer = {
		.source = OUTER_SOURCE,
		.destination = OUTER_DESTINATION,
		.transport = IP_UDP,
		.source_port = 55555,
		.destination_port = 4789,
		.payload = content,
		.payload_length = 8 + frame.length,
	};

	memcpy(content, tunnel_cases[0].header, 8);
	memcpy(content + 8, frame.bytes, frame.length);
	packet_build(&frame, &outer);
}

static void errors_of_icmp(void **state)
{
	(void)state;
	packet_build_icmp_error(&frame, "10.20.0.5", &tcp, 3, 3, 40);
	assert_false(seen(0));
	assert_true(seen(1));
	packet_build_icmp_error(&frame, "10.20.0.5", &tcp, 3, 13, 40);
	assert_false(seen(1));
	packet_build_icmp_error(&frame, "10.20.0.1", &tcp, 3, 13, 40);
	assert_false(seen(1));
	tunnel_wrap_frame();
	assert_true(seen(1));
	assert_true(seen(1));
}

static void realms_are_apart(void **state)
{
	struct decode_options options = {.separate_vni = true};

	(void)state;
	packet_build(&frame, &tcp);
	assert_false(seen(0));
	decoder = decoder_of(&options);
	tunnel_build(&frame, &tunnel_cases[0], &tcp, false);
	assert_false(seen(0));
	assert_true(seen(0));
}

static void a_window_of_nothing(void **state)
{
	(void)state;
	duplicates_free(table);
	table = duplicates_new(0, 5);
	packet_build(&frame, &tcp);
	assert_false(seen(0));
	assert_false(seen(0));
}

/* Of so many packets between a packet and its copy nearly all are remembered, and no other is taken
 * for a copy. */
static void many_packets(void **state)
{
	struct packet packet = {.ts_ns = START, .kind = PACKET_TCP, .transport = IP_TCP};
	uint32_t found = 0;

	(void)state;
	for (uint32_t i = 0; i < 200000; i++) {
		packet.sequence = i;
		assert_false(ask(&packet));
		if (i < 20000)
			continue;
		packet.sequence = i - 20000;
		found += ask(&packet);
	}
	assert_true(found > 175000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_table, close_table)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_a_hop_changes),
		TEST(what_makes_another_packet),
		TEST(datagrams_that_begin_alike),
		TEST(only_within_the_window),
		TEST(errors_of_icmp),
		TEST(realms_are_apart),
		TEST(a_window_of_nothing),
		TEST(many_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
