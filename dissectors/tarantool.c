/* SPDX-License-Identifier: ISC */
/*
 * Tarantool greets with two lines of 64 bytes: its name and version, and a salt.
 *
 *	"Tarantool 2.11.0 (Binary) 7170b4be-...\n" salt "\n"
 *
 * What follows (MessagePack) is not read: whether anybody was let in stays unknown once the client
 * has spoken.
 */
#include "dissectors/dissector.h"

#define LINE 64
#define NAME 10 /* bytes of "Tarantool " */

static const uint16_t ports[] = {3301, 0};

static const struct service services[] = {
	{
		.name = "tarantool",
		.family = FAMILY_DATABASE,
		.about = "Tarantool database",
		.ports = ports,
	},
};

struct tarantool {
	uint8_t have;
	bool client_spoke;
	uint8_t line[LINE];
};

static enum recognised recognise(const struct opening *opening)
{
	static const char name[] = "Tarantool ";
	struct bytes server = opening->side[SIDE_SERVER];

	if (server.left == 0)
		return RECOGNISED_MORE;
	if (!bytes_agree_with(&server, name))
		return RECOGNISED_NO;
	if (server.left <= NAME)
		return RECOGNISED_MORE;
	return server.at[NAME] >= '0' && server.at[NAME] <= '9' ? RECOGNISED_YES : RECOGNISED_NO;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	FACTS_WORD(facts, product, "Tarantool");
}

static void on_greeting(const struct tarantool *t, struct facts *facts)
{
	size_t end = NAME;

	while (end < LINE && t->line[end] != ' ' && t->line[end] != '\n')
		end++;
	FACTS_TEXT(facts, version, t->line + NAME, end - NAME);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct tarantool *t = state;

	if (fed->from == SIDE_CLIENT) {
		t->client_spoke = true;
		facts_set_auth(facts, AUTH_UNKNOWN); /* a log-in may have been tried */
		return;
	}
	if (t->have == 0 && !t->client_spoke)
		facts_set_auth(facts, AUTH_NA);
	for (size_t i = 0; i < fed->bytes.left && t->have < LINE; i++) {
		t->line[t->have++] = fed->bytes.at[i];
		if (t->have == LINE && memcmp(t->line, "Tarantool ", NAME) == 0)
			on_greeting(t, facts);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct tarantool *t = state;

	(void)facts;
	(void)missing;
	if (from == SIDE_SERVER)
		t->have = LINE;
}

const struct dissector tarantool_dissector = {
	.name = "tarantool",
	.transports = OVER_TCP,
	.state_size = sizeof(struct tarantool),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the greeting of 128 bytes with version and salt",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
