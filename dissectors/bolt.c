/* SPDX-License-Identifier: ISC */
/*
 * Bolt, the protocol of Neo4j and Memgraph: 60 60 b0 17 and four versions, answered by the chosen
 * one; then messages in chunks (length:2 bytes, ended by a chunk of length 0), each a PackStream
 * structure: b1 01 hello, b1 6a log-on, b? 10 run, b1 70 success, b1 7f failure, b1 71 record.
 *
 * Maps are not walked: the few keys that matter are looked for by name. neo4j.com/docs/bolt.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"
#include "dissectors/read/turns.h"

#define HANDSHAKE 20
#define BODY_KEPT 384

enum {
	MESSAGE_HELLO = 0x01,
	MESSAGE_RUN = 0x10,
	MESSAGE_LOGON = 0x6a,
	MESSAGE_SUCCESS = 0x70,
	MESSAGE_RECORD = 0x71,
	MESSAGE_FAILURE = 0x7f
};

static const uint16_t ports[] = {7687, 0};

static const struct service services[] = {
	{
		.name = "neo4j-bolt",
		.family = FAMILY_DATABASE,
		.about = "Neo4j graph database (Bolt)",
		.ports = ports,
	},
};

enum scheme { SCHEME_UNSEEN, SCHEME_NONE, SCHEME_SECRET };
enum phase { PHASE_HANDSHAKE, PHASE_MESSAGES };

struct bolt_stream {
	uint8_t phase;
	uint8_t head_have, head[2];
	bool lost;
	uint16_t left; /* of the chunk */
	uint16_t passed, kept;
	uint8_t body[BODY_KEPT];
};

struct bolt {
	struct bolt_stream side[2];
	struct turns turns;
	uint8_t scheme; /* enum scheme of the log-in that is not answered yet */
	bool running;
	int handle;
};

_Static_assert(sizeof(struct bolt) <= DISSECTOR_STATE_MAX, "state of bolt");

static enum recognised recognise(const struct opening *opening)
{
	static const char magic[] = "\x60\x60\xb0\x17";
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	uint32_t version;

	if (!bytes_agree_with(&client, magic))
		return RECOGNISED_NO;
	if (client.left < 4)
		return RECOGNISED_MORE; /* the server's four bytes alone could be of any protocol */
	if (server.left == 0)
		return opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
	version = bytes_be32(&server);
	if (server.failed)
		return RECOGNISED_MORE;
	return (version & 0xff) <= 9 && version >> 16 == 0 ? RECOGNISED_YES : RECOGNISED_NO;
}

static void begin(void *state, struct facts *facts)
{
	struct bolt *bolt = state;

	bolt->handle = -1;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
}

/* The short string behind a key: 8n text, or d0 n text. Empty if there is none. */
static struct bytes find(struct bytes b, const char *key)
{
	size_t length = strlen(key);

	while (b.left > length) {
		uint8_t size;

		if (b.at[0] != (0x80 | length) || memcmp(b.at + 1, key, length) != 0) {
			bytes_skip(&b, 1);
			continue;
		}
		bytes_skip(&b, length + 1);
		size = bytes_u8(&b);
		if (size == 0xd0)
			size = bytes_u8(&b);
		else
			size = (size & 0xf0) == 0x80 ? size & 0x0f : 0;
		return bytes_sub(&b, size);
	}
	return bytes_from(NULL, 0);
}

static void on_credentials(struct bolt *bolt, struct facts *facts, struct bytes b)
{
	struct bytes scheme = find(b, "scheme"), user = find(b, "principal");

	if (scheme.left == 0)
		return;
	bolt->scheme = lines_equal(&scheme, "none") ? SCHEME_NONE : SCHEME_SECRET;
	FACTS_TEXT(facts, mechanism, scheme.at, scheme.left);
	if (user.left != 0)
		FACTS_TEXT(facts, user, user.at, user.left);
}

/* The first two words of a Cypher statement are too free to name; DELETE without WHERE is said. */
static void on_run(struct bolt *bolt, struct facts *facts, struct bytes b)
{
	bool deletes = lines_contain(&b, "DETACH DELETE") && !lines_contain(&b, "WHERE");

	bolt->running = true;
	if (deletes)
		bolt->handle = FACTS_COMMAND(facts, "DETACH DELETE", COMMAND_DESTRUCTIVE);
	else if (lines_contain(&b, "MATCH"))
		bolt->handle = FACTS_COMMAND(facts, "MATCH", COMMAND_LISTING);
	else
		bolt->handle = FACTS_COMMAND(facts, "RUN", 0);
}

static void on_success(struct bolt *bolt, struct facts *facts, struct bytes b)
{
	struct bytes server = find(b, "server");

	if (server.left > 6 && memcmp(server.at, "Neo4j/", 6) == 0) {
		FACTS_WORD(facts, product, "Neo4j");
		FACTS_TEXT(facts, version, server.at + 6, server.left - 6);
	}
	if (bolt->scheme == SCHEME_SECRET)
		facts_login(facts, true);
	else if (bolt->scheme == SCHEME_NONE)
		facts_set_auth(facts, AUTH_NONE);
	bolt->scheme = SCHEME_UNSEEN;
	if (bolt->running)
		facts_command_result(facts, bolt->handle, true);
	bolt->running = false;
}

static void on_failure(struct bolt *bolt, struct facts *facts, struct bytes b)
{
	if (lines_contain(&b, "Security.Unauthorized") ||
	    lines_contain(&b, "Security.AuthenticationRateLimit")) {
		if (bolt->scheme == SCHEME_SECRET)
			facts_login(facts, false);
		else
			facts_set_auth(facts, AUTH_REQUIRED);
	}
	bolt->scheme = SCHEME_UNSEEN;
	if (bolt->running)
		facts_command_result(facts, bolt->handle, false);
	bolt->running = false;
}

static void on_message(struct bolt *bolt, struct facts *facts, enum side from)
{
	struct bolt_stream *s = &bolt->side[from];
	struct bytes b = bytes_from(s->body, s->kept);
	uint8_t structure = bytes_u8(&b), type = bytes_u8(&b);

	if (b.failed || (structure & 0xf0) != 0xb0)
		return;
	if (from == SIDE_CLIENT) {
		if (type == MESSAGE_HELLO || type == MESSAGE_LOGON)
			on_credentials(bolt, facts, b);
		else if (type == MESSAGE_RUN)
			on_run(bolt, facts, b);
	} else if (type == MESSAGE_SUCCESS) {
		on_success(bolt, facts, b);
	} else if (type == MESSAGE_FAILURE) {
		on_failure(bolt, facts, b);
	} else if (type == MESSAGE_RECORD) {
		facts_set_data_read(facts, ANSWER_YES);
	}
	memset(s->body, 0, sizeof s->body); /* it may have been a password */
}

/* True while the handshake goes on. */
static bool pass_handshake(struct bolt_stream *s, struct facts *facts, enum side from,
			   struct bytes *in)
{
	uint16_t length = from == SIDE_CLIENT ? HANDSHAKE : 4;

	while (s->passed < length && in->left != 0) {
		bytes_skip(in, 1);
		s->passed++;
	}
	if (s->passed < length)
		return true;
	s->phase = PHASE_MESSAGES;
	if (from == SIDE_SERVER) {
		facts_set_data_read(facts, ANSWER_NO);
		if (facts->auth == AUTH_UNKNOWN)
			facts_set_auth(facts, AUTH_NA);
	}
	return false;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct bolt *bolt = state;
	struct bolt_stream *s = &bolt->side[from];
	struct bytes in = fed->bytes, piece;

	if (turns_begin(&bolt->turns, from) && s->lost)
		*s = (struct bolt_stream){.phase = PHASE_MESSAGES};
	if (s->lost || (s->phase == PHASE_HANDSHAKE && pass_handshake(s, facts, from, &in)))
		return;
	while (in.left != 0) {
		if (s->head_have < 2) {
			s->head[s->head_have++] = bytes_u8(&in);
			if (s->head_have < 2)
				continue;
			s->left = (uint16_t)(s->head[0] << 8 | s->head[1]);
			if (s->left != 0)
				continue;
			on_message(bolt, facts, from);
			s->kept = 0;
			s->head_have = 0;
			continue;
		}
		piece = bytes_sub(&in, s->left < in.left ? s->left : in.left);
		s->left = (uint16_t)(s->left - piece.left);
		while (piece.left != 0 && s->kept < BODY_KEPT)
			s->body[s->kept++] = bytes_u8(&piece);
		if (s->left == 0)
			s->head_have = 0;
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct bolt *bolt = state;

	(void)facts;
	(void)missing;
	bolt->running = false;
	bolt->scheme = SCHEME_UNSEEN;
	bolt->side[from] = (struct bolt_stream){.lost = true, .phase = PHASE_MESSAGES};
}

const struct dissector bolt_dissector = {
	.name = "neo4j-bolt",
	.transports = OVER_TCP,
	.state_size = sizeof(struct bolt),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the magic number and four versions, and the one that the server chose",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
