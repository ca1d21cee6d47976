/* SPDX-License-Identifier: ISC */
/* The commands of Redis that say something about what a client did. */
#ifndef DISSECTORS_REDIS_COMMANDS_H
#define DISSECTORS_REDIS_COMMANDS_H

#include "dissectors/read/facts.h"
#include "dissectors/read/resp.h"

enum redis_kind {
	REDIS_DATA, /* a reply that is not empty holds what is stored; also for unknown commands */
	REDIS_NO_DATA,
	REDIS_SCAN, /* as DATA, but the first element is a cursor */
	REDIS_INFO,
	REDIS_CONFIG,
	REDIS_AUTH,
	REDIS_HELLO,
	REDIS_QUIET, /* answered before a log-in as well: proves nothing */
	REDIS_SUBSCRIBE,
	REDIS_STREAM, /* from the reply on, the server sends no replies but a stream */
	REDIS_REPLICATE,
	REDIS_DELETE,
	REDIS_EXEC,    /* results of those that were queued since MULTI */
	REDIS_DISCARD, /* they are not carried out */
	REDIS_SAVE,
	REDIS_LOAD,  /* of a module or of functions: by its subcommand */
	REDIS_DEBUG, /* likewise */
};

struct redis_command {
	const char *name; /* NULL: not in the table */
	uint8_t kind;	  /* enum redis_kind */
	uint8_t flags;	  /* COMMAND_LISTING, COMMAND_DESTRUCTIVE, COMMAND_EXECUTES */
	bool has_subcommand;
};

/* Never NULL. */
const struct redis_command *redis_commands_find(const char *upper);
/* Does the command's word of this index exist and equal the text? Case is ignored. */
bool redis_commands_word_is(const struct resp_command *command, uint32_t index, const char *text);
/*
 * Notes the command by its name and, where they say what it does, its first words. `file_set`:
 * where the next SAVE goes was set in this conversation.
 */
int redis_commands_note(const struct resp_command *command, struct facts *facts,
			const struct redis_command *known, bool file_set);
/* CONFIG SET of where, or under which name, the server saves? */
bool redis_commands_sets_file(const struct resp_command *command,
			      const struct redis_command *known);

#endif
