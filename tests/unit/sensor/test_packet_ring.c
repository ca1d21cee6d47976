/* SPDX-License-Identifier: ISC */
/* The kernel's ring, on the loopback of a network namespace of our own. Root only: else skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sensor/capture/capture.h"
#include "sensor/capture/headers_only.h"
#include "sensor/capture/packet_ring.h"
#include "tests/unit/policy_vocabulary.h"

#define TYPE	 0x88b5 /* for experiments (IEEE 802): nobody else sends it */
#define PATIENCE 200	/* waits of 50 ms */
#define FRAMES	 1000
#define MTU	 1500

static int sender = -1;

static bool raise_loopback(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

	return unshare(CLONE_NEWNET) == 0 &&
	       (sender = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) >= 0 &&
	       ioctl(sender, SIOCSIFFLAGS, &request) == 0;
}

static void need_namespace(void)
{
	if (sender < 0)
		skip();
}

static struct packet_ring *open_ring(uint32_t snap_length, uint32_t buffer_bytes)
{
	const struct packet_ring_options options = {.interface = "lo",
						    .snap_length = snap_length,
						    .buffer_bytes = buffer_bytes,
						    .timeout_ms = 50,
						    .promiscuous = true};
	struct packet_ring *ring = packet_ring_open(&options);

	assert_non_null(ring);
	return ring;
}

static void send_frame(const uint8_t *frame, size_t length)
{
	const struct sockaddr_ll to = {.sll_family = AF_PACKET,
				       .sll_ifindex = (int)if_nametoindex("lo")};

	assert_int_equal(sendto(sender, frame, length, 0, (const void *)&to, sizeof to), length);
}

/* Frame `number` of any test; every byte behind the header is told by number and place. */
static size_t build(uint8_t *frame, unsigned number)
{
	size_t length = 60 + number * 7919u % (MTU - 60);

	memset(frame, 0, ETH_HLEN);
	frame[5] = (uint8_t)number;
	frame[11] = (uint8_t)(number >> 8);
	frame[12] = TYPE >> 8;
	frame[13] = TYPE & 0xff;
	for (size_t i = ETH_HLEN; i < length; i++)
		frame[i] = (uint8_t)(number + i * 31);
	return length;
}

/* Until there are frames, or there have been none for a while. False: broken. */
static bool waits_for(struct capture *capture)
{
	struct pollfd ready = {.fd = capture_fd(capture), .events = POLLIN};

	poll(&ready, 1, 50);
	return capture_check(capture);
}

static int next_frames(struct packet_ring *ring, struct frame_view *frames, int max)
{
	int n = 0;

	for (int i = 0; i < PATIENCE && (n = packet_ring_frames(ring, frames, max)) == 0; i++)
		assert_true(packet_ring_wait(ring, 50));
	return n;
}

static void frames_come_once_and_in_order(void **state)
{
	struct packet_ring *ring;
	struct packet_ring_stats stats = {.received = 0};
	struct frame_view frames[32];
	uint8_t frame[MTU];
	uint64_t newest_ns = 0;
	unsigned read = 0;

	(void)state;
	need_namespace();
	ring = open_ring(262144, 4 << 20);
	for (unsigned i = 0; i < FRAMES; i++)
		send_frame(frame, build(frame, i));
	while (read < FRAMES) {
		int n = next_frames(ring, frames, 32);

		assert_in_range(n, 1, 32);
		/* All of a batch are there at the same time. */
		for (int i = 0; i < n; i++, read++) {
			size_t length = build(frame, read);

			assert_int_equal(frames[i].wire, length);
			assert_int_equal(frames[i].captured, length);
			assert_memory_equal(frames[i].bytes, frame, length);
			assert_true(frames[i].ts_ns >= newest_ns);
			newest_ns = frames[i].ts_ns;
		}
	}
	assert_int_equal(packet_ring_frames(ring, frames, 32), 0);
	packet_ring_stats(ring, &stats);
	assert_int_equal(stats.dropped, 0);
	packet_ring_close(ring);
}

static void long_frames_are_cut(void **state)
{
	struct packet_ring *ring;
	struct frame_view seen;
	uint8_t frame[MTU];
	size_t length;

	(void)state;
	need_namespace();
	ring = open_ring(64, 1 << 20);
	length = build(frame, 100);
	send_frame(frame, length);
	assert_int_equal(next_frames(ring, &seen, 1), 1);
	assert_int_equal(seen.captured, 64);
	assert_int_equal(seen.wire, length);
	packet_ring_close(ring);
}

/* The kernel takes the outer tag out. */
static void tags_are_put_back(void **state)
{
	static const uint16_t types[] = {ETHERTYPE_VLAN, 0x88a8};
	struct packet_ring *ring;
	struct frame_view seen;

	(void)state;
	need_namespace();
	ring = open_ring(262144, 1 << 20);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		uint8_t frame[MTU] = {0};
		size_t length = build(frame, 9);

		memmove(frame + 20, frame + 12, length - 12);
		memcpy(frame + 12, (uint16_t[]){htons(types[i]), htons(0x6007)}, 4);
		memcpy(frame + 16, (uint16_t[]){htons(ETHERTYPE_VLAN), htons(42)}, 4);
		send_frame(frame, length + 8);
		assert_int_equal(next_frames(ring, &seen, 1), 1);
		assert_int_equal(seen.wire, length + 8);
		assert_int_equal(seen.captured, length + 8);
		assert_memory_equal(seen.bytes, frame, length + 8);
	}
	packet_ring_close(ring);
}

/* What finds no room is counted, and the ring goes on. */
static void a_full_ring_counts(void **state)
{
	struct packet_ring *ring;
	struct packet_ring_stats stats = {.received = 0};
	struct frame_view frames[32];
	uint8_t frame[MTU];
	uint64_t read = 0;

	(void)state;
	need_namespace();
	ring = open_ring(262144, 1 << 20);
	for (int round = 0; round < 3; round++) {
		int n;

		for (unsigned i = 0; i < 3 * FRAMES; i++)
			send_frame(frame, build(frame, i));
		usleep(150000); /* the block that is not full is handed over */
		while ((n = packet_ring_frames(ring, frames, 32)) != 0)
			read += (uint64_t)n;
	}
	packet_ring_stats(ring, &stats);
	assert_true(stats.dropped > 1000);
	assert_true(read > FRAMES);
	/* The loopback's other copy of each goes through the ring as well. */
	assert_true(stats.received >= read + stats.dropped);
	packet_ring_close(ring);
}

/* One frame without a tag and one with: so many pass the filter, the latter last. */
static void expect_through(const char *filter, unsigned tag, int expected)
{
	const struct capture_interface interface = {.name = "lo",
						    .filter = filter,
						    .snap_length = 262144,
						    .buffer_bytes = 1 << 20,
						    .timeout_ms = 50};
	char error[CAPTURE_ERROR];
	struct capture *capture = capture_open_interface(&interface, error);
	struct frame_view frames[4];
	uint8_t frame[MTU] = {0};
	size_t length = build(frame, 3);
	int passed = 0;

	assert_non_null(capture);
	send_frame(frame, length);
	memmove(frame + 16, frame + 12, length - 12);
	memcpy(frame + 12, (uint16_t[]){htons(ETHERTYPE_VLAN), htons((uint16_t)tag)}, 4);
	send_frame(frame, length + 4);
	/* Once more than it takes: nothing else may come. */
	for (int i = 0, more = 1; i < PATIENCE && more; i++) {
		int n;

		more = passed < expected;
		assert_true(waits_for(capture));
		while ((n = capture_frames(capture, frames, 4)) != 0) {
			passed += n;
			assert_int_equal(frames[0].link, LINK_ETHERNET);
			assert_true(passed < expected || frames[n - 1].wire == length + 4);
		}
	}
	assert_int_equal(passed, expected);
	capture_close(capture);
}

/* Also of tags, which are not in the frame when the filter looks. */
static void filters_are_the_kernels(void **state)
{
	(void)state;
	need_namespace();
	expect_through(NULL, 7, 2);
	expect_through("vlan 7", 7, 1);
	expect_through("vlan 7", 8, 0);
	expect_through("ip or arp", 7, 0);
}

/* What the policy does not care about comes without its payload, and says so. */
static void headers_of_insiders(void **state)
{
	static const char *const text = "version: 1\nsite: s\nzones: { inside: [10.0.0.0/8] }\n";
	static const uint8_t to[][4] = {{10, 1, 1, 1}, {11, 1, 1, 1}};
	const struct capture_interface interface = {
		.name = "lo", .snap_length = 262144, .buffer_bytes = 1 << 20, .timeout_ms = 50};
	struct policy_messages messages;
	struct policy *policy = policy_parse(text, strlen(text), &test_vocabulary, &messages);
	char error[CAPTURE_ERROR];
	struct capture *capture;
	struct frame_view seen[2];
	uint8_t frame[MTU] = {0};

	(void)state;
	need_namespace();
	assert_non_null(policy);
	policy_messages_free(&messages);
	capture = capture_open_interface(&interface, error);
	assert_non_null(capture);
	assert_true(capture_headers_only(capture, policy));
	memcpy(frame + 12, (uint8_t[]){8, 0, 0x45}, 3);
	frame[23] = 6;
	frame[26] = 10;
	for (size_t i = 0; i < 2; i++) {
		memcpy(frame + 30, to[i], 4);
		send_frame(frame, 1000);
	}
	for (int n = 0, waits = 0; n < 2; waits++) {
		assert_true(waits < PATIENCE && waits_for(capture));
		n += capture_frames(capture, seen + n, 1);
	}
	assert_int_equal(seen[0].captured, HEADERS_ONLY_BYTES);
	assert_int_equal(seen[0].wire, 1000);
	assert_true(seen[0].headers_only);
	assert_int_equal(seen[1].captured, 1000);
	assert_false(seen[1].headers_only);
	capture_close(capture);
	policy_free(policy);
}

static void no_such_interface(void **state)
{
	const struct packet_ring_options none = {.interface = "spanwatch-none", .timeout_ms = 50};
	const struct packet_ring_options longer = {.interface =
							   "a-name-that-no-interface-can-have"};

	(void)state;
	assert_null(packet_ring_open(&none));
	assert_null(packet_ring_open(&longer));
	packet_ring_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_come_once_and_in_order),
		cmocka_unit_test(long_frames_are_cut),
		cmocka_unit_test(tags_are_put_back),
		cmocka_unit_test(a_full_ring_counts),
		cmocka_unit_test(filters_are_the_kernels),
		cmocka_unit_test(headers_of_insiders),
		cmocka_unit_test(no_such_interface),
	};

	if (!raise_loopback()) {
		close(sender);
		sender = -1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
