/* SPDX-License-Identifier: ISC */
/*
 * All that libpcap does for us: filters, interfaces that are no Ethernet, rare variants of
 * savefiles, and the names of things. Each of one thread at a time.
 */
#ifndef SENSOR_PCAP_SOURCE_H
#define SENSOR_PCAP_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sensor/capture/frame_view.h"

#define PCAP_SOURCE_ERROR 512
#define PCAP_ETHERNET	  1  /* DLT_EN10MB */
#define PCAP_RAW	  12 /* DLT_RAW */

struct capture_interface;
struct sock_filter;

/* ---- filters ---- */

struct pcap_filter; /* an expression, compiled for one link type */

/* For the link type that libpcap numbers so. NULL: words in `error`. */
struct pcap_filter *pcap_filter_new(const char *expression, int dlt, char error[PCAP_SOURCE_ERROR]);
/*
 * For packets of this interface as the kernel has them, which keeps the VLAN tag beside the packet.
 * NULL: words in `error`.
 */
struct pcap_source;
struct pcap_filter *pcap_filter_live(const char *expression, const struct pcap_source *source,
				     char error[PCAP_SOURCE_ERROR]);
struct pcap_filter *pcap_filter_copy(const struct pcap_filter *filter); /* NULL: out of memory */
void pcap_filter_free(struct pcap_filter *filter);			/* NULL is allowed */
/* NULL lets everything pass. */
bool pcap_filter_pass(const struct pcap_filter *filter, const uint8_t *frame, uint32_t captured,
		      uint32_t wire);
/* As the kernel takes it. NULL: no filter. Valid as long as the filter. */
const struct sock_filter *pcap_filter_code(const struct pcap_filter *filter, uint16_t *length);

/* ---- packets ---- */

/* Reads the stream, and closes it in any case. NULL: words in `error`. */
struct pcap_source *pcap_source_file(FILE *stream, char error[PCAP_SOURCE_ERROR]);
/* Opened, without its filter; waits for nothing. NULL: words in `error`. */
struct pcap_source *pcap_source_interface(const struct capture_interface *interface,
					  uint32_t buffer_bytes, char error[PCAP_SOURCE_ERROR]);
void pcap_source_close(struct pcap_source *source); /* NULL is allowed */

int pcap_source_dlt(const struct pcap_source *source);
/* False: words in `error`. */
bool pcap_source_filter(struct pcap_source *source, const struct pcap_filter *filter,
			char error[PCAP_SOURCE_ERROR]);
/* 1: time, bytes and lengths of `frame` are set, until the next call; 0: none is there now, or the
 * end; -1: broken. */
int pcap_source_next(struct pcap_source *source, struct frame_view *frame);
int pcap_source_fd(const struct pcap_source *source);
const char *pcap_source_failure(const struct pcap_source *source);

struct pcap_source_stats {
	unsigned received, dropped, dropped_interface; /* they wrap at 32 bits */
};
bool pcap_source_stats(struct pcap_source *source, struct pcap_source_stats *stats);

/* ---- names ---- */

/* libpcap's own number of a link type (DLT_) for that in files (LINKTYPE_): pcap-linktype(7). */
int pcap_source_dlt_of(int linktype);
/* NULL: it has none. */
const char *pcap_source_link_name(int dlt);
/* The interfaces that there are, with commas between; "" where that cannot be told. */
void pcap_source_list(char *text, size_t room);

#endif
