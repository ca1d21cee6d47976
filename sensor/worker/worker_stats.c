/* SPDX-License-Identifier: ISC */
/* What a worker has counted, and the sum over several. See worker.h. */
#include "sensor/worker/worker_state.h"

void worker_stats(const struct worker *worker, struct worker_stats *stats)
{
	*stats = worker->stats;
	fragments_stats(worker->fragments, &stats->fragments);
	stats->flows = flow_count(worker->flows);
	stats->flows_evicted = flow_evictions(worker->flows);
	stats->probed_evicted = probes_evictions(worker->probes);
	stats->tunnels_unnamed = tunnel_table_refusals(worker->tunnels);
	if (worker->now_ns != 0)
		stats->newest_ns = worker->now_ns;
	sessions_stats(worker->sessions, &stats->sessions);
	pairs_stats(worker->pairs, &stats->pairs);
}

static void add_fragments(struct fragments_stats *sum, const struct fragments_stats *more)
{
	sum->taken += more->taken;
	sum->whole += more->whole;
	sum->given_up += more->given_up;
	sum->no_room += more->no_room;
	sum->copies += more->copies;
	sum->overlaps += more->overlaps;
	sum->conflicts += more->conflicts;
	sum->liars += more->liars;
	sum->tiny += more->tiny;
	sum->waiting += more->waiting;
}

void worker_stats_add(struct worker_stats *sum, const struct worker_stats *more)
{
	sum->packets += more->packets;
	sum->bytes += more->bytes;
	for (int i = 0; i < DECODE_RESULT_COUNT; i++)
		sum->decoded[i] += more->decoded[i];
	sum->elsewhere += more->elsewhere;
	sum->outbound += more->outbound;
	sum->early += more->early;
	sum->probes += more->probes;
	sum->cut_short += more->cut_short;
	sum->mirror_cut += more->mirror_cut;
	sum->compared += more->compared;
	sum->duplicates += more->duplicates;
	sum->cut_frames += more->cut_frames;
	sum->pairs.both += more->pairs.both;
	sum->pairs.one_way += more->pairs.one_way;
	sum->pairs.bytes += more->pairs.bytes;
	sum->pairs.unseen_bytes += more->pairs.unseen_bytes;
	sum->flows_created += more->flows_created;
	sum->flows_evicted += more->flows_evicted;
	sum->observations += more->observations;
	sum->observations_refused += more->observations_refused;
	sum->observations_lost += more->observations_lost;
	sum->probed_evicted += more->probed_evicted;
	sum->evidence += more->evidence;
	sum->evidence_lost += more->evidence_lost;
	sum->carried += more->carried;
	sum->carried_evicted += more->carried_evicted;
	sum->sessions.claims += more->sessions.claims;
	sum->tunnelled += more->tunnelled;
	sum->tunnels_unnamed += more->tunnels_unnamed;
	sum->flows += more->flows;
	add_fragments(&sum->fragments, &more->fragments);
	sum->sessions.in_use += more->sessions.in_use;
	sum->sessions.blocks_in_use += more->sessions.blocks_in_use;
	sum->sessions.evicted += more->sessions.evicted;
	sum->sessions.reassembly_refused += more->sessions.reassembly_refused;
	sum->sessions.gaps += more->sessions.gaps;
	sum->sessions.gap_bytes += more->sessions.gap_bytes;
	sum->sessions.starved += more->sessions.starved;
	sum->sessions.names_lost += more->sessions.names_lost;
	sum->sessions.identify.ndpi_packets += more->sessions.identify.ndpi_packets;
	sum->sessions.identify.ndpi_identified += more->sessions.identify.ndpi_identified;
	sum->sessions.identify.ndpi_refused += more->sessions.identify.ndpi_refused;
	if (more->newest_ns > sum->newest_ns)
		sum->newest_ns = more->newest_ns;
}
