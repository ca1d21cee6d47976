/* SPDX-License-Identifier: ISC */
/* From what is due to a message under way, and what its fate means. Trouble of a channel is said
 * when it begins and when it is over. */
#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/printable.h"
#include "tools/notify/desk_state.h"

#define PAUSE_FIRST_MS	 2000
#define PAUSE_MAX_MS	 300000
#define PAUSE_BLOCKED_MS 60000
#define RETRY_AFTER_MAX	 3600
#define REFUSED_MS	 60000

static void mark(struct channel *channel, bool busy)
{
	for (uint32_t i = 0; i < channel->work.count; i++)
		channel->work.records[i]->busy = busy;
}

/* The other end knows a digest by one name: that is closed with the last of those in it. */
static bool is_closed_with_others(const struct channel *channel, const struct record *record)
{
	return strncmp(record->ref, "digest:", 7) == 0 && standing_over(&record->now) &&
	       records_open_with(&channel->plan.records, record);
}

void desk_work(struct channel *channel, const struct moment *moment)
{
	struct work *work = &channel->work;
	struct record *record;

	for (;;) {
		plan_next(&channel->plan, moment, work);
		record = work->records[0];
		if (work->kind != WORK_ONE || !is_closed_with_others(channel, record))
			break;
		plan_told(&channel->plan, record, &record->now, moment);
	}
	if (work->kind == WORK_NONE)
		return;
	mark(channel, true);
	channel->subject = (struct subject){0};
	channel->phase = work->kind == WORK_ONE && strchr(record->id, ':') == NULL ? PHASE_LOOKING
										   : PHASE_READY;
}

static void on_posted(void *context, const struct post_result *result);

bool desk_post(struct channel *channel, const struct telling *telling, post_done *done,
	       void *context)
{
	const struct channel_settings *settings = channel->settings;
	struct post post = {
		.url = channel->url,
		.content_type = channel->shape->content_type,
		.token = settings->token_file != NULL ? settings->secret : "",
		.delivery = telling->delivery,
		.ca = settings->ca,
		.proxy = settings->proxy,
		.timeout_ms = settings->timeout_ns / NS_PER_MS,
		.cleartext = settings->cleartext || settings_is_loopback(settings->host),
	};

	body_clear(&channel->body);
	channel->shape->write(telling, &channel->body);
	if (channel->body.failed)
		return false;
	if (settings->type == CHANNEL_MAIL) {
		post.from = settings->from;
		post.to = settings->to.list;
		post.to_count = settings->to.count;
		post.user = settings->user;
		post.password = settings->secret;
	}
	post.body = channel->body.text;
	post.length = channel->body.length;
	return poster_send(channel->desk->poster, &post, done, context);
}

/* How it is noted, once it is told. What is over already may be told as open first. */
static void note(struct channel *channel)
{
	struct work *work = &channel->work;

	for (uint32_t i = 0; i < work->count; i++) {
		const struct record *record = work->records[i];

		work->standings[i] = record->now;
		if (channel->shape->opens_first && record->tellings == 0 &&
		    work->kind == WORK_ONE && standing_over(&record->now) &&
		    strcmp(record->now.state, "note") != 0)
			strcpy(work->standings[i].state, "open");
	}
}

static void on_told(struct channel *channel, const struct moment *moment);

/* Without sending anything. */
static void print(struct channel *channel, const struct moment *moment)
{
	FILE *out = channel->desk->options.dry;

	body_clear(&channel->body);
	channel->shape->write(&channel->telling, &channel->body);
	if (channel->settings->type == CHANNEL_PAGERDUTY)
		fprintf(out, "%s\t%s\n", channel->settings->name, channel->telling.title);
	else
		fprintf(out, "%s\t%s\n", channel->settings->name,
			channel->body.failed ? "" : channel->body.text);
	fflush(out);
	on_told(channel, moment);
}

void desk_send(struct channel *channel, const struct moment *moment)
{
	const struct desk *desk = channel->desk;
	struct work *work = &channel->work;

	note(channel);
	if (work->kind == WORK_DIGEST)
		telling_digest(&channel->telling, &channel->plan, work, &desk->place,
			       moment->unix_ms);
	else
		telling_of(&channel->telling, &channel->plan, work->records[0], &channel->subject,
			   &desk->place);
	channel->phase = PHASE_SENDING;
	channel->sent_ms = moment->ms;
	if (desk->options.dry != NULL) {
		print(channel, moment);
	} else if (!desk_post(channel, &channel->telling, on_posted, channel)) {
		warnx("channel %s: out of memory", channel->settings->name);
		channel->after_ms = moment->ms + PAUSE_BLOCKED_MS;
		channel->phase = PHASE_IDLE;
		mark(channel, false);
	}
}

static void name_first(struct channel *channel, struct record *record, const char *ref)
{
	const struct telling *telling = &channel->telling;

	if (record->ref[0] != '\0' && standing_over(&record->told))
		return;
	if (ref[0] != '\0')
		snprintf(record->ref, sizeof record->ref, "%s", ref);
	else if (record->ref[0] == '\0' && channel->shape->keeps_thread)
		snprintf(record->ref, sizeof record->ref, "%.95s",
			 channel->settings->type == CHANNEL_PAGERDUTY ? telling->id
								      : telling->delivery);
}

static void on_told(struct channel *channel, const struct moment *moment)
{
	struct work *work = &channel->work;

	channel->told++;
	channel->phase = PHASE_IDLE;
	mark(channel, false);
	if (work->kind == WORK_DIGEST || !standing_over(&work->records[0]->now) ||
	    !channel->plan.closes_alone)
		plan_spend(&channel->plan, moment);
	for (uint32_t i = 0; i < work->count; i++) {
		if (work->kind == WORK_ONE || channel->plan.closes_alone)
			name_first(channel, work->records[i], "");
		plan_told(&channel->plan, work->records[i], &work->standings[i], moment);
	}
}

enum verdict desk_verdict(struct channel *channel, const struct post_result *result, char *ref)
{
	enum verdict verdict;

	if (channel->settings->type == CHANNEL_MAIL)
		return result->delivered ? VERDICT_TOLD : shape_smtp_status(result->status);
	if (!result->answered)
		return VERDICT_LATER;
	verdict = shape_http_status(result->status);
	if (verdict == VERDICT_TOLD && channel->shape->read != NULL)
		verdict = channel->shape->read(result->answer, ref);
	return verdict;
}

/* A word about trouble, when it begins; never the address, which may be a secret. */
static void complain(const struct channel *channel, const struct post_result *result,
		     const char *what)
{
	char answer[120];

	printable_copy(answer, sizeof answer, result->answer);
	if (result->status >= 300 && result->status < 400)
		warnx("channel %s: %s answers with status %ld, a redirection, which is not "
		      "followed; %s",
		      channel->settings->name, channel->settings->host, result->status, what);
	else if (result->answered)
		warnx("channel %s: %s answers with status %ld%s%s; %s", channel->settings->name,
		      channel->settings->host, result->status, answer[0] != '\0' ? ": " : "",
		      answer, what);
	else if (result->status != 0)
		warnx("channel %s: %s: %s, after code %ld; %s", channel->settings->name,
		      channel->settings->host, result->why, result->status, what);
	else
		warnx("channel %s: %s: %s; %s", channel->settings->name, channel->settings->host,
		      result->why, what);
}

static uint64_t pause_ms(const struct channel *channel, const struct post_result *result,
			 enum verdict verdict)
{
	unsigned doubled = channel->failures < 8 ? channel->failures : 8;
	uint64_t pause = (uint64_t)PAUSE_FIRST_MS << doubled, asked = result->retry_after_s;

	pause = pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
	if (verdict == VERDICT_BLOCKED && pause < PAUSE_BLOCKED_MS)
		pause = PAUSE_BLOCKED_MS;
	if (asked > RETRY_AFTER_MAX)
		asked = RETRY_AFTER_MAX;
	return asked * 1000 > pause ? asked * 1000 : pause;
}

static void on_trouble(struct channel *channel, const struct post_result *result,
		       enum verdict verdict, const struct moment *moment)
{
	uint64_t pause = pause_ms(channel, result, verdict);

	if (channel->failures == 0)
		complain(channel, result,
			 verdict == VERDICT_BLOCKED ? "somebody must look; tries again"
						    : "tries again");
	channel->failures++;
	channel->after_ms = moment->ms + pause + (uint64_t)rand() % (pause / 8 + 1);
}

/* Others may be taken: this one waits, and is given up at last. */
static void on_refused(struct channel *channel, const struct post_result *result,
		       const struct moment *moment)
{
	struct record *record = channel->work.records[0];

	record->refusals++;
	if (record->refusals < DESK_REFUSED) {
		if (record->refusals == 1)
			complain(channel, result, "this message is tried again");
		record->due_ms = moment->ms + ((uint64_t)REFUSED_MS << record->refusals) / 2;
		return;
	}
	complain(channel, result, "the message is given up");
	channel->given_up++;
	plan_told(&channel->plan, record, &channel->work.standings[0], moment);
}

static void on_posted(void *context, const struct post_result *result)
{
	struct channel *channel = context;
	struct moment moment = desk_moment();
	struct record *first = channel->work.records[0];
	char ref[RECORD_REF] = "";
	enum verdict verdict;

	if (channel->work.kind == WORK_ONE)
		memcpy(ref, first->ref, sizeof ref);
	verdict = desk_verdict(channel, result, ref);
	if (verdict == VERDICT_TOLD) {
		if (channel->failures != 0)
			warnx("channel %s: %s takes messages again", channel->settings->name,
			      channel->settings->host);
		if (result->refused != 0)
			warnx("channel %s: %s took the mail, but not for %" PRIu32
			      " of its recipients",
			      channel->settings->name, channel->settings->host, result->refused);
		channel->failures = 0;
		if (channel->work.kind == WORK_ONE && channel->shape->read != NULL)
			memcpy(first->ref, ref, sizeof ref);
		on_told(channel, &moment);
		return;
	}
	channel->phase = PHASE_IDLE;
	mark(channel, false);
	if (verdict == VERDICT_REFUSED && channel->work.kind == WORK_ONE)
		on_refused(channel, result, &moment);
	else
		on_trouble(channel, result, verdict, &moment);
}
