/* SPDX-License-Identifier: ISC */
/*
 * The room health/: does the sensor see, and how is it? vision takes the figures of workers and
 * captures once a second, blindness judges them by cause (hysteresis: a cause begins and ends
 * once), tally counts what was told, metrics writes all of it for Prometheus, http_server serves
 * that to a bounded number of clients. "Sight" is a direction of a conversation that was seen
 * (base/endpoint.h); "vision" is the sensor's own.
 *
 * When does the absence of alarms mean nothing? One detector for each interface: fed once a second
 * with totals that only grow (`vision_figures`), it says when the sensor stopped seeing what it
 * should, why, and when it sees again. Pure: time is what the caller says, the same totals give
 * the same answers.
 *
 * Two kinds of causes. Silence: no packet for so long that chance is below one in a million, by
 * how busy the interface was before. Shares: one counter is too large a part of another one over
 * the last ten seconds; a row of the table in blindness.c. A new one is a counter in enum
 * sight_counter, filled in vision.c, a row of that table, and its paragraph in spanwatch(8).
 */
#ifndef SENSOR_BLINDNESS_H
#define SENSOR_BLINDNESS_H

#include "sensor/event/event.h"

enum sight_counter {
	SIGHT_PACKETS, /* looked at */
	SIGHT_OFFERED, /* by the kernel, those that it dropped included */
	SIGHT_KERNEL_DROPS,
	SIGHT_ARRIVED, /* at the adapter, those that it dropped included */
	SIGHT_INTERFACE_DROPS,
	SIGHT_OWN_DROPS, /* observations that found no room on their way to the main thread */
	SIGHT_PAIRS,	 /* conversations judged by pairs.h */
	SIGHT_PAIRS_ONE_WAY,
	SIGHT_BYTES, /* of them, those never seen included */
	SIGHT_BYTES_UNSEEN,
	SIGHT_TUNNELED,
	SIGHT_TUNNELED_UNREAD,
	SIGHT_TRUNCATED, /* shorter in the capture than on the wire */
	SIGHT_MALFORMED,
	SIGHT_COMPARED, /* packets that matter */
	SIGHT_DUPLICATES,
	SIGHT_UNREAD, /* frames of kinds that are not read */
	SIGHT_COUNTERS
};

struct vision_figures {
	uint64_t counter[SIGHT_COUNTERS];
};

struct blindness;

struct blindness_options {
	const char *interface; /* must outlive it */
	uint64_t silence_ns;   /* silence for so long is told however quiet it was; 0: never */
	bool whole;  /* of several interfaces: each is judged by itself whether it is silent */
	bool replay; /* captures are cut and filtered: only a steady stream can go silent */
};

/* `begins`: blind for this cause from now on; else sighted again. */
typedef void blindness_handler(void *context, bool begins, const struct blindness_view *view);

struct blindness *blindness_new(const struct blindness_options *options, blindness_handler *handler,
				void *context);	  /* NULL: out of memory */
void blindness_free(struct blindness *blindness); /* NULL is allowed */

/* Once a second; `now_ns` must not fall (see blindness_restart()). */
void blindness_sample(struct blindness *blindness, const struct vision_figures *figures,
		      uint64_t now_ns);
/*
 * Another input, another time: what was before is no measure. Causes that hold go on,
 * unless the new time is before they began. The name
 * must outlive the next call.
 */
void blindness_restart(struct blindness *blindness, const char *interface);
/* A cause that is judged elsewhere: holds, with so many `lost` of `base`, or not. */
void blindness_set(struct blindness *blindness, enum blind_cause cause, bool holds, uint64_t lost,
		   uint64_t base, uint64_t now_ns);

/* True while blind for this cause; `view` (may be NULL) tells the figures of the moment. */
bool blindness_get(const struct blindness *blindness, enum blind_cause cause, uint64_t now_ns,
		   struct blindness_view *view);
/* How often it began since the start, and for how long it held in all. */
uint64_t blindness_times(const struct blindness *blindness, enum blind_cause cause);
uint64_t blindness_total_ns(const struct blindness *blindness, enum blind_cause cause,
			    uint64_t now_ns);
enum policy_severity blindness_severity(enum blind_cause cause);

#endif
