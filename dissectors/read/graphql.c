/* SPDX-License-Identifier: ISC */
/* See graphql.h. */
#include "dissectors/read/graphql.h"

#include <strings.h>

enum place { PLACE_BETWEEN, PLACE_NAME, PLACE_TEXT, PLACE_ESCAPE, PLACE_BLOCK, PLACE_COMMENT };
enum kind { KIND_NONE, KIND_MUTATION, KIND_FRAGMENT, KIND_OTHER };

#define ESCAPED 253 /* of quotes: the next three count for none */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Length of the word that begins here: "HTTPDelete_it" is "HTTP", "Delete", "it". */
static size_t word_length(const char *at)
{
	size_t n = 1;

	if (is_upper(at[0]) && is_upper(at[1])) {
		while (is_upper(at[n]) && !(at[n + 1] >= 'a' && at[n + 1] <= 'z'))
			n++;
		return n;
	}
	while (at[n] >= 'a' && at[n] <= 'z')
		n++;
	return n;
}

static bool is_verb(const char *word, size_t length)
{
	static const char *const verbs[] = {"delete", "drop",  "remove", "destroy", "truncate",
					    "purge",  "erase", "wipe",	 NULL};

	for (const char *const *v = verbs; *v != NULL; v++) {
		if (strlen(*v) == length && strncasecmp(*v, word, length) == 0)
			return true;
	}
	return false;
}

bool graphql_name_deletes(const char *name)
{
	while (*name != '\0') {
		size_t n = is_letter(*name) && *name != '_' ? word_length(name) : 1;

		if (is_verb(name, n))
			return true;
		name += n;
	}
	return false;
}

/* At the outside: what kind of definition it is. */
static void take_outside(struct graphql *g)
{
	if (g->kind == KIND_FRAGMENT && strcasestr(g->name, "mutation") != NULL)
		g->kind = KIND_MUTATION; /* it is one of its fields: "on Mutation" */
	if (g->kind != KIND_NONE)
		return;
	if (strcmp(g->name, "mutation") == 0)
		g->kind = KIND_MUTATION;
	else
		g->kind = strcmp(g->name, "fragment") == 0 ? KIND_FRAGMENT : KIND_OTHER;
}

/* A name has ended, and it is no alias. */
static void take_name(struct graphql *g)
{
	bool directive = g->directive, spread = g->dots == 3;

	g->pending = g->directive = false;
	g->dots = 0;
	if (g->parens != 0 || directive)
		return;
	if (g->depth == 0) {
		take_outside(g);
		return;
	}
	if (g->depth != g->level + 1u || g->kind != KIND_MUTATION)
		return;
	if (spread) {
		g->within = strcmp(g->name, "on") == 0; /* else a fragment's name */
		return;
	}
	if (!g->within && g->field[0] == '\0' && graphql_name_deletes(g->name))
		memcpy(g->field, g->name, sizeof g->field);
}

static void open_brace(struct graphql *g)
{
	/* "... { a }", "... on Mutation { a }": its fields are those of what is around it. */
	if (g->parens == 0 && g->depth == g->level + 1u && (g->within || g->dots == 3))
		g->level++;
	if (g->parens == 0 && g->depth != UINT8_MAX)
		g->depth++;
	g->within = false;
	g->dots = 0;
}

static void close_brace(struct graphql *g)
{
	if (g->parens != 0 || g->depth == 0)
		return;
	if (g->depth == g->level + 1u && g->level != 0)
		g->level--;
	g->depth--;
	if (g->depth == 0) {
		g->kind = KIND_NONE;
		g->level = 0;
	}
}

static void take_sign(struct graphql *g, uint8_t c)
{
	switch (c) {
	case '{':
		open_brace(g);
		break;
	case '}':
		close_brace(g);
		break;
	case '(':
		g->parens = (uint8_t)(g->parens + (g->parens != UINT8_MAX));
		break;
	case ')':
		g->parens = (uint8_t)(g->parens - (g->parens != 0));
		break;
	case '@':
		g->directive = true;
		g->within |= g->dots == 3;
		break;
	case '.':
		g->dots = (uint8_t)(g->dots == 3 ? 1 : g->dots + 1);
		break;
	case '#':
		g->place = PLACE_COMMENT;
		break;
	case '"':
		g->place = PLACE_TEXT;
		g->quotes = 1;
		break;
	default:
		break;
	}
}

static void keep(struct graphql *g, uint8_t c)
{
	if (g->length + 1u < sizeof g->name)
		g->name[g->length++] = (char)c;
	g->name[g->length] = '\0';
}

static void between(struct graphql *g, uint8_t c)
{
	if (c <= ' ' || c == ',')
		return; /* between a name and its colon there may be any of these */
	if (g->pending && c == ':')
		g->pending = false;
	else if (g->pending && c != '#')
		take_name(g);
	if (!is_letter((char)c)) {
		take_sign(g, c);
		return;
	}
	g->place = PLACE_NAME;
	g->length = 0;
	keep(g, c);
}

/* Two quotes are an empty text; three begin a block, which three end. */
static void take_text(struct graphql *g, uint8_t c)
{
	bool quote = c == '"';

	if (g->place == PLACE_BLOCK) {
		g->quotes = (uint8_t)(quote ? g->quotes + 1 : c == '\\' ? ESCAPED : 0);
		if (g->quotes == 3)
			g->place = PLACE_BETWEEN;
		return;
	}
	if (g->quotes == 2) { /* right at its beginning */
		g->place = quote ? PLACE_BLOCK : PLACE_BETWEEN;
		g->quotes = 0;
		if (!quote)
			between(g, c);
		return;
	}
	if (quote && g->quotes == 1) {
		g->quotes = 2;
		return;
	}
	g->quotes = 0;
	if (quote)
		g->place = PLACE_BETWEEN;
	else if (c == '\\')
		g->place = PLACE_ESCAPE;
}

void graphql_take(struct graphql *g, uint8_t byte)
{
	switch ((enum place)g->place) {
	case PLACE_BETWEEN:
		between(g, byte);
		break;
	case PLACE_NAME:
		if (is_letter((char)byte) || is_digit((char)byte)) {
			keep(g, byte);
			break;
		}
		g->place = PLACE_BETWEEN;
		g->pending = true;
		between(g, byte);
		break;
	case PLACE_TEXT:
	case PLACE_BLOCK:
		take_text(g, byte);
		break;
	case PLACE_ESCAPE:
		g->place = PLACE_TEXT;
		g->quotes = 0;
		break;
	case PLACE_COMMENT:
		if (byte == '\n' || byte == '\r')
			g->place = PLACE_BETWEEN;
		break;
	}
}

void graphql_end(struct graphql *g)
{
	char field[GRAPHQL_NAME];

	if (g->pending || g->place == PLACE_NAME)
		take_name(g);
	memcpy(field, g->field, sizeof field);
	*g = (struct graphql){.place = PLACE_BETWEEN};
	memcpy(g->field, field, sizeof field);
}
