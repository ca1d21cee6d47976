/* SPDX-License-Identifier: ISC */
/*
 * The decoder on frames that are right, wrong, and cut off: every link type, tag, extension header
 * and header length; each frame lies in a heap block of exactly the captured bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/decode/encapsulation.h"
#include "tests/unit/packets.h"
#include "tests/unit/random.h"

#define CLIENT	"203.0.113.7"
#define SERVER	"10.20.0.5"
#define CLIENT6 "2001:db8::7"
#define SERVER6 "fd00::5"

static const struct packet_spec tcp4 = {
	.source = CLIENT,
	.destination = SERVER,
	.source_port = 40000,
	.destination_port = 6379,
	.flags = TCP_PSH | TCP_ACK,
	.sequence = 0xfffffffe,
	.acknowledgement = 77,
	.payload = "hello",
};

static const struct packet_spec tcp6 = {
	.source = CLIENT6,
	.destination = SERVER6,
	.source_port = 40000,
	.destination_port = 6379,
	.flags = TCP_PSH | TCP_ACK,
	.sequence = 0xfffffffe,
	.acknowledgement = 77,
	.payload = "hello",
};

static struct frame frame; /* large; each test builds its own */
static struct packet packet;
static struct decoder decoder;

/* Reads the frame's first `captured` bytes out of an exactly sized block. */
static enum decode_result decode_cut(size_t captured, size_t wire)
{
	uint8_t *copy = malloc(captured ? captured : 1);
	enum decode_result result;

	memcpy(copy, frame.bytes, captured);
	result = decode_packet(&decoder, frame.link, captured ? copy : copy + 1, (uint32_t)captured,
			       (uint32_t)wire, 5, &packet);
	if (result == DECODE_OK && packet.kind != PACKET_ICMP_ERROR) {
		/* Pointers are into the block; touch all that is promised. */
		volatile uint8_t touched = 0;

		assert_ptr_equal(packet.ip, copy + frame.ip_at);
		for (uint32_t i = 0; i < packet.ip_length; i++)
			touched ^= packet.ip[i];
		for (uint32_t i = 0; i < packet.payload_length; i++)
			touched ^= packet.payload[i];
		(void)touched;
		assert_true((packet.payload == NULL) == (packet.payload_length == 0));
		assert_true(packet.payload_length <= packet.payload_wire);
		packet.payload = packet.payload ? frame.bytes + (packet.payload - copy) : NULL;
	}
	free(copy);
	return result;
}

static enum decode_result decode(void)
{
	return decode_cut(frame.length, frame.length);
}

static enum decode_result decode_spec(const struct packet_spec *spec)
{
	packet_build(&frame, spec);
	return decode();
}

static void expect_hello(const struct packet_spec *spec)
{
	struct address source = address_of(spec->source);
	struct address destination = address_of(spec->destination);

	assert_int_equal(decode(), DECODE_OK);
	assert_int_equal(packet.ts_ns, 5);
	assert_true(address_equal(&packet.source, &source));
	assert_true(address_equal(&packet.destination, &destination));
	assert_int_equal(packet.source_port, 40000);
	assert_int_equal(packet.destination_port, 6379);
	assert_int_equal(packet.payload_length, 5);
	assert_int_equal(packet.payload_wire, 5);
	assert_memory_equal(packet.payload, "hello", 5);
	assert_false(packet.incomplete);
	if (spec->transport == IP_UDP) {
		assert_int_equal(packet.kind, PACKET_UDP);
		assert_int_equal(packet.transport, IP_UDP);
		return;
	}
	assert_int_equal(packet.kind, PACKET_TCP);
	assert_int_equal(packet.transport, IP_TCP);
	assert_int_equal(packet.tcp_flags, TCP_PSH | TCP_ACK);
	assert_int_equal(packet.sequence, 0xfffffffe);
	assert_int_equal(packet.acknowledgement, 77);
}

static void every_link_type_family_and_transport(void **state)
{
	static const enum link_type links[] = {LINK_ETHERNET, LINK_SLL, LINK_SLL2, LINK_RAW,
					       LINK_NULL};

	(void)state;
	for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
		for (int kind = 0; kind < 4; kind++) {
			struct packet_spec spec = kind & 1 ? tcp6 : tcp4;

			spec.link = links[i];
			spec.transport = kind & 2 ? IP_UDP : IP_TCP;
			packet_build(&frame, &spec);
			expect_hello(&spec);
			assert_int_equal(packet.vlan, 0);
			assert_int_equal(packet.ip_length, frame.length - frame.ip_at);
		}
	}
	assert_int_equal(decode_packet(&decoder, LINK_UNSUPPORTED, frame.bytes, 60, 60, 0, &packet),
			 DECODE_UNSUPPORTED_LINK);
}

static void the_family_of_loopback_in_either_byte_order(void **state)
{
	static const struct {
		uint8_t family[4];
		bool v6, known;
	} cases[] = {
		{{2, 0, 0, 0}, false, true},  {{0, 0, 0, 2}, false, true},
		{{10, 0, 0, 0}, true, true},  {{0, 0, 0, 10}, true, true},
		{{24, 0, 0, 0}, true, true},  {{28, 0, 0, 0}, true, true},
		{{0, 0, 0, 30}, true, true},  {{7, 0, 0, 0}, false, false},
		{{0, 0, 0, 0}, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct packet_spec spec = cases[i].v6 ? tcp6 : tcp4;

		spec.link = LINK_NULL;
		packet_build(&frame, &spec);
		memcpy(frame.bytes, cases[i].family, 4);
		assert_int_equal(decode(), cases[i].known ? DECODE_OK : DECODE_NOT_IP);
	}
}

static void every_vlan_ethertype_single_and_double(void **state)
{
	static const uint16_t types[] = {0x8100, 0x88a8, 0x9100, 0x9200, 0x9300};
	static const enum link_type links[] = {LINK_ETHERNET, LINK_SLL, LINK_SLL2};
	struct packet_spec spec = tcp4;

	(void)state;
	spec.vlan = 0xabc;
	for (size_t link = 0; link < 3; link++) {
		for (size_t i = 0; i < 5; i++) {
			spec.link = links[link];
			spec.tags[0] = types[i];
			spec.tags[1] = 0;
			packet_build(&frame, &spec);
			expect_hello(&spec);
			assert_int_equal(packet.vlan, 0xabc);
			for (size_t j = 0; j < 5; j++) {
				spec.tags[1] = types[j];
				packet_build(&frame, &spec);
				expect_hello(&spec);
				assert_int_equal(packet.vlan, 0xabc);
			}
		}
	}
	/* An ethertype that only shares bits with theirs is none. */
	spec.link = LINK_ETHERNET;
	spec.tags[1] = 0;
	spec.tags[0] = 0x9000;
	assert_int_equal(decode_spec(&spec), DECODE_NOT_IP);
	/* Several, to a bound. */
	for (int i = 0; i < PACKET_TAGS; i++) {
		spec.tags[i] = 0x8100;
		packet_build(&frame, &spec);
		if (i < LINK_TAGS_MAX)
			expect_hello(&spec);
		else
			assert_int_equal(decode(), DECODE_TOO_DEEP);
	}
}

/* `header` after the addresses of Ethernet, then `behind`: what the frame begins with there. */
static void build_behind(const char *header, size_t length, enum link_type behind)
{
	static struct frame inner;
	struct packet_spec spec = tcp4;

	spec.link = behind;
	packet_build(&inner, &spec);
	frame.link = LINK_ETHERNET;
	frame.length = 0;
	frame_put(&frame, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
	frame_put(&frame, header, length);
	frame.ip_at = frame.length + inner.ip_at;
	frame.payload_at = frame.length + inner.payload_at;
	frame_put(&frame, inner.bytes, inner.length);
}

#define IN(bytes, behind) bytes, sizeof bytes - 1, behind

static void tags_and_headers_of_switches(void **state)
{
	static const struct {
		const char *name, *header;
		size_t length;
		enum link_type behind;
	} cases[] = {
		{"VN-Tag", IN("\x89\x26\0\1\0\2\x08\0", LINK_RAW)},
		{"E-Tag", IN("\x89\x3f\0\1\0\2\0\3\x08\0", LINK_RAW)},
		{"CMD", IN("\x89\x09\1\1\0\1\0\7\x08\0", LINK_RAW)},
		{"VLAN, CMD", IN("\x81\0\0\5\x89\x09\1\1\0\1\0\7\x08\0", LINK_RAW)},
		{"TTag", IN("\x89\x88\1\2\3\4\5\6\x08\0", LINK_RAW)},
		{"Arista, 64", IN("\xd2\x8b\0\1\0\x10\1\2\3\4\5\6\7\x8\x08\0", LINK_RAW)},
		{"Arista, 48", IN("\xd2\x8b\0\1\1\x20\1\2\3\4\5\6\x08\0", LINK_RAW)},
		{"HSR", IN("\x89\x2f\0\x40\0\1\x08\0", LINK_RAW)},
		{"MACsec", IN("\x88\xe5\0\0\0\0\0\1\x08\0", LINK_RAW)},
		{"MACsec, SCI", IN("\x88\xe5\x20\0\0\0\0\1\1\2\3\4\5\6\7\x8\x08\0", LINK_RAW)},
		{"LLC, SNAP", IN("\0\x30\xaa\xaa\3\0\0\0\x08\0", LINK_RAW)},
		{"LLC, IP", IN("\0\x30\x06\x06\3", LINK_RAW)},
		{"PBB", IN("\x88\xe7\0\0\1\2", LINK_ETHERNET)},
		{"BVLAN, PBB", IN("\x88\xa8\0\5\x88\xe7\0\0\1\2", LINK_ETHERNET)},
		{"FabricPath", IN("\x89\x03\x40\x20", LINK_ETHERNET)},
		{"TRILL, options", IN("\x22\xf3\0\x7f\0\1\0\2\0\0\0\0", LINK_ETHERNET)},
		{"NSH, IP", IN("\x89\x4f\x0f\xc2\2\1\0\0\1\xff", LINK_RAW)},
		{"NSH, Ethernet", IN("\x89\x4f\x0f\xc3\2\3\0\0\1\xff\0\0\0\0", LINK_ETHERNET)},
		{"NSH, NSH", IN("\x89\x4f\x0f\xc2\2\4\0\0\1\xff\x0f\xc2\2\1\0\0\1\xff", LINK_RAW)},
		{"NSH, MPLS", IN("\x89\x4f\x0f\xc2\2\5\0\0\1\xff\0\1\1\x40", LINK_RAW)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		build_behind(cases[i].header, cases[i].length, cases[i].behind);
		if (decode() != DECODE_OK)
			fail_msg("%s", cases[i].name);
		expect_hello(&tcp4);
		for (size_t captured = 0; captured < cases[i].length; captured++)
			assert_int_not_equal(decode_cut(captured, frame.length), DECODE_OK);
	}
}

static const struct {
	const char *name;
	enum link_type link;
	const char *header;
	size_t length;
	enum link_type behind;
} link_cases[] = {
	{"PPP, sides", LINK_PPP_SIDES, IN("\0\xff\3\0\x21", LINK_RAW)},
	{"PPP, Cisco", LINK_PPP, IN("\x0f\0\x08\0", LINK_RAW)},
	{"PPPoE", LINK_PPPOE, IN("\x11\0\0\1\0\x2f\0\x21", LINK_RAW)},
	{"Cisco HDLC", LINK_CHDLC, IN("\x0f\0\x08\0", LINK_RAW)},
	{"Frame Relay", LINK_FRELAY, IN("\x18\x41\3\xcc", LINK_RAW)},
	{"Frame Relay, SNAP", LINK_FRELAY, IN("\x18\x41\3\0\x80\0\0\0\x08\0", LINK_RAW)},
	{"Frame Relay, Cisco", LINK_FRELAY, IN("\x18\x41\x08\0", LINK_RAW)},
	{"802.11", LINK_WLAN,
	 IN("\x08\1\0\0"
	    "aaaaaabbbbbbcccccc"
	    "\x10\0\xaa\xaa\3\0\0\0\x08\0",
	    LINK_RAW)},
	{"802.11, QoS, four addresses", LINK_WLAN,
	 IN("\x88\3\0\0"
	    "aaaaaabbbbbbcccccc"
	    "\x10\0"
	    "dddddd"
	    "\0\0"
	    "\xaa\xaa\3\0\0\0\x08\0",
	    LINK_RAW)},
	{"radiotap, time, flags, padded", LINK_RADIOTAP,
	 IN("\0\0\x11\0\3\0\0\0"
	    "\1\2\3\4\5\6\7\x8"
	    "\x20"
	    "\x88\1\0\0"
	    "aaaaaabbbbbbcccccc"
	    "\x10\0"
	    "\0\0"
	    "\0\0"
	    "\xaa\xaa\3\0\0\0\x08\0",
	    LINK_RAW)},
	{"PPI", LINK_PPI,
	 IN("\0\0\x08\0\x69\0\0\0"
	    "\x08\1\0\0"
	    "aaaaaabbbbbbcccccc"
	    "\x10\0\xaa\xaa\3\0\0\0\x08\0",
	    LINK_RAW)},
	{"AVS", LINK_PRISM,
	 IN("\x80\x21\x10\1\0\0\0\x08"
	    "\x08\1\0\0"
	    "aaaaaabbbbbbcccccc"
	    "\x10\0\xaa\xaa\3\0\0\0\x08\0",
	    LINK_RAW)},
	{"ENC", LINK_ENC, IN("\2\0\0\0\0\0\0\1\0\0\0\0", LINK_RAW)},
	{"PFLOG", LINK_PFLOG, IN("\5\2\0\0\0\0\0\0", LINK_RAW)},
	{"NFLOG", LINK_NFLOG,
	 IN("\2\0\0\0"
	    "\5\0\x0a\0p\0\0\0"
	    "\x31\0\x09\0",
	    LINK_RAW)},
	{"MPLS", LINK_MPLS, IN("\0\1\1\x40", LINK_RAW)},
	{"InfiniBand", LINK_INFINIBAND,
	 IN("0123456789012345678901234567890123456789\x08\0\0\0", LINK_RAW)},
	{"Juniper", LINK_JUNIPER, IN("MGC\x81\0\2\1\1", LINK_ETHERNET)},
	{"PKTAP", LINK_PKTAP, IN("\x0c\0\0\0\1\0\0\0\1\0\0\0", LINK_ETHERNET)},
};

static void headers_of_captures(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof link_cases / sizeof *link_cases; i++) {
		build_behind(link_cases[i].header, link_cases[i].length, link_cases[i].behind);
		frame.length -= 12;
		memmove(frame.bytes, frame.bytes + 12, frame.length);
		frame.ip_at -= 12;
		frame.payload_at -= 12;
		frame.link = link_cases[i].link;
		if (decode() != DECODE_OK)
			fail_msg("%s: %s", link_cases[i].name, decode_result_name(decode()));
		expect_hello(&tcp4);
		for (size_t captured = 0; captured < link_cases[i].length; captured++)
			assert_int_not_equal(decode_cut(captured, frame.length), DECODE_OK);
	}
}

static void what_is_not_known_is_told_by_its_number(void **state)
{
	static const uint16_t types[] = {0x9999, 0x88a2, 0x8906};
	struct packet_spec spec = tcp4;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		packet_build(&frame, &tcp4);
		put_be16(frame.bytes + 12, types[i]);
		assert_int_equal(decode(), DECODE_UNREAD);
		assert_int_equal(packet.unread, unread_of(BY_ETHERTYPE, types[i]));
	}
	build_behind("\x88\xe5\x0c\0\0\0\0\1\x08\0", 10, LINK_RAW); /* encrypted */
	assert_int_equal(decode(), DECODE_UNREAD);
	assert_int_equal(packet.unread, unread_of(BY_ETHERTYPE, 0x88e5));
	spec.transport = 108;
	assert_int_equal(decode_spec(&spec), DECODE_UNREAD);
	assert_int_equal(packet.unread, unread_of(BY_PROTOCOL, 108));
	assert_int_equal(decode_spec(&tcp4), DECODE_OK);
	assert_int_equal(packet.unread, 0);
}

static void what_was_not_read_in_words(void **state)
{
	struct unread unread = {.others = 0}, sum = {.others = 0};
	char text[UNREAD_TEXT];

	(void)state;
	unread_text(&unread, text);
	assert_string_equal(text, "");
	unread_count(&unread, unread_of(BY_PROTOCOL, 108), 3);
	for (int i = 0; i < 5; i++)
		unread_count(&unread, unread_of(BY_ETHERTYPE, 0x9999), 1);
	unread_add(&sum, &unread);
	unread_add(&sum, &unread);
	unread_text(&sum, text);
	assert_string_equal(text,
			    "10 frames of ethertype 0x9999, 6 packets of IPComp (IP protocol 108)");
	for (uint16_t i = 0; i < 1000; i++)
		unread_count(&sum, unread_of(BY_ETHERTYPE, (uint16_t)(0xa000 + i)), 1);
	unread_text(&sum, text);
	assert_non_null(strstr(text, " of other kinds"));
	assert_int_equal(sum.others, 1000 - (UNREAD_KINDS - 2));
}

/* What a row promises to be told or counted is; what it promises to be read is not told. */
static void the_rows_say_what_is_so(void **state)
{
	const struct encapsulation *rows;
	size_t count;

	(void)state;
	rows = encapsulation_rows(&count);
	for (size_t i = 0; i < count; i++) {
		const struct encapsulation *row = &rows[i];
		enum decode_result result;

		if (row->by != BY_ETHERTYPE && row->by != BY_PROTOCOL) {
			if (row->by == BY_LINK)
				assert_int_equal(encapsulation_link(row->first) != LINK_UNSUPPORTED,
						 row->fate == FATE_READ);
			continue;
		}
		packet_build(&frame, &tcp4);
		if (row->by == BY_ETHERTYPE)
			put_be16(frame.bytes + 12, row->first);
		else
			frame.bytes[frame.ip_at + 9] = (uint8_t)row->first;
		result = decode_packet(&decoder, LINK_ETHERNET, frame.bytes, (uint32_t)frame.length,
				       (uint32_t)frame.length, 1, &packet);
		if (row->fate == FATE_TOLD)
			assert_int_equal(result, DECODE_UNREAD);
		if (row->fate == FATE_CONTROL)
			assert_true(result == DECODE_NOT_IP || result == DECODE_NOT_OURS);
		/* Routing headers, GRE, ESP and AH: it depends on what follows. */
		if (row->fate == FATE_READ && row->by == BY_PROTOCOL &&
		    (row->first < 43 || row->first > 51))
			assert_int_not_equal(result, DECODE_UNREAD);
	}
}

/* ESP without encryption, in both modes; what is behind the packet is no part of it. */
static void esp_that_only_authenticates(void **state)
{
	static struct frame inner;
	struct packet_spec raw = tcp4, outer = tcp4;
	static char content[256];
	size_t length, at;

	(void)state;
	raw.link = LINK_RAW;
	packet_build(&inner, &raw);
	for (int mode = 0; mode < 2; mode++) {
		at = mode == 0 ? 0 : inner.transport_at;
		memset(content, 0x5a, sizeof content);
		memcpy(content, "\0\0\0\x07\0\0\0\1", 8);
		length = inner.length - at;
		memcpy(content + 8, inner.bytes + at, length);
		memcpy(content + 8 + length, mode == 0 ? "\1\2\2\4" : "\1\2\2\6", 4);
		outer.transport = 50;
		outer.payload = content;
		outer.payload_length = 8 + length + 4 + 12;
		packet_build(&frame, &outer);
		frame.ip_at = mode == 0 ? frame.payload_at + 8 : frame.ip_at;
		assert_int_equal(decode(), DECODE_OK);
		assert_int_equal(packet.payload_length, 5);
		assert_memory_equal(packet.payload, "hello", 5);
		assert_int_equal(packet.tunnel_count, mode == 0);
		content[30] ^= 1;
		content[17] ^= 1;
		assert_int_equal(decode_spec(&outer), DECODE_UNREAD);
		assert_int_equal(packet.unread, unread_of(BY_PROTOCOL, 50));
	}
}

static void what_is_not_ip_says_so(void **state)
{
	(void)state;
	packet_build(&frame, &tcp4);
	put_be16(frame.bytes + 12, 0x0806); /* ARP */
	assert_int_equal(decode(), DECODE_NOT_IP);
	put_be16(frame.bytes + 12, 38); /* IEEE 802.3 with LLC: spanning tree */
	assert_int_equal(decode(), DECODE_NOT_IP);
	packet_build(&frame, &tcp4);
	for (unsigned version = 0; version < 16; version++) {
		frame.bytes[frame.ip_at] = (uint8_t)(version << 4 | 5);
		if (version != 4 && version != 6)
			assert_int_equal(decode(), DECODE_MALFORMED);
	}
}

static void padding_is_not_payload(void **state)
{
	static const uint8_t paddings[] = {1, 6, 46, 200};

	(void)state;
	for (size_t i = 0; i < sizeof paddings; i++) {
		for (int kind = 0; kind < 4; kind++) {
			struct packet_spec spec = kind & 1 ? tcp6 : tcp4;

			spec.transport = kind & 2 ? IP_UDP : IP_TCP;
			spec.padding = paddings[i];
			packet_build(&frame, &spec);
			expect_hello(&spec);
			assert_int_equal(packet.ip_length,
					 frame.length - frame.ip_at - spec.padding);
		}
	}
}

static void lengths_of_ipv4_that_lie(void **state)
{
	(void)state;
	packet_build(&frame, &tcp4);
	/* 0 is segmentation offload's: all of the frame counts. */
	put_be16(frame.bytes + frame.ip_at + 2, 0);
	expect_hello(&tcp4);
	for (unsigned total = 1; total < 20; total++) {
		put_be16(frame.bytes + frame.ip_at + 2, total);
		assert_int_equal(decode(), DECODE_MALFORMED);
	}
	/* Shorter than the transport's header: it is not there. */
	for (unsigned total = 20; total < 34; total++) {
		put_be16(frame.bytes + frame.ip_at + 2, total);
		assert_int_equal(decode(), DECODE_TRUNCATED);
	}
	put_be16(frame.bytes + frame.ip_at + 2, 42);
	assert_int_equal(decode(), DECODE_OK);
	assert_int_equal(packet.payload_length, 2);
	assert_int_equal(packet.payload_wire, 2);
	/* Longer than the frame: what is there counts, and the rest was cut off. */
	assert_false(packet.cut);
	put_be16(frame.bytes + frame.ip_at + 2, 65535);
	assert_int_equal(decode(), DECODE_OK);
	assert_int_equal(packet.payload_length, 5);
	assert_int_equal(packet.payload_wire, 65535 - 40);
	assert_true(packet.cut);
	for (unsigned words = 0; words < 5; words++) {
		packet_build(&frame, &tcp4);
		frame.bytes[frame.ip_at] = (uint8_t)(0x40 | words);
		assert_int_equal(decode(), DECODE_MALFORMED);
	}
}

static void ipv4_options_of_every_length(void **state)
{
	struct packet_spec spec = tcp4;

	(void)state;
	for (uint8_t options = 0; options <= 40; options = (uint8_t)(options + 4)) {
		spec.ip_options = options;
		packet_build(&frame, &spec);
		expect_hello(&spec);
	}
}

static void tcp_options_and_offsets(void **state)
{
	struct packet_spec spec = tcp4;

	(void)state;
	for (uint8_t options = 0; options <= 40; options = (uint8_t)(options + 4)) {
		spec.tcp_options = options;
		packet_build(&frame, &spec);
		expect_hello(&spec);
	}
	packet_build(&frame, &tcp4);
	for (unsigned words = 0; words < 5; words++) {
		frame.bytes[frame.transport_at + 12] = (uint8_t)(words << 4);
		assert_int_equal(decode(), DECODE_MALFORMED);
	}
	/* A header that would end behind its packet is dropped by every host. */
	for (unsigned words = 7; words < 16; words++) {
		frame.bytes[frame.transport_at + 12] = (uint8_t)(words << 4);
		assert_int_equal(decode(), DECODE_MALFORMED);
	}
}

static void lengths_of_udp_that_lie(void **state)
{
	struct packet_spec spec = tcp4;

	(void)state;
	spec.transport = IP_UDP;
	packet_build(&frame, &spec);
	put_be16(frame.bytes + frame.transport_at + 4, 0); /* RFC 2675, and offload */
	expect_hello(&spec);
	for (unsigned length = 1; length < 8; length++) {
		put_be16(frame.bytes + frame.transport_at + 4, length);
		assert_int_equal(decode(), DECODE_MALFORMED);
	}
	put_be16(frame.bytes + frame.transport_at + 4, 10);
	assert_int_equal(decode(), DECODE_OK);
	assert_int_equal(packet.payload_length, 2);
	assert_int_equal(packet.payload_wire, 2);
	put_be16(frame.bytes + frame.transport_at + 4, 65535);
	expect_hello(&spec);
	put_be16(frame.bytes + frame.transport_at + 4, 8);
	assert_int_equal(decode(), DECODE_OK);
	assert_null(packet.payload);
}

static void lengths_of_ipv6_that_lie(void **state)
{
	(void)state;
	packet_build(&frame, &tcp6);
	put_be16(frame.bytes + frame.ip_at + 4, 0);
	expect_hello(&tcp6);
	put_be16(frame.bytes + frame.ip_at + 4, 65535);
	assert_int_equal(decode(), DECODE_OK);
	assert_int_equal(packet.payload_length, 5);
	assert_int_equal(packet.payload_wire, 65535 - 20);
	assert_true(packet.cut);
	for (unsigned length = 1; length < 14; length++) {
		put_be16(frame.bytes + frame.ip_at + 4, length);
		assert_int_equal(decode(), DECODE_TRUNCATED);
	}
	put_be16(frame.bytes + frame.ip_at + 4, 23);
	assert_int_equal(decode(), DECODE_OK);
	assert_int_equal(packet.payload_length, 3);
}

static void every_extension_header(void **state)
{
	static const uint8_t types[] = {0, 43, 60, 135, 139, 140, IPV6_FRAGMENT, IPV6_AUTH};
	struct packet_spec spec = tcp6;

	(void)state;
	for (size_t i = 0; i < sizeof types; i++) {
		spec.extension_count = 1;
		spec.extensions[0] = types[i];
		packet_build(&frame, &spec);
		expect_hello(&spec);
		spec.extension_count = 2;
		for (size_t j = 0; j < sizeof types; j++) {
			spec.extensions[1] = types[j];
			packet_build(&frame, &spec);
			expect_hello(&spec);
		}
	}
	for (uint8_t n = 0; n <= PACKET_EXTENSIONS; n++) {
		spec.extension_count = n;
		for (int i = 0; i < n; i++)
			spec.extensions[i] = 60;
		packet_build(&frame, &spec);
		expect_hello(&spec); /* a host takes them however many they are */
	}
}

static void protocols_that_carry_no_service(void **state)
{
	static const uint8_t protocols[] = {2, 59, 89, 103, 112};

	(void)state;
	for (size_t i = 0; i < sizeof protocols; i++) {
		struct packet_spec four = tcp4, six = tcp6;

		four.transport = six.transport = protocols[i];
		assert_int_equal(decode_spec(&four), DECODE_NOT_OURS);
		assert_int_equal(decode_spec(&six), DECODE_NOT_OURS);
	}
}

static void expect_fragment(const struct packet_spec *spec, uint32_t offset, uint32_t length,
			    bool more)
{
	const struct fragment *piece = &packet.fragment;
	struct address source = address_of(spec->source);

	assert_int_equal(decode_spec(spec), DECODE_FRAGMENT);
	assert_int_equal(piece->offset, offset);
	assert_int_equal(piece->length, length);
	assert_int_equal(piece->captured, length);
	assert_int_equal(piece->more, more);
	assert_int_equal(piece->protocol, IP_UDP);
	assert_int_equal(piece->key.version, spec->extension_count ? 6 : 4);
	assert_int_equal(piece->key.id, spec->extension_count ? 0x12345678 : 0x1234);
	assert_true(address_equal(&piece->key.source, &source));
}

static void fragments(void **state)
{
	struct packet_spec four = tcp4, six = tcp6;

	(void)state;
	four.transport = six.transport = IP_UDP;
	six.extension_count = 1;
	six.extensions[0] = IPV6_FRAGMENT;
	four.fragment = six.fragment = MORE_FRAGMENTS;
	expect_fragment(&four, 0, 13, true);
	expect_fragment(&six, 0, 13, true);
	for (uint16_t offset = 1; offset != 0x2000; offset = (uint16_t)(offset * 2)) {
		four.fragment = six.fragment = offset;
		expect_fragment(&four, offset * 8u, 13, false);
		expect_fragment(&six, offset * 8u, 13, false);
	}
	/* Of a piece that was cut off it is known how long it was. */
	four.fragment = MORE_FRAGMENTS;
	packet_build(&frame, &four);
	assert_int_equal(decode_cut(frame.length - 4, frame.length), DECODE_FRAGMENT);
	assert_int_equal(packet.fragment.captured, 9);
	assert_int_equal(packet.fragment.length, 13);
	four.fragment = 0x4000; /* do not fragment */
	assert_int_equal(decode_spec(&four), DECODE_OK);
	six.fragment = 0; /* atomic, RFC 6946 */
	assert_int_equal(decode_spec(&six), DECODE_OK);
}

/* A cut frame is the same packet with less of its payload, or truncated; never something else. */
static void check_cuts(const struct packet_spec *spec)
{
	size_t header = spec->transport == IP_UDP ? 8 : 14; /* up to the flags */
	struct packet whole;
	size_t end;

	packet_build(&frame, spec);
	assert_int_equal(decode(), DECODE_OK);
	whole = packet;
	end = frame.payload_at + frame.payload_length;
	for (size_t captured = 0; captured <= frame.length; captured++) {
		enum decode_result result = decode_cut(captured, frame.length);

		if (captured < frame.transport_at + header) {
			assert_int_equal(result, DECODE_TRUNCATED);
			continue;
		}
		assert_int_equal(result, DECODE_OK);
		assert_int_equal(packet.payload_wire, whole.payload_wire);
		assert_int_equal(packet.tcp_flags, whole.tcp_flags);
		assert_int_equal(packet.sequence, whole.sequence);
		assert_int_equal(packet.payload_length, captured <= frame.payload_at ? 0
							: captured >= end
								? end - frame.payload_at
								: captured - frame.payload_at);
	}
}

static void cut_at_every_length(void **state)
{
	(void)state;
	for (int kind = 0; kind < 16; kind++) {
		struct packet_spec spec = kind & 1 ? tcp6 : tcp4;

		spec.transport = kind & 2 ? IP_UDP : IP_TCP;
		spec.padding = kind & 4 ? 9 : 0;
		spec.tcp_options = 12;
		spec.ip_options = 8;
		spec.tags[0] = kind & 8 ? 0x88a8 : 0;
		spec.tags[1] = kind & 8 ? 0x8100 : 0;
		spec.link = kind & 8 ? LINK_ETHERNET : LINK_SLL2;
		if (kind & 8) {
			spec.extension_count = 3;
			spec.extensions[1] = IPV6_AUTH;
			spec.extensions[2] = IPV6_FRAGMENT;
		}
		check_cuts(&spec);
	}
}

static void errors_of_icmp_tell_which_packet_and_why(void **state)
{
	static const struct {
		uint8_t type, code;
		enum icmp_reason reason;
		bool v6;
	} cases[] = {
		{3, 0, ICMP_OTHER, false},	 {3, 1, ICMP_OTHER, false},
		{3, 2, ICMP_PORT_CLOSED, false}, {3, 3, ICMP_PORT_CLOSED, false},
		{3, 9, ICMP_PROHIBITED, false},	 {3, 10, ICMP_PROHIBITED, false},
		{3, 13, ICMP_PROHIBITED, false}, {11, 0, ICMP_LOST, false},
		{12, 0, ICMP_LOST, false},	 {1, 0, ICMP_OTHER, true},
		{1, 1, ICMP_PROHIBITED, true},	 {1, 4, ICMP_PORT_CLOSED, true},
		{1, 5, ICMP_PROHIBITED, true},	 {1, 6, ICMP_PROHIBITED, true},
		{3, 0, ICMP_LOST, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct packet_spec *cause = cases[i].v6 ? &tcp6 : &tcp4;
		struct address server = address_of(cause->destination);
		struct address client = address_of(cause->source);

		packet_build_icmp_error(&frame, cases[i].v6 ? "fd00::1" : "10.0.0.1", cause,
					cases[i].type, cases[i].code, 48);
		assert_int_equal(decode(), DECODE_OK);
		assert_int_equal(packet.kind, PACKET_ICMP_ERROR);
		assert_int_equal(packet.quoted.reason, cases[i].reason);
		assert_int_equal(packet.quoted.transport, IP_TCP);
		assert_int_equal(packet.quoted.source_port, 40000);
		assert_int_equal(packet.quoted.destination_port, 6379);
		assert_true(address_equal(&packet.quoted.source, &client));
		assert_true(address_equal(&packet.quoted.destination, &server));
		for (size_t captured = 0; captured < frame.length; captured++) {
			enum decode_result result = decode_cut(captured, frame.length);

			if (captured < frame.payload_at + (cases[i].v6 ? 40 : 20) + 4)
				assert_int_equal(result, DECODE_TRUNCATED);
			else
				assert_int_equal(result, DECODE_OK);
		}
	}
}

static void what_icmp_says_otherwise_is_not_ours(void **state)
{
	static const uint8_t four[][2] = {{0, 0}, {8, 0}, {5, 1}, {3, 4} /* path MTU */};
	static const uint8_t six[][2] = {{128, 0}, {129, 0}, {135, 0}, {2, 0} /* path MTU */};
	struct packet_spec ospf = tcp4, fragment = tcp4;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		packet_build_icmp_error(&frame, SERVER, &tcp4, four[i][0], four[i][1], 28);
		assert_int_equal(decode(), DECODE_NOT_OURS);
		packet_build_icmp_error(&frame, SERVER6, &tcp6, six[i][0], six[i][1], 48);
		assert_int_equal(decode(), DECODE_NOT_OURS);
	}
	ospf.transport = 89;
	packet_build_icmp_error(&frame, SERVER, &ospf, 3, 2, 28);
	assert_int_equal(decode(), DECODE_NOT_OURS);
	fragment.fragment = 100;
	packet_build_icmp_error(&frame, SERVER, &fragment, 11, 1, 28);
	assert_int_equal(decode(), DECODE_NOT_OURS);
	packet_build_icmp_error(&frame, SERVER, &tcp4, 3, 3, 28);
	frame.bytes[frame.payload_at] = 0x75;
	assert_int_equal(decode(), DECODE_MALFORMED);
}

static void a_wire_length_below_what_was_captured(void **state)
{
	(void)state;
	packet_build(&frame, &tcp4);
	assert_int_equal(decode_cut(frame.length, 0), DECODE_OK);
	assert_int_equal(packet.payload_length, 5);
	assert_int_equal(packet.payload_wire, 5);
}

/* Any bytes, half of them in a frame that was right before. */
static void noise_never_reads_beyond_its_block(void **state)
{
	struct random random = {.state = 11};

	(void)state;
	for (int i = 0; i < 200000; i++) {
		struct packet_spec spec = i & 1 ? tcp6 : tcp4;

		spec.link = (enum link_type)random_below(&random, LINK_UNSUPPORTED);
		spec.transport = i & 2 ? IP_UDP : IP_TCP;
		spec.extension_count = (uint8_t)random_below(&random, 4);
		spec.extensions[0] = (uint8_t)random_next(&random);
		if (i % 3 == 0)
			packet_build_icmp_error(&frame, spec.destination, &spec,
						(uint8_t)random_below(&random, 13), 3, 60);
		else
			packet_build(&frame, &spec);
		for (uint32_t n = random_below(&random, 4); n > 0; n--)
			frame.bytes[random_below(&random, (uint32_t)frame.length)] =
				(uint8_t)random_next(&random);
		assert_true(decode_cut(random_below(&random, (uint32_t)frame.length + 1),
				       frame.length) < DECODE_RESULT_COUNT);
	}
}

static void every_result_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < DECODE_RESULT_COUNT; i++)
		assert_true(strlen(decode_result_name((enum decode_result)i)) > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_link_type_family_and_transport),
		cmocka_unit_test(the_family_of_loopback_in_either_byte_order),
		cmocka_unit_test(every_vlan_ethertype_single_and_double),
		cmocka_unit_test(tags_and_headers_of_switches),
		cmocka_unit_test(headers_of_captures),
		cmocka_unit_test(what_is_not_known_is_told_by_its_number),
		cmocka_unit_test(what_was_not_read_in_words),
		cmocka_unit_test(the_rows_say_what_is_so),
		cmocka_unit_test(esp_that_only_authenticates),
		cmocka_unit_test(what_is_not_ip_says_so),
		cmocka_unit_test(padding_is_not_payload),
		cmocka_unit_test(lengths_of_ipv4_that_lie),
		cmocka_unit_test(ipv4_options_of_every_length),
		cmocka_unit_test(tcp_options_and_offsets),
		cmocka_unit_test(lengths_of_udp_that_lie),
		cmocka_unit_test(lengths_of_ipv6_that_lie),
		cmocka_unit_test(every_extension_header),
		cmocka_unit_test(protocols_that_carry_no_service),
		cmocka_unit_test(fragments),
		cmocka_unit_test(cut_at_every_length),
		cmocka_unit_test(errors_of_icmp_tell_which_packet_and_why),
		cmocka_unit_test(what_icmp_says_otherwise_is_not_ours),
		cmocka_unit_test(a_wire_length_below_what_was_captured),
		cmocka_unit_test(noise_never_reads_beyond_its_block),
		cmocka_unit_test(every_result_has_a_name),
	};

	decoder = decoder_of(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
