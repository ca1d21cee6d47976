/* SPDX-License-Identifier: ISC */
/*
 * See packet_ring.h. A block belongs to the kernel until its status says TP_STATUS_USER, and to us
 * until we write TP_STATUS_KERNEL: that happens when the first call after its last packet comes.
 *
 *	block:	tpacket_block_desc | packet | packet | ...
 *	packet:	tpacket3_hdr | sockaddr_ll | room for a VLAN tag | frame
 *
 * The kernel takes the outermost VLAN tag out of the frame; it is put back, as everything behind
 * this expects frames as they were on the wire.
 */
#include "sensor/capture/packet_ring.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sensor/base/clock.h"

/* Large ones cost the fewest turns of the scheduler, small ones fill soon (and a packet of 64 KiB,
 * which offloading makes, has to fit in): measured between 256 KiB and 4 MiB. */
#define BLOCK_MOST   (1U << 20)
#define BLOCK_LEAST  (1U << 17)
#define BLOCKS	     16U   /* rather than larger ones */
#define SLOT_BYTES   2048U /* only checked by the kernel: a packet takes as much as it needs */
#define TAG_BYTES    4U
#define ADDRESSES    12U /* bytes of an Ethernet header in front of a tag */
#define LEAST_BLOCKS 4U
#define ADDRESS_AT   ((sizeof(struct tpacket3_hdr) + 15) / 16 * 16)
#define AHEAD	     8 /* packets; of a flood all are of one length */

/* What the adapter had no room for, or its driver. */
static const char *const drop_files[] = {"rx_missed_errors", "rx_fifo_errors"};

#define DROP_FILES (sizeof drop_files / sizeof *drop_files)

struct packet_ring {
	int fd, index;
	int drops[DROP_FILES];	 /* open files of sysfs; -1: there is none */
	uint64_t dropped_before; /* by the interface */
	uint32_t headers;	 /* bytes at which the filter cuts; 0: it does not */
	bool loopback;		 /* shows every packet twice: as it leaves, and as it comes */
	uint8_t *bytes;
	uint32_t block_bytes, blocks;
	uint32_t block; /* the one that is being read, or the next one */
	uint32_t left;	/* packets in it that were not handed out; with `at` NULL: not begun */
	uint8_t *at;	/* the next of them */
};

static bool set_option(const struct packet_ring *ring, int option, const void *value,
		       socklen_t length)
{
	return setsockopt(ring->fd, SOL_PACKET, option, value, length) == 0;
}

static bool set_number(const struct packet_ring *ring, int option, int value)
{
	return set_option(ring, option, &value, sizeof value);
}

bool packet_ring_filter(struct packet_ring *ring, const struct sock_filter *filter, uint16_t length,
			uint32_t headers)
{
	struct sock_filter copy[BPF_MAXINSNS];
	struct sock_fprog program = {.len = length, .filter = copy};

	if (length > BPF_MAXINSNS) {
		errno = EINVAL;
		return false;
	}
	memcpy(copy, filter, length * sizeof *copy);
	if (setsockopt(ring->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
		return false;
	ring->headers = headers;
	return true;
}

static bool set_filter(struct packet_ring *ring, const struct packet_ring_options *options)
{
	const struct sock_filter all = {.code = BPF_RET | BPF_K, .k = options->snap_length};

	return options->filter
		       ? packet_ring_filter(ring, options->filter, options->filter_length, 0)
		       : packet_ring_filter(ring, &all, 1, 0);
}

static bool make_ring(struct packet_ring *ring, const struct packet_ring_options *options)
{
	struct tpacket_req3 request = {.tp_frame_size = SLOT_BYTES,
				       .tp_retire_blk_tov = options->timeout_ms};

	ring->block_bytes = BLOCK_MOST;
	while (ring->block_bytes > BLOCK_LEAST &&
	       options->buffer_bytes / ring->block_bytes < BLOCKS)
		ring->block_bytes /= 2;
	ring->blocks = options->buffer_bytes / ring->block_bytes;
	if (ring->blocks < LEAST_BLOCKS)
		ring->blocks = LEAST_BLOCKS;
	request.tp_block_size = ring->block_bytes;
	for (;; ring->blocks /= 2) {
		request.tp_block_nr = ring->blocks;
		request.tp_frame_nr = ring->blocks * (ring->block_bytes / SLOT_BYTES);
		if (set_option(ring, PACKET_RX_RING, &request, sizeof request))
			break;
		if (errno != ENOMEM || ring->blocks / 2 < LEAST_BLOCKS)
			return false;
	}
	ring->bytes = mmap(NULL, (size_t)ring->blocks * ring->block_bytes, PROT_READ | PROT_WRITE,
			   MAP_SHARED, ring->fd, 0);
	if (ring->bytes == MAP_FAILED)
		ring->bytes = NULL;
	return ring->bytes != NULL;
}

static bool listen_to(const struct packet_ring *ring, bool promiscuous)
{
	const struct packet_mreq all = {.mr_ifindex = ring->index, .mr_type = PACKET_MR_PROMISC};
	const struct sockaddr_ll address = {.sll_family = AF_PACKET,
					    .sll_protocol = htons(ETH_P_ALL),
					    .sll_ifindex = ring->index};

	return bind(ring->fd, (const void *)&address, sizeof address) == 0 &&
	       (!promiscuous || set_option(ring, PACKET_ADD_MEMBERSHIP, &all, sizeof all));
}

static bool find_interface(struct packet_ring *ring, const char *name)
{
	struct ifreq request = {.ifr_flags = 0};

	if (strlen(name) >= sizeof request.ifr_name) {
		errno = ENODEV;
		return false;
	}
	memcpy(request.ifr_name, name, strlen(name) + 1);
	if (ioctl(ring->fd, SIOCGIFFLAGS, &request) != 0)
		return false;
	ring->loopback = (request.ifr_flags & IFF_LOOPBACK) != 0;
	if (ioctl(ring->fd, SIOCGIFINDEX, &request) != 0)
		return false;
	ring->index = request.ifr_ifindex;
	return true;
}

static void open_drops(struct packet_ring *ring, const char *interface)
{
	char path[128];

	for (size_t i = 0; i < DROP_FILES; i++) {
		snprintf(path, sizeof path, "/sys/class/net/%s/statistics/%s", interface,
			 drop_files[i]);
		ring->drops[i] = open(path, O_RDONLY | O_CLOEXEC);
	}
}

/* Since the interface is there. */
static uint64_t interface_drops(const struct packet_ring *ring)
{
	char text[32];
	uint64_t sum = 0;

	for (size_t i = 0; i < DROP_FILES; i++) {
		ssize_t length = pread(ring->drops[i], text, sizeof text - 1, 0);

		if (length <= 0)
			continue;
		text[length] = '\0';
		sum += strtoull(text, NULL, 10);
	}
	return sum;
}

int packet_ring_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
}

/*
 * Bound last: what comes before the filter and the ring are there would not be of this interface.
 */
struct packet_ring *packet_ring_open(const struct packet_ring_options *options)
{
	struct packet_ring *ring = calloc(1, sizeof *ring);
	int reason;

	if (!ring)
		return NULL;
	open_drops(ring, options->interface);
	ring->dropped_before = interface_drops(ring);
	ring->fd = options->socket != 0 ? options->socket : packet_ring_socket();
	if (ring->fd >= 0 && find_interface(ring, options->interface) &&
	    set_number(ring, PACKET_VERSION, TPACKET_V3) &&
	    set_number(ring, PACKET_RESERVE, TAG_BYTES) && set_filter(ring, options) &&
	    make_ring(ring, options) && listen_to(ring, options->promiscuous))
		return ring;
	reason = errno;
	packet_ring_close(ring);
	errno = reason;
	return NULL;
}

void packet_ring_close(struct packet_ring *ring)
{
	if (!ring)
		return;
	if (ring->bytes)
		munmap(ring->bytes, (size_t)ring->blocks * ring->block_bytes);
	if (ring->fd >= 0)
		close(ring->fd);
	for (size_t i = 0; i < DROP_FILES; i++) {
		if (ring->drops[i] >= 0)
			close(ring->drops[i]);
	}
	free(ring);
}

int packet_ring_fd(const struct packet_ring *ring)
{
	return ring->fd;
}

static struct tpacket_block_desc *block_of(const struct packet_ring *ring)
{
	return (void *)(ring->bytes + (size_t)ring->block * ring->block_bytes);
}

/* The kernel writes this member at any time. */
static _Atomic(uint32_t) *status_of(struct tpacket_block_desc *block)
{
	return (void *)&block->hdr.bh1.block_status;
}

bool packet_ring_is_filling(const struct packet_ring *ring)
{
	struct packet_ring ahead = *ring;

	ahead.block = (ring->block + ring->blocks / 2) % ring->blocks;
	return (atomic_load_explicit(status_of(block_of(&ahead)), memory_order_relaxed) &
		TP_STATUS_USER) != 0;
}

static void give_back(struct packet_ring *ring)
{
	atomic_store_explicit(status_of(block_of(ring)), TP_STATUS_KERNEL, memory_order_release);
	ring->block = (ring->block + 1) % ring->blocks;
	ring->at = NULL;
}

/* False: the next block is the kernel's still. */
static bool begin_block(struct packet_ring *ring)
{
	struct tpacket_block_desc *block = block_of(ring);

	if ((atomic_load_explicit(status_of(block), memory_order_acquire) & TP_STATUS_USER) == 0)
		return false;
	ring->left = block->hdr.bh1.num_pkts;
	ring->at = (uint8_t *)block + block->hdr.bh1.offset_to_first_pkt;
	return true;
}

static void put_tag_back(struct frame_view *frame, uint8_t *bytes,
			 const struct tpacket3_hdr *header)
{
	bool known = (header->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
	uint16_t tag[] = {htons(known ? header->hv1.tp_vlan_tpid : ETH_P_8021Q),
			  htons((uint16_t)header->hv1.tp_vlan_tci)};

	memmove(bytes - TAG_BYTES, bytes, ADDRESSES);
	memcpy(bytes - TAG_BYTES + ADDRESSES, tag, sizeof tag);
	frame->bytes -= TAG_BYTES;
	frame->captured += TAG_BYTES;
	frame->wire += TAG_BYTES;
}

static const struct tpacket3_hdr *header_of(const struct packet_ring *ring)
{
	return (const void *)ring->at;
}

/* False: it is one that has been seen, or will be. */
static bool read_packet(const struct packet_ring *ring, struct frame_view *frame)
{
	const struct tpacket3_hdr *header = header_of(ring);
	const struct sockaddr_ll *address = (const void *)(ring->at + ADDRESS_AT);
	uint8_t *bytes = ring->at + header->tp_mac;

	if (ring->loopback && address->sll_pkttype == PACKET_OUTGOING)
		return false;
	*frame = (struct frame_view){
		.ts_ns = header->tp_sec * NS_PER_S + header->tp_nsec,
		.bytes = bytes,
		.captured = header->tp_snaplen,
		.wire = header->tp_len,
		.headers_only =
			header->tp_snaplen == ring->headers && header->tp_len > ring->headers,
	};
	if ((header->tp_status & TP_STATUS_VLAN_VALID) != 0 && frame->captured >= ADDRESSES)
		put_tag_back(frame, bytes, header);
	return true;
}

int packet_ring_frames(struct packet_ring *ring, struct frame_view *frames, int max)
{
	int n = 0;

	while (n == 0) {
		if (ring->at && ring->left == 0)
			give_back(ring);
		if (!ring->at && !begin_block(ring))
			return 0;
		for (; n < max && ring->left != 0; ring->left--) {
			uint32_t step = header_of(ring)->tp_next_offset;

			__builtin_prefetch(ring->at + AHEAD * step);
			__builtin_prefetch(ring->at + AHEAD * step + 64);
			n += read_packet(ring, &frames[n]);
			ring->at += step;
		}
	}
	return n;
}

/* An interface that is only down may come up again. */
static bool is_gone(const struct packet_ring *ring)
{
	struct ifreq request = {.ifr_ifindex = ring->index};

	return ioctl(ring->fd, SIOCGIFNAME, &request) != 0;
}

bool packet_ring_wait(const struct packet_ring *ring, int timeout_ms)
{
	struct pollfd ready = {.fd = ring->fd, .events = POLLIN};
	int error = 0;
	socklen_t length = sizeof error;

	if (poll(&ready, 1, timeout_ms) <= 0 || (ready.revents & (POLLERR | POLLHUP)) == 0)
		return true;
	if (getsockopt(ring->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
		return false;
	errno = error;
	return error == 0 || (error == ENETDOWN && !is_gone(ring));
}

void packet_ring_stats(const struct packet_ring *ring, struct packet_ring_stats *stats)
{
	struct tpacket_stats_v3 now;
	socklen_t length = sizeof now;
	uint64_t dropped = interface_drops(ring);

	if (getsockopt(ring->fd, SOL_PACKET, PACKET_STATISTICS, &now, &length) == 0) {
		stats->received += now.tp_packets;
		stats->dropped += now.tp_drops;
	}
	if (dropped > ring->dropped_before)
		stats->dropped_interface = dropped - ring->dropped_before;
}
