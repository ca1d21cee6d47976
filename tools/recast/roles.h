/* SPDX-License-Identifier: ISC */
/*
 * Who is the server of each conversation in a recording: whom a SYN is sent to; without one, for
 * UDP whom the first datagram is sent to, and for TCP the end with the lower port.
 */
#ifndef TOOLS_RECAST_ROLES_H
#define TOOLS_RECAST_ROLES_H

#include "tools/recast/segment.h"

struct talk {
	struct segment_end low, high; /* in order of their bytes */
	bool server_is_low, sure;
	uint32_t counter; /* of a transform; 0 at first */
	size_t held;	  /* of a transform; 0 at first */
};

struct roles {
	struct talk *talks; /* a hash table of `room` places */
	bool *taken;
	size_t room, count;
};

struct roles roles_of(const struct recording *recording);
void roles_free(struct roles *roles);

/* The conversation of a segment that roles_of() has seen; never NULL for one of those. */
struct talk *roles_find(const struct roles *roles, const struct segment_place *place);
bool talk_from_server(const struct talk *talk, const struct segment_place *place);
const struct segment_end *talk_server(const struct talk *talk);

#endif
