/* SPDX-License-Identifier: ISC */
/*
 * What balancers say about their client, before anybody believes it: addresses as text, the HTTP
 * headers, XCLIENT and ID, the PROXY protocol. Whole, in pieces, cut off and damaged.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissectors/read/address_text.h"
#include "dissectors/read/proxy_header.h"
#include "dissectors/read/xclient.h"
#include "tests/unit/random.h"

#define V2_START "\r\n\r\n\0\r\nQUIT\n"

/* As text, "?" if it is not known. */
static const char *shown(const struct forwarded_address *address, char text[INET6_ADDRSTRLEN])
{
	if (!address->known)
		return "?";
	if (address->bytes[10] == 0xff && address->bytes[0] == 0)
		return inet_ntop(AF_INET, address->bytes + 12, text, INET6_ADDRSTRLEN);
	return inet_ntop(AF_INET6, address->bytes, text, INET6_ADDRSTRLEN);
}

static void assert_address(const char *text, const char *wanted)
{
	char *exact = malloc(strlen(text) + 1), out[INET6_ADDRSTRLEN];
	struct forwarded_address address;

	memcpy(exact, text, strlen(text) + 1);
	exact = realloc(exact, strlen(text) != 0 ? strlen(text) : 1);
	address = forwarded_address_read(exact, strlen(text));
	assert_string_equal(shown(&address, out), wanted);
	free(exact);
}

static void addresses(void **state)
{
	(void)state;
	assert_address("192.0.2.1", "192.0.2.1");
	assert_address(" 192.0.2.1\t", "192.0.2.1");
	assert_address("192.0.2.1:4711", "192.0.2.1");
	assert_address("2001:db8::17", "2001:db8::17");
	assert_address("[2001:db8::17]", "2001:db8::17");
	assert_address("[2001:db8::17]:4711", "2001:db8::17");
	assert_address("IPv6:2001:db8::17", "2001:db8::17");
	assert_address("::ffff:192.0.2.1", "192.0.2.1");
	assert_address("::", "::");
	assert_address("", "?");
	assert_address(":", "?");
	assert_address("[", "?");
	assert_address("[]", "?");
	assert_address("[192.0.2.1", "?");
	assert_address("[2001:db8::17]4711", "?");
	assert_address("[2001:db8::17]:471100", "?");
	assert_address("192.0.2.1:http", "?");
	assert_address("192.0.2.256", "?");
	assert_address("192.0.2.01", "?");
	assert_address("192.0.2", "?");
	assert_address("unknown", "?");
	assert_address("_hidden", "?");
	assert_address("[UNAVAILABLE]", "?");
	assert_address("fe80::1%eth0", "?");
	assert_address("1:2:3:4:5:6:7:8:9", "?");
	assert_address("1::2::3", "?");
}

/* Against the C library, over texts that are nearly addresses. */
static void addresses_as_libc_reads_them(void **state)
{
	static const char letters[] = "0123456789abcdefF::::....";
	struct random random = {.state = 7};
	unsigned good = 0;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		char text[40];
		uint8_t own[16], libc[16] = {[10] = 0xff, [11] = 0xff};
		uint32_t length = 0;
		bool is;

		if (i % 3 == 0)
			length = (uint32_t)sprintf(text, "%x:%x::%x", random_below(&random, 65536),
						   random_below(&random, 16), i & 0xffff);
		else if (i % 3 == 1)
			length = (uint32_t)sprintf(text, "%u.%u.%u.%u", random_below(&random, 300),
						   random_below(&random, 256), i & 0xff, i % 260);
		for (uint32_t n = random_below(&random, 3); n != 0 && length < 36; n--)
			text[length++] = letters[random_below(&random, sizeof letters - 1)];
		if (length != 0 && random_below(&random, 2))
			text[random_below(&random, length)] =
				letters[random_below(&random, sizeof letters - 1)];
		text[length] = '\0';
		is = inet_pton(AF_INET, text, libc + 12) == 1 ||
		     inet_pton(AF_INET6, text, libc) == 1;
		assert_int_equal(address_text_read(bytes_from(text, length), own), is);
		if (is)
			assert_memory_equal(own, libc, 16);
		good += is;
	}
	assert_true(good > 50000 && good < 290000);
}

struct header {
	const char *name, *value;
};

/* The hops from the right, with blanks between. */
static const char *read_headers(const struct header *headers, size_t piece, char out[512])
{
	struct forwarded_reader reader = {.length = 0};
	char text[INET6_ADDRSTRLEN];

	for (; headers->name; headers++) {
		size_t length = strlen(headers->value);

		forwarded_begin(&reader, headers->name);
		for (size_t at = 0; at < length; at += piece) {
			size_t n = length - at < piece ? length - at : piece;
			char *exact = malloc(n);

			memcpy(exact, headers->value + at, n);
			forwarded_read(&reader, exact, n);
			free(exact);
		}
		forwarded_end(&reader);
	}
	out[0] = '\0';
	for (int i = 0; i < reader.list.count; i++)
		strcat(strcat(out, i != 0 ? " " : ""), shown(&reader.list.hop[i], text));
	return out;
}

static void assert_headers(const struct header *headers, const char *wanted)
{
	char out[512];

	for (size_t piece = 1; piece < 64; piece++)
		assert_string_equal(read_headers(headers, piece, out), wanted);
}

#define HEADERS(...) ((const struct header[]){__VA_ARGS__, {NULL, NULL}})

static void headers(void **state)
{
	(void)state;
	assert_headers(HEADERS({"x-forwarded-for", "203.0.113.9"}), "203.0.113.9");
	assert_headers(HEADERS({"x-forwarded-for", "203.0.113.9, 10.0.0.1 ,10.0.0.2"}),
		       "10.0.0.2 10.0.0.1 203.0.113.9");
	assert_headers(HEADERS({"x-forwarded-for", "10.9.9.9"}, {"host", "a"},
			       {"x-forwarded-for", "203.0.113.9"}),
		       "203.0.113.9 10.9.9.9");
	assert_headers(HEADERS({"x-forwarded-for", "nonsense, , ,203.0.113.9,"}), "203.0.113.9 ?");
	assert_headers(HEADERS({"forwarded", "for=192.0.2.43, for=\"[2001:db8:cafe::17]:4711\""}),
		       "2001:db8:cafe::17 192.0.2.43");
	assert_headers(HEADERS({"forwarded", "by=10.0.0.1;For=\"192.0.2.43:47\\011\";proto=http"}),
		       "192.0.2.43");
	assert_headers(HEADERS({"forwarded", "for=\"a,for=1.2.3.4\";by=x, for=_secret"}), "? ?");
	assert_headers(HEADERS({"forwarded", "for=192.0.2.1"}, {"forwarded", "for=192.0.2.2"}),
		       "192.0.2.2 192.0.2.1");
	assert_headers(HEADERS({"forwarded", "for=\"192.0.2.1"}), "192.0.2.1");
	assert_headers(HEADERS({"x-real-ip", "203.0.113.9"}), "203.0.113.9");
	/* All of them are kept, whatever their order. */
	assert_headers(HEADERS({"x-real-ip", "10.0.0.1"}, {"x-forwarded-for", "203.0.113.9"}),
		       "203.0.113.9 10.0.0.1");
	assert_headers(HEADERS({"x-forwarded-for", "203.0.113.9"}, {"x-real-ip", "10.0.0.1"},
			       {"forwarded", "for=10.0.0.2"}),
		       "10.0.0.2 10.0.0.1 203.0.113.9");
	assert_headers(HEADERS({"cf-connecting-ip", "10.0.0.1"}, {"true-client-ip", "10.0.0.2"},
			       {"x-client-ip", "10.0.0.3"},
			       {"x-envoy-external-address", "10.0.0.4"},
			       {"x-azure-clientip", "10.0.0.5"}, {"x-cluster-client-ip", "::1"}),
		       "::1 10.0.0.5 10.0.0.4 10.0.0.3 10.0.0.2 10.0.0.1");
	/* An empty one is told as well: it names nobody. */
	assert_headers(HEADERS({"x-forwarded-for", ""}, {"x-real-ip", " "}), "? ?");
	assert_headers(HEADERS({"x-forwarded-for", ",, ,"}, {"forwarded", "proto=http;by=a"}),
		       "? ?");
	assert_headers(HEADERS({"xclient", "10.0.0.1"}, {"proxy-v1", "10.0.0.1"}), "");
	assert_headers(HEADERS({"x-forwarded-host", "203.0.113.9"}), "");
}

/* Only the end of it matters, and nothing grows. */
static void a_header_of_any_length(void **state)
{
	char *value = calloc(1, 9000), out[512];
	struct header one[] = {{"x-forwarded-for", value}, {NULL, NULL}};

	(void)state;
	memset(value, 'a', 8192);
	assert_string_equal(read_headers(one, 8192, out), "?");
	strcpy(value + 8192, ", 203.0.113.9");
	assert_string_equal(read_headers(one, 1460, out), "203.0.113.9 ?");
	value[0] = '\0';
	for (int i = 0; i < 600; i++)
		sprintf(value + strlen(value), "%s10.1.%d.%d", i != 0 ? "," : "", i / 100, i % 100);
	assert_string_equal(read_headers(one, 100, out),
			    "10.1.5.99 10.1.5.98 10.1.5.97 10.1.5.96 10.1.5.95 10.1.5.94 "
			    "10.1.5.93 10.1.5.92 10.1.5.91 10.1.5.90 10.1.5.89 10.1.5.88 "
			    "10.1.5.87 10.1.5.86 10.1.5.85 10.1.5.84");
	free(value);
}

/* Whoever fills one header, or all of them, cannot push out the last word of another. */
static void headers_that_push(void **state)
{
	static const char ten[] = "10.1.1.1,10.1.1.2,10.1.1.3,10.1.1.4,10.1.1.5,"
				  "10.1.1.6,10.1.1.7,10.1.1.8,10.1.1.9,10.1.1.10";
	struct forwarded_reader reader = {.length = 0};

	(void)state;
	for (unsigned round = 0; round < 5; round++) {
		for (unsigned by = 1; by <= FORWARDED_X_FORWARDED_FOR; by++) {
			forwarded_begin(&reader, forwarded_by_name((enum forwarded_by)by));
			forwarded_read(&reader, ten, sizeof ten - 1);
			forwarded_end(&reader);
		}
	}
	assert_int_equal(reader.list.count, FORWARDED_HOPS);
	assert_true(reader.list.more);
	for (unsigned by = 1; by <= FORWARDED_X_FORWARDED_FOR; by++) {
		unsigned nearest = forwarded_next(&reader.list, (enum forwarded_by)by, 0);

		assert_int_not_equal(nearest, reader.list.count);
		/* Of Forwarded nothing but that it names nobody. */
		if (by != FORWARDED_FORWARDED)
			assert_int_equal(reader.list.hop[nearest].bytes[15], 10);
	}
}

static void mail(void **state)
{
	static const char smtp[] = "NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::17 PORT=4711 LOGIN=x";
	static const char none[] = "ADDR=[UNAVAILABLE] NAME=a.example";
	static const char id[] =
		"(\"x-session-id\" \"a\\b\" \"x-originating-ip\" \"203.0.113.9\" "
		"\"x-originating-port\" \"55555\" \"x-connected-ip\" \"10.0.0.1\")";
	struct forwarded told;
	char text[INET6_ADDRSTRLEN];

	(void)state;
	assert_true(xclient_read(bytes_from(smtp, sizeof smtp - 1), &told));
	assert_string_equal(shown(&told.hop[0], text), "2001:db8::17");
	assert_int_equal(told.port, 4711);
	assert_true(xclient_read(bytes_from(none, sizeof none - 1), &told));
	assert_false(told.hop[0].known);
	assert_false(xclient_read(bytes_from("LOGIN=alice", 11), &told));
	assert_true(xclient_read_id(bytes_from(id, sizeof id - 1), &told));
	assert_string_equal(shown(&told.hop[0], text), "203.0.113.9");
	assert_int_equal(told.port, 55555);
	assert_false(xclient_read_id(bytes_from("NIL", 3), &told));
	for (size_t length = 0; length < sizeof id - 1; length++) {
		char *exact = malloc(length != 0 ? length : 1);

		memcpy(exact, id, length);
		xclient_read_id(bytes_from(exact, length), &told);
		xclient_read(bytes_from(exact, length), &told);
		free(exact);
	}
}

struct sample {
	const char *bytes;
	size_t length, header; /* of it, that is the header; 0: none */
	const char *client;    /* "-": the balancer itself */
};

#define SAMPLE(text, header, client)                                                               \
	{                                                                                          \
		(text), sizeof(text) - 1, (header), (client)                                       \
	}

static const struct sample samples[] = {
	SAMPLE("PROXY TCP4 203.0.113.9 10.0.0.1 56324 443\r\nEHLO a\r\n", 43, "203.0.113.9"),
	SAMPLE("PROXY TCP6 2001:db8::9 2001:db8::1 56324 443\r\nx", 46, "2001:db8::9"),
	SAMPLE("PROXY UNKNOWN\r\nx", 15, "-"),
	SAMPLE("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", 59, "-"),
	SAMPLE(V2_START "\x21\x11\0\x0c\xcb\0\x71\x09\x0a\0\0\1\xdc\x04\1\xbb*1\r\n", 28,
	       "203.0.113.9"),
	SAMPLE(V2_START "\x21\x11\0\x13\xcb\0\x71\x09\x0a\0\0\1\xdc\x04\1\xbb\3\0\4abcdx", 35,
	       "203.0.113.9"),
	SAMPLE(V2_START "\x21\x21\0\x24\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x09"
			"\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\xdc\x04\1\xbbx",
	       52, "2001:db8::9"),
	SAMPLE(V2_START "\x20\0\0\0x", 16, "-"),
	SAMPLE(V2_START "\x20\x11\0\x0c\xcb\0\x71\x09\x0a\0\0\1\xdc\x04\1\xbbx", 28, "-"),
	SAMPLE(V2_START "\x21\0\0\3abcx", 19, "-"),
	SAMPLE(V2_START "\x21\x11\0\4\xcb\0\x71\x09x", 20, "-"), /* too short for its family */
	SAMPLE("PROXY TCP4 203.0.113.9\r\nx", 24, "203.0.113.9"),
	SAMPLE("PROXY TCP4 host 10.0.0.1 1 2\r\nx", 0, NULL),
	SAMPLE("PROXY TCP4 203.0.113.9 10.0.0.1 56324 443\nx", 0, NULL),
	SAMPLE("PROXY\r\n", 0, NULL),
	SAMPLE("PROPFIND / HTTP/1.1\r\n", 0, NULL),
	SAMPLE("\r\n\r\n", 0, NULL),
	SAMPLE("GET / HTTP/1.1\r\n", 0, NULL),
	SAMPLE(V2_START "\x31\x11\0\x0c\xcb\0\x71\x09\x0a\0\0\1\xdc\x04\1\xbb", 0, NULL),
	SAMPLE(V2_START "\x22\x11\0\x0c\xcb\0\x71\x09\x0a\0\0\1\xdc\x04\1\xbb", 0, NULL),
	SAMPLE(V2_START "\x21\x41\0\x0c\xcb\0\x71\x09\x0a\0\0\1\xdc\x04\1\xbb", 0, NULL),
};

static size_t feed_exact(struct proxy_header *header, const char *bytes, size_t length)
{
	uint8_t *exact = malloc(length != 0 ? length : 1);
	size_t taken;

	memcpy(exact, bytes, length);
	taken = proxy_header_feed(header, exact, length);
	free(exact);
	assert_true(taken <= length);
	return taken;
}

static void check(const struct sample *s, const struct proxy_header *header, size_t taken)
{
	char text[INET6_ADDRSTRLEN];

	if (s->header == 0) {
		assert_int_not_equal(header->state, PROXY_HEADER_DONE);
		assert_int_equal(header->length, taken); /* nothing is lost */
		assert_memory_equal(header->kept, s->bytes, taken);
		return;
	}
	assert_int_equal(header->state, PROXY_HEADER_DONE);
	assert_int_equal(taken, s->header);
	assert_int_equal(header->local, strcmp(s->client, "-") == 0);
	if (!header->local)
		assert_string_equal(shown(&header->client.hop[0], text), s->client);
}

static void proxy_headers_split_at_every_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		const struct sample *s = &samples[i];

		for (size_t split = 0; split <= s->length; split++) {
			struct proxy_header header = {.length = 0};
			size_t taken = feed_exact(&header, s->bytes, split);

			if (header.state == PROXY_HEADER_MORE)
				taken += feed_exact(&header, s->bytes + split, s->length - split);
			check(s, &header, taken);
		}
	}
}

static void proxy_headers_cut_off_and_damaged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		const struct sample *s = &samples[i];

		for (size_t length = 0; length < s->length; length++) {
			struct proxy_header header = {.length = 0};

			feed_exact(&header, s->bytes, length);
			if (s->header != 0 && length < s->header)
				assert_int_not_equal(header.state, PROXY_HEADER_DONE);
			proxy_header_give_up(&header);
			assert_int_not_equal(header.state, PROXY_HEADER_MORE);
		}
		for (size_t bit = 0; bit < 8 * s->length; bit++) {
			struct proxy_header header = {.length = 0};
			char *damaged = malloc(s->length);

			memcpy(damaged, s->bytes, s->length);
			damaged[bit / 8] = (char)(damaged[bit / 8] ^ (1 << bit % 8));
			feed_exact(&header, damaged, s->length);
			assert_true(header.length <= PROXY_HEADER_KEPT);
			free(damaged);
		}
	}
}

/* The longest that its length can tell; and one that never ends. */
static void a_header_that_lies_about_its_length(void **state)
{
	static const char start[] =
		V2_START "\x21\x11\xff\xff\xcb\0\x71\x09\x0a\0\0\1\xdc\x04\1\xbb";
	struct proxy_header header = {.length = 0};
	char *rest = calloc(1, 70000), line[120] = "PROXY TCP4 ";
	size_t taken = feed_exact(&header, start, sizeof start - 1);

	(void)state;
	assert_int_equal(taken, 28);
	assert_int_equal(header.state, PROXY_HEADER_MORE);
	assert_int_equal(feed_exact(&header, rest, 70000), 65535 - 12);
	assert_int_equal(header.state, PROXY_HEADER_DONE);
	free(rest);
	memset(line + 11, '1', sizeof line - 11);
	header = (struct proxy_header){.length = 0};
	assert_int_equal(feed_exact(&header, line, sizeof line), 107);
	assert_int_equal(header.state, PROXY_HEADER_NONE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(addresses_as_libc_reads_them),
		cmocka_unit_test(headers),
		cmocka_unit_test(a_header_of_any_length),
		cmocka_unit_test(headers_that_push),
		cmocka_unit_test(mail),
		cmocka_unit_test(proxy_headers_split_at_every_byte),
		cmocka_unit_test(proxy_headers_cut_off_and_damaged),
		cmocka_unit_test(a_header_that_lies_about_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
