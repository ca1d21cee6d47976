/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as a policy file. What is accepted is asked everything that can be asked, so that an
 * index that was not resolved, or a table that does not cover the space, shows.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const struct policy_service services[] = {
	{"redis", "database", NULL}, {"elasticsearch", "database", NULL},
	{"syslog", "logging", NULL}, {"imap", "mail", NULL},
	{"http", "web", NULL},	     {"tls", "other", NULL},
};
static const char *const families[] = {"database", "logging", "mail", "web", "other"};
static const struct policy_vocabulary vocabulary = {
	.services = services,
	.count = sizeof services / sizeof *services,
	.family_count = sizeof families / sizeof *families,
	.families = families,
};

static void ask(const struct policy *policy, const struct address *client,
		const struct address *server)
{
	static const uint16_t asked_services[] = {0, 5, POLICY_NO_SERVICE};

	for (size_t i = 0; i < sizeof asked_services / sizeof *asked_services; i++) {
		struct policy_question question = {
			.server = *server,
			.client = *client,
			.port = 6379,
			.transport = 6,
			.service = asked_services[i],
			.ts_ns = UINT64_C(1700000000) * 1000000000,
		};
		struct policy_decision decision;

		policy_decide(policy, &question, &decision);
		if (decision.rule != POLICY_NONE && decision.rule >= policy_rule_count(policy))
			abort();
		if (decision.group != POLICY_NONE && decision.group >= policy_group_count(policy))
			abort();
		if ((decision.verdict == POLICY_EXCEPTED) != (decision.exception != POLICY_NONE))
			abort();
		if (!policy_concerns(policy_place(policy, client), policy_place(policy, server)) &&
		    decision.verdict != POLICY_ALLOWED)
			abort();
	}
	policy_lists_port(policy, server, 17, 514);
	policy_carries(policy_place(policy, client), policy_place(policy, server));
	policy_translate(policy, server);
}

static void look(const struct policy *policy)
{
	size_t length = strlen(policy_site(policy)) + strlen(policy_digest(policy));

	for (uint16_t i = 0; i < policy_zone_count(policy); i++)
		length += strlen(policy_zone(policy, i).name);
	for (uint16_t i = 0; i < policy_group_count(policy); i++)
		length += strlen(policy_group(policy, i).name) +
			  strlen(policy_group(policy, i).owner) +
			  strlen(policy_group(policy, i).security_group);
	for (uint16_t i = 0; i < policy_rule_count(policy); i++)
		length += strlen(policy_rule(policy, i).name);
	for (uint16_t i = 0; i < policy_exception_count(policy); i++)
		length += strlen(policy_exception(policy, i).rule) +
			  strlen(policy_exception(policy, i).reason);
	if (length == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char *const addresses[] = {"10.20.0.5",   "192.0.2.1", "203.0.113.10",
						"fd00::1",     "::",	    "2001:db8::1",
						"198.51.100.7"};
	struct policy_messages messages;
	struct policy *policy = policy_parse((const char *)bytes, size, &vocabulary, &messages);

	if ((policy == NULL) != (messages.errors != 0))
		abort();
	for (size_t i = 0; i < messages.count; i++)
		if (memchr(messages.list[i].text, '\0', sizeof messages.list[i].text) == NULL)
			abort();
	policy_messages_free(&messages);
	if (policy == NULL)
		return 0;
	look(policy);
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		for (size_t j = 0; j < sizeof addresses / sizeof *addresses; j++) {
			struct address client, server;

			if (address_parse(addresses[i], &client) &&
			    address_parse(addresses[j], &server))
				ask(policy, &client, &server);
		}
	}
	policy_free(policy);
	return 0;
}
