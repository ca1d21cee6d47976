/* SPDX-License-Identifier: ISC */
/* See json_text.h. A walk over the text, once, without recursion: how deep it is, is counted. */
#include "dissectors/read/json_text.h"

static void skip_blanks(struct bytes *text)
{
	while (text->left != 0 && (text->at[0] == ' ' || text->at[0] == '\t' ||
				   text->at[0] == '\r' || text->at[0] == '\n'))
		bytes_skip(text, 1);
}

/* What stands between quotes, of which the first has been taken. Fails where it is cut off. */
static struct bytes take_string(struct bytes *text)
{
	struct bytes string = *text;
	size_t n = 0;

	while (n < text->left && text->at[n] != '"')
		n += text->at[n] == '\\' ? 2 : 1;
	if (n >= text->left)
		text->failed = true;
	string.left = n < text->left ? n : text->left;
	bytes_skip(text, n + 1);
	return string;
}

/* Passes over a value up to the comma or bracket behind it. */
static void skip_value(struct bytes *text)
{
	size_t depth = 0;

	while (text->left != 0) {
		uint8_t c = text->at[0];

		if (depth == 0 && (c == ',' || c == '}' || c == ']'))
			return;
		bytes_skip(text, 1);
		if (c == '"')
			take_string(text);
		else if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
	}
}

static struct bytes value_at(struct bytes text)
{
	size_t n = 0;

	if (text.left != 0 && text.at[0] == '"') {
		bytes_skip(&text, 1);
		return take_string(&text);
	}
	if (text.left != 0 && (text.at[0] == '{' || text.at[0] == '['))
		return text;
	while (n < text.left && strchr(",}] \t\r\n", text.at[n]) == NULL)
		n++;
	text.left = n;
	return text;
}

bool json_text_is(struct bytes value, const char *word)
{
	return value.left == strlen(word) && memcmp(value.at, word, value.left) == 0;
}

bool json_text_member(struct bytes text, const char *key, struct bytes *value)
{
	struct bytes name;

	skip_blanks(&text);
	if (bytes_start_with(&text, "[")) {
		bytes_skip(&text, 1);
		skip_blanks(&text);
	}
	if (bytes_u8(&text) != '{')
		return false;
	for (;;) {
		skip_blanks(&text);
		if (bytes_u8(&text) != '"')
			return false;
		name = take_string(&text);
		skip_blanks(&text);
		if (bytes_u8(&text) != ':')
			return false;
		skip_blanks(&text);
		if (json_text_is(name, key))
			break;
		skip_value(&text);
		if (bytes_u8(&text) != ',')
			return false;
	}
	*value = value_at(text);
	return text.left != 0;
}

bool json_text_starts(struct bytes text, const char *start)
{
	for (; *start != '\0'; start++) {
		skip_blanks(&text);
		if (bytes_u8(&text) != (uint8_t)*start)
			return false;
	}
	return true;
}

void json_word_look(struct json_word *word, const char *wanted, struct bytes piece)
{
	while (piece.left != 0 && !word->found) {
		uint8_t c = bytes_u8(&piece);

		if (c != (uint8_t)wanted[word->at])
			word->at = c == (uint8_t)wanted[0];
		else
			word->at++;
		word->found = wanted[word->at] == '\0';
	}
}
