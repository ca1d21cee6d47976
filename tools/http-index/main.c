/* SPDX-License-Identifier: ISC */
/*
 * Writes the index of the table of products as C, for the build: see dissectors/http/http_index.h.
 * Each list is written key by key, and within a key in the order of the table.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "dissectors/http/http_index.h"
#include "dissectors/http/http_rows.h"

enum { KEY_NONE = -1, KEY_ALWAYS = -2 }; /* not of this list; in none that has keys */

#define ROUTES_MAX 8192

typedef int key_of(size_t row, size_t at);

static const struct http_sign *sign_of(size_t row, size_t at)
{
	return at < http_products[row].sign_count ? &http_products[row].signs[at] : NULL;
}

static int key_header(size_t row, size_t at)
{
	const char *header = sign_of(row, at)->header;

	return header != NULL ? (int)http_key_name(header, strlen(header)) : KEY_NONE;
}

static bool is_plain(char c)
{
	return c != '\0' && c != ' ' && c != '*';
}

/* A sign of a body: at its beginning, elsewhere, or of no place that a key could be made of. */
static int key_body(size_t row, size_t at, bool start)
{
	const struct http_sign *sign = sign_of(row, at);
	const char *pattern = sign->pattern;
	char second;

	if (sign->header != NULL)
		return KEY_NONE;
	if (pattern == NULL)
		return KEY_ALWAYS;
	if (pattern[0] == '^')
		return !is_plain(pattern[1]) ? KEY_ALWAYS
		       : start		     ? http_key_lower(pattern[1])
					     : KEY_NONE;
	/* What follows is the next byte that is no blank: a blank in the pattern wants some. */
	second = pattern[1] == ' ' ? pattern[2] : pattern[1];
	if (!is_plain(pattern[0]) || !is_plain(second))
		return KEY_ALWAYS;
	return start ? KEY_NONE
		     : (int)http_key_pair(http_key_lower(pattern[0]), http_key_lower(second));
}

static int key_start(size_t row, size_t at)
{
	return key_body(row, at, true);
}

static int key_pair(size_t row, size_t at)
{
	return key_body(row, at, false);
}

/* Of "/v1/AUTH_" only what ends with a slash is a segment. */
static int key_request(size_t row, size_t at)
{
	const char *request = http_request_text(http_products[row].requests[at]);
	size_t length = strlen(request);
	bool begun = false; /* the last segment is only its beginning */

	if (request[0] != '/')
		return KEY_NONE;
	while (request[length - 1] == '_' || (begun && request[length - 1] != '/')) {
		begun = true;
		length--;
	}
	length -= begun;
	return (int)http_key_segments(request, length, 2);
}

static int key_field(size_t row, size_t at)
{
	const char *request = http_request_text(http_products[row].requests[at]);

	if (request[0] == '/' || request[0] == '?')
		return KEY_NONE;
	return (int)http_key_name(request, strcspn(request, ":"));
}

/* By its longest segment without a wildcard, or by the type of its last. */
static int key_route(size_t row, size_t at)
{
	const char *path = strchr(http_products[row].routes[at].request, ' ') + 1, *best = NULL;
	size_t longest = 0, n;

	if (strcmp(path, "/") == 0)
		return (int)http_key_segment("", 0);
	for (; *path == '/'; path += n) {
		n = strcspn(++path, "/?");
		if (memchr(path, '{', n) == NULL && strncmp(path, "...", 3) != 0 && n > longest) {
			best = path;
			longest = n;
		}
		if (best == NULL && path[n] != '/' && path[0] == '{' && strchr(path, '}')[1] == '.')
			return (int)http_key_segment(strchr(path, '}') + 1,
						     n - (size_t)(strchr(path, '}') + 1 - path));
	}
	return best != NULL ? (int)http_key_segment(best, longest) : KEY_ALWAYS;
}

enum what { SIGNS, REQUESTS, ROUTES };

static size_t count_of(enum what what, size_t row)
{
	size_t count = 0;

	if (what == SIGNS)
		return http_products[row].sign_count;
	if (what == ROUTES)
		return http_products[row].route_count;
	while (http_products[row].requests[count] != NULL)
		count++;
	return count;
}

/* Returns how many have this key, and writes them. */
static size_t write_key(enum what what, key_of *key, int wanted)
{
	size_t count = 0;

	for (size_t row = 0; row < HTTP_SERVICE_COUNT; row++) {
		for (size_t at = 0; at < count_of(what, row); at++) {
			if (at > UINT8_MAX) {
				fprintf(stderr, "row %zu is too long\n", row);
				exit(1);
			}
			if (key != NULL && key(row, at) != wanted)
				continue;
			printf("{%zu,%zu},", row, at);
			count++;
		}
	}
	return count;
}

static void write_list(const char *name, enum what what, key_of *key)
{
	size_t starts[HTTP_KEYS + 1] = {0};

	printf("static const struct http_entry %s[] = {", name);
	for (int k = 0; k < HTTP_KEYS; k++)
		starts[k + 1] = starts[k] + write_key(what, key, k);
	printf("{0,0}};\n#define %s_LIST {{", name);
	for (size_t k = 0; k <= HTTP_KEYS; k++)
		printf("%zu,", starts[k]);
	printf("}, %s}\n", name);
}

static void write_rest(const char *name, enum what what, key_of *key, int wanted)
{
	size_t count;

	printf("static const struct http_entry %s[] = {", name);
	count = write_key(what, key, wanted);
	printf("{0,0}};\nenum { %s_COUNT = %zu };\n", name, count);
}

static void write_firsts(void)
{
	bool first[256] = {false};

	for (size_t row = 0; row < HTTP_SERVICE_COUNT; row++) {
		for (size_t at = 0; at < http_products[row].sign_count; at++) {
			if (key_pair(row, at) >= 0)
				first[http_key_lower(sign_of(row, at)->pattern[0])] = true;
		}
	}
	printf("\t.firsts = {");
	for (size_t i = 0; i < 256; i += 8) {
		unsigned bits = 0;

		for (size_t bit = 0; bit < 8; bit++)
			bits |= (unsigned)first[i + bit] << bit;
		printf("%u,", bits);
	}
	printf("},\n");
}

static void write_bases(void)
{
	size_t base = 0;

	printf("\t.bases = {");
	for (size_t row = 0; row < HTTP_SERVICE_COUNT; row++) {
		printf("%zu,", base);
		base += http_products[row].sign_count;
	}
	printf("%zu},\n", base);
	if (base > HTTP_SIGNS_MAX) {
		fprintf(stderr, "%zu signs: more than HTTP_SIGNS_MAX\n", base);
		exit(1);
	}
}

static void write_route_bases(void)
{
	size_t base = 0;

	printf("\t.route_bases = {");
	for (size_t row = 0; row < HTTP_SERVICE_COUNT; row++) {
		printf("%zu,", base);
		base += http_products[row].route_count;
	}
	printf("%zu},\n", base);
	if (base > ROUTES_MAX) {
		fprintf(stderr, "%zu routes: more than ROUTES_MAX\n", base);
		exit(1);
	}
}

static bool same_text(const struct http_route *a, const struct http_route *b)
{
	return strcmp(a->request, b->request) == 0 && (a->body == NULL) == (b->body == NULL) &&
	       (a->body == NULL || strcmp(a->body, b->body) == 0);
}

/* All routes in the order of the table; returns how many. */
static size_t list_routes(struct http_entry *list, size_t room)
{
	size_t count = 0;

	for (size_t row = 0; row < HTTP_SERVICE_COUNT; row++) {
		for (size_t at = 0; at < http_products[row].route_count && count < room; at++)
			list[count++] = (struct http_entry){(uint8_t)row, (uint8_t)at};
	}
	return count;
}

static const struct http_route *route_of(struct http_entry entry)
{
	return &http_products[entry.row].routes[entry.at];
}

static void write_texts(void)
{
	static struct http_entry all[ROUTES_MAX];
	static size_t first[ROUTES_MAX], text[ROUTES_MAX];
	size_t count = list_routes(all, ROUTES_MAX), texts = 0, written = 0;

	for (size_t i = 0; i < count; i++) {
		size_t t = 0;

		while (t < texts && !same_text(route_of(all[first[t]]), route_of(all[i])))
			t++;
		if (t == texts)
			first[texts++] = i;
		text[i] = t;
	}
	printf("static const uint16_t texts[] = {");
	for (size_t i = 0; i < count; i++)
		printf("%zu,", text[i]);
	printf("0};\nstatic const struct http_entry text_routes[] = {");
	for (size_t t = 0; t < texts; t++) {
		first[t] = written;
		for (size_t i = 0; i < count; i++) {
			if (text[i] == t) {
				printf("{%u,%u},", all[i].row, all[i].at);
				written++;
			}
		}
	}
	printf("{0,0}};\nstatic const uint16_t text_starts[] = {");
	for (size_t t = 0; t < texts; t++)
		printf("%zu,", first[t]);
	printf("%zu};\n", written);
}

int main(void)
{
	printf("#include \"dissectors/http/http_index.h\"\n");
	write_list("headers", SIGNS, key_header);
	write_list("starts", SIGNS, key_start);
	write_list("pairs", SIGNS, key_pair);
	write_list("requests", REQUESTS, key_request);
	write_list("fields", REQUESTS, key_field);
	write_list("routes", ROUTES, key_route);
	write_rest("always", SIGNS, key_pair, KEY_ALWAYS);
	write_rest("wild", ROUTES, key_route, KEY_ALWAYS);
	write_rest("signs", SIGNS, NULL, 0);
	write_texts();
	printf("const struct http_index http_index = {\n"
	       "\t.headers = headers_LIST,\n\t.starts = starts_LIST,\n\t.pairs = pairs_LIST,\n"
	       "\t.requests = requests_LIST,\n\t.fields = fields_LIST,\n\t.routes = routes_LIST,\n"
	       "\t.always = always,\n\t.always_count = always_COUNT,\n"
	       "\t.wild = wild,\n\t.wild_count = wild_COUNT,\n\t.signs = signs,\n");
	printf("\t.texts = texts,\n\t.text_starts = text_starts,\n"
	       "\t.text_routes = text_routes,\n");
	write_firsts();
	write_bases();
	write_route_bases();
	printf("};\n");
	return ferror(stdout) || fflush(stdout) != 0;
}
