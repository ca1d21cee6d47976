/* SPDX-License-Identifier: ISC */
/* See recording.h. */
#include "tools/recast/recording.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

uint8_t *recording_add(struct recording *recording, uint64_t ts_ns, const uint8_t *bytes,
		       uint32_t captured, uint32_t wire)
{
	uint8_t *copy = malloc(captured ? captured : 1);

	if (recording->count == recording->room) {
		recording->room = recording->room ? 2 * recording->room : 64;
		recording->frames =
			reallocarray(recording->frames, recording->room, sizeof *recording->frames);
	}
	if (!copy || !recording->frames)
		err(1, "memory");
	if (captured)
		memcpy(copy, bytes, captured);
	recording->frames[recording->count++] = (struct frame_record){
		.ts_ns = ts_ns, .bytes = copy, .captured = captured, .wire = wire};
	return copy;
}

struct recording recording_like(const struct recording *other)
{
	return (struct recording){.link = other->link, .nanoseconds = other->nanoseconds};
}

void recording_free(struct recording *recording)
{
	for (size_t i = 0; i < recording->count; i++)
		free(recording->frames[i].bytes);
	free(recording->frames);
	*recording = (struct recording){.link = recording->link};
}
