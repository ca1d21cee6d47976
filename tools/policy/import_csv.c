/* SPDX-License-Identifier: ISC */
/*
 * CSV (RFC 4180), from a spreadsheet or from NetBox's export of IP addresses. The first line names
 * the columns: "address" (or host, ip, "ip address", prefix) is needed; "group" (or role, tenant,
 * tag), owner (or tenant, team, contact), name (or "dns name", hostname, description), public (or
 * nat, "nat (outside)") are used if they are there.
 */
#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "tools/policy/import.h"

#define COLUMNS	   128
#define FIELD_TEXT 512

enum column { ADDRESS, GROUP, OWNER, NAME, PUBLIC, COLUMN_KINDS };

struct csv {
	FILE *file;
	const char *name;
	uint64_t line;
	char fields[COLUMNS][FIELD_TEXT];
	size_t count;
};

static int read_quoted(struct csv *csv, size_t *length)
{
	char *field = csv->fields[csv->count];

	for (;;) {
		int c = getc(csv->file);

		if (c == EOF)
			errx(TOOL_INPUT, "%s:%llu: a quotation is not closed", csv->name,
			     (unsigned long long)csv->line);
		csv->line += c == '\n';
		if (c == '"') {
			c = getc(csv->file);
			if (c != '"')
				return c;
		}
		if (*length < FIELD_TEXT - 1)
			field[(*length)++] = (char)c;
	}
}

/* One field; the character behind it: ',', ';', '\n' or EOF. */
static int read_field(struct csv *csv)
{
	char *field = csv->fields[csv->count];
	size_t length = 0;
	int c = getc(csv->file);

	while (c == ' ' || c == '\t')
		c = getc(csv->file);
	if (c == '"')
		c = read_quoted(csv, &length);
	for (; c != ',' && c != ';' && c != '\n' && c != EOF; c = getc(csv->file))
		if (c != '\r' && length < FIELD_TEXT - 1)
			field[length++] = (char)c;
	while (length != 0 && isspace((unsigned char)field[length - 1]))
		length--;
	field[length] = '\0';
	return c;
}

/* False: the file is at its end. */
static bool read_row(struct csv *csv)
{
	int end;

	csv->count = 0;
	do {
		end = read_field(csv);
		if (csv->count < COLUMNS - 1)
			csv->count++;
	} while (end != '\n' && end != EOF);
	csv->line++;
	return end != EOF || csv->count > 1 || csv->fields[0][0] != '\0';
}

static int kind_of(const char *column, enum column kind)
{
	static const char *const names[COLUMN_KINDS][8] = {
		[ADDRESS] = {"address", "host", "ip", "ip address", "ip_address", "prefix",
			     "server"},
		[GROUP] = {"group", "security group", "role", "tag", "tags", "tenant", "site"},
		[OWNER] = {"owner", "tenant", "team", "contact"},
		[NAME] = {"name", "dns name", "dns_name", "hostname", "description"},
		[PUBLIC] = {"public", "nat", "nat (outside)", "nat_outside", "public ip"},
	};

	for (int i = 0; i < 8 && names[kind][i] != NULL; i++)
		if (strcasecmp(names[kind][i], column) == 0)
			return i;
	return -1;
}

/* The best column for each; COLUMNS: none. */
static void find_columns(const struct csv *csv, size_t found[COLUMN_KINDS])
{
	for (int kind = 0; kind < COLUMN_KINDS; kind++) {
		int best = INT8_MAX;

		found[kind] = COLUMNS;
		for (size_t i = 0; i < csv->count; i++) {
			const char *column = csv->fields[i];
			int rank;

			if (strncmp(column, "\xef\xbb\xbf", 3) == 0)
				column += 3;
			rank = kind_of(column, (enum column)kind);
			if (rank >= 0 && rank < best) {
				best = rank;
				found[kind] = i;
			}
		}
	}
	if (found[ADDRESS] == COLUMNS)
		errx(TOOL_INPUT,
		     "%s:1: no column is called \"address\": the first line must name the columns",
		     csv->name);
}

static const char *field_of(const struct csv *csv, size_t column)
{
	return column < csv->count ? csv->fields[column] : "";
}

/* NetBox writes addresses with the length of their network. */
static void cut_length(char *address)
{
	address[strcspn(address, "/")] = '\0';
}

void import_csv(struct import *import, FILE *file, const char *name)
{
	struct csv *csv = calloc(1, sizeof *csv);
	size_t columns[COLUMN_KINDS];

	if (csv == NULL)
		errx(TOOL_INPUT, "out of memory");
	*csv = (struct csv){.file = file, .name = name};
	if (!read_row(csv))
		errx(TOOL_INPUT, "%s: the file is empty", name);
	find_columns(csv, columns);
	while (read_row(csv)) {
		const char *group_name = field_of(csv, columns[GROUP]);
		const char *outer = field_of(csv, columns[PUBLIC]);
		uint32_t group;

		if (csv->count == 1 && csv->fields[0][0] == '\0')
			continue;
		group = import_group(import, *group_name == '\0' ? "ungrouped" : group_name);
		import_own(import, group, field_of(csv, columns[OWNER]));
		cut_length(csv->fields[columns[ADDRESS]]);
		if (columns[PUBLIC] != COLUMNS)
			cut_length(csv->fields[columns[PUBLIC]]);
		import_add(import, group, field_of(csv, columns[ADDRESS]), outer,
			   field_of(csv, columns[NAME]));
	}
	free(csv);
}
