/* SPDX-License-Identifier: ISC */
/*
 * Sends the frames of a capture over and over, as fast as the interface takes them or at a rate:
 *
 *	send INTERFACE FILE [--rate PACKETS-PER-SECOND] [--seconds N] [--packets N]
 *
 * For tools/bench-live: FILE is what build/generate wrote (pcap, Ethernet, host byte order). The
 * frames are laid into a ring that is shared with the kernel (packet(7), PACKET_TX_RING) once; to
 * send one again only its state is set. Of a file that is longer than the ring the beginning is
 * sent. Prints packets, bytes of frames, and the seconds that it took. Needs CAP_NET_RAW.
 */
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#define RING_BYTES  (128U << 20)
#define BLOCK_BYTES (1U << 20)
#define DATA_AT	    ((uint32_t)(sizeof(struct tpacket2_hdr) + 15) / 16 * 16) /* in a slot */
#define BATCH	    256U       /* frames for each system call */
#define NAP_NS	    50000      /* when ahead of the rate */
#define FRAMES_MAX  (1U << 18) /* so that a file of small frames is not all of the memory */
#define LENGTH_MAX  2048U      /* of a frame */

struct sender {
	int fd;
	uint8_t *ring;
	uint32_t slot_bytes, slots, next;
	uint32_t *lengths;
	uint64_t packets, bytes; /* sent */
};

struct limits {
	uint64_t rate, packets; /* 0: none */
	double seconds;
};

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* ---- the frames ---- */

static uint8_t *read_file(const char *path, size_t *length)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(RING_BYTES);

	if (!file || !bytes)
		err(1, "%s", path);
	*length = fread(bytes, 1, RING_BYTES, file);
	fclose(file);
	return bytes;
}

static uint32_t word(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof value);
	return value;
}

/* The next record's frame at *at, which moves on; 0: no more whole ones. */
static uint32_t next_frame(const uint8_t *bytes, size_t length, size_t *at, const uint8_t **frame)
{
	uint32_t captured;

	if (length - *at < 16)
		return 0;
	captured = word(bytes + *at + 8);
	if (captured == 0 || captured > LENGTH_MAX || captured > length - *at - 16)
		return 0;
	*frame = bytes + *at + 16;
	*at += 16 + captured;
	return captured;
}

static uint32_t longest_frame(const uint8_t *bytes, size_t length)
{
	const uint8_t *frame;
	size_t at = 24;
	uint32_t longest = 0, frame_length;

	while ((frame_length = next_frame(bytes, length, &at, &frame)) != 0)
		longest = frame_length > longest ? frame_length : longest;
	return longest;
}

/* ---- the ring ---- */

static volatile struct tpacket2_hdr *slot_at(const struct sender *sender, uint32_t slot)
{
	uint32_t in_block = BLOCK_BYTES / sender->slot_bytes;
	size_t at = (size_t)(slot / in_block) * BLOCK_BYTES +
		    (size_t)(slot % in_block) * sender->slot_bytes;

	return (void *)(sender->ring + at);
}

static void set_option(const struct sender *sender, int option, int value)
{
	if (setsockopt(sender->fd, SOL_PACKET, option, &value, sizeof value) != 0)
		err(1, "packet socket, option %d", option);
}

static void open_ring(struct sender *sender, const char *interface, uint32_t longest,
		      uint32_t frames)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      .sll_ifindex = (int)if_nametoindex(interface)};
	struct tpacket_req request = {.tp_block_size = BLOCK_BYTES};

	sender->slot_bytes = 128;
	while (sender->slot_bytes < longest + DATA_AT)
		sender->slot_bytes *= 2;
	sender->slots = BLOCK_BYTES / sender->slot_bytes;
	request.tp_block_nr = (frames + sender->slots - 1) / sender->slots;
	sender->slots *= request.tp_block_nr;
	if (sender->slots == 0)
		errx(1, "a frame is too long, or there is none");
	request.tp_frame_size = sender->slot_bytes;
	request.tp_frame_nr = sender->slots;
	sender->fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (sender->fd < 0 || address.sll_ifindex == 0)
		err(1, "%s", interface);
	set_option(sender, PACKET_VERSION, TPACKET_V2);
	set_option(sender, PACKET_LOSS, 1);
	set_option(sender, PACKET_QDISC_BYPASS, 1);
	if (setsockopt(sender->fd, SOL_PACKET, PACKET_TX_RING, &request, sizeof request) != 0)
		err(1, "PACKET_TX_RING");
	if (bind(sender->fd, (struct sockaddr *)&address, sizeof address) != 0)
		err(1, "%s", interface);
	sender->ring = mmap(NULL, (size_t)request.tp_block_nr * BLOCK_BYTES, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_POPULATE, sender->fd, 0);
	if (sender->ring == MAP_FAILED)
		err(1, "mmap");
}

/* As many frames as there are slots, beginning anew if the file has fewer. */
static void fill_ring(struct sender *sender, const uint8_t *bytes, size_t length)
{
	size_t at = 24;

	sender->lengths = calloc((size_t)sender->slots + 1, sizeof *sender->lengths);
	if (!sender->lengths)
		err(1, "memory");
	for (uint32_t i = 0; i < sender->slots; i++) {
		const uint8_t *frame = NULL;
		uint32_t captured = next_frame(bytes, length, &at, &frame);

		if (captured == 0) {
			at = 24;
			captured = next_frame(bytes, length, &at, &frame);
		}
		if (captured == 0)
			return;
		slot_at(sender, i)->tp_len = captured;
		memcpy((uint8_t *)(uintptr_t)slot_at(sender, i) + DATA_AT, frame, captured);
		sender->lengths[i] = captured;
	}
}

static void load(struct sender *sender, const char *interface, const char *path)
{
	size_t length;
	uint8_t *bytes = read_file(path, &length);
	uint32_t longest = longest_frame(bytes, length), frames = 0;
	const uint8_t *frame;
	size_t at = 24;

	if (length < 24 || (word(bytes) != 0xa1b2c3d4 && word(bytes) != 0xa1b23c4d) || !longest)
		errx(1, "%s: not a capture of this machine's byte order, or it is empty", path);
	while (frames < FRAMES_MAX && next_frame(bytes, length, &at, &frame))
		frames++;
	open_ring(sender, interface, longest, frames);
	fill_ring(sender, bytes, length);
	free(bytes);
}

/* ---- sending ---- */

static void wait_for_slot(const struct sender *sender, uint32_t slot)
{
	while (slot_at(sender, slot)->tp_status != TP_STATUS_AVAILABLE) {
		struct pollfd ready = {.fd = sender->fd, .events = POLLOUT};

		send(sender->fd, NULL, 0, MSG_DONTWAIT);
		poll(&ready, 1, 1);
	}
}

static void send_batch(struct sender *sender, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t slot = sender->next;

		wait_for_slot(sender, slot);
		atomic_thread_fence(memory_order_release);
		slot_at(sender, slot)->tp_status = TP_STATUS_SEND_REQUEST;
		sender->next = slot + 1 < sender->slots ? slot + 1 : 0;
		sender->packets++;
		sender->bytes += sender->lengths[slot];
	}
	send(sender->fd, NULL, 0, MSG_DONTWAIT);
}

/* How many may be sent by now, within one batch. */
static uint32_t allowed(const struct sender *sender, const struct limits *limits, double elapsed)
{
	uint64_t most = limits->packets ? limits->packets : UINT64_MAX;

	if (limits->rate != 0 && (double)limits->rate * elapsed < (double)most)
		most = (uint64_t)((double)limits->rate * elapsed);
	if (most <= sender->packets)
		return 0;
	return most - sender->packets < BATCH ? (uint32_t)(most - sender->packets) : BATCH;
}

static double run(struct sender *sender, const struct limits *limits)
{
	double began = now(), elapsed = 0;

	while (elapsed < limits->seconds &&
	       (limits->packets == 0 || sender->packets < limits->packets)) {
		uint32_t count = allowed(sender, limits, elapsed);
		const struct timespec nap = {.tv_nsec = NAP_NS};

		if (count != 0)
			send_batch(sender, count);
		if (count < BATCH && limits->rate != 0)
			nanosleep(&nap, NULL);
		elapsed = now() - began;
	}
	return elapsed;
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (end == text || *end || *text == '-')
		errx(2, "'%s' is not a number", text);
	return value;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"rate", required_argument, NULL, 'r'},
						{"seconds", required_argument, NULL, 's'},
						{"packets", required_argument, NULL, 'p'},
						{NULL, 0, NULL, 0}};
	struct limits limits = {.seconds = 1};
	struct sender sender = {.fd = -1};
	int option;
	double seconds;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'r')
			limits.rate = number(optarg);
		else if (option == 's')
			limits.seconds = (double)number(optarg);
		else if (option == 'p')
			limits.packets = number(optarg);
		else
			return 2;
	}
	if (argc - optind != 2)
		errx(2, "usage: send INTERFACE FILE [--rate N] [--seconds N] [--packets N]");
	load(&sender, argv[optind], argv[optind + 1]);
	seconds = run(&sender, &limits);
	printf("%" PRIu64 " packets %" PRIu64 " bytes %.3f seconds\n", sender.packets, sender.bytes,
	       seconds);
	free(sender.lengths);
	return 0;
}
