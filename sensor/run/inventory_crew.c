/* SPDX-License-Identifier: ISC */
/*
 * See inventory_crew.h. A place is a capture's, by its number, from when a worker takes it until
 * the main thread has put it out; so finished texts are never more than the places.
 */
#include "sensor/run/inventory_crew.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sensor/base/clock.h"
#include "sensor/base/log.h"
#include "sensor/capture/timeline.h"

#define PLACES_EACH 4 /* for each worker */
#define LOOK_NS	    (NS_PER_S / 10)

struct words {
	struct words *next;
	char text[CAPTURE_ERROR];
};

struct place {
	bool bad;
	struct words *words; /* what is said of the capture; owned */
	uint64_t size;
	char *text; /* of the inventory; NULL: out of memory */
	size_t length;
};

struct member {
	struct crew *crew;
	size_t source; /* the capture in hand */
	pthread_t thread;
	bool started;
	struct worker *worker;
	struct inventory *inventory;
	struct filters *filters;
};

struct crew {
	const struct app *app;
	const struct sources *sources;
	atomic_bool stop;
	pthread_mutex_t mutex; /* of the rest */
	pthread_cond_t changed;
	size_t next, shown; /* captures that are taken, and that are put out */
	struct place *places;
	bool *done; /* by place: the main thread's turn */
	size_t place_count;
	struct member *members;
};

/* ---- the workers' threads ---- */

static bool on_observation(void *context, const struct observation *observation)
{
	const struct member *member = context;

	if (observation->kind == OBSERVATION_FLOW && observation->flow.last)
		inventory_add(member->inventory, observation);
	return true;
}

static void on_unread(void *context, uint32_t from, uint32_t kind)
{
	const struct member *member = context;

	(void)from;
	per_file_unread(member->crew->app->per_file, member->source, kind);
}

static void note(struct place *place, const struct timeline_step *step)
{
	struct words **end = &place->words, *words = calloc(1, sizeof *words);

	place->bad |= step->bad;
	while (*end)
		end = &(*end)->next;
	if (words)
		snprintf(words->text, sizeof words->text, "%s", step->text);
	*end = words;
}

static void read_capture(const struct member *member, size_t number, struct place *place)
{
	const struct crew *crew = member->crew;
	const struct timeline_options options = {
		.sources = crew->sources,
		.first = number,
		.count = 1,
		.filters = member->filters,
	};
	struct timeline *timeline = timeline_new(&options);
	struct frame_view frames[WORKER_BATCH];
	struct timeline_step step = {.kind = TIMELINE_INPUT};

	place->size = crew->sources->list[number].bytes;
	place->bad = !timeline;
	while (timeline && step.kind != TIMELINE_END &&
	       !atomic_load_explicit(&crew->stop, memory_order_relaxed)) {
		timeline_next(timeline, frames, WORKER_BATCH, &step);
		if (step.kind == TIMELINE_WORDS)
			note(place, &step);
		if (step.kind == TIMELINE_CLOSED)
			per_file_closed(crew->app->per_file, number, &step.span);
		if (step.kind != TIMELINE_FRAMES)
			continue;
		worker_prepare(member->worker, frames, (unsigned)step.count);
		for (unsigned i = 0; i < (unsigned)step.count; i++)
			worker_take(member->worker, i);
	}
	timeline_free(timeline);
}

static void write_lines(const struct member *member, const char *path, struct place *place)
{
	FILE *out = open_memstream(&place->text, &place->length);
	const char *slash = strrchr(path, '/');
	bool good;

	worker_finish(member->worker);
	if (!out)
		return;
	good = inventory_write(member->inventory, slash ? slash + 1 : path, out);
	if (fclose(out) == 0 && good)
		return;
	free(place->text);
	place->text = NULL;
}

/* The next capture; false: there is none for this thread any more. */
static bool take_place(struct crew *crew, size_t *number)
{
	bool taken;

	pthread_mutex_lock(&crew->mutex);
	while (crew->next < crew->sources->count && crew->next - crew->shown >= crew->place_count &&
	       !atomic_load(&crew->stop))
		pthread_cond_wait(&crew->changed, &crew->mutex);
	taken = crew->next < crew->sources->count && !atomic_load(&crew->stop);
	if (taken)
		*number = crew->next++;
	pthread_mutex_unlock(&crew->mutex);
	return taken;
}

static void *run_member(void *context)
{
	struct member *member = context;
	struct crew *crew = member->crew;
	size_t number;

	while (take_place(crew, &number)) {
		struct place *place = &crew->places[number % crew->place_count];

		*place = (struct place){.size = 0};
		member->source = number;
		read_capture(member, number, place);
		write_lines(member, crew->sources->list[number].path, place);
		pthread_mutex_lock(&crew->mutex);
		crew->done[number % crew->place_count] = true;
		pthread_cond_broadcast(&crew->changed);
		pthread_mutex_unlock(&crew->mutex);
	}
	return NULL;
}

/* ---- the main thread ---- */

static void start_member(struct crew *crew, uint32_t number)
{
	struct member *member = &crew->members[number];
	struct worker_options options;

	app_worker_options(crew->app, (uint8_t)number, &options);
	member->crew = crew;
	member->worker = worker_new(&options, crew->app->policy, crew->app->services,
				    on_observation, member);
	member->inventory = inventory_new(crew->app->options->max_inventory, crew->app->table_key,
					  crew->app->services);
	member->filters = filters_new(crew->app->options->filter);
	if (!member->worker || !member->inventory || !member->filters)
		fatalx(EXIT_USAGE, "out of memory: make the tables smaller (--max-flows, …)");
	worker_tell_unread(member->worker, on_unread);
}

/* Signals are the main thread's. */
static void start_threads(struct crew *crew, uint32_t count)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (uint32_t i = 0; i < count; i++) {
		struct member *member = &crew->members[i];

		member->started = pthread_create(&member->thread, NULL, run_member, member) == 0;
		if (!member->started)
			fatalx(EXIT_USAGE, "--workers: cannot start %u threads", count);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void stop_all(struct crew *crew)
{
	pthread_mutex_lock(&crew->mutex);
	atomic_store(&crew->stop, true);
	pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->mutex);
}

/* Turns the loop meanwhile: a signal stops the workers, and what they have so far is put out.
 * False: stopped before anybody took that capture. */
static bool wait_for(struct crew *crew, const bool *stop)
{
	const bool *done = &crew->done[crew->shown % crew->place_count];
	bool ready = false, never = false;

	while (!ready && !never) {
		const struct timespec until = clock_to_timespec(clock_unix_ns() + LOOK_NS);

		pthread_mutex_lock(&crew->mutex);
		if (!*done)
			pthread_cond_timedwait(&crew->changed, &crew->mutex, &until);
		ready = *done;
		never = !ready && atomic_load(&crew->stop) && crew->next <= crew->shown;
		pthread_mutex_unlock(&crew->mutex);
		loop_pump(crew->app->loop, 0);
		if (*stop)
			stop_all(crew);
	}
	return ready;
}

static void free_words(struct words *words)
{
	while (words) {
		struct words *next = words->next;

		free(words);
		words = next;
	}
}

/* False: something of it is not read. */
static bool say(const struct crew *crew, struct place *place, const char *path,
		struct progress *progress)
{
	for (const struct words *words = place->words; words; words = words->next) {
		progress_end(progress);
		log_warnx("%s: %s", path, words->text);
		per_file_words(crew->app->per_file, crew->shown, words->text);
	}
	free_words(place->words);
	place->words = NULL;
	return !place->bad;
}

static bool put_out(struct place *place)
{
	bool good = place->text && fwrite(place->text, 1, place->length, stdout) == place->length;

	free(place->text);
	place->text = NULL;
	if (!good)
		log_warn("standard output");
	return good;
}

/*
 * The next capture. False: it is the end, because nothing more can be written or all was stopped.
 */
static bool show(struct crew *crew, const bool *stop, struct progress *progress, uint64_t *bytes,
		 struct crew_result *result)
{
	const char *path = crew->sources->list[crew->shown].path;
	struct place *place = &crew->places[crew->shown % crew->place_count];
	bool written;

	if (!wait_for(crew, stop))
		return false;
	*bytes += place->size;
	result->good &= say(crew, place, path, progress);
	written = put_out(place);
	result->good &= written;
	pthread_mutex_lock(&crew->mutex);
	crew->done[crew->shown % crew->place_count] = false;
	crew->shown++;
	pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->mutex);
	progress_show(progress, path, *bytes, 0);
	return written;
}

static void finish(struct crew *crew, uint32_t count, struct crew_result *result)
{
	stop_all(crew);
	for (uint32_t i = 0; i < count; i++) {
		struct member *member = &crew->members[i];
		struct worker_stats stats;

		pthread_join(member->thread, NULL);
		worker_stats(member->worker, &stats);
		worker_stats_add(&result->stats, &stats);
		result->left_out += inventory_left_out(member->inventory);
		worker_free(member->worker);
		inventory_free(member->inventory);
		filters_free(member->filters);
	}
	for (size_t i = 0; i < crew->place_count; i++) {
		free(crew->places[i].text);
		free_words(crew->places[i].words);
	}
	free(crew->places);
	free(crew->done);
	free(crew->members);
}

void inventory_crew_run(const struct app *app, const struct sources *sources, const bool *stop,
			struct progress *progress, struct crew_result *result)
{
	uint32_t count = app->options->workers;
	struct crew crew = {
		.app = app,
		.sources = sources,
		.mutex = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
		.place_count = (size_t)count * PLACES_EACH,
	};
	uint64_t bytes = 0;

	*result = (struct crew_result){.good = true};
	atomic_init(&crew.stop, false);
	crew.places = calloc(crew.place_count, sizeof *crew.places);
	crew.members = calloc(count, sizeof *crew.members);
	crew.done = calloc(crew.place_count, sizeof *crew.done);
	if (!crew.places || !crew.done || !crew.members)
		fatal(EXIT_USAGE, "--workers");
	for (uint32_t i = 0; i < count; i++)
		start_member(&crew, i);
	start_threads(&crew, count);
	while (crew.shown < sources->count && !*stop) {
		if (!show(&crew, stop, progress, &bytes, result))
			break;
	}
	finish(&crew, count, result);
}
