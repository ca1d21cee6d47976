/* SPDX-License-Identifier: ISC */
/* What is asked of single TCP segments: checksum, urgent byte, signature, TTL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/decode/segment.h"

#define HEADERS	 40u
#define DATA	 "FLUSHALL\r\n"
#define SUM_AT	 36u
#define LENGTH	 (HEADERS + sizeof DATA - 1)
#define TTL	 61
#define SEQUENCE 0x01020304u

struct scene {
	uint8_t ip[100];
	struct packet packet;
};

static uint32_t add(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void put(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t pseudo(const struct scene *scene, uint32_t length)
{
	return add(scene->ip + 12, 8) + 6 + length;
}

static struct scene scene_of(uint8_t flags)
{
	struct scene scene = {
		.ip = {0x45, 0,	 0,   LENGTH, 0,  1, 0x40, 0, TTL,  6,	   0,	 0,
		       198,  51, 100, 7,      10, 0, 0,	   1, 0x9c, 0x40,  0x18, 0xeb,
		       1,    2,	 3,   4,      0,  0, 0,	   9, 0x50, flags, 0xff, 0xff},
		.packet = {.ip_length = LENGTH,
			   .segment_at = 20,
			   .payload_length = LENGTH - HEADERS,
			   .payload_wire = LENGTH - HEADERS,
			   .sequence = SEQUENCE,
			   .tcp_flags = flags},
	};

	memcpy(scene.ip + HEADERS, DATA, sizeof DATA - 1);
	put(scene.ip + 10, (uint16_t)~fold(add(scene.ip, 20)));
	put(scene.ip + SUM_AT,
	    (uint16_t)~fold(pseudo(&scene, LENGTH - 20) + add(scene.ip + 20, LENGTH - 20)));
	return scene;
}

static enum segment_sum sum_of(struct scene *scene)
{
	scene->packet.ip = scene->ip;
	return segment_sum(&scene->packet);
}

static void right_and_wrong(void **state)
{
	struct scene scene = scene_of(TCP_ACK);

	(void)state;
	assert_int_equal(sum_of(&scene), SEGMENT_SUM_RIGHT);
	scene.ip[HEADERS] ^= 1;
	assert_int_equal(sum_of(&scene), SEGMENT_SUM_WRONG);
	scene = scene_of(TCP_ACK);
	scene.ip[10] ^= 1; /* IP's */
	assert_int_equal(sum_of(&scene), SEGMENT_SUM_WRONG);
}

static void what_is_left_to_the_adapter_tells_nothing(void **state)
{
	struct scene scene = scene_of(TCP_ACK);

	(void)state;
	put(scene.ip + SUM_AT, 0);
	assert_int_equal(sum_of(&scene), SEGMENT_SUM_UNKNOWN);
	put(scene.ip + SUM_AT, fold(pseudo(&scene, LENGTH - 20)));
	assert_int_equal(sum_of(&scene), SEGMENT_SUM_UNKNOWN);
	put(scene.ip + SUM_AT, fold(pseudo(&scene, 0)));
	assert_int_equal(sum_of(&scene), SEGMENT_SUM_UNKNOWN);
	put(scene.ip + 10, 0);
	assert_int_equal(sum_of(&scene), SEGMENT_SUM_UNKNOWN);
}

static void what_is_not_whole_tells_nothing(void **state)
{
	struct scene scene = scene_of(TCP_ACK);

	(void)state;
	scene.ip[HEADERS] ^= 1;
	scene.packet.payload_length--;
	assert_int_equal(sum_of(&scene), SEGMENT_SUM_UNKNOWN);
	scene.packet.payload_length++;
	scene.packet.ip_length--;
	assert_int_equal(sum_of(&scene), SEGMENT_SUM_UNKNOWN);
}

static void the_urgent_byte_is_the_one_before_the_pointer(void **state)
{
	struct scene scene = scene_of(TCP_ACK);
	uint32_t urgent = 0;

	(void)state;
	scene.packet.ip = scene.ip;
	put(scene.ip + 38, 6);
	assert_false(segment_urgent(&scene.packet, &urgent));
	scene.packet.tcp_flags |= TCP_URG;
	assert_true(segment_urgent(&scene.packet, &urgent));
	assert_int_equal(urgent, SEQUENCE + 5);
	assert_int_equal(segment_ttl(&scene.packet), TTL);
}

static void a_signature_is_found_among_options(void **state)
{
	struct scene scene = scene_of(TCP_ACK);

	(void)state;
	scene.packet.ip = scene.ip;
	assert_false(segment_is_signed(&scene.packet));
	scene.ip[32] = 0xb0; /* 24 bytes of options */
	memcpy(scene.ip + HEADERS, "\x01\x01\x02\x04\x05\xb4", 6);
	scene.ip[46] = 19;
	scene.ip[47] = 18;
	scene.packet.ip_length = HEADERS + 24;
	assert_true(segment_is_signed(&scene.packet));
	scene.ip[46] = 0; /* the end of them */
	assert_false(segment_is_signed(&scene.packet));
	scene.ip[46] = 8;
	scene.ip[47] = 1; /* too short to be one */
	assert_false(segment_is_signed(&scene.packet));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_and_wrong),
		cmocka_unit_test(what_is_left_to_the_adapter_tells_nothing),
		cmocka_unit_test(what_is_not_whole_tells_nothing),
		cmocka_unit_test(the_urgent_byte_is_the_one_before_the_pointer),
		cmocka_unit_test(a_signature_is_found_among_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
