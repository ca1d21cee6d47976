/* SPDX-License-Identifier: ISC */
/*
 * What is inside a tunnel is decoded as if it came without, whatever the tunnel; each frame lies in
 * a heap block of exactly the captured bytes, is cut at every byte, and lies with every byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/grammar.h"
#include "policy/policy.h"
#include "tests/unit/random.h"
#include "tests/unit/tunnels.h"

#define VNI_A 0x001092

static const struct packet_spec inner4 = {
	.source = "203.0.113.7",
	.destination = "10.20.0.5",
	.source_port = 40000,
	.destination_port = 6379,
	.flags = TCP_PSH | TCP_ACK,
	.sequence = 1000,
	.acknowledgement = 77,
	.payload = "hello",
};

static const struct packet_spec inner6 = {
	.source = "2001:db8::7",
	.destination = "fd00::5",
	.source_port = 40000,
	.destination_port = 6379,
	.flags = TCP_PSH | TCP_ACK,
	.sequence = 1000,
	.acknowledgement = 77,
	.payload = "hello",
};

static struct frame frame;
static struct packet packet;
static struct decoder decoder;

static enum decode_result decode_cut(size_t captured, size_t wire)
{
	uint8_t *copy = malloc(captured ? captured : 1);
	enum decode_result result;

	memcpy(copy, frame.bytes, captured);
	result = decode_packet(&decoder, frame.link, captured ? copy : copy + 1, (uint32_t)captured,
			       (uint32_t)wire, 5, &packet);
	if (result == DECODE_OK && packet.payload) {
		assert_true(packet.payload >= copy);
		assert_true(packet.payload + packet.payload_length <= copy + captured);
		packet.payload = frame.bytes + (packet.payload - copy);
	}
	assert_true(result < DECODE_RESULT_COUNT);
	assert_true(packet.tunnel_count <= TUNNELS_MAX);
	free(copy);
	return result;
}

static enum decode_result decode(void)
{
	return decode_cut(frame.length, frame.length);
}

static void expect_inner(const struct packet_spec *spec, const char *name)
{
	struct address source = address_of(spec->source);
	struct address destination = address_of(spec->destination);
	enum decode_result result = decode();

	if (result != DECODE_OK)
		fail_msg("%s: %s", name, decode_result_name(result));
	assert_true(address_equal(&packet.source, &source));
	assert_true(address_equal(&packet.destination, &destination));
	assert_int_equal(packet.source_port, 40000);
	assert_int_equal(packet.destination_port, 6379);
	assert_int_equal(packet.transport, spec->transport ? spec->transport : IP_TCP);
	assert_int_equal(packet.payload_length, 5);
	assert_int_equal(packet.payload_wire, 5);
	assert_memory_equal(packet.payload, "hello", 5);
	assert_int_equal(packet.realm, 0);
}

static void expect_tunnel(const struct tunnel_case *tunnel, bool outer_is_ipv6)
{
	struct address source = address_of(outer_is_ipv6 ? OUTER_SOURCE6 : OUTER_SOURCE);
	struct address destination =
		address_of(outer_is_ipv6 ? OUTER_DESTINATION6 : OUTER_DESTINATION);
	const struct tunnel *layer = &packet.tunnels[0];
	enum tunnel_kind kind = tunnel->kind;

	if (kind == TUNNEL_6IN4 && outer_is_ipv6)
		kind = TUNNEL_IPIP;
	assert_true(packet.tunnel_count >= 1);
	assert_int_equal(layer->kind, kind);
	assert_int_equal(layer->has_id, tunnel->has_id);
	assert_int_equal(layer->id, tunnel->id);
	assert_int_equal(packet.vlan, tunnel->vlan);
	assert_int_equal(layer->over_ip, tunnel->transport != 0);
	if (layer->over_ip) {
		assert_true(address_equal(&layer->source, &source));
		assert_true(address_equal(&layer->destination, &destination));
	}
}

/* Each sensible combination of a tunnel, families and transports, as built frames. */
static void for_each(void (*check)(const struct tunnel_case *, const struct packet_spec *, bool))
{
	for (size_t i = 0; i < TUNNEL_CASES; i++) {
		const struct tunnel_case *tunnel = &tunnel_cases[i];

		for (int kind = 0; kind < 8; kind++) {
			struct packet_spec spec = kind & 1 ? inner6 : inner4;

			if ((kind & 1 && tunnel->only_ipv4) || (!(kind & 1) && tunnel->only_ipv6))
				continue;
			spec.transport = kind & 2 ? IP_UDP : IP_TCP;
			tunnel_build(&frame, tunnel, &spec, kind & 4);
			check(tunnel, &spec, kind & 4);
		}
	}
}

static void check_whole(const struct tunnel_case *tunnel, const struct packet_spec *inner,
			bool outer_is_ipv6)
{
	expect_inner(inner, tunnel->name);
	expect_tunnel(tunnel, outer_is_ipv6);
}

static void every_encapsulation(void **state)
{
	(void)state;
	for_each(check_whole);
}

/* Before the inner ports are there, it is nothing, or the outer datagram that it also is. */
static void check_cuts(const struct tunnel_case *tunnel, const struct packet_spec *inner,
		       bool outer_is_ipv6)
{
	size_t payload_at = frame.length - 5;
	size_t header = inner->transport == IP_UDP ? 8 : 20, enough = header == 8 ? 8 : 14;

	(void)outer_is_ipv6;
	for (size_t captured = 0; captured <= frame.length; captured++) {
		enum decode_result result = decode_cut(captured, frame.length);

		if (captured < payload_at - header + enough) {
			if (result == DECODE_OK)
				assert_int_equal(packet.destination_port, tunnel->where);
			continue;
		}
		if (result != DECODE_OK)
			fail_msg("%s: %s with %zu of %zu", tunnel->name, decode_result_name(result),
				 captured, frame.length);
		assert_int_equal(packet.destination_port, 6379);
		assert_int_equal(packet.payload_wire, 5);
		assert_int_equal(packet.payload_length,
				 captured > payload_at ? captured - payload_at : 0);
	}
}

static void cut_at_every_byte(void **state)
{
	(void)state;
	for_each(check_cuts);
}

static void check_lies(const struct tunnel_case *tunnel, const struct packet_spec *inner,
		       bool outer_is_ipv6)
{
	static const uint8_t values[] = {0, 1, 0x0f, 0x40, 0x45, 0x7f, 0x80, 0xff};

	(void)tunnel;
	(void)inner;
	(void)outer_is_ipv6;
	for (size_t at = 0; at < frame.length; at++) {
		uint8_t before = frame.bytes[at];

		for (size_t i = 0; i < sizeof values; i++) {
			frame.bytes[at] = values[i];
			decode();
			decode_cut(frame.length / 2 + at % 7, frame.length);
		}
		frame.bytes[at] = before;
	}
}

static void every_byte_lies(void **state)
{
	(void)state;
	for_each(check_lies);
}

/* A mirror that cuts packets off sends frames that are whole, of packets that are not. */
static void a_mirror_that_cuts(void **state)
{
	(void)state;
	tunnel_build(&frame, &tunnel_cases[0], &inner4, false);
	assert_int_equal(decode_cut(frame.length - 3, frame.length - 3), DECODE_OK);
	assert_int_equal(packet.payload_length, 2);
	assert_int_equal(packet.payload_wire, 5);
	assert_true(packet.cut);
	assert_int_equal(packet.tunnel_count, 1);
}

static const struct tunnel_case *case_named(const char *name)
{
	for (size_t i = 0; i < TUNNEL_CASES; i++) {
		if (strcmp(tunnel_cases[i].name, name) == 0)
			return &tunnel_cases[i];
	}
	fail_msg("no case %s", name);
	return NULL;
}

/* GRE keys in IPv4 in IPv4 …: `depth` layers over IP around the inner packet. */
static void build_nested(int depth)
{
	static uint8_t content[2][FRAME_MAX];
	struct packet_spec spec = inner4;

	for (int i = 0; i < depth; i++) {
		const struct tunnel_case *tunnel = case_named("IPv4 in IP");
		size_t length = tunnel_content(content[i % 2], tunnel, &spec);

		spec = (struct packet_spec){
			.source = OUTER_SOURCE,
			.destination = OUTER_DESTINATION,
			.transport = tunnel->transport,
			.payload = content[i % 2],
			.payload_length = length,
		};
	}
	packet_build(&frame, &spec);
}

static void nested_to_two_and_no_deeper(void **state)
{
	(void)state;
	for (int depth = 0; depth <= 2; depth++) {
		build_nested(depth);
		expect_inner(&inner4, "nested");
		assert_int_equal(packet.tunnel_count, depth);
	}
	for (int depth = 3; depth < 40; depth++) {
		build_nested(depth);
		assert_int_equal(decode(), DECODE_TOO_DEEP);
	}
}

static void mpls_and_pppoe_around_a_tunnel_do_not_count_against_it(void **state)
{
	static uint8_t content[FRAME_MAX];
	struct packet_spec spec = {
		.link = LINK_RAW,
		.source = OUTER_SOURCE,
		.destination = OUTER_DESTINATION,
		.transport = 47,
		.payload = content,
	};
	static struct frame raw;

	(void)state;
	spec.payload_length = tunnel_content(content, case_named("ERSPAN II"), &inner4);
	packet_build(&raw, &spec);
	frame.link = LINK_ETHERNET;
	frame.length = 0;
	frame_put(&frame, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
	frame_put_be16(&frame, 0x8864);
	frame_put(&frame, "\x11\0\0\x63", 4);
	frame_put_be16(&frame, raw.length + 6);
	frame_put_be16(&frame, 0x0281); /* MPLS */
	frame_put(&frame, "\0\1\1\x40", 4);
	frame_put(&frame, raw.bytes, raw.length);
	expect_inner(&inner4, "MPLS in PPPoE");
	assert_int_equal(packet.tunnel_count, 3);
	assert_int_equal(packet.tunnels[0].kind, TUNNEL_PPPOE);
	assert_int_equal(packet.tunnels[1].kind, TUNNEL_MPLS);
	assert_int_equal(packet.tunnels[2].kind, TUNNEL_ERSPAN2);
}

/* In a pseudo-wire without control word, an address that begins like an IP header. */
static void ethernet_that_begins_like_ip(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 256; first++) {
		if (first >> 4 == 1)
			continue; /* the pseudo-wire's control channel */
		tunnel_build(&frame, case_named("MPLS, pseudo-wire without"), &inner4, false);
		frame.bytes[18] = (uint8_t)first;
		memset(frame.bytes + 19, 0x33, 5);
		expect_inner(&inner4, "pseudo-wire");
	}
}

static void tags_outside_and_inside(void **state)
{
	struct packet_spec spec = inner4;

	(void)state;
	spec.tags[0] = 0x8100;
	spec.vlan = 300;
	tunnel_build(&frame, case_named("VXLAN"), &spec, false);
	expect_inner(&spec, "inner tag");
	assert_int_equal(packet.vlan, 300);
	assert_int_equal(packet.vlan_inner, 0);
	tunnel_build(&frame, case_named("ERSPAN II"), &spec, false);
	expect_inner(&spec, "inner tag");
	assert_int_equal(packet.vlan, 100);
	assert_int_equal(packet.vlan_inner, 300);
	spec.tags[1] = 0x8100;
	packet_build(&frame, &spec);
	expect_inner(&spec, "QinQ");
	assert_int_equal(packet.vlan, 300);
	assert_int_equal(packet.vlan_inner, 301);
}

static void realms_only_by_option(void **state)
{
	struct decode_options apart = {.separate_vni = true};

	(void)state;
	tunnel_build(&frame, case_named("VXLAN"), &inner4, false);
	expect_inner(&inner4, "VXLAN");
	decoder = decoder_of(&apart);
	assert_int_equal(decode(), DECODE_OK);
	assert_int_equal(packet.realm, VNI_A);
	packet_build(&frame, &inner4);
	assert_int_equal(decode(), DECODE_OK);
	assert_int_equal(packet.realm, 0);
}

/* A client may have the port of a tunnel by chance. */
static void datagrams_to_a_tunnels_port_that_are_none(void **state)
{
	static const uint16_t ports[] = {4789, 6081, 37008, 2152, 4754};
	static const char *const payloads[] = {"", "x", "hello, this is some other protocol",
					       "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"};
	struct packet_spec spec = inner4;

	(void)state;
	spec.transport = IP_UDP;
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
		for (size_t j = 0; j < sizeof payloads / sizeof *payloads; j++) {
			if (ports[i] == 4789 && (payloads[j][0] & 0x08))
				continue; /* has the flag: 'h', 0xff */
			spec.destination_port = ports[i];
			spec.payload = payloads[j];
			packet_build(&frame, &spec);
			assert_int_equal(decode(), DECODE_OK);
			assert_int_equal(packet.destination_port, ports[i]);
			assert_int_equal(packet.tunnel_count, 0);
		}
	}
	/* Neither does a port that is not listed. */
	tunnel_build(&frame, case_named("VXLAN"), &inner4, false);
	put_be16(frame.bytes + frame.transport_at + 2, 4790);
	assert_int_equal(decode(), DECODE_OK);
	assert_int_equal(packet.destination_port, 4790);
}

/* One bit that the standard reserves, one length that does not fit: then it is no tunnel. */
static void a_header_is_the_tunnels_to_the_last_bit(void **state)
{
	static const struct {
		const char *name;
		uint8_t at, bits;
	} wrong[] = {
		{"VXLAN", 0, 0x08},

		{"GENEVE, IPv4", 0, 0x40},
		{"GENEVE, IPv4", 1, 0x80},
		{"GENEVE, IPv4", 1, 0x01},
		{"GENEVE, IPv4", 7, 0x01},
		{"GENEVE, options", 0, 0x01},
		{"GENEVE, options", 11, 0x01},
		{"GENEVE, options", 11, 0x80},
		{"TZSP, no tags", 0, 0x02},
		{"TZSP, no tags", 1, 0x02},
		{"GTP-U", 0, 0x08},
		{"GTP-U", 0, 0x20},
		{"GTP-U", 1, 0x01},
		{"GTP-U", 3, 0x01},
		{"GRE in UDP", 0, 0x40},
		{"GRE in UDP", 1, 0x01},
		{"GRE in UDP", 2, 0x10},
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		const struct tunnel_case *tunnel = case_named(wrong[i].name);

		tunnel_build(&frame, tunnel, &inner4, false);
		frame.bytes[frame.payload_at + wrong[i].at] ^= wrong[i].bits;
		assert_int_equal(decode(), DECODE_OK);
		assert_int_equal(packet.tunnel_count, 0);
		assert_int_equal(packet.transport, IP_UDP);
		assert_int_equal(packet.destination_port, tunnel->where);
	}
}

/* VXLAN's are to be ignored by who receives them; but such a header proves nothing by itself. */
static void reserved_bits_of_vxlan_are_marked(void **state)
{
	static const struct {
		const char *name;
		uint8_t at, bits;
	} loose[] = {
		{"VXLAN", 0, 0x90}, {"VXLAN", 0, 0x01}, {"VXLAN", 1, 0x01},
		{"VXLAN", 3, 0x80}, {"VXLAN", 7, 0x01}, {"VXLAN, group policy", 1, 0x01},
	};

	(void)state;
	for (size_t i = 0; i < sizeof loose / sizeof *loose; i++) {
		tunnel_build(&frame, case_named(loose[i].name), &inner4, false);
		assert_int_equal(decode(), DECODE_OK);
		assert_int_equal(packet.tunnels[0].marks, TUNNEL_OVER_UDP);
		frame.bytes[frame.payload_at + loose[i].at] ^= loose[i].bits;
		assert_int_equal(decode(), DECODE_OK);
		assert_int_equal(packet.tunnels[0].marks, TUNNEL_OVER_UDP | TUNNEL_LOOSE);
	}
}

/* FOU has no port of its own: whoever lists some means these alone. */
static void fou_is_on_the_listed_ports_alone(void **state)
{
	struct decode_options options = {.fou_ports = {7777}, .fou_port_count = 1};
	const struct tunnel_case *usual = case_named("FOU");
	const struct tunnel_case *listed = case_named("FOU on a listed port");

	(void)state;
	decoder = decoder_of(NULL);
	tunnel_build(&frame, usual, &inner4, false);
	assert_int_equal(decode(), DECODE_OK);
	assert_int_equal(packet.tunnel_count, 1);
	tunnel_build(&frame, listed, &inner4, false);
	assert_int_equal(decode(), DECODE_OK);
	assert_int_equal(packet.tunnel_count, 0);
	decoder = decoder_of(&options);
	assert_int_equal(decode(), DECODE_OK);
	assert_int_equal(packet.tunnel_count, 1);
	assert_int_equal(packet.tunnels[0].kind, TUNNEL_FOU);
	tunnel_build(&frame, usual, &inner4, false);
	assert_int_equal(decode(), DECODE_OK);
	assert_int_equal(packet.tunnel_count, 0);
}

/* The other view of a packet: the datagram that its tunnel came in. */
static void a_tunnel_in_udp_is_a_datagram_as_well(void **state)
{
	struct decode_frame whole;

	(void)state;
	tunnel_build(&frame, case_named("VXLAN"), &inner4, false);
	whole = (struct decode_frame){1, frame.bytes, (uint32_t)frame.length,
				      (uint32_t)frame.length};
	assert_int_equal(decode(), DECODE_OK);
	assert_int_equal(packet.tunnels[0].marks, TUNNEL_OVER_UDP);
	assert_int_equal(decode_packet_to(&decoder, LINK_ETHERNET, &whole, 0, &packet), DECODE_OK);
	assert_int_equal(packet.tunnel_count, 0);
	assert_int_equal(packet.destination_port, 4789);
	assert_int_equal(decode_packet_to(&decoder, LINK_ETHERNET, &whole, 1, &packet), DECODE_OK);
	assert_int_equal(packet.tunnel_count, 1);
	tunnel_build(&frame, case_named("GRE, IPv4"), &inner4, false);
	assert_int_equal(decode(), DECODE_OK);
	assert_int_equal(packet.tunnels[0].marks, 0);
}

static void each_kind_can_be_switched_off(void **state)
{
	(void)state;
	for (size_t i = 0; i < TUNNEL_CASES; i++) {
		const struct tunnel_case *tunnel = &tunnel_cases[i];
		struct decode_options none = {.tunnels_off = UINT32_MAX};

		if (tunnel->transport == 0 || tunnel_by_option(tunnel))
			continue;
		decoder = decoder_of(&none);
		tunnel_build(&frame, tunnel, tunnel->only_ipv6 ? &inner6 : &inner4, false);
		assert_int_equal(decode(),
				 tunnel->transport == IP_UDP ? DECODE_OK : DECODE_NOT_OURS);
		assert_int_equal(packet.tunnel_count, 0);
		if (tunnel->transport == IP_UDP)
			assert_int_equal(packet.destination_port, tunnel->where);
	}
}

static void the_policy_knows_the_same_names(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < TUNNEL_KIND_COUNT; kind++)
		assert_string_equal(grammar_tunnel_kinds[kind],
				    tunnel_name((enum tunnel_kind)kind));
	assert_null(grammar_tunnel_kinds[TUNNEL_KIND_COUNT]);
}

/* Anybody can make up tunnels: theirs leave room for the names of others. */
static void claimed_paths_do_not_fill_the_table(void **state)
{
	struct tunnel_table *table = tunnel_table_new(1);
	struct tunnel layer = {.kind = TUNNEL_GRE, .over_ip = 1, .marks = TUNNEL_CLAIMED};

	(void)state;
	for (uint32_t i = 1; i <= 10000; i++) {
		layer.id = i;
		tunnel_table_note(table, &layer, 1);
	}
	assert_true(tunnel_table_refusals(table) > 9000);
	layer.marks = 0;
	for (uint32_t i = 1; i <= 700; i++) {
		layer.id = i;
		assert_int_not_equal(tunnel_table_note(table, &layer, 1), 0);
	}
	tunnel_table_free(table);
}

static void what_is_not_understood_is_said(void **state)
{
	static const struct {
		uint8_t transport;
		const char *bytes;
		uint8_t length;
	} cases[] = {
		{47, "\0\2\x08\0", 4},				      /* GRE version 2 */
		{47, "\x40\0\x08\0\0\0\0\0", 8},		      /* source routes */
		{47, "\0\1\x08\0", 4},				      /* version 1 without PPP */
		{47, "\x10\0\x88\xbe\0\0\0\1\x70\0\0\0\0\0\0\0", 16}, /* ERSPAN version 7 */
		{47, "\x10\0\x22\xeb\0\0\0\1\x20\0\0\1\0\0\0\0\0\0\x0c\0", 20}, /* frame type 3 */
		{47, "\0\0\x88\x0b\0\x53", 6},					/* PPP, encrypted */
		{97, "\x40\0", 2}, /* EtherIP version 4 */
	};
	char bytes[128] = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct packet_spec spec = {
			.source = OUTER_SOURCE,
			.destination = OUTER_DESTINATION,
			.transport = cases[i].transport,
			.payload = bytes,
			.payload_length = 100,
		};

		memset(bytes, 0, sizeof bytes);
		memcpy(bytes, cases[i].bytes, cases[i].length);
		packet_build(&frame, &spec);
		assert_int_equal(decode(), DECODE_TUNNEL);
	}
}

static void what_is_not_ip_inside_is_not_ip(void **state)
{
	(void)state;
	tunnel_build(&frame, case_named("VXLAN"), &inner4, false);
	put_be16(frame.bytes + frame.payload_at + 8 + 12, 0x0806);
	assert_int_equal(decode(), DECODE_NOT_IP);
	tunnel_build(&frame, case_named("PPPoE"), &inner4, false);
	put_be16(frame.bytes + 20, 0xc021); /* link control */
	assert_int_equal(decode(), DECODE_NOT_IP);
	frame.bytes[15] = 0x09; /* discovery */
	assert_int_equal(decode(), DECODE_NOT_IP);
}

static void wrong_checksums_only_by_option(void **state)
{
	struct decode_options strict = {.checksums = true};

	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct packet_spec spec = kind & 1 ? inner6 : inner4;

		spec.transport = kind & 2 ? IP_UDP : IP_TCP;
		packet_build(&frame, &spec);
		decoder = decoder_of(&strict);
		assert_int_equal(decode(), DECODE_OK);
		frame.bytes[frame.length - 1] ^= 1;
		assert_int_equal(decode(), DECODE_CHECKSUM);
		decoder = decoder_of(NULL);
		assert_int_equal(decode(), DECODE_OK);
	}
	/* Of the IP header as well; and inside a tunnel. */
	decoder = decoder_of(&strict);
	packet_build(&frame, &inner4);
	frame.bytes[frame.ip_at + 8]--;
	assert_int_equal(decode(), DECODE_CHECKSUM);
	tunnel_build(&frame, case_named("VXLAN"), &inner4, false);
	assert_int_equal(decode(), DECODE_OK);
	frame.bytes[frame.length - 1] ^= 1;
	put_be16(frame.bytes + frame.transport_at + 6, 0);
	assert_int_equal(decode(), DECODE_CHECKSUM);
	/* What was cut off cannot be told. */
	assert_int_equal(decode_cut(frame.length - 1, frame.length), DECODE_OK);
}

static void noise_in_tunnels(void **state)
{
	struct random random = {.state = 23};

	(void)state;
	for (int i = 0; i < 200000; i++) {
		const struct tunnel_case *tunnel =
			&tunnel_cases[random_below(&random, (uint32_t)TUNNEL_CASES)];

		tunnel_build(&frame, tunnel, i & 1 ? &inner6 : &inner4, i & 2);
		for (uint32_t n = random_below(&random, 5); n > 0; n--)
			frame.bytes[random_below(&random, (uint32_t)frame.length)] =
				(uint8_t)random_next(&random);
		decode_cut(random_below(&random, (uint32_t)frame.length + 1), frame.length);
	}
}

static void every_kind_has_a_name(void **state)
{
	(void)state;
	for (int i = 1; i < TUNNEL_KIND_COUNT; i++)
		assert_true(strlen(tunnel_name((enum tunnel_kind)i)) >= 3);
	assert_string_equal(tunnel_name(TUNNEL_NONE), "");
}

static void paths_are_numbered_and_bounded(void **state)
{
	struct tunnel_table *table = tunnel_table_new(1);
	struct tunnel layers[2] = {{.kind = TUNNEL_VXLAN, .has_id = true, .id = 5},
				   {.kind = TUNNEL_GRE, .over_ip = true}};
	uint16_t one, two;

	(void)state;
	assert_int_equal(tunnel_table_note(table, layers, 0), 0);
	assert_int_equal(tunnel_table_get(table, 0)->count, 0);
	one = tunnel_table_note(table, layers, 1);
	two = tunnel_table_note(table, layers, 2);
	assert_int_not_equal(one, 0);
	assert_int_not_equal(one, two);
	assert_int_equal(tunnel_table_note(table, layers, 1), one);
	assert_int_equal(tunnel_table_get(table, two)->count, 2);
	assert_int_equal(tunnel_table_get(table, two)->layers[1].kind, TUNNEL_GRE);
	for (uint32_t id = 100; id < 5000; id++) {
		layers[0].id = id;
		tunnel_table_note(table, layers, 1);
	}
	assert_true(tunnel_table_refusals(table) >= 3000);
	layers[0].id = 5;
	assert_int_equal(tunnel_table_note(table, layers, 1), one);
	tunnel_table_free(table);
}

static int standard(void **state)
{
	struct decode_options options = {.vxlan_ports = {4789, 8472},
					 .vxlan_port_count = 2,
					 .fou_ports = {5555, 7777},
					 .fou_port_count = 2};

	(void)state;
	decoder = decoder_of(&options);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_encapsulation, standard),
		cmocka_unit_test_setup(cut_at_every_byte, standard),
		cmocka_unit_test_setup(every_byte_lies, standard),
		cmocka_unit_test_setup(a_mirror_that_cuts, standard),
		cmocka_unit_test_setup(nested_to_two_and_no_deeper, standard),
		cmocka_unit_test_setup(mpls_and_pppoe_around_a_tunnel_do_not_count_against_it,
				       standard),
		cmocka_unit_test_setup(ethernet_that_begins_like_ip, standard),
		cmocka_unit_test_setup(tags_outside_and_inside, standard),
		cmocka_unit_test_setup(realms_only_by_option, standard),
		cmocka_unit_test_setup(datagrams_to_a_tunnels_port_that_are_none, standard),
		cmocka_unit_test_setup(a_header_is_the_tunnels_to_the_last_bit, standard),
		cmocka_unit_test_setup(reserved_bits_of_vxlan_are_marked, standard),
		cmocka_unit_test(fou_is_on_the_listed_ports_alone),
		cmocka_unit_test_setup(a_tunnel_in_udp_is_a_datagram_as_well, standard),
		cmocka_unit_test(each_kind_can_be_switched_off),
		cmocka_unit_test(the_policy_knows_the_same_names),
		cmocka_unit_test(claimed_paths_do_not_fill_the_table),
		cmocka_unit_test_setup(what_is_not_understood_is_said, standard),
		cmocka_unit_test_setup(what_is_not_ip_inside_is_not_ip, standard),
		cmocka_unit_test_setup(wrong_checksums_only_by_option, standard),
		cmocka_unit_test_setup(noise_in_tunnels, standard),
		cmocka_unit_test_setup(every_kind_has_a_name, standard),
		cmocka_unit_test_setup(paths_are_numbered_and_bounded, standard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
