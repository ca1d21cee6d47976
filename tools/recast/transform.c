/* SPDX-License-Identifier: ISC */
/* See transform.h. */
#include "tools/recast/transform.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "tools/recast/roles.h"

#define PORT_FIRST   10000
#define PORT_COUNT   (65536 - PORT_FIRST)
#define SEGMENT_MOST 65000 /* bytes, headers included: an IP packet's length has 16 bits */

/* A transform while it works. */
struct work {
	const struct recording *in;
	struct recording out;
	struct roles roles;
	uint64_t number, counter;
};

/* What one frame becomes; `talk` is NULL if it is neither TCP nor UDP. */
typedef void frame_step(struct work *work, const struct frame_record *frame,
			const struct segment_place *place, struct talk *talk);

static void keep(struct work *work, const struct frame_record *frame)
{
	recording_add(&work->out, frame->ts_ns, frame->bytes, frame->captured, frame->wire);
}

static struct recording run(const struct recording *in, uint64_t number, frame_step *step)
{
	struct work work = {
		.in = in,
		.out = recording_like(in),
		.roles = roles_of(in),
		.number = number,
	};
	struct segment_place place;

	for (size_t i = 0; i < in->count; i++) {
		const struct frame_record *frame = &in->frames[i];
		bool found = segment_find(in->link, frame, &place);

		step(&work, frame, &place, found ? roles_find(&work.roles, &place) : NULL);
	}
	roles_free(&work.roles);
	return work.out;
}

static bool has_data(const struct segment_place *place, const struct talk *talk)
{
	return talk && place->whole && place->source.transport == SEGMENT_TCP &&
	       place->payload_length != 0;
}

uint16_t transform_port(const struct segment_end *server, uint64_t seed)
{
	uint64_t hash = seed ^ 0x9e3779b97f4a7c15u;

	for (size_t i = 0; i < sizeof server->address; i++)
		hash = (hash ^ server->address[i]) * 1099511628211u;
	hash = (hash ^ server->port ^ (uint64_t)server->transport << 16) * 1099511628211u;
	hash ^= hash >> 29;
	return (uint16_t)(PORT_FIRST + hash % PORT_COUNT);
}

static void move_port(struct work *work, const struct frame_record *frame,
		      const struct segment_place *place, struct talk *talk)
{
	uint8_t *bytes =
		recording_add(&work->out, frame->ts_ns, frame->bytes, frame->captured, frame->wire);
	uint16_t port;

	if (!talk)
		return;
	port = transform_port(talk_server(talk), work->number);
	if (talk_from_server(talk, place))
		segment_set_ports(bytes, place, port, place->destination.port);
	else
		segment_set_ports(bytes, place, place->source.port, port);
}

struct recording transform_ports(const struct recording *in, uint64_t number)
{
	return run(in, number, move_port);
}

/* The number is the side: 1 is the server. */
static void keep_side(struct work *work, const struct frame_record *frame,
		      const struct segment_place *place, struct talk *talk)
{
	if (talk && talk_from_server(talk, place) == (work->number == 1))
		keep(work, frame);
}

struct recording transform_client(const struct recording *in, uint64_t number)
{
	(void)number;
	return run(in, 0, keep_side);
}

struct recording transform_server(const struct recording *in, uint64_t number)
{
	(void)number;
	return run(in, 1, keep_side);
}

/*
 * `first` bytes, then pieces of `others` bytes. SYN goes with the first, FIN and PSH with the last.
 */
static void write_pieces(struct work *work, const struct frame_record *frame,
			 const struct segment_place *place, uint32_t first, uint32_t others)
{
	const uint8_t *payload = frame->bytes + place->payload_at;
	uint32_t at = 0, size = first;
	uint32_t sequence = place->sequence;

	while (at < place->payload_length) {
		uint8_t flags = place->flags;

		if (size > place->payload_length - at)
			size = place->payload_length - at;
		if (at != 0)
			flags &= (uint8_t)~SEGMENT_SYN;
		if (at + size < place->payload_length)
			flags &= (uint8_t) ~(SEGMENT_FIN | SEGMENT_PSH);
		segment_write(&work->out, frame, place, sequence, flags, payload + at, size);
		sequence += size + (flags & SEGMENT_SYN ? 1 : 0);
		at += size;
		size = others;
	}
}

static void split(struct work *work, const struct frame_record *frame,
		  const struct segment_place *place, struct talk *talk)
{
	if (has_data(place, talk))
		write_pieces(work, frame, place, (uint32_t)work->number, (uint32_t)work->number);
	else
		keep(work, frame);
}

struct recording transform_split(const struct recording *in, uint64_t number)
{
	return run(in, number ? number : 1, split);
}

static void cut(struct work *work, const struct frame_record *frame,
		const struct segment_place *place, struct talk *talk)
{
	if (has_data(place, talk))
		write_pieces(work, frame, place, (uint32_t)work->number, UINT32_MAX);
	else
		keep(work, frame);
}

struct recording transform_cut(const struct recording *in, uint64_t number)
{
	return run(in, number ? number : 1, cut);
}

/* Appends the payload to the frame that the talk holds, if it follows there. */
static bool append(struct work *work, const struct frame_record *frame,
		   const struct segment_place *place, const struct talk *talk)
{
	struct frame_record *held = talk->held ? &work->out.frames[talk->held - 1] : NULL;
	struct recording one = recording_like(work->in);
	struct segment_place before;
	uint32_t length;
	uint8_t *both;

	if (!held || !segment_find(work->in->link, held, &before) ||
	    !segment_end_equal(&before.source, &place->source) ||
	    before.sequence + before.payload_length != place->sequence)
		return false;
	length = before.payload_length + place->payload_length;
	if (length > work->number || before.payload_at + length > SEGMENT_MOST)
		return false;
	both = malloc(length);
	if (!both)
		err(1, "memory");
	memcpy(both, held->bytes + before.payload_at, before.payload_length);
	memcpy(both + before.payload_length, frame->bytes + place->payload_at,
	       place->payload_length);
	segment_write(&one, held, &before, before.sequence, before.flags | place->flags, both,
		      length);
	free(both);
	free(held->bytes);
	*held = one.frames[0];
	free(one.frames);
	return true;
}

static void merge(struct work *work, const struct frame_record *frame,
		  const struct segment_place *place, struct talk *talk)
{
	const uint8_t ends = SEGMENT_SYN | SEGMENT_FIN | SEGMENT_RST;

	if (has_data(place, talk) && append(work, frame, place, talk)) {
		if (place->flags & ends)
			talk->held = 0;
		return;
	}
	keep(work, frame);
	if (has_data(place, talk) && !(place->flags & ends))
		talk->held = work->out.count;
	else if (talk && (place->payload_length || (place->flags & ends)))
		talk->held = 0;
}

struct recording transform_merge(const struct recording *in, uint64_t number)
{
	return run(in, number ? number : SEGMENT_MOST, merge);
}

/*
 * What the talk holds is the segment before, of the same side, with nothing of the other between.
 */
static void reorder(struct work *work, const struct frame_record *frame,
		    const struct segment_place *place, struct talk *talk)
{
	struct frame_record *last, *held, kept;
	struct segment_place before;

	keep(work, frame);
	if (!talk)
		return;
	last = &work->out.frames[work->out.count - 1];
	held = talk->held ? &work->out.frames[talk->held - 1] : NULL;
	if (!has_data(place, talk) || (place->flags & (SEGMENT_SYN | SEGMENT_FIN))) {
		talk->held = 0;
	} else if (held && segment_find(work->in->link, held, &before) &&
		   segment_end_equal(&before.source, &place->source)) {
		kept = *held;
		*held = (struct frame_record){kept.ts_ns, last->bytes, last->captured, last->wire};
		*last = (struct frame_record){last->ts_ns, kept.bytes, kept.captured, kept.wire};
		talk->held = 0;
	} else {
		talk->held = work->out.count;
	}
}

struct recording transform_reorder(const struct recording *in, uint64_t number)
{
	return run(in, number, reorder);
}

static void retransmit(struct work *work, const struct frame_record *frame,
		       const struct segment_place *place, struct talk *talk)
{
	uint8_t *other;

	keep(work, frame);
	if (!has_data(place, talk) || (place->flags & SEGMENT_SYN))
		return;
	other = malloc(place->payload_length);
	if (!other)
		err(1, "memory");
	for (uint32_t i = 0; i < place->payload_length; i++)
		other[i] = frame->bytes[place->payload_at + i] ^ 0x15;
	segment_write(&work->out, frame, place, place->sequence, place->flags, other,
		      place->payload_length);
	free(other);
}

struct recording transform_retransmit(const struct recording *in, uint64_t number)
{
	return run(in, number, retransmit);
}

static void drop(struct work *work, const struct frame_record *frame,
		 const struct segment_place *place, struct talk *talk)
{
	if (!has_data(place, talk) || ++work->counter % work->number != 0)
		keep(work, frame);
}

struct recording transform_drop(const struct recording *in, uint64_t number)
{
	return run(in, number ? number : 1, drop);
}

static void late(struct work *work, const struct frame_record *frame,
		 const struct segment_place *place, struct talk *talk)
{
	(void)place;
	if (!talk || talk->counter++ >= work->number)
		keep(work, frame);
}

struct recording transform_late(const struct recording *in, uint64_t number)
{
	return run(in, number, late);
}
