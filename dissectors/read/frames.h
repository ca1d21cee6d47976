/* SPDX-License-Identifier: ISC */
/*
 * Messages of a fixed-size header followed by a body of known length, at any split. The first
 * FRAME_KEPT bytes of a body are kept, all of it passes by in pieces, so that megabyte values cost
 * no memory. What the header means is the dissector's business:
 *
 *	while (frames_header(&frame, &input, 5)) {
 *		frames_expect(&frame, length);            // once, when `fresh` is set
 *		if (!frames_body(&frame, &input, &piece)) // piece: the body's next bytes
 *			break;                            // more is needed
 *		... the whole message has passed ...
 *		frames_done(&frame);
 *	}
 */
#ifndef DISSECTORS_FRAMES_H
#define DISSECTORS_FRAMES_H

#include "dissectors/read/bytes.h"

#define FRAME_KEPT   320 /* bytes */
#define FRAME_HEADER 32

struct frame {
	uint32_t length; /* of the body */
	uint32_t left;	 /* of the body, not yet seen */
	uint16_t kept;	 /* bytes of body[] that are filled */
	uint8_t have;	 /* bytes of the header */
	bool expected;	 /* the body's length is known */
	bool holed;	 /* bytes of this body were never seen: kept ones end before the hole */
	bool lost;	 /* not at a known place in the stream */
	uint8_t header[FRAME_HEADER];
	uint8_t body[FRAME_KEPT];
};

/* Collects the header; true when it is whole. */
bool frames_header(struct frame *frame, struct bytes *input, uint8_t size);
void frames_expect(struct frame *frame, uint32_t length);
/* Takes the next piece of the body; true when the body is complete with it. */
bool frames_body(struct frame *frame, struct bytes *input, struct bytes *piece);
/* Ready for the next header. Wipes what was kept: it may have been a password. */
void frames_done(struct frame *frame);
/*
 * The two above in one: true when the next message has passed, which frames_done() ends. `measure`
 * is asked once for each header; false from it: this is none, the place in the stream is lost. A
 * message with a hole in what is kept of it is passed over.
 */
typedef bool frames_measure(struct bytes header, uint32_t *body);
bool frames_next(struct frame *frame, struct bytes *input, uint8_t header, frames_measure *measure);
/* `missing` bytes were not seen (0: unknown). True if they all lay in a body, which goes on. */
bool frames_gap(struct frame *frame, uint64_t missing);

#endif
