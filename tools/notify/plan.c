/* SPDX-License-Identifier: ISC */
/* See plan.h. The list of pending records is walked as a whole: it is short, but in a storm. */
#include "tools/notify/plan.h"

#include <string.h>

#include "sensor/base/clock.h"

bool plan_init(struct plan *plan, const struct channel_settings *channel,
	       const struct moment *moment)
{
	*plan = (struct plan){.channel = channel,
			      .credit_ms = channel->window_ns / NS_PER_MS,
			      .credited_ms = moment->ms,
			      .closes_alone = channel->type == CHANNEL_PAGERDUTY,
			      .alerts = channel->type == CHANNEL_ALERTMANAGER};
	return records_init(&plan->records);
}

void plan_free(struct plan *plan)
{
	records_free(&plan->records);
}

static uint64_t price(const struct plan *plan)
{
	return plan->channel->window_ns / NS_PER_MS / plan->channel->burst;
}

static uint64_t credit(const struct plan *plan, const struct moment *moment)
{
	uint64_t all = plan->credit_ms + (moment->ms - plan->credited_ms);
	uint64_t most = plan->channel->window_ns / NS_PER_MS;

	return all < most ? all : most;
}

void plan_spend(struct plan *plan, const struct moment *moment)
{
	uint64_t have = credit(plan, moment), cost = price(plan);

	plan->credit_ms = have > cost ? have - cost : 0;
	plan->credited_ms = moment->ms;
}

static bool is_quiet(const struct plan *plan, const struct moment *moment)
{
	return quiet_now(plan->channel->hours, plan->channel->quiet.count, moment->day,
			 moment->minute);
}

static bool passes(const struct plan *plan, const struct record *record)
{
	return record->now.severity >= plan->channel->quiet_passes;
}

/* An alert of Alertmanager ends by itself, so one that lasts is told again now and then. */
static enum change change_of(const struct plan *plan, const struct record *record,
			     const struct moment *moment)
{
	enum change change = standing_change(&record->now, &record->told);

	if (change == CHANGE_NONE && plan->alerts && record->told.state[0] != '\0' &&
	    !standing_over(&record->now) && moment->unix_ms > record->told_unix_ms + PLAN_RENEW_MS)
		return CHANGE_MAJOR;
	return change;
}

void plan_note(struct plan *plan, struct record *record, const struct moment *moment)
{
	const struct channel_settings *channel = plan->channel;
	enum change change = change_of(plan, record, moment);
	uint64_t due = moment->ms + channel->gather_ns / NS_PER_MS;

	if (change == CHANGE_NONE)
		return;
	if (change == CHANGE_MINOR) {
		uint64_t since = record->told_ms != 0 ? record->told_ms : moment->ms;

		due = since + channel->every_ns / NS_PER_MS;
		due = due > moment->ms ? due : moment->ms;
	}
	if (!record->pending || due < record->due_ms)
		record->due_ms = due;
	if (!record->pending)
		record->checked_ms = 0;
	records_pend(&plan->records, record, true);
}

static bool is_checked(const struct record *record, const struct moment *moment)
{
	return record->checked_ms != 0 && moment->ms - record->checked_ms < PLAN_CHECK_MS;
}

/* It is time, and nothing is under way for it. */
static bool is_due(const struct record *record, uint64_t until_ms)
{
	return !record->busy && record->due_ms <= until_ms;
}

/* Until when what is due belongs to what is due now: what came within the same `gather`. */
static uint64_t horizon_ms(const struct plan *plan, const struct moment *moment)
{
	for (const struct record *r = plan->records.first; r != NULL; r = r->after)
		if (is_due(r, moment->ms))
			return moment->ms + plan->channel->gather_ns / NS_PER_MS;
	return moment->ms;
}

uint32_t plan_unchecked(struct plan *plan, const struct moment *moment, struct record **to,
			uint32_t most)
{
	uint64_t until_ms = horizon_ms(plan, moment);
	bool quiet = is_quiet(plan, moment);
	uint32_t count = 0;

	for (struct record *r = plan->records.first; r != NULL && count < most; r = r->after)
		if (is_due(r, until_ms) && !is_checked(r, moment) && (!quiet || passes(plan, r)))
			to[count++] = r;
	return count;
}

/* Closing what was told is told at once: a mute is for those who know that it is open. */
static bool is_muted(const struct record *record)
{
	return record->told.state[0] == '\0' || !standing_over(&record->now);
}

void plan_checked(struct plan *plan, struct record *record, const struct moment *moment,
		  uint64_t muted_until_unix_ms)
{
	record->checked_ms = moment->ms;
	if (change_of(plan, record, moment) == CHANGE_NONE) {
		records_pend(&plan->records, record, false);
		records_dirty(&plan->records, record);
	} else if (muted_until_unix_ms > moment->unix_ms && is_muted(record)) {
		uint64_t left = muted_until_unix_ms - moment->unix_ms;

		/* Looked at again each minute: it may be taken back. */
		record->due_ms = moment->ms + (left < PLAN_CHECK_MS ? left : PLAN_CHECK_MS);
		record->checked_ms = 0;
		record->held = true;
	}
}

/* A message of its own, whatever the budget: it ends what somebody was woken up by. Alertmanager
 * does all of that itself. */
static bool is_ending(const struct plan *plan, const struct record *record)
{
	return plan->closes_alone && standing_over(&record->now) && record->ref[0] != '\0';
}

static void one(struct work *work, struct record *record)
{
	work->kind = WORK_ONE;
	work->count = 1;
	work->records[0] = record;
}

/* Those that can be told now; the held ones among them. None while some of those that are due have
 * not been looked at yet: they may belong to the same digest. */
static void collect(struct plan *plan, const struct moment *moment, struct work *work,
		    uint32_t *held)
{
	uint64_t until_ms = horizon_ms(plan, moment);
	bool quiet = is_quiet(plan, moment), unchecked = false;

	for (struct record *r = plan->records.first; r != NULL; r = r->after) {
		if (!is_due(r, until_ms))
			continue;
		if (quiet && !passes(plan, r)) {
			r->held = true;
			continue;
		}
		if (!is_checked(r, moment)) {
			unchecked = true;
			continue;
		}
		if (plan->alerts || is_ending(plan, r)) {
			one(work, r);
			return;
		}
		if (work->count == PLAN_DIGEST_MAX) {
			work->more = true;
			break;
		}
		*held += r->held;
		work->records[work->count++] = r;
	}
	if (unchecked)
		work->count = 0;
}

void plan_next(struct plan *plan, const struct moment *moment, struct work *work)
{
	uint32_t held = 0;

	work->kind = WORK_NONE;
	work->count = 0;
	work->more = false;
	collect(plan, moment, work, &held);
	if (work->kind == WORK_ONE || work->count == 0)
		return;
	if (credit(plan, moment) < price(plan))
		return;
	if (work->count >= plan->channel->digest_from || held >= 2)
		work->kind = WORK_DIGEST;
	else
		one(work, work->records[0]);
}

void plan_told(struct plan *plan, struct record *record, const struct standing *told,
	       const struct moment *moment)
{
	record->told = *told;
	record->told_unix_ms = moment->unix_ms;
	record->told_ms = moment->ms;
	record->tellings++;
	record->refusals = 0;
	records_pend(&plan->records, record, false);
	plan_note(plan, record, moment); /* what came while it was under way */
	records_dirty(&plan->records, record);
}

bool plan_busy(const struct plan *plan, const struct moment *moment)
{
	uint64_t soon = moment->ms + plan->channel->gather_ns / NS_PER_MS;
	bool quiet = is_quiet(plan, moment);

	for (const struct record *r = plan->records.first; r != NULL; r = r->after)
		if (r->busy || (r->due_ms <= soon && (!quiet || passes(plan, r))))
			return true;
	return false;
}

uint64_t plan_wait_ms(const struct plan *plan, const struct moment *moment, uint64_t most)
{
	bool quiet = is_quiet(plan, moment);
	uint64_t have = credit(plan, moment), cost = price(plan), wait = most;
	uint64_t poor = have < cost ? cost - have : 0;

	for (const struct record *r = plan->records.first; r != NULL; r = r->after) {
		uint64_t left = r->due_ms > moment->ms ? r->due_ms - moment->ms : 0;

		if (r->busy || (quiet && !passes(plan, r)))
			continue;
		left = left > poor ? left : poor;
		wait = left < wait ? left : wait;
	}
	return wait;
}
