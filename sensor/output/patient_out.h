/* SPDX-License-Identifier: ISC */
/*
 * Standard output of a live sensor: a reader that is slow, or stopped, must hold up neither Redis
 * nor the capture. What a pipe, socket or terminal does not take at once waits in memory, in order;
 * beyond a bound new lines are left out, whole, and counted. A file is written to directly.
 * Main thread.
 */
#ifndef SENSOR_PATIENT_OUT_H
#define SENSOR_PATIENT_OUT_H

#include <stdint.h>
#include <stdio.h>

#include "sensor/base/loop.h"

struct patient_out;

/* `fd` and `loop` must outlive it. NULL: out of memory. */
struct patient_out *patient_out_new(struct loop *loop, int fd, size_t max_bytes);
void patient_out_free(struct patient_out *out); /* NULL is allowed */

/* To write to; valid as long as `out`. What is flushed in one piece is taken or left out in one
 * piece; only a file's errors are the stream's. */
FILE *patient_out_stream(struct patient_out *out);

/* Waits until what is left is taken; false: it was not, after `wait_ms`. */
bool patient_out_drain(struct patient_out *out, uint64_t wait_ms);

/* Pieces left out since the start, and why the last of them: ENOBUFS, EPIPE, ... */
uint64_t patient_out_refused(const struct patient_out *out, int *why);

#endif
