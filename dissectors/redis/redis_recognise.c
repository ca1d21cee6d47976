/* SPDX-License-Identifier: ISC */
/*
 * Is it Redis? Three things say so, from either side alone:
 *  - a command in its binary form, "*1\r\n$4\r\nPING\r\n": no other protocol has it;
 *  - a reply that only Redis gives: -NOAUTH, -DENIED, -ERR unknown command, +PONG, INFO's text;
 *  - an inline command ("INFO\r\n", or any line that happens to be one, as "GET / HTTP/1.1") with a
 *    reply of the type that this command has.
 * Words that others know as well (POP3's and NATS' +OK, PING, AUTH, QUIT) prove nothing alone.
 */
#include "dissectors/redis/redis_recognise.h"

#include "dissectors/read/lines.h"
#include "dissectors/read/resp.h"

#define COMMAND_NAME_MAX 24

/* "*3\r\n": a type and a number; the cursor stands behind it. */
static enum recognised take_count(struct bytes *b, char type, int64_t *number)
{
	const uint8_t *end;
	size_t length;

	if (b->left == 0)
		return RECOGNISED_MORE;
	if (b->at[0] != (uint8_t)type)
		return RECOGNISED_NO;
	end = memchr(b->at, '\r', b->left);
	length = end ? (size_t)(end - b->at) : b->left;
	if (length > 1 && !resp_number((const char *)b->at + 1, length - 1, number) &&
	    !(length == 2 && b->at[1] == '-' && !end))
		return RECOGNISED_NO;
	if (!end)
		return RECOGNISED_MORE;
	if (length == 1)
		return RECOGNISED_NO;
	bytes_skip(b, length + 1);
	if (b->left == 0)
		return RECOGNISED_MORE;
	return bytes_u8(b) == '\n' ? RECOGNISED_YES : RECOGNISED_NO;
}

static bool is_name_byte(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

/* "*1\r\n$4\r\nPING\r\n" */
static enum recognised recognise_binary_command(struct bytes b)
{
	enum recognised result;
	int64_t count = 0, length = 0;

	result = take_count(&b, '*', &count);
	if (result != RECOGNISED_YES)
		return result;
	if (count < 1 || count > 1024 * 1024)
		return RECOGNISED_NO;
	result = take_count(&b, '$', &length);
	if (result != RECOGNISED_YES)
		return result;
	if (length < 1 || length > COMMAND_NAME_MAX)
		return RECOGNISED_NO;
	for (int64_t i = 0; i < length; i++) {
		if (b.left == 0)
			return RECOGNISED_MORE;
		if (!is_name_byte(bytes_u8(&b)))
			return RECOGNISED_NO;
	}
	if (b.left < 2)
		return bytes_agree_with(&b, "\r\n") ? RECOGNISED_MORE : RECOGNISED_NO;
	return bytes_start_with(&b, "\r\n") ? RECOGNISED_YES : RECOGNISED_NO;
}

static bool is_signature(const struct bytes *b, bool *may_become)
{
	static const char *const signatures[] = {
		"-NOAUTH ",
		"-WRONGPASS ",
		"-DENIED Redis",
		"-NOPERM ",
		"-NOPROTO ",
		"-MISCONF Redis",
		"-LOADING Redis",
		"-MASTERDOWN ",
		"-READONLY You can",
		"-WRONGTYPE Operation",
		"-ERR unknown command",
		"-ERR wrong number of arguments for",
		"-ERR Protocol error: ",
		"-ERR operation not permitted",
		"-ERR invalid password",
		"-ERR Client sent AUTH, but no password",
		"-ERR AUTH <password> called",
		"-ERR max number of clients reached",
		"+PONG\r\n",
		"+FULLRESYNC ",
	};

	for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
		if (bytes_start_with(b, signatures[i]))
			return true;
		*may_become |= bytes_agree_with(b, signatures[i]);
	}
	return false;
}

/* "$5\r\nhello\r\n": a whole bulk string, or as much of it as the opening holds. */
static enum recognised recognise_bulk(struct bytes b)
{
	int64_t length = 0;
	enum recognised result = take_count(&b, '$', &length);

	if (result != RECOGNISED_YES || length < 0)
		return result;
	if (bytes_agree_with(&b, "# Server\r\nredis_version:") && b.left >= 10)
		return RECOGNISED_YES;
	if ((uint64_t)length + 2 > b.left)
		return RECOGNISED_MORE;
	bytes_skip(&b, (size_t)length);
	return bytes_start_with(&b, "\r\n") ? RECOGNISED_YES : RECOGNISED_NO;
}

/* "*2\r\n$3\r\n..." and the maps, sets and pushes of RESP3: an element or two must fit. */
static enum recognised recognise_aggregate(struct bytes b)
{
	struct resp_reply reply = {.type = 0};
	enum resp_event event;

	while ((event = resp_next_event(&reply, &b)) == RESP_ELEMENT) {
		if (reply.bulks != 0 || reply.elements > 1)
			return RECOGNISED_YES;
	}
	return event == RESP_BROKEN ? RECOGNISED_NO : RECOGNISED_MORE;
}

/* What the server's bytes say by themselves. MORE: nothing against it; more bytes may tell. */
static enum recognised recognise_server(struct bytes b, bool *undecided)
{
	if (is_signature(&b, undecided))
		return RECOGNISED_YES;
	if (*undecided)
		return RECOGNISED_MORE;
	switch (b.at[0]) {
	case '$':
		return recognise_bulk(b);
	case '*':
	case '%':
	case '~':
	case '>':
	case '|':
		return recognise_aggregate(b);
	case '+': /* POP3 and NATS say +OK: its own command decides */
	case '-':
	case ':':
		return RECOGNISED_MORE;
	default:
		return RECOGNISED_NO;
	}
}

/* POP3's AUTH names one of these; Redis' a user or a password. */
static bool is_mechanism(struct bytes word)
{
	static const char *const prefixes[] = {"PLAIN",	 "LOGIN",    "CRAM-",	 "DIGEST-",
					       "SCRAM-", "NTLM",     "GSSAPI",	 "XOAUTH",
					       "OAUTH",	 "EXTERNAL", "ANONYMOUS"};

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		if (lines_start_with(&word, prefixes[i]))
			return true;
	}
	return word.left == 0;
}

/* The types of reply that an inline command may have; NULL: no command of ours. */
static const char *reply_types(struct bytes line)
{
	static const struct {
		const char *word, *types;
	} rows[] = {
		{"AUTH", "+"},	      {"PING", "+-"},	    {"INFO", "$-="},
		{"KEYS", "*-"},	      {"GET", "$-_"},	    {"SET", "+-"},
		{"CONFIG", "*+-%"},   {"COMMAND", "*-"},    {"DBSIZE", ":-"},
		{"FLUSHALL", "+-"},   {"FLUSHDB", "+-"},    {"SCAN", "*-"},
		{"CLIENT", "$+*:-"},  {"SLAVEOF", "+-"},    {"REPLICAOF", "+-"},
		{"MONITOR", "+-"},    {"DEL", ":-"},	    {"LRANGE", "*-"},
		{"HGETALL", "*%-"},   {"ROLE", "*-"},	    {"MODULE", "*+-"},
		{"ECHO", "$-"},	      {"SUBSCRIBE", "*>-"}, {"SENTINEL", "*$+-"},
		{"CLUSTER", "$*+:-"},
	};
	struct bytes word = lines_word(&line);

	if (lines_equal(&word, "AUTH") && is_mechanism(lines_word(&line)))
		return NULL;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (lines_equal(&word, rows[i].word))
			return rows[i].types;
	}
	return NULL;
}

/* An inline command and the beginning of its reply. */
static enum recognised recognise_exchange(struct bytes client, const struct bytes *server)
{
	struct line line = {.length = 0};
	struct bytes reply;
	const char *types;
	int64_t number;

	do {
		if (!lines_next(&line, &client))
			return RECOGNISED_MORE;
	} while (line.length == 0);
	types = reply_types(bytes_from(line.text, line.length));
	if (!types || !strchr(types, server->at[0]))
		return RECOGNISED_NO;
	if (server->at[0] == '+' || server->at[0] == '-') {
		const char *expected = server->at[0] == '+' ? "+OK\r\n" : "-ERR ";

		if (bytes_start_with(server, expected))
			return RECOGNISED_YES;
		return bytes_agree_with(server, expected) ? RECOGNISED_MORE : RECOGNISED_NO;
	}
	reply = *server;
	return take_count(&reply, (char)reply.at[0], &number);
}

enum recognised redis_recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised of_server, of_client;
	bool undecided = false;

	of_client = client.left != 0 ? recognise_binary_command(client) : RECOGNISED_MORE;
	if (server.left == 0) /* a scanner says this to servers of other kinds as well */
		return of_client == RECOGNISED_YES && opening->one_sided ? RECOGNISED_YES
									 : RECOGNISED_MORE;
	of_server = recognise_server(server, &undecided);
	if (of_server != RECOGNISED_MORE || undecided)
		return of_server;
	if (of_client != RECOGNISED_NO)
		return of_client;
	of_client = recognise_exchange(client, &server);
	/* What looks like data may yet turn out to be a reply, whatever the client said. */
	return of_client == RECOGNISED_NO && strchr("$*%~>|", server.at[0]) ? RECOGNISED_MORE
									    : of_client;
}
