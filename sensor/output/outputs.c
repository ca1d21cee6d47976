/* SPDX-License-Identifier: ISC */
/* See outputs.h. */
#include "sensor/output/outputs.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/log.h"
#include "sensor/base/printable.h"
#include "sensor/event/event_fields.h"
#include "sensor/event/event_json.h"
#include "sensor/journal/journal.h"
#include "sensor/output/held_lines.h"
#include "sensor/output/outputs_status.h"
#include "sensor/output/patient_out.h"
#include "sensor/output/sink_jsonl.h"
#include "sensor/output/sink_text.h"
#include "sensor/redis/sink_redis.h"

#define NAME_TEXT	65
#define PUMP_EVERY	32    /* events of a replay between two turns of the loop */
#define REPLAY_WAITING	20000 /* events in the journal at which a replay is held back */
#define REPLAY_HOLD_MS	1000
#define PUMP_WAIT_MS	10
#define JOURNAL_TICK_MS 1000
#define OUT_BYTES	(16 << 20) /* that wait for a slow reader of a live sensor */
#define LINES_A_TURN	256
#define HELD_BYTES	(16 << 20) /* that wait for the journal */
#define CLOSE_MS	2000	   /* at the end, for the disk */

struct outputs {
	struct outputs_options options;
	char sensor[NAME_TEXT], site[NAME_TEXT], run[NAME_TEXT];
	struct event_context context;
	struct journal *journal;
	struct redis_tls *tls;	  /* NULL: none */
	struct sink_redis *redis; /* NULL: none */
	struct patient_out *out;  /* of a live sensor; NULL: none */
	struct sink_text *text;	  /* NULL: not wanted */
	struct held_lines held;	  /* JSON of a live sensor with a journal's file */
	struct loop_watch *flush; /* gathers the events of one turn into one commit */
	struct loop_watch *tick;  /* of the journal */
	struct json_out *json;	  /* the memory of the newest event's */
	struct event_fields fields;
	uint64_t events, alerts, out_errors, journal_errors;
	int out_errno;
};

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
	return value != 0 ? value : otherwise;
}

/* The first failure's reason is kept: later ones may have none of their own. */
static void note_out(struct outputs *outputs, bool good)
{
	if (good)
		return;
	if (outputs->out_errors++ == 0)
		outputs->out_errno = errno;
}

static bool write_line(struct outputs *outputs, const char *json, size_t length)
{
	return sink_jsonl_write(outputs->options.out, json, length,
				!outputs->options.replay || outputs->options.at_once);
}

/* What the journal has, or what is not to wait for it; then Redis and the heartbeat have their
 * turn. */
static void release_lines(struct outputs *outputs, uint64_t leaving, unsigned most)
{
	struct held_lines *held = &outputs->held;

	while (held->first != NULL &&
	       (held->first->sequence <= leaving || held->bytes > HELD_BYTES)) {
		if (most-- == 0) {
			loop_alarm_set(outputs->flush, 0);
			return;
		}
		note_out(outputs, write_line(outputs, held->first->text, held->first->length));
		held_lines_drop(held);
	}
}

static void on_flush(void *context)
{
	struct outputs *outputs = context;

	if (outputs->redis != NULL)
		sink_redis_send(outputs->redis);
	else
		journal_commit(outputs->journal);
	release_lines(outputs, journal_leaving(outputs->journal), LINES_A_TURN);
}

static void on_tick(void *context)
{
	const struct outputs *outputs = context;

	journal_tick(outputs->journal);
}

static bool find_redis(const struct outputs_redis *options, struct redis_url *url,
		       char error[OUTPUTS_ERROR])
{
	if (!redis_url_parse_public(options->url, url, error))
		return false;
	snprintf(url->sentinel_login.user, sizeof url->sentinel_login.user, "%s",
		 options->sentinel_user != NULL ? options->sentinel_user : "");
	return redis_url_passwords(url, options->password_file, options->sentinel_password_file,
				   error);
}

static bool open_tls(struct outputs *outputs, const struct outputs_redis *options,
		     char error[OUTPUTS_ERROR])
{
	const struct redis_tls_options tls = {
		.ca = options->tls_ca,
		.cert = options->tls_cert,
		.key = options->tls_key,
		.name = options->tls_name,
	};

	outputs->tls = redis_tls_new(&tls, error);
	return outputs->tls != NULL;
}

static bool open_redis(struct outputs *outputs, const struct outputs_options *options,
		       char error[OUTPUTS_ERROR])
{
	struct sink_redis_options redis = {
		.loop = options->loop,
		.journal = outputs->journal,
		.sensor = outputs->sensor,
		.site = outputs->site,
		.run = options->run != NULL ? outputs->run : NULL,
		.stream_maxlen = or_default(options->stream_maxlen, 100000),
		.queue_maxlen = options->queue_maxlen,
		.closed_keep_s = or_default(options->closed_keep_s, 30 * 86400),
		.run_keep_s = or_default(options->run_keep_s, 7 * 86400),
		.heartbeat_ttl_s = or_default(options->heartbeat_ttl_s, 60),
	};

	if (!find_redis(&options->redis, &redis.url, error) ||
	    (redis.url.tls && !open_tls(outputs, &options->redis, error)))
		return false;
	redis.tls = outputs->tls;
	outputs->redis = sink_redis_new(&redis);
	if (outputs->redis == NULL)
		snprintf(error, OUTPUTS_ERROR, "out of memory");
	return outputs->redis != NULL;
}

static bool open_all(struct outputs *outputs, const struct outputs_options *options,
		     char error[OUTPUTS_ERROR])
{
	const struct journal_options journal = {
		.path = options->journal_path,
		.sensor = outputs->sensor,
		.max_rows = or_default(options->journal_max, 1000000),
		.keep_in_file = options->journal_file_keep,
		.max_bytes = (uint64_t)options->journal_mib << 20,
		.max_age_s = (uint64_t)options->journal_days * 86400,
		.keep = options->journal_keep,
	};
	char why[JOURNAL_ERROR];

	outputs->journal = journal_open(&journal, why);
	if (outputs->journal == NULL) {
		snprintf(error, OUTPUTS_ERROR, "journal %.100s: %.130s",
			 options->journal_path != NULL ? options->journal_path : "in memory", why);
		return false;
	}
	snprintf(error, OUTPUTS_ERROR, "out of memory");
	outputs->json = json_out_new();
	outputs->flush = loop_alarm(options->loop, on_flush, outputs);
	outputs->tick = loop_every(options->loop, JOURNAL_TICK_MS, on_tick, outputs);
	if (outputs->json == NULL || outputs->flush == NULL || outputs->tick == NULL)
		return false;
	if (!options->replay && options->out != NULL) {
		outputs->out = patient_out_new(options->loop, fileno(options->out), OUT_BYTES);
		if (outputs->out == NULL)
			return false;
		outputs->options.out = patient_out_stream(outputs->out);
	}
	if (options->text) {
		outputs->text =
			sink_text_new(outputs->options.out, options->terminal, &outputs->context);
		if (outputs->text == NULL)
			return false;
	}
	return options->redis.url == NULL || open_redis(outputs, options, error);
}

struct outputs *outputs_new(const struct outputs_options *options, char error[OUTPUTS_ERROR])
{
	struct outputs *outputs = calloc(1, sizeof *outputs);

	if (outputs == NULL) {
		snprintf(error, OUTPUTS_ERROR, "out of memory");
		return NULL;
	}
	outputs->options = *options;
	printable_name(outputs->sensor, sizeof outputs->sensor, options->sensor, "sensor");
	printable_name(outputs->site, sizeof outputs->site, options->site, "default");
	printable_name(outputs->run, sizeof outputs->run, options->run, "replay");
	outputs->context = (struct event_context){
		.sensor = outputs->sensor,
		.site = outputs->site,
		.version = SPANWATCH_VERSION,
		.services = options->services,
		.replay = options->replay,
	};
	if (open_all(outputs, options, error))
		return outputs;
	outputs_free(outputs);
	return NULL;
}

void outputs_free(struct outputs *outputs)
{
	if (outputs == NULL)
		return;
	sink_redis_free(outputs->redis);
	redis_tls_free(outputs->tls);
	loop_watch_free(outputs->flush);
	loop_watch_free(outputs->tick);
	sink_text_free(outputs->text);
	patient_out_free(outputs->out);
	journal_close(outputs->journal);
	json_out_free(outputs->json);
	free(outputs);
}

void outputs_begin(struct outputs *outputs)
{
	if (!journal_begin_thread(outputs->journal, outputs->options.loop, on_flush, outputs))
		log_warnx("journal: no thread for the disk: a slow one holds up what is told");
}

uint64_t outputs_next_sequence(const struct outputs *outputs)
{
	return journal_last_sequence(outputs->journal) + 1;
}

struct journal *outputs_journal(const struct outputs *outputs)
{
	return outputs->journal;
}

/* Without Redis nobody takes events out of the journal: only their numbers are kept. */
static void store(struct outputs *outputs, const struct event *event, const char *json,
		  size_t length)
{
	struct journal_row row = {
		.sequence = event->sequence,
		.exposure = event->has_exposure ? event->exposure.id : "",
		.incident = event->has_incident	  ? event->incident.id
			    : event->has_exposure ? event->exposure.incident
						  : "",
		.json = json,
		.json_length = length,
	};

	if (outputs->redis == NULL) {
		journal_note_sequence(outputs->journal, event->sequence);
	} else {
		event_fields(&outputs->fields, event, &outputs->context);
		row.fields = outputs->fields.packed;
		row.fields_length = outputs->fields.length;
		outputs->journal_errors += !journal_append(outputs->journal, &row);
	}
	loop_alarm_set(outputs->flush, 0);
}

static uint64_t waiting(const struct outputs *outputs)
{
	struct journal_stats stats;

	journal_stats(outputs->journal, &stats);
	return stats.waiting;
}

static bool connected(const struct outputs *outputs)
{
	struct sink_redis_stats stats;

	sink_redis_stats(outputs->redis, &stats);
	return stats.connected;
}

/* A replay has no loop of its own. Packets can wait there, so they do when Redis is the slower. */
static void pump_replay(struct outputs *outputs)
{
	uint64_t until_ms;

	if (outputs->redis == NULL || outputs->events % PUMP_EVERY != 0)
		return;
	loop_pump(outputs->options.loop, 0);
	if (waiting(outputs) < REPLAY_WAITING)
		return;
	until_ms = clock_monotonic_ms() + REPLAY_HOLD_MS;
	while (waiting(outputs) > REPLAY_WAITING / 2 && connected(outputs) &&
	       clock_monotonic_ms() < until_ms)
		loop_pump(outputs->options.loop, PUMP_WAIT_MS);
}

static bool tell_json(struct outputs *outputs, const struct event *event, const char *json,
		      size_t length)
{
	if (json == NULL)
		return false;
	if (outputs->options.replay || outputs->options.journal_path == NULL)
		return write_line(outputs, json, length);
	if (held_lines_add(&outputs->held, event->sequence, json, length))
		return true;
	release_lines(outputs, UINT64_MAX, UINT_MAX);
	return write_line(outputs, json, length);
}

void outputs_event(void *context, const struct event *event)
{
	struct outputs *outputs = context;
	size_t length = 0;
	const char *json = NULL;
	bool good = true;

	outputs->events++;
	outputs->alerts += event->alert;
	if (outputs->options.json || outputs->redis != NULL)
		json = event_json(outputs->json, event, &outputs->context, &length);
	if (outputs->options.json)
		good = tell_json(outputs, event, json, length);
	if (outputs->text != NULL)
		good = sink_text_event(outputs->text, event);
	note_out(outputs, good);
	if (json != NULL || outputs->redis == NULL)
		store(outputs, event, json, length);
	else
		outputs->journal_errors++;
	if (outputs->options.replay)
		pump_replay(outputs);
}

void outputs_heartbeat(struct outputs *outputs, const struct heartbeat *heartbeat)
{
	struct outputs_stats stats;
	struct status status = {0};

	if (outputs->redis == NULL)
		return;
	outputs_stats(outputs, &stats);
	status_heartbeat(&status, heartbeat, &outputs->context, &stats);
	if (!status.failed)
		sink_redis_heartbeat(outputs->redis, status.packed, status.length);
	status_free(&status);
}

void outputs_coverage(struct outputs *outputs, const struct engine *engine,
		      const struct policy *policy)
{
	struct status status = {0};

	if (outputs->redis == NULL)
		return;
	status_coverage(&status, engine, policy, &outputs->context);
	if (!status.failed)
		sink_redis_coverage(outputs->redis, status.packed, status.length);
	status_free(&status);
}

static bool is_done(const struct outputs *outputs)
{
	if (!journal_idle(outputs->journal))
		return false;
	return outputs->redis == NULL ||
	       (waiting(outputs) == 0 && !sink_redis_busy(outputs->redis));
}

uint64_t outputs_finish(struct outputs *outputs, uint64_t deadline_ms)
{
	uint64_t until_ms = clock_monotonic_ms() + deadline_ms;

	if (outputs->options.out != NULL)
		note_out(outputs, fflush(outputs->options.out) == 0);
	on_flush(outputs);
	while (!is_done(outputs) && clock_monotonic_ms() < until_ms)
		loop_pump(outputs->options.loop, PUMP_WAIT_MS);
	journal_commit(outputs->journal);
	release_lines(outputs, UINT64_MAX, UINT_MAX);
	return outputs->redis != NULL ? waiting(outputs) : 0;
}

/* Once Redis has had its turn: it is the more important one. */
void outputs_finish_out(struct outputs *outputs, uint64_t deadline_ms)
{
	if (outputs->out == NULL || patient_out_drain(outputs->out, deadline_ms))
		return;
	errno = EAGAIN;
	note_out(outputs, false);
}

void outputs_report(struct outputs *outputs, const struct engine *engine,
		    const struct policy *policy, const struct text_unseen *unseen)
{
	if (outputs->text != NULL)
		note_out(outputs, sink_text_report(outputs->text, engine, policy, unseen));
}

void outputs_note(struct outputs *outputs, const char *line)
{
	if (outputs->text != NULL)
		sink_text_note(outputs->text, line);
}

void outputs_stats(const struct outputs *outputs, struct outputs_stats *stats)
{
	struct journal_stats journal;
	struct sink_redis_stats redis = {0};
	uint64_t refused = 0;
	int why = 0;

	journal_stats(outputs->journal, &journal);
	if (outputs->redis != NULL)
		sink_redis_stats(outputs->redis, &redis);
	if (outputs->out != NULL)
		refused = patient_out_refused(outputs->out, &why);
	*stats = (struct outputs_stats){
		.events = outputs->events,
		.alerts = outputs->alerts,
		.out_errors = outputs->out_errors + refused,
		.out_errno = outputs->out_errors != 0 ? outputs->out_errno : why,
		.journal_errors = outputs->journal_errors,
		.journal_lost = journal.lost,
		.journal_lost_full = journal.lost_by[JOURNAL_LOST_FULL],
		.journal_lost_old = journal.lost_by[JOURNAL_LOST_OLD],
		.journal_lost_memory = journal.lost_by[JOURNAL_LOST_MEMORY],
		.journal_lost_damaged = journal.lost_by[JOURNAL_LOST_DAMAGED],
		.journal_unwritten = journal.unwritten,
		.journal_early = journal.early,
		.journal_slow = journal.slow,
		.journal_failures = journal.errors,
		.journal_in_memory = journal.in_memory,
		.waiting = journal.waiting,
		.redis = outputs->redis != NULL,
		.redis_connected = redis.connected,
		.redis_sent = redis.sent,
		.redis_confirmed = redis.confirmed,
		.redis_in_flight = redis.in_flight,
		.redis_reconnects = redis.reconnects,
		.redis_redirects = redis.redirects,
		.redis_errors = redis.errors,
		.redis_rejected = redis.rejected,
		.redis_clock_known = redis.clock_known,
		.redis_clock_skew_ms = redis.clock_skew_ms,
		.redis_forgotten = redis.forgotten,
		.redis_losses = redis.losses,
		.redis_mended = redis.mended,
		.redis_twins = redis.twins,
		.delivery = redis.delivery,
	};
}
