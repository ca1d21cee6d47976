/* SPDX-License-Identifier: ISC */
/* What a live sensor says of itself: its numbers, its heartbeat, and whether it can see. */
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/counter_rows.h"
#include "sensor/run/live_state.h"

#define LOOK_LATEST_NS	  (3 * NS_PER_S) /* a thread that is silent for so long has nothing new */
#define UNTESTED_EVERY_NS NS_PER_MINUTE
#define LOOKED_AFTER	  10000 /* packets without one of ours: the policy does not fit */
#define RETOLD_A_TURN	  1024

/* How long it took; what is counted otherwise is in counter_rows.h. */
#define DELAYS 7
static void take_delays(const struct live *live, const struct latency *delivery,
			struct heartbeat_counter fields[DELAYS])
{
	const struct latency *detection = &live->app->tally.detection;
	const struct heartbeat_counter delays[DELAYS] = {
		{"detections", detection->count},
		{"detection_p50_us", latency_quantile_ns(detection, 500) / NS_PER_US},
		{"detection_p99_us", latency_quantile_ns(detection, 990) / NS_PER_US},
		{"deliveries", delivery->count},
		{"delivery_p50_us", latency_quantile_ns(delivery, 500) / NS_PER_US},
		{"delivery_p99_us", latency_quantile_ns(delivery, 990) / NS_PER_US},
		{"clock_back", detection->negative + delivery->negative},
	};

	memcpy(fields, delays, sizeof delays);
}

void live_heartbeat(const struct live *live, const char *state)
{
	struct heartbeat_counter fields[COUNTERS_FIELDS + DELAYS];
	char blind[VISION_TEXT];
	bool serious = live_blind_text(live, blind);
	struct counters counters;
	struct heartbeat heartbeat = {
		.now_ns = clock_unix_ns(),
		.state = serious ? "blind" : "watching",
		.blind = blind,
		.counters = fields,
	};

	if (state)
		heartbeat.state = state;
	live_counters(live, &counters);
	live_metrics_stats(live->metrics, &counters.http);
	heartbeat.packet_ns = counters.worker.newest_ns;
	heartbeat.count = counters_heartbeat(&counters, fields);
	take_delays(live, &counters.outputs.delivery, fields + heartbeat.count);
	heartbeat.count += DELAYS;
	outputs_heartbeat(live->app->outputs, &heartbeat);
	outputs_coverage(live->app->outputs, live->app->engine, live->app->policy);
}

static void on_blindness(void *context, bool begins, const struct blindness_view *view)
{
	const struct live *live = context;

	engine_blindness(live->app->engine, begins, view,
			 blindness_severity((enum blind_cause)view->cause), view->told_ns);
	live_heartbeat(live, NULL);
}

bool live_blind_text(const struct live *live, char text[VISION_TEXT])
{
	struct blindness *all[WATCH_MOST + 1] = {live->blindness};

	for (unsigned i = 0; i < live->ingress_count; i++)
		all[i + 1] = live->ingress[i].sight;
	return vision_text(all, live->ingress_count + 1, text);
}

struct blindness *live_blindness(struct live *live, const char *interface, bool part)
{
	const struct options *options = live->app->options;
	struct blindness_options wanted = {
		.interface = interface,
		.silence_ns = options->silence_s * NS_PER_S,
		.whole = !part,
	};

	return blindness_new(&wanted, on_blindness, live);
}

/* All threads have told their newest numbers: a second without news of one is not a silent one. */
static bool all_heard(struct live *live, uint64_t now_ns)
{
	bool all = now_ns < live->looked_ns || now_ns - live->looked_ns >= LOOK_LATEST_NS;

	for (uint32_t i = 0; i < live->thread_count && !all; i++) {
		if (!live->threads[i].heard)
			return false;
	}
	for (uint32_t i = 0; i < live->thread_count; i++)
		live->threads[i].heard = false;
	return true;
}

static void watch_redis(struct live *live, uint64_t now_ns)
{
	struct outputs_stats stats;

	outputs_stats(live->app->outputs, &stats);
	if (!stats.redis || stats.redis_connected)
		live->redis_down_ns = 0;
	else if (live->redis_down_ns == 0 || live->redis_down_ns > now_ns)
		live->redis_down_ns = now_ns;
}

/* Redis has lost older events than the journal keeps, or some of what is open: a part of that, each
 * second. */
static void retell(struct live *live, uint64_t now_ns)
{
	struct outputs_stats stats;
	uint64_t lost;

	outputs_stats(live->app->outputs, &stats);
	lost = stats.redis_forgotten + stats.redis_losses;
	if (lost != live->redis_forgotten) {
		live->redis_forgotten = lost;
		live->retelling = true;
		live->retell_next = 0;
	}
	if (live->retelling)
		live->retelling =
			engine_retell(live->app->engine, &live->retell_next, RETOLD_A_TURN, now_ns);
}

static void look_at_each(struct live *live, uint64_t now_ns)
{
	struct vision_figures figures;
	struct capture_stats capture;

	for (unsigned i = 0; i < live->ingress_count; i++) {
		live_ingress_stats(live, i, &capture);
		vision_part(&capture, &figures);
		blindness_sample(live->ingress[i].sight, &figures, now_ns);
	}
}

/* The clock was set back. */
static void restart_all(const struct live *live)
{
	blindness_restart(live->blindness, live->app->options->interface);
	for (unsigned i = 0; i < live->ingress_count; i++)
		blindness_restart(live->ingress[i].sight, live->ingress[i].name);
}

void live_look(struct live *live)
{
	uint64_t now_ns = clock_unix_ns();
	struct vision_figures figures;
	struct worker_stats worker;
	struct capture_stats capture;

	watch_redis(live, now_ns);
	retell(live, now_ns);
	if (!all_heard(live, now_ns))
		return;
	if (now_ns < live->looked_ns)
		restart_all(live);
	live->looked_ns = now_ns;
	live_stats(live, &worker, &capture);
	vision_figures(&worker, NULL, &figures);
	blindness_sample(live->blindness, &figures, now_ns);
	vision_storm(live->blindness, live->app->engine, now_ns);
	look_at_each(live, now_ns);
	if (worker.packets >= LOOKED_AFTER || vision_looked(&worker) == LOOKED)
		vision_judge_looked(live->blindness, &worker, now_ns);
	if (now_ns - live->untested_ns < UNTESTED_EVERY_NS && now_ns >= live->untested_ns)
		return;
	live->untested_ns = now_ns;
	vision_untested(live->blindness, live->app->engine, live->started_ns,
			live->app->options->untested_h * NS_PER_HOUR, now_ns);
}
