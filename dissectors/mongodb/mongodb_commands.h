/* SPDX-License-Identifier: ISC */
/* MongoDB's commands: what an answer to each proves, and what its log-ins tell. */
#ifndef DISSECTORS_MONGODB_COMMANDS_H
#define DISSECTORS_MONGODB_COMMANDS_H

#include "dissectors/read/bson.h"
#include "dissectors/read/facts.h"

enum mongodb_kind {
	MONGODB_ASKS_NONE,
	MONGODB_ASKS_PUBLIC, /* answered without a log-in */
	MONGODB_ASKS_GREETING,
	MONGODB_ASKS_BUILD,
	MONGODB_ASKS_LOGIN,	  /* in steps: the last answer says "done" */
	MONGODB_ASKS_LOGIN_WHOLE, /* in one: MONGODB-X509, MONGODB-CR */
	MONGODB_ASKS_QUERY,	  /* the old way: records without an "ok" */
	MONGODB_ASKS_GUARDED,
	MONGODB_ASKS_LIE, /* holds less than it says */
};

struct mongodb_command {
	const char *name;
	uint8_t kind; /* enum mongodb_kind */
	bool silent;  /* not worth a row */
	uint8_t flags;
};

/* Never NULL: what is not listed is guarded. */
const struct mongodb_command *mongodb_commands_find(const char *name);
/* An element of a log-in: notes user and mechanism, never the secret. */
void mongodb_commands_login(const struct bson *bson, struct facts *facts);

#endif
