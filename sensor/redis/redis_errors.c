/* SPDX-License-Identifier: ISC */
/*
 * See redis_errors.h. Redis 7 keeps the error's code at the front when a script fails ("OOM …
 * script: SHA"); Redis 6 puts the text inside ("ERR Error running script …: -OOM …"), so the words
 * are looked for anywhere. What is not known is retried: an event that waits is told by the
 * counters, an event that was thrown away is not.
 */
#include "sensor/redis/redis_errors.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *word;
	enum redis_remedy remedy;
} remedies[] = {
	{"NOSCRIPT", REDIS_LOAD},
	{"READONLY", REDIS_RECONNECT},
	{"MASTERDOWN", REDIS_RECONNECT},
	{"CLUSTERDOWN", REDIS_RECONNECT},
	{"NOAUTH", REDIS_RECONNECT},
	{"WRONGPASS", REDIS_RECONNECT},
	{"UNBLOCKED", REDIS_RECONNECT},
	{"OOM ", REDIS_RETRY},
	{"SPANWATCH-LOST ", REDIS_COMPARE},
	{"SPANWATCH-SCHEMA ", REDIS_RECONNECT},
	{"SPANWATCH-TWIN ", REDIS_RECONNECT},
	{"SPANWATCH-WHOLE ", REDIS_WHOLE},
	{"WRONGTYPE", REDIS_HOPELESS},
	{"attempt to ", REDIS_HOPELESS},
	{"bad argument #", REDIS_HOPELESS},
};

enum redis_remedy redis_error_remedy(const char *text)
{
	/* Never from inside a script, which declares its keys. */
	if (strncmp(text, "MOVED ", 6) == 0 || strncmp(text, "ASK ", 4) == 0)
		return REDIS_REDIRECT;
	for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++)
		if (strstr(text, remedies[i].word) != NULL)
			return remedies[i].remedy;
	return REDIS_RETRY;
}

bool redis_error_is_twin(const char *text)
{
	return strstr(text, "SPANWATCH-TWIN ") != NULL;
}
