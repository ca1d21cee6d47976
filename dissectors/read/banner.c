/* SPDX-License-Identifier: ISC */
/* See banner.h. */
#include "dissectors/read/banner.h"

#include "dissectors/read/lines.h"

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_version_byte(uint8_t c)
{
	return is_digit(c) || c == '.' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

void banner_version(struct bytes text, struct facts *facts)
{
	static const char *const words[] = {"version", "server", "ver", "v"};
	bool moved = true;
	size_t length = 0;

	while (moved) {
		moved = false;
		while (text.left != 0 && strchr(" ,(/:-_[", text.at[0]) && text.at[0] != 0) {
			bytes_skip(&text, 1);
			moved = true;
		}
		for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
			if (!lines_start_with(&text, words[i]))
				continue;
			bytes_skip(&text, strlen(words[i]));
			moved = true;
			break;
		}
	}
	if (text.left == 0 || !is_digit(text.at[0]))
		return;
	while (length < text.left && is_version_byte(text.at[length]))
		length++;
	while (length != 0 && text.at[length - 1] == '.')
		length--;
	if (length > 1)
		FACTS_TEXT(facts, version, text.at, length);
}

bool banner_product(struct bytes text, const struct banner_product *rows, size_t count,
		    struct facts *facts)
{
	for (size_t i = 0; i < count; i++) {
		struct bytes found = text;

		while (found.left != 0 && !lines_start_with(&found, rows[i].mark))
			bytes_skip(&found, 1);
		if (found.left == 0)
			continue;
		FACTS_TEXT(facts, product, rows[i].product, strlen(rows[i].product));
		bytes_skip(&found, strlen(rows[i].mark));
		banner_version(found, facts);
		return true;
	}
	return false;
}

unsigned banner_reply(struct bytes line, bool *last, struct bytes *text)
{
	const uint8_t *p = line.at;

	if (line.left < 3 || p[0] < '1' || p[0] > '6' || !is_digit(p[1]) || !is_digit(p[2]))
		return 0;
	if (line.left > 3 && p[3] != ' ' && p[3] != '-')
		return 0;
	*last = line.left == 3 || p[3] == ' ';
	bytes_skip(&line, line.left > 3 ? 4 : 3);
	*text = line;
	return (unsigned)(p[0] - '0') * 100 + (unsigned)(p[1] - '0') * 10 + (unsigned)(p[2] - '0');
}

bool banner_is_enhanced(const struct bytes *text)
{
	const uint8_t *p = text->at;

	return text->left >= 6 && strchr("245", p[0]) && p[0] != 0 && p[1] == '.' &&
	       is_digit(p[2]) && p[3] == '.' && is_digit(p[4]) && (p[5] == ' ' || is_digit(p[5]));
}
