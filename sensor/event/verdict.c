/* SPDX-License-Identifier: ISC */
/* See verdict.h. */
#include "sensor/event/verdict.h"

#include <stdio.h>

#include "sensor/base/hash.h"

void verdict_of(const struct policy *policy, const struct endpoint *server,
		const struct address *server_seen, const struct address *client, uint16_t service,
		uint64_t ts_ns, struct policy_decision *decision)
{
	struct policy_question question = {
		.server = server->address,
		.client = *client,
		.outbound = server->outgoing,
		.port = server->port,
		.transport = server->transport,
		.service = service,
		.ts_ns = ts_ns,
	};
	struct policy_decision seen;

	policy_decide(policy, &question, decision);
	if (address_equal(&server->address, server_seen))
		return;
	/* Behind a translation: rules and exceptions may name either address. */
	question.server = *server_seen;
	policy_decide(policy, &question, &seen);
	if (decision->verdict == POLICY_EXCEPTED)
		return;
	if (seen.verdict == POLICY_EXCEPTED ||
	    (seen.verdict == POLICY_FORBIDDEN &&
	     (decision->verdict != POLICY_FORBIDDEN || seen.severity > decision->severity)))
		*decision = seen;
}

void verdict_exposure_id(const struct policy *policy, const struct endpoint *server,
			 char id[EXPOSURE_ID_TEXT])
{
	char text[256], address[ADDRESS_TEXT_MAX], hash[33];
	int length = snprintf(text, sizeof text, "%s|%s|%s|%u|%u", policy_site(policy),
			      transport_name(server->transport),
			      address_format(&server->address, address), (unsigned)server->port,
			      (unsigned)server->realm);

	hash_identifier(text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1,
			hash);
	snprintf(id, EXPOSURE_ID_TEXT, "%.16s", hash);
}
