/* SPDX-License-Identifier: ISC */
/* The commands that a reader sends: words in, one answer due for each. */
#ifndef TOOLS_REDIS_TAIL_COMMANDS_H
#define TOOLS_REDIS_TAIL_COMMANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/redis/redis_connection.h"
#include "sensor/redis/redis_due.h"
#include "tools/redis-tail/entry.h"

#define COMMANDS_BATCH 100 /* entries of one answer */
#define COMMANDS_KEY   320
#define COMMANDS_WORDS 160

enum step {
	STEP_CREATE, /* the group */
	STEP_KNOWN,  /* is the last entry that was printed still there? */
	STEP_SET,    /* then the new group begins behind it */
	STEP_OWN,    /* what we got once and have not acknowledged */
	STEP_CLAIM,  /* what others have not */
	STEP_STREAM, /* what the stream and the group know about losses */
	STEP_GROUPS,
	STEP_NEW,
	STEP_ACK,
	STEP_SINK, /* what the reader itself wants to know or to write */
};

struct commands {
	struct redis_connection *connection;
	struct redis_due_list *due;
	bool asking; /* each needs an ASKING before it */
	char key[COMMANDS_KEY];
	const char *group, *consumer;
};

/* All: false if it cannot be sent. */
bool commands_create(const struct commands *commands, const char *from, bool stream_too);
bool commands_known(const struct commands *commands, const char *id);
bool commands_set(const struct commands *commands, const char *id);
bool commands_own(const struct commands *commands, const char *after, uint64_t most);
bool commands_claim(const struct commands *commands, const char *cursor, uint64_t idle_ms,
		    uint64_t most);
/* What is new, for which the server waits so long; before it what is known about losses. */
bool commands_new(const struct commands *commands, uint32_t wait_ms, uint64_t most);
bool commands_acknowledge(const struct commands *commands, char ids[][ENTRY_ID], size_t count);

/* Of the reader's own. */
bool commands_words(const struct commands *commands, const char **words, int count);

#endif
