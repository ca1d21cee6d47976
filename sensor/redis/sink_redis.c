/* SPDX-License-Identifier: ISC */
/*
 * See sink_redis.h. One alarm serves every state:
 *
 *   WAITING ─alarm─▶ CONNECTING ──connected──▶ GREETING ──script loaded──▶ READY ◀──alarm── PAUSED
 *      ▲                │ alarm: too late         │                          │ error           ▲
 *      └────────────────┴── lost, or elsewhere ───┴────────── lost ──────────┤                 │
 *                                                                            ▼                 │
 *                                                          DRAINING (answers still come) ──────┘
 *
 * Where to connect to is the route's matter: a server, a sentinel that names one, a node of a
 * cluster. After an error nothing is sent until all answers are in; then everything behind the
 * last confirmed event is sent again. Each batch says which event was applied before it (`after`):
 * the script refuses what is behind a failed one, and what comes to a Redis that has lost some.
 * Then, and when a heartbeat's answer names another last event than we know, both accounts are
 * compared.
 */
#include "sensor/redis/sink_redis.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/log.h"
#include "sensor/redis/redis_beat.h"
#include "sensor/redis/redis_care.h"
#include "sensor/redis/redis_clock.h"
#include "sensor/redis/redis_connection.h"
#include "sensor/redis/redis_due.h"
#include "sensor/redis/redis_errors.h"
#include "sensor/redis/redis_flight.h"
#include "sensor/redis/redis_greeting.h"
#include "sensor/redis/redis_lines.h"
#include "sensor/redis/redis_message.h"
#include "sensor/redis/redis_outage.h"
#include "sensor/redis/redis_route.h"

#define PENDING_MAX	  (4U << 20) /* bytes that the server has not taken */
#define BATCH_BYTES	  (256U << 10)
#define HOPELESS_ATTEMPTS 5
#define COMPARED_IN_A_ROW 3 /* without a confirmation between: something else is wrong */

enum state {
	STATE_WAITING,
	STATE_CONNECTING,
	STATE_GREETING,
	STATE_READY,
	STATE_DRAINING,
	STATE_PAUSED,
};

struct sink_redis {
	struct sink_redis_options options;
	struct redis_names names;
	struct redis_route route;
	struct redis_connection *connection;
	struct redis_message message;
	struct loop_watch *alarm;
	enum state state;
	struct redis_due_list due;
	struct redis_flight flight;
	struct redis_batch *batch; /* that is being filled */
	struct redis_outage outage;
	struct redis_clock clock;
	struct redis_care care;
	struct redis_lines lines;
	uint64_t confirmed, sent;	  /* sequences */
	char known[REDIS_AFTER_TEXT];	  /* "epoch sequence" of the last one that Redis applied */
	char last_sent[REDIS_AFTER_TEXT]; /* of the last one that was sent */
	enum redis_remedy remedy;	  /* while DRAINING */
	unsigned compared;		  /* in a row */
	uint64_t hopeless_sequence;
	unsigned hopeless_attempts;
	bool new_connection; /* not ready yet for the first time */
	bool redirected;     /* and it was a cluster that sent us there */
	bool ever_ready;
	struct redis_heart heart;
	struct sink_redis_stats stats;
};

static void come_back(struct sink_redis *sink, bool at_once)
{
	redis_connection_close(sink->connection);
	redis_due_clear(&sink->due);
	redis_flight_clear(&sink->flight);
	sink->sent = sink->confirmed;
	sink->state = STATE_WAITING;
	loop_alarm_set(sink->alarm, at_once ? 0 : redis_outage_pause_ms(&sink->outage));
}

static void on_lost(void *context, const char *reason)
{
	struct sink_redis *sink = context;
	bool one = sink->route.count == 1 && !sink->route.cluster;
	char node[REDIS_NODE_TEXT], text[REDIS_REASON + REDIS_NODE_TEXT];

	snprintf(text, sizeof text, "%s%s%s",
		 one ? "" : redis_node_format(&sink->route.current, node), one ? "" : ": ", reason);
	redis_outage_begin(&sink->outage, text);
	come_back(sink, redis_route_another(&sink->route));
}

/* While answers are due, one must come in time; where none is, a question is asked now and then.
 * Called when some came. */
static void watch_answers(struct sink_redis *sink)
{
	if (sink->state != STATE_READY && sink->state != STATE_DRAINING &&
	    sink->state != STATE_GREETING)
		return;
	loop_alarm_set(sink->alarm, sink->due.count != 0 ? sink->options.answer_timeout_ms
							 : sink->options.idle_ms);
}

static void greet(struct sink_redis *sink, bool script_only)
{
	sink->state = STATE_GREETING;
	if (redis_greeting(sink->connection, &sink->route, &sink->names, script_only, &sink->due))
		watch_answers(sink);
	else
		on_lost(sink, "out of memory");
}

static void on_connected(void *context)
{
	struct sink_redis *sink = context;

	sink->new_connection = true;
	greet(sink, false);
}

static void connect_now(struct sink_redis *sink)
{
	const struct redis_node *node = redis_route_next(&sink->route);
	char error[REDIS_URL_ERROR];

	sink->state = STATE_CONNECTING;
	loop_alarm_set(sink->alarm, sink->options.connect_timeout_ms);
	if (!redis_connection_open(sink->connection, node,
				   sink->options.url.tls ? sink->options.tls : NULL, error))
		on_lost(sink, error);
}

static bool say(struct sink_redis *sink, const char *word, enum redis_due_kind kind)
{
	size_t length = strlen(word);

	if (!redis_connection_send(sink->connection, 1, &word, &length))
		return false;
	redis_due_add(&sink->due, kind, 0);
	return true;
}

static void on_silence(struct sink_redis *sink)
{
	if (sink->due.count != 0 || sink->state != STATE_READY || !say(sink, "PING", DUE_PING))
		on_lost(sink, "no answer in time");
	else
		watch_answers(sink);
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
		watch_answers(sink);
		sink_redis_send(sink);
		break;
	case STATE_CONNECTING:
		on_lost(sink, sink->options.url.tls
				      ? "no connection in time (does this port speak TLS?)"
				      : "no connection in time");
		break;
	default:
		on_silence(sink);
		break;
	}
}

static bool transmit(struct sink_redis *sink, enum redis_due_kind kind, uint64_t sequence)
{
	size_t before = sink->due.count;

	if (!redis_message_finish(&sink->message, &sink->names) || redis_due_room(&sink->due) < 2 ||
	    (sink->route.asking && !say(sink, "ASKING", DUE_ASKING)) ||
	    !redis_connection_send(sink->connection, (int)sink->message.count,
				   sink->message.arguments, sink->message.lengths))
		return false;
	if (before == 0 && sink->state != STATE_PAUSED)
		loop_alarm_set(sink->alarm, sink->options.answer_timeout_ms);
	redis_due_add(&sink->due, kind, sequence);
	return true;
}

static bool add_row(void *context, const struct journal_row *row)
{
	struct sink_redis *sink = context;

	if (redis_message_bytes(&sink->message) > BATCH_BYTES || !redis_batch_add(sink->batch, row))
		return false;
	redis_message_add(&sink->message, &sink->names, row);
	return true;
}

/* What waits in the journal, in one call of the script. False: nothing does, or not now. */
static bool send_batch(struct sink_redis *sink)
{
	const struct redis_sent *last;

	sink->batch = redis_flight_next(&sink->flight);
	if (sink->batch == NULL || redis_connection_pending(sink->connection) > PENDING_MAX)
		return false;
	redis_message_events(&sink->message, &sink->names, sink->last_sent);
	journal_read(sink->options.journal, sink->sent, add_row, sink);
	if (sink->batch->count == 0 || !transmit(sink, DUE_EVENT, 0))
		return false;
	redis_flight_sent(&sink->flight);
	last = &sink->batch->events[sink->batch->count - 1];
	redis_sent_format(last, sink->last_sent);
	sink->sent = last->sequence;
	sink->stats.sent += sink->batch->count;
	return true;
}

void sink_redis_send(struct sink_redis *sink)
{
	journal_commit(sink->options.journal);
	if (sink->state != STATE_READY)
		return;
	while (send_batch(sink)) {
	}
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
	journal_reject(sink->options.journal, sequence, text);
	sink->confirmed = sequence;
	sink->stats.rejected++;
}

/* What is not there any more must be sent once more; for old readers of the stream, always. */
static void want_whole(struct sink_redis *sink, const char *text)
{
	redis_digests_forget(&sink->message.digests);
	redis_lines_forget(&sink->heart.lines);
	if (strstr(text, "always") != NULL)
		sink->message.whole = true;
}

/* `sequence`: of the event that it is about; 0: none. */
static void on_error(struct sink_redis *sink, uint64_t sequence, const char *text)
{
	enum redis_remedy remedy = redis_error_remedy(text);

	if (sink->state == STATE_DRAINING) {
		sink->outage.errors++; /* the first error decides */
		return;
	}
	if (remedy == REDIS_REDIRECT && !redis_route_redirect(&sink->route, text))
		remedy = REDIS_RECONNECT;
	if (remedy == REDIS_LOAD || remedy == REDIS_REDIRECT || remedy == REDIS_COMPARE)
		sink->outage.errors++; /* mended at once: not worth a word */
	else if (remedy == REDIS_WHOLE)
		want_whole(sink, text);
	else
		redis_outage_begin(&sink->outage, text);
	if (remedy == REDIS_HOPELESS && sequence != 0)
		count_hopeless(sink, sequence, text);
	sink->remedy = remedy;
	sink->state = STATE_DRAINING;
}

/* Also while events wait for a pause to end: a full Redis is no dead sensor. */
static bool send_heartbeat(struct sink_redis *sink)
{
	struct redis_beat beat;

	if (sink->state != STATE_READY && sink->state != STATE_PAUSED)
		return false;
	beat = redis_heart_beat(&sink->heart);
	redis_message_heartbeat(&sink->message, &sink->names, &beat);
	if (!transmit(sink, DUE_HEARTBEAT, sink->options.clock_ns()))
		return false;
	redis_heart_told(&sink->heart);
	return true;
}

static void works(struct sink_redis *sink)
{
	redis_route_works(&sink->route);
	redis_outage_end(&sink->outage);
}

static void become_ready(struct sink_redis *sink)
{
	struct journal_stats journal;
	char node[REDIS_NODE_TEXT];

	sink->state = STATE_READY;
	if (!sink->new_connection)
		return;
	sink->new_connection = false;
	log_info("%s: connected to %s", sink->options.url.shown,
		 redis_node_format(&sink->route.current, node));
	redis_lines_forget(&sink->lines);
	redis_lines_forget(&sink->heart.lines);
	redis_digests_forget(&sink->message.digests);
	sink->message.whole = false;
	sink->stats.reconnects += sink->ever_ready;
	sink->stats.redirects += sink->redirected;
	sink->redirected = false;
	sink->ever_ready = true;
	if (sink->heart.packed != NULL)
		send_heartbeat(sink);
	/* The first confirmation says whether it really works. */
	journal_stats(sink->options.journal, &journal);
	if (journal.waiting == 0 && sink->due.count == 0)
		works(sink);
}

/* Redis confirms before its replicas and its disk have an event. One that has lost some, by a
 * failover, a restart or FLUSHALL, gets them again. Replays are not kept for that: they can be
 * repeated. */
static void compare(struct sink_redis *sink, const char *applied)
{
	const char *blank = strchr(applied, ' ');
	char epoch[JOURNAL_EPOCH_TEXT] = "";
	uint64_t sequence = 0, forgotten;

	snprintf(sink->known, sizeof sink->known, "%s", applied);
	memcpy(sink->last_sent, sink->known, sizeof sink->last_sent);
	/* While a slot moves, a key that is not here may be at the other node. */
	if (sink->options.run != NULL || sink->route.asking)
		return;
	if (blank != NULL && blank - applied < JOURNAL_EPOCH_TEXT) {
		memcpy(epoch, applied, (size_t)(blank - applied));
		sequence = strtoull(blank + 1, NULL, 10);
	}
	forgotten = journal_rewind(sink->options.journal, epoch, sequence);
	sink->stats.forgotten += forgotten;
	sequence = journal_confirmed(sink->options.journal);
	if (sequence < sink->confirmed)
		log_warnx("%s: has lost %" PRIu64 " events that it had confirmed: sent again",
			  sink->options.url.shown, sink->confirmed - sequence);
	if (forgotten != 0)
		log_warnx("%s: %" PRIu64
			  " older ones are not kept any more: what is open is told anew",
			  sink->options.url.shown, forgotten);
	if (sequence < sink->confirmed || forgotten != 0)
		redis_lines_forget(&sink->lines);
	sink->confirmed = sink->sent = sequence;
}

/* The answer to hello: the clock, the last event. */
static void on_hello(struct sink_redis *sink, const struct redis_answer *answer)
{
	struct redis_answer applied;

	if (redis_answer_item(answer, 1, &applied) && applied.type == REDIS_TEXT)
		compare(sink, applied.text);
	become_ready(sink);
}

static void say_hello(struct sink_redis *sink, const struct redis_answer *answer)
{
	memcpy(sink->names.sha, answer->text, sizeof sink->names.sha);
	redis_message_hello(&sink->message, &sink->names);
	if (!transmit(sink, DUE_APPLIED, 0))
		on_lost(sink, "out of memory");
}

static void on_greeting(struct sink_redis *sink, const struct redis_due *about,
			const struct redis_answer *answer)
{
	char reason[REDIS_REASON];

	if (about->kind == DUE_POLICY)
		redis_care_policy(&sink->care, answer);
	switch (redis_greeting_answer(&sink->route, about, answer, reason)) {
	case WELCOME_MORE:
		break;
	case WELCOME_SCRIPT:
		say_hello(sink, answer);
		break;
	case WELCOME_READY:
		on_hello(sink, answer);
		break;
	case WELCOME_ELSEWHERE:
		sink->redirected = !sink->route.to_sentinel;
		come_back(sink, true);
		break;
	case WELCOME_REFUSED:
		sink->care.twins += redis_error_is_twin(reason);
		on_lost(sink, reason);
		break;
	}
}

static void confirm(struct sink_redis *sink, const struct redis_batch *batch, size_t count)
{
	uint64_t now_ns = clock_unix_ns();

	if (count == 0)
		return;
	sink->confirmed = batch->events[count - 1].sequence;
	redis_sent_format(&batch->events[count - 1], sink->known);
	sink->stats.confirmed += count;
	sink->compared = 0;
	for (size_t i = 0; i < count; i++) {
		if (batch->events[i].decided_ns != 0)
			latency_add(&sink->stats.delivery, batch->events[i].decided_ns, now_ns);
	}
}

static int64_t number_at(const struct redis_answer *list, size_t index)
{
	struct redis_answer item;

	return redis_answer_item(list, index, &item) && item.type == REDIS_NUMBER ? item.number : 0;
}

static const char *text_at(const struct redis_answer *list, size_t index, struct redis_answer *item)
{
	return redis_answer_item(list, index, item) && item->text != NULL ? item->text : "";
}

/* How many of a batch were applied, why no more, what was mended on the way, words about that. */
static void on_batch(struct sink_redis *sink, const struct redis_answer *answer)
{
	const struct redis_batch *batch = redis_flight_answered(&sink->flight);
	struct redis_answer item, words;
	int64_t done = number_at(answer, 0);
	const char *why = text_at(answer, 1, &item);

	if (batch == NULL || done < 0 || (size_t)done > batch->count) {
		on_lost(sink, "an answer that nobody asked for");
		return;
	}
	redis_care_mended(&sink->care, number_at(answer, 2), text_at(answer, 3, &words));
	if (sink->state == STATE_READY)
		confirm(sink, batch, (size_t)done);
	if (answer->type == REDIS_ERROR)
		on_error(sink, batch->events[0].sequence, answer->text);
	else if ((size_t)done < batch->count)
		on_error(sink, batch->events[done].sequence, why);
	else if (why[0] != '\0')
		redis_care_mended(&sink->care, 1, why); /* all are applied; a counter was not */
	else if (sink->state == STATE_READY)
		works(sink);
}

static void begin_compare(struct sink_redis *sink)
{
	sink->state = STATE_DRAINING;
	sink->remedy = REDIS_COMPARE;
}

/* Redis's clock, the last event that it applied, what was lost and mended, a twin. */
static void on_heartbeat(struct sink_redis *sink, const struct redis_due *about,
			 const struct redis_answer *answer)
{
	struct redis_answer item, words;
	const char *applied = text_at(answer, 1, &item);

	redis_clock_note(&sink->clock, sink->options.url.shown, about->sequence,
			 sink->options.clock_ns(), number_at(answer, 0));
	redis_care_state(&sink->care, number_at(answer, 2), number_at(answer, 3),
			 number_at(answer, 4) != 0, text_at(answer, 5, &words));
	if (sink->state != STATE_READY)
		return;
	works(sink);
	if (strcmp(applied, sink->known) != 0 && !sink->route.asking)
		begin_compare(sink);
}

static void on_answer(void *context, const struct redis_answer *answer)
{
	struct sink_redis *sink = context;
	struct redis_due about;

	if (!redis_due_take(&sink->due, &about)) {
		on_lost(sink, "an answer that nobody asked for");
		return;
	}
	if (about.kind <= DUE_APPLIED)
		on_greeting(sink, &about, answer);
	else if (about.kind == DUE_EVENT)
		on_batch(sink, answer);
	else if (answer->type == REDIS_ERROR && about.kind != DUE_PING)
		on_error(sink, 0, answer->text);
	else if (about.kind == DUE_HEARTBEAT)
		on_heartbeat(sink, &about, answer);
	else if (about.kind == DUE_STATUS && sink->state == STATE_READY)
		works(sink);
}

static void pause(struct sink_redis *sink)
{
	sink->state = STATE_PAUSED;
	loop_alarm_set(sink->alarm, redis_outage_pause_ms(&sink->outage));
}

/* All answers are in: now the error can be mended. */
static void mend(struct sink_redis *sink)
{
	sink->sent = sink->confirmed;
	memcpy(sink->last_sent, sink->known, sizeof sink->last_sent);
	if (sink->remedy == REDIS_LOAD ||
	    (sink->remedy == REDIS_COMPARE && sink->compared++ < COMPARED_IN_A_ROW)) {
		greet(sink, true);
	} else if (sink->remedy == REDIS_WHOLE) {
		sink->state = STATE_READY; /* on_answered() sends events */
		if (sink->heart.packed != NULL)
			send_heartbeat(sink);
	} else if (sink->remedy == REDIS_COMPARE) {
		on_lost(sink, "it has again another last event than it said (two sensors of one "
			      "name?)");
	} else if (sink->remedy == REDIS_REDIRECT) {
		sink->redirected = true;
		come_back(sink, true);
	} else if (sink->remedy == REDIS_RECONNECT) {
		come_back(sink, redis_route_another(&sink->route));
	} else {
		pause(sink);
	}
}

static void on_answered(void *context)
{
	struct sink_redis *sink = context;

	journal_confirm(sink->options.journal, sink->confirmed);
	watch_answers(sink);
	if (sink->state == STATE_DRAINING && sink->due.count == 0)
		mend(sink);
	sink_redis_send(sink);
}

static const struct redis_listener listener = {
	.connected = on_connected,
	.answer = on_answer,
	.answered = on_answered,
	.lost = on_lost,
};

static void set_default(uint32_t *value, uint32_t otherwise)
{
	if (*value == 0)
		*value = otherwise;
}

struct sink_redis *sink_redis_new(const struct sink_redis_options *options)
{
	const struct redis_limits limits = {
		.stream_maxlen = options->stream_maxlen,
		.queue_maxlen = options->queue_maxlen,
		.closed_keep_s = options->closed_keep_s,
		.run_keep_s = options->run != NULL ? options->run_keep_s : 0,
		.heartbeat_ttl_s = options->heartbeat_ttl_s,
	};
	struct sink_redis *sink = calloc(1, sizeof *sink);

	if (sink == NULL)
		return NULL;
	sink->options = *options;
	if (sink->options.clock_ns == NULL)
		sink->options.clock_ns = clock_unix_ns;
	set_default(&sink->options.connect_timeout_ms, 5000);
	set_default(&sink->options.answer_timeout_ms, 10000);
	set_default(&sink->options.idle_ms, 15000);
	set_default(&sink->options.backoff_min_ms, 250);
	set_default(&sink->options.backoff_max_ms, 30000);
	sink->confirmed = sink->sent = journal_confirmed(options->journal);
	redis_route_init(&sink->route, &sink->options.url);
	redis_names_set(&sink->names, options->sensor, options->site, options->run);
	redis_names_limits(&sink->names, &limits);
	sink->care.server = sink->options.url.shown;
	redis_outage_init(&sink->outage, sink->options.url.shown, sink->options.backoff_min_ms,
			  sink->options.backoff_max_ms);
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
	redis_lines_free(&sink->lines);
	redis_heart_free(&sink->heart);
	free(sink);
}

bool sink_redis_heartbeat(struct sink_redis *sink, const char *packed, size_t length)
{
	if (!redis_heart_set(&sink->heart, packed, length, sink->care.evicts))
		return false;
	return send_heartbeat(sink);
}

bool sink_redis_coverage(struct sink_redis *sink, const char *packed, size_t length)
{
	struct redis_lines *lines = &sink->lines;

	if (sink->state != STATE_READY)
		return false;
	if (!redis_lines_compare(lines, packed, length))
		return true;
	redis_message_coverage(&sink->message, &sink->names, lines->full, lines->changed,
			       lines->changed_length);
	if (!transmit(sink, DUE_STATUS, 0))
		return false;
	redis_lines_told(lines, packed, length);
	return true;
}

bool sink_redis_busy(const struct sink_redis *sink)
{
	return sink->due.count != 0;
}

void sink_redis_stats(const struct sink_redis *sink, struct sink_redis_stats *stats)
{
	*stats = sink->stats;
	stats->connected = sink->state == STATE_READY;
	stats->in_flight = sink->flight.events;
	stats->losses = sink->care.losses;
	stats->mended = sink->care.mended;
	stats->twins = sink->care.twins;
	stats->errors = sink->outage.errors;
	stats->clock_known = sink->clock.known;
	stats->clock_skew_ms = sink->clock.skew_ms;
}
