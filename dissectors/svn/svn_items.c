/* SPDX-License-Identifier: ISC */
/* See svn_items.h. */
#include "dissectors/svn/svn_items.h"

#define DEPTH_MAX  64
#define STRING_MAX ((UINT32_MAX - 9) / 10)

static void keep(struct svn_reader *reader, const uint8_t *bytes, size_t length)
{
	size_t room = sizeof reader->token - reader->length;

	if (length > room)
		length = room;
	if (length != 0)
		memcpy(reader->token + reader->length, bytes, length);
	reader->length = (uint8_t)(reader->length + length);
}

static bool is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static enum svn_item take_string(struct svn_reader *reader, struct bytes *input)
{
	size_t n = reader->string_left < input->left ? (size_t)reader->string_left : input->left;

	keep(reader, input->at, n);
	bytes_skip(input, n);
	reader->string_left -= n;
	if (reader->string_left != 0)
		return SVN_MORE;
	reader->within = SVN_MORE;
	return SVN_STRING;
}

/* SVN_MORE: go on. */
static enum svn_item take_number(struct svn_reader *reader, struct bytes *input)
{
	uint8_t c = input->at[0];

	if (is_digit(c)) {
		if (reader->number < STRING_MAX) /* revisions may be -1, as 64 bits */
			reader->number = reader->number * 10 + (uint32_t)(c - '0');
		bytes_skip(input, 1);
		return SVN_MORE;
	}
	reader->within = SVN_MORE;
	if (c != ':')
		return SVN_NUMBER;
	bytes_skip(input, 1);
	reader->lost |= reader->number >= STRING_MAX;
	reader->within = SVN_STRING;
	reader->string_left = reader->number;
	return reader->number == 0 ? take_string(reader, input) : SVN_MORE;
}

static enum svn_item take_word(struct svn_reader *reader, struct bytes *input)
{
	uint8_t c = input->at[0];

	if (c <= ' ' || c == '(' || c == ')') {
		reader->within = SVN_MORE;
		return SVN_WORD;
	}
	keep(reader, &c, 1);
	bytes_skip(input, 1);
	return SVN_MORE;
}

static enum svn_item take_start(struct svn_reader *reader, struct bytes *input)
{
	uint8_t c = input->at[0];

	reader->length = 0;
	reader->number = 0;
	if (is_digit(c) || is_letter(c)) {
		reader->within = is_digit(c) ? SVN_NUMBER : SVN_WORD;
		return SVN_MORE;
	}
	bytes_skip(input, 1);
	if (c == '(') {
		reader->lost |= ++reader->depth > DEPTH_MAX;
		return SVN_OPEN;
	}
	if (c == ')') {
		reader->lost |= reader->depth == 0;
		if (reader->depth != 0)
			reader->depth--;
		return SVN_CLOSE;
	}
	return SVN_MORE;
}

enum svn_item svn_items_next(struct svn_reader *reader, struct bytes *input)
{
	enum svn_item item = SVN_MORE;

	while (item == SVN_MORE && input->left != 0 && !reader->lost) {
		switch (reader->within) {
		case SVN_STRING:
			item = take_string(reader, input);
			break;
		case SVN_NUMBER:
			item = take_number(reader, input);
			break;
		case SVN_WORD:
			item = take_word(reader, input);
			break;
		default:
			item = take_start(reader, input);
		}
	}
	return reader->lost ? SVN_MORE : item;
}

bool svn_items_gap(struct svn_reader *reader, uint64_t missing)
{
	if (reader->within != SVN_STRING || missing == 0 || missing >= reader->string_left)
		reader->lost = true;
	else
		reader->string_left -= missing;
	return !reader->lost;
}
