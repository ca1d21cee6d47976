/* SPDX-License-Identifier: ISC */
/* The text that Prometheus reads, the tally behind it, and where the HTTP server will listen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/base/timestamp.h"
#include "sensor/health/http_server.h"
#include "sensor/health/metrics_text.h"
#include "sensor/health/tally.h"

#define MS 1000000ull

static void families_and_samples(void **state)
{
	struct metrics_text text = {0};

	(void)state;
	metrics_family(&text, "a_total", "counter", "What a is.");
	metrics_sample(&text, (const char *[]){"x", "1", "y", "two", NULL}, UINT64_MAX);
	metrics_single(&text, "b", "gauge", "B.", 7);
	metrics_family(&text, "c_seconds", "gauge", "C.");
	metrics_seconds(&text, NULL, 1500 * MS);
	assert_false(text.failed);
	text.bytes[text.length] = '\0';
	assert_string_equal(text.bytes,
			    "# HELP spanwatch_a_total What a is.\n"
			    "# TYPE spanwatch_a_total counter\n"
			    "spanwatch_a_total{x=\"1\",y=\"two\"} 18446744073709551615\n"
			    "# HELP spanwatch_b B.\n# TYPE spanwatch_b gauge\nspanwatch_b 7\n"
			    "# HELP spanwatch_c_seconds C.\n# TYPE spanwatch_c_seconds gauge\n"
			    "spanwatch_c_seconds 1.500000000\n");
	free(text.bytes);
}

static void labels_cannot_break_out(void **state)
{
	struct metrics_text text = {0};
	char longest[4096];

	(void)state;
	metrics_family(&text, "a", "gauge", "A.");
	text.length = 0;
	metrics_sample(&text, (const char *[]){"x", "\"} 1\nfake 2\\\xff\x1b", NULL}, 0);
	text.bytes[text.length] = '\0';
	assert_string_equal(text.bytes, "spanwatch_a{x=\"\\\"} 1?fake 2\\\\??\"} 0\n");
	memset(longest, '"', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	for (int i = 0; i < 1000; i++)
		metrics_sample(&text, (const char *[]){"x", longest, NULL}, 0);
	assert_false(text.failed);
	assert_true(text.length > 1000 * 500 && text.length < 1000 * 600);
	free(text.bytes);
}

static void delays_fall_into_buckets(void **state)
{
	struct event event = {.kind = EVENT_EXPOSURE_OPENED, .ts_ns = 1000000 * MS};
	struct metrics_text text = {0};
	struct tally tally = {.kinds = {0}};

	(void)state;
	for (int i = 0; i < LATENCY_BOUNDS; i++) {
		event.decided_ns = event.ts_ns + latency_bounds_ns[i];
		tally_event(&tally, &event);
	}
	event.decided_ns = event.ts_ns + 3600 * 1000 * MS;
	tally_event(&tally, &event);
	event.decided_ns = event.ts_ns - 5 * MS; /* a clock that was set */
	tally_event(&tally, &event);
	event.kind = EVENT_EXPOSURE_CLOSED;
	tally_event(&tally, &event);
	assert_int_equal(tally.kinds[EVENT_EXPOSURE_OPENED], LATENCY_BOUNDS + 2);
	assert_int_equal(tally.detection.counts[0], 2);
	assert_int_equal(tally.detection.negative, 1);
	for (int i = 1; i <= LATENCY_BOUNDS; i++)
		assert_int_equal(tally.detection.counts[i], 1);
	metrics_latency(&text, "d", "D.", &tally.detection);
	text.bytes[text.length] = '\0';
	assert_non_null(strstr(text.bytes, "spanwatch_d_bucket{le=\"0.0001\"} 2\n"));
	assert_non_null(strstr(text.bytes, "spanwatch_d_bucket{le=\"0.025\"} 11\n"));
	assert_non_null(strstr(text.bytes, "spanwatch_d_bucket{le=\"300\"} 26\n"));
	assert_non_null(strstr(text.bytes, "spanwatch_d_bucket{le=\"+Inf\"} 27\n"));
	assert_non_null(strstr(text.bytes, "spanwatch_d_count 27\n"));
	free(text.bytes);
}

/* Whatever the values, the quantile is in the bucket of the value that stands there in order. */
static void quantiles_are_in_the_right_bucket(void **state)
{
	struct latency latency = {.count = 0};
	uint64_t value_ns;

	(void)state;
	assert_int_equal(latency_quantile_ns(&latency, 500), 0);
	for (int i = 0; i < 100; i++)
		latency_add(&latency, 1000 * MS, 1012 * MS);
	assert_in_range(latency_quantile_ns(&latency, 500), 10 * MS, 15 * MS);
	assert_in_range(latency_quantile_ns(&latency, 990), 10 * MS, 15 * MS);
	latency_add(&latency, 0, 3600 * 1000 * MS);
	assert_in_range(latency_quantile_ns(&latency, 990), 10 * MS, 15 * MS);
	latency_add(&latency, 0, 3600 * 1000 * MS);
	assert_int_equal(latency_quantile_ns(&latency, 1000), 300000 * MS);
	assert_int_equal(latency_quantile_ns(&latency, 0), 10 * MS);

	for (uint32_t n = 1; n < 200; n++) {
		struct latency few = {.count = 0};
		uint64_t half;

		for (uint32_t i = 1; i <= n; i++)
			latency_add(&few, 0, i * MS);
		half = latency_quantile_ns(&few, 500);
		value_ns = (n + 1) / 2 * MS;
		for (int i = 0; i < LATENCY_BOUNDS; i++)
			assert_true((half <= latency_bounds_ns[i]) ==
				    (value_ns <= latency_bounds_ns[i]));
	}
}

static void times_come_back(void **state)
{
	static const char *const none[] = {"",
					   "2015-02-03T04:05:06Z",
					   "2015-02-03T04:05:06.12345Z",
					   "2015-02-03T04:05:06.123456",
					   "2015-02-03T04:05:06.123456Zz",
					   "1900-02-03T04:05:06.123456Z",
					   "2015-13-03T04:05:06.123456Z"};
	char text[TIMESTAMP_TEXT];

	(void)state;
	for (uint64_t us = 1; us < UINT64_MAX / 1000 / 3; us *= 3)
		assert_int_equal(timestamp_parse(timestamp_format(us * 1000, text)), us * 1000);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_int_equal(timestamp_parse(none[i]), 0);
}

static bool no_page(void *context, const char *path, struct http_answer *answer)
{
	(void)context;
	(void)path;
	(void)answer;
	return false;
}

static void listens_where_it_is_told(void **state)
{
	static const char *const good[] = {"0", ":0", "127.0.0.1:0", "127.0.0.2:0"};
	static const char *const bad[] = {
		"",	 "x",	   "99999", "127.0.0.1",    "host:80",	     "127.0.0.1:", "::1:80",
		"[::1]", "[::1]:", "1:2:3", "127.0.0.1:-1", "127.0.0.1:80a", "192.0.2.1:0"};
	struct loop *loop = loop_new();
	char error[HTTP_ERROR];

	(void)state;
	assert_non_null(loop);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct http_server *server = http_server_new(loop, good[i], no_page, NULL, error);

		assert_non_null(server);
		assert_int_not_equal(http_server_port(server), 0);
		http_server_free(server);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		error[0] = '\0';
		assert_null(http_server_new(loop, bad[i], no_page, NULL, error));
		assert_true(strlen(error) > 10);
	}
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(families_and_samples),
		cmocka_unit_test(labels_cannot_break_out),
		cmocka_unit_test(delays_fall_into_buckets),
		cmocka_unit_test(quantiles_are_in_the_right_bucket),
		cmocka_unit_test(times_come_back),
		cmocka_unit_test(listens_where_it_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
