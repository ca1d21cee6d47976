/* SPDX-License-Identifier: ISC */
/* See journal_job.h. */
#include "sensor/journal/journal_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/log.h"

struct journal_job *journal_job_new(void)
{
	return calloc(1, sizeof(struct journal_job));
}

void journal_job_free(struct journal_job *job)
{
	if (job == NULL)
		return;
	while (job->states != NULL) {
		struct job_state *next = job->states->next;

		free(job->states);
		job->states = next;
	}
	while (job->rejected != NULL) {
		struct job_rejected *next = job->rejected->next;

		free(job->rejected);
		job->rejected = next;
	}
	while (job->removed != NULL) {
		struct job_range *next = job->removed->next;

		free(job->removed);
		job->removed = next;
	}
	journal_queue_clear(&job->fetched);
	free(job->rows);
	free(job);
}

/* ---- gathering ---- */

bool journal_job_put(struct journal_job *job, unsigned kind, const struct journal_state *state,
		     bool drop)
{
	size_t bytes = sizeof(struct job_state) + state->key_length + state->data_length;
	struct job_state *record = malloc(bytes);
	char *at;

	if (record == NULL)
		return false;
	*record = (struct job_state){.kind = kind, .drop = drop, .state = *state};
	at = (char *)(record + 1);
	record->state.key = memcpy(at, state->key, state->key_length);
	if (state->data_length != 0)
		memcpy(at + state->key_length, state->data, state->data_length);
	record->state.data = at + state->key_length;
	if (job->last_state != NULL)
		job->last_state->next = record;
	else
		job->states = record;
	job->last_state = record;
	job->state_bytes += bytes;
	return true;
}

bool journal_job_reject(struct journal_job *job, const struct journal_row *row, const char *reason)
{
	size_t epoch = strlen(row->epoch) + 1, why = strlen(reason) + 1;
	struct job_rejected *rejected = malloc(sizeof *rejected + epoch + why + row->json_length);
	char *at;

	if (rejected == NULL)
		return false;
	*rejected = (struct job_rejected){.next = job->rejected, .row = *row};
	at = (char *)(rejected + 1);
	rejected->row.epoch = memcpy(at, row->epoch, epoch);
	rejected->reason = memcpy(at + epoch, reason, why);
	rejected->row.json = memcpy(at + epoch + why, row->json, row->json_length);
	job->rejected = rejected;
	return true;
}

bool journal_job_remove(struct journal_job *job, uint64_t first, uint64_t last)
{
	struct job_range *range = malloc(sizeof *range);

	if (range == NULL)
		return false;
	*range = (struct job_range){job->removed, first, last};
	job->removed = range;
	return true;
}

void journal_job_number(struct journal_job *job, const char *name, uint64_t value)
{
	unsigned i = 0;

	while (i < job->number_count && strcmp(job->numbers[i].name, name) != 0)
		i++;
	if (i == JOB_NUMBERS)
		return;
	snprintf(job->numbers[i].name, JOB_NAME, "%s", name);
	job->numbers[i].value = value;
	job->number_count += i == job->number_count;
}

bool journal_job_writes(const struct journal_job *job)
{
	return job->states != NULL || job->rejected != NULL || job->removed != NULL ||
	       job->number_count != 0;
}

void journal_job_inherit(struct journal_job *job, struct journal_job *failed)
{
	if (failed->states != NULL) {
		failed->last_state->next = job->states;
		if (job->last_state == NULL)
			job->last_state = failed->last_state;
		job->states = failed->states;
		job->state_bytes += failed->state_bytes;
		failed->states = failed->last_state = NULL;
	}
	while (failed->rejected != NULL) {
		struct job_rejected *rejected = failed->rejected;

		failed->rejected = rejected->next;
		rejected->next = job->rejected;
		job->rejected = rejected;
	}
	while (failed->removed != NULL) {
		struct job_range *range = failed->removed;

		failed->removed = range->next;
		range->next = job->removed;
		job->removed = range;
	}
	for (unsigned i = 0; i < failed->number_count; i++) {
		bool newer = false;

		for (unsigned j = 0; j < job->number_count; j++)
			newer |= strcmp(job->numbers[j].name, failed->numbers[i].name) == 0;
		if (!newer)
			journal_job_number(job, failed->numbers[i].name, failed->numbers[i].value);
	}
}

/* ---- doing it ---- */

static enum database_result write_rows(const struct journal_job *job, struct journal_file *file)
{
	enum database_result result = DATABASE_GOOD;

	for (size_t i = 0; i < job->row_count && result == DATABASE_GOOD; i++)
		result = journal_file_append(file, &job->rows[i]->row, job->clock_s);
	for (const struct job_rejected *r = job->rejected; r != NULL && result == DATABASE_GOOD;
	     r = r->next)
		result = journal_file_reject(file, &r->row, r->reason);
	for (const struct job_range *r = job->removed; r != NULL && result == DATABASE_GOOD;
	     r = r->next)
		result = journal_file_remove(file, r->first, r->last);
	return result;
}

static enum database_result write_states(const struct journal_job *job, struct journal_file *file)
{
	enum database_result result = DATABASE_GOOD;

	for (const struct job_state *s = job->states; s != NULL && result == DATABASE_GOOD;
	     s = s->next)
		result = s->drop ? journal_file_drop(file, s->kind, s->state.key,
						     s->state.key_length)
				 : journal_file_put(file, s->kind, &s->state);
	for (unsigned i = 0; i < job->number_count && result == DATABASE_GOOD; i++)
		result = journal_file_set(file, job->numbers[i].name, job->numbers[i].value);
	return result;
}

static void failed(struct journal_job *job, struct journal_file **file,
		   const struct journal_options *options, const char *what)
{
	char error[JOURNAL_ERROR];
	bool disk;

	job->what = what;
	snprintf(job->error, sizeof job->error, "%s", journal_file_error(*file));
	journal_file_rollback(*file);
	if (job->result != DATABASE_CORRUPT)
		return;
	journal_file_set_aside(*file, job->error);
	job->replaced = true;
	*file = journal_file_open(options, &disk, error);
	if (*file == NULL)
		log_warnx("journal: %s: events are kept in memory", error);
}

void journal_job_write(struct journal_job *job, struct journal_file **file,
		       const struct journal_options *options)
{
	job->result = write_rows(job, *file);
	if (job->result == DATABASE_GOOD)
		job->result = write_states(job, *file);
	if (job->result == DATABASE_GOOD)
		job->result = journal_file_commit(*file);
	if (job->result == DATABASE_GOOD)
		job->committed = true;
	else
		failed(job, file, options, "write");
}

static void measure(struct journal_job *job, struct journal_file *file)
{
	journal_file_shrink(file);
	job->bytes = journal_file_bytes(file);
	job->room = journal_file_room(file);
	job->too_old = job->young_s != 0 ? journal_file_too_old(file, job->after, job->young_s) : 0;
}

void journal_job_read(struct journal_job *job, struct journal_file **file,
		      const struct journal_options *options)
{
	if (job->fetch) {
		job->result = journal_file_fetch(*file, job->fetch_after, job->fetch_before,
						 job->fetch_bytes, &job->fetched);
		if (job->result != DATABASE_GOOD) {
			failed(job, file, options, "read events");
			return;
		}
	}
	if (job->measure)
		measure(job, *file);
	if (job->close) {
		journal_file_close(*file);
		*file = NULL;
		return;
	}
	job->result = journal_file_settle(*file);
	if (job->result != DATABASE_GOOD)
		failed(job, file, options, "write");
}
