/* SPDX-License-Identifier: ISC */
/* See journal_queue.h. */
#include "sensor/journal/journal_queue.h"

#include <stdlib.h>
#include <string.h>

static struct queued *queued_new(const struct journal_row *row)
{
	size_t epoch = strlen(row->epoch) + 1, exposure = strlen(row->exposure) + 1,
	       incident = strlen(row->incident) + 1;
	size_t bytes = sizeof(struct queued) + epoch + exposure + incident + row->json_length +
		       row->fields_length;
	struct queued *queued = malloc(bytes);
	char *at;

	if (queued == NULL)
		return NULL;
	*queued = (struct queued){.row = *row, .bytes = bytes};
	at = (char *)(queued + 1);
	queued->row.epoch = memcpy(at, row->epoch, epoch);
	at += epoch;
	queued->row.exposure = memcpy(at, row->exposure, exposure);
	queued->row.incident = memcpy(at + exposure, row->incident, incident);
	at += exposure + incident;
	queued->row.json = memcpy(at, row->json, row->json_length);
	if (row->fields_length != 0)
		memcpy(at + row->json_length, row->fields, row->fields_length);
	queued->row.fields = at + row->json_length;
	return queued;
}

static bool is_waiting(const struct journal_queue *queue, const struct queued *queued)
{
	return queue->waits != NULL && queued->row.sequence >= queue->waits->row.sequence;
}

static void count(struct journal_queue *queue, const struct queued *queued, uint64_t one)
{
	bool waiting = is_waiting(queue, queued);

	queue->rows += one;
	queue->bytes += one * queued->bytes;
	queue->waiting += waiting ? one : 0;
	if (queued->written)
		return;
	queue->unwritten_rows += one;
	queue->unwritten_bytes += one * queued->bytes;
	queue->unwritten_waiting += waiting ? one : 0;
}

bool journal_queue_add(struct journal_queue *queue, const struct journal_row *row, bool written)
{
	struct queued *queued = queued_new(row);

	if (queued == NULL)
		return false;
	queued->written = written;
	if (queue->last == NULL)
		queue->first = queued;
	else
		queue->last->next = queued;
	queue->last = queued;
	if (queue->waits == NULL)
		queue->waits = queued;
	if (queue->unwritten == NULL && !written)
		queue->unwritten = queued;
	count(queue, queued, 1);
	return true;
}

/* `before` is the one in front of it, NULL for the first. */
static void take_out(struct journal_queue *queue, struct queued *before, struct queued *queued)
{
	count(queue, queued, (uint64_t)-1);
	if (before == NULL)
		queue->first = queued->next;
	else
		before->next = queued->next;
	if (queue->last == queued)
		queue->last = before;
	if (queue->waits == queued)
		queue->waits = queued->next;
	if (queue->unwritten == queued)
		queue->unwritten = queued->next;
	if (queued->lent)
		queued->taken = true;
	else
		free(queued);
}

bool journal_queue_take(struct journal_queue *queue)
{
	bool waiting = queue->first == queue->waits;

	take_out(queue, NULL, queue->first);
	return waiting;
}

bool journal_queue_drop(struct journal_queue *queue, uint64_t handed_out, bool *waited)
{
	struct queued *at = queue->waits;

	if (queue->first == NULL)
		return false;
	if (queue->first != at || (at->row.sequence > handed_out && !at->lent)) {
		*waited = journal_queue_take(queue);
		return true;
	}
	while (at->next != NULL && (at->next->row.sequence <= handed_out || at->next->lent))
		at = at->next;
	if (at->next == NULL)
		return false;
	*waited = true;
	take_out(queue, at, at->next);
	return true;
}

void journal_queue_remove(struct journal_queue *queue, uint64_t first, uint64_t last)
{
	struct queued *before = NULL, *at = queue->first;

	while (at != NULL && at->row.sequence <= last) {
		struct queued *next = at->next;

		if (at->row.sequence >= first && at->written)
			take_out(queue, before, at);
		else
			before = at;
		at = next;
	}
}

void journal_queue_clear(struct journal_queue *queue)
{
	while (queue->first != NULL)
		journal_queue_take(queue);
}

void journal_queue_join(struct journal_queue *queue, struct journal_queue *from)
{
	if (from->first == NULL)
		return;
	if (queue->last != NULL)
		queue->last->next = from->first;
	else
		queue->first = from->first;
	queue->last = from->last;
	if (queue->waits == NULL)
		queue->waits = from->first;
	queue->rows += from->rows;
	queue->waiting += from->rows;
	queue->bytes += from->bytes;
	*from = (struct journal_queue){0};
}

void journal_queue_confirm(struct journal_queue *queue, uint64_t confirmed)
{
	uint64_t before = queue->waits != NULL	? queue->waits->row.sequence - 1
			  : queue->last != NULL ? queue->last->row.sequence
						: confirmed;

	if (confirmed < before) {
		queue->waits = queue->first;
		queue->waiting = queue->rows;
		queue->unwritten_waiting = queue->unwritten_rows;
	}
	while (queue->waits != NULL && queue->waits->row.sequence <= confirmed) {
		queue->waiting--;
		queue->unwritten_waiting -= !queue->waits->written;
		queue->waits = queue->waits->next;
	}
}

uint64_t journal_queue_newest(const struct journal_queue *queue, const char *epoch)
{
	uint64_t newest = 0;

	for (const struct queued *at = queue->first; at != NULL; at = at->next) {
		if (strcmp(at->row.epoch, epoch) == 0)
			newest = at->row.sequence;
	}
	return newest;
}

bool journal_queue_has(const struct journal_queue *queue, uint64_t sequence, const char *epoch)
{
	for (const struct queued *at = queue->first; at != NULL; at = at->next) {
		if (at->row.sequence == sequence)
			return strcmp(at->row.epoch, epoch) == 0;
	}
	return false;
}

void journal_queue_lend(const struct journal_queue *queue, struct queued **lent)
{
	for (struct queued *at = queue->unwritten; at != NULL; at = at->next) {
		at->lent = true;
		*lent++ = at;
	}
}

void journal_queue_written(struct journal_queue *queue, uint64_t sequence)
{
	while (queue->unwritten != NULL && queue->unwritten->row.sequence <= sequence) {
		struct queued *queued = queue->unwritten;

		queue->unwritten_rows--;
		queue->unwritten_bytes -= queued->bytes;
		queue->unwritten_waiting -= is_waiting(queue, queued);
		queued->written = true;
		queue->unwritten = queued->next;
	}
}

void journal_queue_unwritten(struct journal_queue *queue, uint64_t confirmed)
{
	for (struct queued *at = queue->first; at != NULL; at = at->next)
		at->written = false;
	queue->unwritten = queue->first;
	queue->unwritten_rows = queue->rows;
	queue->unwritten_bytes = queue->bytes;
	queue->unwritten_waiting = queue->waiting;
	journal_queue_confirm(queue, confirmed);
}

void journal_queue_return(struct queued **lent, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (lent[i]->taken)
			free(lent[i]);
		else
			lent[i]->lent = false;
	}
}
