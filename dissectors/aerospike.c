/* SPDX-License-Identifier: ISC */
/*
 * Aerospike: version:1 (2) type:1 length:6, and by type
 *
 *	1  info: names of what is asked, a line each; the answer has "name TAB value" lines
 *	2  log-ins and accounts: 00 result command fields, 12 bytes of zeros, fields
 *	3  records: 16 info1 info2 info3 info4 result ... fields:2 operations:2, fields
 *	4  records, compressed: not looked into
 *
 * A field is length:4 type:1 value. github.com/aerospike/aerospike-server: as/include/base/proto.h,
 * security.h; the client's AdminCommand.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/exchange.h"
#include "dissectors/read/lines.h"

#define HEADER	      8
#define VERSION	      2
#define LENGTH_MAX    (128u << 20)
#define RECORD_HEADER 22
#define NAMES_MAX     16 /* of one message that are looked at */

enum { INFO = 1, SECURITY = 2, RECORDS = 3, COMPRESSED = 4 };
enum { READ = 1, BATCH = 8, WRITE = 1, DELETE = 2 };
enum { FIELD_KEY = 2, FIELD_DIGEST = 4, FIELD_SCAN = 7, FIELD_UDF = 30 };
enum { OK = 0, OK_LAST = 50, NOT_SUPPORTED = 51, NOT_CONFIGURED = 52, NOT_AUTHENTICATED = 80 };
enum { AUTHENTICATE = 0, LOGIN = 20, FIELD_USER = 0 };

static const struct service services[] = {
	{
		.name = "aerospike",
		.family = FAMILY_DATABASE,
		.about = "Aerospike database",
	},
};

struct aerospike {
	struct exchange exchange;
};

_Static_assert(sizeof(struct aerospike) <= DISSECTOR_STATE_MAX, "state of aerospike");

/* Accounts, by the number of the command. */
static const struct exchange_command account_commands[] = {
	{AUTHENTICATE, 0, EXCHANGE_LOGIN, NULL},
	{1, 0, 0, "CREATE USER"},
	{2, COMMAND_DESTRUCTIVE, 0, "DROP USER"},
	{3, 0, 0, "SET PASSWORD"},
	{9, COMMAND_LISTING, EXCHANGE_READS, "QUERY USERS"},
	{10, 0, 0, "CREATE ROLE"},
	{16, COMMAND_LISTING, EXCHANGE_READS, "QUERY ROLES"},
	{LOGIN, 0, EXCHANGE_LOGIN, NULL},
};

static const struct exchange_command scan = {0, COMMAND_LISTING, EXCHANGE_READS, "SCAN"},
				     udf = {0, COMMAND_EXECUTES, EXCHANGE_READS, "UDF"},
				     batch = {0, COMMAND_LISTING, EXCHANGE_READS, "BATCH"},
				     deletion = {0, 0, 0, "DELETE"}, put = {0, 0, 0, "PUT"},
				     get = {0, 0, EXCHANGE_READS, "GET"};

static const struct {
	const char *name;
	uint8_t flags;
} info_commands[] = {
	{"truncate", COMMAND_DESTRUCTIVE},
	{"truncate-namespace", COMMAND_DESTRUCTIVE},
	{"sets", COMMAND_LISTING},
	{"namespaces", COMMAND_LISTING},
	{"sindex-delete", COMMAND_DESTRUCTIVE},
	{"udf-remove", COMMAND_DESTRUCTIVE},
	{"udf-put", COMMAND_EXECUTES},
};

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "Aerospike");
}

static bool measure(struct bytes header, uint32_t *body)
{
	uint8_t version = bytes_u8(&header), type = bytes_u8(&header);
	uint16_t high = bytes_be16(&header);

	*body = bytes_be32(&header);
	return version == VERSION && type >= INFO && type <= COMPRESSED && high == 0 &&
	       *body <= LENGTH_MAX;
}

/* Up to the line's end, or to the end of what was kept. */
static struct bytes take_line(struct bytes *b)
{
	const uint8_t *end = b->left != 0 ? memchr(b->at, '\n', b->left) : NULL;
	struct bytes line = bytes_sub(b, end != NULL ? (size_t)(end - b->at) : b->left);

	if (b->left != 0)
		bytes_skip(b, 1);
	return line;
}

/* "truncate:namespace=test": the name of the command. */
static struct bytes name_of(struct bytes line)
{
	size_t length = 0;

	while (length < line.left && memchr(":/\t", line.at[length], 3) == NULL)
		length++;
	return bytes_from(line.at, length);
}

static int note_info(struct facts *facts, struct bytes name)
{
	unsigned flags = 0;

	for (size_t i = 0; i < sizeof info_commands / sizeof *info_commands; i++) {
		if (name.left == strlen(info_commands[i].name) &&
		    bytes_start_with(&name, info_commands[i].name))
			flags = info_commands[i].flags;
	}
	return facts_command(facts, name.at, name.left, flags);
}

static void on_info_asked(struct facts *facts, struct bytes b)
{
	for (unsigned i = 0; i < NAMES_MAX && b.left != 0; i++) {
		struct bytes name = name_of(take_line(&b));

		if (name.left != 0)
			note_info(facts, name);
	}
}

/* One answer, "name TAB value"; it names its command again. */
static void on_info_value(struct aerospike *as, struct facts *facts, struct bytes line)
{
	struct bytes name = name_of(line), value = line;
	bool failed;

	while (value.left != 0 && bytes_u8(&value) != '\t')
		;
	failed = lines_start_with(&value, "error") || lines_start_with(&value, "fail");
	if (lines_contain(&value, "not authenticated")) {
		exchange_demanded(&as->exchange, facts);
	} else if (!failed) {
		exchange_served(&as->exchange, facts);
		if (lines_equal(&name, "build"))
			FACTS_TEXT(facts, version, value.at, value.left);
		if ((lines_equal(&name, "namespaces") || lines_equal(&name, "sets")) &&
		    value.left != 0)
			facts_set_data_read(facts, ANSWER_YES);
	}
	facts_command_result(facts, note_info(facts, name), !failed);
}

static void on_info_answer(struct aerospike *as, struct facts *facts, struct bytes b)
{
	for (unsigned i = 0; i < NAMES_MAX && b.left != 0; i++) {
		struct bytes line = take_line(&b);

		if (line.left != 0 && memchr(line.at, '\t', line.left) != NULL)
			on_info_value(as, facts, line);
	}
}

static const struct exchange_command *record_command(struct bytes b)
{
	bool keyed = false, scanned = false;
	uint8_t reads, writes;
	uint16_t fields;

	bytes_skip(&b, 1);
	reads = bytes_u8(&b);
	writes = bytes_u8(&b);
	bytes_skip(&b, 15);
	fields = bytes_be16(&b);
	bytes_skip(&b, 2);
	for (uint16_t i = 0; i < fields && !b.failed; i++) {
		uint32_t length = bytes_be32(&b);
		uint8_t type = bytes_u8(&b);

		if (!b.failed && type == FIELD_UDF)
			return &udf;
		keyed |= type == FIELD_DIGEST || type == FIELD_KEY;
		scanned |= type == FIELD_SCAN;
		if (length == 0 || !bytes_skip(&b, length - 1))
			break;
	}
	if (writes & DELETE)
		return &deletion;
	if (writes & WRITE)
		return &put;
	return reads & BATCH ? &batch : scanned && !keyed ? &scan : &get;
}

static void on_account(struct aerospike *as, struct facts *facts, struct bytes b)
{
	uint8_t command, fields;

	bytes_skip(&b, 2);
	command = bytes_u8(&b);
	fields = bytes_u8(&b);
	exchange_ask(&as->exchange, facts, exchange_next_asked(&as->exchange),
		     EXCHANGE_FIND(account_commands, command));
	if (!bytes_skip(&b, 12) || (command != LOGIN && command != AUTHENTICATE))
		return;
	for (uint8_t i = 0; i < fields && !b.failed; i++) {
		uint32_t length = bytes_be32(&b);
		struct bytes value = bytes_sub(&b, length < b.left ? length : b.left);

		if (bytes_u8(&value) == FIELD_USER && value.left != 0)
			FACTS_TEXT(facts, user, value.at, value.left);
	}
}

static void on_account_answer(struct aerospike *as, struct facts *facts, struct bytes b)
{
	uint64_t number;
	uint8_t result;

	bytes_skip(&b, 1);
	result = bytes_u8(&b);
	if (b.failed)
		return;
	number = exchange_next_answered(&as->exchange);
	if (result == NOT_SUPPORTED || result == NOT_CONFIGURED) {
		exchange_served(&as->exchange, facts); /* there are no accounts */
		return;
	}
	exchange_answer(&as->exchange, facts, number, result == OK || result == OK_LAST);
	if (result == NOT_AUTHENTICATED)
		exchange_demanded(&as->exchange, facts);
}

static void on_client(struct aerospike *as, struct facts *facts, uint8_t type, struct bytes b)
{
	if (type == INFO)
		on_info_asked(facts, b);
	else if (type == SECURITY)
		on_account(as, facts, b);
	else
		exchange_ask(&as->exchange, facts, exchange_next_asked(&as->exchange),
			     type == RECORDS ? record_command(b) : NULL);
}

/* A scan is answered by many messages: the first is the command's, records are data. */
static void on_records(struct aerospike *as, struct facts *facts, struct bytes b)
{
	uint8_t result, last;

	bytes_skip(&b, 3);
	last = bytes_u8(&b) & 1;
	bytes_skip(&b, 1);
	result = bytes_u8(&b);
	if (b.failed)
		return;
	if (result == NOT_AUTHENTICATED)
		exchange_demanded(&as->exchange, facts);
	exchange_answer(&as->exchange, facts, exchange_next_answered(&as->exchange), result == OK);
	bytes_skip(&b, 14);
	if (result == OK && bytes_be16(&b) != 0 && !last)
		facts_set_data_read(facts, ANSWER_YES);
}

static void on_server(struct aerospike *as, struct facts *facts, uint8_t type, struct bytes b)
{
	if (type == INFO)
		on_info_answer(as, facts, b);
	else if (type == SECURITY)
		on_account_answer(as, facts, b);
	else if (type == RECORDS)
		on_records(as, facts, b);
	else
		exchange_next_answered(&as->exchange);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct aerospike *as = state;
	struct frame *frame = exchange_begin(&as->exchange, fed->from);
	struct bytes input = fed->bytes;

	while (frames_next(frame, &input, HEADER, measure)) {
		struct bytes b = bytes_from(frame->body, frame->kept);

		if (fed->from == SIDE_CLIENT)
			on_client(as, facts, frame->header[1], b);
		else
			on_server(as, facts, frame->header[1], b);
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct aerospike *as = state;

	(void)facts;
	exchange_gap(&as->exchange, from, missing);
}

static bool is_name(struct bytes b, size_t length)
{
	for (size_t i = 0; i < length && i < b.left; i++) {
		if (b.at[i] != '\n' && b.at[i] != '\t' && (b.at[i] < ' ' || b.at[i] > '~'))
			return false;
	}
	return true;
}

static enum recognised recognise_side(struct bytes b, enum side from)
{
	struct bytes header = b;
	uint32_t length;
	uint8_t type;

	if (b.left < HEADER)
		return b.left > 1 && (b.at[0] != VERSION || b.at[1] > COMPRESSED) ? RECOGNISED_NO
										  : RECOGNISED_MORE;
	if (!measure(bytes_from(b.at, HEADER), &length))
		return RECOGNISED_NO;
	bytes_skip(&header, 1);
	type = bytes_u8(&header);
	bytes_skip(&b, HEADER);
	if (type == INFO && length == 0)
		return from == SIDE_CLIENT ? RECOGNISED_YES : RECOGNISED_NO;
	if (b.left == 0)
		return RECOGNISED_MORE;
	if (type == INFO)
		return is_name(b, length) ? RECOGNISED_YES : RECOGNISED_NO;
	if (type == RECORDS)
		return length >= RECORD_HEADER && b.at[0] == RECORD_HEADER ? RECOGNISED_YES
									   : RECOGNISED_NO;
	return length >= 16 && b.at[0] == 0 ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	return dissector_by_both(recognise_side(opening->side[SIDE_CLIENT], SIDE_CLIENT),
				 recognise_side(opening->side[SIDE_SERVER], SIDE_SERVER),
				 opening->one_sided);
}

const struct dissector aerospike_dissector = {
	.name = "aerospike",
	.transports = OVER_TCP,
	.state_size = sizeof(struct aerospike),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a header of version 2 on both sides, with text or a record's header behind",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_COMMANDS |
		 READS_LISTINGS | READS_DESTRUCTION | READS_EXECUTION | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
