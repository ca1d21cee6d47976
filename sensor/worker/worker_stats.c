/* SPDX-License-Identifier: ISC */
/* What a worker has counted, and the sum over several. See worker.h. */
#include "sensor/worker/worker_state.h"

void worker_stats(const struct worker *worker, struct worker_stats *stats)
{
	*stats = worker->stats;
	fragments_stats(worker->fragments, &stats->fragments);
	stats->flows = flow_count(worker->flows);
	stats->flows_evicted = flow_evictions(worker->flows);
	stats->probes_idle = probes_idle(worker->probes);
	stats->probes_flooded = probes_flooded(worker->probes);
	stats->probed_evicted = probes_evictions(worker->probes);
	stats->observations_waiting = untold_count(worker->untold);
	stats->asked_forgotten = outbound_forgotten(worker->asked);
	stats->outbound_forgotten = outbound_forgotten(worker->outbound);
	stats->inbound_forgotten = outbound_forgotten(worker->inbound);
	stats->tunnels_unnamed = tunnel_table_refusals(worker->tunnels);
	if (worker->now_ns != 0)
		stats->newest_ns = worker->now_ns;
	sessions_stats(worker->sessions, &stats->sessions);
	pairs_stats(worker->pairs, &stats->pairs);
}

#define ADD(in, member, kind, metric, field, told, meaning) sum->in member += more->in member;

void worker_stats_add(struct worker_stats *sum, const struct worker_stats *more)
{
	COUNTERS_WORKER(ADD, )
	COUNTERS_KEPT(ADD, )
	unread_add(&sum->unread, &more->unread);
	if (more->newest_ns > sum->newest_ns)
		sum->newest_ns = more->newest_ns;
}

#define ONE(in, member, kind, metric, field, told, meaning) +1
_Static_assert(0 COUNTERS_DECODED(ONE, ) == DECODE_RESULT_COUNT, "each result has its row");
