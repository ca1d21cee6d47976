/* SPDX-License-Identifier: ISC */
/*
 * Test vectors: FIPS 180 (SHA-1), and the baseline of corelight/community-id-spec, seeds 0 and 1.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sensor/event/community_id.h"

static void digests_as_fips_180_says(void **state)
{
	static const struct {
		const char *text, *digest;
	} vectors[] = {
		{"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
		{"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		uint8_t digest[SHA1_BYTES];
		char hex[2 * SHA1_BYTES + 1];

		community_id_sha1((const uint8_t *)vectors[i].text, strlen(vectors[i].text),
				  digest);
		for (size_t j = 0; j < SHA1_BYTES; j++)
			snprintf(hex + 2 * j, 3, "%02x", digest[j]);
		assert_string_equal(hex, vectors[i].digest);
	}
}

static const struct {
	const char *a, *b;
	uint16_t a_port, b_port;
	uint8_t protocol;
	const char *seed0, *seed1;
} flows[] = {
	{"128.232.110.120", "66.35.250.204", 34855, 80, 6,
	 "1:LQU9qZlK+B5F3KDmev6m5PMibrg=", "1:3V71V58M3Ksw/yuFALMcW0LAHvc="},
	{"192.168.1.52", "8.8.8.8", 54585, 53, 17,
	 "1:d/FP5EW3wiY1vCndhwleRRKHowQ=", "1:Q9We8WO3piVF8yEQBNJF4uiSVrI="},
	{"192.168.170.8", "192.168.170.56", 7, 7, 132,
	 "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=", "1:5w3ZRjeKBzqT3zsaEECDGjUbYeg="},
	{"2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25, 6,
	 "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=", "1:eJYTW6AOzFLlSUoESovMjnu7rMw="},
};

static void agrees_with_the_baseline(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof flows / sizeof *flows; i++) {
		char text[COMMUNITY_ID_TEXT];
		struct address a, b;

		assert_true(address_parse(flows[i].a, &a));
		assert_true(address_parse(flows[i].b, &b));
		community_id(&a, flows[i].a_port, &b, flows[i].b_port, flows[i].protocol, 0, text);
		assert_string_equal(text, flows[i].seed0);
		/* The same in the other direction. */
		community_id(&b, flows[i].b_port, &a, flows[i].a_port, flows[i].protocol, 0, text);
		assert_string_equal(text, flows[i].seed0);
		community_id(&a, flows[i].a_port, &b, flows[i].b_port, flows[i].protocol, 1, text);
		assert_string_equal(text, flows[i].seed1);
	}
}

/* Between two ports of one host the smaller port is first. */
static void orders_the_ports_of_one_host(void **state)
{
	char one[COMMUNITY_ID_TEXT], other[COMMUNITY_ID_TEXT];
	struct address host;

	(void)state;
	assert_true(address_parse("127.0.0.1", &host));
	community_id(&host, 1000, &host, 2000, 6, 0, one);
	community_id(&host, 2000, &host, 1000, 6, 0, other);
	assert_string_equal(one, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_as_fips_180_says),
		cmocka_unit_test(agrees_with_the_baseline),
		cmocka_unit_test(orders_the_ports_of_one_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
