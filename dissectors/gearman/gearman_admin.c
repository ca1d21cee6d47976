/* SPDX-License-Identifier: ISC */
/*
 * Gearman's administration: lines of text on the port of its packets (see gearman.c). Queues and
 * workers are listed in lines up to a lone dot, the rest is answered by one line:
 *
 *	version			OK 1.1.20
 *	status			resize\t2\t0\t1	jobs, running ones, workers
 *	workers			37 192.0.2.7 - : resize
 */
#include "dissectors/gearman/gearman.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/banner.h"
#include "dissectors/read/command_words.h"
#include "dissectors/read/lines.h"

enum kind { OTHER, VERSION, LIST };

static const struct command_word words[] = {
	{"status", LIST, COMMAND_LISTING},
	{"workers", LIST, COMMAND_LISTING},
	{"prioritystatus", LIST, COMMAND_LISTING},
	{"version", VERSION, 0},
	{"getpid", OTHER, 0},
	{"verbose", OTHER, 0},
	{"maxqueue", OTHER, 0},
	{"create", OTHER, 0},
	{"show", OTHER, 0},
	{"cancel", OTHER, 0},
	{"drop", OTHER, COMMAND_DESTRUCTIVE},
	{"shutdown", OTHER, 0},
};

struct admin {
	struct line side[2];
	struct answers pending;
	bool lost;
};

static const struct command_word *find_word(struct bytes line)
{
	struct bytes word = lines_word(&line);

	return COMMAND_WORDS_FIND(words, &word);
}

static bool is_number(struct bytes b)
{
	size_t digits = 0;

	while (digits < b.left && b.at[digits] >= '0' && b.at[digits] <= '9')
		digits++;
	return digits != 0 && digits == b.left;
}

/* "37 192.0.2.7 - : resize" */
static bool is_worker(struct bytes line)
{
	struct bytes number = lines_word(&line), address = lines_word(&line);

	lines_word(&line);
	return is_number(number) && address.left >= 3 && address.left <= 45 &&
	       (memchr(address.at, '.', address.left) || memchr(address.at, ':', address.left)) &&
	       line.left != 0 && line.at[0] == ':';
}

/* "resize\t2\t0\t1" */
static bool is_queue(struct bytes line)
{
	int columns = 0;
	const uint8_t *tab;

	tab = line.left != 0 ? memchr(line.at, '\t', line.left) : NULL;
	if (!tab || tab == line.at)
		return false;
	bytes_skip(&line, (size_t)(tab - line.at) + 1);
	while (line.left != 0) {
		size_t n;

		tab = memchr(line.at, '\t', line.left);
		n = tab ? (size_t)(tab - line.at) : line.left;
		if (!is_number(bytes_sub(&line, n)))
			return false;
		bytes_skip(&line, line.left != 0 ? 1 : 0);
		columns++;
	}
	return columns == 3 || columns == 4;
}

static bool is_version(struct bytes line)
{
	bytes_skip(&line, 3);
	return line.left >= 3 && line.at[0] >= '0' && line.at[0] <= '9' &&
	       memchr(line.at, '.', line.left) != NULL;
}

/* Does this line answer the word? MORE: it may, and so may others'. */
static enum recognised recognise_answer(const struct command_word *word, struct bytes line)
{
	if (line.left == 1 && line.at[0] == '.')
		return word->kind == LIST ? RECOGNISED_MORE : RECOGNISED_NO;
	if (word->kind == LIST)
		return is_worker(line) || is_queue(line) ? RECOGNISED_YES : RECOGNISED_NO;
	if (bytes_start_with(&line, "ERR "))
		return RECOGNISED_MORE;
	if (!bytes_start_with(&line, "OK"))
		return RECOGNISED_NO;
	return word->kind == VERSION && is_version(line) ? RECOGNISED_YES : RECOGNISED_MORE;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	struct line asked = {.length = 0}, answer = {.length = 0};
	enum recognised result = RECOGNISED_MORE;

	while (result == RECOGNISED_MORE && lines_next(&asked, &client)) {
		const struct command_word *word = find_word(bytes_from(asked.text, asked.length));

		if (!word)
			return RECOGNISED_NO;
		if (!lines_next(&answer, &server))
			break;
		result = recognise_answer(word, bytes_from(answer.text, answer.length));
	}
	if (opening->side[SIDE_CLIENT].left == 0 && lines_next(&answer, &server))
		result = is_worker(bytes_from(answer.text, answer.length)) ? RECOGNISED_YES
									   : RECOGNISED_NO;
	return result;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &gearman_services[0]);
	FACTS_WORD(facts, product, "Gearman");
}

static void on_client(struct admin *admin, struct facts *facts, struct bytes line)
{
	const struct command_word *word = find_word(line);

	answers_add(&admin->pending, word ? command_words_note(word, facts) : -1,
		    word ? word->kind : (uint8_t)OTHER);
}

static void on_server(struct admin *admin, struct facts *facts, struct bytes line)
{
	struct answers_row *row = answers_first(&admin->pending);
	bool dot = line.left == 1 && line.at[0] == '.';
	bool refused = bytes_start_with(&line, "ERR ");

	facts_set_auth(facts, AUTH_NONE);
	if (!row || admin->lost) {
		facts_set_data_read(facts, is_worker(line) ? ANSWER_YES : ANSWER_NO);
		return;
	}
	if (row->kind == LIST && !dot && !refused) {
		facts_set_data_read(facts, ANSWER_YES);
		return; /* until the dot */
	}
	facts_command_result(facts, row->handle, !refused);
	if (row->kind == VERSION && !refused && is_version(line)) {
		bytes_skip(&line, 3);
		banner_version(line, facts);
	}
	answers_drop(&admin->pending);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct admin *admin = state;
	struct line *line = &admin->side[from];
	struct bytes input = fed->bytes;

	while (lines_next_command(line, &input)) {
		struct bytes text = bytes_from(line->text, line->length);

		if (from == SIDE_CLIENT)
			on_client(admin, facts, text);
		else
			on_server(admin, facts, text);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct admin *admin = state;

	(void)facts;
	(void)missing;
	admin->lost = true; /* which answer is to what is not known any more */
	lines_reset(&admin->side[from]);
}

const struct dissector gearman_admin_dissector = {
	.name = "gearman-admin",
	.transports = OVER_TCP,
	.state_size = sizeof(struct admin),
	.service_count = 1,
	.services = gearman_services,
	.recognised = "an administrator's command and the table that answers it",
	.crowded = CROWDED_LINES,
	.answers_at = offsetof(struct admin, pending),
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_COMMANDS | READS_LISTINGS |
		 READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
