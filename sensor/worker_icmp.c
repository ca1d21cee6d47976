/* SPDX-License-Identifier: ISC */
/* ICMP errors: somebody refuses in the name of a host, or the host itself does. */
#include "sensor/worker_state.h"

/* An ICMP error speaks about a packet that went the other way: that one tells whose it is. */
void worker_icmp(struct worker *worker, const struct packet *packet)
{
	const struct quoted_packet *quoted = &packet->quoted;
	struct endpoint server = {
		.address = quoted->destination,
		.realm = packet->realm,
		.port = quoted->destination_port,
		.transport = quoted->transport,
	};
	struct flow_key key;
	uint64_t hash;
	struct flow *flow;
	bool by_filter;

	flow_key_of_quoted(packet, &key);
	hash = flow_hash(worker->flows, &key);
	flow = flow_find(worker->flows, &key, hash);
	if (flow && flow->bytes[SIDE_SERVER] == 0)
		flow->seen |= FLOW_ICMP_REFUSED;
	if (!probes_find(worker->probes, &server, hash, NULL))
		return;
	by_filter = quoted->reason != ICMP_PORT_CLOSED ||
		    !address_equal(&packet->source, &quoted->destination);
	probes_refused(worker->probes, &server, hash, &quoted->source, packet->ts_ns, by_filter);
}
