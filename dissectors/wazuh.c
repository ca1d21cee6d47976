/* SPDX-License-Identifier: ISC */
/*
 * What Wazuh's and OSSEC's agents send to their manager: over TCP length:4 (little-endian) before
 * each message, over UDP none. A message begins with the agent's number and how it is encrypted:
 *
 *	!001!#AES:...	!001!:...	the agent; 001 is its number; ":" alone is Blowfish
 *	#AES:...	:...		the manager; it answers who has the key of his number
 *
 * documentation.wazuh.com: secure message format.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

#define NUMBER_MAX 12 /* digits */
#define LENGTH_MAX 65536
#define KEPT	   32 /* bytes of the agent's first message */

static const uint16_t ports[] = {1514, 0};

static const struct service services[] = {
	{
		.name = "wazuh",
		.family = FAMILY_LOGGING,
		.about = "Wazuh manager, agents' port",
		.ports = ports,
	},
};

struct wazuh {
	uint8_t have;
	bool holed, answered;
	uint8_t head[KEPT];
};

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_NATIVE);
	FACTS_WORD(facts, product, "Wazuh");
}

/* Takes "!001!"; false if it does not stand there whole. */
static bool take_number(struct bytes *b, struct bytes *number)
{
	size_t length = 0;

	if (bytes_u8(b) != '!')
		return false;
	*number = *b;
	while (length < b->left && b->at[length] >= '0' && b->at[length] <= '9')
		length++;
	number->left = length;
	bytes_skip(b, length);
	return bytes_u8(b) == '!' && length != 0;
}

static void note_agent(const struct wazuh *wazuh, struct facts *facts)
{
	struct bytes b = bytes_from(wazuh->head, wazuh->have), number;

	if (b.left != 0 && b.at[0] != '!')
		bytes_skip(&b, 4);
	if (take_number(&b, &number))
		FACTS_TEXT(facts, user, number.at, number.left);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct wazuh *wazuh = state;
	struct bytes in = fed->bytes;

	if (fed->from == SIDE_SERVER) {
		if (!wazuh->answered && in.left != 0)
			facts_login(facts, true);
		wazuh->answered |= in.left != 0;
		return;
	}
	while (in.left != 0 && wazuh->have < KEPT && !wazuh->holed)
		wazuh->head[wazuh->have++] = bytes_u8(&in);
	if (facts->user[0] == '\0' || wazuh->have < KEPT)
		note_agent(wazuh, facts);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct wazuh *wazuh = state;

	(void)facts;
	(void)missing;
	wazuh->holed |= from == SIDE_CLIENT;
}

/* "#AES:" or ":" and something behind it. */
static enum recognised recognise_cipher(struct bytes b)
{
	if (b.left != 0 && b.at[0] == ':')
		return b.left > 1 ? RECOGNISED_YES : RECOGNISED_MORE;
	if (!bytes_agree_with(&b, "#AES:"))
		return RECOGNISED_NO;
	return b.left > 5 ? RECOGNISED_YES : RECOGNISED_MORE;
}

static enum recognised recognise_client(struct bytes b)
{
	struct bytes number;

	if (b.left != 0 && b.at[0] == '!') {
		if (!take_number(&b, &number))
			return b.failed && number.left <= NUMBER_MAX ? RECOGNISED_MORE
								     : RECOGNISED_NO;
		return number.left <= NUMBER_MAX ? recognise_cipher(b) : RECOGNISED_NO;
	}
	return b.left == 0 ? RECOGNISED_MORE : recognise_cipher(b);
}

/* Over TCP: the length, which is not a short one. */
static enum recognised recognise_counted(struct bytes b, enum side from)
{
	uint32_t length = bytes_le32(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	if (length < 8 || length > LENGTH_MAX)
		return RECOGNISED_NO;
	if (from == SIDE_SERVER)
		return b.left == 0 ? RECOGNISED_MORE : recognise_cipher(b);
	return recognise_client(b);
}

/* An agent without its number, Blowfish's colon, is believed together with its answer only. */
static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	size_t skip = opening->transport == OVER_TCP ? 4 : 0;
	enum recognised of_client, of_server;

	if (skip != 0) {
		of_client = recognise_counted(client, SIDE_CLIENT);
		of_server = recognise_counted(server, SIDE_SERVER);
	} else {
		of_client = recognise_client(client);
		of_server = server.left == 0 ? RECOGNISED_MORE : recognise_cipher(server);
	}
	if (client.left == 0 && opening->one_sided && server.left > skip && server.at[skip] == '#')
		return of_server;
	if (client.left <= skip || client.at[skip] != '!')
		return of_client == RECOGNISED_YES && of_server == RECOGNISED_YES &&
				       client.at[skip] == '#'
			       ? RECOGNISED_YES
		       : of_client == RECOGNISED_NO || of_server == RECOGNISED_NO ? RECOGNISED_NO
										  : RECOGNISED_MORE;
	return dissector_by_client(of_client, of_server, opening->one_sided);
}

const struct dissector wazuh_dissector = {
	.name = "wazuh",
	.transports = OVER_TCP | OVER_UDP,
	.state_size = sizeof(struct wazuh),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "an agent's number and how its message is encrypted",
	.reads = READS_PRODUCT | READS_AUTH | READS_USER | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
