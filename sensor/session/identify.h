/* SPDX-License-Identifier: ISC */
/*
 * What answers? Our own dissectors first, nDPI second; whoever says it, it is told by what
 * (enum identified_by). nDPI is asked only where our own recognisers do not know (session_ndpi.c),
 * for at most IDENTIFY_PACKETS payload packets, and only what its deep inspection says counts: its
 * guesses by port or address are never taken for evidence. On conflict our own verdict wins, and
 * nDPI is not believed about services that have a dissector of ours.
 *
 * One struct identify for each worker (nDPI's module is not shared between threads); all of several
 * are created before the first thread starts.
 */
#ifndef SENSOR_IDENTIFY_H
#define SENSOR_IDENTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "dissectors/dissector.h"
#include "sensor/base/counter_rows.h"
#include "sensor/base/services.h"
#include "sensor/decode/decode.h"

#define IDENTIFY_PACKETS 16
#define IDENTIFY_WORK	 64 /* of asking one recogniser, beside the bytes that it is shown */

struct identify;
struct ndpi_state; /* nDPI's state of one conversation, from a pool */

/* One conversation that is not identified yet. Zero to begin with. */
struct identity {
	uint64_t refused[DISSECTORS_MAX / 64]; /* bit i: dissectors[i] has said NO */
	uint64_t
		work; /* done by identify_own(): IDENTIFY_WORK for each recogniser, and its bytes */
	struct ndpi_state *ndpi; /* NULL: not begun, or given back */
	uint8_t packets;	 /* payload packets seen */
	bool ndpi_done;
	uint16_t ndpi_service; /* what nDPI says, POLICY_NO_SERVICE if nothing */
};

/*
 * `ndpi_flows`: conversations that nDPI may look at at the same time. `late`: nDPI's module, which
 * takes as long as a small capture, is made when it is first needed. NULL: out of memory.
 */
struct identify *identify_new(const struct services *services, uint32_t ndpi_flows, bool late);
void identify_free(struct identify *identify);
/* What identify_new() takes beside nDPI's own module, which is the same whatever the options. */
uint64_t identify_bytes(uint32_t ndpi_flows);

void identity_begin(struct identity *identity);

/*
 * Asks the dissectors that have not refused yet. Returns the first that says YES, or NULL.
 */
const struct dissector *identify_own(struct identity *identity, const struct opening *opening);
/* Has this dissector said NO to this conversation? */
bool identify_own_refused(const struct identity *identity, const struct dissector *dissector);
bool identify_own_exhausted(const struct identity *identity); /* all have said NO */
/* Says NO in the place of those whom its first byte, of that side, excludes: ruled_out.h. */
void identify_rule_out(struct identify *identify, const struct opening *opening, enum side first,
		       uint64_t refused[DISSECTORS_MAX / 64]);

/*
 * Lets nDPI inspect a packet, from its IP header on; sets identity->ndpi_service when it knows.
 * Nothing happens when it is done with this conversation.
 */
void identify_ndpi(struct identify *identify, struct identity *identity, struct bytes ip,
		   uint64_t ts_ns);
/*
 * Does nDPI's word for this service count? Not for one that our own dissectors know: their silence
 * is worth more, and what nDPI said is only told beside it.
 */
bool identify_trusts_ndpi(const struct service *service);
/* Gives nDPI's state back. */
void identity_end(struct identify *identify, struct identity *identity);

struct identify_stats {
	COUNTERS_IDENTIFY(COUNTER_MEMBER, )
};
void identify_stats(const struct identify *identify, struct identify_stats *stats);

#endif
