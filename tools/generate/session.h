/* SPDX-License-Identifier: ISC */
/*
 * One conversation on its way: who, where in the talk, and when its next packet is due. A session
 * emits one packet a turn; the mix that owns it decides whose turn it is and what comes after.
 */
#ifndef GENERATE_SESSION_H
#define GENERATE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/generate/frame.h"
#include "tools/generate/output.h"
#include "tools/generate/random.h"
#include "tools/generate/talks.h"

/* What becomes of the attempt. */
enum manner {
	MANNER_TALK,	      /* the whole talk, then an orderly close */
	MANNER_LEFT,	      /* the handshake and the talk, and then silence */
	MANNER_SILENCE,	      /* a SYN and two repetitions into nothing */
	MANNER_REFUSED,	      /* SYN, RST */
	MANNER_SCAN,	      /* one source, a SYN each to many addresses and ports, no answer */
	MANNER_SCAN_ANSWERED, /* a part of a /16: SYN, SYN-ACK, RST; or SYN, RST */
};

enum stage {
	STAGE_SYN,
	STAGE_SYNACK,
	STAGE_ACK,
	STAGE_TALK,
	STAGE_FIN,
	STAGE_FIN_SERVER,
	STAGE_LAST_ACK,
	STAGE_DONE,
};

struct session_end {
	struct host host;
	uint16_t port;
	uint32_t seq;
};

struct session {
	struct session_end end[2]; /* index: enum from */
	const struct talk *talk;
	uint64_t next_ns;     /* when the next packet is due */
	uint64_t salt;	      /* its own digits and addresses */
	uint32_t delay_ns[2]; /* until a packet of that side follows one of the other */
	uint32_t left;	/* bytes of the present step that are still to be sent; probes to go */
	uint32_t sent;	/* bytes of the present step that have been sent */
	uint16_t turns; /* of STEP_AGAIN that are left */
	uint16_t step;
	uint8_t unacked; /* segments since the other side's last packet */
	uint8_t stage, manner, kind;
	uint8_t refused;    /* MANNER_SCAN_ANSWERED: percent of endpoints that answer with RST */
	uint16_t scan_from; /* the same: the number of its first target */
	bool ipv6, started_step, started_turns;
};

/* Fills the body text that all sessions share. Call once before the first turn. */
struct session_body {
	uint8_t bytes[1 << 17];
};
void session_body_fill(struct session_body *body, struct chance *chance);

/* Emits the packet that is due and sets next_ns. False when this was the last one. */
bool session_turn(struct session *session, const struct session_body *body, struct chance *chance,
		  struct output *output);

#endif
