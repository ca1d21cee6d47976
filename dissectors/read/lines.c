/* SPDX-License-Identifier: ISC */
/* Line framing and word handling of the text protocols; see lines.h. */
#include "dissectors/read/lines.h"

void lines_reset(struct line *line)
{
	line->length = 0;
	line->cut = false;
	line->complete = false;
}

static void keep(struct line *line, const uint8_t *from, size_t length)
{
	size_t room = LINE_KEPT - (size_t)line->length;

	if (length > room) {
		line->cut = true;
		length = room;
	}
	if (length != 0)
		memcpy(line->text + line->length, from, length);
	line->length = (uint8_t)(line->length + length);
}

bool lines_next(struct line *line, struct bytes *input)
{
	const uint8_t *end, *from;
	size_t length;

	if (line->complete)
		lines_reset(line);
	if (input->left == 0)
		return false;
	if (line->length == 0 && input->at[0] == '\n' && !line->cut) { /* there may be many */
		line->complete = bytes_skip(input, 1);
		return true;
	}
	end = memchr(input->at, '\n', input->left);
	length = end ? (size_t)(end - input->at) : input->left;
	from = bytes_take(input, length);
	keep(line, from, length);
	if (!end)
		return false;
	bytes_skip(input, 1);
	if (!line->cut && line->length != 0 && line->text[line->length - 1] == '\r')
		line->length--;
	line->complete = true;
	return true;
}

static uint8_t upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

struct bytes lines_word(struct bytes *text)
{
	struct bytes word;

	while (text->left != 0 && (text->at[0] == ' ' || text->at[0] == '\t'))
		bytes_skip(text, 1);
	word = bytes_from(text->at, 0);
	while (text->left != 0 && text->at[0] != ' ' && text->at[0] != '\t') {
		bytes_skip(text, 1);
		word.left++;
	}
	while (text->left != 0 && (text->at[0] == ' ' || text->at[0] == '\t'))
		bytes_skip(text, 1);
	return word;
}

bool lines_start_with_letters(const struct bytes *text, const char *prefix)
{
	for (size_t i = 0; prefix[i] != '\0'; i++) {
		if (i >= text->left || upper(text->at[i]) != upper((uint8_t)prefix[i]))
			return false;
	}
	return true;
}

bool lines_equal_letters(const struct bytes *word, const char *text)
{
	for (size_t i = 0; i < word->left; i++) {
		if (text[i] == '\0' || upper(word->at[i]) != upper((uint8_t)text[i]))
			return false;
	}
	return text[word->left] == '\0';
}

bool lines_contain(const struct bytes *haystack, const char *text)
{
	struct bytes rest = *haystack;

	for (; rest.left != 0; bytes_skip(&rest, 1)) {
		if (lines_start_with(&rest, text))
			return true;
	}
	return false;
}

size_t lines_upper(char *to, size_t size, const struct bytes *from)
{
	size_t length = from->left < size - 1 ? from->left : size - 1;

	for (size_t i = 0; i < length; i++)
		to[i] = (char)upper(from->at[i]);
	to[length] = '\0';
	return length;
}
