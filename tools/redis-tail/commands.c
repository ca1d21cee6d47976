/* SPDX-License-Identifier: ISC */
/* See commands.h. Nothing here needs more than Redis 6.2. */
#include "tools/redis-tail/commands.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool send(const struct commands *commands, enum step step, const char **words, int count)
{
	static const char asking[] = "ASKING";
	const char *first = asking;
	size_t lengths[COMMANDS_WORDS], length = sizeof asking - 1;

	assert(count <= COMMANDS_WORDS);
	for (int i = 0; i < count; i++)
		lengths[i] = strlen(words[i]);
	if (redis_due_room(commands->due) < 2)
		return false;
	if (commands->asking) {
		if (!redis_connection_send(commands->connection, 1, &first, &length))
			return false;
		redis_due_add(commands->due, DUE_ASKING, 0);
	}
	if (!redis_connection_send(commands->connection, count, words, lengths))
		return false;
	redis_due_add(commands->due, DUE_STATUS, step);
	return true;
}

#define SEND(commands, step, words)                                                                \
	send((commands), (step), (words), (int)(sizeof(words) / sizeof *(words)))

static const char *number(char to[24], uint64_t value)
{
	snprintf(to, 24, "%" PRIu64, value < COMMANDS_BATCH ? value : COMMANDS_BATCH);
	return to;
}

bool commands_create(const struct commands *commands, const char *from, bool stream_too)
{
	const char *words[] = {"XGROUP",	"CREATE", commands->key,
			       commands->group, from,	  "MKSTREAM"};
	const char *known[] = {"XGROUP", "CREATE", commands->key, commands->group, from};

	return stream_too ? SEND(commands, STEP_CREATE, words) : SEND(commands, STEP_CREATE, known);
}

bool commands_known(const struct commands *commands, const char *id)
{
	const char *words[] = {"XRANGE", commands->key, id, id, "COUNT", "1"};

	return SEND(commands, STEP_KNOWN, words);
}

bool commands_set(const struct commands *commands, const char *id)
{
	const char *words[] = {"XGROUP", "SETID", commands->key, commands->group, id};

	return SEND(commands, STEP_SET, words);
}

bool commands_own(const struct commands *commands, const char *after, uint64_t most)
{
	char count[24];
	const char *words[] = {"XREADGROUP",	   "GROUP",	  commands->group,
			       commands->consumer, "COUNT",	  number(count, most),
			       "STREAMS",	   commands->key, after};

	return SEND(commands, STEP_OWN, words);
}

bool commands_claim(const struct commands *commands, const char *cursor, uint64_t idle_ms,
		    uint64_t most)
{
	char count[24], idle[24];
	const char *words[] = {"XAUTOCLAIM", commands->key, commands->group, commands->consumer,
			       idle,	     cursor,	    "COUNT",	     number(count, most)};

	snprintf(idle, sizeof idle, "%" PRIu64, idle_ms);
	return SEND(commands, STEP_CLAIM, words);
}

bool commands_new(const struct commands *commands, uint32_t wait_ms, uint64_t most)
{
	char count[24], block[24];
	const char *stream[] = {"XINFO", "STREAM", commands->key};
	const char *groups[] = {"XINFO", "GROUPS", commands->key};
	const char *at_once[] = {"XREADGROUP",	     "GROUP",	    commands->group,
				 commands->consumer, "COUNT",	    number(count, most),
				 "STREAMS",	     commands->key, ">"};
	const char *waiting[] = {
		"XREADGROUP", "GROUP", commands->group,	    commands->consumer, "BLOCK",
		block,	      "COUNT", number(count, most), "STREAMS",		commands->key,
		">"};

	snprintf(block, sizeof block, "%" PRIu32, wait_ms);
	return SEND(commands, STEP_STREAM, stream) && SEND(commands, STEP_GROUPS, groups) &&
	       (wait_ms != 0 ? SEND(commands, STEP_NEW, waiting)
			     : SEND(commands, STEP_NEW, at_once));
}

bool commands_acknowledge(const struct commands *commands, char ids[][ENTRY_ID], size_t count)
{
	const char *words[COMMANDS_WORDS] = {"XACK", commands->key, commands->group};

	assert(count <= COMMANDS_BATCH);
	for (size_t i = 0; i < count; i++)
		words[3 + i] = ids[i];
	return send(commands, STEP_ACK, words, (int)count + 3);
}

bool commands_words(const struct commands *commands, const char **words, int count)
{
	return send(commands, STEP_SINK, words, count);
}
