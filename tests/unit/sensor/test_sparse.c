/* SPDX-License-Identifier: ISC */
/*
 * Objects without their zeros: whatever is in them comes back, in blocks that are just large enough
 * (a sanitizer sees a byte too many), and the common observations are as small as they are promised
 * to be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"
#include "sensor/base/sparse.h"
#include "sensor/event/observation.h"
#include "tests/unit/random.h"

#define TURNS	     20000
#define COMMON_BYTES 256

static size_t round_trip(const uint8_t *object, size_t size)
{
	uint8_t *sparse = malloc(SPARSE_MOST(size)), *exact, *back = malloc(size);
	size_t written;

	assert_true(sparse != NULL && back != NULL);
	written = sparse_write(sparse, object, size);
	assert_true(written <= SPARSE_MOST(size));
	exact = malloc(written);
	assert_non_null(exact);
	memcpy(exact, sparse, written);
	memset(back, 0xee, size);
	sparse_read(back, size, exact);
	assert_memory_equal(back, object, size);
	free(sparse);
	free(exact);
	free(back);
	return written;
}

/* Of any size, with anything from nothing to everything in it. */
static void gives_back_what_it_was_given(void **state)
{
	struct random random = {.state = 5};

	(void)state;
	for (unsigned turn = 0; turn < TURNS; turn++) {
		size_t size = 1 + random_below(&random, turn % 8 == 0 ? 3000 : 200);
		uint8_t *object = calloc(1, size);
		uint32_t some = random_below(&random, 4);

		assert_non_null(object);
		for (uint32_t i = 0; some == 3 && i < size; i++)
			object[i] = (uint8_t)random_next(&random);
		for (uint32_t i = 0; some != 3 && i < some * 5; i++)
			object[random_below(&random, (uint32_t)size)] = 1;
		round_trip(object, size);
		free(object);
	}
}

static struct observation flow(void)
{
	struct observation o = {.kind = OBSERVATION_FLOW, .worker = 1, .ts_ns = 1423022709};

	memset(&o.server, 0x11, sizeof o.server);
	memset(&o.flow.client, 0x22, sizeof o.flow.client);
	o.flow.start_ns = o.flow.talked_ns = o.ts_ns;
	o.flow.client_port = 40000;
	o.flow.service = o.flow.ndpi_service = POLICY_NO_SERVICE;
	o.flow.first = true;
	o.flow.new_bytes_c2s = 100;
	o.flow.new_bytes_s2c = 2000;
	o.flow.wall_unanswered_ns = o.flow.wall_refused_ns = o.ts_ns;
	o.flow.vlan = 42;
	o.flow.origin.packet = 4711;
	return o;
}

static size_t bytes(const struct observation *o)
{
	return round_trip((const uint8_t *)o, sizeof *o);
}

/* A server was reached; what it is, as a web server says it; a wall with one who was refused. */
static void common_observations_are_small(void **state)
{
	struct observation reached = flow(), known = flow();
	struct observation wall = {.kind = OBSERVATION_WALL, .ts_ns = 1423022709};

	(void)state;
	assert_in_range(bytes(&reached), 1, COMMON_BYTES);
	strcpy(known.flow.facts.product, "nginx");
	strcpy(known.flow.facts.version, "1.22.1");
	known.flow.facts.revision = 7;
	assert_in_range(bytes(&known), 1, COMMON_BYTES);
	memset(&wall.server, 0x11, sizeof wall.server);
	memset(&wall.wall.sources[0], 0x22, sizeof wall.wall.sources[0]);
	wall.wall.source_count = 1;
	wall.wall.new_refused = 3;
	wall.wall.last_refused_ns = wall.wall.first_ns = wall.ts_ns;
	assert_in_range(bytes(&wall), 1, COMMON_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_what_it_was_given),
		cmocka_unit_test(common_observations_are_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
