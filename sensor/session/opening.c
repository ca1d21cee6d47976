/* SPDX-License-Identifier: ISC */
/* See opening.h. */
#include "sensor/session/opening.h"

static struct opening_turn *turn_for(struct opening_record *record, enum side from, bool datagram)
{
	if (!datagram && record->turn_count != 0 &&
	    record->turns[record->turn_count - 1].side == from)
		return &record->turns[record->turn_count - 1];
	if (record->turn_count == OPENING_TURNS)
		return NULL;
	record->turns[record->turn_count] = (struct opening_turn){.side = (uint8_t)from};
	return &record->turns[record->turn_count++];
}

size_t opening_add(struct opening_record *record, enum side from, const uint8_t *bytes,
		   size_t length, bool datagram)
{
	size_t room = (size_t)OPENING_MAX - record->length[from];
	struct opening_turn *turn;

	if (record->full || length == 0 || (datagram && record->length[from] != 0))
		return 0;
	turn = turn_for(record, from, datagram);
	if (!turn) {
		record->full = true;
		return 0;
	}
	if (length >= room) {
		length = room;
		record->full = !datagram;
	}
	memcpy(record->bytes[from] + record->length[from], bytes, length);
	record->length[from] = (uint16_t)(record->length[from] + length);
	turn->length = (uint16_t)(turn->length + length);
	return length;
}

struct opening opening_view(const struct opening_record *record, uint8_t transport, bool midstream,
			    bool swapped)
{
	enum side client = swapped ? SIDE_SERVER : SIDE_CLIENT;
	enum side server = swapped ? SIDE_CLIENT : SIDE_SERVER;

	return (struct opening){
		.side =
			{
				[SIDE_CLIENT] =
					bytes_from(record->bytes[client], record->length[client]),
				[SIDE_SERVER] =
					bytes_from(record->bytes[server], record->length[server]),
			},
		.transport = transport,
		.midstream = midstream,
	};
}

void opening_clear(struct opening_record *record)
{
	record->length[SIDE_CLIENT] = record->length[SIDE_SERVER] = 0;
	record->turn_count = 0;
	record->full = false;
}

void opening_copy(struct opening_record *to, const struct opening_record *from)
{
	for (int side = 0; side < 2; side++) {
		memcpy(to->bytes[side], from->bytes[side], from->length[side]);
		to->length[side] = from->length[side];
	}
	memcpy(to->turns, from->turns, from->turn_count * sizeof *from->turns);
	to->turn_count = from->turn_count;
	to->full = from->full;
}

void opening_swap(struct opening_record *record)
{
	struct opening_record other;

	opening_copy(&other, record);
	for (int side = 0; side < 2; side++) {
		memcpy(record->bytes[side], other.bytes[!side], other.length[!side]);
		record->length[side] = other.length[!side];
	}
	for (int i = 0; i < record->turn_count; i++)
		record->turns[i].side = !record->turns[i].side;
}
