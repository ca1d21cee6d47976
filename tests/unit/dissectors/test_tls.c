/* SPDX-License-Identifier: ISC */
/* The TLS dissector on a recorded TLS 1.2 conversation and on messages written here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/dissect.h"
#include "tests/unit/sample_tls.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TURN_BYTES(side, array)                                                                    \
	{                                                                                          \
		(side), (array), sizeof(array)                                                     \
	}

/* TLS 1.3: server name "db.example.net", versions 1.3 and 1.2. */
#define RANDOM_32 "0123456789abcdef0123456789ABCDEF"
#define HELLO_13                                                                                   \
	"\x16\x03\x01\x00\x59"                                                                     \
	"\x01\x00\x00\x55\x03\x03" RANDOM_32 "\x04sess"                                            \
	"\x00\x04\x13\x01\x13\x02\x01\x00"                                                         \
	"\x00\x24"                                                                                 \
	"\x00\x2b\x00\x05\x04\x03\x04\x03\x03"                                                     \
	"\x00\x00\x00\x13\x00\x11\x00\x00\x0e"                                                     \
	"db.example.net"                                                                           \
	"\x00\x17\x00\x00"
#define SERVER_13                                                                                  \
	"\x16\x03\x03\x00\x36"                                                                     \
	"\x02\x00\x00\x32\x03\x03" RANDOM_32 "\x04sess"                                            \
	"\x13\x01\x00\x00\x06\x00\x2b\x00\x02\x03\x04"                                             \
	"\x14\x03\x03\x00\x01\x01\x17\x03\x03\x00\x04zzzz"
#define ALERT_FATAL_40	   "\x15\x03\x03\x00\x02\x02\x28"
#define ALERT_WARNING_41   "\x15\x03\x03\x00\x02\x01\x29"
#define CHANGE_CIPHER_SPEC "\x14\x03\x03\x00\x01\x01"

static const struct turn tls12[] = {
	TURN_BYTES(SIDE_CLIENT, tls12_client_hello),
	TURN_BYTES(SIDE_SERVER, tls12_server_flight),
	TURN_BYTES(SIDE_CLIENT, tls12_client_flight),
};
static const struct turn tls13[] = {TURN_CLIENT(HELLO_13), TURN_SERVER(SERVER_13)};

static enum recognised recognise(const void *client, size_t client_length, const void *server,
				 size_t server_length, bool one_sided)
{
	return dissect_recognise(&tls_dissector, OVER_TCP, client, client_length, server,
				 server_length, one_sided);
}

static void assert_tls12(const struct facts *facts)
{
	assert_string_equal(facts->service->name, "tls");
	assert_int_equal(facts->encryption, ENCRYPTION_TLS);
	assert_int_equal(facts->auth, AUTH_UNKNOWN);
	assert_int_equal(facts->data_read, ANSWER_UNKNOWN);
	assert_string_equal(facts->tls_version, "1.2");
	assert_string_equal(facts->tls_subject, "CN=srv.corp.internal");
	assert_string_equal(facts->tls_issuer, "CN=LabCA");
	assert_int_equal(facts->tls_not_after_s, 2110641491);
}

static void the_certificate_is_read(void **unused)
{
	struct facts facts;

	(void)unused;
	assert_true(dissect(&tls_dissector, tls12, COUNT(tls12), 0, &facts));
	assert_tls12(&facts);
}

/* Whom the hello was said to may speak no TLS at all. */
static void a_hello_without_an_answer_proves_nothing(void **unused)
{
	static const struct turn sealed[] = {
		TURN_BYTES(SIDE_CLIENT, tls12_client_hello),
		TURN_BYTES(SIDE_CLIENT, tls12_client_flight),
	};
	struct facts facts;

	(void)unused;
	assert_true(dissect(&tls_dissector, tls12, 1, 0, &facts));
	assert_string_equal(facts.service->name, "tls");
	assert_int_equal(facts.encryption, ENCRYPTION_UNKNOWN);
	/* One direction is not seen, and the client goes on to encrypt. */
	assert_true(dissect(&tls_dissector, sealed, COUNT(sealed), 0, &facts));
	assert_int_equal(facts.encryption, ENCRYPTION_TLS);
}

static void version_and_name_of_13_are_read(void **unused)
{
	struct facts facts;

	(void)unused;
	assert_true(dissect(&tls_dissector, tls13, COUNT(tls13), 0, &facts));
	assert_string_equal(facts.tls_version, "1.3");
	assert_string_equal(facts.host, "db.example.net");
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
}

static void any_pieces_say_the_same(void **unused)
{
	struct facts whole, pieces;

	(void)unused;
	assert_true(dissect(&tls_dissector, tls12, COUNT(tls12), 0, &whole));
	for (size_t chunk = 1; chunk < sizeof tls12_server_flight; chunk++) {
		assert_true(dissect(&tls_dissector, tls12, COUNT(tls12), chunk, &pieces));
		assert_true(dissect_same(&whole, &pieces));
	}
	assert_true(dissect(&tls_dissector, tls13, COUNT(tls13), 0, &whole));
	for (size_t chunk = 1; chunk < 100; chunk++) {
		assert_true(dissect(&tls_dissector, tls13, COUNT(tls13), chunk, &pieces));
		assert_true(dissect_same(&whole, &pieces));
	}
}

/* The handshake messages of the server, cut into records of `size` bytes. */
static void messages_may_span_records(void **unused)
{
	uint8_t wire[8 * sizeof tls12_server_flight];
	struct facts whole, facts;

	(void)unused;
	assert_true(dissect(&tls_dissector, tls12, COUNT(tls12), 0, &whole));
	for (uint8_t size = 6; size < 90; size++) {
		struct bytes in = bytes_from(tls12_server_flight, sizeof tls12_server_flight);
		uint8_t messages[sizeof tls12_server_flight];
		struct turn turns[] = {tls12[0], {SIDE_SERVER, wire, 0}};
		size_t length = 0, n = 0;

		while (in.left != 0) {
			struct bytes record;

			bytes_skip(&in, 3);
			record = bytes_sub(&in, bytes_be16(&in));
			memcpy(messages + length, record.at, record.left);
			length += record.left;
		}
		for (size_t at = 0; at < length; at += size) {
			uint8_t part = length - at < size ? (uint8_t)(length - at) : size;
			const uint8_t header[] = {22, 3, 3, 0, part};

			memcpy(wire + n, header, sizeof header);
			memcpy(wire + n + sizeof header, messages + at, part);
			n += sizeof header + part;
		}
		turns[1].length = n;
		assert_true(dissect(&tls_dissector, turns, 2, 7, &facts));
		assert_true(dissect_same(&whole, &facts));
	}
}

static void a_hello_alone_waits_for_the_server(void **unused)
{
	const size_t n = sizeof tls12_client_hello;

	(void)unused;
	assert_int_equal(recognise(tls12_client_hello, n, "", 0, false), RECOGNISED_MORE);
	assert_int_equal(recognise(tls12_client_hello, n, "", 0, true), RECOGNISED_YES);
	assert_int_equal(recognise(tls12_client_hello, 20, "", 0, true), RECOGNISED_MORE);
	assert_int_equal(recognise("", 0, tls12_server_flight, 60, false), RECOGNISED_YES);
	assert_int_equal(recognise("", 0, ALERT_FATAL_40, 7, false), RECOGNISED_YES);
	assert_int_equal(recognise(tls12_client_hello, n, ALERT_FATAL_40, 7, false),
			 RECOGNISED_YES);
	assert_int_equal(recognise("GET / HTTP/1.0\r\n\r\n", 18, "", 0, false), RECOGNISED_MORE);
	assert_int_equal(recognise("GET / HTTP/1.0\r\n\r\n", 18, ALERT_FATAL_40, 7, false),
			 RECOGNISED_YES);
	assert_int_equal(recognise("GET / HTTP/1.0\r\n\r\n", 18, "", 0, true), RECOGNISED_NO);
}

static void plain_answers_are_not_tls(void **unused)
{
	/* The last ones look like TLS for a while: records that a server cannot open with. */
	static const struct turn answers[] = {
		TURN_SERVER("220 mx.example.net ESMTP\r\n"),
		TURN_SERVER("-ERR unknown command\r\n"),
		TURN_SERVER("HTTP/1.1 400 Bad Request\r\n"),
		TURN_SERVER("SSH-2.0-OpenSSH_9.2\r\n"),
		TURN_SERVER("<html>"),
		TURN_SERVER("\x4a\x00\x00\x00\x0a"),
		TURN_SERVER("\x16\x02"),
		TURN_SERVER("\x15\x03\x03\x00\x20\x00\x01"),
		TURN_SERVER("\x16\x03\x03\x00\x04\x0e\x00\x00\x00"),
		TURN_SERVER("\x16\x03\x03\x00\x40\x02\x00\x00\x3c\x07\x07"),
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(answers); i++) {
		for (int last = 0; last < 2; last++)
			assert_int_equal(recognise(tls12_client_hello, sizeof tls12_client_hello,
						   answers[i].bytes, answers[i].length, last),
					 RECOGNISED_NO);
	}
}

static void bad_hellos_are_not_tls(void **unused)
{
	uint8_t hello[sizeof tls12_client_hello];

	(void)unused;
	/* Record type, major version, handshake type and length, hello's major, session id
	 * length. */
	static const size_t places[] = {0, 1, 5, 6, 9, 43};

	for (size_t i = 0; i < COUNT(places); i++) {
		memcpy(hello, tls12_client_hello, sizeof hello);
		hello[places[i]] ^= 0x40;
		assert_int_equal(recognise(hello, sizeof hello, "", 0, true), RECOGNISED_NO);
	}
	/* Cipher suites that do not fill the message: all of it is there, so nothing is
	 * believed. */
	for (uint8_t wrong = 0x02; wrong != 0; wrong = (uint8_t)(wrong << 1)) {
		memcpy(hello, HELLO_13, sizeof HELLO_13 - 1);
		hello[49] ^= wrong;
		assert_int_equal(recognise(hello, sizeof HELLO_13 - 1, "", 0, true), RECOGNISED_NO);
	}
	assert_int_equal(recognise("GET / HTTP/1.1\r\n", 16, "", 0, true), RECOGNISED_NO);
	assert_int_equal(recognise("\x16\x03", 2, "", 0, true), RECOGNISED_MORE);
}

static void an_old_hello_is_recognised(void **unused)
{
	static const char hello[] = "\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10"
				    "\x00\x00\x2f\x00\x00\x35\x00\x00\x0a\x01\x00\x80\x07\x00\xc0"
				    "\x00\x00\x04\x00\x00\x05"
				    "0123456789abcdef";

	(void)unused;
	assert_int_equal(recognise(hello, sizeof hello - 1, "", 0, true), RECOGNISED_YES);
	assert_int_equal(recognise(hello, sizeof hello - 1, "", 0, false), RECOGNISED_MORE);
	assert_int_equal(recognise(hello, sizeof hello - 2, "", 0, true), RECOGNISED_MORE);
	assert_int_equal(recognise("\x80\x2f\x01\x03\x01\x00\x15\x00\x00\x00\x10", 11, "", 0, true),
			 RECOGNISED_NO);
}

static void a_capture_that_began_late_is_read(void **unused)
{
	static const char data[] = "\x17\x03\x03\x00\x04zzzz\x17\x03\x03\x10\x00zz";
	struct opening opening = {.transport = OVER_TCP, .midstream = true, .one_sided = true};

	(void)unused;
	opening.side[SIDE_SERVER] = bytes_from(data, sizeof data - 1);
	assert_int_equal(tls_dissector.recognise(&opening), RECOGNISED_YES);
	opening.one_sided = false;
	assert_int_equal(tls_dissector.recognise(&opening), RECOGNISED_MORE);
	opening.side[SIDE_CLIENT] = bytes_from(data, sizeof data - 1);
	assert_int_equal(tls_dissector.recognise(&opening), RECOGNISED_YES);
	opening.side[SIDE_CLIENT] = bytes_from("plain text", 10);
	assert_int_equal(tls_dissector.recognise(&opening), RECOGNISED_NO);
	opening.side[SIDE_CLIENT] = opening.side[SIDE_SERVER];
	opening.midstream = false;
	assert_int_equal(tls_dissector.recognise(&opening), RECOGNISED_NO);
	/* Guessed the wrong way round. */
	opening.midstream = true;
	opening.side[SIDE_SERVER] = bytes_from(tls12_client_hello, sizeof tls12_client_hello);
	opening.side[SIDE_CLIENT] = bytes_from(tls12_server_flight, sizeof tls12_server_flight);
	assert_int_equal(tls_dissector.recognise(&opening), RECOGNISED_NO);
}

static void a_demand_for_a_client_certificate_is_seen(void **unused)
{
	/* The client's Certificate message is empty, then the server gives up. */
	static const uint8_t sent[] = {0x16, 3, 3, 0, 11, 11, 0, 0, 7, 0, 0, 4, 0, 0, 1, 0x30};
	const struct turn without[] = {tls12[0],
				       tls12[1],
				       {SIDE_CLIENT, tls12_client_flight, 12},
				       TURN_SERVER(ALERT_FATAL_40)};
	const struct turn with[] = {tls12[0], tls12[1], TURN_BYTES(SIDE_CLIENT, sent),
				    TURN_SERVER(ALERT_FATAL_40)};
	struct facts facts;

	(void)unused;
	assert_true(dissect(&tls_dissector, without, COUNT(without), 1, &facts));
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	assert_true(dissect(&tls_dissector, with, COUNT(with), 1, &facts));
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_int_equal(facts.logins_failed, 1);
	/* A warning ends nothing, and what comes after ChangeCipherSpec cannot be read. */
	assert_true(dissect(&tls_dissector,
			    (struct turn[]){tls12[0], tls12[1], TURN_SERVER(ALERT_WARNING_41)}, 3,
			    0, &facts));
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	assert_true(dissect(
		&tls_dissector,
		(struct turn[]){tls12[0], tls12[1], TURN_SERVER(CHANGE_CIPHER_SPEC ALERT_FATAL_40)},
		3, 0, &facts));
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	/* An alert for another reason: nobody asked for a certificate. */
	assert_true(dissect(&tls_dissector, (struct turn[]){tls12[0], TURN_SERVER(ALERT_FATAL_40)},
			    2, 0, &facts));
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
}

static void after_starttls_the_service_stays(void **unused)
{
	static const struct service imap = {.name = "imap"};
	struct facts facts = {.service = &imap, .encryption = ENCRYPTION_CLEARTEXT};

	(void)unused;
	dissect_session(&tls_dissector, tls12, COUNT(tls12), 3, &facts);
	assert_ptr_equal(facts.service, &imap);
	assert_int_equal(facts.encryption, ENCRYPTION_STARTTLS);
	assert_string_equal(facts.tls_subject, "CN=srv.corp.internal");
}

/* Truncated everywhere: never a YES that the whole does not give, no name that is not whole. */
static void truncated_bytes_are_survived(void **unused)
{
	struct facts facts;

	(void)unused;
	for (size_t n = 0; n <= sizeof tls12_server_flight; n++) {
		const struct turn turns[] = {tls12[0], {SIDE_SERVER, tls12_server_flight, n}};

		if (!dissect(&tls_dissector, turns, COUNT(turns), 0, &facts))
			continue;
		assert_true(facts.tls_subject[0] == '\0' ||
			    strcmp(facts.tls_subject, "CN=srv.corp.internal") == 0);
	}
	for (size_t n = 1; n <= sizeof tls12_client_hello; n++)
		assert_int_not_equal(recognise(tls12_client_hello, n, "", 0, true), RECOGNISED_NO);
}

/* Each byte flipped: the sanitizers watch, and the text stays what text must be. */
static void flipped_bits_are_survived(void **unused)
{
	uint8_t flight[sizeof tls12_server_flight];
	struct turn turns[] = {tls12[0], TURN_BYTES(SIDE_SERVER, flight), tls12[2]};
	struct facts facts;

	(void)unused;
	for (size_t i = 0; i < 8 * sizeof flight; i++) {
		memcpy(flight, tls12_server_flight, sizeof flight);
		flight[i / 8] ^= (uint8_t)(1u << i % 8);
		memset(&facts, 0, sizeof facts);
		dissect_session(&tls_dissector, turns, COUNT(turns), 0, &facts);
		assert_true(memchr(facts.tls_subject, 0, sizeof facts.tls_subject) != NULL);
		assert_true(memchr(facts.tls_issuer, 0, sizeof facts.tls_issuer) != NULL);
		assert_true(facts.auth == AUTH_UNKNOWN);
	}
}

static void a_gap_ends_reading(void **unused)
{
	const struct turn turns[] = {tls12[0],
				     {SIDE_SERVER, tls12_server_flight, 120},
				     TURN_GAP(SIDE_SERVER, 5),
				     {SIDE_SERVER, tls12_server_flight + 125, 500}};
	struct facts facts;

	(void)unused;
	assert_true(dissect(&tls_dissector, turns, COUNT(turns), 0, &facts));
	assert_string_equal(facts.tls_version, "1.2");
	assert_string_equal(facts.tls_subject, "");
}

/* RFC 6520; the honest one has its 16 bytes of padding. */
#define HEARTBEAT_HONEST "\x18\3\3\0\x17\1\0\4ping0123456789abcdef"
#define HEARTBEAT_ECHO	 "\x18\3\3\0\x17\2\0\4ping0123456789abcdef"
#define HEARTBEAT_LIE	 "\x18\3\2\0\3\1\x40\0"
#define HEARTBEAT_MEMORY "\x18\3\2\0\x13\2\x40\0memory of others"

static void a_heartbeat_that_lies(void **unused)
{
	struct turn turns[] = {
		TURN_BYTES(SIDE_CLIENT, tls12_client_hello),
		TURN_BYTES(SIDE_SERVER, tls12_server_flight),
		TURN_CLIENT(HEARTBEAT_HONEST),
		TURN_SERVER(HEARTBEAT_ECHO),
		TURN_CLIENT(HEARTBEAT_LIE HEARTBEAT_LIE),
		TURN_SERVER(HEARTBEAT_MEMORY),
	};
	struct facts facts;

	(void)unused;
	for (size_t chunk = 0; chunk < 9; chunk++) {
		assert_true(dissect(&tls_dissector, turns, 4, chunk, &facts));
		assert_false(facts.lying_length);
		assert_true(dissect(&tls_dissector, turns, 5, chunk, &facts));
		assert_true(facts.lying_length);
		assert_int_not_equal(facts.data_read, ANSWER_YES);
		assert_true(dissect(&tls_dissector, turns, 6, chunk, &facts));
		assert_int_equal(facts.data_read, ANSWER_YES);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_certificate_is_read),
		cmocka_unit_test(version_and_name_of_13_are_read),
		cmocka_unit_test(any_pieces_say_the_same),
		cmocka_unit_test(messages_may_span_records),
		cmocka_unit_test(a_hello_alone_waits_for_the_server),
		cmocka_unit_test(plain_answers_are_not_tls),
		cmocka_unit_test(bad_hellos_are_not_tls),
		cmocka_unit_test(an_old_hello_is_recognised),
		cmocka_unit_test(a_capture_that_began_late_is_read),
		cmocka_unit_test(a_demand_for_a_client_certificate_is_seen),
		cmocka_unit_test(after_starttls_the_service_stays),
		cmocka_unit_test(truncated_bytes_are_survived),
		cmocka_unit_test(a_hello_without_an_answer_proves_nothing),
		cmocka_unit_test(flipped_bits_are_survived),
		cmocka_unit_test(a_gap_ends_reading),
		cmocka_unit_test(a_heartbeat_that_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
