/* SPDX-License-Identifier: ISC */
/*
 * Amanda's backup clients (amandad). Over UDP each packet begins with a line that says what it is;
 * over TCP with length:4, handle:4 and a byte for that (0 REQ, 1 REP, 2 PREP, 3 ACK, 4 NAK):
 *
 *	Amanda 2.6 REQ HANDLE 000-00000001 SEQ 0
 *	SECURITY USER backup
 *	SERVICE sendbackup
 *
 * REP or NAK answers it; a line "ERROR ..." in either says no. Who is asked for nothing
 * but his address is let in without a log-in. common-src/protocol.c of Amanda.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

#define USER	"SECURITY USER "
#define SERVICE "SERVICE "

enum {
	REQ,
	REP,
	PREP,
	ACK,
	NAK,
};

static const uint16_t ports[] = {10080, 0};

static const struct service services[] = {
	{
		.name = "amanda",
		.family = FAMILY_BACKUP,
		.met = true,
		.about = "Amanda backup client",
		.ports = ports,
	},
};

struct amanda {
	struct line line[2]; /* by enum side */
	int handle;
	uint8_t flags;
	bool lost, answers, failed;
};

static const struct row {
	const char *name;
	uint8_t flags;
} rows[] = {
	{"noop", 0},
	{"selfcheck", 0},
	{"sendsize", COMMAND_LISTING},
	{"sendbackup", COMMAND_LISTING},
	{"amindexd", COMMAND_LISTING},
	{"amidxtaped", COMMAND_LISTING},
	{"restore", COMMAND_DESTRUCTIVE},
};

/* "Amanda 2.6 REQ HANDLE " */
static enum recognised recognise_packet(struct bytes b, const char *const *types, size_t count)
{
	static const char start[] = "Amanda ";
	bool possible = false;

	if (!bytes_agree_with(&b, start))
		return RECOGNISED_NO;
	if (!bytes_skip(&b, sizeof start - 1))
		return RECOGNISED_MORE;
	while (b.left != 0 && ((b.at[0] >= '0' && b.at[0] <= '9') || b.at[0] == '.'))
		bytes_skip(&b, 1);
	if (b.left == 0)
		return RECOGNISED_MORE;
	for (size_t i = 0; i < count; i++) {
		if (bytes_start_with(&b, types[i]))
			return RECOGNISED_YES;
		possible |= bytes_agree_with(&b, types[i]);
	}
	return possible ? RECOGNISED_MORE : RECOGNISED_NO;
}

static enum recognised recognise_stream(struct bytes b, enum side side)
{
	uint32_t length = bytes_be32(&b), handle = bytes_be32(&b);
	uint8_t type = bytes_u8(&b);

	if (!b.failed && (length < 2 || length > 65536 || handle > 65536 ||
			  (side == SIDE_CLIENT ? type != REQ : type < REP || type > NAK)))
		return RECOGNISED_NO;
	if (side == SIDE_SERVER || b.failed)
		return b.failed ? RECOGNISED_MORE : RECOGNISED_YES;
	if (!bytes_agree_with(&b, USER) && !bytes_agree_with(&b, SERVICE))
		return RECOGNISED_NO;
	return bytes_start_with(&b, USER) || bytes_start_with(&b, SERVICE) ? RECOGNISED_YES
									   : RECOGNISED_MORE;
}

static enum recognised recognise_side(const struct opening *opening, enum side side)
{
	static const char *const questions[] = {" REQ HANDLE ", " ACK HANDLE "};
	static const char *const answers[] = {" ACK HANDLE ", " REP HANDLE ", " NAK HANDLE ",
					      " PREP HANDLE "};
	struct bytes b = opening->side[side];

	if (b.left == 0)
		return RECOGNISED_MORE;
	if (opening->transport == OVER_TCP)
		return recognise_stream(b, side);
	return side == SIDE_CLIENT ? recognise_packet(b, questions, 2)
				   : recognise_packet(b, answers, 4);
}

static enum recognised recognise(const struct opening *opening)
{
	enum recognised of_client = recognise_side(opening, SIDE_CLIENT);

	if (of_client == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (opening->side[SIDE_SERVER].left == 0)
		return opening->one_sided ? of_client : RECOGNISED_MORE;
	if (opening->transport == OVER_TCP &&
	    of_client != RECOGNISED_YES) /* it is too little alone */
		return recognise_side(opening, SIDE_SERVER) == RECOGNISED_NO ? RECOGNISED_NO
									     : RECOGNISED_MORE;
	return recognise_side(opening, SIDE_SERVER);
}

static void begin(void *state, struct facts *facts)
{
	struct amanda *amanda = state;

	amanda->handle = -1;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "Amanda");
}

/* Passes over what stands before a packet over TCP; the last of it says what it is, -1 if not. */
static int strip(struct bytes *text)
{
	int type = -1;

	for (size_t i = 0; i < text->left; i++) {
		if (text->at[i] >= 0x20)
			continue;
		type = text->at[i];
		bytes_skip(text, i + 1);
		i = SIZE_MAX;
	}
	return type;
}

static void on_client(struct amanda *amanda, struct facts *facts, struct bytes text)
{
	struct bytes word;

	strip(&text);
	word = lines_word(&text);
	if (lines_equal(&word, "SECURITY")) {
		word = lines_word(&text);
		if (lines_equal(&word, "USER"))
			FACTS_TEXT(facts, user, text.at, text.left);
	} else if (lines_equal(&word, "SERVICE")) {
		word = lines_word(&text);
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
			if (!lines_equal(&word, rows[i].name))
				continue;
			amanda->flags = rows[i].flags;
			amanda->handle =
				facts_command(facts, rows[i].name, word.left, rows[i].flags);
		}
	}
}

static void on_result(struct amanda *amanda, struct facts *facts, bool ok)
{
	amanda->answers = false;
	facts_command_result(facts, amanda->handle, ok);
	amanda->handle = -1;
	if (!ok)
		return;
	facts_set_auth(facts, AUTH_NONE);
	if (amanda->flags & COMMAND_LISTING)
		facts_set_data_read(facts, ANSWER_YES);
}

static void on_server(struct amanda *amanda, struct facts *facts, struct bytes text)
{
	struct bytes word = text;
	int type = strip(&text);

	if (type == REP || type == NAK) /* over TCP, what it says stands in the same line */
		amanda->answers = true;
	else if (lines_contain(&word, " REP HANDLE ") || lines_contain(&word, " NAK HANDLE ")) {
		amanda->answers = true;
		return;
	}
	if (!amanda->answers)
		return;
	word = lines_word(&text);
	if (lines_equal(&word, "ERROR") &&
	    (lines_contain(&text, "access as") || lines_contain(&text, "not allowed")))
		facts_login(facts, false);
	on_result(amanda, facts, !lines_equal(&word, "ERROR"));
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct amanda *amanda = state;
	struct line *line = &amanda->line[from];
	struct bytes input = fed->bytes;

	while (!amanda->lost && lines_next(line, &input)) {
		struct bytes text = bytes_from(line->text, line->length);

		if (from == SIDE_CLIENT)
			on_client(amanda, facts, text);
		else
			on_server(amanda, facts, text);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct amanda *amanda = state;

	(void)facts;
	(void)from;
	(void)missing;
	amanda->lost = amanda->line[0].length != 0 || amanda->line[1].length != 0;
}

const struct dissector amanda_dissector = {
	.name = "amanda",
	.transports = OVER_TCP | OVER_UDP,
	.state_size = sizeof(struct amanda),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the first line of a packet, which names Amanda and the packet's kind",
	.reads = READS_PRODUCT | READS_AUTH | READS_USER | READS_COMMANDS | READS_LISTINGS |
		 READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
