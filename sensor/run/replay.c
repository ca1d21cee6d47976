/* SPDX-License-Identifier: ISC */
/*
 * Replay: captures are read in the order of time or of the command line (timeline.h), and
 * everything that follows from their packets happens in this one thread, in packet time: the same
 * files and the same policy give the same events, byte for byte.
 */
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include <signal.h>

#include "sensor/base/clock.h"
#include "sensor/base/log.h"
#include "sensor/base/progress.h"
#include "sensor/capture/timeline.h"
#include "sensor/health/vision.h"
#include "sensor/run/ahead.h"
#include "sensor/run/app.h"
#include "sensor/run/inventory_crew.h"
#include "sensor/run/mirrors.h"
#include "sensor/run/prefault.h"

#define TURN	 4096  /* packets; then signals and Redis have theirs */
#define PAUSE_S	 1000  /* a longer one is another capture */
#define DRAIN_MS 30000 /* for Redis to take the rest at the end */

struct replay {
	struct app *app;
	struct worker *worker;
	struct filters *filters;
	struct ahead *ahead;	     /* NULL: captures are read here */
	struct blindness *blindness; /* NULL in an inventory */
	struct progress progress;
	uint64_t next_tick_ns, newest_ns;
	uint64_t next_look_ns;		     /* when sight is judged next; 0: at the next packet */
	uint64_t packets, turn;		     /* turn: packets when signals last had theirs */
	uint64_t bytes_done;		     /* of the inputs before this one */
	uint64_t anchor_ns, anchor_clock_ns; /* --live-clock: the newest packet, and when it came */
	bool in_order;			     /* of time */
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

static void on_unread(void *context, uint32_t from, uint32_t kind)
{
	const struct app *app = ((struct replay *)context)->app;

	if (from != ORIGIN_NONE)
		per_file_unread(app->per_file, origins_get(app->origins, from)->source, kind);
}

static bool on_kept(void *context, const struct kept_frame *kept)
{
	struct replay *replay = context;

	evidence_add(replay->app->evidence, kept);
	return true;
}

/* Sight is judged for each second of packet time, those in which nothing came included. */
static void look(struct replay *replay, uint64_t now_ns)
{
	uint64_t at_ns = replay->next_look_ns;
	struct vision_figures figures;
	struct worker_stats stats;

	if (at_ns == 0 || now_ns - at_ns > PAUSE_S * NS_PER_S)
		at_ns = now_ns;
	worker_stats(replay->worker, &stats);
	vision_figures(&stats, NULL, &figures);
	for (; at_ns <= now_ns; at_ns += NS_PER_S)
		blindness_sample(replay->blindness, &figures, at_ns);
	vision_storm(replay->blindness, replay->app->engine, now_ns);
	replay->next_look_ns = at_ns;
}

static void on_blindness(void *context, bool begins, const struct blindness_view *view)
{
	struct replay *replay = context;

	if (replay->app->options->live_clock && view->cause == BLIND_SILENCE)
		log_warnx("%s",
			  begins ? "the stream is silent: nothing can be seen until packets come"
				 : "packets come again: the stream is no longer silent");
	engine_blindness(replay->app->engine, begins, view,
			 blindness_severity((enum blind_cause)view->cause), view->told_ns);
}

static void take_packet(struct replay *replay, unsigned index, uint64_t ts_ns)
{
	replay->packets++;
	if (ts_ns > replay->newest_ns)
		replay->newest_ns = ts_ns;
	if (replay->blindness && ts_ns >= replay->next_look_ns)
		look(replay, ts_ns);
	worker_take(replay->worker, index);
	if (replay->newest_ns < replay->next_tick_ns)
		return;
	replay->next_tick_ns = replay->newest_ns + NS_PER_S;
	if (replay->app->engine)
		engine_tick(replay->app->engine, replay->newest_ns);
}

static void on_signal(void *context)
{
	struct replay *replay = context;

	replay->stop = true;
}

/* The stream has come to here: from now on time goes on by the clock. */
static void set_anchor(struct replay *replay, const struct frame_view *frames, int count)
{
	uint64_t before_ns = replay->anchor_ns;

	for (int i = 0; i < count; i++) {
		if (frames[i].ts_ns > replay->anchor_ns)
			replay->anchor_ns = frames[i].ts_ns;
	}
	/* Packets that are late do not hold the clock. */
	if (replay->anchor_ns == before_ns)
		return;
	replay->anchor_clock_ns = clock_monotonic_ns();
}

/* Nothing comes: what time drives goes on. False: we were told to stop. */
static bool on_idle(void *context)
{
	struct replay *replay = context;
	uint64_t now_ns;

	loop_pump(replay->app->loop, 0);
	if (replay->stop || replay->anchor_ns == 0)
		return !replay->stop;
	now_ns = replay->anchor_ns + (clock_monotonic_ns() - replay->anchor_clock_ns);
	if (now_ns < replay->next_tick_ns)
		return true;
	replay->newest_ns = now_ns > replay->newest_ns ? now_ns : replay->newest_ns;
	replay->next_tick_ns = replay->newest_ns + NS_PER_S;
	worker_tick(replay->worker, replay->newest_ns);
	if (replay->newest_ns >= replay->next_look_ns)
		look(replay, replay->newest_ns);
	engine_tick(replay->app->engine, replay->newest_ns);
	return true;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void say(struct replay *replay, const struct sources *sources, size_t number,
		const char *text)
{
	progress_end(&replay->progress);
	log_warnx("%s: %s", sources->list[number].path, text);
	per_file_words(replay->app->per_file, number, text);
}

static void begin_input(struct replay *replay, const struct source *source)
{
	worker_next_input(replay->worker);
	if (replay->blindness)
		blindness_restart(replay->blindness, name_of(source->path));
	replay->next_look_ns = 0;
}

/* After a batch: signals and Redis have theirs now and then. */
static void end_batch(struct replay *replay, const char *path, uint64_t consumed)
{
	replay->turn = replay->packets;
	progress_show(&replay->progress, path, replay->bytes_done + consumed, replay->packets);
	loop_pump(replay->app->loop, 0);
}

static bool is_turn(const struct replay *replay)
{
	return replay->packets - replay->turn >= TURN;
}

/* Reads them all. False: something of them is not read; what could be read counts. */
static bool read_timeline(struct replay *replay, struct timeline *timeline,
			  const struct sources *sources)
{
	struct frame_view frames[WORKER_BATCH];
	struct timeline_step step = {.kind = TIMELINE_INPUT};
	const char *path = "";
	bool good = true;

	while (!replay->stop) {
		timeline_next(timeline, frames, WORKER_BATCH, &step);
		if (step.kind == TIMELINE_END)
			break;
		if (step.kind == TIMELINE_WORDS) {
			good &= !step.bad;
			say(replay, sources, step.source, step.text);
			continue;
		}
		if (step.kind == TIMELINE_CLOSED) {
			per_file_closed(replay->app->per_file, step.source, &step.span);
			continue;
		}
		if (step.kind == TIMELINE_INPUT) {
			path = sources->list[step.source].path;
			begin_input(replay, &sources->list[step.source]);
			continue;
		}
		worker_prepare(replay->worker, frames, (unsigned)step.count);
		for (int i = 0; i < step.count; i++)
			take_packet(replay, (unsigned)i, frames[i].ts_ns);
		if (replay->app->options->live_clock)
			set_anchor(replay, frames, step.count);
		if (is_turn(replay) || replay->app->options->live_clock)
			end_batch(replay, path, timeline_consumed(timeline));
	}
	end_batch(replay, path, timeline_consumed(timeline));
	return good;
}

static bool read_some(struct replay *replay, const struct sources *sources, size_t first,
		      size_t count)
{
	const struct timeline_options options = {
		.sources = sources,
		.first = first,
		.count = count,
		.filters = replay->filters,
		.origins = replay->app->origins,
		.in_order = replay->in_order,
		.idle = replay->app->options->live_clock ? on_idle : NULL,
		.idle_context = replay,
	};
	struct timeline *timeline = timeline_new(&options);
	bool good;

	if (!timeline)
		fatalx(EXIT_USAGE, "out of memory");
	good = read_timeline(replay, timeline, sources);
	timeline_free(timeline);
	return good;
}

static void take_part(struct replay *replay, const struct ahead_part *part)
{
	worker_adopt(replay->worker, part->batch, part->count);
	for (unsigned i = 0; i < part->count; i++)
		take_packet(replay, i, part->ts_ns[i]);
}

/* What another thread reads. False: something of it is not read; what could be read counts. */
static bool take_unit(struct replay *replay, size_t number, const struct sources *sources)
{
	const struct ahead_part *part;
	const char *path = "";
	bool good = true;

	while ((part = ahead_next(replay->ahead, number))->kind != AHEAD_ENDED && !replay->stop) {
		if (part->kind == AHEAD_INPUT) {
			path = sources->list[part->source].path;
			begin_input(replay, &sources->list[part->source]);
		} else if (part->kind == AHEAD_WORDS) {
			good &= !part->bad;
			say(replay, sources, part->source, part->text);
		} else if (part->kind == AHEAD_CLOSED) {
			per_file_closed(replay->app->per_file, part->source, &part->span);
		} else {
			take_part(replay, part);
		}
		if (is_turn(replay))
			end_batch(replay, path, part->consumed);
	}
	end_batch(replay, path, part->consumed);
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
	size_t units = replay->in_order ? 1 : sources->count;
	size_t each = replay->in_order ? sources->count : 1;
	bool good = true;

	for (size_t i = 0; i < units && !replay->stop; i++) {
		good &= replay->ahead ? take_unit(replay, i, sources)
				      : read_some(replay, sources, i, each);
		replay->bytes_done += sources->list[i].bytes;
		if (replay->app->inventory && !finish_inventory(replay, sources->list[i].path))
			return false;
	}
	return good;
}

static void say_left_out(uint64_t count)
{
	if (count != 0)
		log_warnx("%llu conversations found no room in the inventory (--max-inventory)",
			  (unsigned long long)count);
}

/* "Nothing found" must not be said of traffic in which nothing of the policy's could be found. */
static void judge_looked(struct replay *replay, char unseen[VISION_SENTENCE])
{
	struct worker_stats worker;

	worker_stats(replay->worker, &worker);
	vision_judge_looked(replay->blindness, &worker, replay->newest_ns);
	vision_looked_text(&worker, replay->app->options->filter, unseen);
	replay->app->unseen = unseen[0] != '\0';
	if (replay->app->unseen)
		log_warnx("%s", unseen);
}

/* Those of which only their incident tells were never events of their own. */
static void add_quiet(void *context, const struct exposure_view *view)
{
	if (view->quiet && view->input_file[0])
		per_file_opened(context, view->input_number);
}

/* `good`: no input broke; of one that could not be read at all, that was said. */
static void finish(struct replay *replay, bool good)
{
	char unseen[VISION_SENTENCE] = "", unread[UNREAD_TEXT];
	struct app *app = replay->app;
	struct worker_stats worker;
	struct engine_stats engine = {0};
	uint64_t left = 0;

	progress_end(&replay->progress);
	worker_finish(replay->worker);
	worker_stats(replay->worker, &worker);
	app_say_unread(&worker);
	if (app->engine) {
		if (good || replay->packets != 0)
			judge_looked(replay, unseen);
		engine_tick(app->engine, replay->newest_ns);
		engine_finish(app->engine, replay->newest_ns);
		engine_each_exposure(app->engine, true, add_quiet, app->per_file);
		left = outputs_finish(app->outputs, DRAIN_MS);
		unread_text(&worker.unread, unread);
		outputs_report(app->outputs, app->engine, app->policy,
			       &(struct text_unseen){unseen, unread});
		engine_stats(app->engine, &engine);
	}
	if (left != 0)
		log_warnx("Redis has not confirmed %llu events%s", (unsigned long long)left,
			  app->options->journal ? ": they stay in the journal" : "");
	if (!app->options->quiet)
		app_say_totals(&worker, NULL, &engine);
	if (app->inventory)
		say_left_out(inventory_left_out(app->inventory));
}

/* Several workers: one looks at packets, the others read ahead. */
static void begin_ahead(struct replay *replay, const struct sources *sources)
{
	const struct options *options = replay->app->options;

	if (options->workers == 1 || sources_from_stream(sources))
		return;
	replay->ahead = ahead_new(replay->worker,
				  &(struct timeline_options){.sources = sources,
							     .origins = replay->app->origins,
							     .in_order = replay->in_order},
				  options->filter, options->workers - 1);
	if (!replay->ahead)
		fatal(EXIT_USAGE, "--workers %u", options->workers);
}

static void begin(struct replay *replay, const struct sources *sources)
{
	struct app *app = replay->app;
	struct worker_options options;

	replay->filters = filters_new(app->options->filter);
	if (!replay->filters)
		fatalx(EXIT_USAGE, "out of memory");
	app_worker_options(app, 0, &options);
	mirrors_find(app, sources, replay->filters, &options);
	replay->worker = worker_new(&options, app->policy, app->services, on_observation, replay);
	if (app->engine)
		replay->blindness = blindness_new(
			&(struct blindness_options){
				.replay = !app->options->live_clock,
				.silence_ns = app->options->live_clock
						      ? app->options->silence_s * NS_PER_S
						      : 0,
			},
			on_blindness, replay);
	if (!replay->worker || (app->engine && !replay->blindness) ||
	    (app->evidence && !worker_keep_evidence(replay->worker, on_kept)))
		fatalx(EXIT_USAGE, "out of memory: make the tables smaller (--max-flows, …)");
	worker_tell_unread(replay->worker, on_unread);
	begin_ahead(replay, sources);
	if (app->options->prefault && !prefault_take())
		fatal(EXIT_USAGE, "--prefault");
}

/* False: an input broke. */
static bool run_one(struct replay *replay, const struct sources *sources)
{
	bool good;

	begin(replay, sources);
	good = read_all(replay, sources);
	finish(replay, good);
	ahead_free(replay->ahead);
	filters_free(replay->filters);
	worker_free(replay->worker);
	blindness_free(replay->blindness);
	return good;
}

/* False: an input broke, or nothing could be written any more. */
static bool run_crew(struct replay *replay, const struct sources *sources)
{
	struct crew_result result;
	struct engine_stats engine = {0};

	inventory_crew_run(replay->app, sources, &replay->stop, &replay->progress, &result);
	progress_end(&replay->progress);
	app_say_unread(&result.stats);
	if (!replay->app->options->quiet)
		app_say_totals(&result.stats, NULL, &engine);
	say_left_out(result.left_out);
	return result.good;
}

/*
 * True: in the order of time. An inventory is of each capture by itself; what streams begin with is
 * not known before they are read.
 */
static bool put_in_order(const struct options *options, struct sources *sources)
{
	char skipped[SOURCES_SKIPPED];

	sources_look(sources, skipped);
	if (skipped[0])
		log_warnx("no captures, and skipped: %s", skipped);
	if (options->as_given || options->inventory || sources_from_stream(sources))
		return false;
	sources_order(sources);
	return true;
}

static void begin_per_file(struct app *app, const struct sources *sources)
{
	if (!app->options->per_file)
		return;
	app->per_file = per_file_new(sources);
	if (!app->per_file)
		fatal(EXIT_USAGE, "--per-file");
}

int replay_run(struct app *app)
{
	struct replay replay = {.app = app};
	struct sources sources;
	struct loop_watch *interrupt, *terminate;
	char error[512];
	bool crew, good;

	if (!sources_collect(&sources, app->options->files, app->options->file_count, error)) {
		sources_free(&sources);
		log_warnx("%s", error);
		return EXIT_INPUT;
	}
	replay.in_order = put_in_order(app->options, &sources);
	interrupt = loop_signal(app->loop, SIGINT, on_signal, &replay);
	terminate = loop_signal(app->loop, SIGTERM, on_signal, &replay);
	begin_per_file(app, &sources);
	progress_begin(&replay.progress, !app->options->quiet, sources.bytes);
	crew = app->inventory && app->options->workers > 1 && !sources_from_stream(&sources);
	good = crew ? run_crew(&replay, &sources) : run_one(&replay, &sources);
	loop_watch_free(interrupt);
	loop_watch_free(terminate);
	per_file_print(app->per_file, !app->inventory, stderr);
	per_file_free(app->per_file);
	app->per_file = NULL;
	sources_free(&sources);
	return good ? EXIT_DONE : EXIT_INPUT;
}
