/* SPDX-License-Identifier: ISC */
/*
 * What does one event cost behind the engine? This is the whole program, but the linker has put a
 * gate before outputs_event(): it keeps the events of the run, and when the packets are through
 * each way of writing them is measured on all of them, again and again.
 *
 *   build/bench-events -q -r FILE -p POLICY
 *
 * One line of JSON on standard error: how many events, and nanoseconds of CPU for each. The
 * journal is a file under TMPDIR, with one commit for each COMMIT_EVERY events, as a busy sensor
 * makes them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sensor/base/clock.h"
#include "sensor/event/event_fields.h"
#include "sensor/event/event_json.h"
#include "sensor/journal/journal.h"
#include "sensor/redis/redis_message.h"
#include "sensor/run/app.h"
#include "sensor/run/sandbox.h"

#define EVENTS_MAX   4096
#define LEAST_NS     (500 * NS_PER_MS)
#define COMMIT_EVERY 100

/* Gates have no other way to know. */
static struct {
	struct event *events;
	size_t count;
	struct event_context context;
	struct json_out *json;
	struct event_fields fields;
	struct redis_names names;
	struct redis_message message;
	struct journal *journal;
	uint64_t sequence;
	size_t bytes; /* written, so that nothing is optimised away */
} bench;

#define GATE(name) __typeof__(name) __real_##name, __wrap_##name
GATE(sandbox_enter);
GATE(outputs_new);
GATE(outputs_event);
GATE(app_say_totals);

void __wrap_sandbox_enter(const char *user, bool drop_capabilities)
{
	(void)user;
	(void)drop_capabilities;
}

struct outputs *__wrap_outputs_new(const struct outputs_options *options, char error[OUTPUTS_ERROR])
{
	bench.context = (struct event_context){
		.sensor = "sensor-1",
		.site = "site-1",
		.version = SPANWATCH_VERSION,
		.services = options->services,
		.replay = true,
	};
	if (bench.json == NULL)
		bench.json = json_out_new();
	return __real_outputs_new(options, error);
}

void __wrap_outputs_event(void *context, const struct event *event)
{
	(void)context;
	if (bench.events == NULL)
		bench.events = calloc(EVENTS_MAX, sizeof *bench.events);
	if (bench.events != NULL && bench.count < EVENTS_MAX)
		bench.events[bench.count++] = *event;
}

static void write_json(const struct event *event)
{
	size_t length = 0;
	event_json(bench.json, event, &bench.context, &length);
	bench.bytes += length;
}

static void write_fields(const struct event *event)
{
	event_fields(&bench.fields, event, &bench.context);
	bench.bytes += bench.fields.length;
}

static struct journal_row row_of(const struct event *event)
{
	return (struct journal_row){
		.sequence = ++bench.sequence,
		.epoch = "0123456789abcdef",
		.exposure = event->has_exposure ? event->exposure.id : "",
		.incident = event->has_incident ? event->incident.id : "",
		.fields = bench.fields.packed,
		.fields_length = bench.fields.length,
	};
}

static void write_message(const struct event *event)
{
	struct journal_row row = row_of(event);

	row.json = "";
	redis_message_events(&bench.message, &bench.names, "");
	redis_message_add(&bench.message, &bench.names, &row);
	redis_message_finish(&bench.message, &bench.names);
	bench.bytes += bench.message.count;
}

/* All of it, but for the sockets. */
static void write_all(const struct event *event)
{
	struct journal_row row;

	event_fields(&bench.fields, event, &bench.context);
	row = row_of(event);
	row.json = event_json(bench.json, event, &bench.context, &row.json_length);
	journal_append(bench.journal, &row);
	if (bench.sequence % COMMIT_EVERY != 0)
		return;
	journal_commit(bench.journal);
	journal_confirm(bench.journal, bench.sequence);
}

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return clock_from_timespec(&now);
}

static void measure(const char *name, void (*write)(const struct event *event))
{
	const uint64_t start = cpu_ns();
	uint64_t taken = 0, events = 0;

	while (bench.count != 0 && taken < LEAST_NS) {
		for (size_t i = 0; i < bench.count; i++)
			write(&bench.events[i]);
		events += bench.count;
		taken = cpu_ns() - start;
	}
	fprintf(stderr, ", \"%s_ns\": %.0f", name,
		events != 0 ? (double)taken / (double)events : 0.0);
}

static void measure_journal(void)
{
	char directory[] = "/tmp/bench-events-XXXXXX", path[64], error[JOURNAL_ERROR];
	struct journal_options options = {.path = path, .sensor = "sensor-1", .max_rows = 1000000};

	if (mkdtemp(directory) == NULL)
		return;
	snprintf(path, sizeof path, "%s/journal", directory);
	bench.journal = journal_open(&options, error);
	if (bench.journal != NULL)
		measure("journal", write_all);
	journal_close(bench.journal);
	remove(path);
	rmdir(directory);
}

void __wrap_app_say_totals(const struct worker_stats *worker, const struct capture_stats *capture,
			   const struct engine_stats *engine)
{
	(void)worker;
	(void)capture;
	(void)engine;
	redis_names_set(&bench.names, "sensor-1", "site-1", NULL);
	fprintf(stderr, "{\"events\": %zu", bench.count);
	measure("json", write_json);
	measure("fields", write_fields);
	measure("message", write_message);
	measure_journal();
	fprintf(stderr, "}\n");
	redis_message_free(&bench.message);
	json_out_free(bench.json);
	free(bench.events);
	bench.events = NULL;
}
