/* SPDX-License-Identifier: ISC */
/*
 * Journals of earlier versions. Before 3 events and records of state were not packed; in 1 events
 * had no clock, and the file could not shrink. One transaction: a kill -9 leaves the old file.
 */
#include "sensor/journal/journal_file_state.h"

/* Their tables become others' names; both exist while they are copied. */
static const char make_place[] = "DROP TABLE IF EXISTS event_before;"
				 "DROP TABLE IF EXISTS state_before;"
				 "ALTER TABLE event RENAME TO event_before;"
				 "ALTER TABLE state RENAME TO state_before;";

static enum database_result copy_events(struct journal_file *file)
{
	struct statement *old =
		statement_new(file->database, "SELECT sequence, epoch, exposure, incident, json,"
					      " fields, clock FROM event_before ORDER BY sequence");
	enum database_result result = DATABASE_FAILED;

	while (old != NULL && statement_row(old, &result)) {
		struct journal_row row = {
			.sequence = row_number(old, 0),
			.epoch = row_text(old, 1),
			.exposure = row_text(old, 2),
			.incident = row_text(old, 3),
		};

		row.json = row_bytes(old, 4, &row.json_length);
		row.fields = row_bytes(old, 5, &row.fields_length);
		result = journal_file_append(file, &row, row_number(old, 6));
		if (result != DATABASE_GOOD)
			break;
	}
	statement_free(old);
	return result;
}

static enum database_result copy_states(struct journal_file *file)
{
	struct statement *old =
		statement_new(file->database, "SELECT kind, key, at, data FROM state_before");
	enum database_result result = DATABASE_FAILED;

	while (old != NULL && statement_row(old, &result)) {
		struct journal_state state = {.at_ns = row_number(old, 2)};

		state.key = row_bytes(old, 1, &state.key_length);
		state.data = row_bytes(old, 3, &state.data_length);
		result = journal_file_put(file, (unsigned)row_number(old, 0), &state);
		if (result != DATABASE_GOOD)
			break;
	}
	statement_free(old);
	return result;
}

enum database_result journal_file_migrate(struct journal_file *file, uint64_t version)
{
	enum database_result result = database_execute(file->database, "BEGIN IMMEDIATE");

	if (result == DATABASE_GOOD && version == 1)
		result = database_execute(file->database, "ALTER TABLE event ADD COLUMN clock"
							  " INTEGER NOT NULL DEFAULT 0");
	if (result == DATABASE_GOOD)
		result = database_execute(file->database, make_place);
	if (result == DATABASE_GOOD)
		result = database_execute(file->database, journal_file_schema);
	if (result == DATABASE_GOOD && !journal_file_prepare(file))
		result = DATABASE_FAILED;
	if (result == DATABASE_GOOD)
		result = copy_events(file);
	if (result == DATABASE_GOOD)
		result = copy_states(file);
	if (result == DATABASE_GOOD)
		result = database_execute(
			file->database, "DROP TABLE event_before; DROP TABLE state_before; COMMIT");
	if (result == DATABASE_GOOD && version == 1)
		result = database_execute(file->database, "VACUUM");
	return result;
}
