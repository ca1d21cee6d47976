/* SPDX-License-Identifier: ISC */
/* Length-framed messages; see frames.h. */
#include "dissectors/read/frames.h"

bool frames_header(struct frame *frame, struct bytes *input, uint8_t size)
{
	while (frame->have < size && input->left != 0)
		frame->header[frame->have++] = bytes_u8(input);
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
	frame->kept = (uint8_t)(frame->kept + room);
	frame->left -= (uint32_t)length;
	return frame->left == 0;
}

void frames_done(struct frame *frame)
{
	*frame = (struct frame){.lost = frame->lost};
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
