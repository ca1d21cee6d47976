/* SPDX-License-Identifier: ISC */
/*
 * What the parts of a capture share: capture_file.c opens and reads files, capture_interface.c
 * interfaces and sockets (receiver.h), capture.c has what is common. Nobody else includes it.
 */
#ifndef SENSOR_CAPTURE_STATE_H
#define SENSOR_CAPTURE_STATE_H

#include "sensor/capture/capture.h"
#include "sensor/capture/filters.h"
#include "sensor/capture/packet_ring.h"
#include "sensor/capture/pcap_source.h"
#include "sensor/capture/receiver.h"
#include "sensor/capture/savefile.h"

#define UNREAD_LINKS 8 /* link types that are told by name, of one file */

/* What a link type means for its packets. */
struct link_kind {
	int number; /* LINKTYPE_; -1: none yet */
	enum link_type link;
	const struct pcap_filter *filter;
	uint64_t *unread; /* NULL: they are read */
};

struct unread_link {
	int dlt;
	uint64_t packets;
};

/* One of savefile, ring, receiver and pcap reads the packets. */
struct capture {
	struct input *input; /* of a file; the caller's */
	struct savefile *savefile;
	struct packet_ring *ring;
	struct receiver *receiver;
	struct pcap_source *pcap;
	struct filters *filters;    /* of a file; the caller's */
	struct link_kind kind;	    /* of the packet before */
	struct pcap_filter *filter; /* of an interface; owned */
	uint32_t snap_length;	    /* of the ring */
	struct origin origin;	    /* of the packet before */
	int wait_ms;		    /* of an interface */
	char broken[CAPTURE_ERROR]; /* why the ring or a filter is, or "" */
	struct unread_link unread[UNREAD_LINKS];
	unsigned unread_count;
	uint64_t unread_others; /* of link types beyond UNREAD_LINKS */
	struct capture_stats stats;
	struct pcap_source_stats last; /* libpcap's wrap */
};

/* NULL, and words in `error`: out of memory. */
struct capture *capture_new(char error[CAPTURE_ERROR]);
/* capture_file.c: as capture_frames(). */
int capture_savefile_frames(struct capture *capture, struct frame_view *frames, int max);

#endif
