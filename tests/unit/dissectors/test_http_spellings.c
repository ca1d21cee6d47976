/* SPDX-License-Identifier: ISC */
/*
 * Other spellings of every deed: of each route of the table that runs code or destroys, requests
 * are made that servers take for the same, in path, query, headers and body. Each must be told with
 * the rung that the plain one has.
 */
#include <zlib.h>

#include "dissectors/http/http_products.h"
#include "tests/unit/conversation.h"

extern const struct dissector http_dissector;

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
#define DEEDS  (COMMAND_EXECUTES | COMMAND_DESTRUCTIVE)

struct text {
	size_t length;
	char bytes[200u << 10];
};

struct request {
	char method[16];
	char target[2048];
	char headers[256];
	struct text body;
};

static void put(struct text *text, const void *bytes, size_t length)
{
	assert_true(text->length + length < sizeof text->bytes);
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
}

static void put_text(struct text *text, const char *bytes)
{
	put(text, bytes, strlen(bytes));
}

/* The plain one: words for "{what}", two segments for "/...". */
static void make_target(const struct http_route *route, char *target)
{
	const char *from = strchr(route->request, ' ') + 1;
	size_t n = 0;

	for (; *from != '\0'; from++) {
		if (strncmp(from, "/...", 4) == 0) {
			n += (size_t)sprintf(target + n, "/aa/bb");
			from += 3;
		} else if (*from == '{') {
			n += (size_t)sprintf(target + n, "word");
			from = strchr(from, '}');
		} else if (*from != '*') {
			target[n++] = *from;
		}
	}
	target[n] = '\0';
}

static void make(const struct http_route *route, struct request *r)
{
	snprintf(r->method, sizeof r->method, "%.*s", (int)strcspn(route->request, "| "),
		 route->request);
	if (strcmp(r->method, "ANY") == 0)
		strcpy(r->method, "POST");
	make_target(route, r->target);
	r->headers[0] = '\0';
	r->body.length = 0;
	if (route->body != NULL)
		put_text(&r->body, route->body);
}

/* --- spellings: false, if there is none of this request --- */

static bool plain(struct request *r)
{
	(void)r;
	return true;
}

/* Writes the path anew, letter by letter. */
static bool path_by(struct request *r, void (*letter)(char *to, const char *from))
{
	char old[sizeof r->target];
	char *query;

	memcpy(old, r->target, sizeof old);
	query = old + strcspn(old, "?");
	r->target[0] = '\0';
	for (const char *at = old; at < query; at++)
		letter(r->target + strlen(r->target), at);
	strcat(r->target, query);
	return true;
}

static void slash_twice(char *to, const char *from)
{
	sprintf(to, "%s%c", *from == '/' ? "/" : "", *from);
}

static void letter_escaped(char *to, const char *from)
{
	if (*from == '/')
		strcpy(to, "/");
	else
		sprintf(to, "%%%02X", (unsigned char)*from);
}

static void upper(char *to, const char *from)
{
	sprintf(to, "%c", *from >= 'a' && *from <= 'z' ? *from - 32 : *from);
}

static void dotted(char *to, const char *from)
{
	sprintf(to, "%s", *from == '/' ? "/./x/../" : (char[]){*from, 0});
}

static void with_parameters(char *to, const char *from)
{
	if (from[1] == '/' || from[1] == '\0' || from[1] == '?')
		sprintf(to, "%c%s", *from, *from != '/' ? ";jsessionid=1" : "");
	else
		sprintf(to, "%c", *from);
}

static bool slashes(struct request *r)
{
	return path_by(r, slash_twice);
}

static bool escapes(struct request *r)
{
	return path_by(r, letter_escaped);
}

static bool upper_case(struct request *r)
{
	return path_by(r, upper);
}

static bool dots(struct request *r)
{
	return path_by(r, dotted);
}

static bool parameters(struct request *r)
{
	return path_by(r, with_parameters);
}

static bool before(struct request *r, const char *text)
{
	char old[sizeof r->target];

	memcpy(old, r->target, sizeof old);
	snprintf(r->target, sizeof r->target, "%s%.1500s", text, old);
	return old[1] != '\0' && old[1] != '?';
}

static bool trailing_slash(struct request *r)
{
	char old[sizeof r->target];
	size_t n = strcspn(r->target, "?");

	memcpy(old, r->target, sizeof old);
	snprintf(r->target, sizeof r->target, "%.*s/%.1500s", (int)n, old, old + n);
	return n > 1;
}

static bool versioned(struct request *r)
{
	return before(r, "/v1.43");
}

static bool behind_a_proxy(struct request *r)
{
	return before(r, "/gateway/app");
}

static bool behind_an_interface(struct request *r)
{
	return before(r, "/api/v2");
}

static bool padded(struct request *r)
{
	return before(
		r, "/././././././././././././././././././././././././././././././././././././././"
		   "./././././././././././././././././././././././././././././././././././././.."
		   "/././././././././././././././././././././././././././././././././././././.");
}

static bool absolute(struct request *r)
{
	return before(r, "http://10.0.0.1:99");
}

static bool query_padded(struct request *r)
{
	char old[sizeof r->target];
	size_t n = strcspn(r->target, "?");

	memcpy(old, r->target, sizeof old);
	snprintf(r->target, sizeof r->target, "%.*s?pretty&x=%%41&%.1500s", (int)n, old,
		 old[n] != '\0' ? old + n + 1 : "");
	return true;
}

static bool query_escaped(struct request *r)
{
	char old[sizeof r->target];
	size_t n = strcspn(r->target, "?");

	memcpy(old, r->target, sizeof old);
	r->target[n] = '\0';
	for (const char *at = old + n; *at != '\0'; at++) {
		if (strchr("?&=", *at) != NULL)
			sprintf(r->target + strlen(r->target), "%c", *at);
		else
			sprintf(r->target + strlen(r->target), "%%%02x", (unsigned char)*at);
	}
	return old[n] != '\0';
}

static bool overridden(struct request *r)
{
	/* Of a query, and of a long path's end, nothing is known any more when the header comes. */
	if (strcmp(r->method, "POST") == 0 || strcmp(r->method, "GET") == 0 ||
	    strchr(r->target, '?') != NULL || strlen(r->target) > 40)
		return false;
	snprintf(r->headers, sizeof r->headers, "X-HTTP-Method-Override: %s\r\n", r->method);
	strcpy(r->method, "POST");
	return true;
}

/* Writes the body anew, letter by letter. */
static bool body_by(struct request *r, void (*letter)(char *to, unsigned char c), const char *type)
{
	static struct text old;

	old = r->body;
	r->body.length = 0;
	for (size_t i = 0; i < old.length; i++) {
		char text[16];

		letter(text, (unsigned char)old.bytes[i]);
		put_text(&r->body, text);
	}
	snprintf(r->headers, sizeof r->headers, "%s", type);
	return old.length != 0;
}

#define JSON "Content-Type: application/json\r\n"
#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"

static void blank_around(char *to, unsigned char c)
{
	sprintf(to, strchr(":{}[],", c) != NULL ? " %c\r\n\t" : "%c", c);
}

static void in_json(char *to, unsigned char c)
{
	bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

	sprintf(to, letter ? "\\u%04x" : "%c", c);
}

static void in_form(char *to, unsigned char c)
{
	sprintf(to, c == '=' || c == '&' ? "%c" : "%%%02X", c);
}

static void in_upper_case(char *to, unsigned char c)
{
	sprintf(to, "%c", c >= 'a' && c <= 'z' ? c - 32 : c);
}

static bool body_spaced(struct request *r)
{
	return body_by(r, blank_around, JSON);
}

static bool body_in_json(struct request *r)
{
	return body_by(r, in_json, JSON) && memchr(r->body.bytes, '"', r->body.length) != NULL;
}

static bool body_in_form(struct request *r)
{
	return body_by(r, in_form, FORM);
}

static bool body_in_upper_case(struct request *r)
{
	return body_by(r, in_upper_case, "");
}

static bool body_far_down(struct request *r)
{
	static struct text old;

	old = r->body;
	r->body.length = 0;
	while (r->body.length < 60000)
		put_text(&r->body, "{\"a\":[1,2,3],\"b\":\"some text / and * more\"}\n");
	put(&r->body, old.bytes, old.length);
	return old.length != 0;
}

static bool body_in_utf16(struct request *r)
{
	static struct text old;

	old = r->body;
	r->body.length = 0;
	put(&r->body, "\xff\xfe", 2);
	for (size_t i = 0; i < old.length; i++)
		put(&r->body, (char[]){old.bytes[i], 0}, 2);
	return old.length != 0;
}

static bool body_packed(struct request *r)
{
	static struct text old;
	z_stream z = {.next_in = (Bytef *)old.bytes};

	old = r->body;
	z.avail_in = (uInt)old.length;
	z.next_out = (Bytef *)r->body.bytes;
	z.avail_out = 4096;
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, 0), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	r->body.length = 4096 - z.avail_out;
	strcpy(r->headers, "Content-Encoding: gzip\r\n");
	return old.length != 0;
}

static bool body_chunked(struct request *r)
{
	static struct text old;
	char line[16];

	old = r->body;
	r->body.length = 0;
	for (size_t i = 0; i < old.length; i++) {
		sprintf(line, "1;x=y\r\n%c\r\n", old.bytes[i]);
		put_text(&r->body, line);
	}
	put_text(&r->body, "0\r\n\r\n");
	strcpy(r->headers, "Transfer-Encoding: chunked\r\n");
	return old.length != 0;
}

static bool body_in_parts(struct request *r)
{
	static struct text old;

	old = r->body;
	r->body.length = 0;
	put_text(&r->body, "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n");
	put(&r->body, old.bytes, old.length);
	put_text(&r->body, "\r\n--x--\r\n");
	strcpy(r->headers, "Content-Type: multipart/form-data; boundary=x\r\n");
	return old.length != 0;
}

/* Where blanks mean nothing to the server, comments do not either; of SQL and the like. */
static bool body_with_comments(struct request *r)
{
	static const char *const words[] = {"drop", "remove", "detach", NULL};

	for (const char *const *w = words; *w != NULL; w++) {
		char *at = memmem(r->body.bytes, r->body.length, *w, strlen(*w));
		static struct text old;

		if (at == NULL || at[strlen(*w)] < 'a')
			continue;
		at += strlen(*w);
		old = r->body;
		r->body.length = (size_t)(at - r->body.bytes);
		put_text(&r->body,
			 "/* \\u0022 quite a long comment, longer than any window of what is "
			 "looked at, so that nothing of it may be kept; 1 ** 2 / 3 */");
		put(&r->body, old.bytes + (at - r->body.bytes),
		    old.length - (size_t)(at - r->body.bytes));
		return true;
	}
	return false;
}

static const struct spelling {
	const char *name;
	bool (*make)(struct request *r);
} spellings[] = {
	{"plain", plain},
	{"slashes", slashes},
	{"escapes", escapes},
	{"upper case", upper_case},
	{"dots", dots},
	{"parameters", parameters},
	{"trailing slash", trailing_slash},
	{"versioned", versioned},
	{"behind a proxy", behind_a_proxy},
	{"behind an interface", behind_an_interface},
	{"padded", padded},
	{"absolute", absolute},
	{"query padded", query_padded},
	{"query escaped", query_escaped},
	{"overridden", overridden},
	{"body spaced", body_spaced},
	{"body in JSON", body_in_json},
	{"body in form", body_in_form},
	{"body in upper case", body_in_upper_case},
	{"body far down", body_far_down},
	{"body in UTF-16", body_in_utf16},
	{"body packed", body_packed},
	{"body chunked", body_chunked},
	{"body in parts", body_in_parts},
	{"body with comments", body_with_comments},
};

static unsigned play(const struct request *r, bool pipelined)
{
	static struct text client;
	char head[4096];
	struct facts facts = {.service = NULL};
	struct turn turns[2];
	unsigned flags = 0;
	int n = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\n%s", r->method, r->target,
			 r->headers);

	client.length = 0;
	if (pipelined)
		put_text(&client, "GET /first HTTP/1.1\r\n\r\n");
	put(&client, head, (size_t)n);
	if (strncmp(r->headers, "Transfer", 8) != 0) {
		n = snprintf(head, sizeof head, "Content-Length: %zu\r\n", r->body.length);
		put(&client, head, (size_t)n);
	}
	put_text(&client, "\r\n");
	put(&client, r->body.bytes, r->body.length);
	turns[0] = (struct turn){SIDE_CLIENT, client.bytes, client.length};
	turns[1] = (struct turn){SIDE_SERVER, pipelined ? ANSWER ANSWER : ANSWER,
				 strlen(ANSWER) * (pipelined ? 2 : 1)};
	dissect_session(&http_dissector, turns, 2, 0, &facts);
	for (size_t i = 0; i < facts.command_count; i++) {
		if (facts.commands[i].accepted == ANSWER_YES)
			flags |= facts.commands[i].flags & DEEDS;
	}
	return flags;
}

/* Returns how many spellings were tried; those that say less are printed and counted. */
static size_t try_route(const struct http_route *route, size_t *failed)
{
	static struct request r;
	unsigned told;
	size_t tried = 0;

	make(route, &r);
	told = play(&r, false);
	if (told == 0)
		return 0; /* only its product's answers give it this meaning */
	for (size_t i = 0; i < 2 * COUNT(spellings); i++) {
		make(route, &r);
		if (!spellings[i / 2].make(&r))
			continue;
		tried++;
		if ((play(&r, i % 2) & told) == told)
			continue;
		*failed += 1;
		print_error("%s%s: %s (%s %s)\n", spellings[i / 2].name, i % 2 ? ", pipelined" : "",
			    route->request, r.method, r.target);
	}
	return tried;
}

static void every_deed_is_told_in_every_spelling(void **unused)
{
	size_t tried = 0, failed = 0;

	(void)unused;
	for (size_t row = 0; row < HTTP_SERVICE_COUNT; row++) {
		size_t count;
		const struct http_route *routes = http_product_routes(row, &count);

		for (size_t i = 0; i < count; i++) {
			if (routes[i].kind >= ROUTE_EXECUTES)
				tried += try_route(&routes[i], &failed);
		}
	}
	assert_in_range(tried, 2000, SIZE_MAX);
	assert_int_equal(failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_deed_is_told_in_every_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
