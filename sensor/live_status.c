/* SPDX-License-Identifier: ISC */
/* What a live sensor says of itself: its numbers, its heartbeat, and whether it can see. */
#include <time.h>

#include "sensor/live_state.h"

#define LOOK_LATEST_NS	  (3 * SECOND) /* a thread that is silent for so long has nothing new */
#define UNTESTED_EVERY_NS (60 * SECOND)
#define HOUR_NS		  (3600 * SECOND)

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

void live_heartbeat(const struct live *live, const char *state)
{
	struct worker_stats worker;
	struct capture_stats capture;
	struct engine_stats engine;
	struct evidence_stats evidence = {0};
	char blind[SIGHT_TEXT];
	bool serious = sight_text(live->blindness, blind);

	live_stats(live, &worker, &capture);
	engine_stats(live->app->engine, &engine);
	if (live->app->evidence)
		evidence_stats(live->app->evidence, &evidence);
	const struct heartbeat_counter counters[] = {
		{"packets", worker.packets},
		{"bytes", worker.bytes},
		{"dropped_kernel", capture.dropped_kernel},
		{"dropped_interface", capture.dropped_interface},
		{"not_ip", worker.decoded[DECODE_NOT_IP]},
		{"tunnelled", worker.tunnelled},
		{"tunnels_unknown", worker.decoded[DECODE_TUNNEL]},
		{"tunnels_too_deep", worker.decoded[DECODE_TOO_DEEP]},
		{"tunnels_unnamed", worker.tunnels_unnamed},
		{"bad_checksums", worker.decoded[DECODE_CHECKSUM]},
		{"duplicates", worker.duplicates},
		{"fragments", worker.decoded[DECODE_FRAGMENT]},
		{"fragments_whole", worker.fragments.whole},
		{"fragments_given_up", worker.fragments.given_up},
		{"fragments_no_room", worker.fragments.no_room},
		{"fragments_overlapping", worker.fragments.overlaps},
		{"fragments_contradicting", worker.fragments.conflicts + worker.fragments.liars},
		{"truncated", worker.decoded[DECODE_TRUNCATED]},
		{"malformed", worker.decoded[DECODE_MALFORMED]},
		{"cut_short", worker.cut_short},
		{"mirror_cut", worker.mirror_cut},
		{"probes", worker.probes},
		{"outbound", worker.outbound},
		{"elsewhere", worker.elsewhere},
		{"flows", worker.flows},
		{"flows_evicted", worker.flows_evicted},
		{"sessions_evicted", worker.sessions.evicted},
		{"stream_gaps", worker.sessions.gaps},
		{"names_lost", worker.sessions.names_lost},
		{"probed_evicted", worker.probed_evicted},
		{"carried_clients", worker.carried},
		{"carried_evicted", worker.carried_evicted},
		{"client_claims", worker.sessions.claims},
		{"observations", worker.observations},
		{"observations_lost", worker.observations_lost},
		{"cut_frames", worker.cut_frames},
		{"conversations_both_ways", worker.pairs.both},
		{"conversations_one_way", worker.pairs.one_way},
		{"bytes_sent", worker.pairs.bytes},
		{"bytes_unseen", worker.pairs.unseen_bytes},
		{"evidence_packets", evidence.packets},
		{"evidence_refused", evidence.refused},
		{"evidence_errors", evidence.errors + worker.evidence_lost},
		{"evidence_evicted", evidence.evicted},
		{"exposures_open", engine.exposures_open},
		{"incidents_open", engine.incidents_open},
		{"events", engine.events},
	};
	struct heartbeat heartbeat = {
		.now_ns = live_now_ns(),
		.packet_ns = worker.newest_ns,
		.state = state	   ? state
			 : serious ? "blind"
				   : "watching",
		.blind = blind,
		.counters = counters,
		.count = sizeof counters / sizeof *counters,
	};

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

void live_look(struct live *live)
{
	uint64_t now_ns = live_now_ns();
	struct sight_figures figures;
	struct worker_stats worker;
	struct capture_stats capture;

	watch_redis(live, now_ns);
	if (!all_heard(live, now_ns))
		return;
	if (now_ns < live->looked_ns) /* the clock was set back */
		blindness_restart(live->blindness, live->app->options->interface);
	live->looked_ns = now_ns;
	live_stats(live, &worker, &capture);
	sight_figures(&worker, &capture, &figures);
	blindness_sample(live->blindness, &figures, now_ns);
	if (now_ns - live->untested_ns < UNTESTED_EVERY_NS && now_ns >= live->untested_ns)
		return;
	live->untested_ns = now_ns;
	sight_untested(live->blindness, live->app->engine, live->started_ns,
		       live->app->options->untested_h * HOUR_NS, now_ns);
}
