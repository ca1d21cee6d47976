/* SPDX-License-Identifier: ISC */
/* What a live sensor says of itself: its numbers, its heartbeat, and whether it can see. */
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "sensor/run/live_state.h"

#define US		  1000
#define LOOK_LATEST_NS	  (3 * SECOND) /* a thread that is silent for so long has nothing new */
#define UNTESTED_EVERY_NS (60 * SECOND)
#define LOOKED_AFTER	  10000 /* packets without one of ours: the policy does not fit */
#define HOUR_NS		  (3600 * SECOND)
#define RETOLD_A_TURN	  1024

uint64_t live_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

void live_stats(const struct live *live, struct worker_stats *worker, struct capture_stats *capture)
{
	*worker = (struct worker_stats){0};
	*capture = (struct capture_stats){0};
	for (uint32_t i = 0; i < live->thread_count; i++) {
		worker_stats_add(worker, &live->threads[i].stats);
		capture->received += live->threads[i].capture_stats.received;
		capture->dropped_kernel += live->threads[i].capture_stats.dropped_kernel;
		capture->dropped_interface += live->threads[i].capture_stats.dropped_interface;
	}
}

/* All that is counted, at one moment. */
struct numbers {
	struct worker_stats worker;
	struct capture_stats capture;
	struct engine_stats engine;
	struct evidence_stats evidence;
	struct latency detection, delivery;
	uint64_t flows, detection_p50_us, detection_p99_us, delivery_p50_us, delivery_p99_us;
};

#define NUMBER(member) offsetof(struct numbers, member)
#define NONE	       SIZE_MAX

/* The counters of the heartbeat: one uint64_t, or the sum of two. */
static const struct counter_row {
	const char *name;
	size_t first, second;
} counter_rows[] = {
	{"packets", NUMBER(worker.packets), NONE},
	{"bytes", NUMBER(worker.bytes), NONE},
	{"dropped_kernel", NUMBER(capture.dropped_kernel), NONE},
	{"dropped_interface", NUMBER(capture.dropped_interface), NONE},
	{"not_ip", NUMBER(worker.decoded[DECODE_NOT_IP]), NONE},
	{"tunnelled", NUMBER(worker.tunnelled), NONE},
	{"tunnels_unknown", NUMBER(worker.decoded[DECODE_TUNNEL]), NONE},
	{"tunnels_too_deep", NUMBER(worker.decoded[DECODE_TOO_DEEP]), NONE},
	{"tunnels_unnamed", NUMBER(worker.tunnels_unnamed), NONE},
	{"bad_checksums", NUMBER(worker.decoded[DECODE_CHECKSUM]), NONE},
	{"duplicates", NUMBER(worker.duplicates), NONE},
	{"fragments", NUMBER(worker.decoded[DECODE_FRAGMENT]), NONE},
	{"fragments_whole", NUMBER(worker.fragments.whole), NONE},
	{"fragments_given_up", NUMBER(worker.fragments.given_up), NONE},
	{"fragments_no_room", NUMBER(worker.fragments.no_room), NONE},
	{"fragments_overlapping", NUMBER(worker.fragments.overlaps), NONE},
	{"fragments_contradicting", NUMBER(worker.fragments.conflicts),
	 NUMBER(worker.fragments.liars)},
	{"truncated", NUMBER(worker.decoded[DECODE_TRUNCATED]), NONE},
	{"malformed", NUMBER(worker.decoded[DECODE_MALFORMED]), NONE},
	{"cut_short", NUMBER(worker.cut_short), NONE},
	{"mirror_cut", NUMBER(worker.mirror_cut), NONE},
	{"probes", NUMBER(worker.probes), NONE},
	{"outbound", NUMBER(worker.outbound), NONE},
	{"elsewhere", NUMBER(worker.elsewhere), NONE},
	{"flows_evicted", NUMBER(worker.flows_evicted), NONE},
	{"sessions_evicted", NUMBER(worker.sessions.evicted), NONE},
	{"stream_gaps", NUMBER(worker.sessions.gaps), NONE},
	{"names_lost", NUMBER(worker.sessions.names_lost), NONE},
	{"probed_evicted", NUMBER(worker.probed_evicted), NONE},
	{"carried_clients", NUMBER(worker.carried), NONE},
	{"carried_evicted", NUMBER(worker.carried_evicted), NONE},
	{"client_claims", NUMBER(worker.sessions.claims), NONE},
	{"observations", NUMBER(worker.observations), NONE},
	{"observations_lost", NUMBER(worker.observations_lost), NONE},
	{"cut_frames", NUMBER(worker.cut_frames), NONE},
	{"conversations_both_ways", NUMBER(worker.pairs.both), NONE},
	{"conversations_one_way", NUMBER(worker.pairs.one_way), NONE},
	{"bytes_sent", NUMBER(worker.pairs.bytes), NONE},
	{"bytes_unseen", NUMBER(worker.pairs.unseen_bytes), NONE},
	{"evidence_packets", NUMBER(evidence.packets), NONE},
	{"evidence_refused", NUMBER(evidence.refused), NONE},
	{"evidence_errors", NUMBER(evidence.errors), NUMBER(worker.evidence_lost)},
	{"evidence_evicted", NUMBER(evidence.evicted), NONE},
	{"exposures_open", NUMBER(engine.exposures_open), NONE},
	{"exposures_quiet", NUMBER(engine.exposures_quiet), NONE},
	{"exposures_untracked", NUMBER(engine.exposures_untracked), NONE},
	{"exposures_refused", NUMBER(engine.exposures_refused), NONE},
	{"exposures_evicted", NUMBER(engine.exposures_evicted), NONE},
	{"incidents_open", NUMBER(engine.incidents_open), NONE},
	{"events", NUMBER(engine.events), NONE},
	{"flows", NUMBER(flows), NONE},
	{"detections", NUMBER(detection.count), NONE},
	{"detection_p50_us", NUMBER(detection_p50_us), NONE},
	{"detection_p99_us", NUMBER(detection_p99_us), NONE},
	{"deliveries", NUMBER(delivery.count), NONE},
	{"delivery_p50_us", NUMBER(delivery_p50_us), NONE},
	{"delivery_p99_us", NUMBER(delivery_p99_us), NONE},
	{"clock_back", NUMBER(detection.negative), NUMBER(delivery.negative)},
};

#define COUNTERS (sizeof counter_rows / sizeof *counter_rows)

static uint64_t number_at(const struct numbers *numbers, size_t offset)
{
	uint64_t value = 0;

	if (offset != NONE)
		memcpy(&value, (const char *)numbers + offset, sizeof value);
	return value;
}

static void take_delays(const struct live *live, struct numbers *numbers)
{
	struct outputs_stats outputs;

	outputs_stats(live->app->outputs, &outputs);
	numbers->detection = live->app->tally.detection;
	numbers->delivery = outputs.delivery;
	numbers->detection_p50_us = latency_quantile_ns(&numbers->detection, 500) / US;
	numbers->detection_p99_us = latency_quantile_ns(&numbers->detection, 990) / US;
	numbers->delivery_p50_us = latency_quantile_ns(&numbers->delivery, 500) / US;
	numbers->delivery_p99_us = latency_quantile_ns(&numbers->delivery, 990) / US;
}

static void take_numbers(const struct live *live, struct numbers *numbers)
{
	*numbers = (struct numbers){.flows = 0};
	live_stats(live, &numbers->worker, &numbers->capture);
	engine_stats(live->app->engine, &numbers->engine);
	if (live->app->evidence)
		evidence_stats(live->app->evidence, &numbers->evidence);
	numbers->flows = numbers->worker.flows;
	take_delays(live, numbers);
}

void live_heartbeat(const struct live *live, const char *state)
{
	struct heartbeat_counter counters[COUNTERS];
	char blind[VISION_TEXT];
	bool serious = vision_text(live->blindness, blind);
	struct numbers numbers;
	struct heartbeat heartbeat = {
		.now_ns = live_now_ns(),
		.state = serious ? "blind" : "watching",
		.blind = blind,
		.counters = counters,
		.count = COUNTERS,
	};

	if (state)
		heartbeat.state = state;
	take_numbers(live, &numbers);
	heartbeat.packet_ns = numbers.worker.newest_ns;
	for (size_t i = 0; i < COUNTERS; i++) {
		counters[i].name = counter_rows[i].name;
		counters[i].value = number_at(&numbers, counter_rows[i].first) +
				    number_at(&numbers, counter_rows[i].second);
	}
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

struct blindness *live_blindness(struct live *live)
{
	const struct options *options = live->app->options;
	struct blindness_options wanted = {
		.interface = options->interface,
		.silence_ns = options->silence_s * SECOND,
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

/* Redis has lost older events than the journal keeps: a part of what is open, each second. */
static void retell(struct live *live, uint64_t now_ns)
{
	struct outputs_stats stats;

	outputs_stats(live->app->outputs, &stats);
	if (stats.redis_forgotten != live->redis_forgotten) {
		live->redis_forgotten = stats.redis_forgotten;
		live->retelling = true;
		live->retell_next = 0;
	}
	if (live->retelling)
		live->retelling =
			engine_retell(live->app->engine, &live->retell_next, RETOLD_A_TURN, now_ns);
}

void live_look(struct live *live)
{
	uint64_t now_ns = live_now_ns();
	struct vision_figures figures;
	struct worker_stats worker;
	struct capture_stats capture;

	watch_redis(live, now_ns);
	retell(live, now_ns);
	if (!all_heard(live, now_ns))
		return;
	if (now_ns < live->looked_ns) /* the clock was set back */
		blindness_restart(live->blindness, live->app->options->interface);
	live->looked_ns = now_ns;
	live_stats(live, &worker, &capture);
	vision_figures(&worker, &capture, &figures);
	blindness_sample(live->blindness, &figures, now_ns);
	if (worker.packets >= LOOKED_AFTER || vision_looked(&worker) == LOOKED)
		vision_judge_looked(live->blindness, &worker, now_ns);
	if (now_ns - live->untested_ns < UNTESTED_EVERY_NS && now_ns >= live->untested_ns)
		return;
	live->untested_ns = now_ns;
	vision_untested(live->blindness, live->app->engine, live->started_ns,
			live->app->options->untested_h * HOUR_NS, now_ns);
}
