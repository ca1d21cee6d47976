/* SPDX-License-Identifier: ISC */
/* What the two protocols that are called AMQP share: state, recogniser, the log-in. */
#ifndef DISSECTORS_AMQP_H
#define DISSECTORS_AMQP_H

#include "dissectors/dissector.h"
#include "dissectors/read/walker.h"

#define AMQP_METHODS 12

/* Of the walkers; those of 1.0 are its own, but for the last. */
enum amqp_step {
	STEP_HEADER, /* first byte of a protocol header, or a frame's type */
	STEP_PROTOCOL,
	STEP_FRAME,
	STEP_METHOD,
	STEP_TABLE,  /* length of Start's table, and its first key's length */
	STEP_KEY,    /* key, and the type of its value */
	STEP_LENGTH, /* of that value */
	STEP_VALUE,
	STEP_MECHANISM_LENGTH,
	STEP_MECHANISM, /* and the length of the response */
	STEP_RESPONSE,
	STEP_ARGUMENTS,
	STEP_LOST,
};

struct amqp_side {
	struct walker walker;
	uint32_t left;	/* bytes of the frame that no step has asked for */
	uint32_t table; /* the same of the table of properties */
	uint16_t channel;
	uint8_t type; /* of the frame */
	uint8_t key;  /* whose value comes: 'p'roduct, 'v'ersion, 0 */
	bool in_key, closes_connection;
	bool is_1_0;
};

struct amqp {
	struct amqp_side side[2];
	int handles[AMQP_METHODS];
	bool noted[AMQP_METHODS]; /* the handle above is valid */
	bool started, midstream, tried, tuned;
};

enum recognised amqp_recognise(const struct opening *opening);

/* SASL's PLAIN: authorization NUL user NUL password */
void amqp_note_plain(struct facts *facts, struct bytes response);

/* To the next frame: over what is left of this one and its last byte. */
static inline void amqp_next_frame(struct amqp_side *s)
{
	walker_ask(&s->walker, STEP_HEADER, (uint64_t)s->left + 1, 1);
	s->left = 0;
}

/* The next n bytes of the frame, at `step`; the frame ends if there are fewer. */
static inline void amqp_ask(struct amqp_side *s, uint8_t step, size_t n)
{
	if (n == 0 || n > s->left || n > WALKER_SCRATCH) {
		amqp_next_frame(s);
		return;
	}
	s->left -= (uint32_t)n;
	walker_ask(&s->walker, step, 0, n);
}

/* The table in Connection.Start and Start-Ok: at STEP_TABLE to STEP_VALUE. */
void amqp_properties_step(struct amqp *amqp, struct facts *facts, enum side from);

/* Frames of AMQP 1.0, behind its protocol header. */
void amqp_1_0_begin(struct amqp_side *s);
void amqp_1_0_step(struct amqp *amqp, struct facts *facts, enum side from);

#endif
