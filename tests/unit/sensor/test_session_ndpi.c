/* SPDX-License-Identifier: ISC */
/*
 * When nDPI is asked, session_ndpi.c: not while our own recognisers may know; then with all that
 * was said, in packets that are made of it; and at the end at the latest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/session/session.h"
#include "tests/unit/packets.h"

/* An AS-REQ over TCP (RFC 4120 section 7.2.2), which no recogniser of ours knows. */
static const uint8_t as_req[] = {
	0x00, 0x00, 0x00, 0xeb, 0x6a, 0x81, 0xe8, 0x30, 0x81, 0xe5, 0xa1, 0x03, 0x02, 0x01, 0x05,
	0xa2, 0x03, 0x02, 0x01, 0x0a, 0xa3, 0x15, 0x30, 0x13, 0x30, 0x11, 0xa1, 0x04, 0x02, 0x02,
	0x00, 0x80, 0xa2, 0x09, 0x04, 0x07, 0x30, 0x05, 0xa0, 0x03, 0x01, 0x01, 0xff, 0xa4, 0x81,
	0xc1, 0x30, 0x81, 0xbe, 0xa0, 0x07, 0x03, 0x05, 0x00, 0x40, 0x81, 0x00, 0x10, 0xa1, 0x18,
	0x30, 0x16, 0xa0, 0x03, 0x02, 0x01, 0x01, 0xa1, 0x0f, 0x30, 0x0d, 0x1b, 0x0b, 0x77, 0x6f,
	0x72, 0x6b, 0x73, 0x74, 0x61, 0x74, 0x69, 0x6f, 0x6e, 0xa2, 0x10, 0x1b, 0x0e, 0x78, 0x2e,
	0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x2e, 0x74, 0x65, 0x73, 0x74, 0xa3, 0x23, 0x30,
	0x21, 0xa0, 0x03, 0x02, 0x01, 0x02, 0xa1, 0x1a, 0x30, 0x18, 0x1b, 0x06, 0x6b, 0x72, 0x62,
	0x74, 0x67, 0x74, 0x1b, 0x0e, 0x78, 0x2e, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x2e,
	0x74, 0x65, 0x73, 0x74, 0xa5, 0x11, 0x18, 0x0f, 0x32, 0x30, 0x33, 0x37, 0x30, 0x39, 0x31,
	0x33, 0x30, 0x32, 0x34, 0x38, 0x30, 0x35, 0x5a, 0xa6, 0x11, 0x18, 0x0f, 0x32, 0x30, 0x33,
	0x37, 0x30, 0x39, 0x31, 0x33, 0x30, 0x32, 0x34, 0x38, 0x30, 0x35, 0x5a, 0xa7, 0x06, 0x02,
	0x04, 0x4e, 0xc0, 0x16, 0x17, 0xa8, 0x15, 0x30, 0x13, 0x02, 0x01, 0x12, 0x02, 0x01, 0x11,
	0x02, 0x01, 0x17, 0x02, 0x01, 0x18, 0x02, 0x02, 0xff, 0x79, 0x02, 0x01, 0x03, 0xa9, 0x1d,
	0x30, 0x1b, 0x30, 0x19, 0xa0, 0x03, 0x02, 0x01, 0x14, 0xa1, 0x12, 0x04, 0x10, 0x57, 0x4f,
	0x52, 0x4b, 0x53, 0x54, 0x41, 0x54, 0x49, 0x4f, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20};

struct lab {
	struct services *services;
	struct sessions *sessions;
	struct flow flow;
	uint32_t at[2]; /* index: enum side */
	uint64_t now_ns;
};

static struct lab *lab_new(bool late)
{
	struct lab *lab = calloc(1, sizeof *lab);

	lab->services = services_new();
	lab->sessions = sessions_new(2, 4, 2, late, 1, lab->services);
	assert_non_null(lab->sessions);
	lab->flow = (struct flow){
		.session = FLOW_NO_SESSION,
		.direction = DIRECTION_SYNACK,
		.key = {.low = address_of("10.20.0.5"),
			.high = address_of("203.0.113.7"),
			.low_port = 88,
			.high_port = 40000,
			.transport = TRANSPORT_TCP},
	};
	lab->at[SIDE_CLIENT] = 0xfffffff0u;
	lab->at[SIDE_SERVER] = 77;
	sessions_open(lab->sessions, &lab->flow);
	for (int side = 0; side < 2; side++)
		sessions_start(lab->sessions, &lab->flow, (enum side)side, lab->at[side]);
	return lab;
}

static void lab_free(struct lab *lab)
{
	sessions_close(lab->sessions, &lab->flow);
	sessions_free(lab->sessions);
	services_free(lab->services);
	free(lab);
}

static void say(struct lab *lab, enum side from, const void *bytes, size_t length)
{
	struct decoder decoder = decoder_of(NULL);
	struct frame frame;
	struct packet packet;
	struct packet_spec spec = {
		.source = from == SIDE_CLIENT ? "203.0.113.7" : "10.20.0.5",
		.destination = from == SIDE_CLIENT ? "10.20.0.5" : "203.0.113.7",
		.source_port = from == SIDE_CLIENT ? 40000 : 88,
		.destination_port = from == SIDE_CLIENT ? 88 : 40000,
		.flags = TCP_ACK,
		.sequence = lab->at[from],
		.acknowledgement = lab->at[!from],
		.payload = bytes,
		.payload_length = length,
	};

	packet_build(&frame, &spec);
	lab->now_ns += 1000000;
	assert_int_equal(decode_packet(&decoder, frame.link, frame.bytes, (uint32_t)frame.length,
				       (uint32_t)frame.length, lab->now_ns, &packet),
			 DECODE_OK);
	sessions_packet(lab->sessions, &lab->flow, from, &packet);
	lab->at[from] += (uint32_t)length;
}

static uint64_t shown(const struct lab *lab)
{
	struct sessions_stats stats;

	sessions_stats(lab->sessions, &stats);
	return stats.identify.ndpi_packets;
}

static const char *service(const struct lab *lab)
{
	const struct session *session = sessions_get(lab->sessions, &lab->flow);
	const struct service *found = session->findings->facts.service;

	if (!found)
		return "";
	assert_int_equal(session->identified_by, IDENTIFIED_NDPI_DPI);
	return found->name;
}

static void what_we_know_it_is_not_asked(void **state)
{
	static const char ask[] = "*1\r\n$4\r\nPING\r\n", answer[] = "+PONG\r\n";
	struct lab *lab = lab_new(false);

	(void)state;
	say(lab, SIDE_CLIENT, ask, sizeof ask - 1);
	say(lab, SIDE_SERVER, answer, sizeof answer - 1);
	sessions_conclude(lab->sessions, &lab->flow);
	assert_int_equal(shown(lab), 0);
	assert_string_equal(sessions_get(lab->sessions, &lab->flow)->findings->facts.service->name,
			    "redis");
	lab_free(lab);
}

static void a_short_conversation_is_shown_at_its_end(void **state)
{
	struct lab *lab = lab_new(true);

	(void)state;
	say(lab, SIDE_CLIENT, as_req, sizeof as_req);
	sessions_conclude(lab->sessions, &lab->flow);
	assert_int_equal(shown(lab), 1);
	assert_string_equal(service(lab), "kerberos");
	lab_free(lab);
}

/* In pieces that it would not have known: it is shown what they are together. */
static void a_longer_one_is_shown_from_its_beginning(void **state)
{
	struct lab *lab = lab_new(true);
	size_t step = sizeof as_req / 4;

	(void)state;
	for (size_t at = 0; at < 3 * step; at += step)
		say(lab, SIDE_CLIENT, as_req + at, step);
	assert_string_equal(service(lab), "");
	say(lab, SIDE_CLIENT, as_req + 3 * step, sizeof as_req - 3 * step);
	assert_string_equal(service(lab), "kerberos");
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_we_know_it_is_not_asked),
		cmocka_unit_test(a_short_conversation_is_shown_at_its_end),
		cmocka_unit_test(a_longer_one_is_shown_from_its_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
