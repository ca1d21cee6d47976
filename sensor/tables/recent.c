/* SPDX-License-Identifier: ISC */
/*
 * See recent.h. Two rings: of entries, and of the bytes that they point to. The bytes of a frame
 * are never split: what does not fit before the end begins at 0.
 */
#include "sensor/tables/recent.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	uint64_t tuple; /* 0: taken */
	uint64_t ts_ns;
	uint32_t at, room; /* in the ring of bytes; at least 1 */
	uint32_t captured, wire;
	uint8_t link;
	struct origin origin;
};

struct recent {
	struct entry *entries;
	uint8_t *bytes;
	uint32_t size, bytes_size;
	uint32_t first, count; /* the oldest entry, and how many there are */
	uint32_t write;	       /* where the next bytes go */
};

static uint32_t size_for(uint32_t frames)
{
	return frames > 0 ? frames : 1;
}

uint64_t recent_bytes(uint32_t frames, uint32_t bytes)
{
	const struct recent *recent = NULL;

	return sizeof *recent + size_for(frames) * (uint64_t)sizeof *recent->entries + bytes;
}

struct recent *recent_new(uint32_t frames, uint32_t bytes)
{
	struct recent *recent = calloc(1, sizeof *recent);

	if (!recent)
		return NULL;
	recent->size = size_for(frames);
	recent->bytes_size = bytes;
	recent->entries = calloc(recent->size, sizeof *recent->entries);
	recent->bytes = malloc(bytes);
	if (recent->entries && recent->bytes)
		return recent;
	recent_free(recent);
	return NULL;
}

void recent_free(struct recent *recent)
{
	if (!recent)
		return;
	free(recent->entries);
	free(recent->bytes);
	free(recent);
}

/* The `number`th oldest entry; `number` is at most the size. */
static struct entry *entry_at(const struct recent *recent, uint32_t number)
{
	uint32_t at = recent->first + number;

	return &recent->entries[at < recent->size ? at : at - recent->size];
}

static void drop_oldest(struct recent *recent)
{
	recent->first = recent->first + 1 < recent->size ? recent->first + 1 : 0;
	recent->count--;
}

/* The oldest entries are those whose bytes come next after `write`. */
static void make_room(struct recent *recent, uint32_t from, uint32_t to)
{
	while (recent->count != 0) {
		const struct entry *oldest = &recent->entries[recent->first];

		if (oldest->at >= to || oldest->at + oldest->room <= from)
			return;
		drop_oldest(recent);
	}
}

/* What lies behind `write` is older than everything before it: it goes as a whole. */
static void wrap(struct recent *recent)
{
	while (recent->count != 0 && recent->entries[recent->first].at >= recent->write)
		drop_oldest(recent);
	recent->write = 0;
}

void recent_add(struct recent *recent, uint64_t tuple, const struct frame_view *frame)
{
	uint32_t room = frame->captured != 0 ? frame->captured : 1;
	struct entry *entry;

	if (room > recent->bytes_size / 4)
		return;
	if (room > recent->bytes_size - recent->write)
		wrap(recent);
	make_room(recent, recent->write, recent->write + room);
	if (recent->count == recent->size)
		drop_oldest(recent);
	entry = entry_at(recent, recent->count++);
	*entry = (struct entry){
		.tuple = tuple | 1,
		.ts_ns = frame->ts_ns,
		.at = recent->write,
		.room = room,
		.captured = frame->captured,
		.wire = frame->wire,
		.link = frame->link,
		.origin = frame->origin,
	};
	if (frame->captured != 0)
		memcpy(recent->bytes + entry->at, frame->bytes, frame->captured);
	recent->write += room;
}

void recent_take(struct recent *recent, uint64_t tuple, recent_frame *each, void *context)
{
	for (uint32_t i = 0; i < recent->count; i++) {
		struct entry *entry = entry_at(recent, i);
		struct frame_view view = {
			.ts_ns = entry->ts_ns,
			.bytes = recent->bytes + entry->at,
			.captured = entry->captured,
			.wire = entry->wire,
			.link = entry->link,
			.origin = entry->origin,
		};

		if (entry->tuple != (tuple | 1))
			continue;
		entry->tuple = 0;
		each(context, &view);
	}
}
