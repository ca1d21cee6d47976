/* SPDX-License-Identifier: ISC */
/* The numbers of a live sensor, gathered from all of its parts but the metrics' own server. */
#include "sensor/base/counter_rows.h"
#include "sensor/run/live_state.h"

#define ADD_CAPTURE(in, member, kind, metric, field, told, meaning)                                \
	sum->in member += more->in member;

static void add_capture(struct capture_stats *sum, const struct capture_stats *more)
{
	COUNTERS_CAPTURE(ADD_CAPTURE, )
}

void live_ingress_stats(const struct live *live, unsigned place, struct capture_stats *stats)
{
	*stats = (struct capture_stats){0};
	for (uint32_t i = 0; i < live->thread_count; i++)
		add_capture(stats, &live->threads[i].captures[place]);
}

void live_stats(const struct live *live, struct worker_stats *worker, struct capture_stats *capture)
{
	*worker = (struct worker_stats){0};
	*capture = (struct capture_stats){0};
	for (uint32_t i = 0; i < live->thread_count; i++) {
		worker_stats_add(worker, &live->threads[i].stats);
		for (unsigned place = 0; place < live->ingress_count; place++)
			add_capture(capture, &live->threads[i].captures[place]);
	}
}

void live_counters(const struct live *live, struct counters *counters)
{
	*counters = (struct counters){.worker = {0}};
	live_stats(live, &counters->worker, &counters->capture);
	engine_stats(live->app->engine, &counters->engine);
	if (live->app->evidence)
		evidence_stats(live->app->evidence, &counters->evidence);
	outputs_stats(live->app->outputs, &counters->outputs);
}
