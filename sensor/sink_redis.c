/* SPDX-License-Identifier: ISC */
/*
 * See sink_redis.h. One alarm serves every state:
 *
 *   WAITING ──alarm──▶ CONNECTING ──connected──▶ GREETING ──script loaded──▶ READY ◀──alarm── PAUSED
 *      ▲                  │ alarm: too late         │                          │ error           ▲
 *      └──────────────────┴──────── lost ───────────┴────────── lost ──────────┤                 │
 *                                                                              ▼                 │
 *                                                            DRAINING (answers still come) ──────┘
 *
 * After an error nothing is sent until all answers are in; then everything behind the last
 * confirmed event is sent again. The script refuses events behind a failed one (`after`).
 */
#include "sensor/sink_redis.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sensor/log.h"
#include "sensor/redis_connection.h"
#include "sensor/redis_errors.h"
#include "sensor/redis_message.h"
#include "sensor/redis_script.h"

#define EXPECTED_MAX	  256 /* answers due; more than the window, for greetings and heartbeats */
#define PENDING_MAX	  (4u << 20) /* bytes that the server has not taken */
#define HOPELESS_ATTEMPTS 5

enum state {
	STATE_WAITING,
	STATE_CONNECTING,
	STATE_GREETING,
	STATE_READY,
	STATE_DRAINING,
	STATE_PAUSED,
};

enum expectation {
	EXPECT_AUTH,
	EXPECT_SELECT,
	EXPECT_SCRIPT,
	EXPECT_EVENT,
	EXPECT_OTHER,
};

struct expected {
	enum expectation what;
	uint64_t sequence;
};

struct sink_redis {
	struct sink_redis_options options;
	struct redis_names names;
	struct redis_connection *connection;
	struct redis_message message;
	struct loop_watch *alarm;
	enum state state;
	struct expected expected[EXPECTED_MAX]; /* a ring: the order of answers */
	size_t expected_first, expected_count;
	uint64_t confirmed, forgotten, sent;	 /* sequences; forgotten: journal told to delete */
	char last_sent[JOURNAL_EPOCH_TEXT + 24]; /* "epoch sequence" */
	enum redis_remedy remedy;		 /* while DRAINING */
	uint64_t hopeless_sequence;
	unsigned hopeless_attempts;
	uint32_t backoff_ms;
	bool told; /* of this outage */
	bool ever_ready;
	struct sink_redis_stats stats;
};

static const struct redis_listener listener;

static void expect(struct sink_redis *sink, enum expectation what, uint64_t sequence)
{
	size_t slot = (sink->expected_first + sink->expected_count++) % EXPECTED_MAX;

	assert(sink->expected_count <= EXPECTED_MAX);
	sink->expected[slot] = (struct expected){.what = what, .sequence = sequence};
	sink->stats.in_flight += what == EXPECT_EVENT;
}

/* A fleet that lost its server must not come back in step: up to a quarter more, by chance. */
static uint32_t next_backoff(struct sink_redis *sink)
{
	struct timespec now;
	uint32_t delay = sink->backoff_ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sink->backoff_ms =
		delay * 2 < sink->options.backoff_max_ms ? delay * 2 : sink->options.backoff_max_ms;
	return delay + (uint32_t)now.tv_nsec / 1000 % (delay / 4 + 1);
}

/* Said once for each outage, not for each attempt. */
static void tell(struct sink_redis *sink, const char *what)
{
	sink->stats.errors++;
	if (!sink->told)
		log_warnx("%s: %s; events wait", sink->options.url.shown, what);
	sink->told = true;
}

static void come_back_later(struct sink_redis *sink)
{
	redis_connection_close(sink->connection);
	sink->expected_count = 0;
	sink->stats.in_flight = 0;
	sink->sent = sink->confirmed;
	sink->state = STATE_WAITING;
	loop_alarm_set(sink->alarm, next_backoff(sink));
}

static void on_lost(void *context, const char *reason)
{
	struct sink_redis *sink = context;

	tell(sink, reason);
	come_back_later(sink);
}

/* While answers are due, one must come in time. */
static void watch_answers(struct sink_redis *sink)
{
	if (sink->state != STATE_READY && sink->state != STATE_DRAINING &&
	    sink->state != STATE_GREETING)
		return;
	if (sink->expected_count != 0)
		loop_alarm_set(sink->alarm, sink->options.answer_timeout_ms);
	else
		loop_alarm_clear(sink->alarm);
}

static bool command(struct sink_redis *sink, enum expectation what, int count,
		    const char **arguments)
{
	size_t lengths[4];

	assert(count <= 4);
	for (int i = 0; i < count; i++)
		lengths[i] = strlen(arguments[i]);
	if (!redis_connection_send(sink->connection, count, arguments, lengths))
		return false;
	expect(sink, what, 0);
	return true;
}

static void load_script(struct sink_redis *sink)
{
	const char *arguments[3] = {"SCRIPT", "LOAD", NULL};
	size_t length;

	arguments[2] = redis_script(&length);
	sink->state = STATE_GREETING;
	if (!command(sink, EXPECT_SCRIPT, 3, arguments))
		on_lost(sink, "out of memory");
	watch_answers(sink);
}

static void on_connected(void *context)
{
	struct sink_redis *sink = context;
	const struct redis_url *url = &sink->options.url;
	const char *login[3] = {"AUTH", url->user, url->password};
	const char *no_user[2] = {"AUTH", url->password};
	char database[12];
	const char *select[2] = {"SELECT", database};

	snprintf(database, sizeof database, "%" PRIu32, url->database);
	if (url->user[0] != '\0')
		command(sink, EXPECT_AUTH, 3, login);
	else if (url->password[0] != '\0')
		command(sink, EXPECT_AUTH, 2, no_user);
	if (url->database != 0)
		command(sink, EXPECT_SELECT, 2, select);
	load_script(sink);
}

static void connect_now(struct sink_redis *sink)
{
	char error[REDIS_URL_ERROR];

	sink->state = STATE_CONNECTING;
	loop_alarm_set(sink->alarm, sink->options.connect_timeout_ms);
	if (!redis_connection_open(sink->connection, &sink->options.url, error))
		on_lost(sink, error);
}

static void on_alarm(void *context)
{
	struct sink_redis *sink = context;

	switch (sink->state) {
	case STATE_WAITING:
		connect_now(sink);
		break;
	case STATE_PAUSED:
		sink->state = STATE_READY;
		sink_redis_send(sink);
		break;
	case STATE_CONNECTING:
		on_lost(sink, "no connection in time");
		break;
	default:
		on_lost(sink, "no answer in time");
		break;
	}
}

static bool transmit(struct sink_redis *sink, enum expectation what, uint64_t sequence)
{
	if (sink->message.failed || sink->expected_count == EXPECTED_MAX ||
	    !redis_connection_send(sink->connection, (int)sink->message.count,
				   sink->message.arguments, sink->message.lengths))
		return false;
	expect(sink, what, sequence);
	return true;
}

static bool send_row(void *context, const struct journal_row *row)
{
	struct sink_redis *sink = context;

	if (sink->stats.in_flight >= SINK_REDIS_WINDOW ||
	    redis_connection_pending(sink->connection) > PENDING_MAX)
		return false;
	redis_message_event(&sink->message, &sink->names, row,
			    sink->stats.in_flight != 0 ? sink->last_sent : "");
	if (!transmit(sink, EXPECT_EVENT, row->sequence))
		return false;
	snprintf(sink->last_sent, sizeof sink->last_sent, "%s %" PRIu64, row->epoch, row->sequence);
	sink->sent = row->sequence;
	sink->stats.sent++;
	return true;
}

void sink_redis_send(struct sink_redis *sink)
{
	journal_commit(sink->options.journal);
	if (sink->state != STATE_READY)
		return;
	journal_read(sink->options.journal, sink->sent, send_row, sink);
	watch_answers(sink);
}

/* The same event has failed too often in a way that no waiting mends. */
static void count_hopeless(struct sink_redis *sink, uint64_t sequence, const char *text)
{
	if (sequence != sink->hopeless_sequence)
		sink->hopeless_attempts = 0;
	sink->hopeless_sequence = sequence;
	if (++sink->hopeless_attempts < HOPELESS_ATTEMPTS)
		return;
	log_warnx("%s: event %" PRIu64 " set aside: %.200s", sink->options.url.shown, sequence,
		  text);
	journal_confirm(sink->options.journal, sequence - 1);
	journal_reject(sink->options.journal, sequence, text);
	sink->confirmed = sink->forgotten = sequence;
	sink->stats.rejected++;
}

static void on_error(struct sink_redis *sink, const struct expected *about, const char *text)
{
	enum redis_remedy remedy = redis_error_remedy(text);

	sink->stats.errors++;
	if (sink->state == STATE_DRAINING)
		return; /* the first error decides */
	if (remedy != REDIS_LOAD && !sink->told) {
		log_warnx("%s: %.200s; events wait", sink->options.url.shown, text);
		sink->told = true;
	}
	if (remedy == REDIS_HOPELESS && about->what == EXPECT_EVENT)
		count_hopeless(sink, about->sequence, text);
	sink->remedy = remedy;
	sink->state = STATE_DRAINING;
}

static void on_greeting(struct sink_redis *sink, const struct expected *about,
			const struct redis_answer *answer)
{
	char text[300];

	if (answer->type == REDIS_ERROR) {
		snprintf(text, sizeof text, "%s refused: %.240s",
			 about->what == EXPECT_AUTH	? "log-in"
			 : about->what == EXPECT_SELECT ? "database"
							: "script",
			 answer->text);
		on_lost(sink, text);
	} else if (about->what == EXPECT_SCRIPT && answer->length + 1 == sizeof sink->names.sha) {
		memcpy(sink->names.sha, answer->text, sizeof sink->names.sha);
		sink->state = STATE_READY;
	} else if (about->what == EXPECT_SCRIPT) {
		on_lost(sink, "the answer to SCRIPT LOAD is not a digest");
	}
}

static void on_confirmed(struct sink_redis *sink, uint64_t sequence)
{
	if (sink->state != STATE_READY)
		return;
	sink->confirmed = sequence;
	sink->stats.confirmed++;
	sink->backoff_ms = sink->options.backoff_min_ms;
	if (sink->told)
		log_warnx("%s: takes events again", sink->options.url.shown);
	sink->told = false;
}

static void on_answer(void *context, const struct redis_answer *answer)
{
	struct sink_redis *sink = context;
	struct expected about;

	if (sink->expected_count == 0) {
		on_lost(sink, "an answer that nobody asked for");
		return;
	}
	about = sink->expected[sink->expected_first];
	sink->expected_first = (sink->expected_first + 1) % EXPECTED_MAX;
	sink->expected_count--;
	sink->stats.in_flight -= about.what == EXPECT_EVENT;
	if (about.what <= EXPECT_SCRIPT)
		on_greeting(sink, &about, answer);
	else if (answer->type == REDIS_ERROR)
		on_error(sink, &about, answer->text);
	else if (about.what == EXPECT_EVENT)
		on_confirmed(sink, about.sequence);
}

/* All answers are in: now the error can be mended. */
static void mend(struct sink_redis *sink)
{
	sink->sent = sink->confirmed;
	if (sink->remedy == REDIS_LOAD) {
		load_script(sink);
	} else if (sink->remedy == REDIS_RECONNECT) {
		come_back_later(sink);
	} else {
		sink->state = STATE_PAUSED;
		loop_alarm_set(sink->alarm, next_backoff(sink));
	}
}

static void on_answered(void *context)
{
	struct sink_redis *sink = context;

	if (sink->forgotten != sink->confirmed &&
	    journal_confirm(sink->options.journal, sink->confirmed))
		sink->forgotten = sink->confirmed;
	watch_answers(sink);
	if (sink->state == STATE_DRAINING && sink->expected_count == 0)
		mend(sink);
	if (sink->state == STATE_READY && !sink->stats.connected) {
		log_info("%s: connected", sink->options.url.shown);
		sink->stats.reconnects += sink->ever_ready;
		sink->ever_ready = true;
	}
	sink_redis_send(sink);
}

static const struct redis_listener listener = {
	.connected = on_connected,
	.answer = on_answer,
	.answered = on_answered,
	.lost = on_lost,
};

static void set_defaults(struct sink_redis_options *options)
{
	if (options->connect_timeout_ms == 0)
		options->connect_timeout_ms = 5000;
	if (options->answer_timeout_ms == 0)
		options->answer_timeout_ms = 10000;
	if (options->backoff_min_ms == 0)
		options->backoff_min_ms = 250;
	if (options->backoff_max_ms == 0)
		options->backoff_max_ms = 30000;
}

static void set_names(struct redis_names *names, const struct sink_redis_options *options)
{
	const uint32_t numbers[4] = {options->stream_maxlen, options->queue_maxlen,
				     options->closed_keep_s,
				     options->run != NULL ? options->run_keep_s : 0};

	snprintf(names->sensor, sizeof names->sensor, "%s", options->sensor);
	snprintf(names->prefix, sizeof names->prefix, "spanwatch:{%.64s}:%s%.64s%s", options->site,
		 options->run != NULL ? "run:" : "", options->run != NULL ? options->run : "",
		 options->run != NULL ? ":" : "");
	for (size_t i = 0; i < 4; i++)
		snprintf(names->numbers[i], sizeof names->numbers[i], "%" PRIu32, numbers[i]);
	snprintf(names->heartbeat_ttl, sizeof names->heartbeat_ttl, "%" PRIu32,
		 options->heartbeat_ttl_s);
}

struct sink_redis *sink_redis_new(const struct sink_redis_options *options)
{
	struct sink_redis *sink = calloc(1, sizeof *sink);

	if (sink == NULL)
		return NULL;
	sink->options = *options;
	set_defaults(&sink->options);
	set_names(&sink->names, &sink->options);
	sink->backoff_ms = sink->options.backoff_min_ms;
	sink->connection = redis_connection_new(options->loop, &listener, sink);
	sink->alarm = loop_alarm(options->loop, on_alarm, sink);
	if (sink->connection == NULL || sink->alarm == NULL) {
		sink_redis_free(sink);
		return NULL;
	}
	loop_alarm_set(sink->alarm, 0);
	return sink;
}

void sink_redis_free(struct sink_redis *sink)
{
	if (sink == NULL)
		return;
	redis_connection_free(sink->connection);
	loop_watch_free(sink->alarm);
	redis_message_free(&sink->message);
	free(sink);
}

bool sink_redis_heartbeat(struct sink_redis *sink, const char *packed, size_t length)
{
	if (sink->state != STATE_READY)
		return false;
	redis_message_heartbeat(&sink->message, &sink->names, packed, length);
	return transmit(sink, EXPECT_OTHER, 0);
}

bool sink_redis_coverage(struct sink_redis *sink, const char *packed, size_t length)
{
	if (sink->state != STATE_READY)
		return false;
	redis_message_coverage(&sink->message, &sink->names, packed, length);
	return transmit(sink, EXPECT_OTHER, 0);
}

bool sink_redis_busy(const struct sink_redis *sink)
{
	return sink->expected_count != 0;
}

void sink_redis_stats(const struct sink_redis *sink, struct sink_redis_stats *stats)
{
	*stats = sink->stats;
	stats->connected = sink->state == STATE_READY;
}
