/* SPDX-License-Identifier: ISC */
/*
 * See journal_thread.h. Whose the job and the file are, `phase` says: the main thread's while it is
 * IDLE or DONE, the writer's otherwise; what the one has done the other sees by that.
 */
#include "sensor/journal/journal_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "sensor/base/clock.h"
#include "sensor/base/log.h"

enum phase { IDLE, BEGUN, COMMITTED, DONE, END };

struct journal_thread {
	pthread_t id;
	pthread_mutex_t mutex;
	pthread_cond_t begun;
	atomic_int phase;
	struct journal_job *job;
	struct journal_file *file; /* NULL: it was damaged, and no other could be had */
	const struct journal_options *options;
	int wake_fd;
	struct loop_watch *watch;
	loop_callback *news;
	void *context;
};

static void reach(struct journal_thread *thread, enum phase phase)
{
	const uint64_t one = 1;

	atomic_store_explicit(&thread->phase, phase, memory_order_release);
	if (write(thread->wake_fd, &one, sizeof one) < 0 && errno != EAGAIN)
		log_warn("eventfd");
}

static int phase_of(const struct journal_thread *thread)
{
	return atomic_load_explicit(&thread->phase, memory_order_acquire);
}

static void do_job(struct journal_thread *thread)
{
	struct journal_job *job = thread->job;

	journal_job_write(job, &thread->file, thread->options);
	if (job->committed) {
		reach(thread, COMMITTED);
		journal_job_read(job, &thread->file, thread->options);
	}
	reach(thread, DONE);
}

static int wait_for_job(struct journal_thread *thread)
{
	int phase;

	pthread_mutex_lock(&thread->mutex);
	while ((phase = phase_of(thread)) != BEGUN && phase != END)
		pthread_cond_wait(&thread->begun, &thread->mutex);
	pthread_mutex_unlock(&thread->mutex);
	return phase;
}

static void *run(void *context)
{
	struct journal_thread *thread = context;

	while (wait_for_job(thread) == BEGUN)
		do_job(thread);
	return NULL;
}

static void on_wake(void *context)
{
	struct journal_thread *thread = context;
	uint64_t count;

	if (read(thread->wake_fd, &count, sizeof count) < 0 && errno != EAGAIN)
		log_warn("eventfd");
	thread->news(thread->context);
}

static void tell(struct journal_thread *thread, enum phase phase)
{
	pthread_mutex_lock(&thread->mutex);
	atomic_store_explicit(&thread->phase, phase, memory_order_release);
	pthread_cond_signal(&thread->begun);
	pthread_mutex_unlock(&thread->mutex);
}

static void release(struct journal_thread *thread)
{
	loop_watch_free(thread->watch);
	if (thread->wake_fd >= 0)
		close(thread->wake_fd);
	pthread_cond_destroy(&thread->begun);
	pthread_mutex_destroy(&thread->mutex);
	free(thread);
}

struct journal_thread *journal_thread_new(struct journal_file *file,
					  const struct journal_options *options, struct loop *loop,
					  loop_callback *news, void *context)
{
	struct journal_thread *thread = calloc(1, sizeof *thread);
	sigset_t all, before;
	bool good;

	if (thread == NULL)
		return NULL;
	*thread = (struct journal_thread){
		.file = file, .options = options, .news = news, .context = context};
	pthread_mutex_init(&thread->mutex, NULL);
	pthread_cond_init(&thread->begun, NULL);
	atomic_init(&thread->phase, IDLE);
	thread->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (thread->wake_fd >= 0)
		thread->watch = loop_readable(loop, thread->wake_fd, on_wake, thread);
	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	good = thread->watch != NULL && pthread_create(&thread->id, NULL, run, thread) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (good)
		return thread;
	release(thread);
	return NULL;
}

static bool wait_idle(const struct journal_thread *thread, uint64_t wait_ms)
{
	uint64_t until_ms = clock_monotonic_ms() + wait_ms;

	while (phase_of(thread) == BEGUN || phase_of(thread) == COMMITTED) {
		if (clock_monotonic_ms() >= until_ms)
			return false;
		usleep(1000);
	}
	return true;
}

bool journal_thread_end(struct journal_thread *thread, uint64_t wait_ms, struct journal_file **file)
{
	if (thread == NULL)
		return true;
	if (!wait_idle(thread, wait_ms))
		return false;
	tell(thread, END);
	pthread_join(thread->id, NULL);
	*file = thread->file;
	release(thread);
	return true;
}

void journal_thread_begin(struct journal_thread *thread, struct journal_job *job)
{
	thread->job = job;
	tell(thread, BEGUN);
}

bool journal_thread_done(const struct journal_thread *thread)
{
	return phase_of(thread) == DONE || phase_of(thread) == IDLE;
}

bool journal_thread_committed(const struct journal_thread *thread)
{
	return phase_of(thread) == COMMITTED || phase_of(thread) == DONE;
}

bool journal_thread_has_file(const struct journal_thread *thread)
{
	return thread->file != NULL;
}
