/* SPDX-License-Identifier: ISC */
/*
 * Conversations kept as inputs of the fuzz targets (see fuzz_dissect.h), recorded from real
 * servers: played to a dissector as the sensor would. For tests only.
 */
#ifndef TESTS_UNIT_RECORDED_H
#define TESTS_UNIT_RECORDED_H

#include <stdio.h>

#include "tests/unit/conversation.h"

struct recorded {
	struct turn turns[CONVERSATION_TURNS];
	size_t count;
	uint8_t bytes[65536];
};

/* `path` is under tests/fuzz/corpus; tests run in the top directory. */
static inline void recorded_load(struct recorded *r, const char *path)
{
	char name[256];
	struct bytes in;
	FILE *file;

	snprintf(name, sizeof name, "tests/fuzz/corpus/%s", path);
	file = fopen(name, "rb");
	if (!file)
		fail_msg("%s is not there", name);
	in = bytes_from(r->bytes, fread(r->bytes, 1, sizeof r->bytes, file));
	fclose(file);
	r->count = 0;
	bytes_skip(&in, 1);
	while (in.left != 0 && r->count < CONVERSATION_TURNS - 1) {
		enum side from = bytes_u8(&in) & 1 ? SIDE_SERVER : SIDE_CLIENT;
		size_t length = bytes_le16(&in);

		r->turns[r->count++] = (struct turn){from, in.at, length};
		assert_true(bytes_skip(&in, length));
	}
}

static inline struct facts recorded_facts(struct recorded *r, const struct dissector *d,
					  const char *path)
{
	struct facts facts;

	recorded_load(r, path);
	assert_true(dissect(d, r->turns, r->count, 0, &facts));
	return facts;
}

#endif
