/* SPDX-License-Identifier: ISC */
/* See verdict.h. */
#include "sensor/event/verdict.h"

#include <string.h>

#include "sensor/base/decimal.h"
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

static char *add_word(char *to, const char *word)
{
	size_t length = strnlen(word, POLICY_NAME_MAX);

	memcpy(to, word, length);
	to[length] = '|';
	return to + length + 1;
}

void verdict_exposure_id(const struct policy *policy, const struct endpoint *server,
			 char id[EXPOSURE_ID_TEXT])
{
	char text[256], hash[33], *to = text;

	/* Without a format: each endpoint of a scan has one. */
	to = add_word(to, policy_site(policy));
	to = add_word(to, transport_name(server->transport));
	to += strlen(address_format(&server->address, to));
	*to++ = '|';
	to += decimal_write(to, server->port);
	*to++ = '|';
	to += decimal_write(to, server->realm);
	hash_identifier(text, (size_t)(to - text), hash);
	memcpy(id, hash, EXPOSURE_ID_TEXT - 1);
	id[EXPOSURE_ID_TEXT - 1] = '\0';
}
