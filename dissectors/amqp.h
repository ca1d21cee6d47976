/* SPDX-License-Identifier: ISC */
/* What the two protocols that are called AMQP share: state, probe, the log-in. */
#ifndef DISSECTORS_AMQP_H
#define DISSECTORS_AMQP_H

#include "dissectors/dissector.h"
#include "dissectors/walker.h"

#define AMQP_METHODS 12
#define AMQP_LOST    12 /* walker step: not at a known place in the stream; as in amqp.c */

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

enum probe_result amqp_probe(const struct opening *opening);

/* SASL's PLAIN: authorization NUL user NUL password */
void amqp_note_plain(struct facts *facts, struct bytes response);

/* Frames of AMQP 1.0, behind its protocol header. */
void amqp_1_0_begin(struct amqp_side *s);
void amqp_1_0_step(struct amqp *amqp, struct facts *facts, enum side from);

#endif
