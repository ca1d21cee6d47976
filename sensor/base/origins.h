/* SPDX-License-Identifier: ISC */
/*
 * Where packets come from, in words: captures and interfaces by number, so that a packet carries
 * four bytes in place of names. Grows with what is added, which is bounded by who adds: the
 * captures of the command line, and of each so many interfaces as savefile.h says. Of any thread.
 */
#ifndef SENSOR_ORIGINS_H
#define SENSOR_ORIGINS_H

#include <stddef.h>
#include <stdint.h>

#define ORIGIN_FILE 256 /* of a longer name the end is kept */
#define ORIGIN_NAME 64
#define ORIGIN_NONE 0

/* One packet. */
struct origin {
	uint64_t packet; /* its number in the capture, from 1; 0: it is of no capture */
	uint32_t from;	 /* number in struct origins; ORIGIN_NONE: not known */
};

/* "" is none. */
struct origin_names {
	size_t source;		     /* the number of that capture, for who added it */
	char file[ORIGIN_FILE];	     /* a capture, as the command line names it */
	char interface[ORIGIN_NAME]; /* by the system that captured */
	char alias[2 * ORIGIN_NAME]; /* what people call it */
};

struct origins;

struct origins *origins_new(void);	    /* NULL: out of memory */
void origins_free(struct origins *origins); /* NULL is allowed */

/* The name of a capture, as it is kept. */
void origins_name_file(struct origin_names *names, const char *path);
/* A number for these names; ORIGIN_NONE: out of memory, or no table. */
uint32_t origins_add(struct origins *origins, const struct origin_names *names);
/* The same, but what is there already keeps its number, and names of nothing get ORIGIN_NONE: for
 * few. */
uint32_t origins_find(struct origins *origins, const struct origin_names *names);
/* All "" for a number that is none. Valid until origins_free(). */
const struct origin_names *origins_get(struct origins *origins, uint32_t number);

#endif
