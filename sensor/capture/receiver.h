/* SPDX-License-Identifier: ISC */
/*
 * A mirror that is sent to us: datagrams of VXLAN, GENEVE, GRE in UDP or TZSP, taken from the
 * kernel by a plain socket, which needs no privilege. "udp://ADDRESS:PORT/KIND", and behind that
 * "?from=PREFIX,..." for who may send. Each datagram is handed out as the packet that it came in,
 * with an IP and a UDP header before it, to the port that is KIND's by its standard: whatever reads
 * mirrors on a wire reads this as well.
 *
 * Several workers have a socket each (SO_REUSEPORT), and a program of fanout.h tells the kernel
 * whose a datagram is, by what it holds. What the kernel drops is read from the sockets.
 */
#ifndef SENSOR_RECEIVER_H
#define SENSOR_RECEIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/address.h"
#include "sensor/capture/frame_view.h"
#include "sensor/decode/decode.h"

#define RECEIVER_ERROR 512
#define RECEIVER_FROM  16 /* prefixes of senders */
#define RECEIVER_BATCH 32 /* datagrams */

struct receiver_place {
	struct address address;
	uint16_t port;
	uint8_t kind; /* enum tunnel_kind: TUNNEL_VXLAN, TUNNEL_GENEVE, TUNNEL_GRE, TUNNEL_TZSP */
	bool v6;
	uint8_t from_count; /* 0: anybody */
	struct prefix from[RECEIVER_FROM];
};

/* Is this the beginning of one? */
bool receiver_is_url(const char *text);
/* False: words in `error`. */
bool receiver_parse(const char *text, struct receiver_place *place, char error[RECEIVER_ERROR]);

struct receiver_options {
	struct receiver_place place;
	const struct decoder *decoder; /* must outlive the call */
	uint32_t buffer_bytes;	       /* of the socket; the kernel may give less */
	uint32_t workers;	       /* sockets of this place, opened one after the other */
};

struct receiver;

/* NULL: words in `error`. */
struct receiver *receiver_open(const struct receiver_options *options, char error[RECEIVER_ERROR]);
void receiver_close(struct receiver *receiver); /* NULL is allowed */
uint64_t receiver_bytes(void);			/* what receiver_open() takes */
int receiver_fd(const struct receiver *receiver);
/* Bytes that the kernel gives the socket. */
uint32_t receiver_buffer(const struct receiver *receiver);

/* At most `max`, and RECEIVER_BATCH; they stay until the next call. 0: none is there. */
int receiver_frames(struct receiver *receiver, struct frame_view *frames, int max);

struct receiver_stats {
	uint64_t received, dropped; /* by the socket, those that were dropped included */
	uint64_t refused;	    /* of senders that may not */
};
struct receiver_stats receiver_stats(struct receiver *receiver);

#endif
