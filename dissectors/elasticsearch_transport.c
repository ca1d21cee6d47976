/* SPDX-License-Identifier: ISC */
/*
 * The protocol between nodes of Elasticsearch and OpenSearch, and of their old Java clients:
 *
 *	"ES" length:4 number:8 status:1 version:4 [headers' length:4] headers, features, action ...
 *
 * Status: bit 0 an answer, bit 1 an error, bit 2 compressed, bit 3 the handshake. A length of -1 is
 * a ping. The action ("indices:data/read/search") is looked for behind the headers, whose layout
 * depends on the version.
 *
 * github.com/elastic/elasticsearch: TcpHeader.java, OutboundMessage.java.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/lines.h"
#include "dissectors/read/turns.h"

#define HEADER	    6  /* bytes: the mark and the length */
#define FIXED	    13 /* number, status, version */
#define BODY_KEPT   320
#define PING	    UINT32_MAX
#define LENGTH_MAX  (1u << 30)
#define ANSWER_LONG 256		/* bytes */
#define OPENSEARCH  0x08000000u /* set in its versions */

enum { STATUS_ANSWER = 1, STATUS_ERROR = 2, STATUS_COMPRESSED = 4, STATUS_HANDSHAKE = 8 };

static const uint16_t ports[] = {9300, 0};

static const struct service services[] = {
	{
		.name = "elasticsearch-transport",
		.family = FAMILY_DATABASE,
		.about = "Elasticsearch's protocol between nodes",
		.ports = ports,
	},
};

struct elasticsearch_stream {
	uint8_t header[HEADER];
	uint8_t have;
	bool lost, holed;
	uint16_t kept;
	uint32_t left, length;
	uint8_t body[BODY_KEPT];
};

enum { READS = 1 << 0, PROVEN = 1 << 1 }; /* of a request, as the kind of its row */

struct transport {
	struct elasticsearch_stream side[2];
	struct answers_table pending;
	struct turns turns;
	bool midstream;
};

_Static_assert(sizeof(struct transport) <= DISSECTOR_STATE_MAX, "state of elasticsearch-transport");

static bool is_version(uint32_t version)
{
	uint32_t plain = version & ~OPENSEARCH;

	return plain >= 190000 && plain < 20000000; /* 0.19 */
}

static enum recognised recognise_side(struct bytes b, enum side from)
{
	uint32_t length, version;
	uint8_t status;

	do {
		if (!bytes_agree_with(&b, "ES"))
			return RECOGNISED_NO;
		bytes_skip(&b, 2);
		length = bytes_be32(&b);
	} while (!b.failed && length == PING);
	bytes_skip(&b, 8);
	status = bytes_u8(&b);
	version = bytes_be32(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	if (length < FIXED || length > LENGTH_MAX || status > 0x0f || !is_version(version))
		return RECOGNISED_NO;
	return (status & STATUS_ANSWER) == (from == SIDE_SERVER) ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes server = opening->side[SIDE_SERVER];
	enum recognised client = recognise_side(opening->side[SIDE_CLIENT], SIDE_CLIENT);

	if (client == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (server.left != 0)
		return recognise_side(server, SIDE_SERVER);
	return client == RECOGNISED_YES && !opening->one_sided ? RECOGNISED_MORE : client;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
}

/* Where an action begins: its length, and one of three words. Empty if there is none. */
static struct bytes find_action(struct bytes b)
{
	static const char *const marks[] = {"indices:", "internal:", "cluster:"};

	while (b.left != 0) {
		uint8_t length = bytes_u8(&b);

		for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
			if (bytes_start_with(&b, marks[i]) && length >= strlen(marks[i]) &&
			    length < 0x80)
				return bytes_from(b.at, length < b.left ? length : b.left);
		}
	}
	return bytes_from(NULL, 0);
}

static unsigned flags_of(const struct bytes *action)
{
	if (lines_start_with(action, "indices:data/read/"))
		return COMMAND_LISTING;
	if (lines_equal(action, "indices:admin/delete") ||
	    lines_start_with(action, "indices:data/write/delete/byquery"))
		return COMMAND_DESTRUCTIVE;
	return 0;
}

static void on_request(struct transport *t, struct facts *facts, uint64_t number, uint8_t status,
		       struct bytes b)
{
	struct bytes action = find_action(b);
	uint16_t kind = 0;
	int handle = -1;

	if (!(status & STATUS_HANDSHAKE) && action.left != 0 &&
	    !lines_start_with(&action, "internal:tcp/handshake") &&
	    !lines_contain(&b, "_xpack_security_authentication") &&
	    !lines_contain(&b, "Authorization"))
		kind |= PROVEN;
	if (action.left != 0) {
		unsigned flags = flags_of(&action);

		kind |= flags & COMMAND_LISTING ? READS : 0;
		handle = facts_command(facts, action.at, action.left, flags);
	}
	answers_put(&t->pending, number, handle, kind);
}

/* Names of files, members of the cluster, hits: with its headers, an empty answer is shorter. */
static bool is_long_answer(const struct transport *t, uint8_t status)
{
	return !(status & (STATUS_ERROR | STATUS_HANDSHAKE)) &&
	       t->side[SIDE_SERVER].length >= ANSWER_LONG;
}

static void on_answer(struct transport *t, struct facts *facts, uint64_t number, uint8_t status,
		      const struct bytes *b)
{
	bool good = !(status & STATUS_ERROR);
	struct answers_numbered row;

	facts_set_data_read(facts, is_long_answer(t, status) ? ANSWER_YES : ANSWER_NO);
	if (!good && lines_contain(b, "missing authentication"))
		facts_set_auth(facts, AUTH_REQUIRED);
	if (!answers_take(&t->pending, number, &row))
		return;
	facts_command_result(facts, row.handle, good);
	if (good && (row.kind & READS))
		facts_set_data_read(facts, ANSWER_YES);
	if (good && (row.kind & PROVEN) && !t->midstream)
		facts_set_auth(facts, AUTH_NONE);
}

static void on_message(struct transport *t, struct facts *facts, enum side from)
{
	struct elasticsearch_stream *s = &t->side[from];
	struct bytes b = bytes_from(s->body, s->kept);
	uint64_t number = bytes_be64(&b);
	uint8_t status = bytes_u8(&b);
	uint32_t version = bytes_be32(&b);

	if (b.failed)
		return;
	if (version & OPENSEARCH)
		FACTS_WORD(facts, product, "OpenSearch");
	else
		FACTS_WORD(facts, product, "Elasticsearch");
	if (from == SIDE_CLIENT && !(status & STATUS_ANSWER))
		on_request(t, facts, number, status, b);
	else if (from == SIDE_SERVER && (status & STATUS_ANSWER))
		on_answer(t, facts, number, status, &b);
}

static void on_header(struct elasticsearch_stream *s)
{
	struct bytes b = bytes_from(s->header, HEADER);

	if (!bytes_start_with(&b, "ES")) {
		s->lost = true;
		return;
	}
	bytes_skip(&b, 2);
	s->left = s->length = bytes_be32(&b);
	s->kept = 0;
	s->holed = false;
	if (s->left == PING || s->left == 0) {
		s->have = 0;
		return;
	}
	s->lost = s->left > LENGTH_MAX;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct transport *t = state;
	struct elasticsearch_stream *s = &t->side[from];
	struct bytes in = fed->bytes, piece;

	if (turns_begin(&t->turns, from) && s->lost)
		*s = (struct elasticsearch_stream){.lost = false};
	while (!s->lost && in.left != 0) {
		if (s->have < HEADER) {
			s->header[s->have++] = bytes_u8(&in);
			if (s->have == HEADER)
				on_header(s);
			continue;
		}
		piece = bytes_sub(&in, s->left < in.left ? s->left : in.left);
		s->left -= (uint32_t)piece.left;
		while (piece.left != 0 && s->kept < BODY_KEPT && !s->holed)
			s->body[s->kept++] = bytes_u8(&piece);
		if (s->left == 0) {
			on_message(t, facts, from);
			s->have = 0;
		}
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct transport *t = state;
	struct elasticsearch_stream *s = &t->side[from];

	(void)facts;
	if (turns_begun(&t->turns) && !s->lost && missing != 0 && s->have == HEADER &&
	    missing < s->left) {
		s->left -= (uint32_t)missing;
		s->holed = true;
		return;
	}
	t->midstream = true;
	*s = (struct elasticsearch_stream){.lost = turns_begun(&t->turns)};
}

const struct dissector elasticsearch_transport_dissector = {
	.name = "elasticsearch-transport",
	.transports = OVER_TCP,
	.state_size = sizeof(struct transport),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the letters ES and a length, with a header that adds up",
	.reads = READS_PRODUCT | READS_AUTH | READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION |
		 READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
