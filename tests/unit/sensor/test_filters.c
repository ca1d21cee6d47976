/* SPDX-License-Identifier: ISC */
/* Filters by link type, and what is said of frames that only their VLAN tag keeps out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/capture/filters.h"

#define DLT_EN10MB 1
#define DLT_RAW	   12

/* IPv4 of protocol 6 to port 80, as in Ethernet from its type on. */
static const uint8_t packet[] = {8, 0, 0x45, 0,	 0, 40, 0, 0, 0,  0, 64, 6, 0, 0, 10,
				 0, 0, 1,    10, 0, 0,	2, 0, 7,  0, 80, 0, 0, 0, 0,
				 0, 0, 0,    0,	 0, 0,	0, 0, 80, 2, 0,	 0, 0, 0, 0};

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
	filters_note_tag(filters, frame, length, length);
	assert_false(filters_hint(filters, text));
	length = build(frame, true);
	filters_note_tag(filters, frame, length, length);
	frame[41] = 81; /* another port: no tag keeps it out */
	filters_note_tag(filters, frame, length, length);
	assert_true(filters_hint(filters, text));
	assert_non_null(strstr(text, "and 1 with a VLAN tag"));
	assert_non_null(strstr(text, "(tcp port 80) or (vlan and (tcp port 80))"));
	assert_false(filters_hint(filters, text));
	filters_free(filters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_link_type_has_its_program),
		cmocka_unit_test(no_expression_lets_all_pass),
		cmocka_unit_test(an_error_has_words),
		cmocka_unit_test(tags_that_a_filter_overlooks_are_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
