/* SPDX-License-Identifier: ISC */
/*
 * Closing where blocked attempts cannot be seen, because the mirror is behind the filter: there a
 * hole that was closed just falls silent. Silence is no proof, but how likely it would be by chance
 * can be said.
 *
 * The record of an exposure counts the minutes in which somebody was let in. Bursts and scans count
 * once, which makes the minutes nearly independent; how many of them were busy gives a share, of
 * which the lower 99 % bound (Wilson's) is taken. That n silent minutes follow by chance has the
 * probability (1 - share)^n. When that falls below one in `close-likely` the exposure closes as
 * CLOSE_LIKELY, and the odds are told. It takes more:
 *
 *   - 10 busy minutes, by 5 clients: one office that goes home is not the internet;
 *   - at least 10 silent minutes, and twice the longest silence seen before;
 *   - eyes: time in which the sensor was blind is no silence;
 *   - for each time that it has opened again after such a closing, ten times the odds.
 *
 * Where the mirror is, the policy says; `auto` learns it. Anybody's addresses are scanned all day:
 * an interface on which 100 attempts were let in or refused in a row, and none in an hour was left
 * without an answer, does not show what is blocked.
 */
#include <math.h>

#include "sensor/base/clock.h"
#include "sensor/engine/engine_state.h"

#define LEARN_NS      NS_PER_HOUR
#define LEARN_PASSED  100
#define LOOK_EVERY_NS NS_PER_MINUTE
#define BUSY_LEAST    10
#define CLIENTS_LEAST 5
#define SILENT_LEAST  10
#define ODDS_MOST     1e12
#define TENFOLD_MAX   6
#define QUANTILE      2.326 /* of the normal distribution: 99 %, one-sided */

void engine_silence_begin(struct exposure *x, uint64_t ns)
{
	x->busy_minutes = 1;
	x->busy_since_ns = x->busy_ns = ns;
	x->longest_silence_ns = 0;
}

void engine_silence_break(struct exposure *x, uint64_t ns)
{
	uint64_t silence_ns = ns > x->last_accept_ns ? ns - x->last_accept_ns : 0;

	if (silence_ns > x->longest_silence_ns)
		x->longest_silence_ns = silence_ns;
	if (ns < x->busy_ns + NS_PER_MINUTE)
		return;
	x->busy_minutes++;
	x->busy_ns = ns;
}

void engine_silence_passed(struct engine *engine, uint64_t ns)
{
	if (engine->passed_since_ns == 0)
		engine->passed_since_ns = ns;
	if (engine->passed < LEARN_PASSED)
		engine->passed++;
}

void engine_silence_blocked(struct engine *engine, uint64_t ns)
{
	engine->passed = 0;
	if (ns > engine->passed_since_ns)
		engine->passed_since_ns = ns;
}

void engine_silence_blind(struct engine *engine, bool begins, enum blind_cause cause,
			  uint64_t now_ns)
{
	/* What is about single packets, or about attempts that nobody makes, hides no
	 * connection. */
	if (cause == BLIND_TRUNCATION || cause == BLIND_DUPLICATES || cause == BLIND_UNTESTED ||
	    cause == BLIND_UNPROBED || cause == BLIND_NOT_OURS)
		return;
	/* Each interface has causes of its own. */
	if (begins)
		engine->blind_times[cause]++;
	else if (engine->blind_times[cause] != 0)
		engine->blind_times[cause]--;
	if (engine->blind_times[cause] != 0)
		engine->blind |= 1u << cause;
	else
		engine->blind &= ~(1u << cause);
	engine->sighted_ns = now_ns;
}

bool engine_is_inside(const struct engine *engine, uint64_t now_ns)
{
	enum policy_position position = policy_position(engine->policy);

	if (position != POSITION_AUTO)
		return position == POSITION_INSIDE;
	return engine->passed >= LEARN_PASSED && now_ns > engine->passed_since_ns &&
	       now_ns - engine->passed_since_ns >= LEARN_NS;
}

/* The share of busy minutes is hardly less than this. */
static double least_share(double busy, double minutes)
{
	double z2 = QUANTILE * QUANTILE;
	double middle = busy + z2 / 2;
	double spread = QUANTILE * sqrt(busy * (minutes - busy) / minutes + z2 / 4);

	return (middle - spread) / (minutes + z2);
}

/* Two digits: all that such a figure is good for, and the same with every mathematical library. */
static uint64_t round_odds(double odds)
{
	uint64_t whole = (uint64_t)(odds < ODDS_MOST ? odds : ODDS_MOST), unit = 1;

	while (whole / unit >= 100)
		unit *= 10;
	return whole / unit * unit;
}

uint64_t engine_silence_odds(const struct exposure *x, uint64_t silent_ns)
{
	uint64_t silent = silent_ns / NS_PER_MINUTE, watched;
	double busy = (double)x->busy_minutes, minutes, share;

	if (x->busy_minutes < BUSY_LEAST || sketch_count(&x->clients) < CLIENTS_LEAST ||
	    silent < SILENT_LEAST || silent_ns < 2 * x->longest_silence_ns)
		return 1;
	watched = (x->busy_ns - x->busy_since_ns) / NS_PER_MINUTE + 1;
	minutes = (double)watched;
	if (minutes < busy)
		minutes = busy;
	share = least_share(busy, minutes);
	return round_odds(exp(-(double)silent * log1p(-share)));
}

static bool is_likely(const struct engine *engine, struct exposure *x, uint64_t now_ns)
{
	uint64_t needed = policy_thresholds(engine->policy)->close_likely;
	uint64_t from_ns = x->last_accept_ns;

	if (engine->sighted_ns > from_ns)
		from_ns = engine->sighted_ns;
	for (uint32_t i = 0; i < x->reopened && i < TENFOLD_MAX; i++)
		needed *= 10;
	x->close_odds = now_ns > from_ns ? engine_silence_odds(x, now_ns - from_ns) : 1;
	return x->close_odds >= needed;
}

void engine_silence_look(struct engine *engine, uint64_t now_ns)
{
	if (engine->sighted_ns == 0) /* what was before the start was not seen */
		engine->sighted_ns = now_ns;
	if (now_ns < engine->next_silence_ns)
		return;
	engine->next_silence_ns = now_ns + LOOK_EVERY_NS;
	if (engine->blind != 0 || policy_thresholds(engine->policy)->close_likely == 0 ||
	    !engine_is_inside(engine, now_ns))
		return;
	for (uint32_t slot = 0; slot < exposures_size(engine->exposures); slot++) {
		struct exposure *x = exposures_at(engine->exposures, slot);

		if (exposures_used(engine->exposures, slot) && exposure_is_open(x->state) &&
		    x->server.realm != REALM_CLAIMED && x->busy_minutes >= BUSY_LEAST &&
		    is_likely(engine, x, now_ns))
			engine_life_close(engine, slot, CLOSE_LIKELY, now_ns);
	}
}
