/* SPDX-License-Identifier: ISC */
/* What the answers of Redis mean; desk_redis.c has asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/notify/desk_state.h"

#define FORGET_MS (UINT64_C(30) * 86400 * 1000) /* as long as Redis keeps what is closed */

const char *const desk_state_fields[DESK_STATE_FIELDS] = {
	"state",	"level",      "severity", "severity_number",
	"member_count", "open_count", "reopened", "reason"};
const char *const desk_member_fields[DESK_MEMBER_FIELDS] = {
	"server_ip", "server_port", "transport",  "service", "product",
	"version",   "level",	    "level_name", "state",   "close_reason"};

static void on_scanned(struct channel *channel, const struct redis_answer *answer)
{
	struct records *records = &channel->plan.records;
	struct redis_answer pairs, id, value;
	struct moment moment = desk_moment();

	snprintf(channel->cursor, sizeof channel->cursor, "%s", answer->items[0]);
	channel->loaded = strcmp(channel->cursor, "0") == 0;
	if (!redis_answer_item(answer, 1, &pairs))
		return;
	for (size_t i = 0;
	     redis_answer_item(&pairs, i, &id) && redis_answer_item(&pairs, i + 1, &value);
	     i += 2) {
		struct record *record;

		/* What is in memory is newer. */
		if (records_find(records, id.text) != NULL ||
		    (record = records_add(records, id.text)) == NULL)
			continue;
		if (!record_read(record, value.text)) {
			records_drop(records, record);
			continue;
		}
		if (record->due_ms != 0) {
			records_pend(records, record, true);
			record->due_ms = moment.ms;
		} else if (standing_over(&record->told) &&
			   record->told_unix_ms + FORGET_MS < moment.unix_ms) {
			record->gone = true;
			records_dirty(records, record);
		}
	}
}

static void take_fields(struct subject *to, const struct redis_answer *answer,
			const char *const *fields, size_t count)
{
	struct redis_answer value;

	for (size_t i = 0; i < count && redis_answer_item(answer, i, &value); i++)
		if (value.type == REDIS_TEXT)
			subject_take(to, fields[i], value.text);
}

/* A second notifier may have told it in the meantime. */
static void on_own(struct record *record, const struct redis_answer *answer)
{
	struct record other = {0};

	if (answer->type != REDIS_TEXT || !record_read(&other, answer->text) ||
	    other.tellings <= record->tellings)
		return;
	record->told = other.told;
	record->tellings = other.tellings;
	record->told_unix_ms = other.told_unix_ms;
	memcpy(record->ref, other.ref, sizeof record->ref);
}

/* One of an incident is told with that. */
static void on_open(struct desk *desk, uint32_t index, const struct redis_answer *answer)
{
	struct subject subject = {.incident = desk_open_incidents(desk)};
	struct redis_answer incident;

	take_fields(&subject, answer, subject_fields, SUBJECT_FIELDS);
	if (!subject.incident && redis_answer_item(answer, SUBJECT_FIELDS, &incident) &&
	    incident.type == REDIS_TEXT && incident.length != 0)
		return;
	desk_found(desk, &subject, desk->open.ids[index]);
}

/* Redis has it merged over all sensors; it may not have it (yet, or any more). */
static void on_state(struct record *record, const struct redis_answer *answer)
{
	struct subject subject = {0};

	take_fields(&subject, answer, desk_state_fields, DESK_STATE_FIELDS);
	if (subject.state[0] == '\0')
		return;
	subject_standing(&subject, &record->now);
	if (subject.reason[0] != '\0')
		snprintf(record->line, sizeof record->line, "%.255s", subject.reason);
}

static uint64_t muted_until(const struct redis_answer *answer)
{
	return answer->type == REDIS_TEXT ? strtoull(answer->text, NULL, 10) : 0;
}

static void on_subject(struct channel *channel, const struct redis_answer *answer)
{
	struct subject *subject = &channel->subject;

	take_fields(subject, answer, subject_fields, SUBJECT_FIELDS);
	subject->known = subject->state[0] != '\0';
	if (subject->known)
		subject_standing(subject, &channel->work.records[0]->now);
}

static void on_members(struct channel *channel, const struct redis_answer *answer)
{
	struct redis_answer id;

	for (size_t i = 0; i < SUBJECT_MEMBERS && redis_answer_item(answer, i, &id); i++)
		if (id.type == REDIS_TEXT && id.length < sizeof channel->members[0])
			memcpy(channel->members[channel->member_count++], id.text, id.length + 1);
}

static void on_member(struct channel *channel, uint32_t index, const struct redis_answer *answer)
{
	channel->member = (struct subject){0};
	take_fields(&channel->member, answer, desk_member_fields, DESK_MEMBER_FIELDS);
	subject_member(&channel->subject, &channel->member, channel->members[index]);
}

void desk_take(struct desk *desk, const struct expected *expected,
	       const struct redis_answer *answer)
{
	struct channel *channel = expected->channel;
	struct record *record = expected->record;
	struct moment moment = desk_moment();

	switch (expected->ask) {
	case ASK_SCAN:
		on_scanned(channel, answer);
		break;
	case ASK_NOTHING:
	case ASK_WRITE:
		break;
	case ASK_DELETE:
		records_drop(&channel->plan.records, record);
		break;
	case ASK_PAGE:
		desk_open_ids(desk, answer);
		break;
	case ASK_OPEN:
		on_open(desk, expected->index, answer);
		break;
	case ASK_OWN:
		on_own(record, answer);
		break;
	case ASK_STATE:
		on_state(record, answer);
		break;
	case ASK_OPERATOR:
		record->busy = false;
		plan_checked(&channel->plan, record, &moment, muted_until(answer));
		break;
	case ASK_SUBJECT:
		on_subject(channel, answer);
		break;
	case ASK_MEMBERS:
		on_members(channel, answer);
		break;
	case ASK_MEMBER:
		on_member(channel, expected->index, answer);
		break;
	}
}
