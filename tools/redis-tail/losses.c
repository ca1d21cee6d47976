/* SPDX-License-Identifier: ISC */
/* See losses.h. `entries-added` and `entries-read` count from the stream's beginning. */
#include "tools/redis-tail/losses.h"

#include <err.h>
#include <inttypes.h>
#include <string.h>

void losses_forget(struct losses *losses)
{
	losses->first[0] = '\0';
}

static int64_t named_number(const struct redis_answer *flat, const char *name)
{
	struct redis_answer value;

	return entry_named(flat, name, &value) && value.type == REDIS_NUMBER ? value.number : -1;
}

void losses_stream(struct losses *losses, const struct redis_answer *answer)
{
	struct redis_answer first;

	losses->first[0] = '\0';
	losses->length = named_number(answer, "length");
	losses->added = named_number(answer, "entries-added");
	if (entry_named(answer, "first-entry", &first))
		entry_id(&first, losses->first);
}

/* The group has not had what is before the first entry and behind its own last one. */
static void compare(struct losses *losses, const struct redis_answer *group)
{
	int64_t read = named_number(group, "entries-read"), skipped;
	struct redis_answer last;
	char id[ENTRY_ID];

	if (!entry_named(group, "last-delivered-id", &last) || !entry_id(&last, id) ||
	    entry_id_compare(id, "0-0") == 0 || entry_id_compare(losses->first, id) <= 0)
		return;
	skipped = losses->added - losses->length - read;
	if (losses->added < 0 || losses->length < 0 || read < 0)
		losses->unsure = true;
	else if (skipped > 0)
		losses->skipped += (uint64_t)skipped;
}

void losses_group(struct losses *losses, const struct redis_answer *answer, const char *group)
{
	struct redis_answer each, name;

	if (losses->first[0] == '\0')
		return;
	for (size_t i = 0; redis_answer_item(answer, i, &each); i++) {
		if (entry_named(&each, "name", &name) && strcmp(name.text, group) == 0)
			compare(losses, &each);
	}
}

bool losses_tell(struct losses *losses, const char *server)
{
	uint64_t lost = losses->trimmed + losses->skipped;
	bool told = lost != 0 || losses->unsure;

	if (lost != 0)
		warnx("%s: %" PRIu64 " %s lost to this reader: the stream had dropped %s before "
		      "it could be read",
		      server, lost, lost == 1 ? "event is" : "events are",
		      lost == 1 ? "it" : "each");
	else if (losses->unsure)
		warnx("%s: events may be lost to this reader: the stream has dropped the last one "
		      "that the group had",
		      server);
	losses->trimmed = losses->skipped = 0;
	losses->unsure = false;
	return told;
}
