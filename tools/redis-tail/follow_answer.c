/* SPDX-License-Identifier: ISC */
/* See follow_state.h. Entries are printed while their answer is there. */
#include <err.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/redis/redis_errors.h"
#include "tools/redis-tail/follow_state.h"

/* Prints the entries of a list. False: it is over. */
static bool print_entries(struct follow *follow, const struct redis_answer *entries)
{
	struct redis_answer entry;
	char id[ENTRY_ID] = "";
	bool good = true;

	for (size_t i = 0; i < entries->count && follow->id_count < COMMANDS_BATCH; i++) {
		/* Redis 6.2 claims entries that are gone as nothing at all. */
		if (!redis_answer_item(entries, i, &entry) || !entry_id(&entry, id))
			continue;
		memcpy(follow->ids[follow->id_count++], id, ENTRY_ID);
		if (!entry_exists(&entry)) {
			follow->losses.trimmed++;
			continue;
		}
		good = entry_print(&entry, follow->options.json, follow->options.out);
		if (!good)
			break;
		if (entry_id_compare(id, follow->printed) > 0)
			memcpy(follow->printed, id, ENTRY_ID);
		follow->left -= follow->left != 0;
	}
	if (fflush(follow->options.out) == 0 && good)
		return true;
	warn("output");
	follow_finish(follow, true);
	return false;
}

/* [[key, entries]], or nothing: no news in time. */
static void on_read(struct follow *follow, const struct redis_answer *answer, bool own)
{
	struct redis_answer stream, entries;
	size_t before = follow->id_count;

	if (redis_answer_item(answer, 0, &stream) && redis_answer_item(&stream, 1, &entries)) {
		if (!print_entries(follow, &entries))
			return;
		losses_tell(&follow->losses, follow->options.url.shown);
	}
	if (follow->id_count != before) {
		if (own)
			memcpy(follow->cursor, follow->ids[follow->id_count - 1], ENTRY_ID);
	} else if (own) {
		follow->next = STEP_CLAIM;
		strcpy(follow->cursor, "0-0");
	} else if (follow->options.once) {
		follow_finish(follow, false);
		return;
	}
	if (!own && clock_monotonic_ms() - follow->claimed_ms > follow->options.claim_s * 500) {
		follow->next = STEP_CLAIM;
		strcpy(follow->cursor, "0-0");
	}
}

/* [cursor, entries, ids of those that are gone (Redis 7)] */
static void on_claimed(struct follow *follow, const struct redis_answer *answer)
{
	struct redis_answer cursor, entries, gone;

	if (!redis_answer_item(answer, 0, &cursor) || !redis_answer_item(answer, 1, &entries) ||
	    !entry_id(&cursor, follow->cursor)) {
		follow_lost(follow, "the answer to XAUTOCLAIM is not one");
		return;
	}
	if (redis_answer_item(answer, 2, &gone))
		follow->losses.trimmed += gone.count;
	if (!print_entries(follow, &entries))
		return;
	losses_tell(&follow->losses, follow->options.url.shown);
	if (strcmp(follow->cursor, "0-0") == 0) {
		follow->next = STEP_NEW;
		follow->claimed_ms = clock_monotonic_ms();
	}
}

/* There is a new group. If there was one before, it is not known what others of it had. */
static void on_created(struct follow *follow)
{
	bool again = follow->followed;

	if (again)
		follow_tell(follow, "the group is gone (has the server lost its data?): made anew",
			    follow->printed[0] != '\0' ? "" : ", from the beginning");
	else
		follow_tell(follow, "group made, ",
			    follow->options.from_new ? "from now on" : "from the beginning");
	follow->next = again && follow->printed[0] != '\0' ? STEP_KNOWN : STEP_OWN;
}

static void on_known(struct follow *follow, const struct redis_answer *answer)
{
	bool known = answer->count != 0;

	if (!known)
		follow_tell(follow,
			    "the last event that was printed is gone: prints all that is there",
			    "");
	follow->next = known ? STEP_SET : STEP_OWN;
}

static void on_error(struct follow *follow, enum step step, const char *text)
{
	if (step == STEP_STREAM || step == STEP_GROUPS) {
		losses_forget(&follow->losses); /* no key yet, or no right to ask */
	} else if (strncmp(text, "NOGROUP", 7) == 0) {
		follow->next = STEP_CREATE;
		follow->id_count = 0;
		strcpy(follow->cursor, "0");
	} else if (step == STEP_CREATE && strncmp(text, "BUSYGROUP", 9) == 0) {
		follow->next = STEP_OWN;
	} else if (redis_error_remedy(text) == REDIS_REDIRECT &&
		   redis_route_redirect(&follow->route, text)) {
		follow_come_back(follow, true);
	} else {
		follow_lost(follow, text);
	}
}

static void take(struct follow *follow, enum step step, const struct redis_answer *answer)
{
	switch (step) {
	case STEP_CREATE:
		on_created(follow);
		break;
	case STEP_KNOWN:
		on_known(follow, answer);
		break;
	case STEP_SET:
		follow->next = STEP_OWN;
		break;
	case STEP_OWN:
	case STEP_NEW:
		follow_works(follow);
		follow->followed = true;
		on_read(follow, answer, step == STEP_OWN);
		break;
	case STEP_CLAIM:
		on_claimed(follow, answer);
		break;
	case STEP_STREAM:
		losses_stream(&follow->losses, answer);
		break;
	case STEP_GROUPS:
		losses_group(&follow->losses, answer, follow->options.group);
		break;
	default:
		break;
	}
}

void follow_answer(struct follow *follow, enum step step, const struct redis_answer *answer)
{
	if (answer->type == REDIS_ERROR)
		on_error(follow, step, answer->text);
	else
		take(follow, step, answer);
}
