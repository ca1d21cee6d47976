/* SPDX-License-Identifier: ISC */
/*
 * The back door of Netis' and Netcore's routers ("IGD MPT Interface daemon") on UDP: whoever knows
 * the one password, the same in all of them, has commands executed.
 *
 *	id:2 type:2 sequence:2 id:2 text		type: 0 command, else log-in
 *	id:2 00 05|06 sequence+n:2 id:2 status:4 text
 *
 * Sources: Trend Micro's notes of 2014; what honeypots answer. The text of a command is not kept.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

#define REQUEST_HEADER 8
#define ANSWER_HEADER  12

struct netis {
	int handle; /* of the latest command, + 1; 0: none */
};

static const uint16_t ports[] = {53413, 0};

static const struct service services[] = {
	{
		.name = "netis-backdoor",
		.family = FAMILY_ADMIN,
		.about = "the back door of Netis' and Netcore's routers",
		.identifier = "open-netis",
		.ports = ports,
	},
};

static bool is_answer(struct bytes b)
{
	uint8_t type;

	bytes_skip(&b, 2);
	type = bytes_u8(&b) == 0 ? bytes_u8(&b) : 0;
	bytes_skip(&b, ANSWER_HEADER - 4);
	return !b.failed && (type == 5 || type == 6);
}

/* Its own words, behind the header of an answer. */
static bool has_words(struct bytes b)
{
	bytes_skip(&b, ANSWER_HEADER);
	return bytes_start_with(&b, "IGD MPT Interface daemon") ||
	       bytes_start_with(&b, "Login successed!");
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (client.left != 0 && client.left < REQUEST_HEADER)
		return RECOGNISED_NO;
	if (server.left == 0)
		return RECOGNISED_MORE;
	if (!is_answer(server))
		return RECOGNISED_NO;
	if (client.left != 0 &&
	    (memcmp(client.at, server.at, 2) != 0 || memcmp(client.at + 6, server.at + 6, 2) != 0))
		return RECOGNISED_NO;
	return has_words(server) ? RECOGNISED_YES : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

static void on_request(struct netis *netis, struct facts *facts, struct bytes b)
{
	uint16_t type;

	bytes_skip(&b, 2);
	type = bytes_be16(&b);
	bytes_skip(&b, 4);
	netis->handle = 0;
	if (b.left == 0 || type != 0)
		return;
	netis->handle = FACTS_COMMAND(facts, "COMMAND", 0) + 1;
}

static void on_answer(struct netis *netis, struct facts *facts, struct bytes b)
{
	if (!is_answer(b))
		return;
	bytes_skip(&b, ANSWER_HEADER);
	if (bytes_start_with(&b, "Login successed!")) {
		facts_login(facts, true);
		return;
	}
	if (lines_contain(&b, "Login:")) {
		facts_set_auth(facts, AUTH_REQUIRED);
		return;
	}
	facts_command_result(facts, netis->handle - 1, true);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	if (fed->from == SIDE_CLIENT)
		on_request(state, facts, fed->bytes);
	else
		on_answer(state, facts, fed->bytes);
}

const struct dissector netis_dissector = {
	.name = "netis-backdoor",
	.transports = OVER_UDP,
	.state_size = sizeof(struct netis),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "its name or its greeting, in an answer that repeats the request's numbers",
	.reads = READS_AUTH | READS_COMMANDS | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};
