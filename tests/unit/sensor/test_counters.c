/* SPDX-License-Identifier: ISC */
/*
 * A counter is one row: every row is found in the sum over workers, in /metrics, in the heartbeat
 * and, if it has words, in the closing line; and every counter of the structs has a row.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/health/metrics.h"
#include "sensor/output/outputs_status.h"

static void set(struct counters *values, const struct counter *counter, uint64_t value)
{
	memcpy((char *)values + counter->offset, &value, sizeof value);
}

/* Another number in each: 7 times `factor`, 8 times, … */
static void fill(struct counters *values, uint64_t factor)
{
	size_t count;
	const struct counter *all = counters_all(&count);

	*values = (struct counters){.worker = {0}};
	for (size_t i = 0; i < count; i++)
		set(values, &all[i], (i + 7) * factor);
}

static size_t zeros(const void *bytes, size_t length)
{
	size_t count = 0;

	assert_int_equal(length % sizeof(uint64_t), 0);
	for (size_t at = 0; at < length; at += sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, (const char *)bytes + at, sizeof word);
		count += word == 0;
	}
	return count;
}

/* A member that somebody writes into a struct by hand stays 0 here. */
static void every_member_has_its_row(void **state)
{
	struct counters values;

	(void)state;
	fill(&values, 1);
	/* newest_ns; `unread` is a table and adds up by itself */
	assert_int_equal(zeros(&values.worker, sizeof values.worker),
			 1 + sizeof(struct unread) / sizeof(uint64_t));
	assert_int_equal(zeros(&values.capture, sizeof values.capture), 0);
	assert_int_equal(zeros(&values.engine, sizeof values.engine), 2); /* observations, events */
	assert_int_equal(zeros(&values.evidence, sizeof values.evidence), 0);
	assert_int_equal(zeros(&values.http, sizeof values.http), 0);
}

static void names_keep_their_rules(void **state)
{
	size_t count;
	const struct counter *all = counters_all(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const char *family = strchr(all[i].metric, '{'), *name = all[i].metric;
		size_t length = family ? (size_t)(family - name) : strlen(name);
		bool total = length > 6 && strncmp(name + length - 6, "_total", 6) == 0;

		assert_int_equal(total, !all[i].gauge);
		assert_true(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length);
		assert_int_equal(strspn(all[i].field, "abcdefghijklmnopqrstuvwxyz0123456789_"),
				 strlen(all[i].field));
		assert_true(all[i].meaning[strlen(all[i].meaning) - 1] == '.');
		for (size_t j = 0; j < i; j++) {
			assert_true(all[i].offset != all[j].offset);
			assert_string_not_equal(all[i].metric, all[j].metric);
		}
	}
}

static void workers_add_up(void **state)
{
	struct counters one, other, sum = {.worker = {0}};
	size_t count;
	const struct counter *all = counters_all(&count);

	(void)state;
	fill(&one, 1);
	fill(&other, 1000);
	one.worker.newest_ns = 5;
	other.worker.newest_ns = 3;
	worker_stats_add(&sum.worker, &one.worker);
	worker_stats_add(&sum.worker, &other.worker);
	assert_int_equal(sum.worker.newest_ns, 5);
	for (size_t i = 0; i < count; i++) {
		if (all[i].part == COUNTER_PART_WORKER || all[i].part == COUNTER_PART_KEPT)
			assert_int_equal(counters_value(&sum, &all[i]), (i + 7) * 1001);
	}
}

static void ignore(void *context, bool begins, const struct blindness_view *view)
{
	(void)context;
	(void)begins;
	(void)view;
}

/* Its sample begins with the name, has the label of the row, and ends with the number. */
static bool is_sample(const char *line, const struct counter *counter, uint64_t value)
{
	const char *label = strchr(counter->metric, '{'), *end = strchr(line, '\n');
	size_t length = label ? (size_t)(label - counter->metric) : strlen(counter->metric);
	char wanted[160];

	if (strncmp(line, "spanwatch_", 10) != 0 || !end ||
	    strncmp(line + 10, counter->metric, length) != 0 ||
	    (line[10 + length] != '{' && line[10 + length] != ' '))
		return false;
	snprintf(wanted, sizeof wanted, "%s %" PRIu64, label ? label + 1 : "", value);
	return (size_t)(end - line) >= strlen(wanted) &&
	       strncmp(end - strlen(wanted), wanted, strlen(wanted)) == 0;
}

static bool has_sample(const char *text, const struct counter *counter, uint64_t value)
{
	while (text && !is_sample(text, counter, value)) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return text != NULL;
}

static void metrics_tell_each(void **state)
{
	static const struct tally tally;
	struct blindness_options options = {.interface = "eth0"};
	struct blindness *blindness = blindness_new(&options, ignore, NULL);
	struct metrics metrics = {.interface = "eth0", .sensor = "s", .site = "x", .tally = &tally};
	struct metrics_text text = {0};
	size_t count;
	const struct counter *all = counters_all(&count);

	(void)state;
	metrics.blindness = blindness;
	assert_non_null(blindness);
	fill(&metrics.counters, 1000003);
	metrics_write(&metrics, &text);
	assert_false(text.failed);
	text.bytes[text.length] = '\0';
	for (size_t i = 0; i < count; i++) {
		if (!has_sample(text.bytes, &all[i], counters_value(&metrics.counters, &all[i])))
			fail_msg("%s is not in /metrics", all[i].metric);
	}
	free(text.bytes);
	blindness_free(blindness);
}

static bool has_field(const struct status *status, const char *name, uint64_t value)
{
	const char *at = status->packed, *end = status->packed + status->length;
	char wanted[24];
	bool found = false;

	snprintf(wanted, sizeof wanted, "%" PRIu64, value);
	while (at < end) {
		const char *told = at + strlen(at) + 1;

		if (strcmp(at, name) == 0) {
			assert_false(found); /* twice */
			found = true;
			if (strcmp(told, wanted) != 0)
				return false;
		}
		at = told + strlen(told) + 1;
	}
	return found;
}

static void heartbeat_tells_each(void **state)
{
	const struct event_context context = {.sensor = "s", .site = "x", .version = "1"};
	struct heartbeat_counter fields[COUNTERS_FIELDS];
	struct heartbeat heartbeat = {.now_ns = 1, .counters = fields};
	struct status status = {.packed = NULL};
	struct counters values;
	size_t count;
	const struct counter *all = counters_all(&count);

	(void)state;
	fill(&values, 1000003);
	heartbeat.count = counters_heartbeat(&values, fields);
	status_heartbeat(&status, &heartbeat, &context, &values.outputs);
	assert_false(status.failed);
	for (size_t i = 0; i < count; i++) {
		uint64_t sum = 0;

		for (size_t j = 0; j < count; j++) {
			if (strcmp(all[i].field, all[j].field) == 0)
				sum += counters_value(&values, &all[j]);
		}
		if (!has_field(&status, all[i].field, sum))
			fail_msg("%s is not in the heartbeat once, with its sum", all[i].field);
	}
	status_free(&status);
}

static void closing_line_tells_what_has_words(void **state)
{
	struct counters values, none = {.worker = {0}};
	char line[8192], wanted[200];
	FILE *out = fmemopen(line, sizeof line, "w");
	size_t count;
	const struct counter *all = counters_all(&count);

	(void)state;
	assert_non_null(out);
	fill(&values, 1000003);
	counters_say(out, &none, COUNTER_PART_CAPTURE, COUNTER_PART_HTTP);
	assert_int_equal(ftell(out), 0);
	counters_say(out, &values, COUNTER_PART_CAPTURE, COUNTER_PART_HTTP);
	fclose(out);
	for (size_t i = 0; i < count; i++) {
		uint64_t sum = 0;
		const char *found;

		if (!all[i].told)
			continue;
		for (size_t j = 0; j < count; j++) {
			if (all[j].told && strcmp(all[i].told, all[j].told) == 0)
				sum += counters_value(&values, &all[j]);
		}
		snprintf(wanted, sizeof wanted, "; %" PRIu64 " %s", sum, all[i].told);
		found = strstr(line, wanted);
		if (!found || strstr(found + strlen(wanted), all[i].told))
			fail_msg("not once in the closing line: %s", wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_has_its_row),
		cmocka_unit_test(names_keep_their_rules),
		cmocka_unit_test(workers_add_up),
		cmocka_unit_test(metrics_tell_each),
		cmocka_unit_test(heartbeat_tells_each),
		cmocka_unit_test(closing_line_tells_what_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
