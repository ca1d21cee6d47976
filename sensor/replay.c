/* SPDX-License-Identifier: ISC */
/*
 * Replay: captures are read one after the other, and everything happens in this one thread, in
 * packet time: the same files and the same policy give the same events, byte for byte.
 */
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include <signal.h>

#include "sensor/app.h"
#include "sensor/log.h"
#include "sensor/progress.h"
#include "sensor/sources.h"

#define BATCH	 4096
#define SECOND	 1000000000ull
#define DRAIN_MS 30000 /* for Redis to take the rest at the end */

struct replay {
	struct app *app;
	struct worker *worker;
	struct progress progress;
	uint64_t next_tick_ns, newest_ns;
	uint64_t packets, bytes_done; /* bytes_done: of the inputs before this one */
	bool stop;
};

static bool on_observation(void *context, const struct observation *observation)
{
	struct replay *replay = context;

	if (!replay->app->inventory)
		engine_observe(replay->app->engine, observation);
	else if (observation->kind == OBSERVATION_FLOW && observation->flow.last)
		inventory_add(replay->app->inventory, observation);
	return true;
}

static void on_packet(void *context, enum link_type link, const uint8_t *frame, uint32_t captured,
		      uint32_t wire, uint64_t ts_ns)
{
	struct replay *replay = context;

	replay->packets++;
	if (ts_ns > replay->newest_ns)
		replay->newest_ns = ts_ns;
	worker_packet(replay->worker, link, frame, captured, wire, ts_ns);
	if (replay->newest_ns < replay->next_tick_ns)
		return;
	replay->next_tick_ns = replay->newest_ns + SECOND;
	if (replay->app->engine)
		engine_tick(replay->app->engine, replay->newest_ns);
}

static void on_signal(void *context)
{
	struct replay *replay = context;

	replay->stop = true;
}

/* Reads one capture to its end. False: it broke; what came before that counts. */
static bool read_capture(struct replay *replay, struct capture *capture, const struct input *input,
			 const char *path)
{
	uint64_t before = replay->packets;
	int n;

	do {
		n = capture_batch(capture, BATCH, on_packet, replay);
		progress_show(&replay->progress, path, replay->bytes_done + input_consumed(input),
			      replay->packets);
		loop_pump(replay->app->loop, 0);
	} while (n > 0 && !replay->stop);
	if (n < 0) {
		progress_end(&replay->progress);
		log_warnx("%s: %s; %llu packets were read before that", path,
			  capture_failure(capture), (unsigned long long)(replay->packets - before));
	}
	return n >= 0;
}

static bool read_file(struct replay *replay, const char *path)
{
	char error[CAPTURE_ERROR];
	struct input *input = input_open(path, error);
	struct capture *capture = NULL;
	bool good = false;

	if (input)
		capture = capture_open_file(input, replay->app->options->filter, error);
	if (capture && !capture_link_supported(capture))
		log_warnx("%s: link type %s is not supported: its packets are only counted", path,
			  capture_link_name(capture));
	if (capture) {
		good = read_capture(replay, capture, input, path);
	} else {
		progress_end(&replay->progress);
		log_warnx("%s: %s; nothing was read", path, error);
	}
	capture_close(capture);
	if (input)
		replay->bytes_done += input_size(input);
	input_close(input);
	return good;
}

/* An inventory tells each input's lines by itself. */
static bool finish_inventory(struct replay *replay, const char *path)
{
	char *copy = strdup(path);
	bool good;

	if (!copy)
		return false;
	worker_finish(replay->worker);
	good = inventory_write(replay->app->inventory, basename(copy), stdout);
	free(copy);
	if (!good)
		log_warn("standard output");
	return good;
}

static bool read_all(struct replay *replay, const struct sources *sources)
{
	bool good = true;

	for (size_t i = 0; i < sources->count && !replay->stop; i++) {
		good &= read_file(replay, sources->paths[i]);
		if (replay->app->inventory && !finish_inventory(replay, sources->paths[i]))
			return false;
	}
	return good;
}

static void finish(struct replay *replay)
{
	struct app *app = replay->app;
	struct worker_stats worker;
	struct engine_stats engine = {0};
	uint64_t left = 0;

	progress_end(&replay->progress);
	worker_finish(replay->worker);
	if (app->engine) {
		engine_tick(app->engine, replay->newest_ns);
		engine_finish(app->engine, replay->newest_ns);
		left = outputs_finish(app->outputs, DRAIN_MS);
		outputs_report(app->outputs, app->engine, app->policy);
		engine_stats(app->engine, &engine);
	}
	if (left != 0)
		log_warnx("Redis has not confirmed %llu events%s", (unsigned long long)left,
			  app->options->journal ? ": they stay in the journal" : "");
	worker_stats(replay->worker, &worker);
	if (!app->options->quiet)
		app_say_totals(&worker, NULL, &engine);
	if (app->inventory && inventory_left_out(app->inventory) != 0)
		log_warnx("%llu conversations found no room in the inventory (--max-inventory)",
			  (unsigned long long)inventory_left_out(app->inventory));
}

int replay_run(struct app *app)
{
	struct replay replay = {.app = app};
	struct worker_options options;
	struct sources sources;
	struct loop_watch *interrupt, *terminate;
	char error[512];
	bool good;

	if (!sources_collect(&sources, app->options->files, app->options->file_count, error)) {
		sources_free(&sources);
		log_warnx("%s", error);
		return EXIT_INPUT;
	}
	app_worker_options(app, 0, &options);
	replay.worker = worker_new(&options, app->policy, app->services, on_observation, &replay);
	if (!replay.worker)
		fatalx(EXIT_USAGE, "out of memory: make the tables smaller (--max-flows, …)");
	interrupt = loop_signal(app->loop, SIGINT, on_signal, &replay);
	terminate = loop_signal(app->loop, SIGTERM, on_signal, &replay);
	progress_begin(&replay.progress, !app->options->quiet, sources.bytes);
	good = read_all(&replay, &sources);
	finish(&replay);
	loop_watch_free(interrupt);
	loop_watch_free(terminate);
	worker_free(replay.worker);
	sources_free(&sources);
	return good ? EXIT_DONE : EXIT_INPUT;
}
