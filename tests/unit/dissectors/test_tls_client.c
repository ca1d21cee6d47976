/* SPDX-License-Identifier: ISC */
/*
 * What a ClientHello tells: JA4 by the example of its specification, in every cut, and what is
 * offered by ALPN. The hellos are put together here.
 */
#include "dissectors/tls/tls_services.h"
#include "tests/unit/conversation.h"

extern const struct dissector tls_dissector;

struct hello {
	uint8_t bytes[4096];
	size_t length;
};

static void put16(struct hello *h, unsigned value)
{
	h->bytes[h->length++] = (uint8_t)(value >> 8);
	h->bytes[h->length++] = (uint8_t)value;
}

static void put(struct hello *h, const void *bytes, size_t length)
{
	memcpy(h->bytes + h->length, bytes, length);
	h->length += length;
}

static void put_list(struct hello *h, const uint16_t *list, size_t count)
{
	put16(h, (unsigned)(2 * count));
	for (size_t i = 0; i < count; i++)
		put16(h, list[i]);
}

static const uint16_t ciphers[] = {0x5a5a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030,
				   0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035};
static const uint16_t signatures[] = {0x0403, 0x0804, 0x0401, 0x0503,
				      0x0805, 0x0501, 0x0806, 0x0601};
static const uint16_t extensions[] = {0x2a2a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469,
				      0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012,
				      0x002b, 0xff01, 0x000b, 0x000a, 0x0015};

/* alpn: a list as it is on the wire, without its length. */
static void put_extension(struct hello *h, uint16_t type, const void *alpn, size_t alpn_length,
			  size_t share)
{
	static const uint16_t versions[] = {0xfafa, 0x0304, 0x0303};
	struct hello body = {.length = 0};

	switch (type) {
	case 0x0000:
		put(&body,
		    "\0\x0d\0\0\x0a"
		    "db.example",
		    15);
		break;
	case 0x0010:
		put16(&body, (unsigned)alpn_length);
		put(&body, alpn, alpn_length);
		break;
	case 0x000d:
		put_list(&body, signatures, COUNT(signatures));
		break;
	case 0x002b:
		body.bytes[body.length++] = 2 * COUNT(versions);
		for (size_t i = 0; i < COUNT(versions); i++)
			put16(&body, versions[i]);
		break;
	case 0x0033:
		body.length = share; /* as large as those of X25519MLKEM768 */
		break;
	default:
		break;
	}
	put16(h, type);
	put16(h, (unsigned)body.length);
	put(h, body.bytes, body.length);
}

static size_t make(struct hello *h, const void *alpn, size_t alpn_length, size_t share)
{
	struct hello list = {.length = 0};
	size_t body;

	for (size_t i = 0; i < COUNT(extensions); i++) {
		if (extensions[i] != 0x0010 || alpn != NULL)
			put_extension(&list, extensions[i], alpn, alpn_length, share);
	}
	*h = (struct hello){.length = 9};
	put16(h, 0x0303);
	h->length += 32;
	h->bytes[h->length++] = 0;
	put_list(h, ciphers, COUNT(ciphers));
	put(h, "\1\0", 2);
	put16(h, (unsigned)list.length);
	put(h, list.bytes, list.length);
	body = h->length - 9;
	memcpy(h->bytes,
	       (uint8_t[]){22, 3, 1, (uint8_t)((body + 4) >> 8), (uint8_t)(body + 4), 1, 0,
			   (uint8_t)(body >> 8), (uint8_t)body},
	       9);
	return h->length;
}

static const char server_hello_13[] =
	"\x16\x03\x03\x00\x32\x02\0\0\x2e\x03\x03"
	"RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR\0\x13\x01\0\0\x06\0\x2b\0\x02\x03\x04"
	"\x17\x03\x03\x00\x28"
	"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";
static const char finished[] = "\x17\x03\x03\x00\x35"
			       "fffffffffffffffffffffffffffffffffffffffffffffffffffff";
static const char refusal[] = "\x15\x03\x03\x00\x02\x02\x78"; /* no_application_protocol */

static void run(const void *alpn, size_t alpn_length, const char *answer, size_t answer_length,
		struct facts *facts)
{
	struct script script = {.count = 0};
	struct hello h;

	make(&h, alpn, alpn_length, 1216);
	script_put(&script, SIDE_CLIENT, h.bytes, h.length);
	script_put(&script, SIDE_SERVER, answer, answer_length);
	if (answer != refusal)
		script_put(&script, SIDE_CLIENT, finished, sizeof finished - 1);
	assert_true(dissect(&tls_dissector, script.turns, script.count, 0, facts));
	for (size_t chunk = 1; chunk < 8; chunk += 3) {
		struct facts cut = {.service = NULL};

		dissect_session(&tls_dissector, script.turns, script.count, chunk, &cut);
		assert_string_equal(cut.ja4, facts->ja4);
		assert_ptr_equal(cut.service, facts->service);
	}
}

#define RUN(alpn, answer, facts) run(alpn, sizeof(alpn) - 1, answer, sizeof(answer) - 1, facts)

static void ja4_is_that_of_the_specification(void **unused)
{
	struct facts facts;

	(void)unused;
	RUN("\2h2\x08http/1.1", server_hello_13, &facts);
	assert_string_equal(facts.ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
	assert_string_equal(facts.host, "db.example");
	assert_string_equal(facts.service->name, "tls");
	RUN("\x02\xab\xcd", server_hello_13, &facts);
	assert_memory_equal(facts.ja4, "t13d1516ad_", 11);
	RUN("\x04\x30\xab\xcd\x31", server_hello_13, &facts);
	assert_memory_equal(facts.ja4, "t13d151601_", 11);
	run(NULL, 0, server_hello_13, sizeof server_hello_13 - 1, &facts);
	assert_memory_equal(facts.ja4, "t13d151500_", 11);
}

static void one_thing_offered_is_told_as_the_clients_word(void **unused)
{
	struct facts facts;

	(void)unused;
	RUN("\x07tds/8.0", server_hello_13, &facts);
	assert_string_equal(facts.service->name, "mssql");
	assert_true(facts.offered);
	RUN("\x02\x0a\x0a\x0apostgresql", server_hello_13, &facts); /* GREASE */
	assert_string_equal(facts.service->name, "postgresql");
	RUN("\x0bxmpp-client\x0bxmpp-server", server_hello_13, &facts);
	assert_string_equal(facts.service->name, "xmpp");
}

static void what_nobody_agreed_to_is_no_service(void **unused)
{
	struct facts facts;

	(void)unused;
	RUN("\x07tds/8.0", refusal, &facts);
	assert_string_equal(facts.service->name, "tls");
	RUN("\x02h2\x0apostgresql", server_hello_13, &facts);
	assert_string_equal(facts.service->name, "tls");
	RUN("\x0apostgresql\x04mqtt", server_hello_13, &facts);
	assert_string_equal(facts.service->name, "tls");
	RUN("\x0bpostgresqlx", server_hello_13, &facts);
	assert_string_equal(facts.service->name, "tls");
	assert_false(facts.offered);
}

static void names_are_of_the_registry(void **unused)
{
	(void)unused;
	assert_string_equal(tls_services[tls_service(bytes_from("dot", 3))].name, "dns");
	assert_string_equal(tls_services[tls_service(bytes_from("sunrpc", 6))].name, "rpc");
	assert_int_equal(tls_service(bytes_from("h2", 2)), 0);
	assert_int_equal(tls_service(bytes_from("", 0)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ja4_is_that_of_the_specification),
		cmocka_unit_test(one_thing_offered_is_told_as_the_clients_word),
		cmocka_unit_test(what_nobody_agreed_to_is_no_service),
		cmocka_unit_test(names_are_of_the_registry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
