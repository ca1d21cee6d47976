/* SPDX-License-Identifier: ISC */
/*
 * The room capture/: frames in batches, from an interface or from files, and how many were lost.
 *
 *   interface ─▶ packet_ring (TPACKET_V3), fanout to several workers, headers_only ─┐
 *   udp://… ─▶ receiver (a mirror as datagrams of a plain socket) ─▶ watch ─────────┤
 *                                                                                  ├▶ frame_view[]
 *   sources ─▶ timeline ─▶ input (plain or compressed) ─▶ savefile, or libpcap ────┘
 *
 * It keeps the kernel's ring (--buffer-mib) or one block of a file; a batch points into that and is
 * valid until the next one. What bounds it: these sizes, and the batch. Drops of kernel and
 * interface are read from the kernel and handed on as they are.
 *
 * Where packets come from: a capture file (pcap, pcapng), an interface, or a socket to which a
 * mirror is sent. One thread at a time for each capture.
 */
#ifndef SENSOR_CAPTURE_H
#define SENSOR_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/policy.h"
#include "sensor/base/counter_rows.h"
#include "sensor/capture/frame_view.h"
#include "sensor/capture/input.h"
#include "sensor/decode/decode.h"

#define CAPTURE_ERROR 512
#define CAPTURE_SNAP  262144 /* bytes of a packet, at most */

struct capture;
struct filters;
struct pcap_filter;

struct capture_interface {
	const char *name;   /* or udp://…: receiver.h */
	const char *filter; /* BPF expression, NULL: everything */
	uint32_t snap_length;
	uint32_t buffer_bytes; /* of the kernel's ring */
	uint32_t timeout_ms;   /* how long the kernel may hold packets back: 50 to 100, never 0 */
	/* Sockets of one group share an interface's packets by flow; 0 workers: no group. */
	uint16_t fanout_group, fanout_workers;
	const struct decoder *decoder; /* what tunnels there are; must outlive the call */
	uint32_t from;		       /* its number in struct origins */
	/* A packet socket that was opened before, which is taken over: for an interface of Ethernet
	 * that has come back. 0: none. */
	int socket;
	const struct pcap_filter *compiled; /* with a socket: the filter of before, or NULL */
	bool promiscuous;
};

/* NULL, and a reason in `error`. The input and the filters (NULL: none) must outlive the capture,
 * which does not close them. */
struct capture *capture_open_file(struct input *input, struct filters *filters,
				  char error[CAPTURE_ERROR]);
struct capture *capture_open_interface(const struct capture_interface *interface,
				       char error[CAPTURE_ERROR]);
void capture_close(struct capture *capture); /* NULL is allowed */

/* What its packets come from, for frame_view.origin; before the first one is read. `origins` must
 * outlive the capture. */
void capture_name(struct capture *capture, struct origins *origins,
		  const struct origin_names *names);

/*
 * The next packets, at most `max`; they stay where they are until the next call. Returns how many;
 * 0: the end of the file, or of an interface, that none is there now; -1: broken, see
 * capture_failure().
 */
int capture_frames(struct capture *capture, struct frame_view *frames, int max);
/*
 * Of an interface: from now on the kernel copies only the headers of packets that this policy does
 * not care about (headers_only.h), if it can. False: it refused, and does what it did before.
 */
bool capture_headers_only(struct capture *capture, const struct policy *policy);
/* Of an interface: is it still there? False: broken, or gone. */
bool capture_check(struct capture *capture);
int capture_fd(const struct capture *capture); /* of an interface: readable when there are some */
/* Of an interface: packets may come so much later than they were received; and is the kernel's
 * room for more of them half full? */
uint32_t capture_delay_ms(const struct capture *capture);
bool capture_is_filling(const struct capture *capture);
/* Of an interface: its filter, valid as long as the capture; NULL: none. */
const struct pcap_filter *capture_filter(const struct capture *capture);
/* Of an interface: can one that has gone and come back be opened with a socket that is kept? */
bool capture_can_return(const struct capture *capture);
/* Bytes that the kernel gives to a mirror that is sent to us; 0: it is none. */
uint32_t capture_buffer(const struct capture *capture);
const char *capture_failure(struct capture *capture);
/* Of a file: did it break because it ends too early? */
bool capture_is_cut(const struct capture *capture);
/* Of a file: what is to be known of its packets, which are all read. False: nothing. */
bool capture_note(const struct capture *capture, char text[CAPTURE_ERROR]);
/* Of a file: what in it is not read, in words, one remark for each `index` from 0 on. False:
 * there are no more. */
bool capture_remark(const struct capture *capture, unsigned index, char text[CAPTURE_ERROR]);

struct capture_stats {
	COUNTERS_CAPTURE(COUNTER_MEMBER, )
};
/* Totals since the capture was opened. */
void capture_stats(struct capture *capture, struct capture_stats *stats);

/* Does this filter expression compile? Checked against Ethernet. */
bool capture_check_filter(const char *filter, char error[CAPTURE_ERROR]);

#endif
