/* SPDX-License-Identifier: ISC */
/*
 * ZooKeeper speaks two languages on its port: four letters ("stat") answered by text and the end,
 * and requests and replies with four bytes of length before them, big endian:
 *
 *	connect	version:4=0 zxid:8 timeout:4 session:8 16:4 password:16 [read-only:1]
 *	reply	version:4=0 timeout:4 session:8 16:4 password:16 [read-only:1]
 *	then	number:4 type:4 ...  and  number:4 zxid:8 error:4 ...
 *
 * zookeeper.apache.org: "The Four Letter Words", zookeeper.jute.
 */
#include "dissectors/read/answers.h"
#include "dissectors/read/frames.h"
#include "dissectors/read/lines.h"
#include "dissectors/read/turns.h"
#include "dissectors/zookeeper/zookeeper_recognise.h"

#define REQUEST_MAX  (64u * 1024 * 1024)
#define ERROR_NOAUTH (-102)
#define ERROR_FAILED (-115)

enum operation {
	OP_DELETE = 2,
	OP_GET = 4,
	OP_CHILDREN = 8,
	OP_PING = 11,
	OP_CHILDREN2 = 12,
	OP_MULTI = 14,
	OP_AUTH = 100,
	OP_SASL = 102,
};

static const uint16_t ports[] = {2181, 0};

static const struct service services[] = {
	{
		.name = "zookeeper",
		.family = FAMILY_DATABASE,
		.met = true,
		.about = "ZooKeeper coordination service",
		.ports = ports,
	},
};

struct zookeeper {
	struct frame side[2];
	struct line line;	      /* of the answer to four letters */
	struct answers_table pending; /* kind: the operation */
	struct turns turns;
	bool letters, known, midstream, logged_in, connected[2];
	int handle; /* of the four letters */
	uint8_t word_length;
	char word[4];
};

_Static_assert(sizeof(struct zookeeper) <= DISSECTOR_STATE_MAX, "state of zookeeper");

static void begin(void *state, struct facts *facts)
{
	struct zookeeper *zk = state;

	zk->handle = -1;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	FACTS_WORD(facts, product, "ZooKeeper");
}

static void note_version(struct facts *facts, struct bytes text)
{
	size_t length = 0;

	while (length < text.left &&
	       ((text.at[length] >= '0' && text.at[length] <= '9') || text.at[length] == '.'))
		length++;
	if (length != 0)
		FACTS_TEXT(facts, version, text.at, length);
}

/* A line of the text, as much of it as is there. */
static void on_line(struct zookeeper *zk, struct facts *facts)
{
	static const char *const marks[] = {"Zookeeper version: ", "zookeeper.version=",
					    "Environment:zookeeper.version=", "zk_version\t"};
	struct bytes text = bytes_from(zk->line.text, zk->line.length);
	bool refused = lines_contain(&text, "is not executed because");

	if (text.left == 0)
		return;
	facts_command_result(facts, zk->handle, !refused);
	facts_set_data_read(facts, refused || lines_equal(&text, "imok") ? ANSWER_NO : ANSWER_YES);
	if (!refused)
		facts_set_auth(facts, AUTH_NONE);
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		if (lines_start_with(&text, marks[i]) && bytes_skip(&text, strlen(marks[i]))) {
			note_version(facts, text);
			break;
		}
	}
}

static void feed_letters(struct zookeeper *zk, struct facts *facts, enum side from, struct bytes in)
{
	if (from == SIDE_SERVER) {
		while (lines_next(&zk->line, &in)) {
			on_line(zk, facts);
			lines_reset(&zk->line);
		}
		if (zk->line.length == 4 && memcmp(zk->line.text, "imok", 4) == 0)
			on_line(zk, facts); /* nothing ends it */
		return;
	}
	while (in.left != 0 && zk->word_length < sizeof zk->word) {
		zk->word[zk->word_length++] = (char)bytes_u8(&in);
		if (zk->word_length == sizeof zk->word)
			zk->handle = facts_command(facts, zk->word, sizeof zk->word, 0);
	}
}

static const char *operation_name(int32_t operation, unsigned *flags)
{
	static const struct {
		int32_t operation;
		uint8_t flags;
		const char *name;
	} rows[] = {
		{1, 0, "create"},
		{OP_DELETE, 0, "delete"},
		{OP_GET, COMMAND_LISTING, "getData"},
		{5, 0, "setData"},
		{6, 0, "getACL"},
		{7, 0, "setACL"},
		{OP_CHILDREN, COMMAND_LISTING, "getChildren"},
		{OP_CHILDREN2, COMMAND_LISTING, "getChildren"},
		{15, 0, "create"},
		{16, 0, "reconfig"},
		{19, 0, "create"},
		{20, 0, "delete"},
		{21, 0, "create"},
		{103, COMMAND_LISTING, "getEphemerals"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].operation == operation) {
			*flags = rows[i].flags;
			return rows[i].name;
		}
	}
	return NULL;
}

/* kind:4 scheme credentials; "digest" has "user:password" */
static void note_login(struct facts *facts, struct bytes b)
{
	struct bytes scheme, user;
	size_t length = 0;

	bytes_skip(&b, 4);
	scheme = bytes_sub(&b, bytes_be32(&b));
	if (scheme.failed)
		return;
	FACTS_TEXT(facts, mechanism, scheme.at, scheme.left);
	bytes_skip(&b, 4);
	user = b;
	while (length < user.left && user.at[length] != ':')
		length++;
	if (length < user.left && lines_equal(&scheme, "digest"))
		FACTS_TEXT(facts, user, user.at, length);
}

static void on_request(struct zookeeper *zk, struct facts *facts, struct bytes b)
{
	uint32_t number = bytes_be32(&b);
	int32_t operation = (int32_t)bytes_be32(&b);
	unsigned flags = 0;
	const char *name = operation_name(operation, &flags);
	int handle = -1;

	if (b.failed || operation < 0 || operation > 255)
		return;
	if (operation == OP_AUTH)
		note_login(facts, b);
	if (operation == OP_MULTI && bytes_be32(&b) == OP_DELETE) { /* zkCli's deleteall */
		name = "deleteall";
		flags = COMMAND_DESTRUCTIVE;
	}
	if (name)
		handle = facts_command(facts, name, strlen(name), flags);
	if (operation != OP_PING)
		answers_put(&zk->pending, number, handle, (uint16_t)operation);
}

static void on_reply(struct zookeeper *zk, struct facts *facts, struct bytes b)
{
	uint32_t number = bytes_be32(&b);
	struct answers_numbered row;
	int32_t error;

	bytes_skip(&b, 8);
	error = (int32_t)bytes_be32(&b);
	if (b.failed || !answers_take(&zk->pending, number, &row))
		return;
	if (row.kind == OP_AUTH) {
		facts_login(facts, error == 0);
		zk->logged_in |= error == 0;
		return;
	}
	facts_command_result(facts, row.handle, error == 0);
	if (error == ERROR_NOAUTH && !zk->logged_in)
		facts_set_auth(facts, AUTH_REQUIRED);
	if (error == ERROR_FAILED)
		facts_login(facts, false);
	if (error != 0 || row.kind == OP_SASL)
		return;
	if (!zk->logged_in && !zk->midstream)
		facts_set_auth(facts, AUTH_NONE);
	if (row.kind == OP_GET || row.kind == OP_CHILDREN || row.kind == OP_CHILDREN2)
		facts_set_data_read(facts, ANSWER_YES);
}

static void on_frame(struct zookeeper *zk, struct facts *facts, enum side from)
{
	const struct frame *frame = &zk->side[from];
	struct bytes b = bytes_from(frame->body, frame->kept);

	if (!zk->connected[from] && !zk->midstream) {
		zk->connected[from] = true;
		if (from == SIDE_SERVER) {
			facts_set_auth(facts, AUTH_NA);
			facts_set_data_read(facts, ANSWER_NO);
		}
		return;
	}
	if (from == SIDE_CLIENT)
		on_request(zk, facts, b);
	else
		on_reply(zk, facts, b);
}

static void feed_frames(struct zookeeper *zk, struct facts *facts, enum side from, struct bytes in)
{
	struct frame *frame = &zk->side[from];
	struct bytes piece;

	while (!frame->lost && frames_header(frame, &in, 4)) {
		if (!frame->expected) {
			struct bytes b = bytes_from(frame->header, 4);
			uint32_t length = bytes_be32(&b);

			if (length == 0 || length > REQUEST_MAX) {
				frame->lost = true;
				return;
			}
			frames_expect(frame, length);
		}
		if (!frames_body(frame, &in, &piece))
			return;
		on_frame(zk, facts, from);
		frames_done(frame);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct zookeeper *zk = state;

	if (fed->bytes.left == 0)
		return;
	if (turns_begin(&zk->turns, from) && zk->side[from].lost)
		zk->side[from] = (struct frame){.lost = false};
	if (!zk->known) { /* a length begins with 0 */
		zk->letters = fed->bytes.at[0] != 0;
		zk->known = true;
	}
	if (zk->letters)
		feed_letters(zk, facts, from, fed->bytes);
	else
		feed_frames(zk, facts, from, fed->bytes);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct zookeeper *zk = state;

	(void)facts;
	(void)missing;
	zk->midstream = true;
	zk->side[from] = (struct frame){.lost = turns_begun(&zk->turns)};
	lines_reset(&zk->line);
}

/* The last line may have no end. */
static void end(void *state, struct facts *facts)
{
	struct zookeeper *zk = state;

	if (zk->letters)
		on_line(zk, facts);
}

const struct dissector zookeeper_dissector = {
	.name = "zookeeper",
	.transports = OVER_TCP,
	.state_size = sizeof(struct zookeeper),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a four-letter word and its answer, or the connect request and response",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = zookeeper_recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
	.end = end,
};
