/* SPDX-License-Identifier: ISC */
/*
 * What --memory says is what the tables take: the rows of worker_memory() and engine_memory()
 * against malloc's own books around worker_new() and engine_new(). A table without a row fails
 * here.
 */
#include <malloc.h>

#include "sensor/engine/engine_store.h"
#include "sensor/run/memory.h"
#include "tests/unit/traffic.h"

#define OFF_BY 100 /* one part of so many: pages and headers of malloc */
#define SLACK  65536

static uint64_t allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static void add(void *context, const char *what, const char *option, uint64_t value, uint64_t bytes)
{
	uint64_t *sum = context;

	(void)option;
	(void)value;
	assert_non_null(what);
	*sum += bytes;
}

static void assert_near(uint64_t stated, uint64_t taken)
{
	uint64_t apart = stated > taken ? stated - taken : taken - stated;

	if (apart > taken / OFF_BY + SLACK)
		fail_msg("stated %llu bytes, taken %llu", (unsigned long long)stated,
			 (unsigned long long)taken);
}

static bool no_report(void *context, const struct observation *observation)
{
	(void)context;
	(void)observation;
	return true;
}

static bool no_frame(void *context, const struct kept_frame *kept)
{
	(void)context;
	(void)kept;
	return true;
}

/* nDPI's module is no table of ours: it is measured in the same way. */
static uint64_t ndpi_takes(const struct services *services)
{
	uint64_t before = allocated(), taken;
	struct identify *identify = identify_new(services, 1, false);

	assert_non_null(identify);
	taken = allocated() - before;
	identify_free(identify);
	return taken - identify_bytes(1);
}

static void check_worker(const struct worker_options *options, bool evidence)
{
	struct services *services = services_new();
	uint64_t ndpi = ndpi_takes(services), before = allocated(), stated = 0;
	struct worker_options wanted = *options;
	struct worker *worker;

	wanted.everything = true;
	worker = worker_new(&wanted, NULL, services, no_report, NULL);
	assert_non_null(worker);
	if (evidence)
		assert_true(worker_keep_evidence(worker, no_frame));
	worker_memory(&wanted, evidence, add, &stated);
	assert_near(stated, allocated() - before - ndpi);
	worker_free(worker);
	services_free(services);
}

static const struct worker_options small = {
	.max_flows = 16,
	.max_sessions = 16,
	.reassembly_blocks = 512,
	.ndpi_flows = 16,
	.max_probed = 16,
	.outbound_entries = 1024,
	.fragment_pages = 512,
};

static void workers_take_what_is_stated(void **state)
{
	(void)state;
	if (allocated() == 0)
		skip(); /* the sanitizers keep no such books */
	check_worker(&small, false);
	check_worker(&small, true);
	for (int i = 0; i < 8; i++) {
		struct worker_options options = small;

		options.max_flows = i == 0 ? 1000001 : options.max_flows;
		options.max_sessions = i == 1 ? 30000 : options.max_sessions;
		options.reassembly_blocks = i == 2 ? 40000 : options.reassembly_blocks;
		options.ndpi_flows = i == 3 ? 50000 : options.ndpi_flows;
		options.max_probed = i == 4 ? 70000 : options.max_probed;
		options.outbound_entries = i == 5 ? 3000000 : options.outbound_entries;
		options.fragment_pages = i == 6 ? 20000 : options.fragment_pages;
		options.unpack_mib = i == 7 ? 64 : options.unpack_mib;
		check_worker(&options, false);
	}
}

static void no_event(void *context, const struct event *event)
{
	(void)context;
	(void)event;
}

static void check_engine(uint32_t exposures, uint32_t walls, uint32_t incidents)
{
	struct engine_options options = {
		.max_exposures = exposures,
		.max_walls = walls,
		.max_incidents = incidents,
	};
	uint64_t before = allocated(), stated = 0;
	struct engine *engine = engine_new(&options, NULL, NULL, no_event, NULL);
	struct engine_store *store;

	assert_non_null(engine);
	engine_memory(&options, false, add, &stated);
	assert_near(stated, allocated() - before);
	store = engine_store_new(engine, NULL);
	assert_non_null(store);
	stated = 0;
	engine_memory(&options, true, add, &stated);
	assert_near(stated, allocated() - before);
	engine_store_free(store);
	engine_free(engine);
}

static void engines_take_what_is_stated(void **state)
{
	(void)state;
	if (allocated() == 0)
		skip();
	check_engine(16, 16, 16);
	check_engine(20000, 16, 16);
	check_engine(16, 300000, 16);
	check_engine(16, 16, 50000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(workers_take_what_is_stated),
		cmocka_unit_test(engines_take_what_is_stated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
