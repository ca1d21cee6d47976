/* SPDX-License-Identifier: ISC */
/*
 * From what workers and captures count to what blindness.h judges: the one place to add a counter
 * of another source of blindness.
 */
#ifndef SENSOR_VISION_H
#define SENSOR_VISION_H

#include "sensor/capture/capture.h"
#include "sensor/health/blindness.h"
#include "sensor/worker/worker.h"

#define VISION_TEXT	192 /* all causes with commas between */
#define VISION_SENTENCE 320

/* `capture` may be NULL (a replay). */
void vision_figures(const struct worker_stats *worker, const struct capture_stats *capture,
		    struct vision_figures *figures);

/* Has anything been looked at that the policy speaks of? If not, "nothing found" says nothing. */
enum vision_looked {
	LOOKED,
	LOOKED_NOTHING,	 /* not one packet came */
	LOOKED_UNREAD,	 /* frames came, and not one could be read */
	LOOKED_NOT_OURS, /* none of the packets has an address of the policy's */
};
enum vision_looked vision_looked(const struct worker_stats *worker);
/* A sentence for people, without a full stop; "" if there was something. `filter`: BPF or NULL. */
void vision_looked_text(const struct worker_stats *worker, const char *filter,
			char text[VISION_SENTENCE]);
/*
 * At the end of a replay, or of some time of a live run: begins (or ends) the causes BLIND_NOTHING,
 * BLIND_UNREAD and BLIND_NOT_OURS.
 */
void vision_judge_looked(struct blindness *blindness, const struct worker_stats *worker,
			 uint64_t now_ns);

/* What one interface brought. */
void vision_part(const struct capture_stats *capture, struct vision_figures *figures);

/* The causes that hold for any of them, "silence,one-way", or "". True if one is worse than a
 * note. */
bool vision_text(struct blindness *const *list, size_t count, char text[VISION_TEXT]);

/*
 * Judges BLIND_UNTESTED, rules of the policy, and BLIND_UNPROBED, endpoints that were exposed and
 * closed: those that nobody tried since `since_ns` and within `within_ns` before `now_ns` (0: never
 * judged).
 */
struct engine;
void vision_untested(struct blindness *blindness, const struct engine *engine, uint64_t since_ns,
		     uint64_t within_ns, uint64_t now_ns);
/* Judges BLIND_STORM. */
void vision_storm(struct blindness *blindness, const struct engine *engine, uint64_t now_ns);

#endif
