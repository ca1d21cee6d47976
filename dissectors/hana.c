/* SPDX-License-Identifier: ISC */
/*
 * SAP HANA's SQL port. The client begins with 14 bytes, the server answers with 8:
 *
 *	ffffffff product:1+2 protocol:1+2 00 options:1 (01 01)	the versions of its interface
 *	product:1+2 protocol:1+2 0000
 *
 * Then messages, little-endian: a header of 32 bytes (session:8 packet:4 length:4 room:4 segments:2
 * ...), segments of 24 bytes (length:4 offset:4 parts:2 number:2 kind:1, then for a request its
 * type:1, for a reply a filler and its function:2) and parts of 16 bytes (kind:1 attributes:1
 * arguments:2+4 length:4 room:4). AUTHENTICATE begins a log-in, CONNECT ends it.
 *
 * SAP HANA SQL Command Network Protocol; github.com/SAP/go-hdb: driver/internal/protocol.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/exchange.h"
#include "dissectors/read/lines.h"
#include "dissectors/read/sql.h"

#define OPENING_CLIENT 14 /* bytes */
#define OPENING_SERVER 8
#define HEADER	       32
#define PARTS_MAX      8
#define LENGTH_MAX     (1u << 30)

enum { REQUEST = 1, REPLY = 2, ERROR = 5 };
enum { EXECUTE_DIRECT = 2, PREPARE = 3, EXECUTE = 13, AUTHENTICATE = 65, CONNECT = 66 };
enum { PART_COMMAND = 3, PART_RESULTS = 5, PART_ERROR = 6, PART_AUTHENTICATION = 33 };
enum { KIND_FIRST_STEP = 0x80 }; /* of a command, beside EXCHANGE_… */

static const uint16_t ports[] = {30015, 30013, 39015, 39013, 0};

static const char *const also[] = {"sap-hana", NULL};

static const struct service services[] = {
	{
		.name = "hana",
		.family = FAMILY_DATABASE,
		.about = "SAP HANA database",
		.ports = ports,
		.also = also,
	},
};

struct hana {
	struct exchange exchange;
	bool opened[2];
};

_Static_assert(sizeof(struct hana) <= DISSECTOR_STATE_MAX, "state of hana");

static const struct exchange_command commands[] = {
	{EXECUTE, 0, 0, "EXECUTE"},
	{16, 0, EXCHANGE_READS, "READ LOB"},
	{17, 0, 0, "WRITE LOB"},
	{AUTHENTICATE, 0, EXCHANGE_OPEN | KIND_FIRST_STEP, NULL},
	{CONNECT, 0, EXCHANGE_LOGIN, NULL},
	{71, 0, EXCHANGE_READS, "FETCH"},
	{82, 0, EXCHANGE_OPEN, NULL}, /* where a tenant's database is */
};

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "SAP HANA");
}

/* The part of that kind, of those that were kept; empty if there is none. */
static struct bytes find_part(struct bytes b, uint16_t parts, uint8_t kind)
{
	for (uint16_t i = 0; i < parts && i < PARTS_MAX && !b.failed; i++) {
		uint8_t its_kind = bytes_u8(&b);
		uint32_t length;
		struct bytes part;

		bytes_skip(&b, 7);
		length = bytes_le32(&b);
		bytes_skip(&b, 4);
		if (b.failed)
			break;
		part = bytes_from(b.at, length < b.left ? length : b.left);
		if (its_kind == kind)
			return part;
		bytes_skip(&b, (size_t)length + (8 - length % 8) % 8);
	}
	return bytes_from(NULL, 0);
}

static int note_statement(struct facts *facts, struct bytes text, uint16_t *kind)
{
	struct sql_statement statement;
	struct sql sql;

	sql_begin(&sql, SQL_POSTGRESQL);
	if (!sql_next(&sql, &text, &statement) && !sql_end(&sql, &statement))
		return -1;
	*kind = statement.flags & COMMAND_LISTING ? EXCHANGE_READS : 0;
	return facts_command(facts, statement.name, strlen(statement.name), statement.flags);
}

/* How many, then each with its length:1: the user's name, and methods with what they say. */
static void on_credentials(struct facts *facts, struct bytes b)
{
	uint16_t count = bytes_le16(&b);
	struct bytes user = bytes_sub(&b, bytes_u8(&b)), method = bytes_sub(&b, bytes_u8(&b));

	if (count >= 3 && !user.failed && user.left != 0)
		FACTS_TEXT(facts, user, user.at, user.left);
	if (!method.failed && method.left != 0)
		FACTS_TEXT(facts, mechanism, method.at, method.left);
}

static void on_request(struct hana *hana, struct facts *facts, uint8_t type, uint16_t parts,
		       struct bytes b)
{
	uint64_t number = exchange_next_asked(&hana->exchange);
	uint16_t kind = 0;
	int handle = -1;

	if (type == EXECUTE_DIRECT || type == PREPARE) {
		handle = note_statement(facts, find_part(b, parts, PART_COMMAND), &kind);
		answers_put(&hana->exchange.pending, number, handle, type == PREPARE ? 0 : kind);
		return;
	}
	exchange_ask(&hana->exchange, facts, number, EXCHANGE_FIND(commands, type));
	if (type == AUTHENTICATE)
		on_credentials(facts, find_part(b, parts, PART_AUTHENTICATION));
}

static void on_reply(struct hana *hana, struct facts *facts, bool good, uint16_t parts,
		     struct bytes b)
{
	struct bytes error = find_part(b, parts, PART_ERROR);
	int kind = exchange_answer(&hana->exchange, facts, exchange_next_answered(&hana->exchange),
				   good);

	if (kind >= 0 && (kind & KIND_FIRST_STEP)) {
		if (!good && lines_contain(&error, "authentication failed"))
			exchange_login(&hana->exchange, facts, false);
		else if (facts->auth == AUTH_NA)
			facts_set_auth(facts, AUTH_REQUIRED);
	}
	if (good && find_part(b, parts, PART_RESULTS).left > 8)
		facts_set_data_read(facts, ANSWER_YES);
}

static void on_message(struct hana *hana, struct facts *facts, enum side from, struct bytes b)
{
	uint16_t parts;
	uint8_t kind, type;

	bytes_skip(&b, 8);
	parts = bytes_le16(&b);
	bytes_skip(&b, 2);
	kind = bytes_u8(&b);
	type = bytes_u8(&b);
	bytes_skip(&b, 10);
	if (b.failed)
		return;
	if (from == SIDE_CLIENT && kind == REQUEST)
		on_request(hana, facts, type, parts, b);
	else if (from == SIDE_SERVER && (kind == REPLY || kind == ERROR))
		on_reply(hana, facts, kind == REPLY, parts, b);
}

static bool measure(struct bytes header, uint32_t *body)
{
	bytes_skip(&header, 12);
	*body = bytes_le32(&header);
	return *body <= LENGTH_MAX;
}

static bool measure_opening(struct bytes header, uint32_t *body)
{
	(void)header;
	*body = 0;
	return true;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct hana *hana = state;
	struct frame *frame = exchange_begin(&hana->exchange, from);
	struct bytes input = fed->bytes;

	if (!hana->opened[from]) {
		if (!frames_next(frame, &input,
				 from == SIDE_CLIENT ? OPENING_CLIENT : OPENING_SERVER,
				 measure_opening))
			return;
		frames_done(frame);
		hana->opened[from] = true;
	}
	while (frames_next(frame, &input, HEADER, measure)) {
		on_message(hana, facts, from, bytes_from(frame->body, frame->kept));
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct hana *hana = state;

	(void)facts;
	exchange_gap(&hana->exchange, from, missing);
	hana->opened[from] |= hana->exchange.side[from].lost;
}

static enum recognised recognise_client(struct bytes b)
{
	static const uint8_t filler[] = {0xff, 0xff, 0xff, 0xff};
	size_t n = b.left < sizeof filler ? b.left : sizeof filler;
	uint8_t product, protocol, zero, options;

	if (n != 0 && memcmp(b.at, filler, n) != 0)
		return RECOGNISED_NO;
	bytes_skip(&b, sizeof filler);
	product = bytes_u8(&b);
	bytes_skip(&b, 2);
	protocol = bytes_u8(&b);
	bytes_skip(&b, 2);
	zero = bytes_u8(&b);
	options = bytes_u8(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	return product >= 1 && product <= 32 && protocol >= 1 && protocol <= 16 && zero == 0 &&
			       options <= 8
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

static enum recognised recognise_server(struct bytes b)
{
	uint8_t product = bytes_u8(&b), protocol;

	bytes_skip(&b, 2);
	protocol = bytes_u8(&b);
	bytes_skip(&b, 4);
	if (b.failed)
		return RECOGNISED_MORE;
	return product >= 1 && product <= 32 && protocol >= 1 && protocol <= 16 ? RECOGNISED_YES
										: RECOGNISED_NO;
}

/* The server's eight bytes alone could be anybody's. */
static enum recognised recognise(const struct opening *opening)
{
	return dissector_by_client(recognise_client(opening->side[SIDE_CLIENT]),
				   recognise_server(opening->side[SIDE_SERVER]),
				   opening->one_sided);
}

const struct dissector hana_dissector = {
	.name = "hana",
	.transports = OVER_TCP,
	.state_size = sizeof(struct hana),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the 14 bytes with versions with which a client begins, and 8 in answer",
	.reads = READS_PRODUCT | READS_AUTH | READS_USER | READS_MECHANISM | READS_COMMANDS |
		 READS_LISTINGS | READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
