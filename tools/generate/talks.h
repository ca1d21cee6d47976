/* SPDX-License-Identifier: ISC */
/*
 * What is said in a conversation: a list of steps, each of which one side says in full before the
 * next begins. To add a protocol: write its steps, and add a row to `talks`.
 */
#ifndef GENERATE_TALKS_H
#define GENERATE_TALKS_H

#include <stddef.h>
#include <stdint.h>

enum from {
	FROM_CLIENT,
	FROM_SERVER,
};

enum step_kind {
	STEP_SAY,    /* `bytes`; each '#' becomes a digit that is the conversation's own */
	STEP_FILL,   /* least .. most bytes of body */
	STEP_RECORD, /* the same, as TLS application records, one a segment */
	STEP_AGAIN,  /* back to step `least`, at most `most` times in all */
	STEP_END,
};

struct step {
	uint8_t kind;
	uint8_t from;
	uint16_t length; /* of `bytes` */
	uint32_t least, most;
	const char *bytes;
};

struct talk {
	const char *name;
	uint8_t transport;
	uint16_t port;
	/* How often, relative to others: from outside in, from inside out, inside. */
	uint16_t inbound, outbound, internal;
	const struct step *steps;
};

extern const struct talk talks[];
extern const size_t talk_count;

#endif
