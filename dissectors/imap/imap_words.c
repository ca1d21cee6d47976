/* SPDX-License-Identifier: ISC */
/* The commands of IMAP (RFC 3501, RFC 4314, RFC 5464); see imap_words.h. */
#include "dissectors/imap/imap_words.h"

#include "dissectors/read/lines.h"

static const struct command_word commands[] = {
	{"CAPABILITY", IMAP_ANY, 0},
	{"NOOP", IMAP_ANY, 0},
	{"ID", IMAP_ANY, 0},
	{"LOGOUT", IMAP_ANY, 0},
	{"STARTTLS", IMAP_START_TLS, 0},
	{"LOGIN", IMAP_LOG_IN, 0},
	{"AUTHENTICATE", IMAP_AUTHENTICATE, 0},
	{"SELECT", IMAP_SECURE, 0},
	{"EXAMINE", IMAP_SECURE, 0},
	{"LIST", IMAP_SECURE, COMMAND_LISTING},
	{"LSUB", IMAP_SECURE, COMMAND_LISTING},
	{"XLIST", IMAP_SECURE, COMMAND_LISTING},
	{"FETCH", IMAP_SECURE, COMMAND_LISTING},
	{"SEARCH", IMAP_SECURE, COMMAND_LISTING},
	{"STATUS", IMAP_SECURE, 0},
	{"NAMESPACE", IMAP_SECURE, 0},
	{"STORE", IMAP_SECURE, 0},
	{"COPY", IMAP_SECURE, 0},
	{"MOVE", IMAP_SECURE, 0},
	{"APPEND", IMAP_SECURE, 0},
	{"CREATE", IMAP_SECURE, 0},
	{"RENAME", IMAP_SECURE, 0},
	{"DELETE", IMAP_SECURE, COMMAND_DESTRUCTIVE},
	{"EXPUNGE", IMAP_SECURE, COMMAND_DESTRUCTIVE},
	{"SETACL", IMAP_SECURE, 0},
	{"GETMETADATA", IMAP_SECURE, COMMAND_LISTING},
	{"IDLE", IMAP_SECURE, 0},
};

const struct command_word *imap_words_command(const struct bytes *word)
{
	return COMMAND_WORDS_FIND(commands, word);
}

/* Does this sequence set name more than one message? "1:*", "2,4" */
static bool is_many(const struct bytes *set)
{
	for (size_t i = 0; i < set->left; i++) {
		if (strchr(":,*", set->at[i]))
			return true;
	}
	return false;
}

int imap_words_note(struct facts *facts, const struct command_word *row, bool uid,
		    struct bytes arguments)
{
	char text[32] = "UID ";
	size_t prefix = uid ? 4 : 0;
	unsigned flags = row->flags;
	struct bytes set = lines_word(&arguments);

	memcpy(text + prefix, row->name, strlen(row->name) + 1);
	if (strcmp(row->name, "STORE") == 0 && lines_contain(&arguments, "\\Deleted")) {
		memcpy(text + strlen(text), " \\Deleted", sizeof " \\Deleted");
		flags = is_many(&set) ? COMMAND_DESTRUCTIVE : 0;
	}
	return facts_command(facts, text, strlen(text), flags);
}
