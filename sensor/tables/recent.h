/* SPDX-License-Identifier: ISC */
/*
 * The newest frames of conversations of which nobody knows yet whether they will matter, in a
 * fixed number of bytes: the oldest make room. One thread.
 */
#ifndef SENSOR_RECENT_H
#define SENSOR_RECENT_H

#include <stdint.h>

#include "sensor/capture/frame_view.h"

struct recent;

/* The frame is valid during the call. */
typedef void recent_frame(void *context, const struct frame_view *frame);

struct recent *recent_new(uint32_t frames, uint32_t bytes); /* NULL: out of memory */
void recent_free(struct recent *recent);		    /* NULL is allowed */
uint64_t recent_bytes(uint32_t frames, uint32_t bytes);	    /* what recent_new() takes */
/* A frame larger than a quarter of the whole is not kept. */
void recent_add(struct recent *recent, uint64_t tuple, const struct frame_view *frame);
/* Hands over those of this tuple, the oldest first, and forgets them. */
void recent_take(struct recent *recent, uint64_t tuple, recent_frame *each, void *context);

#endif
