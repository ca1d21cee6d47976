/* SPDX-License-Identifier: ISC */
/* See journal_queue.h. */
#include "sensor/journal/journal_queue.h"

#include <stdlib.h>
#include <string.h>

static struct queued *queued_new(const struct journal_row *row, const char *epoch)
{
	size_t exposure = strlen(row->exposure) + 1, incident = strlen(row->incident) + 1;
	size_t bytes =
		sizeof(struct queued) + exposure + incident + row->json_length + row->fields_length;
	struct queued *queued = malloc(bytes);
	char *at;

	if (queued == NULL)
		return NULL;
	*queued = (struct queued){.row = *row, .bytes = bytes};
	at = (char *)(queued + 1);
	queued->row.epoch = epoch;
	queued->row.exposure = memcpy(at, row->exposure, exposure);
	queued->row.incident = memcpy(at + exposure, row->incident, incident);
	at += exposure + incident;
	queued->row.json = memcpy(at, row->json, row->json_length);
	if (row->fields_length != 0)
		memcpy(at + row->json_length, row->fields, row->fields_length);
	queued->row.fields = at + row->json_length;
	return queued;
}

bool journal_queue_add(struct journal_queue *queue, const struct journal_row *row,
		       const char *epoch)
{
	struct queued *queued = queued_new(row, epoch);

	if (queued == NULL)
		return false;
	if (queue->last == NULL)
		queue->first = queued;
	else
		queue->last->next = queued;
	queue->last = queued;
	if (queue->waits == NULL)
		queue->waits = queued;
	queue->rows++;
	queue->waiting++;
	queue->bytes += queued->bytes;
	return true;
}

bool journal_queue_take(struct journal_queue *queue)
{
	struct queued *queued = queue->first;
	bool waiting = queued == queue->waits;

	queue->first = queued->next;
	if (waiting)
		queue->waits = queued->next;
	if (queue->last == queued)
		queue->last = NULL;
	queue->rows--;
	queue->waiting -= waiting;
	queue->bytes -= queued->bytes;
	free(queued);
	return waiting;
}

static void drop_behind(struct journal_queue *queue, struct queued *before)
{
	struct queued *queued = before->next;

	before->next = queued->next;
	if (queue->last == queued)
		queue->last = before;
	queue->rows--;
	queue->waiting--;
	queue->bytes -= queued->bytes;
	free(queued);
}

bool journal_queue_drop(struct journal_queue *queue, uint64_t handed_out)
{
	struct queued *at = queue->waits;

	if (queue->first == NULL)
		return false;
	if (queue->first != at || at->row.sequence > handed_out) {
		journal_queue_take(queue);
		return true;
	}
	while (at->next != NULL && at->next->row.sequence <= handed_out)
		at = at->next;
	if (at->next == NULL)
		return false;
	drop_behind(queue, at);
	return true;
}

void journal_queue_confirm(struct journal_queue *queue, uint64_t confirmed)
{
	uint64_t before = queue->waits != NULL	? queue->waits->row.sequence - 1
			  : queue->last != NULL ? queue->last->row.sequence
						: confirmed;

	if (confirmed < before) {
		queue->waits = queue->first;
		queue->waiting = queue->rows;
	}
	while (queue->waits != NULL && queue->waits->row.sequence <= confirmed) {
		queue->waits = queue->waits->next;
		queue->waiting--;
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
