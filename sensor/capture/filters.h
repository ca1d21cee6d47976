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

#define FILTERS_ERROR PCAP_SOURCE_ERROR
#define FILTERS_KINDS 32 /* link types that are kept; more are refused */

struct filters;

/* The expression must outlive it; NULL: everything passes. NULL: out of memory. */
struct filters *filters_new(const char *expression);
void filters_free(struct filters *filters); /* NULL is allowed */
/*
 * For the link type that libpcap numbers so. False, and words in `error`: it does not compile. Else
 * *found is to be given to pcap_filter_pass(); NULL: everything passes. It stays until
 * filters_free().
 */
bool filters_get(struct filters *filters, int dlt, const struct pcap_filter **found,
		 char error[FILTERS_ERROR]);
/*
 * Of an Ethernet frame that did not pass: is that because of its VLAN tag, which most expressions
 * take for the packet's beginning? Then it is counted.
 */
void filters_note_tag(struct filters *filters, const uint8_t *frame, uint32_t captured,
		      uint32_t wire);
/* Once: words about such frames, with the filter that lets them pass. False: there were none. */
bool filters_hint(struct filters *filters, char text[FILTERS_ERROR]);

#endif
