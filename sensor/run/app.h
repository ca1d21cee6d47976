/* SPDX-License-Identifier: ISC */
/*
 * The room run/: the options, and the two ways to run what the other rooms do.
 *
 *   live     a thread for each worker (capture, worker) ─ ring ─▶ main thread (engine, outputs)
 *   replay   the same calls in one thread, in packet time; ahead: others read and decode for it
 *   inventory, inventory_crew: services instead of exposures · memory, prefault: all tables
 *   sandbox: fewer rights once everything is open
 *
 * What main() has put together, for the two ways to run: replay.c and live.c.
 */
#ifndef SENSOR_APP_H
#define SENSOR_APP_H

#include <stdbool.h>

#include "sensor/base/loop.h"
#include "sensor/capture/capture.h"
#include "sensor/engine/engine.h"
#include "sensor/health/tally.h"
#include "sensor/output/evidence_store.h"
#include "sensor/output/outputs.h"
#include "sensor/run/inventory.h"
#include "sensor/run/options.h"
#include "sensor/worker/worker.h"

struct app {
	const struct options *options;
	struct services *services;
	struct policy *policy;	 /* NULL only in an inventory */
	struct known_bad *known; /* NULL: no file was given */
	struct engine *engine;	 /* NULL only in an inventory */
	struct inventory *inventory;
	struct evidence_store *evidence; /* NULL: not wanted */
	struct outputs *outputs;	 /* NULL only in an inventory */
	struct loop *loop;
	struct origins *origins; /* what packets came from */
	const char *sensor;	 /* its name; valid while run_policy() is */
	struct tally tally;
	/* Both keep anybody from choosing what meets in a table. hash_key also decides what a full
	 * one forgets, and what a sketch counts: from the kernel in live mode, 0 in a replay (for
	 * workers: from the policy), which is to give the same results again. table_key is from the
	 * kernel always. */
	uint64_t hash_key, table_key;
	bool exposed; /* some rule was broken */
	bool unseen;  /* a replay in which nothing was looked at that the policy speaks of */
};

/* The worker's share of the options. */
void app_worker_options(const struct app *app, uint8_t number, struct worker_options *worker);

/* The engine's share of them; its sensor and first sequence are still to be set. */
void app_engine_options(const struct app *app, struct engine_options *engine);

/* Loads app->options->policy and says all that is wrong with it. NULL if it cannot be used. */
struct policy *app_load_policy(const struct app *app);

/*
 * Loads the files of --known-bad and says all that is wrong with them. False if one cannot be used;
 * `known` is NULL if there are none, else the caller's to free.
 */
bool app_load_known(const struct app *app, struct known_bad **known);

/* Both run to the end and return the exit status. */
int replay_run(struct app *app);
int live_run(struct app *app);

/* Says on standard error which kinds of packets were not read, if there were any. */
void app_say_unread(const struct worker_stats *worker);
/* Says on standard error what was read and, if there was any, what was lost. */
void app_say_totals(const struct worker_stats *worker, const struct capture_stats *capture,
		    const struct engine_stats *engine);

/* Says what --evidence has kept, unless --quiet or nothing was wanted. */
void app_say_evidence(const struct app *app);

#endif
