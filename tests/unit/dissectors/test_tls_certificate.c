/* SPDX-License-Identifier: ISC */
/* The certificate walker on a certificate written here, which no authority would issue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/dissect.h"

/* Appends one DER element with a two-byte length; returns its size. */
static size_t der(uint8_t *out, uint8_t tag, const void *body, size_t length)
{
	const uint8_t header[] = {tag, 0x82, (uint8_t)(length >> 8), (uint8_t)length};

	memmove(out + sizeof header, body, length);
	memcpy(out, header, sizeof header);
	return sizeof header + length;
}

/* One attribute of a name, in a set of its own. */
static size_t attribute(uint8_t *out, const char *type, const void *value, size_t length)
{
	uint8_t body[256];
	size_t n = der(body, 0x06, type, 3);

	n += der(body + n, 0x0c, value, length);
	n = der(out, 0x30, body, n);
	return der(out, 0x31, out, n);
}

/* A name with a part that is too long and parts that need escapes, and dates of both kinds. */
static void a_written_certificate_is_read(void **unused)
{
	uint8_t wire[1024] = {0}, name[512], body[600], long_name[100];
	struct turn turns[] = {{SIDE_SERVER, wire, 0}};
	size_t n, m;
	struct facts facts;

	(void)unused;
	memset(long_name, 'x', sizeof long_name);
	n = attribute(name, "\x55\x04\x07", long_name, sizeof long_name); /* locality */
	n += attribute(name + n, "\x55\x04\x0a", "A, B", 4);
	n += attribute(name + n, "\x55\x04\x03", "#1", 2);
	n = der(name, 0x30, name, n);
	m = der(body, 0x02, "\x01", 1); /* version 1: no tag; serial, algorithm, issuer */
	m += der(body + m, 0x30, "", 0);
	memcpy(body + m, name, n);
	m += n;
	m += der(body + m, 0x30,
		 "\x17\x0d"
		 "700101000000Z"
		 "\x18\x0f"
		 "20500301000000Z",
		 32);
	memcpy(body + m, name, n);
	m += n;
	m = der(body, 0x30, body, m);
	m = der(wire + 5 + 10, 0x30, body, m);
	/* Record, message, list, certificate. */
	memcpy(wire,
	       (const uint8_t[]){22, 3, 3, (uint8_t)((m + 10) >> 8), (uint8_t)(m + 10), 11, 0,
				 (uint8_t)((m + 6) >> 8), (uint8_t)(m + 6), 0,
				 (uint8_t)((m + 3) >> 8), (uint8_t)(m + 3), 0, (uint8_t)(m >> 8),
				 (uint8_t)m},
	       15);
	turns[0].length = 15 + m;
	for (size_t chunk = 0; chunk < 40; chunk++) {
		memset(&facts, 0, sizeof facts);
		dissect_session(&tls_dissector, turns, 1, chunk, &facts);
		assert_string_equal(facts.tls_subject, "CN=\\#1,O=A\\, B");
		assert_string_equal(facts.tls_issuer, "CN=\\#1,O=A\\, B");
		assert_int_equal(facts.tls_not_after_s, 2529705600); /* 2050-03-01 */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_written_certificate_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
