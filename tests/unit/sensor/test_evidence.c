/* SPDX-License-Identifier: ISC */
/*
 * Packets kept for people: the ring of recent frames against a naive one, the blocks of pcapng, and
 * the bounds of the directory, also on a disk that takes no more.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sensor/output/evidence_store.h"
#include "sensor/output/pcapng.h"
#include "sensor/tables/recent.h"
#include "tests/unit/random.h"

#define FRAMES 64u
#define BYTES  4096u

struct seen {
	size_t count;
	uint64_t ts_ns[FRAMES];
};

static void see(void *context, const struct frame_view *frame)
{
	struct seen *seen = context;

	assert_true(seen->count < FRAMES);
	for (uint32_t i = 0; i < frame->captured; i++)
		assert_int_equal(frame->bytes[i], (uint8_t)(frame->ts_ns + i));
	assert_int_equal(frame->wire, frame->captured + 1);
	seen->ts_ns[seen->count++] = frame->ts_ns;
}

/* What comes out is whole, in order, of the right tuple, and the newest ones are there. */
static void recent_frames(void **state)
{
	struct recent *recent = recent_new(FRAMES, BYTES);
	struct random random = {.state = 1};
	uint64_t tuples[16] = {0}; /* of the newest frames, by ts_ns; 0: taken */
	uint8_t bytes[BYTES];

	(void)state;
	assert_non_null(recent);
	for (uint64_t n = 1; n < 50000; n++) {
		uint32_t length = random_below(&random, n % 1000 < 500 ? 200 : 20);
		struct frame_view frame = {
			.ts_ns = n, .bytes = bytes, .captured = length, .wire = length + 1};
		uint64_t tuple = 2 * (uint64_t)random_below(&random, 8) + 1;
		struct seen seen = {0};

		for (uint32_t i = 0; i < length; i++)
			bytes[i] = (uint8_t)(n + i);
		recent_add(recent, tuple, &frame);
		tuples[n % 16] = tuple;
		if (random_below(&random, 10) != 0)
			continue;
		recent_take(recent, tuple, see, &seen);
		assert_true(seen.count >= 1 && seen.ts_ns[seen.count - 1] == n);
		for (size_t i = 1; i < seen.count; i++)
			assert_true(seen.ts_ns[i - 1] < seen.ts_ns[i]);
		/* 16 frames of at most 200 bytes always have room. */
		for (uint64_t k = n > 15 ? n - 15 : 1; k <= n; k++) {
			bool found = false;

			for (size_t i = 0; i < seen.count; i++)
				found |= seen.ts_ns[i] == k;
			assert_int_equal(found, tuples[k % 16] == tuple);
			if (tuples[k % 16] == tuple)
				tuples[k % 16] = 0;
		}
	}
	recent_free(recent);
}

static void too_large_a_frame_is_not_kept(void **state)
{
	struct recent *recent = recent_new(4, 64);
	uint8_t bytes[64] = {0};
	struct frame_view frame = {.ts_ns = 1, .bytes = bytes, .captured = 17, .wire = 17};
	struct seen seen = {0};

	(void)state;
	recent_add(recent, 1, &frame);
	recent_take(recent, 1, see, &seen);
	assert_int_equal(seen.count, 0);
	recent_free(recent);
}

static uint32_t le32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void put_blocks(struct pcapng_out *out)
{
	struct frame_view frame = {.ts_ns = UINT64_MAX / 3,
				   .bytes = (const uint8_t *)"abcde",
				   .captured = 5,
				   .wire = 9,
				   .link = LINK_SLL2};

	pcapng_section(out, "comment", "program");
	pcapng_interface(out, LINK_SLL2, "any");
	pcapng_packet(out, 0, &frame);
}

static void blocks_are_whole_or_not_there(void **state)
{
	uint8_t bytes[512];
	struct pcapng_out all = {.bytes = bytes, .size = sizeof bytes};

	(void)state;
	put_blocks(&all);
	assert_false(all.full);
	for (size_t size = 0; size <= all.length; size++) {
		uint8_t *exact = malloc(size ? size : 1);
		struct pcapng_out out = {.bytes = exact, .size = size};

		assert_non_null(exact);
		put_blocks(&out);
		assert_int_equal(out.full, size < all.length);
		assert_memory_equal(exact, bytes, out.length);
		for (size_t at = 0; at < out.length;) {
			uint32_t total = le32(exact + at + 4);

			assert_int_equal(total % 4, 0);
			assert_true(total >= 12 && total <= out.length - at);
			assert_int_equal(le32(exact + at + total - 4), total);
			at += total;
		}
		free(exact);
	}
}

/* ---- the directory ---- */

struct place {
	char path[64];
	struct evidence_options options;
	struct evidence_store *store;
};

static void place_open(struct place *place)
{
	char error[EVIDENCE_ERROR] = "", *site = strdup("site");

	place->options.site = site; /* of a policy that is reloaded later */
	place->store = evidence_open(&place->options, error);
	free(site);
	if (!place->store)
		fail_msg("%s", error);
}

static int begin(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	snprintf(place->path, sizeof place->path, "/tmp/swe-XXXXXX");
	if (!mkdtemp(place->path))
		return -1;
	strcat(place->path, "/kept");
	place->options = (struct evidence_options){
		.directory = place->path,
		.interface = "span0",
		.sensor = "s",
		.max_files = 4,
		.max_file_bytes = 4096,
		.max_bytes = 12000,
	};
	*state = place;
	return 0;
}

static int end(void **state)
{
	struct place *place = *state;
	char command[128];

	evidence_close(place->store);
	*strrchr(place->path, '/') = '\0';
	snprintf(command, sizeof command, "rm -r %s", place->path);
	if (system(command) != 0)
		return -1;
	free(place);
	return 0;
}

static void add(struct place *place, unsigned exposure, uint32_t length)
{
	static const uint8_t bytes[2000] = {7};
	struct kept_frame kept = {
		.server = {.port = 6379, .transport = TRANSPORT_TCP},
		.frame = {1700000000000000000ull, bytes, length, length, LINK_ETHERNET, false},
	};

	snprintf(kept.exposure, sizeof kept.exposure, "%016x", exposure);
	evidence_add(place->store, &kept);
}

static uint64_t size_of(const struct place *place, unsigned exposure)
{
	char path[128];
	struct stat status;

	snprintf(path, sizeof path, "%s/%016x.pcapng", place->path, exposure);
	if (stat(path, &status) != 0)
		return 0;
	assert_int_equal(status.st_mode & 07777, 0600);
	return (uint64_t)status.st_size;
}

static struct evidence_stats stats_of(const struct place *place)
{
	struct evidence_stats stats;

	evidence_stats(place->store, &stats);
	return stats;
}

static void makes_a_private_directory(void **state)
{
	struct place *place = *state;
	struct stat status;

	place_open(place);
	assert_int_equal(stat(place->path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	evidence_check(place->store);
	add(place, 1, 100);
	assert_int_equal(stats_of(place).packets, 1);
	assert_int_equal(stats_of(place).on_disk, size_of(place, 1));
}

static void a_file_has_its_limit(void **state)
{
	struct place *place = *state;

	place_open(place);
	for (int i = 0; i < 100; i++)
		add(place, 1, 100);
	assert_in_range(size_of(place, 1), 3900, 4096);
	assert_int_equal(stats_of(place).packets + stats_of(place).refused, 100);
	assert_true(stats_of(place).packets >= 25);
	assert_int_equal(stats_of(place).errors, 0);
}

static void the_oldest_make_room(void **state)
{
	struct place *place = *state;

	place_open(place);
	for (unsigned i = 1; i <= 4; i++)
		add(place, i, 100);
	add(place, 1, 100); /* now 2 is the oldest */
	add(place, 5, 100);
	assert_int_equal(size_of(place, 2), 0);
	assert_true(size_of(place, 1) != 0 && size_of(place, 5) != 0);
	assert_int_equal(stats_of(place).files, 4);
	assert_int_equal(stats_of(place).evicted, 1);
	for (unsigned i = 10; i < 1000; i++)
		add(place, i, 100);
	assert_int_equal(stats_of(place).files, 4);
	assert_int_equal(stats_of(place).errors, 0);
}

static void all_files_have_their_limit(void **state)
{
	struct place *place = *state;
	uint64_t sum = 0;

	place_open(place);
	for (int round = 0; round < 3; round++)
		for (unsigned i = 1; i <= 4; i++)
			add(place, i, 1100);
	for (unsigned i = 1; i <= 4; i++)
		sum += size_of(place, i);
	assert_int_equal(stats_of(place).on_disk, sum);
	assert_true(sum <= 12000 && sum > 8000);
	assert_true(stats_of(place).evicted >= 1);
}

static void another_run_adds_and_counts_what_is_there(void **state)
{
	struct place *place = *state;
	uint64_t size;

	place_open(place);
	for (unsigned i = 1; i <= 3; i++)
		add(place, i, 100);
	size = size_of(place, 1);
	evidence_close(place->store);
	place_open(place);
	assert_int_equal(stats_of(place).files, 3);
	assert_int_equal(stats_of(place).on_disk, 3 * size);
	add(place, 1, 100);
	assert_int_equal(size_of(place, 1), 2 * size); /* a section of its own */
	evidence_close(place->store);
	place->options.anew = true;
	place_open(place);
	add(place, 1, 100);
	add(place, 1, 100);
	assert_true(size_of(place, 1) > size && size_of(place, 1) < 2 * size);
	assert_int_equal(stats_of(place).on_disk, size_of(place, 1) + 2 * size);
}

/* A disk that takes only the half of a block: the file stays whole, and goes on when it can. */
static void a_full_disk_costs_only_its_packets(void **state)
{
	struct rlimit before, limit;
	struct place *place = *state;
	uint64_t size;

	place_open(place);
	add(place, 1, 100);
	size = size_of(place, 1);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)size + 60;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (int i = 0; i < 10; i++)
		add(place, 1, 100);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(size_of(place, 1), size);
	assert_int_equal(stats_of(place).errors, 10);
	add(place, 1, 100);
	assert_int_equal(size_of(place, 1), size + 100 + 32);
	assert_int_equal(stats_of(place).on_disk, size_of(place, 1));
}

static void a_file_that_somebody_deleted(void **state)
{
	struct place *place = *state;
	char path[128];

	place_open(place);
	add(place, 1, 100);
	snprintf(path, sizeof path, "%s/%016x.pcapng", place->path, 1);
	evidence_close(place->store);
	place_open(place);
	assert_int_equal(unlink(path), 0);
	add(place, 1, 100);
	assert_int_equal(stats_of(place).on_disk, size_of(place, 1));
	/* A link in place of a file leads nowhere. */
	evidence_close(place->store);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	place_open(place);
	add(place, 1, 100);
	assert_int_equal(stats_of(place).errors, 1);
}

static void no_directory(void **state)
{
	struct place *place = *state;
	char error[EVIDENCE_ERROR] = "";

	place->options.site = "site";
	place->options.directory = "/dev/null";
	assert_null(evidence_open(&place->options, error));
	assert_non_null(strstr(error, "/dev/null"));
	place->options.directory = "/nowhere/at/all";
	assert_null(evidence_open(&place->options, error));
	place->options.directory = place->path;
	place_open(place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recent_frames),
		cmocka_unit_test(too_large_a_frame_is_not_kept),
		cmocka_unit_test(blocks_are_whole_or_not_there),
		cmocka_unit_test_setup_teardown(makes_a_private_directory, begin, end),
		cmocka_unit_test_setup_teardown(a_file_has_its_limit, begin, end),
		cmocka_unit_test_setup_teardown(the_oldest_make_room, begin, end),
		cmocka_unit_test_setup_teardown(all_files_have_their_limit, begin, end),
		cmocka_unit_test_setup_teardown(another_run_adds_and_counts_what_is_there, begin,
						end),
		cmocka_unit_test_setup_teardown(a_full_disk_costs_only_its_packets, begin, end),
		cmocka_unit_test_setup_teardown(a_file_that_somebody_deleted, begin, end),
		cmocka_unit_test_setup_teardown(no_directory, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
