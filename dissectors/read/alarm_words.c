/* SPDX-License-Identifier: ISC */
/* See alarm_words.h. Three letters say for nearly all places that there is none. */
#include "dissectors/read/alarm_words.h"

#include "dissectors/read/lines.h"

#define GROUPS 8

/* Of Redis, FTP, mail, news, memcached, Gearman, NUT, HTTP, NATS; and who logs in. In order. */
static const char *const list[] = {
	"APOP",	    "AUTH",	  "AUTHENTICATE", "AUTHINFO", "BGREWRITEAOF", "BGSAVE", "CONFIG",
	"CONNECT",  "DEBUG",	  "DELE",	  "DELETE",   "DELETESCRIPT", "DROP",	"EVAL",
	"EVALSHA",  "EVALSHA_RO", "EVAL_RO",	  "EXEC",     "EXPUNGE",      "FCALL",	"FCALL_RO",
	"FLUSHALL", "FLUSHDB",	  "FLUSH_ALL",	  "FSD",      "FUNCTION",     "HELLO",	"INSTCMD",
	"KICK",	    "LOGIN",	  "MIGRATE",	  "MODULE",   "MOVE",	      "PASS",	"PASSWORD",
	"PATCH",    "POST",	  "PURGE",	  "PUT",      "REPLICAOF",    "RMD",	"RMDA",
	"SAVE",	    "SHUTDOWN",	  "SITE",	  "SLAVEOF",  "STARTTLS",     "STLS",	"SYSTEM",
	"UNLINK",   "USER",	  "USERNAME",	  "XRMD",
};
#define WORDS (sizeof list / sizeof *list)

static void mark(uint8_t *table, char letter, unsigned group)
{
	table[(uint8_t)letter] |= (uint8_t)(1u << group);
	if (letter >= 'A' && letter <= 'Z')
		table[(uint8_t)(letter | 0x20)] |= (uint8_t)(1u << group);
}

void alarm_words_make(struct alarm_words *words)
{
	memset(words, 0, sizeof *words);
	for (size_t i = WORDS; i-- > 0;) {
		unsigned group = ((unsigned)list[i][0] * 5 + (unsigned)list[i][1]) % GROUPS;

		mark(words->first, list[i][0], group);
		mark(words->second, list[i][1], group);
		mark(words->third, list[i][2], group);
		words->begins[list[i][0] - 'A'] = (uint8_t)i;
	}
}

_Static_assert(WORDS < UINT8_MAX, "begins");

static bool is_of_word(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Does a word of the list begin and end there? */
static bool is_one(const struct alarm_words *words, struct bytes text, size_t at)
{
	size_t first = words->begins[(text.at[at] | 0x20) - 'a'];
	struct bytes rest = bytes_from(text.at + at, text.left - at);

	if (at != 0 && is_of_word(text.at[at - 1]))
		return false;
	for (size_t i = first; i < WORDS && lines_may_begin(&rest, list[i]); i++) {
		size_t length;

		if (!lines_start_with(&rest, list[i]))
			continue;
		length = strlen(list[i]);
		if (length == rest.left || !is_of_word(rest.at[length]))
			return true;
	}
	return false;
}

size_t alarm_words_find(const struct alarm_words *words, struct bytes text)
{
	for (size_t i = 0; i + 2 < text.left; i++) {
		uint8_t groups = words->first[text.at[i]] & words->second[text.at[i + 1]] &
				 words->third[text.at[i + 2]];

		if (groups != 0 && is_one(words, text, i))
			return i;
	}
	return text.left;
}
