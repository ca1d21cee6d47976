/* SPDX-License-Identifier: ISC */
/*
 * Is it memcached? "STAT name value", "VALUE key flags size" and "STORED" are its own; other
 * replies (OK, END, ERROR, DELETED) are everybody's and prove something only after a command of
 * memcached's. beanstalkd, Gearman and Redis share the words stats, version, delete and get.
 *
 * UDP: request:2 number:2 of:2 reserved:2, then text. Binary: 80 or 81, and a header that adds up.
 */
#include "dissectors/memcached/memcached_recognise.h"

#include "dissectors/read/lines.h"

#define KEY_MAX	    250
#define BODY_MAX    (128u * 1024 * 1024)
#define LAST_OPCODE 0x45
#define HELLO	    0x1f /* Couchbase's; its key is the name of a program, with blanks */

const struct memcached_command *memcached_command(const struct bytes *word)
{
	static const struct memcached_command rows[] = {
		{"get", MEMCACHED_UNTIL_END, COMMAND_LISTING, 0},
		{"gets", MEMCACHED_UNTIL_END, COMMAND_LISTING, 0},
		{"gat", MEMCACHED_UNTIL_END, COMMAND_LISTING, 0},
		{"gats", MEMCACHED_UNTIL_END, COMMAND_LISTING, 0},
		{"set", MEMCACHED_LINE, 0, 5},
		{"add", MEMCACHED_LINE, 0, 5},
		{"replace", MEMCACHED_LINE, 0, 5},
		{"append", MEMCACHED_LINE, 0, 5},
		{"prepend", MEMCACHED_LINE, 0, 5},
		{"cas", MEMCACHED_LINE, 0, 5},
		{"delete", MEMCACHED_LINE, 0, 0},
		{"incr", MEMCACHED_LINE, 0, 0},
		{"decr", MEMCACHED_LINE, 0, 0},
		{"touch", MEMCACHED_LINE, 0, 0},
		{"stats", MEMCACHED_UNTIL_END, 0, 0},
		{"flush_all", MEMCACHED_LINE, COMMAND_DESTRUCTIVE, 0},
		{"version", MEMCACHED_LINE, 0, 0},
		{"verbosity", MEMCACHED_LINE, 0, 0},
		{"cache_memlimit", MEMCACHED_LINE, 0, 0},
		{"slabs", MEMCACHED_LINE, 0, 0},
		{"lru", MEMCACHED_LINE, 0, 0},
		{"lru_crawler", MEMCACHED_UNTIL_END, COMMAND_LISTING, 0},
		{"shutdown", MEMCACHED_SILENT, COMMAND_DESTRUCTIVE, 0},
		{"quit", MEMCACHED_SILENT, 0, 0},
		{"mg", MEMCACHED_META, COMMAND_LISTING, 0},
		{"ms", MEMCACHED_META, 0, 3},
		{"md", MEMCACHED_META, 0, 0},
		{"ma", MEMCACHED_META, 0, 0},
		{"mn", MEMCACHED_META, 0, 0},
		{"me", MEMCACHED_META, 0, 0},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows && word->left != 0; i++) {
		if (word->at[0] == (uint8_t)rows[i].word[0] && word->left == strlen(rows[i].word) &&
		    bytes_start_with(word, rows[i].word))
			return &rows[i];
	}
	return NULL;
}

bool memcached_number(const struct bytes *word, uint32_t *number)
{
	uint64_t value = 0;

	if (word->left == 0 || word->left > 10)
		return false;
	for (size_t i = 0; i < word->left; i++) {
		if (word->at[i] < '0' || word->at[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(word->at[i] - '0');
	}
	if (value > UINT32_MAX)
		return false;
	*number = (uint32_t)value;
	return true;
}

static bool all_numbers(struct bytes text, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct bytes word = lines_word(&text);
		uint32_t number;

		if (!memcached_number(&word, &number))
			return false;
	}
	return true;
}

/* What the first line of the client's means to others as well, and what only to memcached. */
enum claim { CLAIM_NONE, CLAIM_SHARED, CLAIM_OWN };

static enum claim claim_of(struct bytes line)
{
	struct bytes word = lines_word(&line);
	const struct memcached_command *command = memcached_command(&word);
	struct bytes key;

	if (!command)
		return CLAIM_NONE;
	key = lines_word(&line);
	if (command->size_word == 5)
		return all_numbers(line, 3) ? CLAIM_OWN : CLAIM_NONE;
	if (lines_equal(&word, "flush_all"))
		return CLAIM_OWN;
	if (lines_equal(&word, "stats") && key.left != 0)
		return lines_equal(&key, "items") || lines_equal(&key, "slabs") ||
				       lines_equal(&key, "settings") ||
				       lines_equal(&key, "cachedump") || lines_equal(&key, "sizes")
			       ? CLAIM_OWN
			       : CLAIM_SHARED;
	if (lines_equal(&word, "delete") && all_numbers(key, 1))
		return CLAIM_NONE; /* beanstalkd: a job's number */
	return CLAIM_SHARED;
}

static bool is_signature(struct bytes line, bool *undecided)
{
	struct bytes whole = line;
	struct bytes word;

	(void)lines_word(&line);
	if (bytes_start_with(&whole, "STAT ")) {
		word = lines_word(&line);
		return word.left != 0 && line.left != 0;
	}
	if (bytes_start_with(&whole, "VALUE ")) {
		word = lines_word(&line);
		return word.left != 0 && word.left <= KEY_MAX && all_numbers(line, 2);
	}
	if (lines_equal(&whole, "STORED") || lines_equal(&whole, "NOT_STORED"))
		return true;
	if (bytes_start_with(&whole, "CLIENT_ERROR unauthenticated"))
		return true;
	if (bytes_start_with(&whole, "VERSION ") && line.left != 0 && line.left < 24)
		return line.at[0] >= '0' && line.at[0] <= '9';
	*undecided = bytes_start_with(&whole, "OK") || bytes_start_with(&whole, "END") ||
		     bytes_start_with(&whole, "ERROR") || bytes_start_with(&whole, "DELETED") ||
		     bytes_start_with(&whole, "NOT_FOUND") || bytes_start_with(&whole, "RESET") ||
		     bytes_start_with(&whole, "TOUCHED") || bytes_start_with(&whole, "EXISTS") ||
		     bytes_start_with(&whole, "CLIENT_ERROR ") ||
		     bytes_start_with(&whole, "SERVER_ERROR ") ||
		     bytes_start_with(&whole, "key=") || bytes_start_with(&whole, "HD") ||
		     bytes_start_with(&whole, "EN") || bytes_start_with(&whole, "MN") ||
		     bytes_start_with(&whole, "VA ") || all_numbers(whole, 1);
	return false;
}

/* An answer that others give too, to this claim. */
static bool fits(const struct bytes *command, const struct bytes *reply, enum claim claim)
{
	static const char *const words[] = {"OK",	 "END",	  "ERROR",   "DELETED",
					    "NOT_FOUND", "RESET", "TOUCHED", "EXISTS",
					    "HD",	 "EN",	  "MN"};
	bool is_word = false;

	if (claim == CLAIM_NONE)
		return false;
	if (lines_start_with(command, "stats") && claim == CLAIM_SHARED)
		return lines_equal(reply, "END") || lines_equal(reply, "RESET") ||
		       lines_equal(reply, "ERROR");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		is_word |= reply->left == strlen(words[i]) &&
			   memcmp(reply->at, words[i], reply->left) == 0;
	if (claim == CLAIM_OWN)
		return is_word || lines_start_with(reply, "CLIENT_ERROR ") ||
		       lines_start_with(reply, "SERVER_ERROR ");
	if (lines_start_with(command, "get"))
		return lines_equal(reply, "END") || lines_equal(reply, "ERROR");
	return is_word || lines_start_with(reply, "CLIENT_ERROR ") ||
	       lines_start_with(reply, "key=") || lines_start_with(reply, "VA ") ||
	       (lines_start_with(command, "incr") && all_numbers(*reply, 1)) ||
	       (lines_start_with(command, "decr") && all_numbers(*reply, 1));
}

static enum recognised recognise_text(struct bytes client, struct bytes server, bool one_sided)
{
	struct line first = {.length = 0}, reply = {.length = 0};
	bool spoke = lines_next(&first, &client), undecided = false, whole;
	struct bytes command = bytes_from(first.text, first.length), answer;
	enum claim claim = spoke ? claim_of(command) : CLAIM_NONE;

	if (spoke && claim == CLAIM_NONE && server.left == 0)
		return RECOGNISED_NO;
	if (server.left == 0)
		return claim == CLAIM_OWN && one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
	whole = lines_next(&reply, &server);
	for (size_t i = 0; i < reply.length; i++) {
		if (reply.text[i] < ' ' && reply.text[i] != '\r')
			return RECOGNISED_NO;
	}
	if (!whole)
		return reply.cut ? RECOGNISED_NO : RECOGNISED_MORE;
	answer = bytes_from(reply.text, reply.length);
	if (answer.left == 0)
		return RECOGNISED_NO;
	if (is_signature(answer, &undecided))
		return RECOGNISED_YES;
	if (!undecided)
		return RECOGNISED_NO;
	if (!spoke)
		return first.cut ? RECOGNISED_NO : RECOGNISED_MORE;
	return fits(&command, &answer, claim) ? RECOGNISED_YES : RECOGNISED_NO;
}

/* What a request of this kind must carry: a key, or nothing but its extras. */
static bool carries(uint8_t opcode, uint16_t key, uint8_t extras, uint32_t body)
{
	static const uint8_t bare[] = {0x07, 0x08, 0x0a, 0x0b, 0x17, 0x18, 0x20};
	static const uint8_t key_alone[] = {0x00, 0x04, 0x09, 0x0c, 0x0d, 0x14};
	static const uint8_t keyed[] = {0x01, 0x02, 0x03, 0x05, 0x06, 0x0e, 0x0f, 0x11, 0x12,
					0x13, 0x15, 0x16, 0x19, 0x1a, 0x1c, 0x1d, 0x1e, 0x21};

	if (memchr(bare, opcode, sizeof bare))
		return key == 0 && body == extras;
	if (memchr(key_alone, opcode, sizeof key_alone))
		return key != 0 && extras == 0 && body == key;
	return key != 0 || !memchr(keyed, opcode, sizeof keyed);
}

/* Opcodes of Couchbase with which a connection of a client or of a node may begin. */
static bool opens_couchbase(uint8_t opcode)
{
	static const uint8_t opcodes[] = {0x50, 0x87, 0x89, 0xb5, 0xba, 0xfe};

	return memchr(opcodes, opcode, sizeof opcodes) != NULL;
}

/* 80 op key:2 extras:1 00 0000 body:4 opaque:4 cas:8; 81 has a status instead of the zeros */
static enum recognised recognise_binary(struct bytes b, uint8_t magic, bool *answers)
{
	uint8_t opcode, extras, type;
	uint16_t key, status;
	uint32_t body;

	if (b.left == 0)
		return RECOGNISED_MORE;
	if (bytes_u8(&b) != magic)
		return RECOGNISED_NO;
	opcode = bytes_u8(&b);
	key = bytes_be16(&b);
	extras = bytes_u8(&b);
	type = bytes_u8(&b);
	status = bytes_be16(&b);
	body = bytes_be32(&b);
	bytes_skip(&b, 12);
	if (b.failed)
		return RECOGNISED_MORE;
	if ((opcode > LAST_OPCODE && !opens_couchbase(opcode)) || key > KEY_MAX || extras > 24 ||
	    type != 0 || body > BODY_MAX || body < (uint32_t)key + extras)
		return RECOGNISED_NO;
	if (magic == 0x80 && (status != 0 || !carries(opcode, key, extras, body)))
		return RECOGNISED_NO;
	*answers = status <= 8 || (status >= 0x20 && status <= 0x21) ||
		   (status >= 0x81 && status <= 0x86);
	for (size_t i = 0; i < extras && b.left != 0; i++)
		bytes_skip(&b, 1);
	for (size_t i = 0; i < key && b.left != 0; i++) {
		if (bytes_u8(&b) < ' ' + (opcode != HELLO))
			return RECOGNISED_NO;
	}
	return *answers ? RECOGNISED_YES : RECOGNISED_NO;
}

enum recognised memcached_recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	bool starts_binary = (client.left != 0 && client.at[0] == 0x80) ||
			     (server.left != 0 && server.at[0] == 0x81);
	enum recognised result, reply;
	bool fine = true;

	if (!starts_binary)
		return recognise_text(client, server, opening->one_sided);
	result = client.left != 0 ? recognise_binary(client, 0x80, &fine) : RECOGNISED_MORE;
	if (result == RECOGNISED_NO)
		return RECOGNISED_NO;
	reply = server.left != 0 ? recognise_binary(server, 0x81, &fine) : RECOGNISED_MORE;
	if (reply != RECOGNISED_MORE)
		return reply;
	return result == RECOGNISED_YES && opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
}

/* Takes the frame before a datagram's text. */
static bool take_frame(struct bytes *b, bool first_only)
{
	uint16_t number, of, reserved;

	bytes_skip(b, 2);
	number = bytes_be16(b);
	of = bytes_be16(b);
	reserved = bytes_be16(b);
	return !b->failed && b->left != 0 && reserved == 0 && of != 0 && number < of &&
	       (!first_only || (number == 0 && of == 1));
}

enum recognised memcached_recognise_udp(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (client.left != 0 && !take_frame(&client, true))
		return RECOGNISED_NO;
	if (server.left != 0 && !take_frame(&server, false))
		return RECOGNISED_NO;
	if (server.left == 0 && client.left != 0 && memchr(client.at, '\n', client.left)) {
		struct bytes line = bytes_from(
			client.at, (size_t)((const uint8_t *)memchr(client.at, '\n', client.left) -
					    client.at));

		/* The frame itself tells it from others: any command of ours will do. */
		if (line.left != 0 && line.at[line.left - 1] == '\r')
			line.left--;
		if (claim_of(line) == CLAIM_NONE)
			return RECOGNISED_NO;
		return opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
	}
	return recognise_text(client, server, opening->one_sided);
}
