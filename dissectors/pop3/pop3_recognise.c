/* SPDX-License-Identifier: ISC */
/*
 * Is it POP3? The server greets with "+OK" and some words. Others say "+OK" as well: Redis and
 * NATS in answer to a command, and then it stands alone; so a bare one needs a command of the
 * client that only POP3 has, or one answer more than there were commands.
 */
#include "dissectors/pop3/pop3_recognise.h"

#include "dissectors/read/lines.h"

#define GREETING_ENOUGH 40 /* printable bytes of a greeting whose line goes on */

/* Commands that no other protocol with such answers has; `strict` leaves out what FTP has too. */
static bool is_command(struct bytes text, bool strict)
{
	static const char *const rows[] = {"UIDL",  "CAPA",  "STLS", "APOP ", "TOP ",
					   "RETR ", "DELE ", "STAT", "USER ", "PASS "};
	size_t count = strict ? 5 : sizeof rows / sizeof *rows;

	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(rows[i]);

		if (lines_start_with(&text, rows[i]) &&
		    (rows[i][length - 1] == ' ' || text.left == length || text.at[length] == ' '))
			return true;
	}
	return false;
}

/* Whole lines, and whether one of them is a command of POP3. */
static size_t count_commands(struct bytes client, bool strict, bool *own)
{
	struct line line = {.length = 0};
	size_t count = 0;

	while (lines_next(&line, &client)) {
		*own |= is_command(bytes_from(line.text, line.length), strict);
		count++;
	}
	return count;
}

/* "+OK", "-ERR", or what can follow in the middle of an answer. */
static bool is_answer(const struct bytes *text)
{
	return bytes_start_with(text, "+OK") || bytes_start_with(text, "-ERR") ||
	       bytes_start_with(text, "+ ");
}

static enum recognised recognise_server(struct bytes server, struct bytes client, bool midstream)
{
	struct line line = {.length = 0};
	bool own = false, whole;
	size_t commands = count_commands(client, false, &own), answers = 0;
	struct bytes text;

	whole = lines_next(&line, &server);
	text = bytes_from(line.text, line.length);
	for (size_t i = 0; i < text.left; i++) {
		if (text.at[i] < 0x20 && text.at[i] != '\t' && text.at[i] != '\r')
			return RECOGNISED_NO;
	}
	if (bytes_start_with(&text, "-ERR")) /* Redis says so, too */
		return RECOGNISED_MORE;
	if (own && whole)
		return RECOGNISED_YES;
	/* Words behind the +OK: a greeting, unless the capture began late. */
	if (bytes_start_with(&text, "+OK ") && text.left > 5 && !midstream &&
	    (whole || text.left >= GREETING_ENOUGH))
		return RECOGNISED_YES;
	if (!whole || midstream)
		return RECOGNISED_MORE;
	for (answers = 1; lines_next(&line, &server); answers++) {
		text = bytes_from(line.text, line.length);
		if (!is_answer(&text))
			return RECOGNISED_MORE;
	}
	return commands != 0 && answers > commands ? RECOGNISED_YES : RECOGNISED_MORE;
}

enum recognised pop3_recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	bool own = false;

	if (bytes_start_with(&client, "+OK") || bytes_start_with(&client, "-ERR"))
		return RECOGNISED_NO;
	if (server.left == 0) {
		if (!opening->one_sided)
			return RECOGNISED_MORE;
		count_commands(client, true, &own);
		return own ? RECOGNISED_YES : RECOGNISED_MORE;
	}
	if (!bytes_agree_with(&server, "+OK") && !bytes_agree_with(&server, "-ERR"))
		return RECOGNISED_NO;
	if (server.left < 5)
		return RECOGNISED_MORE;
	if (!strchr(" \r\n", server.at[3]) && server.at[0] == '+')
		return RECOGNISED_NO;
	return recognise_server(server, client, opening->midstream);
}
