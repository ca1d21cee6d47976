/* SPDX-License-Identifier: ISC */
/* See command_words.h. */
#include "dissectors/read/command_words.h"

#include "dissectors/read/lines.h"

const struct command_word *command_words_find(const struct command_word *rows, size_t count,
					      const struct bytes *word)
{
	/* A name begins with a letter; whoever sends many lines that do not is not searched for. */
	if (word->left == 0 || (word->at[0] | 0x20) < 'a' || (word->at[0] | 0x20) > 'z')
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (lines_may_begin(word, rows[i].name) && lines_equal_letters(word, rows[i].name))
			return &rows[i];
	}
	return NULL;
}

int command_words_note(const struct command_word *row, struct facts *facts)
{
	return facts_command(facts, row->name, strlen(row->name), row->flags);
}
