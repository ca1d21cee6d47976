/* SPDX-License-Identifier: ISC */
/* See per_file.h. */
#include "sensor/run/per_file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/printable.h"
#include "sensor/base/timestamp.h"
#include "sensor/decode/encapsulation.h"

#define WORDS 1024 /* bytes of all that is said of one capture */

struct row {
	struct timeline_span span;
	bool closed;
	uint64_t exposures;
	struct unread *unread; /* NULL: everything was read, or there is no memory */
	uint64_t uncounted;    /* packets that were not read, for lack of memory */
	char *words;	       /* NULL: nothing is said of it */
};

struct per_file {
	const struct sources *sources;
	struct row rows[];
};

struct per_file *per_file_new(const struct sources *sources)
{
	struct per_file *table = calloc(1, sizeof *table + sources->count * sizeof *table->rows);

	if (table)
		table->sources = sources;
	return table;
}

void per_file_free(struct per_file *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->sources->count; i++) {
		free(table->rows[i].unread);
		free(table->rows[i].words);
	}
	free(table);
}

void per_file_closed(struct per_file *table, size_t source, const struct timeline_span *span)
{
	if (!table)
		return;
	table->rows[source].span = *span;
	table->rows[source].closed = true;
}

void per_file_words(struct per_file *table, size_t source, const char *text)
{
	struct row *row = table ? &table->rows[source] : NULL;
	size_t used;

	if (!row)
		return;
	if (!row->words)
		row->words = calloc(1, WORDS);
	if (!row->words)
		return;
	used = strlen(row->words);
	snprintf(row->words + used, WORDS - used, "%s%s", used != 0 ? "; " : "", text);
}

void per_file_unread(struct per_file *table, size_t source, uint32_t kind)
{
	struct row *row = table ? &table->rows[source] : NULL;

	if (!row)
		return;
	if (!row->unread)
		row->unread = calloc(1, sizeof *row->unread);
	if (row->unread)
		unread_count(row->unread, kind, 1);
	else
		row->uncounted++;
}

void per_file_opened(struct per_file *table, size_t source)
{
	if (table)
		table->rows[source].exposures++;
}

/* ---- the lines ---- */

static void print_name(const char *path, FILE *out)
{
	char name[PATH_MAX];

	printable_copy(name, sizeof name, path);
	fprintf(out, "spanwatch: %s: ", name);
}

static void print_packets(const struct timeline_span *span, FILE *out)
{
	char first[TIMESTAMP_TEXT], last[TIMESTAMP_TEXT];

	if (span->packets == 0) {
		fprintf(out, "no packets");
		return;
	}
	fprintf(out, "%llu packet%s, %s to %s", (unsigned long long)span->packets,
		span->packets == 1 ? "" : "s", timestamp_format(span->first_ns, first),
		timestamp_format(span->last_ns, last));
}

static void print_unread(const struct row *row, FILE *out)
{
	char text[UNREAD_TEXT];

	if (row->unread) {
		unread_text(row->unread, text);
		fprintf(out, "; not read: %s", text);
	}
	if (row->uncounted != 0)
		fprintf(out, "; not read: %llu packets", (unsigned long long)row->uncounted);
}

static void print_row(const struct row *row, bool exposures, FILE *out)
{
	if (row->closed)
		print_packets(&row->span, out);
	else
		fprintf(out, "not read to its end");
	if (exposures)
		fprintf(out, ", %llu exposure%s", (unsigned long long)row->exposures,
			row->exposures == 1 ? "" : "s");
	print_unread(row, out);
	if (row->words)
		fprintf(out, "; %s", row->words);
	putc('\n', out);
}

void per_file_print(const struct per_file *table, bool exposures, FILE *out)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->sources->count; i++) {
		print_name(table->sources->list[i].path, out);
		print_row(&table->rows[i], exposures, out);
	}
	for (size_t i = 0; i < table->sources->skipped_count; i++) {
		print_name(table->sources->skipped[i], out);
		fprintf(out, "no capture, skipped\n");
	}
}
