/* SPDX-License-Identifier: ISC */
/* Is it memcached? And what its commands are. See memcached_recognise.c. */
#ifndef DISSECTORS_MEMCACHED_RECOGNISE_H
#define DISSECTORS_MEMCACHED_RECOGNISE_H

#include "dissectors/dissector.h"

#define MEMCACHED_FRAME	 8  /* bytes before each datagram's text */
#define MEMCACHED_HEADER 24 /* of the binary protocol */

/* What a command is answered with. */
enum memcached_reply {
	MEMCACHED_NONE,	     /* no command of memcached's */
	MEMCACHED_LINE,	     /* one line */
	MEMCACHED_UNTIL_END, /* lines up to END, or an error */
	MEMCACHED_META,	     /* one line, and data if it begins with VA */
	MEMCACHED_SILENT,
};

struct memcached_command {
	const char *word;
	uint8_t reply; /* enum memcached_reply */
	uint8_t flags;
	uint8_t size_word; /* which word is the size of the data behind the line; 0: none */
};

/* NULL if there is no such command. */
const struct memcached_command *memcached_command(const struct bytes *word);
/* A number without sign; false if it is none. */
bool memcached_number(const struct bytes *word, uint32_t *number);
enum recognised memcached_recognise(const struct opening *opening);
enum recognised memcached_recognise_udp(const struct opening *opening);

#endif
