/* SPDX-License-Identifier: ISC */
/*
 * Standard output of a live sensor: a reader that does not read, that comes back, that goes away.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sensor/output/patient_out.h"

#define LINES	  2000
#define LINE_SIZE 1000

struct stage {
	struct loop *loop;
	struct patient_out *out;
	int reader, writer;
};

static struct stage begin(size_t max_bytes)
{
	struct stage stage = {.loop = loop_new()};
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	stage.reader = ends[0];
	stage.writer = ends[1];
	stage.out = patient_out_new(stage.loop, stage.writer, max_bytes);
	assert_non_null(stage.out);
	return stage;
}

static void end(struct stage *stage)
{
	patient_out_free(stage->out);
	loop_free(stage->loop);
	close(stage->writer);
}

static void say(struct stage *stage, int number)
{
	FILE *stream = patient_out_stream(stage->out);

	fprintf(stream, "%0*d\n", LINE_SIZE - 1, number);
	assert_int_equal(fflush(stream), 0);
}

static int read_line(const struct stage *stage)
{
	char line[LINE_SIZE + 1] = "";

	for (size_t got = 0; got < LINE_SIZE;) {
		ssize_t n = read(stage->reader, line + got, LINE_SIZE - got);

		assert_true(n > 0);
		got += (size_t)n;
	}
	assert_int_equal(line[LINE_SIZE - 1], '\n');
	return atoi(line);
}

/* Much more than a pipe holds is said while nobody reads; all of it comes, in order. */
static void waits_for_a_slow_reader(void **state)
{
	struct stage stage = begin(LINES * LINE_SIZE);
	int why;

	(void)state;
	for (int i = 1; i <= LINES; i++)
		say(&stage, i);
	assert_false(patient_out_drain(stage.out, 50));
	for (int i = 1; i <= LINES; i++) {
		/* By itself, from the loop; or when asked. */
		if (i < LINES / 2)
			loop_pump(stage.loop, i % 20 == 0 ? 20 : 0);
		else
			patient_out_drain(stage.out, 0);
		assert_int_equal(read_line(&stage), i);
	}
	assert_true(patient_out_drain(stage.out, 0));
	assert_int_equal(patient_out_refused(stage.out, &why), 0);
	close(stage.reader);
	end(&stage);
}

/* Beyond the bound lines are left out whole, and counted; what was taken stays in order. */
static void counts_what_it_leaves_out(void **state)
{
	struct stage stage = begin(100 * LINE_SIZE);
	uint64_t refused;
	int why, last = 0, read_so_far = 0;

	(void)state;
	for (int i = 1; i <= LINES; i++)
		say(&stage, i);
	refused = patient_out_refused(stage.out, &why);
	assert_in_range(refused, LINES - 200, LINES - 100);
	assert_int_equal(why, ENOBUFS);
	for (; read_so_far < LINES - (int)refused; read_so_far++) {
		patient_out_drain(stage.out, 0);
		last = read_line(&stage);
		assert_int_equal(last, read_so_far + 1);
	}
	say(&stage, LINES + 1);
	assert_true(patient_out_drain(stage.out, 1000));
	assert_int_equal(read_line(&stage), LINES + 1);
	assert_int_equal(patient_out_refused(stage.out, &why), refused);
	close(stage.reader);
	end(&stage);
}

static void survives_a_reader_that_goes(void **state)
{
	struct stage stage = begin(100 * LINE_SIZE);
	int why;

	(void)state;
	say(&stage, 1);
	close(stage.reader);
	say(&stage, 2);
	say(&stage, 3);
	assert_int_equal(patient_out_refused(stage.out, &why), 2);
	assert_int_equal(why, EPIPE);
	assert_true(patient_out_drain(stage.out, 0));
	end(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_for_a_slow_reader),
		cmocka_unit_test(counts_what_it_leaves_out),
		cmocka_unit_test(survives_a_reader_that_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
