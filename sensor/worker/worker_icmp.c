/* SPDX-License-Identifier: ISC */
/* ICMP errors: somebody refuses in the name of a host, or the host itself does. */
#include "sensor/worker/worker_state.h"

/* An ICMP error speaks about a packet that went the other way: that one tells whose it is. */
void worker_icmp(struct worker *worker, const struct sighting *sighting)
{
	const struct packet *packet = sighting->packet;
	const struct quoted_packet *quoted = &packet->quoted;
	struct endpoint server = {
		.address = quoted->destination,
		.realm = packet->realm,
		.port = quoted->destination_port,
		.transport = quoted->transport,
	};
	struct flow *flow = flow_find(worker->flows, &sighting->key, sighting->hash);
	bool by_filter;

	if (flow && worker_telling(worker, flow)->bytes[SIDE_SERVER] == 0)
		flow->seen |= FLOW_ICMP_REFUSED;
	if (!probes_find(worker->probes, &server, sighting->hash, NULL))
		return;
	by_filter = quoted->reason != ICMP_PORT_CLOSED ||
		    !address_equal(&packet->source, &quoted->destination);
	probes_refused(worker->probes, &server, sighting->hash, &quoted->source, packet->ts_ns,
		       by_filter);
}
