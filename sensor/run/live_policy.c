/* SPDX-License-Identifier: ISC */
/*
 * A live sensor's policy is immutable. A new one is offered to each worker, which takes it up
 * between two batches; the old one is freed when all have.
 *
 * The files of --known-bad may be long: a thread of their own reads them, while packets go on, and
 * the main thread takes up what has come of it. Bad ones leave what was known.
 */
#include <stdatomic.h>
#include <stdio.h>

#include "sensor/base/clock.h"
#include "sensor/base/log.h"
#include "sensor/run/live_state.h"

/* Checksums are over all of a packet, and an inventory is of everybody. */
void live_policy_headers(const struct thread *thread, const struct policy *policy)
{
	const struct options *options = thread->live->app->options;

	if (options->whole_packets || options->checksums || thread->live->app->inventory)
		return;
	for (unsigned i = 0; i < thread->live->ingress_count; i++) {
		struct capture *capture = watch_get(thread->watch, i);

		if (capture && !capture_headers_only(capture, policy))
			log_warn("the policy's filter: packets come whole");
	}
}

void live_policy_adopt(struct thread *thread)
{
	const struct policy *offered = atomic_load_explicit(&thread->offered, memory_order_acquire);

	if (offered == atomic_load_explicit(&thread->adopted, memory_order_relaxed))
		return;
	live_policy_headers(thread, offered);
	worker_set_policy(thread->worker, offered);
	atomic_store_explicit(&thread->adopted, offered, memory_order_release);
}

void live_policy_free_old(struct live *live)
{
	if (!live->old_policy)
		return;
	for (uint32_t i = 0; i < live->thread_count; i++) {
		if (atomic_load_explicit(&live->threads[i].adopted, memory_order_acquire) !=
		    live->app->policy)
			return;
	}
	policy_free(live->old_policy);
	live->old_policy = NULL;
}

static void *read_known(void *context)
{
	struct live_known *load = context;

	load->good = app_load_known(load->app, &load->known);
	atomic_store_explicit(&load->done, true, memory_order_release);
	return NULL;
}

void live_known_reload(struct live *live)
{
	struct live_known *load = &live->known;

	if (live->app->options->known_bad_count == 0)
		return;
	if (load->running) {
		load->again = true; /* what is read now may be the files as they were */
		return;
	}
	*load = (struct live_known){.app = live->app};
	load->running = pthread_create(&load->id, NULL, read_known, load) == 0;
	if (!load->running)
		log_warnx("--known-bad: no thread to read it; what was known before stays");
}

/* Waits for what is not done. */
static struct known_bad *join_known(struct live_known *load)
{
	pthread_join(load->id, NULL);
	load->running = false;
	return load->good ? load->known : NULL;
}

static void take_known(struct app *app, struct known_bad *known)
{
	if (!known) {
		log_warnx("--known-bad: what was known before stays");
		return;
	}
	engine_set_known(app->engine, known);
	known_bad_free(app->known);
	app->known = known;
}

void live_known_take(struct live *live)
{
	struct live_known *load = &live->known;
	bool again = load->again;

	if (!load->running || !atomic_load_explicit(&load->done, memory_order_acquire))
		return;
	take_known(live->app, join_known(load));
	if (again)
		live_known_reload(live);
}

void live_known_end(struct live *live)
{
	if (live->known.running)
		known_bad_free(join_known(&live->known));
}

void live_policy_reload(void *context)
{
	struct live *live = context;
	struct app *app = live->app;
	struct policy *policy;

	live_known_reload(live);
	if (live->old_policy) {
		log_warnx("the last reload is still being taken up: send SIGHUP again");
		return;
	}
	policy = app_load_policy(app);
	if (!policy) {
		char reason[160];

		snprintf(reason, sizeof reason,
			 "%s has errors; the policy that was in force stays in force",
			 app->options->policy);
		log_warnx("%s", reason);
		engine_announce(app->engine, EVENT_POLICY_REJECTED, SEVERITY_HIGH, clock_unix_ns(),
				reason);
		return;
	}
	live->old_policy = app->policy;
	app->policy = policy;
	for (uint32_t i = 0; i < live->thread_count; i++)
		atomic_store_explicit(&live->threads[i].offered, policy, memory_order_release);
	engine_set_policy(app->engine, policy, clock_unix_ns());
	engine_announce(app->engine, EVENT_POLICY_LOADED, SEVERITY_INFO, clock_unix_ns(),
			"the policy was loaded anew");
	log_info("policy %s loaded", app->options->policy);
}
