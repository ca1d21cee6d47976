/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as a conversation for one dissector. The input is a script:
 *
 *	u8 chunk size of the second run, then turns:
 *	u8 (bit 0: server, bit 1: gap), le16 length, bytes
 *
 * Beside what the sanitizers see, three properties hold: what is found does not depend on where the
 * pieces end, all text ends with a NUL, and nothing is read that the dissector does not declare.
 */
#ifndef TESTS_FUZZ_FUZZ_DISSECT_H
#define TESTS_FUZZ_FUZZ_DISSECT_H

#include <stdio.h>

#include "tests/unit/dissect.h"
#include "tests/unit/reads.h"

#define FUZZ_TURNS_MAX 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline size_t fuzz_turns(struct bytes in, struct turn turns[FUZZ_TURNS_MAX])
{
	size_t count = 0;

	while (in.left != 0 && count < FUZZ_TURNS_MAX) {
		uint8_t control = bytes_u8(&in);
		size_t length = bytes_le16(&in);

		turns[count] = (struct turn){.from = control & 1 ? SIDE_SERVER : SIDE_CLIENT,
					     .length = length};
		if (!(control & 2)) {
			if (length > in.left)
				turns[count].length = in.left;
			turns[count].bytes = in.at;
			bytes_skip(&in, turns[count].length);
		}
		count += turns[count].length != 0;
	}
	return count;
}

static inline void fuzz_check(const struct facts *facts)
{
	if (memchr(facts->product, 0, sizeof facts->product) == NULL ||
	    memchr(facts->version, 0, sizeof facts->version) == NULL ||
	    memchr(facts->user, 0, sizeof facts->user) == NULL ||
	    memchr(facts->path, 0, sizeof facts->path) == NULL ||
	    memchr(facts->tls_subject, 0, sizeof facts->tls_subject) == NULL ||
	    facts->command_count > FACTS_COMMANDS)
		abort();
}

static inline void fuzz_dissect(const struct dissector *d, const uint8_t *data, size_t size)
{
	struct turn turns[FUZZ_TURNS_MAX];
	struct facts whole, pieces;
	uint32_t shown;
	size_t count;
	bool tls;

	if (size < 2)
		return;
	count = fuzz_turns(bytes_from(data + 1, size - 1), turns);
	/* TCP's bit is the lowest. */
	(void)dissect_verdict(d, (uint8_t)(d->transports & -d->transports), turns, count, 0);
	/* Whatever the recogniser says: a session must stand anything. */
	memset(&whole, 0, sizeof whole);
	memset(&pieces, 0, sizeof pieces);
	tls = dissect_session(d, turns, count, 0, &whole);
	fuzz_check(&whole);
	shown = reads_shown(&whole) | (tls ? READS_STARTTLS : 0);
	if (shown & ~d->reads) {
		fprintf(stderr, "%s: its .reads lack 0x%x\n", d->name,
			(unsigned)(shown & ~d->reads));
		abort();
	}
	if (!(d->transports & OVER_TCP)) /* a datagram has no pieces */
		return;
	if (dissect_session(d, turns, count, 1u + data[0] % 16u, &pieces) != tls ||
	    !dissect_same(&whole, &pieces))
		abort();
}

#endif
