/* SPDX-License-Identifier: ISC */
/* What was not read, counted by kind, and the sentence about it. See encapsulation.h. */
#include <stdio.h>
#include <string.h>

#include "sensor/decode/encapsulation.h"

void unread_count(struct unread *unread, uint32_t kind, uint64_t count)
{
	for (int i = 0; i < UNREAD_KINDS; i++) {
		struct unread_row *row = &unread->rows[i];

		if (row->count == 0)
			row->kind = kind;
		if (row->kind == kind) {
			row->count += count;
			return;
		}
	}
	unread->others += count;
}

void unread_add(struct unread *sum, const struct unread *more)
{
	for (int i = 0; i < UNREAD_KINDS && more->rows[i].count != 0; i++)
		unread_count(sum, more->rows[i].kind, more->rows[i].count);
	sum->others += more->others;
}

static void describe(const struct unread_row *row, char text[UNREAD_TEXT])
{
	enum encapsulation_by by = (enum encapsulation_by)(row->kind >> 16);
	uint16_t number = (uint16_t)row->kind;
	const struct encapsulation *known = encapsulation_find(by, number);
	unsigned long long count = row->count;
	const char *name = known ? known->name : "", *open = known ? " (" : "";
	const char *close = known ? ")" : "";

	switch (by) {
	case BY_ETHERTYPE:
		snprintf(text, UNREAD_TEXT, "%llu frames of %s%sethertype 0x%04x%s", count, name,
			 open, number, close);
		break;
	case BY_PROTOCOL:
		snprintf(text, UNREAD_TEXT, "%llu packets of %s%sIP protocol %u%s", count, name,
			 open, number, close);
		break;
	case BY_SHAPE:
		snprintf(text, UNREAD_TEXT,
			 "%llu datagrams to UDP port %u that look like VXLAN (--vxlan-ports "
			 "4789,%u looks into them)",
			 count, number, number);
		break;
	case BY_PORT:
		snprintf(text, UNREAD_TEXT, "%llu datagrams of %s%sUDP port %u%s", count, name,
			 open, number, close);
		break;
	case BY_LINK:
		snprintf(text, UNREAD_TEXT, "%llu frames of %s%slink type %u%s", count, name, open,
			 number, close);
		break;
	default:
		snprintf(text, UNREAD_TEXT, "%llu frames of %s", count, name);
		break;
	}
}

/* The next one in order of numbers, behind `*before`. */
static const struct unread_row *next_most(const struct unread *unread, bool done[UNREAD_KINDS])
{
	int most = -1;

	for (int i = 0; i < UNREAD_KINDS && unread->rows[i].count != 0; i++) {
		if (!done[i] && (most < 0 || unread->rows[i].count > unread->rows[most].count))
			most = i;
	}
	if (most < 0)
		return NULL;
	done[most] = true;
	return &unread->rows[most];
}

static void append(char text[UNREAD_TEXT], const char *more)
{
	size_t used = strlen(text);

	snprintf(text + used, UNREAD_TEXT - used, "%s%s", used != 0 ? ", " : "", more);
}

void unread_text(const struct unread *unread, char text[UNREAD_TEXT])
{
	bool done[UNREAD_KINDS] = {false};
	uint64_t others = unread->others;
	const struct unread_row *row;
	char one[UNREAD_TEXT];

	text[0] = '\0';
	for (int i = 0; (row = next_most(unread, done)) != NULL; i++) {
		describe(row, one);
		if (i < UNREAD_TOLD && strlen(text) + strlen(one) + 48 < UNREAD_TEXT)
			append(text, one);
		else
			others += row->count;
	}
	if (others == 0)
		return;
	snprintf(one, sizeof one, "%llu of other kinds", (unsigned long long)others);
	append(text, one);
}
