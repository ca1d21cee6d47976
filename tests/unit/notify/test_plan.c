/* SPDX-License-Identifier: ISC */
/* What is told when, in virtual time; records and quiet hours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "tools/notify/plan.h"

static struct channel_settings settings;
static struct plan plan;
static struct moment now;
static struct work work;

static int setup(void **state)
{
	(void)state;
	settings = (struct channel_settings){.name = "desk",
					     .type = CHANNEL_WEBHOOK,
					     .gather_ns = NS_PER_S,
					     .every_ns = 600 * NS_PER_S,
					     .window_ns = 600 * NS_PER_S,
					     .burst = 10,
					     .digest_from = 5,
					     .quiet_passes = SEVERITY_CRITICAL};
	now = (struct moment){.ms = 1000000, .unix_ms = 1700000000000, .day = 3, .minute = 600};
	return plan_init(&plan, &settings, &now) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	plan_free(&plan);
	return 0;
}

static void later(uint64_t ms)
{
	now.ms += ms;
	now.unix_ms += ms;
}

static struct record *event(const char *id, const char *what, uint8_t level, uint8_t severity,
			    uint32_t members)
{
	struct record *record = records_find(&plan.records, id);

	if (record == NULL)
		record = records_add(&plan.records, id);
	assert_non_null(record);
	snprintf(record->now.state, sizeof record->now.state, "%s", what);
	record->now.level = level;
	record->now.severity = severity;
	record->now.members = record->now.open = members;
	plan_note(&plan, record, &now);
	return record;
}

/* Everything that is due is still so, and nobody has muted it. */
static enum work_kind next(void)
{
	struct record *due[64];
	uint32_t count;

	while ((count = plan_unchecked(&plan, &now, due, 64)) != 0)
		for (uint32_t i = 0; i < count; i++)
			plan_checked(&plan, due[i], &now, 0);
	plan_next(&plan, &now, &work);
	return work.kind;
}

static void tell(void)
{
	plan_spend(&plan, &now);
	for (uint32_t i = 0; i < work.count; i++)
		plan_told(&plan, work.records[i], &work.records[i]->now, &now);
}

static void test_what_is_worse_is_told_soon(void **state)
{
	struct record *record = event("a", "open", 2, SEVERITY_HIGH, 1);

	(void)state;
	assert_int_equal(next(), WORK_NONE);
	assert_int_equal(plan_wait_ms(&plan, &now, 5000), 1000);
	later(1000);
	assert_int_equal(next(), WORK_ONE);
	tell();
	assert_false(record->pending);
	event("a", "open", 2, SEVERITY_HIGH, 1);
	assert_false(record->pending);
	event("a", "open", 5, SEVERITY_HIGH, 1);
	later(1000);
	assert_int_equal(next(), WORK_ONE);
	tell();
	event("a", "closed", 5, SEVERITY_HIGH, 1);
	later(1000);
	assert_int_equal(next(), WORK_ONE);
	tell();
	event("a", "closed", 5, SEVERITY_HIGH, 2);
	assert_false(record->pending);
	record->now.reopened = 1;
	event("a", "open", 5, SEVERITY_HIGH, 2);
	later(1000);
	assert_int_equal(next(), WORK_ONE);
	assert_int_equal(record->tellings, 3);
}

static void test_more_endpoints_wait(void **state)
{
	struct record *record = event("a", "open", 2, SEVERITY_HIGH, 1);

	(void)state;
	later(1000);
	next();
	tell();
	later(1000);
	event("a", "open", 2, SEVERITY_HIGH, 9);
	later(598000);
	assert_int_equal(next(), WORK_NONE);
	later(1000);
	assert_int_equal(next(), WORK_ONE);
	tell();
	later(1000);
	event("a", "open", 2, SEVERITY_HIGH, 10);
	event("a", "closed", 2, SEVERITY_HIGH, 10); /* does not wait for that */
	later(1000);
	assert_int_equal(next(), WORK_ONE);
	assert_ptr_equal(work.records[0], record);
}

static void test_what_comes_while_it_is_told(void **state)
{
	struct record *record = event("a", "open", 2, SEVERITY_HIGH, 1);
	struct standing told;

	(void)state;
	later(1000);
	assert_int_equal(next(), WORK_ONE);
	told = record->now;
	record->busy = true;
	event("a", "closed", 2, SEVERITY_HIGH, 1);
	assert_int_equal(next(), WORK_NONE);
	record->busy = false;
	plan_told(&plan, record, &told, &now);
	assert_true(record->pending);
	later(1000);
	assert_int_equal(next(), WORK_ONE);
	assert_true(standing_over(&work.records[0]->now));
}

static void test_many_are_a_digest(void **state)
{
	char id[16];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(id, sizeof id, "%d", i);
		event(id, "open", 2, SEVERITY_MEDIUM, 1);
	}
	later(1000);
	assert_int_equal(next(), WORK_DIGEST);
	assert_int_equal(work.count, 5000);
	tell();
	assert_int_equal(plan.records.pending, 0);
}

/* However they come: no more than `burst`, and one for each minute after that; all are told. */
static void test_messages_are_bounded(void **state)
{
	uint32_t messages = 0, told = 0;
	char id[16];

	(void)state;
	for (int second = 0; second < 1200; second++) {
		snprintf(id, sizeof id, "%d", second);
		event(id, "open", 2, SEVERITY_MEDIUM, 1);
		later(1000);
		if (next() == WORK_NONE)
			continue;
		told += work.count;
		messages++;
		tell();
	}
	assert_in_range(messages, 10, 10 + 20);
	assert_in_range(told, 1100, 1200);
	assert_int_equal(told + plan.records.pending, 1200);
}

static void test_quiet_hours(void **state)
{
	(void)state;
	assert_null(quiet_parse("22:00-07:00", &settings.hours[0]));
	settings.quiet.count = 1;
	now.minute = 23 * 60;
	event("m", "open", 2, SEVERITY_MEDIUM, 1);
	event("h", "open", 2, SEVERITY_HIGH, 1);
	event("c", "open", 2, SEVERITY_CRITICAL, 1);
	later(1000);
	assert_int_equal(next(), WORK_ONE);
	assert_string_equal(work.records[0]->id, "c");
	tell();
	assert_int_equal(next(), WORK_NONE);
	assert_false(plan_busy(&plan, &now));
	assert_int_equal(plan_wait_ms(&plan, &now, 1000), 1000);
	now.minute = 7 * 60;
	assert_int_equal(next(), WORK_DIGEST); /* two, but they were held */
	assert_int_equal(work.count, 2);
}

static void test_a_mute_ends(void **state)
{
	struct record *record = event("a", "open", 2, SEVERITY_HIGH, 1), *due[4];

	(void)state;
	later(1000);
	assert_int_equal(plan_unchecked(&plan, &now, due, 4), 1);
	plan_checked(&plan, record, &now, now.unix_ms + 30000);
	plan_next(&plan, &now, &work);
	assert_int_equal(work.kind, WORK_NONE);
	later(29000);
	assert_int_equal(next(), WORK_NONE);
	later(1000);
	assert_int_equal(next(), WORK_ONE);
	tell();
	event("a", "closed", 2, SEVERITY_HIGH, 1);
	later(1000);
	assert_int_equal(plan_unchecked(&plan, &now, due, 4), 1);
	plan_checked(&plan, record, &now, now.unix_ms + 30000);
	plan_next(&plan, &now, &work);
	assert_int_equal(work.kind,
			 WORK_ONE); /* who was told that it is open is told that it is not */
}

static void test_records_make_room(void **state)
{
	struct record *record;
	char id[16];

	(void)state;
	for (int i = 0; i < RECORDS_MAX; i++) {
		snprintf(id, sizeof id, "%d", i);
		record = records_add(&plan.records, id);
		if (record == NULL)
			break;
		strcpy(record->told.state, i % 2 == 0 ? "closed" : "open");
		while ((record = records_take_dirty(&plan.records)) != NULL) {
			assert_true(record->gone && standing_over(&record->told));
			records_drop(&plan.records, record);
		}
	}
	assert_int_equal(plan.records.refused, 0);
	assert_in_range(plan.records.count, RECORDS_MAX / 2, RECORDS_MAX);
	assert_null(records_add(&plan.records,
				"an id that is longer than any that we would give; it has "
				"more than ninety-five signs, so it is not taken"));
}

static void test_records_are_read_back(void **state)
{
	struct record one = {.incident = true,
			     .pending = true,
			     .tellings = 7,
			     .told_unix_ms = 12345},
		      two = {0};
	struct body body = {0};

	(void)state;
	strcpy(one.told.state, "open");
	strcpy(one.now.state, "closed");
	one.told.level = 4;
	one.now.level = 5;
	one.told.severity = SEVERITY_HIGH;
	one.now.severity = SEVERITY_CRITICAL;
	one.told.members = 9;
	strcpy(one.ref, "1503435956.000247");
	strcpy(one.line, "\"quoted\" \\ and ü");
	record_write(&one, &body);
	assert_true(record_read(&two, body.text));
	assert_memory_equal(&two.told, &one.told, sizeof one.told);
	assert_string_equal(two.now.state, "closed");
	assert_int_equal(two.now.severity, SEVERITY_CRITICAL);
	assert_string_equal(two.ref, one.ref);
	assert_string_equal(two.line, one.line);
	assert_true(two.incident && two.due_ms != 0);
	assert_int_equal(two.tellings, 7);
	for (size_t i = 0; i < body.length; i++) {
		char *cut = strndup(body.text, i);

		assert_false(record_read(&two, cut));
		free(cut);
	}
	assert_false(record_read(&two, "[]") || record_read(&two, "{}"));
	assert_true(record_read(
		&two, "{\"state\":\"open\",\"level\":99,\"new\":{\"state\":\"closed\"}}"));
	assert_string_equal(two.told.state, "open");
	assert_int_equal(two.told.level, 7);
	body_free(&body);
}

static void test_quiet_spans(void **state)
{
	static const char *const wrong[] = {"",
					    "22-7",
					    "22:00",
					    "24:01-25:00",
					    "10:00-10:00",
					    "mon 22:00",
					    "mon-22:00-23:00",
					    "24:00-01:00",
					    "xyz 1:00-2:00",
					    "22:00-07:00 "};
	struct quiet_hours hours[2];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_non_null(quiet_parse(wrong[i], hours));
	assert_null(quiet_parse("fri-mon 18:00-08:00", &hours[0]));
	assert_true(quiet_now(hours, 1, 5, 18 * 60));
	assert_false(quiet_now(hours, 1, 5, 18 * 60 - 1));
	assert_false(quiet_now(hours, 1, 5, 60));	 /* of Thursday's night */
	assert_true(quiet_now(hours, 1, 2, 8 * 60 - 1)); /* of Monday's */
	assert_false(quiet_now(hours, 1, 2, 8 * 60));
	assert_null(quiet_parse("00:00-24:00", &hours[1]));
	assert_true(quiet_now(hours, 2, 3, 0) && quiet_now(hours, 2, 3, 1439));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_worse_is_told_soon, setup, teardown),
		cmocka_unit_test_setup_teardown(test_more_endpoints_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_comes_while_it_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_are_a_digest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_messages_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_quiet_hours, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_mute_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_records_make_room, setup, teardown),
		cmocka_unit_test(test_records_are_read_back),
		cmocka_unit_test(test_quiet_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
