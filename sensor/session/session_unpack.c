/* SPDX-License-Identifier: ISC */
/*
 * See session_slot.h. Unpacking is paid for out of a budget of its own, by packet time as that of
 * identification, so that a stream made to be expensive takes nothing from others but this. And no
 * conversation has much more unpacked than it has sent: many small streams that grow are no cheaper
 * for being many.
 */
#include "sensor/base/clock.h"
#include "sensor/session/session_slot.h"

#define WORK_A_SECOND 1000000000ull /* a quarter of a core's: unpackers_work() */
#define CREDIT_FIRST  (24 << 10)    /* bytes that may come out beyond what was earned */
#define CREDIT_MOST   (48 << 10)
#define CREDIT_EARNED 16	/* for each byte that comes, compressed or not */
#define CREDIT_STREAM (4 << 10) /* what a stream costs that nothing comes out of */

static struct budget *fill(struct sessions *sessions)
{
	struct budget *budget = &sessions->unpack_budget;
	uint64_t since = sessions->now_ns - budget->filled_ns;

	/* A clock that was set back is a long pause, too. */
	if (since >= NS_PER_S || budget->filled_ns == 0) {
		budget->left = WORK_A_SECOND;
		budget->filled_ns = sessions->now_ns;
	} else if (since >= NS_PER_S / 1024) {
		budget->left += since * (WORK_A_SECOND / 1000000) / 1000;
		if (budget->left > WORK_A_SECOND)
			budget->left = WORK_A_SECOND;
		budget->filled_ns = sessions->now_ns;
	}
	return budget;
}

void session_unpack_earn(struct slot *slot, size_t length)
{
	size_t earned = length * CREDIT_EARNED;

	if (earned >= (size_t)(CREDIT_MOST - CREDIT_FIRST - slot->unpack_credit))
		slot->unpack_credit = CREDIT_MOST - CREDIT_FIRST;
	else
		slot->unpack_credit += (int32_t)earned;
}

/* `unpack_credit` counts from CREDIT_FIRST, with which every slot begins. */
static bool has_credit(const struct slot *slot)
{
	return slot->unpack_credit > -CREDIT_FIRST;
}

static enum unpacked next(void *context, enum side from, enum packing packing, struct bytes *in,
			  struct bytes *out)
{
	const struct unpack_context *who = context;
	struct sessions *sessions = who->sessions;
	unpackers_hold *hold = &who->slot->unpacking[from];
	uint64_t before = unpackers_work(sessions->unpackers), work;
	struct budget *budget = fill(sessions);
	enum unpacked result;

	if (sessions->limited && (budget->left == 0 || !has_credit(who->slot)) &&
	    *hold != UNPACKERS_LOST)
		unpackers_take_away(sessions->unpackers, hold);
	if (*hold == 0)
		who->slot->unpack_credit -= CREDIT_STREAM;
	result = unpackers_next(sessions->unpackers, hold, packing, in, out);
	work = unpackers_work(sessions->unpackers) - before;
	who->slot->unpack_credit -= (int32_t)out->left;
	budget->left -= work < budget->left ? work : budget->left;
	return result;
}

static void end(void *context, enum side from)
{
	const struct unpack_context *who = context;

	unpackers_end(who->sessions->unpackers, &who->slot->unpacking[from]);
}

struct unpacker session_unpacker(struct unpack_context *context)
{
	return (struct unpacker){.context = context, .next = next, .end = end};
}

void session_unpack_end(struct sessions *sessions, struct slot *slot)
{
	for (int side = 0; side < 2; side++)
		unpackers_end(sessions->unpackers, &slot->unpacking[side]);
}
