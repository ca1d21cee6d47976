/* SPDX-License-Identifier: ISC */
/*
 * The captures of one thread, one of each interface that is watched, as one stream of frames. With
 * several of them it is in the order of time: both directions of a conversation may come by
 * different interfaces (the halves of a tap). A frame then waits until every other capture has
 * shown what it had at that time, which takes as long as the kernel may hold packets back; it does
 * not wait where the kernel's room runs out. Of one thread.
 */
#ifndef SENSOR_WATCH_H
#define SENSOR_WATCH_H

#include "sensor/capture/capture.h"

#define WATCH_MOST  16 /* captures */
#define WATCH_BATCH 32 /* frames of one capture that are at hand */

struct watch;

struct watch *watch_new(unsigned count); /* of so many places, all empty. NULL: out of memory */
void watch_free(struct watch *watch);	 /* with its captures; NULL is allowed */
uint64_t watch_bytes(void);		 /* what watch_new() takes */

/* NULL is none. Takes it over; one that was there is closed, and its totals stay. */
void watch_set(struct watch *watch, unsigned place, struct capture *capture);
struct capture *watch_get(const struct watch *watch, unsigned place);

/*
 * The next frames, at most `max`; they stay until the next call. 0: none now. `now_ns` is the
 * clock.
 */
int watch_frames(struct watch *watch, struct frame_view *frames, int max, uint64_t now_ns);
/* Until there may be some, or for so long as any capture waits. */
void watch_wait(const struct watch *watch);
/* A place whose capture is broken, or whose interface is gone; -1: none is. */
int watch_broken(struct watch *watch);
/* Totals of a place since the beginning, whatever captures it has had. */
void watch_stats(struct watch *watch, unsigned place, struct capture_stats *stats);

#endif
