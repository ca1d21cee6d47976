/* SPDX-License-Identifier: ISC */
/* Filters by link type, and what is said of frames that only a VLAN tag or a tunnel keeps out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/capture/filters.h"
#include "sensor/decode/decode.h"

#define DLT_EN10MB 1
#define DLT_RAW	   12

/* IPv4 of protocol 6 to port 80, as in Ethernet from its type on. */
static const uint8_t packet[] = {8,  0, 0x45, 0, 0,  40, 0,  0, 0, 0, 64, 6,  0, 0,
				 10, 0, 0,    1, 10, 0,	 0,  2, 0, 7, 0,  80, 0, 0,
				 0,  0, 0,    0, 0,  0,	 80, 2, 0, 0, 0,  0,  0, 0};

static uint32_t build(uint8_t frame[80], bool tagged)
{
	static const uint8_t tag[] = {0x81, 0, 0, 7};
	uint32_t at = 12;

	memset(frame, 0, 80);
	if (tagged) {
		memcpy(frame + at, tag, sizeof tag);
		at += (uint32_t)sizeof tag;
	}
	memcpy(frame + at, packet, sizeof packet);
	at += (uint32_t)sizeof packet;
	return at;
}

static void refuse(struct filters *filters, const uint8_t *frame, uint32_t length)
{
	const struct frame_view view = {
		.bytes = frame, .captured = length, .wire = length, .link = LINK_ETHERNET};

	filters_note_refused(filters, &view);
}

/* The packet in a tunnel: `outer` is what stands before it, from Ethernet's type on. */
static uint32_t wrap(uint8_t *frame, const void *outer, uint32_t length)
{
	memset(frame, 0, 12);
	memcpy(frame + 12, outer, length);
	memcpy(frame + 12 + length, packet + 2, sizeof packet - 2);
	return 12 + length + (uint32_t)sizeof packet - 2;
}

static void each_link_type_has_its_program(void **state)
{
	struct filters *filters = filters_new("tcp port 80");
	const struct pcap_filter *ethernet, *again, *raw;
	char error[FILTERS_ERROR];
	uint8_t frame[80];
	uint32_t length = build(frame, false);

	(void)state;
	assert_true(filters_get(filters, DLT_EN10MB, &ethernet, error));
	assert_true(filters_get(filters, DLT_RAW, &raw, error));
	assert_true(filters_get(filters, DLT_EN10MB, &again, error));
	assert_ptr_equal(ethernet, again);
	assert_true(pcap_filter_pass(ethernet, frame, length, length));
	assert_false(pcap_filter_pass(raw, frame, length, length));
	assert_true(pcap_filter_pass(raw, frame + 14, length - 14, length - 14));
	filters_free(filters);
}

static void no_expression_lets_all_pass(void **state)
{
	struct filters *filters = filters_new(NULL);
	const struct pcap_filter *program;
	char error[FILTERS_ERROR];

	(void)state;
	assert_true(filters_get(filters, DLT_EN10MB, &program, error));
	assert_true(pcap_filter_pass(program, NULL, 0, 0));
	assert_false(filters_hint(filters, error));
	filters_free(filters);
	filters_free(NULL);
}

static void an_error_has_words(void **state)
{
	struct filters *filters = filters_new("no such thing");
	const struct pcap_filter *program;
	char error[FILTERS_ERROR];

	(void)state;
	assert_false(filters_get(filters, DLT_EN10MB, &program, error));
	assert_non_null(strstr(error, "no such thing"));
	filters_free(filters);
}

static void tags_that_a_filter_overlooks_are_told_once(void **state)
{
	struct filters *filters = filters_new("tcp port 80");
	char text[FILTERS_ERROR];
	uint8_t frame[80];
	uint32_t length = build(frame, false);

	(void)state;
	refuse(filters, frame, length);
	assert_false(filters_hint(filters, text));
	length = build(frame, true);
	refuse(filters, frame, length);
	frame[41] = 81; /* another port: no tag keeps it out */
	refuse(filters, frame, length);
	assert_true(filters_hint(filters, text));
	assert_non_null(strstr(text, "and 1 with a VLAN tag"));
	assert_non_null(strstr(text, "(tcp port 80) or (vlan and (tcp port 80))"));
	assert_false(filters_hint(filters, text));
	filters_free(filters);
}

static void tunnels_that_a_filter_overlooks_are_told(void **state)
{
	static const uint8_t vxlan[] = {8, 0,  0x45, 0, 0, 90, 0, 0, 0, 0,    64, 17,	0,
					0, 10, 9,    0, 1, 10, 9, 0, 2, 0xc0, 0,  0x12, 0xb5,
					0, 70, 0,    0, 8, 0,  0, 0, 0, 0,    7,  0,	2,
					0, 0,  0,    0, 1, 2,  0, 0, 0, 0,    2,  8,	0};
	static const uint8_t gre[] = {8, 0,  0x45, 0, 0, 64, 0, 0, 0, 0, 64, 47, 0,
				      0, 10, 9,	   0, 1, 10, 9, 0, 2, 0, 0,  8,	 0};
	static const struct {
		const uint8_t *outer;
		uint32_t length;
		const char *words;
	} tunnels[] = {
		{vxlan, sizeof vxlan, "inside of their vxlan: \"(tcp port 80) or udp port 4789\""},
		{gre, sizeof gre, "inside of their gre: \"(tcp port 80) or proto 47\""},
	};
	char text[FILTERS_ERROR];
	uint8_t frame[160];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct filters *filters = filters_new("tcp port 80");
		uint32_t length = wrap(frame, tunnels[i].outer, tunnels[i].length);

		refuse(filters, frame, length);
		assert_true(filters_hint(filters, text));
		assert_non_null(strstr(text, tunnels[i].words));
		assert_false(filters_hint(filters, text));
		filters_free(filters);
		/* Nothing in it fits, or the expression is about what is before IP. */
		filters = filters_new("tcp port 81");
		refuse(filters, frame, length);
		assert_false(filters_hint(filters, text));
		filters_free(filters);
		filters = filters_new("ether host 2:0:0:0:0:9");
		refuse(filters, frame, length);
		assert_false(filters_hint(filters, text));
		filters_free(filters);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_link_type_has_its_program),
		cmocka_unit_test(no_expression_lets_all_pass),
		cmocka_unit_test(an_error_has_words),
		cmocka_unit_test(tags_that_a_filter_overlooks_are_told_once),
		cmocka_unit_test(tunnels_that_a_filter_overlooks_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
