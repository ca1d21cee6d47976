/* SPDX-License-Identifier: ISC */
/*
 * MySQL's X protocol: the same databases as over the classic one, at a second door. Messages are
 *
 *	length:4 little-endian (of the rest), type:1, Protocol Buffers
 *
 * The server greets with a notice (type 11, whose body begins 08 05: hello). The client asks for
 * capabilities (1), sets them (2: tls), logs in (4, with 5 for challenges), and runs statements
 * (12), find (17), insert (18), update (19), delete (20). The server: 0 ok, 1 error, 2
 * capabilities, 3 challenge, 4 logged in. mysqlx*.proto of MySQL's source.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/frames.h"
#include "dissectors/read/sql.h"

#define LENGTH_MAX (1u << 28)

enum client {
	CAPABILITIES_GET = 1,
	CAPABILITIES_SET = 2,
	AUTH_START = 4,
	EXECUTE = 12,
	FIND = 17,
	INSERT = 18,
	UPDATE = 19,
	DELETE = 20,
};

enum server {
	OK = 0,
	FAILED = 1,
	CAPABILITIES = 2,
	AUTH_OK = 4,
	NOTICE = 11,
	COLUMN = 12,
	ROW = 13,
	EXECUTED = 17,
};

static const uint16_t ports[] = {33060, 0};

static const struct service services[] = {
	{
		.name = "mysqlx",
		.family = FAMILY_DATABASE,
		.about = "MySQL by its X protocol",
		.identifier = "open-mysql",
		.ports = ports,
	},
};

struct mysqlx {
	struct frame frame[2]; /* by enum side */
	uint8_t asked;	       /* enum client: what waits for its answer */
	bool logged_in, wants_tls, spoken;
	int handle;
};

_Static_assert(sizeof(struct mysqlx) <= DISSECTOR_STATE_MAX, "state of mysqlx");

static bool contains(struct bytes b, const char *text)
{
	while (b.left != 0 && !bytes_start_with(&b, text))
		bytes_skip(&b, 1);
	return b.left != 0;
}

/* The hello, or what only such a server can do. */
static enum recognised recognise_server(struct bytes b)
{
	uint32_t length = bytes_le32(&b);
	uint8_t type = bytes_u8(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	if (type == NOTICE && length == 5 && b.left >= 2)
		return b.at[0] == 0x08 && b.at[1] == 0x05 ? RECOGNISED_YES : RECOGNISED_NO;
	if (type == NOTICE && length == 5)
		return RECOGNISED_MORE;
	if (type != CAPABILITIES || length < 16 || length > 1024 || (b.left && b.at[0] != 0x0a))
		return RECOGNISED_NO;
	if (contains(b, "authentication.mechanisms"))
		return RECOGNISED_YES;
	return b.left < length - 1 ? RECOGNISED_MORE : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT];
	uint32_t length = bytes_le32(&client);
	uint8_t type = bytes_u8(&client);

	if (!client.failed && (length == 0 || length > LENGTH_MAX ||
			       (type != CAPABILITIES_GET && type != CAPABILITIES_SET &&
				type != AUTH_START && type != 3)))
		return RECOGNISED_NO;
	return opening->side[SIDE_SERVER].left != 0 ? recognise_server(opening->side[SIDE_SERVER])
						    : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	struct mysqlx *mysqlx = state;

	mysqlx->handle = -1;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "MySQL");
}

static uint64_t take_varint(struct bytes *b)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 35; shift += 7) {
		uint8_t byte = bytes_u8(b);

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	return value;
}

/* The first field, which is a text; as much of it as was kept. */
static struct bytes first_text(struct bytes b)
{
	uint8_t tag = bytes_u8(&b);
	uint64_t length = take_varint(&b);

	if (b.failed || tag != 0x0a)
		return bytes_from(NULL, 0);
	return bytes_from(b.at, length < b.left ? (size_t)length : b.left);
}

static int on_statement(struct facts *facts, struct bytes text, bool cut)
{
	struct sql sql;
	struct sql_statement statement;
	unsigned flags;

	sql_begin(&sql, SQL_MYSQL);
	if (!sql_next(&sql, &text, &statement) && !sql_end(&sql, &statement))
		return -1;
	flags = statement.flags;
	if (cut && strncmp(statement.name, "DELETE", 6) == 0)
		flags = 0; /* its WHERE may be behind the cut */
	return facts_command(facts, statement.name, strlen(statement.name), flags);
}

static void on_client(struct mysqlx *mysqlx, struct facts *facts, uint8_t type, struct bytes body)
{
	struct bytes text = first_text(body);

	if (type == CAPABILITIES_SET)
		mysqlx->wants_tls = contains(body, "tls");
	else if (type == AUTH_START)
		FACTS_TEXT(facts, mechanism, text.at, text.left);
	else if (type == EXECUTE)
		mysqlx->handle = on_statement(facts, text, body.left == FRAME_KEPT);
	else if (type == FIND)
		mysqlx->handle = FACTS_COMMAND(facts, "FIND", COMMAND_LISTING);
	else if (type == DELETE)
		mysqlx->handle = FACTS_COMMAND(facts, "DELETE", 0);
	else if (type == INSERT || type == UPDATE)
		mysqlx->handle = facts_command(facts, type == INSERT ? "INSERT" : "UPDATE", 6, 0);
	else
		return;
	mysqlx->asked = type;
}

static void on_result(struct mysqlx *mysqlx, struct facts *facts, struct feed *fed, bool ok)
{
	if (mysqlx->asked == CAPABILITIES_SET && ok && mysqlx->wants_tls) {
		facts_start_tls(facts, fed);
	} else if (mysqlx->asked == AUTH_START) {
		facts_login(facts, ok);
	} else {
		facts_command_result(facts, mysqlx->handle, ok);
		mysqlx->handle = -1;
	}
	mysqlx->asked = 0;
}

static void on_server(struct mysqlx *mysqlx, struct facts *facts, struct feed *fed, uint8_t type)
{
	if (type == AUTH_OK || type == OK || type == EXECUTED)
		on_result(mysqlx, facts, fed, true);
	else if (type == FAILED)
		on_result(mysqlx, facts, fed, false);
	else if (type == ROW && mysqlx->asked != 0)
		facts_set_data_read(facts, ANSWER_YES);
	else if (type == CAPABILITIES && facts->logins_succeeded == 0)
		facts_set_auth(facts, AUTH_REQUIRED);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct mysqlx *mysqlx = state;
	struct frame *frame = &mysqlx->frame[from];
	struct bytes input = fed->bytes, piece;

	mysqlx->spoken = true;
	while (!frame->lost && fed->next == FEED_ON && frames_header(frame, &input, 5)) {
		struct bytes header = bytes_from(frame->header, 5);
		uint32_t size = bytes_le32(&header);

		frame->lost = size == 0 || size > LENGTH_MAX;
		if (frame->lost)
			break;
		if (!frame->expected)
			frames_expect(frame, size - 1);
		if (!frames_body(frame, &input, &piece))
			break;
		if (from == SIDE_CLIENT)
			on_client(mysqlx, facts, frame->header[4],
				  bytes_from(frame->body, frame->kept));
		else
			on_server(mysqlx, facts, fed, frame->header[4]);
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct mysqlx *mysqlx = state;

	if (!mysqlx->spoken)
		facts_set_auth(facts, AUTH_UNKNOWN);
	else if (!frames_gap(&mysqlx->frame[from], missing))
		mysqlx->frame[!from].lost = true;
}

const struct dissector mysqlx_dissector = {
	.name = "mysqlx",
	.transports = OVER_TCP,
	.state_size = sizeof(struct mysqlx),
	.service_count = sizeof services / sizeof *services,
	.upgrades = true,
	.services = services,
	.recognised = "the server's hello notice, or its list of capabilities",
	.reads = READS_PRODUCT | READS_AUTH | READS_MECHANISM | READS_COMMANDS | READS_LISTINGS |
		 READS_DESTRUCTION | READS_EXECUTION | READS_DATA | READS_ENCRYPTION |
		 READS_STARTTLS,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
