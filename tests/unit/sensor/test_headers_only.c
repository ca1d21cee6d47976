/* SPDX-License-Identifier: ISC */
/* The kernel filter that the policy writes, run by libpcap's machine, against the policy itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pcap/pcap.h>
#include <string.h>

#include "sensor/capture/headers_only.h"
#include "tests/unit/policy_vocabulary.h"
#include "tests/unit/random.h"

#define SNAP  2000
#define BYTES 200 /* of a frame */

static struct bpf_insn program[HEADERS_ONLY_PROGRAM];

static const char *const policies[] = {
	"version: 1\nsite: s\nzones: { inside: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16] }\n",
	"version: 1\nsite: s\nzones:\n  inside: [10.0.0.0/8, 192.168.0.0/16]\n"
	"  partners: [10.9.0.0/16, 198.51.100.0/24]\nproxies: [10.0.1.10, 10.255.255.255]\n"
	"translations:\n  - { public: 203.0.113.10, private: 10.20.0.5 }\n"
	"groups:\n  a: { hosts: [10.20.0.0/24] }\n  b: { hosts: [10.30.0.1] }\n"
	"rules:\n  - { name: r, groups: [a], internal-only: true, severity: high }\n"
	"  - { name: q, groups: [b], internal-only: true, both-directions: true, severity: high "
	"}\n",
	"version: 1\nsite: s\nzones: { inside: [0.0.0.0/1, 255.0.0.0/8] }\n",
};

static struct policy *parse(const char *text)
{
	struct policy_messages messages = {0};
	struct policy *policy = policy_parse(text, strlen(text), &test_vocabulary, &messages);

	if (!policy)
		fail_msg("%u: %s", messages.list[0].line, messages.list[0].text);
	policy_messages_free(&messages);
	return policy;
}

static uint16_t write_program(const struct policy *policy, const struct bpf_program *first)
{
	return headers_only_program(policy, first ? (const void *)first->bf_insns : NULL,
				    first ? (uint16_t)first->bf_len : 0, SNAP, (void *)program);
}

static void put_address(uint8_t *at, uint32_t address)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(address >> (24 - 8 * i));
}

static void build(uint8_t frame[BYTES], uint32_t source, uint32_t destination)
{
	memset(frame, 0, BYTES);
	memcpy(frame + 12, (uint8_t[]){8, 0, 0x45}, 3);
	frame[20] = 0x40; /* don't fragment */
	frame[23] = 6;
	put_address(frame + 26, source);
	put_address(frame + 30, destination);
}

static uint32_t keeps(const uint8_t *frame)
{
	return bpf_filter(program, frame, BYTES, BYTES);
}

static struct policy_place place_of(const struct policy *policy, uint32_t address)
{
	uint8_t bytes[4];
	struct address text;

	put_address(bytes, address);
	text = address_from_ipv4(bytes);
	return policy_place(policy, &text);
}

static bool any_rule_could_care(const struct policy *policy, uint32_t a, uint32_t b)
{
	struct policy_place one = place_of(policy, a), other = place_of(policy, b);

	return policy_concerns(one, other) || policy_concerns(other, one) ||
	       policy_carries(one, other) || policy_carries(other, one) ||
	       policy_concerns_outbound(one, other) || policy_concerns_outbound(other, one);
}

/* Around the ends of prefixes, and anywhere. */
static uint32_t any_address(struct random *random)
{
	static const uint32_t ends[] = {0x0a000000, 0x0b000000, 0xac100000, 0xac200000, 0xc0a80000,
					0xc0a90000, 0x0a090000, 0x0a0a0000, 0x0a00010a, 0x0affffff,
					0xcb00710a, 0x0a140005, 0x0a1e0001, 0xc6336400, 0};
	uint32_t near = random_below(random, 3) - 1;

	if (random_below(random, 4) == 0)
		return (uint32_t)random_next(random);
	return ends[random_below(random, sizeof ends / sizeof *ends)] + near;
}

static void cuts_what_no_rule_cares_about(void **state)
{
	struct random random = {1};
	uint32_t cut = 0, whole = 0;
	uint8_t frame[BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
		struct policy *policy = parse(policies[i]);

		assert_true(write_program(policy, NULL) != 0);
		for (int n = 0; n < 20000; n++) {
			uint32_t a = any_address(&random), b = any_address(&random);
			bool inside = place_of(policy, a).zone == POLICY_ZONE_INSIDE &&
				      place_of(policy, b).zone == POLICY_ZONE_INSIDE;
			uint32_t kept;

			build(frame, a, b);
			kept = keeps(frame);
			if (inside && !any_rule_could_care(policy, a, b)) {
				assert_int_equal(kept, HEADERS_ONLY_BYTES);
				cut++;
			} else {
				assert_int_equal(kept, SNAP);
				whole++;
			}
		}
		policy_free(policy);
	}
	assert_true(cut > 1000 && whole > 1000);
}

static void keeps_what_is_no_plain_tcp(void **state)
{
	struct policy *policy = parse(policies[0]);
	uint8_t frame[BYTES];

	(void)state;
	assert_true(write_program(policy, NULL) != 0);
	build(frame, 0x0a000001, 0x0a000002);
	assert_int_equal(keeps(frame), HEADERS_ONLY_BYTES);
	frame[21] = 1; /* a later fragment */
	assert_int_equal(keeps(frame), SNAP);
	frame[21] = 0;
	frame[20] = 0x20; /* the first one */
	assert_int_equal(keeps(frame), SNAP);
	frame[20] = 0;
	frame[23] = 17;
	assert_int_equal(keeps(frame), SNAP);
	frame[23] = 6;
	frame[12] = 0x81; /* a tag inside of a tag */
	assert_int_equal(keeps(frame), SNAP);
	frame[12] = 8;
	/* Nothing is dropped because it is short. */
	for (uint32_t length = 14; length < 34; length++)
		assert_int_equal(bpf_filter(program, frame, length, length), SNAP);
	assert_int_equal(bpf_filter(program, frame, 34, 34), HEADERS_ONLY_BYTES);
	policy_free(policy);
}

static void the_users_filter_comes_first(void **state)
{
	struct policy *policy = parse(policies[0]);
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, SNAP);
	struct bpf_program first;
	uint8_t frame[BYTES];

	(void)state;
	assert_int_equal(pcap_compile(pcap, &first, "tcp port 80 or host 11.0.0.1", 1, 0), 0);
	assert_true(write_program(policy, &first) > first.bf_len);
	build(frame, 0x0a000001, 0x0a000002);
	assert_int_equal(keeps(frame), 0);
	frame[37] = 80;
	assert_int_equal(keeps(frame), HEADERS_ONLY_BYTES);
	build(frame, 0x0b000001, 0x0a000002);
	assert_int_equal(keeps(frame), SNAP);
	build(frame, 0x0b000002, 0x0a000002);
	assert_int_equal(keeps(frame), 0);
	pcap_freecode(&first);
	pcap_close(pcap);
	policy_free(policy);
}

/* More ranges than find room: the first ones are used. */
static void many_ranges(void **state)
{
	char text[4096] = "version: 1\nsite: s\nzones: { inside: [10.0.0.0/16";
	struct policy *policy;
	uint8_t frame[BYTES];
	uint32_t cut = 0;

	(void)state;
	for (int i = 2; i < 200; i += 2)
		sprintf(text + strlen(text), ", 10.%d.0.0/16", i);
	strcat(text, "] }\n");
	policy = parse(text);
	assert_true(write_program(policy, NULL) != 0);
	for (uint32_t i = 0; i < 256; i++) {
		build(frame, 0x0a000000 + (i << 16), 0x0a0000ff);
		if (keeps(frame) != HEADERS_ONLY_BYTES) {
			assert_int_equal(keeps(frame), SNAP);
			continue;
		}
		assert_int_equal(i % 2, 0);
		cut++;
	}
	assert_int_equal(cut, 32);
	policy_free(policy);
}

static void nothing_to_save(void **state)
{
	struct policy *only6 = parse("version: 1\nsite: s\nzones: { inside: [\"fd00::/8\"] }\n");
	struct policy *policy = parse(policies[0]);

	(void)state;
	assert_int_equal(write_program(only6, NULL), 0);
	assert_int_equal(headers_only_program(policy, NULL, 0, HEADERS_ONLY_BYTES, (void *)program),
			 0);
	policy_free(only6);
	policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_what_no_rule_cares_about),
		cmocka_unit_test(keeps_what_is_no_plain_tcp),
		cmocka_unit_test(the_users_filter_comes_first),
		cmocka_unit_test(many_ranges),
		cmocka_unit_test(nothing_to_save),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
