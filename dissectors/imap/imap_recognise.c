/* SPDX-License-Identifier: ISC */
/*
 * Is it IMAP? The server greets with "* OK ", "* PREAUTH " or "* BYE " (RFC 3501, 7.1; RFC 9051).
 * In the middle, a tagged command and the response with the same tag, or an untagged response that
 * only IMAP has, say so. A client alone is believed only if nothing of the server can be seen.
 */
#include "dissectors/imap/imap_recognise.h"

#include "dissectors/read/lines.h"

#define TAG_MAX		20
#define GREETING_ENOUGH 40 /* printable bytes of a greeting whose line goes on */

static enum recognised recognise_greeting(struct bytes b)
{
	static const char *const greetings[] = {"* OK ", "* PREAUTH ", "* BYE "};
	bool agrees = false, whole = false;
	size_t length = 0;

	for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) {
		agrees |= bytes_agree_with(&b, greetings[i]);
		whole |= bytes_start_with(&b, greetings[i]);
	}
	if (!whole)
		return agrees ? RECOGNISED_MORE : RECOGNISED_NO;
	for (; b.left != 0 && length < GREETING_ENOUGH; length++) {
		uint8_t c = bytes_u8(&b);

		if (c == '\n')
			return RECOGNISED_YES;
		if (c < 0x20 && c != '\r' && c != '\t')
			return RECOGNISED_NO;
	}
	return length == GREETING_ENOUGH ? RECOGNISED_YES : RECOGNISED_MORE;
}

static bool is_tag(const struct bytes *word)
{
	for (size_t i = 0; i < word->left; i++) {
		uint8_t c = word->at[i];

		if (c <= 0x20 || c >= 0x7f || strchr("(){%*\"\\+]", c))
			return false;
	}
	return word->left != 0 && word->left <= TAG_MAX;
}

/* "a1 LOGIN alice secret": YES for commands that no other line protocol has in this place. */
static enum recognised recognise_command(struct bytes client)
{
	static const char *const commands[] = {
		"CAPABILITY", "LOGIN",	"AUTHENTICATE", "STARTTLS", "SELECT", "EXAMINE", "UID",
		"NAMESPACE",  "LSUB",	"EXPUNGE",	"FETCH",    "STORE",  "ENABLE",	 "IDLE",
		"NOOP",	      "LOGOUT", "STATUS",	"LIST",	    "ID",     "SEARCH",
	};
	struct line line = {.length = 0};
	struct bytes text, tag, word;

	if (!lines_next(&line, &client))
		return RECOGNISED_MORE;
	text = bytes_from(line.text, line.length);
	tag = lines_word(&text);
	word = lines_word(&text);
	if (!is_tag(&tag))
		return RECOGNISED_NO;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (lines_equal(&word, commands[i]))
			return RECOGNISED_YES;
	}
	return RECOGNISED_NO;
}

/* Responses in the middle of a session that are IMAP's own. */
static enum recognised recognise_response(struct bytes server, struct bytes client)
{
	static const char *const data[] = {"EXISTS", "RECENT", "FETCH", "EXPUNGE"};
	static const char *const kinds[] = {"LIST", "LSUB", "CAPABILITY", "FLAGS", "SEARCH"};
	static const char *const states[] = {"OK", "NO", "BAD"};
	struct line line = {.length = 0};
	struct bytes text, tag, word, other;
	bool found = false;

	if (!lines_next(&line, &server))
		return RECOGNISED_MORE;
	text = bytes_from(line.text, line.length);
	tag = lines_word(&text);
	word = lines_word(&text);
	if (lines_equal(&tag, "*")) {
		struct bytes third = lines_word(&text);
		bool number = word.left != 0 && word.at[0] >= '0' && word.at[0] <= '9';

		for (size_t i = 0; i < sizeof data / sizeof *data; i++)
			found |= number && lines_equal(&third, data[i]);
		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
			found |= lines_equal(&word, kinds[i]);
		return found ? RECOGNISED_YES : RECOGNISED_NO;
	}
	other = lines_word(&client);
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		found |= lines_equal(&word, states[i]);
	return found && is_tag(&tag) && other.left == tag.left &&
			       memcmp(other.at, tag.at, tag.left) == 0
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

enum recognised imap_recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised result;

	if (server.left == 0) {
		if (!opening->one_sided || client.left == 0)
			return RECOGNISED_MORE;
		return recognise_command(client);
	}
	result = recognise_greeting(server);
	if (result == RECOGNISED_NO && opening->midstream)
		result = recognise_response(server, client);
	return result;
}
