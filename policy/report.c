/* SPDX-License-Identifier: ISC */
/*
 * Diagnostics of one load. The distance behind "did you mean" is that of Damerau and Levenshtein
 * in its restricted form: one insertion, deletion, substitution or swap of neighbours costs one.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/arena.h"
#include "policy/limits.h"
#include "policy/report.h"

/* Replaces control characters, also those of C1 (U+0080 to U+009F), which terminals obey too. */
static void make_harmless(char *text)
{
	unsigned char *at = (unsigned char *)text;

	for (; *at != '\0'; at++) {
		if (*at < 0x20 || *at == 0x7f) {
			*at = '?';
		} else if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f) {
			at[0] = at[1] = '?';
		}
	}
}

/* A text that was cut within a character loses that character. */
static void trim_character(char *text, size_t length)
{
	size_t start = length;

	while (start > 0 && length - start < 4) {
		unsigned char c = (unsigned char)text[--start];
		size_t needed = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

		if (c < 0x80 || c >= 0xc0) {
			if (needed > length - start)
				text[start] = '\0';
			return;
		}
	}
}

/* NULL if there is no room: it is counted only. */
static struct policy_message *new_message(struct report *report, struct mark at, bool warning)
{
	struct policy_messages *messages = report->messages;
	struct policy_message *message;
	size_t room = messages->count == 0 ? 1 : messages->count * 2;

	if (!warning)
		messages->errors++;
	if (messages->count >= LIMIT_MESSAGES) {
		report->unshown++;
		return NULL;
	}
	if ((messages->count & (messages->count - 1)) == 0)
		messages->list = arena_regrow(messages->list, room, sizeof *messages->list);
	message = &messages->list[messages->count++];
	*message = (struct policy_message){
		.line = at.line, .column = at.column, .file = at.file, .warning = warning};
	return message;
}

/* `wanted` is the length that the text would have had with unlimited room. */
static void clean(struct policy_message *message, int wanted)
{
	if (wanted >= (int)sizeof message->text)
		trim_character(message->text, sizeof message->text - 1);
	make_harmless(message->text);
}

void report_error(struct report *report, struct mark at, const char *format, ...)
{
	struct policy_message *message = new_message(report, at, false);
	va_list arguments;

	if (message == NULL)
		return;
	va_start(arguments, format);
	clean(message, vsnprintf(message->text, sizeof message->text, format, arguments));
	va_end(arguments);
}

void report_warning(struct report *report, struct mark at, const char *format, ...)
{
	struct policy_message *message = new_message(report, at, true);
	va_list arguments;

	if (message == NULL)
		return;
	va_start(arguments, format);
	clean(message, vsnprintf(message->text, sizeof message->text, format, arguments));
	va_end(arguments);
}

uint16_t report_file(struct report *report, const char *path)
{
	struct policy_messages *messages = report->messages;
	size_t size = strlen(path) + 1;

	messages->files =
		arena_regrow(messages->files, messages->file_count + 1, sizeof *messages->files);
	messages->files[messages->file_count] = arena_regrow(NULL, size, 1);
	memcpy(messages->files[messages->file_count], path, size);
	return (uint16_t)++messages->file_count;
}

static int compare_messages(const void *left, const void *right)
{
	const struct policy_message *a = left, *b = right;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	if (a->warning != b->warning)
		return a->warning ? 1 : -1;
	return strcmp(a->text, b->text);
}

void report_finish(struct report *report)
{
	struct policy_messages *messages = report->messages;
	struct policy_message *last;

	if (messages->count > 1)
		qsort(messages->list, messages->count, sizeof *messages->list, compare_messages);
	if (report->unshown == 0)
		return;
	messages->list = arena_regrow(messages->list, messages->count + 1, sizeof *messages->list);
	last = &messages->list[messages->count++];
	*last = (struct policy_message){.warning = true};
	snprintf(last->text, sizeof last->text, "%zu more messages are not shown", report->unshown);
}

void policy_messages_print(const struct policy_messages *messages, const char *path, FILE *to)
{
	for (size_t i = 0; i < messages->count; i++) {
		const struct policy_message *message = &messages->list[i];

		fprintf(to, "%s:", message->file == 0 ? path : messages->files[message->file - 1]);
		if (message->line != 0)
			fprintf(to, "%u:%u:", message->line, message->column);
		fprintf(to, " %s: %s\n", message->warning ? "warning" : "error", message->text);
	}
}

void policy_messages_free(struct policy_messages *messages)
{
	for (size_t i = 0; i < messages->file_count; i++)
		free(messages->files[i]);
	free(messages->files);
	free(messages->list);
	*messages = (struct policy_messages){0};
}

#define PREFIX_LEAST 3 /* letters of a beginning that say what is meant */

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned rows[3][POLICY_NAME_MAX + 1];

	for (unsigned j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a_length; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];

		row[0] = i;
		for (unsigned j = 1; j <= b_length; j++) {
			unsigned cost = a[i - 1] == b[j - 1] ? 0 : 1;

			row[j] = least(least(row[j - 1] + 1, above[j] + 1), above[j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], above2[j - 2] + 1);
		}
	}
	return rows[a_length % 3][b_length];
}

void report_suggest_begin(struct report *report, struct suggestion *suggestion, const char *wrong)
{
	size_t length = strlen(wrong);

	*suggestion = (struct suggestion){.wrong = wrong};
	suggestion->active = length < POLICY_NAME_MAX && report->suggestions < LIMIT_SUGGESTIONS;
	/* About a quarter of the letters may be wrong, but not more than three. */
	suggestion->distance = least((unsigned)length / 4 + 1, 3) + 1;
	report->suggestions++;
}

void report_suggest_offer(struct suggestion *suggestion, const char *candidate)
{
	size_t wrong = strlen(suggestion->wrong), length = strlen(candidate);
	unsigned found;

	if (!suggestion->active || length >= POLICY_NAME_MAX || length == 0)
		return;
	/* What begins so is meant, the shortest of them, whatever else is near. */
	if (wrong >= PREFIX_LEAST && wrong < length &&
	    strncmp(suggestion->wrong, candidate, wrong) == 0) {
		if (suggestion->begins == NULL || length < strlen(suggestion->begins))
			suggestion->begins = candidate;
		return;
	}
	if ((wrong > length ? wrong - length : length - wrong) >= suggestion->distance)
		return;
	found = distance(suggestion->wrong, wrong, candidate, length);
	if (found < suggestion->distance && found < length) {
		suggestion->distance = found;
		suggestion->best = candidate;
	}
}

const char *report_suggest_text(struct suggestion *suggestion)
{
	const char *best = suggestion->begins != NULL ? suggestion->begins : suggestion->best;

	if (best != NULL)
		snprintf(suggestion->text, sizeof suggestion->text, " (did you mean \"%s\"?)",
			 best);
	return suggestion->text;
}
