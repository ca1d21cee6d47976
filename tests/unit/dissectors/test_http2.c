/* SPDX-License-Identifier: ISC */
/*
 * HTTP/2 without TLS: two conversations of etcdctl 3.4 as recorded (a refused log-in, a deleted
 * prefix), and frames and headers put together here.
 */
#include "tests/unit/conversation.h"

extern const struct dissector http2_dissector;

static const struct turn refused[] = {
	TURN_CLIENT("PRI * HTTP/2.0\x0d\x0a\x0d\x0aSM"
		    "\x0d\x0a\x0d\x0a"),
	TURN_SERVER("\x00\x00\x0c\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00@\x00\x00\x03\xff\xff\xff"
		    "\xff"),
	TURN_CLIENT("\x00\x00\x00\x04\x00\x00\x00\x00\x00"),
	TURN_CLIENT("\x00\x00\x00\x04\x01\x00\x00\x00\x00"),
	TURN_SERVER("\x00\x00\x00\x04\x01\x00\x00\x00\x00"),
	TURN_CLIENT("\x00\x00q\x01\x04\x00\x00\x00\x01\x83\x86\x45\x96`\xa9$\x88-\x9d\xcb"
		    "eq\xaf\x0d\xa9\x9d\x88mL\xe5\xa9& \xd2_A\x8b\x08\x17\x10"
		    "\x17\x0a\xe1\x05\xc1\x32\xeb\xff_\x8b\x1du\xd0\x62\x0d&=LMe"
		    "dz\x8b\x9a\xca\xc8\xb4\xc7`+\xb2\xca\xec\xff@\x02te\x86M"
		    "\x83\x35\x05\xb1\x1f@\x89\x9a\xca\xc8\xb2MIOj\x7f\x86\x0b\xef\x81"
		    "\x96\x9a\xb7@\x8d%\x06-IXu\x99n\xe5\xb1\x06=_\x03\x33"
		    ".4\x00\x00\x10\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x0b\x0a\x04ro"
		    "ot\x12\x03\x62\x61\x64"),
	TURN_SERVER(
		"\x00\x00\x04\x08\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x08\x06\x00\x00\x00"
		"\x00\x00\x02\x04\x10\x10\x09\x0e\x07\x07"),
	TURN_CLIENT("\x00\x00\x08\x06\x01\x00\x00\x00\x00\x02\x04\x10\x10\x09\x0e\x07\x07"),
	TURN_SERVER("\x00\x00R\x01\x05\x00\x00\x00\x01\x88_\x8b\x1du\xd0\x62\x0d&=L"
		    "Med@\x88\x9a\xca\xc8\xb2\x12\x34\xda\x8f\x01\x33@\x89\x9a\xca\xc8"
		    "\xb5%B\x07\x31\x7f\xac*I\x22\x0bgr\xd9qA\xda\x99\xcbR"
		    "LA\xa4\xc7\xa9IFj\x0b'\xd2\x86\xab\xb8\xe8\x34\x8aZ\x82\xd8"
		    "\xa6K\xea\x1e\xc5+\x1a\x11\xe0\xf6I"),
};

static const struct turn deleted[] = {
	TURN_CLIENT("PRI * HTTP/2.0\x0d\x0a\x0d\x0aSM"
		    "\x0d\x0a\x0d\x0a"),
	TURN_SERVER("\x00\x00\x0c\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00@\x00\x00\x03\xff\xff\xff"
		    "\xff"),
	TURN_CLIENT("\x00\x00\x00\x04\x00\x00\x00\x00\x00"),
	TURN_SERVER("\x00\x00\x00\x04\x01\x00\x00\x00\x00"),
	TURN_CLIENT("\x00\x00\x00\x04\x01\x00\x00\x00\x00"),
	TURN_CLIENT("\x00\x00p\x01\x04\x00\x00\x00\x01\x83\x86\x45\x95`\xa9$\x88-\x9d\xcb"
		    "eq\xaf\x9b\x8b\x17\xcb\x41R]\xa3\xaa\x62\xff\x41\x8b\x08\x17\x10\x17"
		    "\x0a\xe1\x05\xc1\x32\xeb\xff_\x8b\x1du\xd0\x62\x0d&=LMed"
		    "z\x8b\x9a\xca\xc8\xb4\xc7`+\xb2\xca\xec\xff@\x02te\x86M\x83"
		    "5\x05\xb1\x1f@\x89\x9a\xca\xc8\xb2MIOj\x7f\x86i\xf7\xc2\xdb"
		    "\x22\xb7@\x8d%\x06-IXu\x99n\xe5\xb1\x06=_\x03\x33."
		    "4\x00\x00\x0b\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x06\x0a\x01/\x12\x01"
		    "0"),
	TURN_SERVER(
		"\x00\x00\x04\x08\x00\x00\x00\x00\x00\x00\x00\x00\x0b\x00\x00\x08\x06\x00\x00\x00"
		"\x00\x00\x02\x04\x10\x10\x09\x0e\x07\x07"),
	TURN_CLIENT("\x00\x00\x08\x06\x01\x00\x00\x00\x00\x02\x04\x10\x10\x09\x0e\x07\x07"),
	TURN_SERVER(
		"\x00\x00\x0e\x01\x04\x00\x00\x00\x01\x88_\x8b\x1du\xd0\x62\x0d&=L"
		"Med\x00\x00#\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x1e\x0a\x1a\x08"
		"\xb2\x98\xea\xf1\x94\x83\x86\xfc\xcd\x01\x10\xcd\xd2\x91\x8b\xd2\xb8\x81\xcf\x8e"
		"\x01\x18\x03 \x02\x10\x01\x00\x00\x18\x01\x05\x00\x00\x00\x01@\x88\x9a\xca"
		"\xc8\xb2\x12\x34\xda\x8f\x01\x30@\x89\x9a\xca\xc8\xb5%B\x07\x31\x7f\x00"),
};

#define PREFACE	       "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SETTINGS       "\0\0\0\x04\0\0\0\0\0"
#define HEADERS(n, id) "\0\0" n "\x01\x05\0\0\0" id

/* The second request and the second answer name what the first put into the tables. */
static const struct turn plain[] = {
	TURN_CLIENT(PREFACE SETTINGS HEADERS("\x0d", "\x01") "\x82\x86\x44\x02/a\x41\x05host1"),
	TURN_SERVER(SETTINGS HEADERS("\x0b", "\x01") "\x88\x76\x08nginx/1a"),
	TURN_CLIENT(HEADERS("\x04", "\x03") "\x82\x86\xbf\xbe"),
	TURN_SERVER(HEADERS("\x05", "\x03") "\x48\x03"
					    "403"),
	TURN_CLIENT(HEADERS("\x0e", "\x05") "\x82\x86\xbf\xbe\x57\x08"
					    "Bearer 1"),
	TURN_SERVER(HEADERS("\x01", "\x05") "\xbe"),
};

static void a_refusal_is_seen(void **unused)
{
	struct facts facts;

	(void)unused;
	assert_true(dissect(&http2_dissector, refused, COUNT(refused), 0, &facts));
	assert_string_equal(facts.service->name, "etcd");
	assert_string_equal(facts.product, "etcd");
	assert_string_equal(facts.user, "root");
	assert_string_equal(facts.host, "10.20.1.10:2379");
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_int_equal(facts.logins_failed, 1);
	conversation_has(&facts, "Authenticate", ANSWER_NO, 0);
	conversation_lacks(&facts, "bad");
	conversation_stands(&http2_dissector, refused, COUNT(refused));
}

static void a_deletion_is_seen(void **unused)
{
	struct facts facts;

	(void)unused;
	assert_true(dissect(&http2_dissector, deleted, COUNT(deleted), 0, &facts));
	assert_string_equal(facts.service->name, "etcd");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	assert_string_equal(facts.path, "/etcdserverpb.KV/DeleteRange");
	conversation_has(&facts, "DEL (KV/DeleteRange)", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_stands(&http2_dissector, deleted, COUNT(deleted));
}

static void tables_of_headers_are_followed(void **unused)
{
	struct facts facts;

	(void)unused;
	assert_true(dissect(&http2_dissector, plain, 4, 0, &facts));
	assert_string_equal(facts.service->name, "http2");
	assert_string_equal(facts.host, "host1");
	assert_string_equal(facts.product, "nginx");
	assert_int_equal(facts.commands_seen, 2);
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "GET /a", ANSWER_YES, 0);
	assert_true(dissect(&http2_dissector, plain, COUNT(plain), 0, &facts));
	assert_int_equal(facts.commands_seen, 3);
	assert_int_equal(facts.logins_failed, 1);
	conversation_stands(&http2_dissector, plain, COUNT(plain));
}

static void what_runs_code_is_seen(void **unused)
{
	static const struct turn turns[] = {
		TURN_CLIENT(PREFACE SETTINGS HEADERS("\x21", "\x01") "\x83\x86\x44\x16"
								     "/v1/submissions/create"
								     "\x41\x05host1"),
		TURN_SERVER(SETTINGS HEADERS("\x01", "\x01") "\x88"),
	};
	struct facts facts;

	(void)unused;
	assert_true(dissect(&http2_dissector, turns, COUNT(turns), 0, &facts));
	conversation_has(&facts, "POST /v1/submissions/create", ANSWER_YES, COMMAND_EXECUTES);
	conversation_stands(&http2_dissector, turns, COUNT(turns));
}

static enum recognised recognise(const void *client, size_t client_length, const void *server,
				 size_t server_length, bool one_sided)
{
	return dissect_recognise(&http2_dissector, OVER_TCP, client, client_length, server,
				 server_length, one_sided);
}

static void verdicts_are_right(void **unused)
{
	static const char settings[] = "\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64";
	static const char unknown[] = "\0\0\x06\x04\0\0\0\0\0\x7f\x03\0\0\0\x64";
	size_t n = sizeof PREFACE - 1;

	(void)unused;
	assert_int_equal(recognise(PREFACE, n, "", 0, false), RECOGNISED_MORE);
	assert_int_equal(recognise(PREFACE, n, "", 0, true), RECOGNISED_YES);
	assert_int_equal(recognise(PREFACE, n - 1, "", 0, true), RECOGNISED_MORE);
	assert_int_equal(recognise(PREFACE, n, settings, 15, false), RECOGNISED_YES);
	assert_int_equal(recognise(PREFACE, n, settings, 14, false), RECOGNISED_MORE);
	assert_int_equal(recognise(PREFACE, n, unknown, 15, false), RECOGNISED_NO);
	assert_int_equal(recognise(PREFACE, n, "HTTP/1.1 400 Bad", 16, false), RECOGNISED_NO);
	assert_int_equal(recognise("", 0, settings, 15, false), RECOGNISED_MORE);
	assert_int_equal(recognise("", 0, settings, 15, true), RECOGNISED_YES);
	assert_int_equal(recognise("", 0, SETTINGS, 9, true), RECOGNISED_MORE);
	assert_int_equal(recognise("GET / HTTP/2.0\r\n", 16, settings, 15, false), RECOGNISED_NO);
	assert_int_equal(recognise(settings, 15, PREFACE, n, false), RECOGNISED_NO);
}

/* Padding and priority are no headers, and neither is half of a block. */
static void frames_of_any_shape_are_read(void **unused)
{
	static const struct turn turns[] = {
		TURN_CLIENT(PREFACE SETTINGS "\0\0\x0e\x01\x29\0\0\0\x01"
					     "\x03\0\0\0\0\x10\x82\x86\x44\x02/\0\0\0"),
		TURN_CLIENT("\0\0\x01\x09\x04\0\0\0\x01"
			    "b"),
		TURN_SERVER(SETTINGS HEADERS("\x01", "\x01") "\x89"),
	};
	struct facts facts;

	(void)unused;
	assert_true(dissect(&http2_dissector, turns, COUNT(turns), 0, &facts));
	conversation_has(&facts, "GET /b", ANSWER_YES, 0);
	conversation_stands(&http2_dissector, turns, COUNT(turns));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refusal_is_seen),
		cmocka_unit_test(a_deletion_is_seen),
		cmocka_unit_test(what_runs_code_is_seen),
		cmocka_unit_test(tables_of_headers_are_followed),
		cmocka_unit_test(verdicts_are_right),
		cmocka_unit_test(frames_of_any_shape_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
