/* SPDX-License-Identifier: ISC */
/*
 * The place of a receiver in words, good and bad; and what a socket on this host receives: the
 * packet that a datagram came in, whole, decoded as a mirror, with its VNI; who may not send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sensor/capture/receiver.h"
#include "tests/unit/packets.h"

static void good_places(void **state)
{
	struct receiver_place place;
	char error[RECEIVER_ERROR], text[ADDRESS_TEXT_MAX];

	(void)state;
	assert_true(receiver_is_url("udp://x"));
	assert_false(receiver_is_url("eth0"));
	assert_true(receiver_parse("udp://192.0.2.1:4789/vxlan", &place, error));
	assert_string_equal(address_format(&place.address, text), "192.0.2.1");
	assert_int_equal(place.port, 4789);
	assert_int_equal(place.kind, TUNNEL_VXLAN);
	assert_int_equal(place.from_count, 0);
	assert_false(place.v6);
	assert_true(receiver_parse("udp://[2001:db8::5]:1/tzsp?from=192.0.2.0/24,2001:db8::7",
				   &place, error));
	assert_true(place.v6);
	assert_int_equal(place.kind, TUNNEL_TZSP);
	assert_int_equal(place.from_count, 2);
	assert_int_equal(place.from[0].length, 120);
	assert_int_equal(place.from[1].length, 128);
	assert_true(receiver_parse("udp://[::]:6081/geneve", &place, error));
	assert_true(receiver_parse("udp://0.0.0.0:65535/gre?from=0.0.0.0/0", &place, error));
	assert_int_equal(place.from[0].length, 96);
}

static void bad_places(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"udp://", "no address"},
		{"udp://host:4789/vxlan", "no address"},
		{"udp://192.0.2.1", "no port"},
		{"udp://192.0.2.1/vxlan", "no port"},
		{"udp://192.0.2.1:/vxlan", "port must be"},
		{"udp://192.0.2.1:0/vxlan", "port must be"},
		{"udp://192.0.2.1:65536/vxlan", "port must be"},
		{"udp://192.0.2.1:-1/vxlan", "port must be"},
		{"udp://192.0.2.1:4789", "no kind"},
		{"udp://192.0.2.1:4789x/vxlan", "no kind"},
		{"udp://192.0.2.1:4789/", "no such kind"},
		{"udp://192.0.2.1:4789/erspan", "no such kind"},
		{"udp://192.0.2.1:4789/vxlan?to=1", "only ?from="},
		{"udp://192.0.2.1:4789/vxlan?from=", "not a prefix"},
		{"udp://192.0.2.1:4789/vxlan?from=192.0.2.0/33", "not a prefix"},
		{"udp://192.0.2.1:4789/vxlan?from=192.0.2.0/24,", "not a prefix"},
		{"udp://2001:db8::1:4789/vxlan", "no address"},
		{"udp://[2001:db8::1:4789/vxlan", "no address"},
		{"udp://[192.0.2.1]:4789/vxlan", "no IPv6 address in the brackets"},
	};
	struct receiver_place place;
	char error[RECEIVER_ERROR];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_false(receiver_parse(cases[i].text, &place, error));
		assert_non_null(strstr(error, cases[i].why));
		assert_non_null(strstr(error, cases[i].text));
	}
}

#define PLACE "udp://127.0.0.1:34789/vxlan"

static struct receiver *open_at(const char *text, const struct decoder *decoder, uint32_t workers)
{
	struct receiver_options options = {
		.decoder = decoder, .buffer_bytes = 1 << 20, .workers = workers};
	char error[RECEIVER_ERROR];

	assert_true(receiver_parse(text, &options.place, error));
	return receiver_open(&options, error);
}

/* A SYN, or its answer, inside of VXLAN 77. */
static size_t wrap(uint8_t *to, bool answer)
{
	static const uint8_t header[8] = {0x08, 0, 0, 0, 0, 0, 77, 0};
	static const uint8_t syn[54] = {2,    0,    0,	  0, 0,	  1,  2,  0,  0, 0, 0,	  2,
					8,    0,    0x45, 0, 0,	  40, 0,  1,  0, 0, 64,	  6,
					0,    0,    203,  0, 113, 9,  10, 20, 0, 5, 0x80, 0,
					0x18, 0xeb, 0,	  0, 0,	  1,  0,  0,  0, 0, 0x50, 2};

	memcpy(to, header, sizeof header);
	memcpy(to + 8, syn, sizeof syn);
	if (answer) {
		memcpy(to + 8 + 26, syn + 30, 4);
		memcpy(to + 8 + 30, syn + 26, 4);
		memcpy(to + 8 + 34, syn + 36, 2);
		memcpy(to + 8 + 36, syn + 34, 2);
		to[8 + 47] = 0x12;
	}
	return 8 + sizeof syn;
}

static void send_from_new_port(const uint8_t *bytes, size_t length)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(34789)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
	assert_int_equal(sendto(fd, bytes, length, 0, (const void *)&to, sizeof to), length);
	close(fd);
}

static int take(struct receiver *receiver, struct frame_view *frames, int max)
{
	struct pollfd ready = {.fd = receiver_fd(receiver), .events = POLLIN};

	poll(&ready, 1, 1000);
	return receiver_frames(receiver, frames, max);
}

static void a_datagram_is_the_packet_it_came_in(void **state)
{
	struct decoder decoder = decoder_of(NULL);
	struct receiver *receiver = open_at(PLACE, &decoder, 1);
	struct frame_view frame;
	struct packet packet;
	char text[ADDRESS_TEXT_MAX];
	uint8_t bytes[128];

	(void)state;
	assert_non_null(receiver);
	send_from_new_port(bytes, wrap(bytes, false));
	assert_int_equal(take(receiver, &frame, 1), 1);
	assert_true(frame.received && frame.ts_ns != 0);
	assert_int_equal(frame.captured, 28 + 8 + 54);
	assert_int_equal(decode_packet(&decoder, (enum link_type)frame.link, frame.bytes,
				       frame.captured, frame.wire, frame.ts_ns, &packet),
			 DECODE_OK);
	assert_int_equal(packet.tunnel_count, 1);
	assert_int_equal(packet.tunnels[0].kind, TUNNEL_VXLAN);
	assert_int_equal(packet.tunnels[0].id, 77);
	assert_string_equal(address_format(&packet.tunnels[0].destination, text), "127.0.0.1");
	assert_string_equal(address_format(&packet.source, text), "203.0.113.9");
	assert_int_equal(receiver_frames(receiver, &frame, 1), 0);
	assert_int_equal(receiver_stats(receiver).received, 1);
	receiver_close(receiver);
}

static void who_may_not_send_is_counted(void **state)
{
	struct decoder decoder = decoder_of(NULL);
	struct receiver *receiver = open_at(PLACE "?from=192.0.2.0/24", &decoder, 1);
	struct frame_view frame;
	uint8_t bytes[128];

	(void)state;
	send_from_new_port(bytes, wrap(bytes, false));
	assert_int_equal(take(receiver, &frame, 1), 0);
	assert_int_equal(receiver_stats(receiver).refused, 1);
	receiver_close(receiver);
}

/* Whichever ports the ends of the tunnel take: by what is inside. */
static void both_directions_come_to_one_socket(void **state)
{
	struct decoder decoder = decoder_of(NULL);
	struct receiver *receivers[3];
	struct frame_view frames[32];
	uint8_t bytes[128];
	int busy = 0, packets = 0, n;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_non_null(receivers[i] = open_at(PLACE, &decoder, 3));
	for (int i = 0; i < 20; i++)
		send_from_new_port(bytes, wrap(bytes, i % 2));
	for (int i = 0; i < 3; i++) {
		n = take(receivers[i], frames, 32);
		busy += n != 0;
		packets += n;
		receiver_close(receivers[i]);
	}
	assert_int_equal(packets, 20);
	assert_int_equal(busy, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_places),
		cmocka_unit_test(bad_places),
		cmocka_unit_test(a_datagram_is_the_packet_it_came_in),
		cmocka_unit_test(who_may_not_send_is_counted),
		cmocka_unit_test(both_directions_come_to_one_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
