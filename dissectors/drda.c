/* SPDX-License-Identifier: ISC */
/*
 * DRDA: Db2, Derby, Informix. Data stream structures, big endian, each with one object:
 *
 *	length:2 d0 format:1 correlation:2, length:2 code point:2 data
 *
 * Parameters inside of an object are objects themselves. Text is EBCDIC, but for statements, which
 * are in the client's code. The Open Group, DRDA Version 5, Volume 3.
 */
#include <stdio.h>

#include "dissectors/dissector.h"
#include "dissectors/read/frames.h"
#include "dissectors/read/sql.h"
#include "dissectors/read/turns.h"

#define HEADER	     4 /* bytes of the structure's header that come first */
#define REST	     6 /* the others, and the object's head */
#define LENGTH_LEAST 10

enum codepoint {
	EXCSAT = 0x1041,
	EXCSATRD = 0x1443,
	ACCSEC = 0x106d,
	ACCSECRD = 0x14ac,
	SECCHK = 0x106e,
	SECCHKRM = 0x1219,
	ACCRDB = 0x2001,
	ACCRDBRM = 0x2201,
	SQLSTT = 0x2414,
	SQLCARD = 0x2408,
	QRYDTA = 0x241b,
	OPNQRYRM = 0x2205,
	SYNTAXRM = 0x124c,
	/* parameters */
	USRID = 0x11a0,
	SECCHKCD = 0x11a4,
	SRVCLSNM = 0x1147,
	SRVRLSLV = 0x115a,
};

static const uint16_t ports[] = {50000, 446, 1527, 0};

static const struct service services[] = {
	{
		.name = "drda",
		.family = FAMILY_DATABASE,
		.about = "Db2 or Derby database (DRDA)",
		.ports = ports,
	},
};

struct drda {
	struct frame side[2];
	struct sql sql;
	struct turns turns;
	bool midstream;
	int handle; /* of the latest statement; -1: none */
};

_Static_assert(sizeof(struct drda) <= DISSECTOR_STATE_MAX, "state of drda");

/* Which objects may come first. */
static bool is_first(uint16_t codepoint, enum side from, bool midstream)
{
	if (codepoint == (from == SIDE_CLIENT ? EXCSAT : EXCSATRD))
		return true;
	if (from == SIDE_SERVER)
		return codepoint == SYNTAXRM || codepoint == ACCSECRD ||
		       (midstream && (codepoint == OPNQRYRM || codepoint == SQLCARD ||
				      codepoint == ACCRDBRM || codepoint == SECCHKRM));
	return codepoint == ACCSEC || (midstream && (codepoint == SQLSTT || codepoint == SECCHK ||
						     (codepoint >= ACCRDB && codepoint <= 0x2016)));
}

static enum recognised recognise_side(struct bytes b, enum side from, bool midstream)
{
	uint16_t length = bytes_be16(&b), inner, codepoint;
	uint8_t magic = bytes_u8(&b), format = bytes_u8(&b);

	bytes_skip(&b, 2);
	inner = bytes_be16(&b);
	codepoint = bytes_be16(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	if (magic != 0xd0 || (format & 0x0f) == 0 || (format & 0x0f) > 5 || (format & 0x80) ||
	    length < LENGTH_LEAST || (size_t)inner + 6 != length)
		return RECOGNISED_NO;
	return is_first(codepoint, from, midstream) ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes server = opening->side[SIDE_SERVER];
	enum recognised client =
		recognise_side(opening->side[SIDE_CLIENT], SIDE_CLIENT, opening->midstream);

	if (client == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (server.left != 0)
		return recognise_side(server, SIDE_SERVER, opening->midstream);
	return client == RECOGNISED_YES && !opening->one_sided ? RECOGNISED_MORE : client;
}

static void begin(void *state, struct facts *facts)
{
	struct drda *drda = state;

	drda->handle = -1;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
}

/* The letters, digits and marks of EBCDIC that names have; or ASCII as it is. */
static char plain(uint8_t c)
{
	if (c >= 0xf0 && c <= 0xf9)
		return (char)('0' + c - 0xf0);
	if (c >= 0xc1 && c <= 0xc9)
		return (char)('A' + c - 0xc1);
	if (c >= 0xd1 && c <= 0xd9)
		return (char)('J' + c - 0xd1);
	if (c >= 0xe2 && c <= 0xe9)
		return (char)('S' + c - 0xe2);
	if (c >= 0x81 && c <= 0x89)
		return (char)('a' + c - 0x81);
	if (c >= 0x91 && c <= 0x99)
		return (char)('j' + c - 0x91);
	if (c >= 0xa2 && c <= 0xa9)
		return (char)('s' + c - 0xa2);
	if (c == 0x6d)
		return '_';
	if (c == 0x61)
		return '/';
	if (c == 0x4b)
		return '.';
	return c == 0x40 || c == ' ' ? ' ' : '?';
}

static bool is_ascii(struct bytes b)
{
	while (b.left != 0) {
		uint8_t c = bytes_u8(&b);

		if (c < ' ' || c > '~')
			return false;
	}
	return true;
}

/* Text of a parameter, blanks at its end cut off. EBCDIC's capitals are no ASCII. */
static size_t read_text(struct bytes b, char *to, size_t size)
{
	bool ascii = is_ascii(b);
	size_t length = 0;

	while (b.left != 0 && length < size) {
		uint8_t c = bytes_u8(&b);

		to[length++] = ascii ? (char)c : plain(c);
	}
	while (length != 0 && to[length - 1] == ' ')
		length--;
	return length;
}

/* The data of a parameter; failed if it is not there. */
static struct bytes find(struct bytes b, uint16_t codepoint)
{
	while (b.left >= 4) {
		uint16_t length = bytes_be16(&b), code = bytes_be16(&b);

		if (length < 4)
			break;
		if (code == codepoint)
			return bytes_sub(&b, (size_t)length - 4);
		bytes_skip(&b, (size_t)length - 4);
	}
	return (struct bytes){.failed = true};
}

/* SQL09070 is 9.7.0 */
static void on_attributes(struct facts *facts, struct bytes b)
{
	struct bytes level = find(b, SRVRLSLV), class = find(b, SRVCLSNM);
	char text[40], version[16];
	size_t length;
	int n;

	if (facts->auth == AUTH_UNKNOWN)
		facts_set_auth(facts, AUTH_NA);
	if (!class.failed) {
		length = read_text(class, text, sizeof text);
		if (length >= 5 && memcmp(text, "QDB2/", 5) == 0)
			FACTS_WORD(facts, product, "IBM Db2");
		else if (length >= 12 && memcmp(text, "Apache Derby", 12) == 0)
			FACTS_TEXT(facts, product, text, 12);
	}
	if (level.failed)
		return;
	length = read_text(level, text, sizeof text);
	if (length < 8 || memcmp(text, "SQL", 3) != 0)
		return;
	for (size_t i = 3; i < 8; i++) {
		if (text[i] < '0' || text[i] > '9')
			return;
	}
	n = snprintf(version, sizeof version, "%d.%d.%d", (text[3] - '0') * 10 + text[4] - '0',
		     (text[5] - '0') * 10 + text[6] - '0', text[7] - '0');
	FACTS_WORD(facts, product, "IBM Db2");
	FACTS_TEXT(facts, version, version, (size_t)n);
}

static void on_checked(struct facts *facts, struct bytes b)
{
	struct bytes code = find(b, SECCHKCD);
	uint8_t value = bytes_u8(&code);

	if (!code.failed)
		facts_login(facts, value == 0);
}

/* Twice: ff, or 00 length:4 text */
static void on_statement(struct drda *drda, struct facts *facts, struct bytes b, bool cut)
{
	struct sql_statement statement;
	struct bytes text;
	uint32_t length;
	unsigned flags;

	if (b.left != 0 && b.at[0] == 0xff)
		bytes_skip(&b, 1);
	if (bytes_u8(&b) != 0)
		return;
	length = bytes_be32(&b);
	cut |= length > b.left;
	text = bytes_from(b.at, length < b.left ? length : b.left);
	if (b.failed || text.left == 0 ||
	    !is_ascii(bytes_from(text.at, text.left < 6 ? text.left : 6)))
		return;
	sql_begin(&drda->sql, SQL_POSTGRESQL);
	if (!sql_next(&drda->sql, &text, &statement) && !sql_end(&drda->sql, &statement))
		return;
	flags = statement.flags;
	if (cut && strncmp(statement.name, "DELETE", 6) == 0)
		flags = 0; /* its WHERE may be behind the cut */
	drda->handle = facts_command(facts, statement.name, strlen(statement.name), flags);
}

/* ff: all is well; 00 code:4 (negative: an error) state */
static void on_sqlca(struct drda *drda, struct facts *facts, struct bytes b)
{
	uint8_t null = bytes_u8(&b);
	int32_t code = null == 0 ? (int32_t)bytes_be32(&b) : 0;

	if (b.failed || (null != 0 && null != 0xff))
		return;
	if (code != 100) /* the end of the rows */
		facts_command_result(facts, drda->handle, code >= 0);
	drda->handle = -1;
}

static void on_object(struct drda *drda, struct facts *facts, enum side from)
{
	const struct frame *frame = &drda->side[from];
	struct bytes b = bytes_from(frame->body, frame->kept);
	struct bytes user;
	uint16_t codepoint;
	char text[40];

	bytes_skip(&b, 4);
	codepoint = bytes_be16(&b);
	if (b.failed)
		return;
	if (from == SIDE_SERVER)
		facts_set_data_read(facts, codepoint == QRYDTA ? ANSWER_YES : ANSWER_NO);
	switch (codepoint) {
	case SECCHK:
		user = find(b, USRID);
		if (!user.failed && from == SIDE_CLIENT)
			FACTS_TEXT(facts, user, text, read_text(user, text, sizeof text));
		break;
	case EXCSATRD:
		if (from == SIDE_SERVER)
			on_attributes(facts, b);
		break;
	case SECCHKRM:
		if (from == SIDE_SERVER)
			on_checked(facts, b);
		break;
	case SQLSTT:
		if (from == SIDE_CLIENT)
			on_statement(drda, facts, b, frame->length > FRAME_KEPT);
		break;
	case OPNQRYRM:
		if (from == SIDE_SERVER)
			facts_command_result(facts, drda->handle, true);
		break;
	case SQLCARD:
		if (from == SIDE_SERVER)
			on_sqlca(drda, facts, b);
		break;
	default:
		break;
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct drda *drda = state;
	struct frame *frame = &drda->side[from];
	struct bytes in = fed->bytes, piece;

	if (turns_begin(&drda->turns, from) && frame->lost)
		*frame = (struct frame){.lost = false};
	while (!frame->lost && frames_header(frame, &in, HEADER)) {
		if (!frame->expected) {
			struct bytes b = bytes_from(frame->header, HEADER);
			uint16_t whole = bytes_be16(&b);

			frame->lost = bytes_u8(&b) != 0xd0 || whole < LENGTH_LEAST;
			if (frame->lost)
				return;
			frames_expect(frame, (uint32_t)whole - HEADER);
		}
		if (!frames_body(frame, &in, &piece))
			return;
		on_object(drda, facts, from);
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct drda *drda = state;

	(void)facts;
	(void)missing;
	drda->midstream = true;
	drda->handle = -1;
	drda->side[from] = (struct frame){.lost = turns_begun(&drda->turns)};
}

const struct dissector drda_dissector = {
	.name = "drda",
	.transports = OVER_TCP,
	.state_size = sizeof(struct drda),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a DSS header with EXCSAT, ACCRDB and the like, whose lengths agree",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_COMMANDS |
		 READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
