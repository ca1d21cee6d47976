/* SPDX-License-Identifier: ISC */
/* What the policy says of an endpoint that has two names, and what its exposure is called. */
#ifndef SENSOR_VERDICT_H
#define SENSOR_VERDICT_H

#include "sensor/event/event.h"

/* `server` as translated, `server_seen` as on the wire: rules and exceptions may name either. */
void verdict_of(const struct policy *policy, const struct endpoint *server,
		const struct address *server_seen, const struct address *client, uint16_t service,
		uint64_t ts_ns, struct policy_decision *decision);

/* The same for an endpoint at every time and in every sensor of a site. */
void verdict_exposure_id(const struct policy *policy, const struct endpoint *server,
			 char id[EXPOSURE_ID_TEXT]);

#endif
