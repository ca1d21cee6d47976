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

#include "tools/notify/desk_state.h"
#include "tools/redis-tail/entry.h"

#define KEPT_S "34560000" /* 400 days */

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
	const char *words[3 + SUBJECT_FIELDS] = {"HMGET", key};

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
	struct expected more = {.channel = channel};
	struct body *body = &asking->desk->scratch;
	char at[24];
	const char *words[] = {"HSET", channel->key, record->id, ""};
	const char *when[] = {"ZADD", channel->at_key, at, record->id};
	const char *deleting[] = {"HDEL", channel->key, record->id};
	const char *without[] = {"ZREM", channel->at_key, record->id};

	if (record->gone) {
		ask(asking, &more, without, 3);
		ask(asking, &expected, deleting, 3);
		return;
	}
	record_write(record, body);
	if (body->failed)
		asking->failed = true;
	words[3] = body->text;
	ask(asking, &expected, words, 4);
	if (record->told.state[0] == '\0')
		return;
	snprintf(at, sizeof at, "%" PRIu64, record->told_unix_ms / 1000);
	ask(asking, &more, when, 4);
}

static void keep(struct asking *asking, struct channel *channel)
{
	struct expected expected = {.channel = channel};
	const char *words[] = {"EXPIRE", channel->key, KEPT_S};

	ask(asking, &expected, words, 3);
	words[1] = channel->at_key;
	ask(asking, &expected, words, 3);
}

static void write_dirty(struct asking *asking)
{
	struct desk *desk = asking->desk;

	for (uint32_t i = 0; i < desk->count; i++) {
		struct channel *channel = &desk->channels[i];
		struct record *record;
		int before = asking->sent;

		while (asking->sent < DESK_ROUND - 2 && !asking->failed &&
		       (record = records_take_dirty(&channel->plan.records)) != NULL) {
			bool gone = record->gone;

			if (desk->options.dry == NULL)
				write_record(asking, channel, record);
			else if (gone)
				records_drop(&channel->plan.records, record);
			if (asking->failed)
				records_dirty(&channel->plan.records, record);
		}
		if (asking->sent != before)
			keep(asking, channel);
	}
}

static bool has_hash(const struct record *record)
{
	return strchr(record->id, ':') == NULL;
}

/* Is what is due still so, and does somebody want it to be quiet? True: that was asked. */
static bool check(struct asking *asking, struct channel *channel, const struct moment *moment)
{
	struct record *records[DESK_ROUND / 3];
	uint32_t room = (uint32_t)(DESK_ROUND - asking->sent) / 3;
	int before = asking->sent;
	uint32_t count = plan_unchecked(&channel->plan, moment, records, room);

	for (uint32_t i = 0; i < count; i++) {
		struct expected expected = {.channel = channel, .record = records[i]};
		const char *own[] = {"HGET", channel->key, NULL};
		const char *mute[] = {"HGET", NULL, "mute_until_ms"};
		char key[DESK_KEY];

		if (!has_hash(records[i])) {
			plan_checked(&channel->plan, records[i], moment, 0);
			continue;
		}
		records[i]->busy = true;
		own[2] = records[i]->id;
		expected.ask = ASK_OWN;
		ask(asking, &expected, own, 3);
		expected.ask = ASK_STATE;
		write_key(asking->desk, key, records[i]->incident ? "incident" : "exposure",
			  records[i]->id);
		ask_hash(asking, &expected, key, desk_state_fields, DESK_STATE_FIELDS);
		write_key(asking->desk, key, "ops", records[i]->id);
		mute[1] = key;
		expected.ask = ASK_OPERATOR;
		ask(asking, &expected, mute, 3);
	}
	return asking->sent != before;
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
		ask_hash(asking, &expected, key, desk_member_fields, DESK_MEMBER_FIELDS);
	}
}

/* A step of a channel's one message. */
static void go_on(struct asking *asking, struct channel *channel, const struct moment *moment)
{
	if (channel->phase == PHASE_IDLE && !asking->desk->stopping) {
		if (channel->after_ms > moment->ms)
			return;
		if (check(asking, channel, moment))
			return;
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

static void look_at_open(struct asking *asking)
{
	struct desk *desk = asking->desk;
	struct expected expected = {.ask = ASK_PAGE};
	char key[DESK_KEY], from[24], to[24];
	const char *words[] = {"ZRANGE", key, from, to, "REV"};
	const char *fields[SUBJECT_FIELDS + 1];

	if (desk->open.count == 0) {
		desk_open_page(desk, key, from, to);
		ask(asking, &expected, words, 5);
		return;
	}
	memcpy(fields, subject_fields, sizeof subject_fields);
	fields[SUBJECT_FIELDS] = "incident";
	expected.ask = ASK_OPEN;
	for (expected.index = 0; expected.index < desk->open.count; expected.index++) {
		write_key(desk, key, desk_open_incidents(desk) ? "incident" : "exposure",
			  desk->open.ids[expected.index]);
		ask_hash(asking, &expected, key, fields, SUBJECT_FIELDS + 1);
	}
	desk->open.count = 0;
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
	if (asking.sent == 0 && desk->open.wanted && !desk->stopping)
		look_at_open(&asking);
	for (uint32_t i = 0; i < desk->count && asking.sent < DESK_ROUND / 2; i++)
		if (desk->channels[i].loaded)
			go_on(&asking, &desk->channels[i], &moment);
	if (desk->stopping && asking.sent == 0 && is_quiet(desk))
		loop_stop(desk->options.loop);
	return asking.failed ? -1 : asking.sent;
}

/* It will not be answered. */
static void undo(const struct expected *expected)
{
	struct record *record = expected->record;

	if (expected->ask == ASK_WRITE || expected->ask == ASK_DELETE)
		records_dirty(&expected->channel->plan.records, record);
	else if (expected->ask == ASK_OPERATOR || expected->ask == ASK_STATE ||
		 expected->ask == ASK_OWN)
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
	desk_take(context, &expected, answer);
	return true;
}

void desk_lost(void *context)
{
	struct desk *desk = context;
	struct expected expected;

	while (take_expected(desk, &expected))
		undo(&expected);
	if (desk->open.wanted)
		desk_open_begin(desk);
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
	desk_open_begin(desk);
}

void desk_missed(void *context)
{
	desk_open_begin(context);
}
