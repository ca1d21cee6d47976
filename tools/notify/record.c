/* SPDX-License-Identifier: ISC */
/* See record.h. */
#include "tools/notify/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/hash.h"

#define BUCKETS (1U << 16)

bool records_init(struct records *records)
{
	*records = (struct records){.buckets = calloc(BUCKETS, sizeof(struct record *))};
	return records->buckets != NULL;
}

void records_free(struct records *records)
{
	for (size_t i = 0; records->buckets != NULL && i < BUCKETS; i++) {
		while (records->buckets[i] != NULL) {
			struct record *next = records->buckets[i]->in_bucket;

			free(records->buckets[i]);
			records->buckets[i] = next;
		}
	}
	free(records->buckets);
	*records = (struct records){0};
}

static struct record **bucket(const struct records *records, const char *id)
{
	return &records->buckets[hash_bytes(id, strlen(id), 0) % BUCKETS];
}

struct record *records_find(const struct records *records, const char *id)
{
	struct record *record = *bucket(records, id);

	while (record != NULL && strcmp(record->id, id) != 0)
		record = record->in_bucket;
	return record;
}

static bool can_go(const struct record *record)
{
	return !record->pending && !record->busy && !record->dirty && standing_over(&record->told);
}

/* Looks on where it looked last, at a part of the table at most: forgets one that is over. */
static void make_room(struct records *records)
{
	for (size_t i = 0; i < BUCKETS / 16; i++) {
		struct record *record;

		records->hand = (records->hand + 1) % BUCKETS;
		record = records->buckets[records->hand];
		while (record != NULL && !can_go(record))
			record = record->in_bucket;
		if (record == NULL)
			continue;
		record->gone = true;
		records_dirty(records, record);
		return;
	}
}

struct record *records_add(struct records *records, const char *id)
{
	struct record *record;

	if (records->count >= RECORDS_MAX - RECORDS_MAX / 16)
		make_room(records);
	if (strlen(id) >= RECORD_ID || records->count >= RECORDS_MAX ||
	    (record = calloc(1, sizeof *record)) == NULL) {
		records->refused++;
		return NULL;
	}
	memcpy(record->id, id, strlen(id) + 1);
	record->in_bucket = *bucket(records, id);
	*bucket(records, id) = record;
	records->count++;
	return record;
}

void records_drop(struct records *records, struct record *record)
{
	struct record **at = bucket(records, record->id);

	records_pend(records, record, false);
	while (*at != record)
		at = &(*at)->in_bucket;
	*at = record->in_bucket;
	records->count--;
	free(record);
}

void records_pend(struct records *records, struct record *record, bool pending)
{
	if (record->pending == pending)
		return;
	record->pending = pending;
	if (pending) {
		record->before = records->last;
		record->after = NULL;
		*(records->last != NULL ? &records->last->after : &records->first) = record;
		records->last = record;
		records->pending++;
		return;
	}
	*(record->before != NULL ? &record->before->after : &records->first) = record->after;
	*(record->after != NULL ? &record->after->before : &records->last) = record->before;
	record->before = record->after = NULL;
	record->held = false;
	records->pending--;
}

void records_dirty(struct records *records, struct record *record)
{
	if (record->dirty)
		return;
	record->dirty = true;
	record->dirty_next = NULL;
	*(records->dirty_last != NULL ? &records->dirty_last->dirty_next : &records->dirty_first) =
		record;
	records->dirty_last = record;
}

struct record *records_take_dirty(struct records *records)
{
	struct record *record = records->dirty_first;

	if (record == NULL)
		return NULL;
	records->dirty_first = record->dirty_next;
	if (records->dirty_first == NULL)
		records->dirty_last = NULL;
	record->dirty = false;
	return record;
}

void records_all_dirty(struct records *records)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct record *r = records->buckets[i]; r != NULL; r = r->in_bucket)
			records_dirty(records, r);
}

bool records_open_with(const struct records *records, const struct record *record)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (const struct record *r = records->buckets[i]; r != NULL; r = r->in_bucket)
			if (r != record && strcmp(r->ref, record->ref) == 0 &&
			    !standing_over(&r->told))
				return true;
	return false;
}

bool standing_over(const struct standing *standing)
{
	static const char *const over[] = {"closed", "merged", "sighted", "gone", "note"};

	for (size_t i = 0; i < sizeof over / sizeof *over; i++)
		if (strcmp(standing->state, over[i]) == 0)
			return true;
	return false;
}

bool standing_equal(const struct standing *a, const struct standing *b)
{
	return strcmp(a->state, b->state) == 0 && a->level == b->level &&
	       a->severity == b->severity && a->members == b->members && a->open == b->open &&
	       a->reopened == b->reopened;
}

enum change standing_change(const struct standing *now, const struct standing *told)
{
	if (now->state[0] == '\0')
		return CHANGE_NONE;
	if (told->state[0] == '\0' || standing_over(now) != standing_over(told) ||
	    now->reopened > told->reopened)
		return CHANGE_MAJOR;
	if (standing_over(now))
		return CHANGE_NONE;
	if (now->level > told->level || now->severity > told->severity)
		return CHANGE_MAJOR;
	return now->members != told->members || now->open != told->open ||
			       strcmp(now->state, told->state) != 0
		       ? CHANGE_MINOR
		       : CHANGE_NONE;
}
