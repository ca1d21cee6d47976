/* SPDX-License-Identifier: ISC */
/* What is said of trouble with Redis: each cause once, and its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sensor/redis/redis_outage.h"

static int said(const char *text, const char *part)
{
	int count = 0;

	for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
		count++;
	return count;
}

static void trouble(struct redis_outage *outage)
{
	char text[40];

	for (int i = 0; i < 3; i++) {
		redis_outage_begin(outage, "WRONGPASS invalid");
		redis_outage_begin(outage, "certificate of another name");
		snprintf(text, sizeof text, "event %d refused", i);
		redis_outage_begin(outage, text);
	}
	redis_outage_end(outage);
	redis_outage_end(outage);
	redis_outage_begin(outage, "WRONGPASS invalid");
	for (int i = 0; i < 26; i++) {
		snprintf(text, sizeof text, "reason %c", 'a' + i);
		redis_outage_begin(outage, text);
	}
}

static void says_each_cause_once(void **state)
{
	struct redis_outage outage;
	char text[8192] = "";
	FILE *file = tmpfile();
	int before = dup(STDERR_FILENO);

	(void)state;
	assert_non_null(file);
	redis_outage_init(&outage, "redis://somewhere", 10, 100);
	dup2(fileno(file), STDERR_FILENO);
	trouble(&outage);
	fflush(stderr);
	dup2(before, STDERR_FILENO);
	close(before);
	rewind(file);
	assert_true(fread(text, 1, sizeof text - 1, file) > 0);
	fclose(file);
	assert_int_equal(said(text, "WRONGPASS invalid; events wait"), 2);
	assert_int_equal(said(text, "certificate of another name"), 1);
	assert_int_equal(said(text, "event "), 1);
	assert_int_equal(said(text, "takes events again"), 1);
	assert_int_equal(said(text, "reason "), REDIS_CAUSES - 1);
	assert_int_equal(outage.errors, 9 + 27);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(says_each_cause_once)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
