/* SPDX-License-Identifier: ISC */
/* What a worker's tables take: the rows of memory.h, beside worker_new(). */
#include "sensor/session/stream.h"
#include "sensor/worker/worker_state.h"

void worker_memory(const struct worker_options *options, bool evidence, memory_row *row,
		   void *context)
{
	uint32_t pages = options->fragment_pages ? options->fragment_pages : 1;

	row(context, "conversations", "max-flows", options->max_flows,
	    flow_table_bytes(options->max_flows));
	row(context, "what is read of them", "max-sessions", options->max_sessions,
	    sessions_bytes(options->max_sessions));
	row(context, "clients that balancers carry", "max-sessions", options->max_sessions,
	    carried_pool_bytes(options->max_sessions));
	row(context, "nDPI's view of conversations", "max-sessions", options->ndpi_flows,
	    identify_bytes(options->ndpi_flows));
	row(context, "early segments", "reassembly-mib", options->reassembly_blocks / MEMORY_MIB,
	    stream_pool_bytes(options->reassembly_blocks));
	row(context, "compressed streams", "unpack-mib", options->unpack_mib,
	    unpackers_bytes(options->unpack_mib));
	row(context, "fragments", "fragments-mib", pages / MEMORY_MIB, fragments_bytes(pages));
	row(context, "unanswered probes", "max-probed", options->max_probed,
	    probes_bytes(options->max_probed));
	row(context, "attempts beyond those that wait", NULL, 0, outbound_bytes(WORKER_ASKED));
	row(context, "conversations begun from outside", NULL, 0, outbound_bytes(WORKER_INBOUND));
	row(context, "data of SYNs", NULL, 0, fastopen_bytes());
	row(context, "conversations begun by ours", "max-outbound", options->outbound_entries,
	    outbound_bytes(options->outbound_entries));
	row(context, "copies of packets", NULL, 0, duplicates_bytes());
	row(context, "samples of sight", NULL, 0, pairs_bytes());
	row(context, "paths of tunnels", NULL, 0, tunnel_table_bytes());
	row(context, "data out of nowhere", NULL, 0, worker_early_bytes());
	row(context, "what waits to be told", "max-flows", options->max_flows,
	    untold_bytes(options->max_flows));
	row(context, "the worker itself", NULL, 0, sizeof(struct worker));
	if (evidence)
		row(context, "packets before a decision", NULL, 0, worker_trail_bytes());
}
