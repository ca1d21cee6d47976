/* SPDX-License-Identifier: ISC */
/*
 * Oracle's TNS: packets with a header of 8 bytes, big endian. The client connects with a text, the
 * listener accepts, refuses, redirects or wants to hear it again. What goes on inside of data
 * packets is not documented; the names of its log-in's fields are looked for in it, and words of
 * statements that destroy or run code, which stand there as they were written. Before a statement
 * stands its length, which may look like a letter of its first word.
 *
 *	length:2 checksum:2 type:1 flags:1 checksum:2
 *	1 connect	version:2 compatible:2 ... text's length at 24, its offset at 26
 *	2 accept	version:2	4 refuse	reasons:2 length:2 text
 *	5 redirect	11 say it again
 */
#include <stdio.h>

#include "dissectors/dissector.h"
#include "dissectors/read/turns.h"

#define HEADER	     8
#define CONNECT_HEAD 28
#define VERSION_MIN  300
#define VERSION_MAX  340

enum { TNS_CONNECT = 1, TNS_ACCEPT = 2, TNS_REFUSE = 4, TNS_REDIRECT = 5, TNS_RESEND = 11 };

static const uint16_t ports[] = {1521, 0};

static const struct service services[] = {
	{
		.name = "oracle",
		.family = FAMILY_DATABASE,
		.about = "Oracle database listener",
		.ports = ports,
	},
};

/* Words whose coming tells something, at any split. */
enum needle { TRIED, WRONG, LET_IN, VSNNUM, COMMAND, FAILED, NEEDLES };

#define WORD 24

/* Where the client's bytes are. */
struct words {
	char before[WORD], word[WORD]; /* the last two, in capitals */
	uint8_t length;
	uint8_t last; /* the byte before, if it was no blank */
	bool quoted;  /* the word stands right behind a quote: it is somebody's text */
	bool comment;
};

struct oracle {
	uint8_t matched[NEEDLES]; /* bytes of each that agree so far */
	struct turns turns;
	struct words words;
	int32_t command; /* a deed whose answer is waited for; valid if `asked` */
	bool asked, spoken, failed;
	uint8_t value_of; /* needle + 1 whose value is being read */
	uint8_t value_length;
	bool tried;
	char value[24];
};

static const struct {
	enum side from;
	const char *text;
} needles[NEEDLES] = {
	[TRIED] = {SIDE_CLIENT, "AUTH_PASSWORD"},  [WRONG] = {SIDE_SERVER, "ORA-01017"},
	[LET_IN] = {SIDE_SERVER, "AUTH_SVR_RESP"}, [VSNNUM] = {SIDE_SERVER, "(VSNNUM="},
	[COMMAND] = {SIDE_CLIENT, "(COMMAND="},	   [FAILED] = {SIDE_SERVER, "ORA-"},
};

/* Two words of a statement, or the beginning of one: what Oracle's SQL reference calls so. */
static const struct deed {
	const char *before, *word; /* `before` NULL: whatever stands there */
	const char *told;
	unsigned flags;
} deeds[] = {
	{"DROP", "TABLE", "DROP TABLE", COMMAND_DESTRUCTIVE},
	{"DROP", "USER", "DROP USER", COMMAND_DESTRUCTIVE},
	{"DROP", "TABLESPACE", "DROP TABLESPACE", COMMAND_DESTRUCTIVE},
	{"DROP", "DATABASE", "DROP DATABASE", COMMAND_DESTRUCTIVE},
	{"TRUNCATE", "TABLE", "TRUNCATE TABLE", COMMAND_DESTRUCTIVE},
	{"EXECUTE", "IMMEDIATE", "EXECUTE IMMEDIATE", COMMAND_EXECUTES},
	{"JAVA", "SOURCE", "CREATE JAVA SOURCE", COMMAND_EXECUTES},
	{NULL, "DBMS_SCHEDULER.", "DBMS_SCHEDULER", COMMAND_EXECUTES},
	{NULL, "DBMS_JOB.", "DBMS_JOB", COMMAND_EXECUTES},
	{NULL, "DBMS_JAVA", "DBMS_JAVA", COMMAND_EXECUTES},
	{NULL, "UTL_FILE.", "UTL_FILE", COMMAND_EXECUTES},
};

static enum recognised recognise_client(struct bytes b)
{
	struct bytes whole = b;
	uint16_t length = bytes_be16(&b), version, compatible, data, offset;
	uint8_t type;

	bytes_skip(&b, 2);
	type = bytes_u8(&b);
	bytes_skip(&b, 3);
	version = bytes_be16(&b);
	compatible = bytes_be16(&b);
	bytes_skip(&b, 12);
	data = bytes_be16(&b);
	offset = bytes_be16(&b);
	if (b.failed)
		return whole.left > 4 && whole.at[4] != TNS_CONNECT ? RECOGNISED_NO
								    : RECOGNISED_MORE;
	if (type != TNS_CONNECT || length < CONNECT_HEAD || version < VERSION_MIN ||
	    version > VERSION_MAX || compatible < 256 || compatible > version ||
	    offset < CONNECT_HEAD || offset > length)
		return RECOGNISED_NO;
	if (data == 0 || !bytes_skip(&whole, offset) || whole.left == 0)
		return offset + data == length || length == offset ? RECOGNISED_YES
								   : RECOGNISED_MORE;
	return whole.at[0] == '(' ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise_server(struct bytes b, bool asked)
{
	uint16_t length = bytes_be16(&b), checksum = bytes_be16(&b), first;
	uint8_t type = bytes_u8(&b);

	bytes_skip(&b, 3);
	if (b.failed)
		return RECOGNISED_MORE;
	if (checksum != 0 || length < HEADER)
		return RECOGNISED_NO;
	if (type == TNS_RESEND)
		return length != HEADER ? RECOGNISED_NO : asked ? RECOGNISED_YES : RECOGNISED_MORE;
	first = bytes_be16(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	switch (type) {
	case TNS_ACCEPT:
		return length >= 24 && first >= VERSION_MIN && first <= VERSION_MAX ? RECOGNISED_YES
										    : RECOGNISED_NO;
	case TNS_REFUSE:
		bytes_skip(&b, 2);
		if (b.left == 0)
			return RECOGNISED_MORE;
		return b.at[0] == '(' ? RECOGNISED_YES : RECOGNISED_NO;
	case TNS_REDIRECT:
		if (b.left == 0)
			return RECOGNISED_MORE;
		return b.at[0] == '(' && first < length ? RECOGNISED_YES : RECOGNISED_NO;
	default:
		return RECOGNISED_NO;
	}
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes server = opening->side[SIDE_SERVER];
	enum recognised client = opening->side[SIDE_CLIENT].left != 0
					 ? recognise_client(opening->side[SIDE_CLIENT])
					 : RECOGNISED_MORE;

	if (client == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (server.left != 0)
		return recognise_server(server, client == RECOGNISED_YES);
	return client == RECOGNISED_YES && opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	FACTS_WORD(facts, product, "Oracle Database");
}

/* 186647552 is 0x0b200400: 11.2.0.4.0 */
static void note_version(struct oracle *oracle, struct facts *facts)
{
	uint32_t number = 0;
	char text[32];
	int length;

	for (uint8_t i = 0; i < oracle->value_length; i++) {
		if (oracle->value[i] < '0' || oracle->value[i] > '9' || number > UINT32_MAX / 10)
			return;
		number = number * 10 + (uint32_t)(oracle->value[i] - '0');
	}
	if (number >> 24 == 0)
		return;
	length = snprintf(text, sizeof text, "%u.%u.%u.%u.%u", number >> 24, number >> 20 & 0xf,
			  number >> 12 & 0xff, number >> 8 & 0xf, number & 0xff);
	FACTS_TEXT(facts, version, text, (size_t)length);
}

/* The value behind a word is over. */
static void on_value(struct oracle *oracle, struct facts *facts)
{
	if (oracle->value_of == VSNNUM + 1) {
		note_version(oracle, facts);
		if (facts->auth == AUTH_UNKNOWN && !oracle->tried)
			facts_set_auth(facts, AUTH_NA);
	} else if (oracle->value_length != 0) {
		facts_command(facts, oracle->value, oracle->value_length, 0);
	}
	oracle->value_of = 0;
}

/* With the length before it, perhaps. */
static bool is_first(const char *word, const char *wanted)
{
	size_t n = strlen(word), length = strlen(wanted);

	return (n == length || n == length + 1) && strcmp(word + n - length, wanted) == 0;
}

static bool is_deed(const struct words *w, const struct deed *deed)
{
	size_t n = strlen(deed->word);

	if (deed->before == NULL)
		return strncmp(w->word, deed->word, n) == 0 ||
		       (w->length > 1 && strncmp(w->word + 1, deed->word, n) == 0);
	return is_first(w->before, deed->before) && strcmp(w->word, deed->word) == 0;
}

static void end_word(struct oracle *oracle, struct facts *facts)
{
	struct words *w = &oracle->words;

	if (w->length == 0)
		return;
	for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
		if (!is_deed(w, &deeds[i]))
			continue;
		oracle->command =
			facts_command(facts, deeds[i].told, strlen(deeds[i].told), deeds[i].flags);
		oracle->asked = true;
		oracle->spoken = oracle->failed = false;
	}
	memcpy(w->before, w->quoted ? "" : w->word, w->quoted ? 1 : sizeof w->word);
	w->length = 0;
}

static bool is_letter(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("_.$#", c) != NULL);
}

static void take_word(struct oracle *oracle, struct facts *facts, uint8_t c)
{
	struct words *w = &oracle->words;
	uint8_t upper = c >= 'a' && c <= 'z' ? (uint8_t)(c - 32) : c, last = w->last;

	if (w->comment) {
		w->comment = !(last == '*' && c == '/');
		w->last = w->comment ? c : ' ';
		return;
	}
	if (!is_letter(upper)) {
		end_word(oracle, facts);
		w->comment = last == '/' && c == '*';
		w->last = c == ' ' || c == '\t' || c == '\r' || c == '\n' ? last : c;
		return;
	}
	if (w->length == 0)
		w->quoted = last == '\'' || last == '"';
	w->last = c;
	if (w->length < WORD - 1)
		w->word[w->length++] = (char)upper;
	w->word[w->length] = '\0';
}

/* The server's turn is over. */
static void judge(struct oracle *oracle, struct facts *facts)
{
	if (oracle->asked && oracle->spoken)
		facts_command_result(facts, oracle->command, !oracle->failed);
	oracle->asked = oracle->asked && !oracle->spoken;
}

static void on_needle(struct oracle *oracle, struct facts *facts, enum needle needle)
{
	switch (needle) {
	case TRIED:
		oracle->tried = true;
		facts_set_auth(facts, AUTH_UNKNOWN);
		break;
	case WRONG:
		if (oracle->tried)
			facts_login(facts, false);
		oracle->tried = false;
		break;
	case LET_IN:
		if (oracle->tried)
			facts_login(facts, true);
		oracle->tried = false;
		break;
	case FAILED:
		oracle->failed = true;
		break;
	default:
		oracle->value_of = (uint8_t)(needle + 1);
		oracle->value_length = 0;
		break;
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	const uint8_t *bytes = fed->bytes.at;
	size_t length = fed->bytes.left;
	struct oracle *oracle = state;

	if (from == SIDE_SERVER)
		facts_set_data_read(facts, ANSWER_NO);
	if (turns_begin(&oracle->turns, from)) {
		memset(oracle->matched, 0, sizeof oracle->matched);
		oracle->value_of = 0;
		if (from == SIDE_CLIENT)
			judge(oracle, facts);
	}
	oracle->spoken |= from == SIDE_SERVER && length != 0;
	for (size_t i = 0; i < length; i++) {
		if (from == SIDE_CLIENT)
			take_word(oracle, facts, bytes[i]);
		if (oracle->value_of != 0) {
			if (bytes[i] == ')' || oracle->value_length == sizeof oracle->value)
				on_value(oracle, facts);
			else
				oracle->value[oracle->value_length++] = (char)bytes[i];
		}
		for (int n = 0; n < NEEDLES; n++) {
			uint8_t *at = &oracle->matched[n];

			if (needles[n].from != from)
				continue;
			if (bytes[i] != (uint8_t)needles[n].text[*at])
				*at = 0;
			if (bytes[i] == (uint8_t)needles[n].text[*at])
				++*at;
			if (needles[n].text[*at] == '\0') {
				*at = 0;
				on_needle(oracle, facts, (enum needle)n);
			}
		}
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct oracle *oracle = state;

	(void)facts;
	(void)from;
	(void)missing;
	memset(oracle->matched, 0, sizeof oracle->matched);
	oracle->value_of = 0;
	oracle->words = (struct words){.length = 0};
	oracle->asked = false; /* the answer, or the question, may be what is missing */
}

static void end(void *state, struct facts *facts)
{
	judge(state, facts);
}

const struct dissector oracle_dissector = {
	.name = "oracle",
	.transports = OVER_TCP,
	.state_size = sizeof(struct oracle),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a TNS packet: connect with its text, or accept, refuse, redirect or resend",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_COMMANDS | READS_DATA |
		 READS_ENCRYPTION | READS_DESTRUCTION | READS_EXECUTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
	.end = end,
};
