/* SPDX-License-Identifier: ISC */
/*
 * What is known of Redis' commands (redis.io/docs/latest/commands): which are named together with
 * their subcommand, what their replies tell, which list, which destroy, and which run code or write
 * files: scripts, functions, modules, a file's place and name, and a master that sends either.
 */
#include "dissectors/redis/redis_commands.h"

#include <stdlib.h>

#define BULK_DELETE 10 /* keys in one DEL that make it bulk */
#define LIST	    COMMAND_LISTING
#define DROP	    COMMAND_DESTRUCTIVE
#define RUN	    COMMAND_EXECUTES

/* In the order of their names, as strcmp() has it. */
static const struct redis_command table[] = {
	{"ACL", REDIS_NO_DATA, 0, true},
	{"AUTH", REDIS_AUTH, 0, false},
	{"BGREWRITEAOF", REDIS_SAVE, 0, false},
	{"BGSAVE", REDIS_SAVE, 0, false},
	{"CLIENT", REDIS_NO_DATA, 0, true},
	{"CLUSTER", REDIS_NO_DATA, 0, true},
	{"COMMAND", REDIS_NO_DATA, 0, false},
	{"CONFIG", REDIS_CONFIG, 0, true},
	{"DBSIZE", REDIS_NO_DATA, 0, false},
	{"DEBUG", REDIS_DEBUG, 0, true},
	{"DEL", REDIS_DELETE, 0, false},
	{"DISCARD", REDIS_DISCARD, 0, false},
	{"DUMP", REDIS_DATA, LIST, false},
	{"ECHO", REDIS_NO_DATA, 0, false},
	{"EVAL", REDIS_DATA, RUN, false},
	{"EVALSHA", REDIS_DATA, RUN, false},
	{"EVALSHA_RO", REDIS_DATA, RUN, false},
	{"EVAL_RO", REDIS_DATA, RUN, false},
	{"EXEC", REDIS_EXEC, 0, false},
	{"FCALL", REDIS_DATA, RUN, false},
	{"FCALL_RO", REDIS_DATA, RUN, false},
	{"FLUSHALL", REDIS_NO_DATA, DROP, false},
	{"FLUSHDB", REDIS_NO_DATA, DROP, false},
	{"FUNCTION", REDIS_LOAD, 0, true},
	{"GET", REDIS_DATA, LIST, false},
	{"GETRANGE", REDIS_DATA, LIST, false},
	{"HELLO", REDIS_HELLO, 0, false},
	{"HGET", REDIS_DATA, LIST, false},
	{"HGETALL", REDIS_DATA, LIST, false},
	{"HKEYS", REDIS_DATA, LIST, false},
	{"HMGET", REDIS_DATA, LIST, false},
	{"HSCAN", REDIS_SCAN, LIST, false},
	{"HVALS", REDIS_DATA, LIST, false},
	{"INFO", REDIS_INFO, 0, false},
	{"KEYS", REDIS_DATA, LIST, false},
	{"LASTSAVE", REDIS_NO_DATA, 0, false},
	{"LATENCY", REDIS_NO_DATA, 0, true},
	{"LINDEX", REDIS_DATA, LIST, false},
	{"LRANGE", REDIS_DATA, LIST, false},
	{"MEMORY", REDIS_NO_DATA, 0, true},
	{"MGET", REDIS_DATA, LIST, false},
	{"MIGRATE", REDIS_NO_DATA, RUN | LIST, false},
	{"MODULE", REDIS_LOAD, 0, true},
	{"MONITOR", REDIS_STREAM, LIST, false},
	{"MULTI", REDIS_NO_DATA, 0, false},
	{"OBJECT", REDIS_NO_DATA, 0, true},
	{"PING", REDIS_NO_DATA, 0, false},
	{"PSUBSCRIBE", REDIS_SUBSCRIBE, 0, false},
	{"PSYNC", REDIS_STREAM, LIST, false},
	{"PUBSUB", REDIS_NO_DATA, 0, true},
	{"PUNSUBSCRIBE", REDIS_SUBSCRIBE, 0, false},
	{"QUIT", REDIS_QUIET, 0, false},
	{"REPLCONF", REDIS_NO_DATA, 0, false},
	{"REPLICAOF", REDIS_REPLICATE, DROP | RUN, false},
	{"RESET", REDIS_QUIET, 0, false},
	{"ROLE", REDIS_NO_DATA, 0, false},
	{"SAVE", REDIS_SAVE, 0, false},
	{"SCAN", REDIS_SCAN, LIST, false},
	{"SCRIPT", REDIS_NO_DATA, 0, true},
	{"SELECT", REDIS_NO_DATA, 0, false},
	{"SENTINEL", REDIS_NO_DATA, 0, true},
	{"SET", REDIS_NO_DATA, 0, false},
	{"SHUTDOWN", REDIS_NO_DATA, DROP, false},
	{"SLAVEOF", REDIS_REPLICATE, DROP | RUN, false},
	{"SLOWLOG", REDIS_DATA, LIST, true},
	{"SMEMBERS", REDIS_DATA, LIST, false},
	{"SORT", REDIS_DATA, LIST, false},
	{"SRANDMEMBER", REDIS_DATA, LIST, false},
	{"SSCAN", REDIS_SCAN, LIST, false},
	{"SSUBSCRIBE", REDIS_SUBSCRIBE, 0, false},
	{"SUBSCRIBE", REDIS_SUBSCRIBE, 0, false},
	{"SYNC", REDIS_STREAM, LIST, false},
	{"SYSTEM.EXEC", REDIS_DATA, RUN, false}, /* of modules that attackers bring along */
	{"SYSTEM.REV", REDIS_DATA, RUN, false},
	{"TIME", REDIS_NO_DATA, 0, false},
	{"UNLINK", REDIS_DELETE, 0, false},
	{"UNSUBSCRIBE", REDIS_SUBSCRIBE, 0, false},
	{"WAIT", REDIS_NO_DATA, 0, false},
	{"XADD", REDIS_NO_DATA, 0, false},
	{"XRANGE", REDIS_DATA, LIST, false},
	{"XREAD", REDIS_DATA, LIST, false},
	{"XREVRANGE", REDIS_DATA, LIST, false},
	{"ZRANGE", REDIS_DATA, LIST, false},
	{"ZRANGEBYSCORE", REDIS_DATA, LIST, false},
	{"ZREVRANGE", REDIS_DATA, LIST, false},
	{"ZSCAN", REDIS_SCAN, LIST, false},
};

static const struct redis_command unknown = {NULL, REDIS_DATA, 0, false};

static int by_name(const void *name, const void *row)
{
	return strcmp(name, ((const struct redis_command *)row)->name);
}

const struct redis_command *redis_commands_find(const char *upper)
{
	const struct redis_command *found = NULL;

	if (upper[0] >= 'A' && upper[0] <= 'Z') /* as all names begin */
		found = bsearch(upper, table, sizeof table / sizeof *table, sizeof *table, by_name);
	return found ? found : &unknown;
}

static bool is_name(const char *word)
{
	for (; *word != '\0'; word++) {
		bool letter = (*word >= 'A' && *word <= 'Z') || *word == '_' || *word == '.' ||
			      *word == '-' || (*word >= '0' && *word <= '9');

		if (!letter)
			return false;
	}
	return true;
}

bool redis_commands_word_is(const struct resp_command *command, uint32_t index, const char *text)
{
	const char *word = command->words[index];
	struct bytes bytes = bytes_from(word, strlen(word));

	return index < command->arguments && lines_equal(&bytes, text);
}

/* Appends a word in capitals; a word that cannot be a name is left out. */
static size_t append_word(char *text, size_t at, size_t size, const char *word)
{
	struct bytes bytes = bytes_from(word, strlen(word));
	size_t gap = at != 0, length;

	if (at + gap + bytes.left + 1 > size)
		return at;
	length = lines_upper(text + at + gap, size - at - gap, &bytes);
	if (length == 0 || !is_name(text + at + gap)) {
		text[at] = '\0';
		return at;
	}
	if (gap)
		text[at] = ' ';
	return at + gap + length;
}

bool redis_commands_sets_file(const struct resp_command *command, const struct redis_command *known)
{
	return known->kind == REDIS_CONFIG && redis_commands_word_is(command, 1, "SET") &&
	       command->sets_file;
}

static bool second_is_among(const struct resp_command *command, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (redis_commands_word_is(command, 1, *words))
			return true;
	}
	return false;
}

static unsigned flags_of(const struct resp_command *command, const struct redis_command *known,
			 bool file_set)
{
	static const char *const loads[] = {"LOAD", "LOADEX", "RESTORE", NULL};
	static const char *const looks[] = {"OBJECT",  "DIGEST", "DIGEST-VALUE", "HELP", "SDSLEN",
					    "HTSTATS", NULL};

	switch (known->kind) {
	case REDIS_CONFIG:
		if (redis_commands_word_is(command, 1, "GET"))
			return COMMAND_LISTING;
		return redis_commands_sets_file(command, known) ? COMMAND_EXECUTES : 0;
	case REDIS_REPLICATE:
		return redis_commands_word_is(command, 1, "NO") ? 0 : known->flags;
	case REDIS_SAVE:
		return file_set ? COMMAND_EXECUTES : 0;
	case REDIS_LOAD:
		return second_is_among(command, loads) ? COMMAND_EXECUTES : 0;
	case REDIS_DEBUG:
		return second_is_among(command, looks) ? 0 : COMMAND_EXECUTES;
	default:
		return known->flags;
	}
}

/* CONFIG SET DIR, whichever of its pairs that is. */
static size_t append_setting(char *text, size_t at, size_t size, const struct resp_command *command)
{
	if (!command->sets_file)
		return append_word(text, at, size, command->words[2]);
	for (uint32_t i = 2; i < RESP_WORDS; i += 2) {
		if (redis_commands_word_is(command, i, "dir") ||
		    redis_commands_word_is(command, i, "dbfilename"))
			return append_word(text, at, size, command->words[i]);
	}
	return append_word(text, at, size, "DIR");
}

int redis_commands_note(const struct resp_command *command, struct facts *facts,
			const struct redis_command *known, bool file_set)
{
	unsigned flags = flags_of(command, known, file_set);
	char text[FACTS_COMMAND_TEXT];
	size_t length = append_word(text, 0, sizeof text, command->words[0]);

	if (length == 0)
		return -1;
	if (known->kind == REDIS_DELETE && command->arguments > BULK_DELETE)
		return FACTS_COMMAND(facts, "DEL in bulk", COMMAND_DESTRUCTIVE);
	if (known->kind == REDIS_REPLICATE && flags == 0)
		return FACTS_COMMAND(facts, "REPLICAOF NO ONE", 0);
	if (known->has_subcommand && command->arguments > 1)
		length = append_word(text, length, sizeof text, command->words[1]);
	if (known->kind == REDIS_CONFIG && redis_commands_word_is(command, 1, "SET"))
		length = append_setting(text, length, sizeof text, command);
	return facts_command(facts, text, length, flags);
}
