/* SPDX-License-Identifier: ISC */
/*
 * Bacula's daemons (its developers' guide, "Daemon Protocol"): messages with a length of four bytes
 * before them.
 *
 *	Hello Director NAME calling
 *	auth cram-md5 <1234.5678@fd> ssl=0	the challenge; then a digest, then
 *	1000 OK auth | 1999 Authorization failed.
 */
#include "dissectors/read/head.h"

#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

#define HELLO	   "Hello "
#define CALLING	   " calling"
#define CHALLENGE  "auth cram-md5"
#define PACKET_MAX 4096

static const uint16_t ports[] = {9101, 9102, 9103, 0};

static const struct service services[] = {
	{
		.name = "bacula",
		.family = FAMILY_BACKUP,
		.met = true,
		.about = "Bacula backup daemon",
		.ports = ports,
	},
};

struct bacula {
	struct head head[2];
	int handle;
	bool asked, told;
};

/* A message that begins with this text. */
static enum recognised recognise_text(struct bytes b, const char *text)
{
	static const uint8_t zeros[2];
	uint32_t length;

	if (b.left == 0)
		return RECOGNISED_MORE;
	if (memcmp(b.at, zeros, b.left < sizeof zeros ? b.left : sizeof zeros) != 0)
		return RECOGNISED_NO;
	length = bytes_be32(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	if (length < strlen(text) || length > PACKET_MAX || !bytes_agree_with(&b, text))
		return RECOGNISED_NO;
	return bytes_start_with(&b, text) ? RECOGNISED_YES : RECOGNISED_MORE;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes hello = opening->side[SIDE_CLIENT];
	enum recognised client = recognise_text(hello, HELLO);
	enum recognised server = recognise_text(opening->side[SIDE_SERVER], CHALLENGE);

	if (client == RECOGNISED_NO || server == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (server == RECOGNISED_YES)
		return RECOGNISED_YES;
	return client == RECOGNISED_YES && opening->one_sided && lines_contain(&hello, CALLING)
		       ? RECOGNISED_YES
		       : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	struct bacula *bacula = state;

	bacula->handle = -1;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "Bacula");
}

/* "Hello Director NAME calling 10002", "Hello NAME calling" */
static void on_client(struct bacula *bacula, struct facts *facts, struct bytes b)
{
	uint32_t length = bytes_be32(&b);
	struct bytes text, word;

	if (b.failed || b.left < length)
		return;
	bacula->asked = true;
	text = bytes_sub(&b, length);
	lines_word(&text);
	word = lines_word(&text);
	if (lines_equal(&word, "Director")) {
		bacula->handle = FACTS_COMMAND(facts, "Hello Director", 0);
		word = lines_word(&text);
	}
	FACTS_TEXT(facts, user, word.at, word.left);
}

static void on_server(struct bacula *bacula, struct facts *facts, struct bytes b)
{
	while (b.left != 0 && !bacula->told) {
		uint32_t length = bytes_be32(&b);
		struct bytes text = bytes_sub(&b, length);

		if (b.failed)
			return;
		if (bytes_start_with(&text, CHALLENGE)) {
			facts_set_auth(facts, AUTH_REQUIRED);
			FACTS_WORD(facts, mechanism, "CRAM-MD5");
			continue;
		}
		bacula->told = bytes_start_with(&text, "1000 OK auth") ||
			       bytes_start_with(&text, "1999 Authorization failed");
		if (!bacula->told)
			continue;
		facts_login(facts, text.at[3] == '0');
		facts_command_result(facts, bacula->handle, text.at[3] == '0');
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct bacula *bacula = state;
	struct bytes b = head_add(&bacula->head[from], fed->bytes.at, fed->bytes.left);

	if (bacula->head[from].closed)
		return;
	if (from == SIDE_SERVER)
		on_server(bacula, facts, b);
	else if (!bacula->asked)
		on_client(bacula, facts, b);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct bacula *bacula = state;

	(void)facts;
	(void)missing;
	bacula->head[from].closed = true;
}

const struct dissector bacula_dissector = {
	.name = "bacula",
	.transports = OVER_TCP,
	.state_size = sizeof(struct bacula),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the Hello of a director or daemon, and the challenge that answers it",
	.reads = READS_PRODUCT | READS_AUTH | READS_USER | READS_MECHANISM | READS_COMMANDS |
		 READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
