/* SPDX-License-Identifier: ISC */
/*
 * The look-up table against a linear model: every place that the table gives must be the one that
 * a walk over all prefixes gives, at the edges of every prefix and at random addresses. The seed
 * is fixed. A small universe makes nesting and equal edges common.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/limits.h"
#include "policy/zones.h"

#define ROUNDS	     300
#define PREFIXES_MAX 60
#define ZONES	     9
#define GROUPS	     12

struct model {
	struct zones_input inputs[PREFIXES_MAX];
	size_t count;
};

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static struct address address_of(zones_key key)
{
	struct address address;

	for (int i = 15; i >= 0; i--, key >>= 8)
		address.bytes[i] = (uint8_t)key;
	return address;
}

static zones_key length_mask(unsigned length)
{
	return length == 0 ? 0 : ~(zones_key)0 << (128 - length);
}

/* Few bits vary, in places where prefixes of the drawn lengths are cut. */
static zones_key random_key(uint64_t *state)
{
	uint64_t r = next_random(state);
	zones_key low = (zones_key)(r & 0x03000301);

	if (r >> 63 != 0)
		return (zones_key)0xffff << 32 | low | (r >> 60 & 1) << 31;
	return (zones_key)(r >> 40 & 0x8003) << 112 | (zones_key)(r >> 32 & 3) << 64 | low;
}

static struct prefix random_prefix(uint64_t *state)
{
	zones_key key = random_key(state);
	unsigned length = (unsigned)(next_random(state) % 129);

	if (key >> 32 == 0xffff)
		length = 96 + length % 33;
	key &= length_mask(length);
	return (struct prefix){address_of(key), (uint8_t)length};
}

static bool same_prefix(const struct prefix *a, const struct prefix *b)
{
	return a->length == b->length && address_equal(&a->base, &b->base);
}

/* Two zones never have the same prefix: the loader refuses that. */
static void add_random(struct model *model, uint64_t *state)
{
	struct zones_input input = {.prefix = random_prefix(state)};
	uint64_t r = next_random(state);

	input.kind = r % 8 == 0 ? ZONES_OURS : r % 2 == 0 ? ZONES_GROUP : ZONES_ZONE;
	if (input.kind == ZONES_ZONE)
		input.index = (uint16_t)(1 + (r >> 8) % ZONES);
	else if (input.kind == ZONES_GROUP)
		input.index = (uint16_t)((r >> 8) % GROUPS);
	for (size_t i = 0; i < model->count; i++)
		if (input.kind == ZONES_ZONE && model->inputs[i].kind == ZONES_ZONE &&
		    same_prefix(&input.prefix, &model->inputs[i].prefix))
			return;
	model->inputs[model->count++] = input;
}

/* An independent word for "contains": arithmetic on the 128 bits, and no IPv4 in IPv6 prefixes. */
static bool holds(const struct prefix *prefix, zones_key key)
{
	if (key >> 32 == 0xffff && prefix->length < 96)
		return false;
	return ((zones_key_of(&prefix->base) ^ key) & length_mask(prefix->length)) == 0;
}

static void check_address(const struct zones *zones, const struct model *model, zones_key key)
{
	struct address address = address_of(key);
	struct policy_place place = zones_find(zones, &address);
	struct zones_set set = zones_set(zones, place.groups);
	bool groups[GROUPS] = {false}, ours = false;
	int zone = POLICY_ZONE_INTERNET, longest = -1;
	uint32_t group_count = 0;

	for (size_t i = 0; i < model->count; i++) {
		const struct zones_input *input = &model->inputs[i];

		assert_int_equal(prefix_contains(&input->prefix, &address),
				 holds(&input->prefix, key));
		if (!holds(&input->prefix, key))
			continue;
		if (input->kind == ZONES_ZONE && input->prefix.length > longest) {
			longest = input->prefix.length;
			zone = input->index;
		} else if (input->kind == ZONES_GROUP) {
			groups[input->index] = true;
		}
		ours = ours || input->kind != ZONES_ZONE;
	}
	assert_int_equal(place.zone, zone);
	assert_int_equal(place.ours, ours || zone == POLICY_ZONE_INSIDE);
	for (uint16_t g = 0; g < GROUPS; g++)
		if (groups[g])
			assert_int_equal(set.list[group_count++], g);
	assert_int_equal(set.count, group_count);
}

static void check_table(const struct zones *zones)
{
	assert_int_equal(zones->v4_starts[0], 0);
	assert_true(zones->v6_starts[0] == 0);
	for (uint32_t i = 1; i < zones->v4_count; i++)
		assert_true(zones->v4_starts[i - 1] < zones->v4_starts[i]);
	for (uint32_t i = 1; i < zones->v6_count; i++)
		assert_true(zones->v6_starts[i - 1] < zones->v6_starts[i]);
}

static void test_against_linear_model(void **unused)
{
	uint64_t state = UINT64_C(0x5eed5eed5eed5eed);

	(void)unused;
	for (int round = 0; round < ROUNDS; round++) {
		struct model model = {.count = 0};
		struct zones_input inputs[PREFIXES_MAX];
		struct zones zones = {0};
		struct address where;
		size_t wanted = next_random(&state) % PREFIXES_MAX;

		for (size_t i = 0; i < wanted; i++)
			add_random(&model, &state);
		memcpy(inputs, model.inputs, sizeof inputs);
		assert_int_equal(zones_build(&zones, inputs, model.count, &where), ZONES_BUILT);
		check_table(&zones);
		for (size_t i = 0; i < model.count; i++) {
			const struct prefix *prefix = &model.inputs[i].prefix;
			zones_key first = zones_key_of(&prefix->base);
			zones_key last = first | ~length_mask(prefix->length);

			check_address(&zones, &model, first);
			check_address(&zones, &model, last);
			check_address(&zones, &model, first - 1);
			check_address(&zones, &model, last + 1);
		}
		for (int i = 0; i < 100; i++)
			check_address(&zones, &model, random_key(&state));
		check_address(&zones, &model, 0);
		check_address(&zones, &model, ~(zones_key)0);
		zones_free(&zones);
	}
}

static struct zones_input input_of(const char *text, unsigned length, enum zones_kind kind,
				   unsigned index)
{
	struct zones_input input = {.kind = kind, .index = (uint16_t)index};

	assert_true(address_parse(text, &input.prefix.base));
	input.prefix.length = (uint8_t)(strchr(text, ':') == NULL ? 96 + length : length);
	return input;
}

static struct policy_place place_of(const struct zones *zones, const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return zones_find(zones, &address);
}

static void test_longest_prefix_and_family(void **unused)
{
	struct zones_input inputs[] = {
		input_of("10.9.0.0", 16, ZONES_ZONE, 2),
		input_of("10.0.0.0", 8, ZONES_ZONE, 1),
		input_of("10.9.9.0", 24, ZONES_ZONE, 1),
		input_of("::", 1, ZONES_ZONE, 3),
	};
	struct zones zones = {0};
	struct address where;

	(void)unused;
	assert_int_equal(zones_build(&zones, inputs, 4, &where), ZONES_BUILT);
	assert_int_equal(place_of(&zones, "10.8.255.255").zone, 1);
	assert_int_equal(place_of(&zones, "10.9.0.0").zone, 2);
	assert_false(place_of(&zones, "10.9.0.0").ours);
	assert_int_equal(place_of(&zones, "10.9.9.255").zone, 1);
	assert_int_equal(place_of(&zones, "10.9.10.0").zone, 2);
	assert_int_equal(place_of(&zones, "11.0.0.0").zone, POLICY_ZONE_INTERNET);
	/* ::/1 holds ::ffff:0:0/96 as numbers, but it is no statement about IPv4. */
	assert_int_equal(place_of(&zones, "192.0.2.1").zone, POLICY_ZONE_INTERNET);
	assert_int_equal(place_of(&zones, "2001:db8::1").zone, 3);
	zones_free(&zones);
}

static void test_empty(void **unused)
{
	struct zones zones = {0};
	struct address where;

	(void)unused;
	assert_int_equal(zones_build(&zones, NULL, 0, &where), ZONES_BUILT);
	assert_int_equal(place_of(&zones, "255.255.255.255").zone, POLICY_ZONE_INTERNET);
	assert_int_equal(place_of(&zones, "::").groups, 0);
	zones_free(&zones);
}

static void test_too_many_groups_of_a_host(void **unused)
{
	struct zones_input inputs[LIMIT_HOST_GROUPS + 1];
	struct zones zones = {0};
	struct address where, wanted;

	(void)unused;
	for (unsigned i = 0; i <= LIMIT_HOST_GROUPS; i++)
		inputs[i] = input_of("192.0.2.7", 32, ZONES_GROUP, i);
	assert_int_equal(zones_build(&zones, inputs, LIMIT_HOST_GROUPS, &where), ZONES_BUILT);
	assert_int_equal(zones_set(&zones, place_of(&zones, "192.0.2.7").groups).count,
			 LIMIT_HOST_GROUPS);
	zones_free(&zones);
	assert_int_equal(zones_build(&zones, inputs, LIMIT_HOST_GROUPS + 1, &where),
			 ZONES_TOO_MANY_GROUPS);
	assert_true(address_parse("192.0.2.7", &wanted));
	assert_true(address_equal(&where, &wanted));
	zones_free(&zones);
}

/* Hosts n in the groups that the bits of n name: every host has a set of its own. */
static void test_too_many_sets(void **unused)
{
	size_t hosts = LIMIT_GROUP_SETS + 2, count = 0;
	struct zones_input *inputs = calloc(hosts * 17, sizeof *inputs);
	struct zones zones = {0};
	struct address where;

	(void)unused;
	assert_non_null(inputs);
	for (uint32_t host = 1; host < hosts; host++) {
		const uint8_t bytes[4] = {10, (uint8_t)(host >> 16), (uint8_t)(host >> 8),
					  (uint8_t)host};

		for (unsigned bit = 0; bit < 17; bit++)
			if ((host >> bit & 1) != 0)
				inputs[count++] = (struct zones_input){
					.prefix = {address_from_ipv4(bytes), 128},
					.kind = ZONES_GROUP,
					.index = (uint16_t)bit};
	}
	assert_int_equal(zones_build(&zones, inputs, count, &where), ZONES_TOO_MANY_SETS);
	zones_free(&zones);
	count -= 1; /* the last host, 65536, is in one group only: without it all sets have room */
	assert_int_equal(zones_build(&zones, inputs, count, &where), ZONES_BUILT);
	assert_int_equal(zones_set(&zones, place_of(&zones, "10.0.255.255").groups).count, 16);
	zones_free(&zones);
	free(inputs);
}

static bool is_zone(struct policy_place place, const void *zone)
{
	return place.zone == *(const uint8_t *)zone;
}

static void test_any(void **unused)
{
	struct zones_input inputs[] = {
		input_of("10.9.0.0", 16, ZONES_ZONE, 2),
		input_of("10.0.0.0", 8, ZONES_ZONE, 1),
		input_of("2001:db8::", 48, ZONES_ZONE, 3),
	};
	struct prefix wide = inputs[1].prefix, narrow = inputs[0].prefix, ipv6 = inputs[2].prefix;
	const uint8_t internet = 0, inside = 1, dmz = 2, other = 3;
	struct zones zones = {0};
	struct address where;

	(void)unused;
	assert_int_equal(zones_build(&zones, inputs, 3, &where), ZONES_BUILT);
	assert_true(zones_any(&zones, &wide, is_zone, &inside));
	assert_true(zones_any(&zones, &wide, is_zone, &dmz));
	assert_false(zones_any(&zones, &wide, is_zone, &internet));
	assert_false(zones_any(&zones, &narrow, is_zone, &inside));
	assert_true(zones_any(&zones, &ipv6, is_zone, &other));
	assert_false(zones_any(&zones, &ipv6, is_zone, &internet));
	ipv6.length = 47;
	assert_true(zones_any(&zones, &ipv6, is_zone, &internet));
	zones_free(&zones);
}

static void test_address_text(void **unused)
{
	static const char *const good[] = {"0.0.0.0", "192.0.2.1", "::", "2001:db8::1", "fd00::"};
	static const char *const bad[] = {"",	       "1.2.3",	      "1.2.3.256", "1.2.3.4/8",
					  "fe80::1%1", "2001:db8:::", "01.2.3.4",  " 1.2.3.4"};
	char text[ADDRESS_TEXT_MAX];
	struct address address;

	(void)unused;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_true(address_parse(good[i], &address));
		assert_string_equal(address_format(&address, text), good[i]);
		assert_int_equal(address_is_ipv4(&address), strchr(good[i], '.') != NULL);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(address_parse(bad[i], &address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_linear_model),
		cmocka_unit_test(test_longest_prefix_and_family),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_too_many_groups_of_a_host),
		cmocka_unit_test(test_too_many_sets),
		cmocka_unit_test(test_any),
		cmocka_unit_test(test_address_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
