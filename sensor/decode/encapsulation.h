/* SPDX-License-Identifier: ISC */
/*
 * Every kind of encapsulation that the decoder knows, one row each: how it is recognised, and what
 * becomes of it. `spanwatch --encapsulations` prints the rows; what has no row is told by its number.
 */
#ifndef SENSOR_ENCAPSULATION_H
#define SENSOR_ENCAPSULATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sensor/decode/decode.h"

#define LINK_TAGS_MAX 8 /* tags and shims of the link layer before IP, or before the next tunnel */

enum encapsulation_by {
	BY_NOTHING,
	BY_LINK,      /* the capture's link type, LINKTYPE_ of tcpdump.org */
	BY_ETHERTYPE, /* also in GRE, GENEVE and NSH */
	BY_PROTOCOL,  /* of IP */
	BY_PORT,      /* of UDP */
	BY_SHAPE,     /* a datagram to this UDP port looks like VXLAN */
	BY_WLAN,      /* enum wlan_unread */
	BY_COUNT
};

enum encapsulation_fate {
	FATE_READ,
	FATE_CONTROL, /* between switches, routers or hosts: carries no service */
	FATE_TOLD,    /* counted by its number, and told */
};

/* Of 802.11's data frames. */
enum wlan_unread {
	WLAN_ENCRYPTED = 1,
	WLAN_FRAGMENT,
	WLAN_AGGREGATE, /* several packets in one frame */
};

struct encapsulation {
	const char *name;
	uint8_t by, fate;
	uint16_t first, last; /* numbers */
	const char *bound;    /* what is read, and how much of it; NULL: nothing to say */
};

const struct encapsulation *encapsulation_rows(size_t *count);
/* NULL: nobody knows it. */
const struct encapsulation *encapsulation_find(enum encapsulation_by by, uint16_t number);
/* The link type of a LINKTYPE_ or DLT_ number. */
enum link_type encapsulation_link(int number);
/* The LINKTYPE_ number of a link type that is read. */
uint16_t encapsulation_link_number(enum link_type link);
void encapsulation_print(FILE *out);

/* What a packet was that was not read: by << 16 | number; 0: nothing. */
static inline uint32_t unread_of(enum encapsulation_by by, uint16_t number)
{
	return (uint32_t)by << 16 | number;
}

#define UNREAD_KINDS 48
#define UNREAD_TEXT  480
#define UNREAD_TOLD  6 /* kinds that a sentence tells by name */

/* How much of what was not read. Bounded: further kinds are counted together. */
struct unread {
	struct unread_row {
		uint32_t kind; /* unread_of() */
		uint64_t count;
	} rows[UNREAD_KINDS];
	uint64_t others;
};

void unread_count(struct unread *unread, uint32_t kind, uint64_t count);
void unread_add(struct unread *sum, const struct unread *more);
/*
 * "36 frames of ethertype 0x9999, 12 packets of ESP (IP protocol 50)", the most first; "" if all
 * was read.
 */
void unread_text(const struct unread *unread, char text[UNREAD_TEXT]);

#endif
