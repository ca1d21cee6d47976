/* SPDX-License-Identifier: ISC */
/* See follow_state.h. The sink gets entries while their answer is there. */
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/redis/redis_errors.h"
#include "tools/redis-tail/follow_state.h"

/* Gives the entries of a list to the sink. False: it is over. */
static bool take_entries(struct follow *follow, const struct redis_answer *entries)
{
	const struct follow_sink *sink = &follow->options.sink;
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
		good = sink->entry(sink->context, &entry);
		if (!good)
			break;
		if (entry_id_compare(id, follow->printed) > 0)
			memcpy(follow->printed, id, ENTRY_ID);
		follow->left -= follow->left != 0;
	}
	if (good && sink->settle(sink->context))
		return true;
	follow_finish(follow, true);
	return false;
}

static void tell_losses(struct follow *follow)
{
	const struct follow_sink *sink = &follow->options.sink;

	if (losses_tell(&follow->losses, follow->options.url.shown) && sink->missed != NULL)
		sink->missed(sink->context);
}

/* [[key, entries]], or nothing: no news in time. */
static void on_read(struct follow *follow, const struct redis_answer *answer, bool own)
{
	struct redis_answer stream, entries;
	size_t before = follow->id_count;

	if (redis_answer_item(answer, 0, &stream) && redis_answer_item(&stream, 1, &entries)) {
		if (!take_entries(follow, &entries))
			return;
		tell_losses(follow);
	}
	if (follow->id_count != before) {
		if (own)
			memcpy(follow->cursor, follow->ids[follow->id_count - 1], ENTRY_ID);
	} else if (own) {
		follow->next = STEP_CLAIM;
		strcpy(follow->cursor, "0-0");
	} else if (follow->options.once && follow_wait_ms(follow) == 0) {
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
	if (!take_entries(follow, &entries))
		return;
	tell_losses(follow);
	if (strcmp(follow->cursor, "0-0") == 0) {
		follow->next = STEP_NEW;
		follow->claimed_ms = clock_monotonic_ms();
	}
}

/* There is a new group. If there was one before, it is not known what others of it had. */
static void on_created(struct follow *follow)
{
	bool again = follow->followed;

	if (again && follow->options.sink.anew != NULL)
		follow->options.sink.anew(follow->options.sink.context);
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
	} else if (step == STEP_CREATE && strstr(text, "requires the key to exist") != NULL) {
		follow_tell(follow,
			    "nothing was ever written there: is the name right? (SMEMBERS "
			    "spanwatch:sites lists those of this Redis; --wait is for one that is "
			    "still to come)",
			    "");
		follow_finish(follow, true);
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
	case STEP_SINK:
		if (!follow->options.sink.answer(follow->options.sink.context, answer))
			follow_lost(follow,
				    answer->type == REDIS_ERROR ? answer->text : "cannot be used");
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
	if (answer->type == REDIS_ERROR &&
	    (step != STEP_SINK || redis_error_remedy(answer->text) == REDIS_REDIRECT))
		on_error(follow, step, answer->text);
	else
		take(follow, step, answer);
}
