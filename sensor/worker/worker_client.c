/* SPDX-License-Identifier: ISC */
/* Whose conversation a report is about: the flow's own client, or a carried client. */
#include <string.h>

#include "sensor/worker/worker_state.h"

void worker_client(const struct worker *worker, const struct flow *flow, struct flow_report *report)
{
	const struct carried *one;

	report->client = *flow_client(flow);
	report->client_port = flow_client_port(flow);
	if (flow->turn == 0)
		return;
	one = carried_at(worker->carried, flow->turn);
	report->carrier = (struct carrier){report->client, report->client_port, one->by};
	report->client = one->client;
	report->client_port = one->port;
	/* The wall that was seen stands around the server, not in front of the carrier. */
	report->wall_unanswered_ns = report->wall_refused_ns = 0;
}

void worker_client_claim(struct flow_report *report)
{
	if (memcmp(report->facts.claimed, report->client.bytes, sizeof report->client.bytes) == 0)
		report->facts.claims = 0;
}
