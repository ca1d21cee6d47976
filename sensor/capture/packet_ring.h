/* SPDX-License-Identifier: ISC */
/*
 * Packets of an Ethernet-like interface, out of a ring that the kernel fills: packet(7),
 * TPACKET_V3. The kernel hands over blocks of many packets. Unlike libpcap, which gives a block
 * back before its caller can know that it was the last packet's turn, this leaves packets where
 * they are for a whole batch: nothing is copied, and the next ones can be looked at ahead. One
 * thread at a time.
 */
#ifndef SENSOR_PACKET_RING_H
#define SENSOR_PACKET_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/capture/frame_view.h"

struct packet_ring;

struct sock_filter;

struct packet_ring_options {
	const char *interface;
	int socket; /* of packet_ring_socket(), taken over; 0: a new one is made */
	const struct sock_filter *filter; /* NULL: everything */
	uint16_t filter_length;		  /* instructions */
	uint32_t snap_length;  /* without a filter, which says how much it wants itself */
	uint32_t buffer_bytes; /* of the ring; less if there is not so much memory */
	uint32_t timeout_ms;   /* a block that is not full is handed over after that */
	bool promiscuous;
};

/* NULL, and errno. */
struct packet_ring *packet_ring_open(const struct packet_ring_options *options);
void packet_ring_close(struct packet_ring *ring); /* NULL is allowed */
int packet_ring_fd(const struct packet_ring *ring);
/* A socket for later, when there is no privilege any more to make one. -1: errno. */
int packet_ring_socket(void);
/* Is half of the ring waiting to be read? */
bool packet_ring_is_filling(const struct packet_ring *ring);

/*
 * From now on this filter. What it cuts at exactly `headers` bytes is marked as headers only; 0:
 * nothing. False: errno, and the old one stays.
 */
bool packet_ring_filter(struct packet_ring *ring, const struct sock_filter *filter, uint16_t length,
			uint32_t headers);

/*
 * The next packets, at most `max` and of one block; they stay until the next call. 0: none is
 * there.
 */
int packet_ring_frames(struct packet_ring *ring, struct frame_view *frames, int max);

/*
 * Until there are some, at most so long. False: the interface is gone, or the socket broke: errno.
 */
bool packet_ring_wait(const struct packet_ring *ring, int timeout_ms);

struct packet_ring_stats {
	uint64_t received; /* by the socket, after the filter; with those that were dropped */
	uint64_t dropped;  /* the ring was full */
	uint64_t dropped_interface;
};
/* Adds what came since the last call. */
void packet_ring_stats(const struct packet_ring *ring, struct packet_ring_stats *stats);

#endif
