/* SPDX-License-Identifier: ISC */
/*
 * See untold.h. A place for each conversation, by its number, and behind them one for each copy
 * that is kept; two lists of places for each grade, of conversations and of copies, the oldest
 * first. Place 0 ends lists.
 */
#include "sensor/tables/untold.h"

#include <stdlib.h>

struct place {
	uint64_t since; /* counted up */
	uint32_t older, newer;
	uint8_t grade; /* and 1; 0: nothing waits here */
};

struct list {
	uint32_t oldest, newest;
};

struct untold {
	uint32_t max_flows, count;
	uint64_t now;	    /* counts up */
	uint32_t kept_free; /* the first free place for a copy, by `newer`; 0: none */
	struct list flows[UNTOLD_GRADES], copies[UNTOLD_GRADES];
	struct place *places;
	struct observation *kept;
};

static uint64_t places_for(uint32_t max_flows)
{
	return (uint64_t)max_flows + 1 + UNTOLD_KEPT;
}

uint64_t untold_bytes(uint32_t max_flows)
{
	const struct untold *untold = NULL;

	return sizeof *untold + places_for(max_flows) * sizeof *untold->places +
	       UNTOLD_KEPT * sizeof *untold->kept;
}

struct untold *untold_new(uint32_t max_flows)
{
	struct untold *untold = calloc(1, sizeof *untold);

	if (!untold)
		return NULL;
	untold->max_flows = max_flows;
	untold->places = calloc(places_for(max_flows), sizeof *untold->places);
	untold->kept = calloc(UNTOLD_KEPT, sizeof *untold->kept);
	if (!untold->places || !untold->kept) {
		untold_free(untold);
		return NULL;
	}
	for (uint32_t i = UNTOLD_KEPT; i > 0; i--) {
		untold->places[max_flows + i].newer = untold->kept_free;
		untold->kept_free = max_flows + i;
	}
	return untold;
}

void untold_free(struct untold *untold)
{
	if (!untold)
		return;
	free(untold->places);
	free(untold->kept);
	free(untold);
}

uint32_t untold_count(const struct untold *untold)
{
	return untold->count;
}

static struct list *list_of(struct untold *untold, uint32_t index, unsigned grade)
{
	return index <= untold->max_flows ? &untold->flows[grade] : &untold->copies[grade];
}

/* Nearly always as the newest. */
static void put_in(struct untold *untold, uint32_t index, enum untold_grade grade, uint64_t since)
{
	struct list *list = list_of(untold, index, grade);
	uint32_t older = list->newest, newer;

	while (older != 0 && untold->places[older].since > since)
		older = untold->places[older].older;
	newer = older != 0 ? untold->places[older].newer : list->oldest;
	*(older != 0 ? &untold->places[older].newer : &list->oldest) = index;
	*(newer != 0 ? &untold->places[newer].older : &list->newest) = index;
	untold->places[index] = (struct place){since, older, newer, (uint8_t)(grade + 1)};
	untold->count++;
}

static void take_out(struct untold *untold, uint32_t index)
{
	struct place *place = &untold->places[index];
	struct list *list = list_of(untold, index, place->grade - 1u);

	if (place->older != 0)
		untold->places[place->older].newer = place->newer;
	else
		list->oldest = place->newer;
	if (place->newer != 0)
		untold->places[place->newer].older = place->older;
	else
		list->newest = place->older;
	*place = (struct place){.grade = 0};
	untold->count--;
}

static void take_out_kept(struct untold *untold, uint32_t index)
{
	take_out(untold, index);
	untold->places[index].newer = untold->kept_free;
	untold->kept_free = index;
}

bool untold_wait(struct untold *untold, uint32_t flow, enum untold_grade grade)
{
	bool waits = untold->places[flow].grade != 0;

	if (untold->places[flow].grade > grade)
		return false;
	untold_settle(untold, flow);
	put_in(untold, flow, grade, untold->now++);
	return !waits;
}

void untold_settle(struct untold *untold, uint32_t flow)
{
	if (untold->places[flow].grade != 0)
		take_out(untold, flow);
}

static struct observation *copy_at(const struct untold *untold, uint32_t index)
{
	return &untold->kept[index - untold->max_flows - 1];
}

/* The newest copy of the least grave ones that are less grave than this; 0: there is none. */
static uint32_t least(const struct untold *untold, enum untold_grade grade)
{
	for (int i = 0; i < (int)grade; i++) {
		if (untold->copies[i].newest != 0)
			return untold->copies[i].newest;
	}
	return 0;
}

bool untold_keep(struct untold *untold, const struct observation *observation, uint32_t flow,
		 enum untold_grade grade)
{
	bool full = untold->kept_free == 0;
	uint64_t since =
		untold->places[flow].grade != 0 ? untold->places[flow].since : untold->now++;
	uint32_t index;

	untold_settle(untold, flow);
	if (full) {
		index = least(untold, grade);
		if (index == 0)
			return false;
		take_out_kept(untold, index);
	}
	index = untold->kept_free;
	untold->kept_free = untold->places[index].newer;
	*copy_at(untold, index) = *observation;
	put_in(untold, index, grade, since);
	return !full;
}

static uint32_t first(const struct untold *untold)
{
	for (int i = UNTOLD_GRADES - 1; i >= 0; i--) {
		uint32_t flow = untold->flows[i].oldest, copy = untold->copies[i].oldest;

		if (flow == 0 || copy == 0) {
			if (flow + copy != 0)
				return flow + copy;
			continue;
		}
		return untold->places[flow].since < untold->places[copy].since ? flow : copy;
	}
	return 0;
}

bool untold_first(const struct untold *untold, uint32_t *flow, const struct observation **kept)
{
	uint32_t index = first(untold);

	if (index == 0)
		return false;
	*flow = index <= untold->max_flows ? index : 0;
	*kept = *flow != 0 ? NULL : copy_at(untold, index);
	return true;
}

void untold_kept_told(struct untold *untold)
{
	take_out_kept(untold, first(untold));
}
