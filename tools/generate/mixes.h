/* SPDX-License-Identifier: ISC */
/* What kinds of traffic there are. To add one: a function, and a row in `mixes`. */
#ifndef GENERATE_MIXES_H
#define GENERATE_MIXES_H

#include <stddef.h>
#include <stdint.h>

#include "tools/generate/output.h"
#include "tools/generate/random.h"
#include "tools/generate/session.h"

struct plan {
	uint64_t packets, bytes;  /* stop after so many; 0 = no such limit */
	uint32_t sessions;	  /* at the same time; 0 = what the mix thinks best */
	uint32_t matter_percent;  /* of packets: answered flows from outside to inside servers */
	uint32_t ipv6_percent;	  /* of sessions */
	uint32_t refused_percent; /* answered-scan: endpoints that answer with RST */
	uint32_t begun;		  /* answered-scan: parts of sweeps so far */
	struct chance chance;
	struct output output;
};

struct mix {
	const char *name, *about;
	uint32_t sessions;
	void (*run)(struct plan *plan, const struct mix *mix);
	/* For mixes of sessions: fills one that starts after session->next_ns. */
	void (*begin)(struct plan *plan, struct session *session, uint32_t kind);
	uint32_t scan_permille; /* of packets */
};

extern const struct mix mixes[];
extern const size_t mix_count;

#endif
