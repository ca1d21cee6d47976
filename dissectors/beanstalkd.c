/* SPDX-License-Identifier: ISC */
/*
 * beanstalkd, a work queue: a line, and a body of so many bytes with CR LF behind some.
 *
 *	put <priority> <delay> <time> <bytes>	INSERTED <id>
 *	stats					OK <bytes>, and a document: "---\n..."
 *	reserve					RESERVED <id> <bytes>, and the job
 *
 * Every command has one answer, in order. There is no log-in.
 * github.com/beanstalkd/beanstalkd/blob/master/doc/protocol.txt
 */
#include "dissectors/dissector.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/lines.h"

#define BODY_MAX (1u << 28)

static const uint16_t ports[] = {11300, 0};

static const struct service services[] = {
	{
		.name = "beanstalkd",
		.family = FAMILY_QUEUE,
		.met = true,
		.about = "beanstalkd work queue",
		.ports = ports,
	},
};

struct beanstalkd_stream {
	struct line line;
	uint32_t body; /* bytes to pass over before the next line */
	bool lost;
};

struct beanstalkd {
	struct beanstalkd_stream side[2];
	struct answers pending;
	bool started, document; /* the server's body is text of "key: value" */
	struct line text;
};

_Static_assert(sizeof(struct beanstalkd) <= DISSECTOR_STATE_MAX, "state of beanstalkd");

static const char *const commands[] = {
	"put",
	"reserve",
	"reserve-with-timeout",
	"reserve-job",
	"delete",
	"release",
	"bury",
	"touch",
	"watch",
	"ignore",
	"peek",
	"peek-ready",
	"peek-delayed",
	"peek-buried",
	"kick",
	"kick-job",
	"stats-job",
	"stats-tube",
	"stats",
	"list-tubes",
	"list-tube-used",
	"list-tubes-watched",
	"use",
	"pause-tube",
	"quit",
};

/* Answers with a body: the bytes of it are the last word. */
static const char *const with_body[] = {"OK", "RESERVED", "FOUND"};

static const char *const answers[] = {
	"INSERTED", "BURIED",	     "EXPECTED_CRLF",  "JOB_TOO_BIG", "DRAINING",
	"USING",    "DEADLINE_SOON", "TIMED_OUT",      "DELETED",     "NOT_FOUND",
	"RELEASED", "TOUCHED",	     "WATCHING",       "NOT_IGNORED", "KICKED",
	"PAUSED",   "OUT_OF_MEMORY", "INTERNAL_ERROR", "BAD_FORMAT",  "UNKNOWN_COMMAND",
};

static bool is_one_of(const struct bytes *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count && word->left != 0; i++) {
		if (word->at[0] == (uint8_t)words[i][0] && word->left == strlen(words[i]) &&
		    bytes_start_with(word, words[i]))
			return true;
	}
	return false;
}

/* The last word of a line as a number; false if it is none. */
static bool last_number(struct bytes line, uint32_t *number)
{
	struct bytes word, last = bytes_from(NULL, 0);
	uint32_t value = 0;

	while ((word = lines_word(&line)).left != 0)
		last = word;
	if (last.left == 0 || last.left > 9)
		return false;
	while (last.left != 0) {
		uint8_t c = bytes_u8(&last);

		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (uint32_t)(c - '0');
	}
	*number = value;
	return value <= BODY_MAX;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "beanstalkd");
}

static void on_command(struct beanstalkd *b, struct facts *facts)
{
	struct beanstalkd_stream *s = &b->side[SIDE_CLIENT];
	struct bytes line = bytes_from(s->line.text, s->line.length), rest = line;
	struct bytes word = lines_word(&rest);
	uint32_t size;
	int handle = -1;

	if (is_one_of(&word, commands, sizeof commands / sizeof *commands))
		handle = facts_command(facts, word.at, word.left,
				       bytes_start_with(&word, "list-tubes") ? COMMAND_LISTING : 0);
	if (lines_equal(&word, "put")) {
		if (last_number(line, &size))
			s->body = size + 2;
		else
			s->lost = true;
	}
	if (answers_full(&b->pending))
		answers_drop(&b->pending);
	if (!lines_equal(&word, "quit"))
		answers_add(&b->pending, handle, 0);
}

static void on_answer(struct beanstalkd *b, struct facts *facts)
{
	static const char *const accepting[] = {"OK",	    "RESERVED", "FOUND",    "INSERTED",
						"USING",    "DELETED",	"RELEASED", "TOUCHED",
						"WATCHING", "KICKED",	"PAUSED",   "BURIED"};
	struct beanstalkd_stream *s = &b->side[SIDE_SERVER];
	struct bytes line = bytes_from(s->line.text, s->line.length), rest = line;
	struct bytes word = lines_word(&rest);
	bool has_body = is_one_of(&word, with_body, sizeof with_body / sizeof *with_body);
	struct answers_row row;
	uint32_t size;

	if (!has_body && !is_one_of(&word, answers, sizeof answers / sizeof *answers)) {
		s->lost = true;
		return;
	}
	facts_set_auth(facts, AUTH_NONE);
	if (answers_next(&b->pending, &row))
		facts_command_result(
			facts, row.handle,
			is_one_of(&word, accepting, sizeof accepting / sizeof *accepting));
	if (!has_body)
		return;
	if (!last_number(line, &size)) {
		s->lost = true;
		return;
	}
	s->body = size + 2;
	b->document = lines_equal(&word, "OK");
	lines_reset(&b->text);
	if (!b->document)
		facts_set_data_read(facts, ANSWER_YES);
}

/* "version: 1.12" or "version: "1.12"" in the document that answers "stats" */
static void read_document(struct beanstalkd *b, struct facts *facts, struct bytes piece)
{
	while (lines_next(&b->text, &piece)) {
		struct bytes text = bytes_from(b->text.text, b->text.length);

		if (!bytes_start_with(&text, "version: "))
			continue;
		bytes_skip(&text, 9);
		if (bytes_start_with(&text, "\""))
			bytes_skip(&text, 1);
		if (text.left != 0 && text.at[text.left - 1] == '"')
			text.left--;
		FACTS_TEXT(facts, version, text.at, text.left);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct beanstalkd *b = state;
	struct beanstalkd_stream *s = &b->side[from];
	struct bytes input = fed->bytes;

	b->started = true;
	while (!s->lost && input.left != 0) {
		size_t n = s->body < input.left ? s->body : input.left;
		struct bytes piece = bytes_sub(&input, n);

		s->body -= (uint32_t)n;
		if (from == SIDE_SERVER && b->document && n != 0)
			read_document(b, facts, piece);
		if (s->body != 0 || !lines_next_command(&s->line, &input))
			continue;
		if (from == SIDE_CLIENT)
			on_command(b, facts);
		else
			on_answer(b, facts);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct beanstalkd *b = state;
	struct beanstalkd_stream *s = &b->side[from];

	(void)facts;
	if (!b->started)
		return;
	b->document = false;
	if (missing != 0 && missing <= s->body)
		s->body -= (uint32_t)missing;
	else
		s->lost = true;
}

/* A first line of this side's words, with a number where one belongs. */
static enum recognised recognise_line(struct bytes b, const char *const *words, size_t count,
				      struct line *line)
{
	struct bytes text, word;

	if (b.left != 0 && (b.at[0] < 'A' || b.at[0] > 'z'))
		return RECOGNISED_NO;
	if (!lines_next(line, &b))
		return b.left == 0 && line->length < 60 ? RECOGNISED_MORE : RECOGNISED_NO;
	text = bytes_from(line->text, line->length);
	word = lines_word(&text);
	return is_one_of(&word, words, count) ? RECOGNISED_YES : RECOGNISED_NO;
}

/* "OK 900\r\n---\n": the document's first line belongs to it. */
static enum recognised recognise_server(struct bytes b)
{
	struct line line = {.length = 0};
	struct bytes rest = b;
	enum recognised result;
	uint32_t number;

	result = recognise_line(b, answers, sizeof answers / sizeof *answers, &line);
	if (result != RECOGNISED_NO)
		return result;
	line = (struct line){.length = 0};
	result = recognise_line(b, with_body, sizeof with_body / sizeof *with_body, &line);
	if (result != RECOGNISED_YES || !last_number(bytes_from(line.text, line.length), &number))
		return result == RECOGNISED_MORE ? RECOGNISED_MORE : RECOGNISED_NO;
	if (line.text[0] != 'O')
		return RECOGNISED_YES;
	bytes_skip(&rest, line.length + (size_t)2);
	if (!bytes_agree_with(&rest, "---\n"))
		return RECOGNISED_NO;
	return rest.left >= 4 ? RECOGNISED_YES : RECOGNISED_MORE;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	struct line line = {.length = 0};
	enum recognised of_client, of_server;

	of_client = recognise_line(client, commands, sizeof commands / sizeof *commands, &line);
	of_server = recognise_server(server);
	if (of_client == RECOGNISED_NO || of_server == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (client.left == 0) /* only a document, or a job, is no other's */
		return opening->one_sided && of_server == RECOGNISED_YES &&
				       (bytes_start_with(&server, "OK ") ||
					bytes_start_with(&server, "INSERTED ") ||
					bytes_start_with(&server, "RESERVED "))
			       ? RECOGNISED_YES
			       : RECOGNISED_MORE;
	return of_client == RECOGNISED_YES && of_server == RECOGNISED_YES ? RECOGNISED_YES
									  : RECOGNISED_MORE;
}

const struct dissector beanstalkd_dissector = {
	.name = "beanstalkd",
	.transports = OVER_TCP,
	.state_size = sizeof(struct beanstalkd),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a command and a reply that only this one has",
	.crowded = CROWDED_LINES,
	.answers_at = offsetof(struct beanstalkd, pending),
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_COMMANDS | READS_LISTINGS |
		 READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
