/* SPDX-License-Identifier: ISC */
/*
 * See follow.h. A connection is greeted as the sensor's are; then one step follows the other, each
 * when all answers to the one before are in:
 *
 *   OWN ──nothing left──▶ CLAIM ──nothing left──▶ NEW ◀─┐
 *    ▲ no such group                  ▲            │    │ until it is time for CLAIM again
 *    └──── SET ◀── KNOWN ◀── CREATE   └────────────┴────┘
 *
 * Any error but these gives the connection up: the next one begins with OWN, which has everything
 * that was not acknowledged. Entries are printed while their answer is there, and acknowledged
 * with the next step.
 */
#include "tools/redis-tail/follow_state.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/printable.h"
#include "sensor/redis/redis_greeting.h"

#define ANSWER_MAX   (64U << 20)
#define LIST_MAX     4096
#define CONNECT_MS   5000
#define WAIT_MS	     5000  /* that the server waits for something new */
#define ANSWER_MS    15000 /* that and ten seconds */
#define PAUSE_MIN_MS 250
#define PAUSE_MAX_MS 10000

void follow_tell(const struct follow *follow, const char *what, const char *more)
{
	char safe[512], safe_more[512];

	printable_copy(safe, sizeof safe, what);
	printable_copy(safe_more, sizeof safe_more, more);
	warnx("%s: %s%s", follow->options.url.shown, safe, safe_more);
}

void follow_finish(struct follow *follow, bool failed)
{
	follow->failed = failed;
	follow->state = STATE_OVER;
	redis_connection_close(follow->connection);
	loop_stop(follow->options.loop);
}

void follow_come_back(struct follow *follow, bool at_once)
{
	uint64_t after = at_once ? 0 : follow->pause_ms;

	redis_connection_close(follow->connection);
	redis_due_clear(&follow->due);
	if (follow->options.sink.lost != NULL)
		follow->options.sink.lost(follow->options.sink.context);
	follow->id_count = 0; /* OWN has them */
	follow->state = STATE_WAITING;
	if (!at_once)
		follow->pause_ms =
			follow->pause_ms < PAUSE_MAX_MS / 2 ? follow->pause_ms * 2 : PAUSE_MAX_MS;
	loop_alarm_set(follow->alarm, after);
}

void follow_lost(void *context, const char *reason)
{
	struct follow *follow = context;
	uint64_t now = clock_monotonic_ms(), patience = follow->options.give_up_s * 1000;

	if (!follow->told)
		follow_tell(follow, reason, "; tries again");
	follow->told = true;
	if (follow->trouble_ms == 0)
		follow->trouble_ms = now;
	if (patience != 0 && now - follow->trouble_ms >= patience) {
		follow_tell(follow, "gives up: ", reason);
		follow_finish(follow, true);
		return;
	}
	follow_come_back(follow, redis_route_another(&follow->route));
}

void follow_works(struct follow *follow)
{
	if (follow->told)
		follow_tell(follow, "follows again", "");
	follow->told = false;
	follow->trouble_ms = 0;
	follow->pause_ms = PAUSE_MIN_MS;
	redis_route_works(&follow->route);
}

/* How many entries the next answer may have. */
static uint64_t most(const struct follow *follow)
{
	return follow->options.count != 0 ? follow->left : COMMANDS_BATCH;
}

static bool send_step(struct follow *follow)
{
	const struct commands *commands = &follow->commands;

	switch (follow->next) {
	case STEP_CREATE:
		return commands_create(commands,
				       !follow->followed && follow->options.from_new ? "$" : "0",
				       follow->followed || !follow->options.known_only);
	case STEP_KNOWN:
		return commands_known(commands, follow->printed);
	case STEP_SET:
		return commands_set(commands, follow->printed);
	case STEP_OWN:
		return commands_own(commands, follow->cursor, most(follow));
	case STEP_CLAIM:
		return commands_claim(commands, follow->cursor, follow->options.claim_s * 1000,
				      most(follow));
	default:
		return commands_new(commands, follow_wait_ms(follow), most(follow));
	}
}

uint32_t follow_wait_ms(const struct follow *follow)
{
	const struct follow_sink *sink = &follow->options.sink;

	if (sink->wait_ms != NULL)
		return sink->wait_ms(sink->context);
	return follow->options.once ? 0 : WAIT_MS;
}

/* The sink has something to say to the server. */
static bool sink_speaks(struct follow *follow)
{
	const struct follow_sink *sink = &follow->options.sink;
	int sent = sink->commands == NULL ? 0 : sink->commands(sink->context, &follow->commands);

	if (sent < 0)
		follow_lost(follow, "out of memory");
	else if (sent > 0)
		loop_alarm_set(follow->alarm, ANSWER_MS);
	return sent != 0;
}

/* All answers are in. */
static void advance(struct follow *follow)
{
	bool good = true, done = follow->options.count != 0 && follow->left == 0;

	if (sink_speaks(follow))
		return;

	if (follow->id_count != 0)
		good = commands_acknowledge(&follow->commands, follow->ids, follow->id_count);
	else if (done)
		follow_finish(follow, false);
	follow->id_count = 0;
	if (follow->state == STATE_OVER)
		return;
	if (good && !done)
		good = send_step(follow);
	if (good)
		loop_alarm_set(follow->alarm, ANSWER_MS);
	else
		follow_lost(follow, "out of memory");
}

static void begin(struct follow *follow)
{
	follow->state = STATE_FOLLOWING;
	follow->commands.asking = follow->route.asking;
	follow->next = STEP_OWN;
	strcpy(follow->cursor, "0");
	losses_forget(&follow->losses);
	advance(follow);
}

static void on_connected(void *context)
{
	struct follow *follow = context;

	follow->state = STATE_GREETING;
	loop_alarm_set(follow->alarm, ANSWER_MS);
	if (!redis_greeting(follow->connection, &follow->route, NULL, false, &follow->due))
		follow_lost(follow, "out of memory");
	else if (follow->due.count == 0)
		begin(follow);
}

static void on_alarm(void *context)
{
	struct follow *follow = context;
	const struct follow_options *options = &follow->options;
	char error[REDIS_URL_ERROR];

	if (follow->state == STATE_OVER)
		return;
	if (follow->state != STATE_WAITING) {
		follow_lost(follow, follow->state == STATE_CONNECTING ? "no connection in time"
								      : "no answer in time");
		return;
	}
	follow->state = STATE_CONNECTING;
	loop_alarm_set(follow->alarm, CONNECT_MS);
	if (!redis_connection_open(follow->connection, redis_route_next(&follow->route),
				   options->url.tls ? options->tls : NULL, error))
		follow_lost(follow, error);
}

static void on_greeting(struct follow *follow, const struct redis_due *about,
			const struct redis_answer *answer)
{
	char reason[REDIS_REASON];

	switch (redis_greeting_answer(&follow->route, about, answer, reason)) {
	case WELCOME_ELSEWHERE:
		follow_come_back(follow, true);
		break;
	case WELCOME_REFUSED:
		follow_lost(follow, reason);
		break;
	default:
		break;
	}
}

static void on_answer(void *context, const struct redis_answer *answer)
{
	struct follow *follow = context;
	struct redis_due about;

	if (!redis_due_take(&follow->due, &about))
		follow_lost(follow, "an answer that nobody asked for");
	else if (about.kind < DUE_EVENT)
		on_greeting(follow, &about, answer);
	else
		follow_answer(follow, (enum step)about.sequence, answer);
}

static void on_answered(void *context)
{
	struct follow *follow = context;

	if (follow->due.count != 0)
		return;
	if (follow->state == STATE_GREETING)
		begin(follow);
	else if (follow->state == STATE_FOLLOWING)
		advance(follow);
}

static const struct redis_listener listener = {
	.connected = on_connected,
	.answer = on_answer,
	.answered = on_answered,
	.lost = follow_lost,
};

struct follow *follow_new(const struct follow_options *options)
{
	struct follow *follow = calloc(1, sizeof *follow);

	if (follow == NULL)
		return NULL;
	follow->options = *options;
	follow->left = options->count;
	follow->pause_ms = PAUSE_MIN_MS;
	redis_route_init(&follow->route, &follow->options.url);
	follow->connection = redis_connection_new(options->loop, &listener, follow);
	follow->alarm = loop_alarm(options->loop, on_alarm, follow);
	if (follow->connection == NULL || follow->alarm == NULL) {
		follow_free(follow);
		return NULL;
	}
	redis_connection_bounds(follow->connection, ANSWER_MAX, LIST_MAX);
	follow->commands = (struct commands){
		.connection = follow->connection,
		.due = &follow->due,
		.group = options->group,
		.consumer = options->consumer,
	};
	snprintf(follow->commands.key, COMMANDS_KEY, "spanwatch:{%.64s}:%s%.64s%sevents",
		 options->site, options->run != NULL ? "run:" : "",
		 options->run != NULL ? options->run : "", options->run != NULL ? ":" : "");
	loop_alarm_set(follow->alarm, 0);
	return follow;
}

void follow_free(struct follow *follow)
{
	if (follow == NULL)
		return;
	redis_connection_free(follow->connection);
	loop_watch_free(follow->alarm);
	free(follow);
}

bool follow_succeeded(const struct follow *follow)
{
	return !follow->failed;
}
