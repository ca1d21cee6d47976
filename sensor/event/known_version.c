/* SPDX-License-Identifier: ISC */
/* See known_version.h. */
#include "sensor/event/known_version.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* What a piece of a version is, in the order in which pieces at the same place are older. */
enum kind { BEFORE, END, LETTERS, NUMBER };

struct piece {
	enum kind kind;
	int rank; /* of what comes before a release */
	const char *at;
	size_t length;
};

static const struct {
	const char *word;
	int rank;
} before[] = {{"dev", 0}, {"snapshot", 0},  {"alpha", 1}, {"a", 1},	  {"beta", 2}, {"b", 2},
	      {"m", 2},	  {"milestone", 2}, {"pre", 3},	  {"preview", 3}, {"rc", 4},   {"cr", 4}};

/* "alpha" is before a release wherever it stands; "a" alone only behind a hyphen or tilde. */
static bool comes_before(struct piece *piece, char separator)
{
	for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
		if (strlen(before[i].word) != piece->length ||
		    strncasecmp(before[i].word, piece->at, piece->length) != 0)
			continue;
		piece->rank = before[i].rank;
		return piece->length > 1 || separator == '-' || separator == '~';
	}
	return false;
}

/* A hyphen and a digit, a plus, a word that is no release's: a packager's. */
static bool is_packagers(const char *text)
{
	struct piece word = {.at = text + 1};

	if (text[0] == '+' || text[0] == ' ' || text[0] == '(' || text[0] == ',' || text[0] == ':')
		return true;
	if (text[0] != '-')
		return false;
	while (isalpha((unsigned char)word.at[word.length]))
		word.length++;
	return !comes_before(&word, '-');
}

/* The next piece; `text` moves behind it. */
static struct piece next_piece(const char **text)
{
	struct piece piece = {.kind = END};
	char separator = '\0';
	bool digits;

	if (is_packagers(*text))
		return piece;
	while (**text == '.' || **text == '-' || **text == '_' || **text == '~')
		separator = *(*text)++;
	if (!isalnum((unsigned char)**text))
		return piece;
	digits = isdigit((unsigned char)**text) != 0;
	while (digits && (*text)[0] == '0' && isdigit((unsigned char)(*text)[1]))
		(*text)++;
	piece.at = *text;
	while (digits ? isdigit((unsigned char)**text) : isalpha((unsigned char)**text))
		(*text)++;
	piece.length = (size_t)(*text - piece.at);
	piece.kind = digits ? NUMBER : comes_before(&piece, separator) ? BEFORE : LETTERS;
	return piece;
}

static bool is_zero(const struct piece *piece)
{
	return piece->kind == NUMBER && piece->length == 1 && piece->at[0] == '0';
}

static int compare_text(const struct piece *a, const struct piece *b)
{
	size_t length = a->length < b->length ? a->length : b->length;
	int order = strncasecmp(a->at, b->at, length);

	return order != 0 ? order : (int)a->length - (int)b->length;
}

static int compare_pieces(const struct piece *a, const struct piece *b)
{
	if (a->kind != b->kind)
		return (int)a->kind - (int)b->kind;
	if (a->kind == BEFORE)
		return a->rank - b->rank;
	if (a->kind == NUMBER && a->length != b->length)
		return (int)a->length - (int)b->length;
	return a->kind == END ? 0 : compare_text(a, b);
}

/* "v1.2" is 1.2. */
static const char *begin(const char *text)
{
	while (*text == ' ')
		text++;
	return (*text == 'v' || *text == 'V') && isdigit((unsigned char)text[1]) ? text + 1 : text;
}

int known_version_compare(const char *a, const char *b)
{
	a = begin(a);
	b = begin(b);
	for (;;) {
		struct piece left = next_piece(&a), right = next_piece(&b);
		int order;

		if (left.kind == END && right.kind == END)
			return 0;
		/* "7.0" and "7.0.0" are the same. */
		if ((left.kind == END && is_zero(&right)) || (right.kind == END && is_zero(&left)))
			continue;
		order = compare_pieces(&left, &right);
		if (order != 0)
			return order;
	}
}
