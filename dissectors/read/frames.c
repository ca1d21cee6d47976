/* SPDX-License-Identifier: ISC */
/* Length-framed messages; see frames.h. */
#include "dissectors/read/frames.h"

bool frames_header(struct frame *frame, struct bytes *input, uint8_t size)
{
	size_t n = frame->have < size ? size - (size_t)frame->have : 0;
	const uint8_t *from;

	if (n > input->left)
		n = input->left;
	from = bytes_take(input, n);
	if (n != 0)
		memcpy(frame->header + frame->have, from, n);
	frame->have = (uint8_t)(frame->have + n);
	return frame->have >= size;
}

void frames_expect(struct frame *frame, uint32_t length)
{
	frame->length = length;
	frame->left = length;
	frame->expected = true;
}

bool frames_body(struct frame *frame, struct bytes *input, struct bytes *piece)
{
	size_t length = frame->left < input->left ? frame->left : input->left;
	size_t room = frame->holed ? 0 : FRAME_KEPT - (size_t)frame->kept;

	*piece = bytes_sub(input, length);
	if (room > length)
		room = length;
	if (room != 0)
		memcpy(frame->body + frame->kept, piece->at, room);
	frame->kept = (uint16_t)(frame->kept + room);
	frame->left -= (uint32_t)length;
	return frame->left == 0;
}

/* The header is whole, and what it says of the body is known. */
static bool begin_body(struct frame *frame, struct bytes *input, uint8_t header,
		       frames_measure *measure)
{
	uint32_t body;

	if (frame->lost || !frames_header(frame, input, header))
		return false;
	if (frame->expected)
		return true;
	frame->lost = !measure(bytes_from(frame->header, header), &body);
	if (!frame->lost)
		frames_expect(frame, body);
	return !frame->lost;
}

bool frames_next(struct frame *frame, struct bytes *input, uint8_t header, frames_measure *measure)
{
	struct bytes piece;

	while (begin_body(frame, input, header, measure)) {
		if (!frames_body(frame, input, &piece))
			return false;
		if (!frame->holed || frame->kept == FRAME_KEPT)
			return true;
		frames_done(frame);
	}
	return false;
}

void frames_done(struct frame *frame)
{
	memset(frame->body, 0, frame->kept);
	frame->kept = 0;
	frame->have = 0;
	frame->expected = frame->holed = false;
}

bool frames_gap(struct frame *frame, uint64_t missing)
{
	if (frame->lost || !frame->expected || missing == 0 || missing > frame->left) {
		frames_done(frame);
		frame->lost = true;
		return false;
	}
	frame->holed = true;
	frame->left -= (uint32_t)missing;
	return true;
}
