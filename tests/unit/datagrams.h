/* SPDX-License-Identifier: ISC */
/*
 * What every session over UDP must stand: each datagram cut at every length and each of its bytes
 * changed, in heap blocks of their exact size. On top of conversation.h; for tests only.
 */
#ifndef TESTS_UNIT_DATAGRAMS_H
#define TESTS_UNIT_DATAGRAMS_H

#include "tests/unit/conversation.h"

static inline void datagrams_stand(const struct dissector *d, const struct turn *turns,
				   size_t count)
{
	static const uint8_t masks[] = {0x01, 0x20, 0x80, 0xff};
	struct turn changed[CONVERSATION_TURNS];

	assert_true(count <= CONVERSATION_TURNS);
	for (size_t t = 0; t < count; t++) {
		memcpy(changed, turns, count * sizeof *turns);
		for (size_t at = 0; at < turns[t].length; at++) {
			uint8_t *copy = dissect_copy(turns[t].bytes, turns[t].length);

			changed[t] = (struct turn){turns[t].from, copy, at};
			conversation_facts(d, changed, count, 0);
			dissect_verdict(d, OVER_UDP, changed, count, 0);
			changed[t].length = turns[t].length;
			for (size_t m = 0; m < COUNT(masks); m++) {
				copy[at] ^= masks[m];
				conversation_facts(d, changed, count, 0);
				dissect_verdict(d, OVER_UDP, changed, count, 0);
				copy[at] ^= masks[m];
			}
			free(copy);
		}
	}
}

/* The facts of a conversation that the recogniser takes, seen whole. */
static inline struct facts datagrams_facts(const struct dissector *d, const struct turn *turns,
					   size_t count, const char *service)
{
	struct facts facts;

	assert_true(dissect_over(d, OVER_UDP, turns, count, 0, &facts));
	assert_string_equal(facts.service->name, service);
	datagrams_stand(d, turns, count);
	return facts;
}

#endif
