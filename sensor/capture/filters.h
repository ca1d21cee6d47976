/* SPDX-License-Identifier: ISC */
/*
 * One BPF expression, compiled for each link type that turns up, once: an expression with hundreds
 * of hosts takes milliseconds to compile, and a replay may read thousands of files. Of one thread.
 */
#ifndef SENSOR_FILTERS_H
#define SENSOR_FILTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/capture/pcap_source.h"

#define FILTERS_ERROR  PCAP_SOURCE_ERROR
#define FILTERS_KINDS  32 /* link types that are kept; more are refused */
#define FILTERS_LOOKED 100000

struct filters;

/* The expression must outlive it; NULL: everything passes. NULL: out of memory. */
struct filters *filters_new(const char *expression);
void filters_free(struct filters *filters); /* NULL is allowed */
/* Other captures follow: what filters_hint() tells is of those alone. NULL is allowed. */
void filters_begin(struct filters *filters);
/*
 * For the link type that libpcap numbers so. False, and words in `error`: it does not compile. Else
 * *found is to be given to pcap_filter_pass(); NULL: everything passes. It stays until
 * filters_free().
 */
bool filters_get(struct filters *filters, int dlt, const struct pcap_filter **found,
		 char error[FILTERS_ERROR]);
/*
 * Of a frame that did not pass: is that because of its VLAN tag, which most expressions take for
 * the packet's beginning, or because what they ask for is inside of a tunnel? Then it is counted,
 * the latter among the first FILTERS_LOOKED such frames.
 */
void filters_note_refused(struct filters *filters, const struct frame_view *frame);
/* Once: words about such frames, with the filter that lets them pass. False: there were none. */
bool filters_hint(struct filters *filters, char text[FILTERS_ERROR]);

#endif
