/* SPDX-License-Identifier: ISC */
/*
 * What a desk asks of Redis, between two reads of the stream: the records of earlier runs, then
 * changed records are written, then what is due is looked at. Answers come in the order of the
 * questions; when the connection is lost, all that was not answered is asked again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/timestamp.h"
#include "tools/notify/desk_state.h"
#include "tools/redis-tail/entry.h"

#define FORGET_MS (UINT64_C(30) * 86400 * 1000) /* as long as Redis keeps what is closed */

static const char *const state_fields[] = {"state",	      "level",	      "severity",
					   "severity_number", "member_count", "open_count",
					   "reopened",	      "reason"};
static const char *const member_fields[] = {"server_ip", "server_port", "transport", "service",
					    "product",	 "version",	"level",     "level_name",
					    "state",	 "close_reason"};
#define STATE_FIELDS  (sizeof state_fields / sizeof *state_fields)
#define MEMBER_FIELDS (sizeof member_fields / sizeof *member_fields)

struct asking {
	struct desk *desk;
	const struct commands *commands;
	int sent;
	bool failed;
};

static void ask(struct asking *asking, const struct expected *expected, const char **words,
		int count)
{
	struct desk *desk = asking->desk;
	uint32_t size = sizeof desk->expected / sizeof *desk->expected;

	if (asking->failed || !commands_words(asking->commands, words, count)) {
		asking->failed = true;
		return;
	}
	desk->expected[(desk->expected_first + desk->expected_count++) % size] = *expected;
	asking->sent++;
}

static void ask_hash(struct asking *asking, const struct expected *expected, const char *key,
		     const char *const *fields, size_t count)
{
	const char *words[2 + SUBJECT_FIELDS] = {"HMGET", key};

	memcpy(words + 2, fields, count * sizeof *fields);
	ask(asking, expected, words, (int)count + 2);
}

static void write_key(const struct desk *desk, char to[DESK_KEY], const char *what, const char *id)
{
	snprintf(to, DESK_KEY, "%.200s%s:%.95s", desk->prefix, what, id);
}

static void load(struct asking *asking)
{
	struct desk *desk = asking->desk;

	for (uint32_t i = 0; i < desk->count; i++) {
		struct channel *channel = &desk->channels[i];
		const char *words[] = {"HSCAN", channel->key, channel->cursor, "COUNT", "200"};
		struct expected expected = {.ask = ASK_SCAN, .channel = channel};

		if (!channel->loaded)
			ask(asking, &expected, words, 5);
	}
}

static void write_record(struct asking *asking, struct channel *channel, struct record *record)
{
	struct expected expected = {
		.ask = record->gone ? ASK_DELETE : ASK_WRITE, .channel = channel, .record = record};
	struct body *body = &asking->desk->scratch;
	const char *words[] = {"HSET", channel->key, record->id, ""};
	const char *deleting[] = {"HDEL", channel->key, record->id};

	if (record->gone) {
		ask(asking, &expected, deleting, 3);
		return;
	}
	record_write(record, body);
	if (body->failed)
		asking->failed = true;
	words[3] = body->text;
	ask(asking, &expected, words, 4);
}

static void write_dirty(struct asking *asking)
{
	struct desk *desk = asking->desk;

	for (uint32_t i = 0; i < desk->count; i++) {
		struct channel *channel = &desk->channels[i];
		struct record *record;

		while (asking->sent < DESK_ROUND && !asking->failed &&
		       (record = records_take_dirty(&channel->plan.records)) != NULL) {
			bool gone = record->gone;

			if (desk->options.dry == NULL)
				write_record(asking, channel, record);
			else if (gone)
				records_drop(&channel->plan.records, record);
			if (asking->failed)
				records_dirty(&channel->plan.records, record);
		}
	}
}

static bool has_hash(const struct record *record)
{
	return strchr(record->id, ':') == NULL;
}

/* Is what is due still so, and does somebody want it to be quiet? */
static void check(struct asking *asking, struct channel *channel, const struct moment *moment)
{
	struct record *records[DESK_ROUND / 2];
	uint32_t room = (uint32_t)(DESK_ROUND - asking->sent) / 2;
	uint32_t count = plan_unchecked(&channel->plan, moment, records, room);

	for (uint32_t i = 0; i < count; i++) {
		struct expected expected = {
			.ask = ASK_STATE, .channel = channel, .record = records[i]};
		const char *mute[] = {"HMGET", NULL, "mute_until_ms", "mute_until"};
		char key[DESK_KEY];

		if (!has_hash(records[i])) {
			plan_checked(&channel->plan, records[i], moment, 0);
			continue;
		}
		records[i]->busy = true;
		write_key(asking->desk, key, records[i]->incident ? "incident" : "exposure",
			  records[i]->id);
		ask_hash(asking, &expected, key, state_fields, STATE_FIELDS);
		write_key(asking->desk, key, "ops", records[i]->id);
		mute[1] = key;
		expected.ask = ASK_OPERATOR;
		ask(asking, &expected, mute, 4);
	}
}

static void look(struct asking *asking, struct channel *channel)
{
	const struct record *record = channel->work.records[0];
	struct expected expected = {.ask = ASK_SUBJECT, .channel = channel};
	char most[8], key[DESK_KEY], members[DESK_KEY + 16];
	const char *words[] = {"SRANDMEMBER", members, most};

	write_key(asking->desk, key, record->incident ? "incident" : "exposure", record->id);
	channel->subject = (struct subject){.incident = record->incident};
	channel->member_count = 0;
	ask_hash(asking, &expected, key, subject_fields, SUBJECT_FIELDS);
	if (!record->incident)
		return;
	snprintf(members, sizeof members, "%s:members", key);
	snprintf(most, sizeof most, "%d", SUBJECT_MEMBERS);
	expected.ask = ASK_MEMBERS;
	ask(asking, &expected, words, 3);
}

static void look_at_members(struct asking *asking, struct channel *channel)
{
	char key[DESK_KEY];

	for (uint32_t i = 0; i < channel->member_count; i++) {
		struct expected expected = {.ask = ASK_MEMBER, .channel = channel, .index = i};

		write_key(asking->desk, key, "exposure", channel->members[i]);
		ask_hash(asking, &expected, key, member_fields, MEMBER_FIELDS);
	}
}

/* A step of a channel's one message. */
static void go_on(struct asking *asking, struct channel *channel, const struct moment *moment)
{
	if (channel->phase == PHASE_IDLE && !asking->desk->stopping) {
		if (channel->after_ms > moment->ms)
			return;
		check(asking, channel, moment);
		desk_work(channel, moment);
		if (channel->phase == PHASE_LOOKING)
			look(asking, channel);
	} else if (channel->phase == PHASE_LOOKING) {
		channel->phase = channel->member_count != 0 ? PHASE_MEMBERS : PHASE_READY;
		look_at_members(asking, channel);
	} else if (channel->phase == PHASE_MEMBERS) {
		channel->phase = PHASE_READY;
	}
	if (channel->phase == PHASE_READY)
		desk_send(channel, moment);
}

static bool is_quiet(const struct desk *desk)
{
	for (uint32_t i = 0; i < desk->count; i++)
		if (desk->channels[i].phase != PHASE_IDLE ||
		    desk->channels[i].plan.records.dirty_first != NULL)
			return false;
	return true;
}

int desk_commands(void *context, const struct commands *commands)
{
	struct desk *desk = context;
	struct asking asking = {.desk = desk, .commands = commands};
	struct moment moment = desk_moment();

	load(&asking);
	if (asking.sent == 0)
		write_dirty(&asking);
	for (uint32_t i = 0; i < desk->count && asking.sent < DESK_ROUND / 2; i++)
		if (desk->channels[i].loaded)
			go_on(&asking, &desk->channels[i], &moment);
	if (desk->stopping && is_quiet(desk))
		loop_stop(desk->options.loop);
	return asking.failed ? -1 : asking.sent;
}

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

/* Redis has it merged over all sensors; it may not have it (yet, or any more). */
static void on_state(struct record *record, const struct redis_answer *answer)
{
	struct subject subject = {0};

	take_fields(&subject, answer, state_fields, STATE_FIELDS);
	if (subject.state[0] == '\0')
		return;
	subject_standing(&subject, &record->now);
	if (subject.reason[0] != '\0')
		snprintf(record->line, sizeof record->line, "%.255s", subject.reason);
}

static uint64_t muted_until(const struct redis_answer *answer)
{
	struct redis_answer ms, text;

	if (redis_answer_item(answer, 0, &ms) && ms.type == REDIS_TEXT)
		return strtoull(ms.text, NULL, 10);
	if (!redis_answer_item(answer, 1, &text) || text.type != REDIS_TEXT)
		return 0;
	if (strchr(text.text, 'T') != NULL)
		return timestamp_parse(text.text) / NS_PER_MS;
	return strtoull(text.text, NULL, 10) * 1000;
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
			strcpy(channel->members[channel->member_count++], id.text);
}

static void on_member(struct channel *channel, uint32_t index, const struct redis_answer *answer)
{
	channel->member = (struct subject){0};
	take_fields(&channel->member, answer, member_fields, MEMBER_FIELDS);
	subject_member(&channel->subject, &channel->member, channel->members[index]);
}

static void take(const struct expected *expected, const struct redis_answer *answer)
{
	struct channel *channel = expected->channel;
	struct record *record = expected->record;
	struct moment moment = desk_moment();

	switch (expected->ask) {
	case ASK_SCAN:
		on_scanned(channel, answer);
		break;
	case ASK_WRITE:
		break;
	case ASK_DELETE:
		records_drop(&channel->plan.records, record);
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

/* It will not be answered. */
static void undo(const struct expected *expected)
{
	struct record *record = expected->record;

	if (expected->ask == ASK_WRITE || expected->ask == ASK_DELETE)
		records_dirty(&expected->channel->plan.records, record);
	else if (expected->ask == ASK_OPERATOR || expected->ask == ASK_STATE)
		record->busy = false;
}

static bool take_expected(struct desk *desk, struct expected *expected)
{
	uint32_t size = sizeof desk->expected / sizeof *desk->expected;

	if (desk->expected_count == 0)
		return false;
	*expected = desk->expected[desk->expected_first];
	desk->expected_first = (desk->expected_first + 1) % size;
	desk->expected_count--;
	return true;
}

bool desk_answer(void *context, const struct redis_answer *answer)
{
	struct expected expected;

	if (!take_expected(context, &expected))
		return false;
	if (answer->type == REDIS_ERROR) {
		undo(&expected);
		return false;
	}
	take(&expected, answer);
	return true;
}

void desk_lost(void *context)
{
	struct desk *desk = context;
	struct expected expected;

	while (take_expected(desk, &expected))
		undo(&expected);
	for (uint32_t i = 0; i < desk->count; i++) {
		struct channel *channel = &desk->channels[i];

		if (!channel->loaded)
			strcpy(channel->cursor, "0");
		if (channel->phase != PHASE_LOOKING && channel->phase != PHASE_MEMBERS)
			continue;
		channel->work.records[0]->busy = false;
		channel->phase = PHASE_IDLE;
	}
}

/* What was told is known here, if it is not known there any more. */
void desk_anew(void *context)
{
	struct desk *desk = context;

	for (uint32_t i = 0; i < desk->count; i++)
		records_all_dirty(&desk->channels[i].plan.records);
}
