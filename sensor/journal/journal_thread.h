/* SPDX-License-Identifier: ISC */
/*
 * The thread that waits for the disk, so that no other has to: one job of the journal's at a time.
 * For journal*.c.
 */
#ifndef SENSOR_JOURNAL_THREAD_H
#define SENSOR_JOURNAL_THREAD_H

#include "sensor/base/loop.h"
#include "sensor/journal/journal_job.h"

struct journal_thread;

/* `file` is the thread's from here on. `news` is called from the loop when a job has come to an
 * end, or to journal_thread_committed(). NULL: no thread to be had; then it is still the caller's.
 * `options` must outlive it. */
struct journal_thread *journal_thread_new(struct journal_file *file,
					  const struct journal_options *options, struct loop *loop,
					  loop_callback *news, void *context);
/* Waits so long for a job that is being done. False: it is still not; then nothing is freed, and
 * what the thread has is not to be touched. Otherwise `*file` is the caller's again, NULL if it is
 * gone, and so is the job, which is done. NULL is allowed. */
bool journal_thread_end(struct journal_thread *thread, uint64_t wait_ms,
			struct journal_file **file);

/* The thread's until journal_thread_done() is true. There is no other one. */
void journal_thread_begin(struct journal_thread *thread, struct journal_job *job);
bool journal_thread_done(const struct journal_thread *thread);
/* What is to be written is; the disk may not have it yet. */
bool journal_thread_committed(const struct journal_thread *thread);
/* After a job that was done: there is a file. */
bool journal_thread_has_file(const struct journal_thread *thread);

#endif
