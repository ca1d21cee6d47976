/* SPDX-License-Identifier: ISC */
/* ICMP errors: somebody refuses in the name of a host, or the host itself does. */
#include "sensor/worker/worker_state.h"

/*
 * An error goes back to whom the packet came from, and is sent by whom it passed: never by its own
 * sender, who could say anything of a filter that is not there.
 */
static bool is_credible(const struct packet *packet)
{
	return address_equal(&packet->destination, &packet->quoted.source) &&
	       !address_equal(&packet->source, &packet->quoted.source);
}

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

	if (!is_credible(packet))
		return;
	if (quoted->reason == ICMP_LOST) {
		probes_lost(worker->probes, &server, sighting->hash);
		return;
	}
	if (flow && worker_telling(worker, flow)->bytes[SIDE_SERVER] == 0)
		flow->seen |= FLOW_ICMP_REFUSED;
	if (!probes_find(worker->probes, &server, sighting->hash, NULL))
		return;
	by_filter = quoted->reason != ICMP_PORT_CLOSED ||
		    !address_equal(&packet->source, &quoted->destination);
	probes_refused(worker->probes, &server, sighting->hash, &quoted->source, packet->ts_ns,
		       by_filter);
}
