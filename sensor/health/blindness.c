/* SPDX-License-Identifier: ISC */
/*
 * See blindness.h. Hysteresis: a share must be above `enter` for ENTER_STEPS seconds, and below
 * `leave` for LEAVE_STEPS with something to judge by; an interface without traffic proves nothing.
 * Floating point is confined to the chance of a silence: additions and multiplications only, so
 * that every machine decides alike.
 */
#include "sensor/health/blindness.h"

#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"

#define WINDOW	     10 /* samples that a share is taken over */
#define ENTER_STEPS  3
#define LEAVE_STEPS  5
#define QUIET_LEAST  (10 * NS_PER_S)
#define PAUSE_MOST   (2 * NS_PER_MINUTE)
#define ACTIVE_LEAST 10	  /* seconds with packets before silence can be news */
#define ACTIVE_AGAIN 3	  /* seconds with packets that end a silence */
#define MEMORY	     0.05 /* weight of the newest second in how busy the interface is */
#define BUSIEST	     0.99 /* share of seconds with packets: never certain */
#define CHANCE	     0.000001
#define STEADY	     0.8 /* a replayed capture must have been that busy */
#define PAUSES	     2u	 /* a silence is longer than the longest pause, so many times */
#define FADING	     64u /* a part of the longest pause that each busy second takes off */
#define LEARNED	     3	 /* silences after which they are this interface's habit */
#define PERMILLE     1000u

struct share_rule {
	enum blind_cause cause;
	enum sight_counter lost, base;
	uint32_t least;	       /* lost ones in the window, or it is no matter */
	uint32_t enter, leave; /* permille */
};

/* Which causes are shares. Enter at or above, leave below. */
static const struct share_rule share_rules[] = {
	{BLIND_ONE_WAY, SIGHT_PAIRS_ONE_WAY, SIGHT_PAIRS, 3, 300, 100},
	{BLIND_KERNEL_DROPS, SIGHT_KERNEL_DROPS, SIGHT_OFFERED, 100, 10, 2},
	{BLIND_INTERFACE_DROPS, SIGHT_INTERFACE_DROPS, SIGHT_ARRIVED, 100, 10, 2},
	{BLIND_OWN_DROPS, SIGHT_OWN_DROPS, SIGHT_PACKETS, 1, 0, 0},
	{BLIND_UNSEEN_DATA, SIGHT_BYTES_UNSEEN, SIGHT_BYTES, 5000, 50, 10},
	{BLIND_TUNNELS, SIGHT_TUNNELED_UNREAD, SIGHT_TUNNELED, 20, 100, 20},
	{BLIND_TRUNCATION, SIGHT_TRUNCATED, SIGHT_PACKETS, 20, 50, 10},
	{BLIND_MALFORMED, SIGHT_MALFORMED, SIGHT_PACKETS, 50, 200, 50},
	{BLIND_DUPLICATES, SIGHT_DUPLICATES, SIGHT_COMPARED, 50, 200, 50},
	{BLIND_UNREAD, SIGHT_UNREAD, SIGHT_PACKETS, 20, 50, 10},
};

#define RULES (sizeof share_rules / sizeof *share_rules)

struct cause_state {
	bool holds;
	uint8_t steps;	      /* in a row that speak for a change */
	uint64_t changing_ns; /* the first of them */
	uint64_t since_ns;
	const char *interface; /* that it began on */
	uint64_t lost, base;   /* of the newest judgement */
	uint64_t times, total_ns;
};

struct blindness {
	struct blindness_options options;
	blindness_handler *handler;
	void *context;
	struct vision_figures ring[WINDOW + 1];
	unsigned samples; /* taken since the restart, at most WINDOW + 1 */
	unsigned newest;  /* index in `ring` */
	uint64_t last_packet_ns, sampled_ns;
	uint64_t longest_ns; /* pause between packets; fades */
	double busy;	     /* share of seconds with packets */
	double chance;	     /* that a silence like the present one is nothing */
	unsigned active;     /* seconds with packets since the restart, or since the silence */
	struct cause_state causes[BLIND_CAUSES];
};

struct blindness *blindness_new(const struct blindness_options *options, blindness_handler *handler,
				void *context)
{
	struct blindness *blindness = calloc(1, sizeof *blindness);

	if (!blindness)
		return NULL;
	blindness->options = *options;
	blindness->handler = handler;
	blindness->context = context;
	return blindness;
}

void blindness_free(struct blindness *blindness)
{
	free(blindness);
}

enum policy_severity blindness_severity(enum blind_cause cause)
{
	switch (cause) {
	case BLIND_SILENCE:
	case BLIND_ONE_WAY:
	case BLIND_GONE:
		return SEVERITY_HIGH;
	case BLIND_TRUNCATION:
	case BLIND_DUPLICATES:
	case BLIND_UNTESTED:
	case BLIND_UNPROBED:
		return SEVERITY_LOW;
	default:
		return SEVERITY_MEDIUM;
	}
}

static void fill_view(const struct blindness *blindness, enum blind_cause cause, uint64_t now_ns,
		      struct blindness_view *view)
{
	const struct cause_state *state = &blindness->causes[cause];

	*view = (struct blindness_view){
		.cause = (uint8_t)cause,
		.interface = state->interface ? state->interface : blindness->options.interface,
		.since_ns = state->since_ns,
		.until_ns = state->holds ? 0 : now_ns,
		.told_ns = now_ns,
		.lost = state->lost,
		.base = state->base,
	};
	if (state->base != 0)
		view->share_permille = (uint32_t)(state->lost * PERMILLE / state->base);
}

static void change(struct blindness *blindness, enum blind_cause cause, bool holds,
		   uint64_t since_ns, uint64_t now_ns)
{
	struct cause_state *state = &blindness->causes[cause];
	struct blindness_view view;

	state->holds = holds;
	state->steps = 0;
	if (holds) {
		state->since_ns = since_ns;
		state->interface = blindness->options.interface;
		state->times++;
	} else if (now_ns > state->since_ns) {
		state->total_ns += now_ns - state->since_ns;
	}
	fill_view(blindness, cause, now_ns, &view);
	blindness->handler(blindness->context, holds, &view);
}

static const struct vision_figures *sample_before(const struct blindness *blindness, unsigned steps)
{
	return &blindness->ring[(blindness->newest + WINDOW + 1 - steps) % (WINDOW + 1)];
}

/* Over the window, or over what there is of it. */
static uint64_t recent(const struct blindness *blindness, enum sight_counter counter)
{
	unsigned steps = blindness->samples > WINDOW ? WINDOW : blindness->samples - 1;
	uint64_t now = blindness->ring[blindness->newest].counter[counter];
	uint64_t then = sample_before(blindness, steps)->counter[counter];

	return now > then ? now - then : 0;
}

static void judge_share(struct blindness *blindness, const struct share_rule *rule, uint64_t now_ns)
{
	struct cause_state *state = &blindness->causes[rule->cause];
	uint64_t lost = recent(blindness, rule->lost), base = recent(blindness, rule->base);
	bool bad = lost >= rule->least && lost * PERMILLE >= base * rule->enter && base != 0;
	bool good = base != 0 && (lost == 0 || lost * PERMILLE < base * rule->leave);

	if (base != 0) {
		state->lost = lost;
		state->base = base;
	}
	if (state->holds ? !good : !bad) {
		state->steps = 0;
		return;
	}
	if (state->steps++ == 0)
		state->changing_ns = now_ns;
	if (state->steps >= (state->holds ? LEAVE_STEPS : ENTER_STEPS))
		change(blindness, rule->cause, !state->holds, state->changing_ns, now_ns);
}

static void learn_pause(struct blindness *blindness, uint64_t pause_ns)
{
	if (pause_ns > PAUSE_MOST)
		pause_ns = PAUSE_MOST;
	if (pause_ns > blindness->longest_ns)
		blindness->longest_ns = pause_ns;
}

static bool is_silent(const struct blindness *blindness, uint64_t silent_ns)
{
	const struct blindness_options *options = &blindness->options;

	if (options->silence_ns != 0 && silent_ns >= options->silence_ns)
		return true; /* also where no packet ever came */
	if (blindness->active < ACTIVE_LEAST || silent_ns < QUIET_LEAST)
		return false;
	if (options->replay && blindness->busy < STEADY)
		return false;
	return blindness->chance < CHANCE && silent_ns >= PAUSES * blindness->longest_ns;
}

static void judge_silence(struct blindness *blindness, bool active, uint64_t now_ns)
{
	struct cause_state *state = &blindness->causes[BLIND_SILENCE];

	if (active) {
		blindness->active++;
		blindness->last_packet_ns = now_ns;
		blindness->chance = 1;
		blindness->longest_ns -= blindness->longest_ns / FADING;
		if (!state->holds) {
			blindness->busy += MEMORY * (1 - blindness->busy);
		} else if (blindness->active >= ACTIVE_AGAIN) {
			if (state->times >= LEARNED)
				learn_pause(blindness, now_ns - state->since_ns);
			change(blindness, BLIND_SILENCE, false, 0, now_ns);
			blindness->active = ACTIVE_LEAST;
		}
		return;
	}
	if (state->holds || now_ns <= blindness->last_packet_ns)
		return;
	blindness->chance *= 1 - (blindness->busy < BUSIEST ? blindness->busy : BUSIEST);
	if (is_silent(blindness, now_ns - blindness->last_packet_ns)) {
		state->lost = (now_ns - blindness->last_packet_ns) / NS_PER_S;
		blindness->active = 0;
		change(blindness, BLIND_SILENCE, true, blindness->last_packet_ns, now_ns);
	}
}

/* Quiet seconds between busy ones tell how busy the interface is; those of a silence do not. */
static void note_pause(struct blindness *blindness, uint64_t now_ns)
{
	uint64_t pause_ns = now_ns - blindness->last_packet_ns, pause = pause_ns / NS_PER_S;

	if (pause <= 1)
		return;
	learn_pause(blindness, pause_ns);
	for (uint64_t i = 1; i < pause && i < 1000; i++)
		blindness->busy -= MEMORY * blindness->busy;
}

/* Time has gone back, to before a cause began: it ended with the newest time before that. */
static void end_later_ones(struct blindness *blindness, uint64_t now_ns)
{
	for (int i = 0; i < BLIND_CAUSES; i++) {
		const struct cause_state *state = &blindness->causes[i];

		if (state->holds && now_ns < state->since_ns)
			change(blindness, (enum blind_cause)i, false, 0, blindness->sampled_ns);
	}
}

static void judge_packets(struct blindness *blindness, bool active, uint64_t now_ns)
{
	if (active && !blindness->causes[BLIND_SILENCE].holds)
		note_pause(blindness, now_ns);
	judge_silence(blindness, active, now_ns);
}

void blindness_sample(struct blindness *blindness, const struct vision_figures *figures,
		      uint64_t now_ns)
{
	const struct vision_figures *before = &blindness->ring[blindness->newest];
	bool first = blindness->samples == 0;
	bool active = !first && figures->counter[SIGHT_PACKETS] > before->counter[SIGHT_PACKETS];

	if (now_ns < blindness->sampled_ns)
		end_later_ones(blindness, now_ns);
	blindness->sampled_ns = now_ns;
	blindness->newest = (blindness->newest + 1) % (WINDOW + 1);
	blindness->ring[blindness->newest] = *figures;
	blindness->samples += blindness->samples <= WINDOW;
	if (first)
		blindness->last_packet_ns = now_ns;
	if (!blindness->options.whole)
		judge_packets(blindness, active, now_ns);
	if (blindness->samples < 2)
		return;
	for (size_t i = 0; i < RULES; i++)
		judge_share(blindness, &share_rules[i], now_ns);
}

void blindness_restart(struct blindness *blindness, const char *interface)
{
	blindness->options.interface = interface;
	blindness->samples = 0;
	blindness->active = 0;
	blindness->busy = 0;
	blindness->longest_ns = 0;
	blindness->chance = 1;
	for (int i = 0; i < BLIND_CAUSES; i++)
		blindness->causes[i].steps = 0;
}

void blindness_set(struct blindness *blindness, enum blind_cause cause, bool holds, uint64_t lost,
		   uint64_t base, uint64_t now_ns)
{
	struct cause_state *state = &blindness->causes[cause];

	state->lost = lost;
	state->base = base;
	if (holds != state->holds)
		change(blindness, cause, holds, now_ns, now_ns);
}

bool blindness_get(const struct blindness *blindness, enum blind_cause cause, uint64_t now_ns,
		   struct blindness_view *view)
{
	if (view)
		fill_view(blindness, cause, now_ns, view);
	return blindness->causes[cause].holds;
}

uint64_t blindness_times(const struct blindness *blindness, enum blind_cause cause)
{
	return blindness->causes[cause].times;
}

uint64_t blindness_total_ns(const struct blindness *blindness, enum blind_cause cause,
			    uint64_t now_ns)
{
	const struct cause_state *state = &blindness->causes[cause];

	return state->total_ns +
	       (state->holds && now_ns > state->since_ns ? now_ns - state->since_ns : 0);
}
