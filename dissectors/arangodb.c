/* SPDX-License-Identifier: ISC */
/*
 * ArangoDB's VelocyStream. The client begins with a line, "VST/1.0" or "VST/1.1", and an empty one;
 * then both sides send chunks, little-endian:
 *
 *	length:4 (with itself) chunks << 1 | first:4 message:8 [message's length:8]	then bytes
 *
 * The last number is always there in 1.1, in 1.0 with the first of several chunks. A message begins
 * with a list in VelocyPack: [1, 1, database, method, path, ...] asks, [1, 1000, "plain", user,
 * password] logs in, [1, 2, code, ...] answers with a code of HTTP.
 *
 * github.com/arangodb/velocystream; github.com/arangodb/velocypack: VelocyPack.md
 */
#include "dissectors/dissector.h"
#include "dissectors/read/exchange.h"
#include "dissectors/read/lines.h"

#define MARK	   11 /* bytes: "VST/1.1" and two line ends */
#define HEADER	   16
#define LENGTH_MAX (1u << 30)
#define CHUNK_SEEN (1u << 26) /* of an opening chunk */
#define PATH_KEPT  40

enum { REQUEST = 1, ANSWER = 2, LOGIN = 1000 };
enum { LIST_PLAIN = 0x02, LIST_INDEXED = 0x06, LIST_LAST = 0x09, LIST_COMPACT = 0x13 };
enum { UINT = 0x28, SMALL = 0x30, TEXT_SHORT = 0x40, TEXT_LONG = 0xbf };

static const uint16_t ports[] = {8529, 0};

static const struct service services[] = {
	{
		.name = "arangodb",
		.family = FAMILY_DATABASE,
		.about = "ArangoDB database",
		.ports = ports,
	},
};

struct arangodb {
	struct exchange exchange;
	uint8_t have; /* of the mark */
	bool old;     /* 1.0 */
};

_Static_assert(sizeof(struct arangodb) <= DISSECTOR_STATE_MAX, "state of arangodb");

static const char *const methods[] = {"DELETE", "GET", "POST", "PUT", "HEAD", "PATCH", "OPTIONS"};

/* Everybody may ask these. */
static const char *const open_paths[] = {"/_api/version", "/_admin/server/availability",
					 "/_open/auth"};

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "ArangoDB");
}

/* Skips what stands before the items of a list. */
static bool open_list(struct bytes *b)
{
	uint8_t type = bytes_u8(b);

	if (type >= LIST_PLAIN && type <= LIST_LAST) {
		size_t size = (size_t)1 << (type - LIST_PLAIN) % 4;

		bytes_skip(b, type >= LIST_INDEXED && type < LIST_LAST ? 2 * size : size);
		while (b->left != 0 && b->at[0] == 0)
			bytes_skip(b, 1);
	} else if (type == LIST_COMPACT) {
		while (bytes_u8(b) & 0x80)
			;
	} else {
		return false;
	}
	return !b->failed;
}

static uint64_t take_number(struct bytes *b)
{
	uint8_t type = bytes_u8(b);
	uint64_t number = 0;

	if (type >= SMALL && type <= SMALL + 9)
		return (uint64_t)type - SMALL;
	if (type < UINT || type >= SMALL) {
		bytes_skip(b, b->left + 1);
		return 0;
	}
	for (unsigned i = 0; i <= (unsigned)(type - UINT); i++)
		number |= (uint64_t)bytes_u8(b) << (8 * i);
	return number;
}

static struct bytes take_text(struct bytes *b)
{
	uint8_t type = bytes_u8(b);
	uint64_t length = (uint64_t)type - TEXT_SHORT;

	if (type == TEXT_LONG) {
		length = bytes_le32(b);
		length |= (uint64_t)bytes_le32(b) << 32;
	} else if (type < TEXT_SHORT || type > TEXT_LONG) {
		bytes_skip(b, b->left + 1);
	}
	return bytes_sub(b, length < b->left ? (size_t)length : b->left);
}

static bool starts(const struct bytes *path, const char *with)
{
	return bytes_start_with(path, with);
}

static struct exchange_command judge(uint64_t method, const struct bytes *path)
{
	struct exchange_command command = {0, 0, 0, NULL};

	for (size_t i = 0; i < sizeof open_paths / sizeof *open_paths; i++)
		command.kind |= starts(path, open_paths[i]) ? EXCHANGE_OPEN : 0;
	if (method == 0 && (starts(path, "/_api/collection") || starts(path, "/_api/database")))
		command.flags = COMMAND_DESTRUCTIVE;
	if (method == 3 && starts(path, "/_api/collection") && lines_contain(path, "/truncate"))
		command.flags = COMMAND_DESTRUCTIVE;
	if ((method == 1 && (starts(path, "/_api/collection") || starts(path, "/_api/database"))) ||
	    (method == 2 && starts(path, "/_api/cursor")))
		command.flags = COMMAND_LISTING;
	if (command.flags & COMMAND_LISTING || (method == 1 && starts(path, "/_api/document")))
		command.kind |= EXCHANGE_READS;
	return command;
}

static void on_request(struct arangodb *arango, struct facts *facts, uint64_t number,
		       struct bytes b)
{
	struct exchange_command command;
	char text[PATH_KEPT + 8];
	struct bytes path;
	uint64_t method;
	size_t used;

	take_text(&b);
	method = take_number(&b);
	path = take_text(&b);
	if (b.failed || method >= sizeof methods / sizeof *methods)
		return;
	command = judge(method, &path);
	used = strlen(methods[method]);
	memcpy(text, methods[method], used);
	text[used++] = ' ';
	for (size_t i = 0; i < path.left && i < PATH_KEPT && path.at[i] != '?'; i++)
		text[used++] = (char)path.at[i];
	answers_put(&arango->exchange.pending, number,
		    facts_command(facts, text, used, command.flags), command.kind);
}

static void on_login(struct arangodb *arango, struct facts *facts, uint64_t number, struct bytes b)
{
	static const struct exchange_command login = {0, 0, EXCHANGE_LOGIN, NULL};
	struct bytes method = take_text(&b), user;

	if (starts(&method, "plain")) {
		user = take_text(&b);
		FACTS_TEXT(facts, user, user.at, user.left);
	}
	if (!method.failed)
		FACTS_TEXT(facts, mechanism, method.at, method.left);
	exchange_ask(&arango->exchange, facts, number, &login);
}

/* A key "version" and its short text, behind the list. */
static void find_version(struct facts *facts, struct bytes b)
{
	static const char key[] = "\x47version";

	while (b.left != 0 && !bytes_start_with(&b, key))
		bytes_skip(&b, 1);
	if (bytes_skip(&b, sizeof key - 1) && b.left != 0) {
		struct bytes version = take_text(&b);

		if (!version.failed && version.left != 0 && version.at[0] >= '0' &&
		    version.at[0] <= '9')
			FACTS_TEXT(facts, version, version.at, version.left);
	}
}

static void on_message(struct arangodb *arango, struct facts *facts, enum side from,
		       uint64_t number, struct bytes b)
{
	uint64_t version, type, code;

	if (!open_list(&b))
		return;
	version = take_number(&b);
	type = take_number(&b);
	if (b.failed || version != 1)
		return;
	if (from == SIDE_CLIENT) {
		if (type == REQUEST)
			on_request(arango, facts, number, b);
		else if (type == LOGIN)
			on_login(arango, facts, number, b);
		return;
	}
	code = take_number(&b);
	if (b.failed || type != ANSWER)
		return;
	if (code == 401)
		exchange_demanded(&arango->exchange, facts);
	exchange_answer(&arango->exchange, facts, number, code >= 200 && code < 300);
	if (code == 200)
		find_version(facts, b);
}

static bool measure(struct bytes header, uint32_t *body)
{
	uint32_t length = bytes_le32(&header);

	*body = length - HEADER;
	return length >= HEADER && length <= LENGTH_MAX;
}

/* The first chunk of a message: what tells it stands there. */
static void on_chunk(struct arangodb *arango, struct facts *facts, enum side from,
		     const struct frame *frame)
{
	struct bytes header = bytes_from(frame->header, HEADER);
	struct bytes b = bytes_from(frame->body, frame->kept);
	uint32_t chunk;

	bytes_skip(&header, 4);
	chunk = bytes_le32(&header);
	if (!(chunk & 1))
		return;
	if (!arango->old || chunk >> 1 > 1)
		bytes_skip(&b, 8);
	on_message(arango, facts, from, bytes_be64(&header), b);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct arangodb *arango = state;
	struct frame *frame = exchange_begin(&arango->exchange, fed->from);
	struct bytes input = fed->bytes;

	while (fed->from == SIDE_CLIENT && arango->have < MARK && input.left != 0) {
		uint8_t c = bytes_u8(&input);

		arango->have++;
		if (arango->have == 7)
			arango->old = c == '0';
	}
	while (frames_next(frame, &input, HEADER, measure)) {
		on_chunk(arango, facts, fed->from, frame);
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct arangodb *arango = state;

	(void)facts;
	if (from == SIDE_CLIENT && arango->have < MARK) {
		arango->have = MARK;
		arango->exchange.side[from].lost = true;
	}
	exchange_gap(&arango->exchange, from, missing);
}

static enum recognised recognise_client(struct bytes b)
{
	static const char mark[] = "VST/1.";

	if (!bytes_agree_with(&b, mark))
		return RECOGNISED_NO;
	if (!bytes_skip(&b, sizeof mark - 1) || b.left == 0)
		return RECOGNISED_MORE;
	if (b.at[0] != '0' && b.at[0] != '1')
		return RECOGNISED_NO;
	bytes_skip(&b, 1);
	return !bytes_agree_with(&b, "\r\n\r\n") ? RECOGNISED_NO
	       : b.left < 4			 ? RECOGNISED_MORE
						 : RECOGNISED_YES;
}

static enum recognised recognise_server(struct bytes b)
{
	uint32_t length = bytes_le32(&b), chunk = bytes_le32(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	return length >= HEADER && length <= CHUNK_SEEN && (chunk & 1) && chunk >> 1 != 0
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

/* A chunk that begins with the list of an answer, [1, 2, code, ...]: that alone tells it. */
static bool is_answer(struct bytes b)
{
	uint64_t version, type, code;

	bytes_skip(&b, HEADER + 8);
	if (!open_list(&b))
		return false;
	version = take_number(&b);
	type = take_number(&b);
	code = take_number(&b);
	return !b.failed && version == 1 && type == ANSWER && code >= 200 && code < 600;
}

/* The server's other chunks could be anybody's. */
static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (client.left == 0 && opening->one_sided && recognise_server(server) == RECOGNISED_YES &&
	    is_answer(server))
		return RECOGNISED_YES;
	return dissector_by_client(recognise_client(client), recognise_server(server),
				   opening->one_sided);
}

const struct dissector arangodb_dissector = {
	.name = "arangodb",
	.transports = OVER_TCP,
	.state_size = sizeof(struct arangodb),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the line VST/1.0 or VST/1.1 with which a client begins",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
