/* SPDX-License-Identifier: ISC */
/* See desk.h. */
#include "tools/notify/desk_state.h"

#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sensor/base/clock.h"

#define WAIT_MS	      1000 /* for news, when nothing is due */
#define WAIT_MIN_MS   5	   /* then a quarter of the time for which an answer is awaited */
#define WAIT_BUSY_MS  100
#define STOP_MS	      10000
#define ONCE_FAILURES 2

struct moment desk_moment(void)
{
	uint64_t now = clock_unix_ns();
	time_t seconds = (time_t)(now / NS_PER_S);
	struct tm local = {0};

	localtime_r(&seconds, &local);
	return (struct moment){.ms = clock_monotonic_ms(),
			       .unix_ms = now / NS_PER_MS,
			       .day = local.tm_wday,
			       .minute = local.tm_hour * 60 + local.tm_min};
}

static bool settle(void *context)
{
	(void)context;
	return true;
}

static bool is_waiting_long(const struct channel *channel)
{
	return channel->failures > ONCE_FAILURES;
}

/* A read of the stream must not hold up what follows when a channel has answered. */
static uint64_t awaited_ms(const struct channel *channel, const struct moment *moment)
{
	uint64_t wait = (moment->ms - channel->sent_ms) / 4;

	return wait < WAIT_BUSY_MS ? wait : WAIT_BUSY_MS;
}

static uint32_t wait_ms(void *context)
{
	struct desk *desk = context;
	struct moment moment = desk_moment();
	uint64_t wait = WAIT_MS;
	bool busy = false;

	for (uint32_t i = 0; i < desk->count; i++) {
		const struct channel *channel = &desk->channels[i];
		uint64_t pause = channel->after_ms > moment.ms ? channel->after_ms - moment.ms : 0;
		uint64_t due = plan_wait_ms(&channel->plan, &moment, WAIT_MS);

		due = due > pause ? due : pause;
		if (channel->phase != PHASE_IDLE)
			due = awaited_ms(channel, &moment);
		if (channel->plan.records.dirty_first != NULL)
			due = 0;
		busy = busy || channel->phase != PHASE_IDLE ||
		       channel->plan.records.dirty_first != NULL ||
		       (plan_busy(&channel->plan, &moment) && !is_waiting_long(channel));
		wait = due < wait ? due : wait;
	}
	if (desk->options.once && !busy)
		return 0;
	return (uint32_t)(wait > WAIT_MIN_MS ? wait : WAIT_MIN_MS);
}

static void on_alarm(void *context)
{
	struct desk *desk = context;

	loop_stop(desk->options.loop);
}

static bool open_channel(struct desk *desk, struct channel *channel,
			 const struct channel_settings *settings)
{
	struct moment moment = desk_moment();

	channel->desk = desk;
	channel->settings = settings;
	channel->shape = shape_of(settings);
	strcpy(channel->cursor, "0");
	snprintf(channel->key, sizeof channel->key, "%.200snotified:%s", desk->prefix,
		 settings->name);
	snprintf(channel->at_key, sizeof channel->at_key, "%.200snotified:%s:at", desk->prefix,
		 settings->name);
	snprintf(channel->url, sizeof channel->url, "%s%s", settings->address,
		 channel->shape->path);
	return plan_init(&channel->plan, settings, &moment);
}

struct desk *desk_new(const struct desk_options *options)
{
	struct desk *desk = calloc(1, sizeof *desk);
	uint32_t count = options->settings->channel_count;

	if (desk == NULL)
		return NULL;
	desk->options = *options;
	desk->place = (struct place){.site = options->site,
				     .dashboard = options->settings->dashboard,
				     .run = options->run};
	desk_open_begin(desk);
	snprintf(desk->prefix, sizeof desk->prefix, "spanwatch:{%.64s}:%s%.64s%s", options->site,
		 options->run != NULL ? "run:" : "", options->run != NULL ? options->run : "",
		 options->run != NULL ? ":" : "");
	desk->channels = calloc(count, sizeof *desk->channels);
	desk->poster = poster_new(options->loop);
	desk->alarm = loop_alarm(options->loop, on_alarm, desk);
	if (desk->channels == NULL || desk->poster == NULL || desk->alarm == NULL) {
		desk_free(desk);
		return NULL;
	}
	for (desk->count = 0; desk->count < count; desk->count++)
		if (!open_channel(desk, &desk->channels[desk->count],
				  &options->settings->channels[desk->count])) {
			desk_free(desk);
			return NULL;
		}
	return desk;
}

void desk_free(struct desk *desk)
{
	if (desk == NULL)
		return;
	poster_free(desk->poster);
	for (uint32_t i = 0; i < desk->count; i++) {
		plan_free(&desk->channels[i].plan);
		body_free(&desk->channels[i].body);
	}
	body_free(&desk->scratch);
	free(desk->channels);
	loop_watch_free(desk->alarm);
	free(desk);
}

struct follow_sink desk_sink(struct desk *desk)
{
	return (struct follow_sink){
		.context = desk,
		.entry = desk_entry,
		.settle = settle,
		.commands = desk_commands,
		.answer = desk_answer,
		.lost = desk_lost,
		.anew = desk_anew,
		.missed = desk_missed,
		.wait_ms = wait_ms,
	};
}

void desk_stop(struct desk *desk)
{
	desk->stopping = true;
	loop_alarm_set(desk->alarm, poster_active(desk->poster) != 0 ? STOP_MS : WAIT_MS + 500);
}

bool desk_report(const struct desk *desk)
{
	bool good = true;

	for (uint32_t i = 0; i < desk->count; i++) {
		const struct channel *channel = &desk->channels[i];
		const struct records *records = &channel->plan.records;

		warnx("channel %s: %" PRIu64 " told, %zu waiting, %" PRIu64 " given up, %" PRIu64
		      " without room",
		      channel->settings->name, channel->told, records->pending, channel->given_up,
		      records->refused);
		good = good && channel->given_up == 0 && records->refused == 0 &&
		       (channel->failures == 0 || records->pending == 0);
	}
	if (desk->unrouted != 0)
		warnx("%" PRIu64 " events were for no route", desk->unrouted);
	return good;
}

struct testing {
	struct channel *channel;
	struct telling telling;
	size_t *left;
	bool *good;
};

static void on_tested(void *context, const struct post_result *result)
{
	struct testing *testing = context;
	struct channel *channel = testing->channel;
	char ref[RECORD_REF] = "";
	bool good = desk_verdict(channel, result, ref) == VERDICT_TOLD;

	if (good)
		warnx("channel %s: %s took the test", channel->settings->name,
		      channel->settings->host);
	else
		warnx("channel %s: %s did not take the test: status %ld, %s",
		      channel->settings->name, channel->settings->host, result->status,
		      result->answered ? "see what that means there" : result->why);
	*testing->good = *testing->good && good && result->refused == 0;
	if (--*testing->left == 0)
		loop_stop(channel->desk->options.loop);
}

bool desk_test(const struct desk_options *options, const char *name)
{
	struct desk *desk = desk_new(options);
	struct testing *tests = calloc(SETTINGS_CHANNELS, sizeof *tests);
	struct moment moment = desk_moment();
	size_t left = 0;
	bool good = true;

	if (desk == NULL || tests == NULL)
		err(EXIT_FAILURE, "cannot begin");
	for (uint32_t i = 0; i < desk->count; i++) {
		struct channel *channel = &desk->channels[i];

		if (name != NULL && strcmp(channel->settings->name, name) != 0)
			continue;
		tests[i] = (struct testing){.channel = channel, .left = &left, .good = &good};
		telling_test(&tests[i].telling, channel->settings, &desk->place, moment.unix_ms);
		if (desk_post(channel, &tests[i].telling, on_tested, &tests[i]))
			left++;
		else
			good = false;
	}
	if (left != 0)
		loop_run(options->loop);
	else
		good = false;
	free(tests);
	desk_free(desk);
	return good;
}
