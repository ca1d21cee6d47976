/* SPDX-License-Identifier: ISC */
/*
 * iSCSI (RFC 7143): block storage. A message has 48 bytes, further headers, and data that are
 * padded to four bytes; check sums follow header and data if the log-in agreed on them:
 *
 *	u8 opcode (40: at once)  u8 flags  u16  u8 further headers / 4  u24 length of data
 *	u64 unit  u32 number of the task  ...  byte 32 on: the SCSI command
 *
 * A log-in exchanges "Key=Value" texts, NUL after each. The check sums are those that the target
 * has agreed to; they begin after the log-in.
 */
#include "dissectors/dissector.h"
#include "dissectors/iscsi/iscsi_commands.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/lines.h"

#define HEADER	     48
#define KEPT	     64 /* bytes of one key and value */
#define DATA_MAX     (16u << 20)
#define FLAG_FINAL   0x80
#define FLAG_STATUS  0x01
#define STAGE_FULL   3
#define CLASS_CLIENT 2 /* of a log-in's status: the initiator's fault */

enum {
	COMMAND = 0x01,
	LOGIN = 0x03,
	TEXT = 0x04,
	ANSWER = 0x21,
	LOGIN_ANSWER = 0x23,
	TEXT_ANSWER = 0x24,
	DATA_IN = 0x25,
};

static const uint16_t ports[] = {3260, 0};

static const struct service services[] = {
	{
		.name = "iscsi",
		.family = FAMILY_STORAGE,
		.met = true,
		.about = "iSCSI block storage",
		.ports = ports,
	},
};

struct iscsi_stream {
	uint8_t header[HEADER];
	uint8_t have;
	uint8_t kept; /* of text */
	bool lost;
	uint32_t left; /* bytes of data */
	uint32_t skip; /* bytes to pass over first, then after the data */
	uint32_t after;
	char text[KEPT];
};

struct iscsi {
	struct iscsi_stream side[2];
	struct answers_table pending; /* by task; kind: COMMAND_… */
	bool begun, full;	      /* full: past the log-in */
	bool header_sum, data_sum;
	bool proves; /* a CHAP answer was given */
	bool asked;  /* the target wants a proof */
	bool holed;  /* bytes were not seen: who knows what they proved */
};

_Static_assert(sizeof(struct iscsi) <= DISSECTOR_STATE_MAX, "state of iscsi");

static bool is_opcode(uint8_t opcode, enum side from)
{
	if (from == SIDE_CLIENT)
		return opcode <= 0x06 || opcode == 0x10;
	return (opcode >= 0x20 && opcode <= 0x26) || opcode == 0x31 || opcode == 0x32 ||
	       opcode == 0x3f;
}

/* "Key=": letters and digits, then the sign */
static enum recognised is_text(struct bytes b)
{
	size_t n = 0;

	while (b.left != 0 && n < 40) {
		uint8_t c = bytes_u8(&b);

		if (c == '=' && n > 2)
			return RECOGNISED_YES;
		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '_' && c != '-')
			return RECOGNISED_NO;
		n++;
	}
	return n == 40 ? RECOGNISED_NO : RECOGNISED_MORE;
}

/* A log-in, or the answer to one, with its text. */
static enum recognised recognise_side(struct bytes b, enum side from)
{
	uint8_t opcode, further;
	uint16_t version;
	uint32_t length;

	if (b.left == 0)
		return RECOGNISED_MORE;
	opcode = bytes_u8(&b);
	if (from == SIDE_CLIENT ? (opcode & 0xbf) != LOGIN : opcode != LOGIN_ANSWER)
		return RECOGNISED_NO;
	if (b.left < 7)
		return RECOGNISED_MORE;
	bytes_skip(&b, 1);
	version = bytes_be16(&b);
	further = bytes_u8(&b);
	length = bytes_be24(&b);
	if (version != 0 || further != 0 || length > 65536)
		return RECOGNISED_NO;
	if (from == SIDE_SERVER && length == 0) { /* refused: no text is needed */
		bytes_skip(&b, 28);
		return b.left < 12	   ? RECOGNISED_MORE
		       : bytes_u8(&b) <= 3 ? RECOGNISED_YES
					   : RECOGNISED_NO;
	}
	bytes_skip(&b, HEADER - 8);
	return b.failed ? RECOGNISED_MORE : is_text(b);
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes server = opening->side[SIDE_SERVER];
	enum recognised client = recognise_side(opening->side[SIDE_CLIENT], SIDE_CLIENT);
	enum recognised answer = recognise_side(server, SIDE_SERVER);

	if (client == RECOGNISED_NO || answer == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (answer == RECOGNISED_YES && (client == RECOGNISED_YES || opening->one_sided))
		return RECOGNISED_YES;
	return client == RECOGNISED_YES && opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

/* If text begins with this key, what follows. */
static bool has_key(const struct iscsi_stream *stream, const char *key, struct bytes *value)
{
	*value = bytes_from(stream->text, stream->kept);
	return bytes_start_with(value, key) && bytes_skip(value, strlen(key));
}

static void on_client_text(struct iscsi *i, struct facts *facts, const struct iscsi_stream *stream)
{
	struct bytes value;

	if (has_key(stream, "CHAP_N=", &value)) {
		FACTS_TEXT(facts, user, value.at, value.left);
		FACTS_WORD(facts, mechanism, "CHAP");
		i->proves = true;
	} else if (has_key(stream, "InitiatorName=", &value) && !i->proves) {
		FACTS_TEXT(facts, user, value.at, value.left);
	} else if (has_key(stream, "TargetName=", &value)) {
		FACTS_TEXT(facts, path, value.at, value.left);
	} else if (has_key(stream, "SendTargets=", &value)) {
		struct bytes task = bytes_from(stream->header + 16, 4);

		answers_put(&i->pending, bytes_be32(&task),
			    FACTS_COMMAND(facts, "SendTargets", COMMAND_LISTING), COMMAND_LISTING);
	}
}

static void on_server_text(struct iscsi *i, struct facts *facts, const struct iscsi_stream *stream)
{
	struct bytes value;

	if (has_key(stream, "HeaderDigest=", &value))
		i->header_sum = !lines_equal(&value, "None");
	else if (has_key(stream, "DataDigest=", &value))
		i->data_sum = !lines_equal(&value, "None");
	else if (has_key(stream, "AuthMethod=", &value))
		i->asked = !lines_equal(&value, "None");
	if (i->asked && facts->auth <= AUTH_NA)
		facts_set_auth(facts, AUTH_REQUIRED);
}

/* Texts of a log-in or a question, as they pass. */
static void pass_text(struct iscsi *i, struct facts *facts, enum side from, struct bytes piece)
{
	struct iscsi_stream *stream = &i->side[from];

	while (piece.left != 0) {
		uint8_t c = bytes_u8(&piece);

		if (c != 0) {
			if (stream->kept < KEPT)
				stream->text[stream->kept++] = (char)c;
			continue;
		}
		if (stream->kept != 0 && from == SIDE_CLIENT)
			on_client_text(i, facts, stream);
		else if (stream->kept != 0)
			on_server_text(i, facts, stream);
		memset(stream->text, 0, sizeof stream->text);
		stream->kept = 0;
	}
}

static void on_command(struct iscsi *i, struct facts *facts, struct bytes header)
{
	const struct iscsi_command *row;
	uint32_t task;

	bytes_skip(&header, 16);
	task = bytes_be32(&header);
	bytes_skip(&header, 12);
	row = iscsi_command_find(bytes_u8(&header));
	if (row)
		answers_put(&i->pending, task,
			    facts_command(facts, row->name, strlen(row->name), row->flags),
			    row->flags);
}

static void on_answer(struct iscsi *i, struct facts *facts, struct bytes header, uint32_t length)
{
	uint8_t opcode = bytes_u8(&header) & 0x3f, flags = bytes_u8(&header), status;
	bool last = opcode != DATA_IN || (flags & FLAG_STATUS) != 0;
	struct answers_numbered *row;
	uint32_t task;

	bytes_skip(&header, 1);
	status = opcode == TEXT_ANSWER ? 0 : bytes_u8(&header);
	bytes_skip(&header, opcode == TEXT_ANSWER ? 13 : 12);
	task = bytes_be32(&header);
	row = answers_find(&i->pending, task);
	if (row == NULL)
		return;
	if ((row->kind & COMMAND_LISTING) && length != 0 && opcode != ANSWER)
		facts_set_data_read(facts, ANSWER_YES);
	if (!last)
		return;
	facts_command_result(facts, row->handle, status == 0);
	row->waits = false;
}

static void on_login_answer(struct iscsi *i, struct facts *facts, struct bytes header)
{
	uint8_t flags, class, detail;
	int handle = FACTS_COMMAND(facts, "LOGIN", 0);

	bytes_skip(&header, 1);
	flags = bytes_u8(&header);
	bytes_skip(&header, 34);
	class = bytes_u8(&header);
	detail = bytes_u8(&header);
	if (class == CLASS_CLIENT && (detail == 1 || detail == 2)) {
		facts_command_result(facts, handle, false);
		if (i->proves)
			facts_login(facts, false);
		else
			facts_set_auth(facts, AUTH_REQUIRED);
		return;
	}
	if (class != 0 || !(flags & FLAG_FINAL) || (flags & 3) != STAGE_FULL)
		return;
	facts_command_result(facts, handle, true);
	i->full = true;
	if (i->proves)
		facts_login(facts, true);
	else if (!i->asked && !i->holed)
		facts_set_auth(facts, AUTH_NONE);
}

static void on_header(struct iscsi *i, struct facts *facts, enum side from)
{
	struct iscsi_stream *stream = &i->side[from];
	struct bytes header = bytes_from(stream->header, HEADER), b = header;
	uint8_t opcode = bytes_u8(&b) & 0x3f;
	bool sums = i->full && opcode != LOGIN && opcode != LOGIN_ANSWER;
	uint32_t length;

	bytes_skip(&b, 3);
	stream->skip = bytes_u8(&b) * 4u + (sums && i->header_sum ? 4 : 0);
	length = bytes_be24(&b);
	stream->left = length;
	stream->after = -length % 4 + (sums && i->data_sum && length != 0 ? 4 : 0);
	stream->kept = 0;
	if (opcode == LOGIN && facts->auth == AUTH_NA)
		facts_set_auth(facts, AUTH_UNKNOWN);
	if (!is_opcode(opcode, from) || length > DATA_MAX)
		stream->lost = true;
	else if (opcode == LOGIN)
		FACTS_COMMAND(facts, "LOGIN", 0);
	else if (opcode == COMMAND)
		on_command(i, facts, header);
	else if (opcode == ANSWER || opcode == TEXT_ANSWER || opcode == DATA_IN)
		on_answer(i, facts, header, length);
}

static void pass_data(struct iscsi *i, struct facts *facts, enum side from, struct bytes *input)
{
	struct iscsi_stream *stream = &i->side[from];
	uint8_t opcode = stream->header[0] & 0x3f;
	size_t n = stream->left < input->left ? stream->left : input->left;
	struct bytes piece = bytes_sub(input, n);

	if (opcode == LOGIN || opcode == LOGIN_ANSWER || opcode == TEXT)
		pass_text(i, facts, from, piece);
	stream->left -= (uint32_t)n;
}

/* A whole message has passed, but for its padding. */
static void on_end(struct iscsi *i, struct facts *facts, enum side from)
{
	struct iscsi_stream *stream = &i->side[from];

	if (stream->header[0] == LOGIN_ANSWER)
		on_login_answer(i, facts, bytes_from(stream->header, HEADER));
	stream->skip = stream->after;
	stream->have = 0;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct iscsi *i = state;
	struct iscsi_stream *stream = &i->side[from];
	struct bytes input = fed->bytes;

	i->begun = true;
	while (input.left != 0 && !stream->lost) {
		size_t n = stream->skip < input.left ? stream->skip : input.left;

		if (n != 0) {
			bytes_skip(&input, n);
			stream->skip -= (uint32_t)n;
		} else if (stream->have < HEADER) {
			stream->header[stream->have++] = bytes_u8(&input);
			if (stream->have == HEADER)
				on_header(i, facts, from);
		} else {
			pass_data(i, facts, from, &input);
		}
		if (!stream->lost && stream->have == HEADER && stream->skip == 0 &&
		    stream->left == 0)
			on_end(i, facts, from);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct iscsi *i = state;
	struct iscsi_stream *stream = &i->side[from];

	if (!i->begun)
		facts_set_auth(facts, AUTH_UNKNOWN);
	i->holed = true;
	if (stream->have == HEADER && stream->skip == 0 && missing != 0 && missing < stream->left) {
		stream->left -= (uint32_t)missing;
		stream->kept = 0;
		return;
	}
	stream->lost = true;
}

const struct dissector iscsi_dissector = {
	.name = "iscsi",
	.transports = OVER_TCP,
	.state_size = sizeof(struct iscsi),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a log-in request with its keys, or the response to one",
	.reads = READS_AUTH | READS_USER | READS_MECHANISM | READS_COMMANDS | READS_LISTINGS |
		 READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION | READS_PATH,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
