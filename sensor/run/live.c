/* SPDX-License-Identifier: ISC */
/*
 * Live: one thread for each worker captures and looks at packets; the main thread turns the event
 * loop, owns the engine and the outputs, and takes the workers' messages from their rings. Workers
 * never wait for anything but packets.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sensor/base/clock.h"
#include "sensor/base/log.h"
#include "sensor/base/sparse.h"
#include "sensor/base/table_memory.h"
#include "sensor/run/live_state.h"
#include "sensor/run/prefault.h"
#include "sensor/run/sandbox.h"

#define TURN	   512
#define DRAIN_MS   5000 /* for the disk, Redis and a reader to take the rest, at the end */
#define TURN_NS	   (50 * NS_PER_MS) /* then signals and Redis have their turn */
#define LOOK_EVERY 64		    /* messages, before the clock is looked at */
#define ROOM_US	   200		    /* between two tries, at the end */
#define LAST_NS	   NS_PER_S	    /* after the stop, for what the kernel still holds */

/* ---- worker threads ---- */

static bool send_observation(struct thread *thread, const struct observation *observation)
{
	uint8_t sparse[SPARSE_MOST(sizeof *observation)];
	uint32_t size = (uint32_t)sparse_write(sparse, observation, sizeof *observation);
	bool filling;

	if (byte_ring_push(thread->ring, sparse, size, NULL, 0, &filling)) {
		live_wake_put(thread);
		return true;
	}
	live_wake_rest(thread);
	return false;
}

static bool on_observation(void *context, const struct observation *observation)
{
	struct thread *thread = context;
	bool sent = send_observation(thread, observation);

	/* Its last words: there is no later, and the main thread goes on taking them. */
	while (!sent && thread->finishing) {
		usleep(ROOM_US);
		sent = send_observation(thread, observation);
	}
	return sent;
}

/* False: the main thread has not looked at the last ones yet. */
static bool send_figures(struct thread *thread)
{
	struct figures figures;

	worker_stats(thread->worker, &figures.worker);
	for (unsigned i = 0; i < thread->live->ingress_count; i++)
		watch_stats(thread->watch, i, &figures.captures[i]);
	if (!ring_push(thread->figures, &figures))
		return false;
	live_wake_put(thread);
	return true;
}

static void between_batches(struct thread *thread, int packets)
{
	uint64_t now_ns = clock_unix_ns();

	live_policy_adopt(thread);
	live_ingress_adopt(thread);
	if (packets == 0)
		worker_tick(thread->worker, now_ns);
	worker_retry(thread->worker);
	if (now_ns >= thread->next_figures_ns) {
		thread->next_figures_ns = now_ns + NS_PER_S;
		live_ingress_check(thread);
		send_figures(thread);
	}
}

/* What is there now, at most `TURN` packets. Returns how many. */
static int take_packets(struct thread *thread)
{
	struct frame_view frames[WORKER_BATCH];
	int n = 0, done = 0;

	while (done < TURN &&
	       (n = watch_frames(thread->watch, frames, WORKER_BATCH, clock_unix_ns())) > 0) {
		worker_prepare(thread->worker, frames, (unsigned)n);
		for (int i = 0; i < n; i++)
			worker_take(thread->worker, (unsigned)i);
		done += n;
		live_wake_due(thread);
	}
	return done;
}

/* The same, and waits for some if there are none. */
static int take_turn(struct thread *thread)
{
	int n = take_packets(thread);

	if (n != 0)
		return n;
	live_wake_rest(thread);
	watch_wait(thread->watch);
	n = take_packets(thread);
	if (n == 0)
		live_ingress_check(thread);
	return n;
}

static void *run_worker(void *context)
{
	struct thread *thread = context;
	uint64_t stopped_ns;
	int n = 0;

	while (!atomic_load_explicit(&thread->live->stop, memory_order_relaxed)) {
		n = take_turn(thread);
		between_batches(thread, n);
	}
	/* Packets in a block that is not full yet come within the timeout that a turn waits for. */
	stopped_ns = clock_unix_ns();
	while (clock_unix_ns() - stopped_ns < LAST_NS) {
		n = take_turn(thread);
		if (n == 0)
			break;
	}
	thread->finishing = true;
	worker_finish(thread->worker);
	while (!send_figures(thread))
		usleep(ROOM_US);
	live_wake(thread);
	return NULL;
}

/* ---- main thread ---- */

static void take_figures(struct thread *thread)
{
	const struct figures *figures;

	while ((figures = ring_peek(thread->figures)) != NULL) {
		thread->heard = true;
		thread->stats = figures->worker;
		memcpy(thread->captures, figures->captures, sizeof thread->captures);
		ring_pop(thread->figures);
	}
}

/* All that a thread's ring holds, unless that takes too long. True if something may be left. */
static bool take_ring(struct live *live, const struct thread *thread, uint64_t until_ns)
{
	uint8_t sparse[SPARSE_MOST(sizeof(struct observation))];
	struct observation observation;

	for (int n = 1; byte_ring_pop(thread->ring, sparse, sizeof sparse) != 0; n++) {
		sparse_read(&observation, sizeof observation, sparse);
		engine_observe(live->app->engine, &observation);
		if (n % LOOK_EVERY == 0 && clock_monotonic_ns() >= until_ns)
			return true;
	}
	return false;
}

/* True if something may be left. */
static bool take_messages(struct live *live)
{
	uint64_t now_ns = clock_monotonic_ns();
	uint64_t each_ns = TURN_NS / live->thread_count;
	bool more = false;

	for (uint32_t i = 0; i < live->thread_count; i++) {
		struct thread *thread = &live->threads[i];

		take_figures(thread);
		more |= take_ring(live, thread, now_ns + (i + 1) * each_ns);
		more |= live_evidence_take(live, thread);
	}
	return more;
}

static void on_wake(void *context)
{
	struct live *live = context;
	uint64_t count;

	if (read(live->wake_fd, &count, sizeof count) < 0 && errno != EAGAIN)
		log_warn("eventfd");
	if (take_messages(live)) {
		uint64_t again = 1;

		if (write(live->wake_fd, &again, sizeof again) < 0)
			log_warn("eventfd");
	}
	live_ingress_lost(live);
}

static void on_second(void *context)
{
	struct live *live = context;

	take_messages(live);
	live_ingress_return(live);
	engine_tick(live->app->engine, clock_unix_ns());
	live_look(live);
	live_policy_free_old(live);
	live_known_take(live);
	if (live->store)
		engine_store_tick(live->store);
}

static void on_heartbeat(void *context)
{
	live_heartbeat(context, NULL);
}

static void on_stop(void *context)
{
	struct live *live = context;

	loop_stop(live->app->loop);
}

static void on_totals(void *context)
{
	const struct live *live = context;
	struct worker_stats worker;
	struct capture_stats capture;
	struct engine_stats engine;

	live_stats(live, &worker, &capture);
	engine_stats(live->app->engine, &engine);
	app_say_unread(&worker);
	app_say_totals(&worker, &capture, &engine);
}

static bool open_thread(struct live *live, uint32_t number)
{
	struct thread *thread = &live->threads[number];
	struct worker_options worker;

	thread->live = live;
	app_worker_options(live->app, (uint8_t)number, &worker);
	thread->worker =
		worker_new(&worker, live->app->policy, live->app->services, on_observation, thread);
	thread->watch = watch_new(live->ingress_count);
	thread->ring = byte_ring_new(LIVE_RING_OBSERVATIONS);
	thread->figures = ring_new(LIVE_RING_FIGURES, sizeof(struct figures));
	if (!thread->worker || !thread->watch || !thread->ring || !thread->figures ||
	    !live_evidence_begin(thread)) {
		log_warnx("out of memory: make the tables smaller (--max-flows, …)");
		return false;
	}
	atomic_init(&thread->offered, live->app->policy);
	atomic_init(&thread->adopted, live->app->policy);
	return true;
}

static bool start_threads(struct live *live)
{
	sigset_t all, before;
	bool good = true;

	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (uint32_t i = 0; i < live->thread_count && good; i++) {
		struct thread *thread = &live->threads[i];

		good = pthread_create(&thread->id, NULL, run_worker, thread) == 0;
		thread->started = good;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!good)
		log_warnx("cannot start %u threads", live->thread_count);
	return good;
}

static void stop_threads(struct live *live)
{
	atomic_store(&live->stop, true);
	for (uint32_t i = 0; i < live->thread_count; i++) {
		struct thread *thread = &live->threads[i];

		if (!thread->started)
			continue;
		/* A worker's last words must find room: its ring is emptied while it stops. */
		while (pthread_tryjoin_np(thread->id, NULL) == EBUSY) {
			take_messages(live);
			usleep(1000);
		}
	}
	while (take_messages(live))
		;
}

static void watch(struct live *live)
{
	struct app *app = live->app;
	struct loop_watch *watches[] = {
		loop_readable(app->loop, live->wake_fd, on_wake, live),
		loop_every(app->loop, 1000, on_second, live),
		loop_every(app->loop, app->options->heartbeat_s * 1000ull, on_heartbeat, live),
		loop_signal(app->loop, SIGINT, on_stop, live),
		loop_signal(app->loop, SIGTERM, on_stop, live),
		loop_signal(app->loop, SIGHUP, live_policy_reload, live),
		loop_signal(app->loop, SIGUSR1, on_totals, live),
	};

	log_info("watching %s", app->options->interface);
	live_heartbeat(live, NULL);
	loop_run(app->loop);
	live_known_end(live);
	for (size_t i = 0; i < sizeof watches / sizeof *watches; i++)
		loop_watch_free(watches[i]);
}

static uint64_t time_left(uint64_t until_ms)
{
	uint64_t now_ms = clock_monotonic_ms();

	return until_ms > now_ms ? until_ms - now_ms : 0;
}

static void finish(struct live *live)
{
	struct app *app = live->app;
	uint64_t until_ms = clock_monotonic_ms() + DRAIN_MS, left;

	engine_tick(app->engine, clock_unix_ns());
	engine_finish(app->engine, clock_unix_ns());
	engine_announce(app->engine, EVENT_SENSOR_STOPPED,
			live->broken ? SEVERITY_HIGH : SEVERITY_INFO, clock_unix_ns(),
			live->broken ? "the sensor stopped: its capture broke"
				     : "the sensor was stopped");
	live_heartbeat(live, "stopping");
	if (live->store)
		engine_store_all(live->store);
	left = outputs_finish(app->outputs, time_left(until_ms));
	if (left == 0) { /* the last numbers */
		live_heartbeat(live, "stopping");
		outputs_finish(app->outputs, time_left(until_ms));
	} else {
		log_warnx("Redis has not confirmed %llu events%s", (unsigned long long)left,
			  app->options->journal ? ": they stay in the journal" : "");
	}
	outputs_finish_out(app->outputs, time_left(until_ms));
	if (!app->options->quiet)
		on_totals(live);
}

static void announce_start(const struct live *live)
{
	uint64_t jumped = journal_jumped(outputs_journal(live->app->outputs));
	char reason[160] = "the sensor was started";

	if (jumped != 0)
		snprintf(reason, sizeof reason,
			 "the sensor was started; the run before was killed, and %llu numbers of "
			 "events are left out",
			 (unsigned long long)jumped);
	engine_announce(live->app->engine, EVENT_SENSOR_STARTED, SEVERITY_INFO, clock_unix_ns(),
			reason);
}

/* What an earlier run knew, from the journal. */
static void remember(struct live *live)
{
	struct journal *journal = outputs_journal(live->app->outputs);
	struct engine_restored restored;

	if (!live->app->options->journal)
		return;
	live->store = engine_store_new(live->app->engine, journal);
	if (!live->store)
		fatalx(EXIT_USAGE, "out of memory: make the tables smaller (--max-exposures, …)");
	engine_store_restore(live->store, clock_unix_ns(), &restored);
	journal_on_commit(journal, engine_store_touched, live->store);
	if (restored.exposures != 0 || restored.walls != 0)
		log_warnx(
			"from the journal: %llu exposures (%llu open), %llu incidents, %llu walls",
			(unsigned long long)restored.exposures, (unsigned long long)restored.open,
			(unsigned long long)restored.incidents, (unsigned long long)restored.walls);
	if (restored.unusable != 0)
		log_warnx("journal: %llu records were damaged or found no room",
			  (unsigned long long)restored.unusable);
}

static void free_live(struct live *live)
{
	journal_on_commit(outputs_journal(live->app->outputs), NULL, NULL);
	engine_store_free(live->store);
	for (uint32_t i = 0; i < live->thread_count; i++) {
		watch_free(live->threads[i].watch);
		worker_free(live->threads[i].worker);
		byte_ring_free(live->threads[i].ring);
		ring_free(live->threads[i].figures);
	}
	live_ingress_close(live);
	live_evidence_end(live);
	live_metrics_free(live->metrics);
	blindness_free(live->blindness);
	policy_free(live->old_policy);
	if (live->wake_fd >= 0)
		close(live->wake_fd);
	free(live->threads);
}

int live_run(struct app *app)
{
	struct live live = {
		.app = app,
		.thread_count = app->options->workers,
		.ingress_count = (unsigned)app->options->interface_count,
	};
	bool good = true;

	live.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	live.threads = calloc(live.thread_count, sizeof *live.threads);
	live.started_ns = clock_unix_ns();
	live.blindness = live_blindness(&live, app->options->interface, false);
	if (!live.threads || live.wake_fd < 0 || !live.blindness)
		fatal(EXIT_USAGE, "start");
	for (uint32_t i = 0; i < live.thread_count && good; i++)
		good = open_thread(&live, i);
	good = good && live_ingress_open(&live);
	if (good && app->options->metrics) {
		live.metrics = live_metrics_new(&live);
		good = live.metrics != NULL;
	}
	if (!table_memory_large())
		log_info("the kernel gives no large pages: the tables lie in small ones");
	if (good) {
		sandbox_enter(app->options->user, true);
		if (app->evidence)
			evidence_check(app->evidence);
		announce_start(&live);
		remember(&live);
		outputs_begin(app->outputs);
		engine_announce(app->engine, EVENT_POLICY_LOADED, SEVERITY_INFO, clock_unix_ns(),
				"the policy was loaded");
		if (app->options->prefault && !prefault_take())
			fatal(EXIT_USAGE, "--prefault");
		good = start_threads(&live);
		if (good)
			watch(&live);
		stop_threads(&live);
		finish(&live);
	}
	free_live(&live);
	return good && !live.broken ? EXIT_DONE : EXIT_INPUT;
}
