/* SPDX-License-Identifier: ISC */
/* How the routes of the table of products are read: see http_routes.h. */
#include "dissectors/http/http_routes.h"

#include "dissectors/http/http_index.h"

#include <strings.h>

#define PREFIX_MAX 3 /* segments before a path that are passed over */

/* A request's target as servers understand it. */
struct target {
	char path[HTTP_ROUTES_PATH + 1]; /* escapes undone, no empty segments, no dots */
	bool plain;			 /* it came just like this */
	struct bytes query;
};

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next byte, with an escape undone. */
static uint8_t next_byte(struct bytes *text)
{
	uint8_t c = bytes_u8(text);

	if (c != '%' || text->left < 2 || hex_value(text->at[0]) < 0 || hex_value(text->at[1]) < 0)
		return c;
	c = (uint8_t)(hex_value(text->at[0]) << 4 | hex_value(text->at[1]));
	bytes_skip(text, 2);
	return c;
}

/* A segment has ended: an empty one and "." go, ".." takes the one before with it. */
static size_t end_segment(const char *path, size_t begin, size_t n)
{
	size_t length = n - begin;

	if (length == 0 || (length == 1 && path[begin] == '.'))
		return begin;
	if (length != 2 || path[begin] != '.' || path[begin + 1] != '.')
		return n;
	if (begin <= 1)
		return begin;
	n = begin - 1;
	while (n > 1 && path[n - 1] != '/')
		n--;
	return n;
}

/* A path ends with a slash only if it is nothing else. */
size_t http_routes_plain(char *to, struct bytes rest)
{
	size_t n = 1, begin = 1;
	bool parameters = false;

	to[0] = '/';
	bytes_skip(&rest, rest.left != 0 && rest.at[0] == '/');
	while (rest.left != 0 && n < HTTP_ROUTES_PATH) {
		uint8_t c = next_byte(&rest);

		if (c == '/' || c == '\\') {
			n = end_segment(to, begin, n);
			if (n != 0 && to[n - 1] != '/')
				to[n++] = '/';
			begin = n;
			parameters = false;
		} else {
			parameters |= c == ';';
			if (!parameters && c != '\0')
				to[n++] = (char)c;
		}
	}
	n = end_segment(to, begin, n);
	if (n > 1 && to[n - 1] == '/')
		n--;
	to[n] = '\0';
	return n;
}

static void normalise(struct target *to, struct bytes path)
{
	size_t n = http_routes_plain(to->path, path);

	to->plain = path.left >= n && path.left - n <= (path.at[path.left - 1] == '/') &&
		    memcmp(path.at, to->path, n) == 0;
}

static bool same(char a, char b, bool exact)
{
	return exact ? a == b : strncasecmp(&a, &b, 1) == 0;
}

static bool match_path(const char *pattern, const char *path, bool exact);

/* "/..." and the rest of the pattern: at any slash, or at the end. */
static bool match_segments(const char *pattern, const char *path, bool exact)
{
	for (;; path++) {
		if ((*path == '/' || *path == '\0') && match_path(pattern, path, exact))
			return true;
		if (*path == '\0')
			return false;
	}
}

/* "{what}" and the rest of the pattern. */
static bool match_word(const char *pattern, const char *path, bool exact)
{
	while (*path != '/' && *path != '\0') {
		if (match_path(pattern, ++path, exact))
			return true;
	}
	return false;
}

/* The pattern ends at a question mark. Recursion: as deep as it has wildcards. */
static bool match_path(const char *pattern, const char *path, bool exact)
{
	for (; *pattern != '\0' && *pattern != '?'; pattern++, path++) {
		if (strncmp(pattern, "/...", 4) == 0)
			return match_segments(pattern + 4, path, exact);
		if (*pattern == '{')
			return match_word(strchr(pattern, '}') + 1, path, exact);
		if (*path == '\0' || !same(*pattern, *path, exact))
			return false;
	}
	return *path == '\0';
}

/* "GET|POST /…": *path is set to what follows the blank. "ANY /…" is any method. */
static bool match_method(const char *request, const char *method, const char **path)
{
	size_t n = strlen(method);
	const char *end = strchr(request, ' ');
	bool found = strncmp(request, "ANY ", 4) == 0;

	for (const char *at = request; !found && at != NULL && at < end; at = strchr(at, '|')) {
		at += *at == '|';
		found = strncmp(at, method, n) == 0 && (at[n] == ' ' || at[n] == '|');
	}
	*path = end != NULL ? end + 1 : request;
	return found;
}

/* "name=value" of the query against the same of a pattern, which ends at '&' or its end. */
static bool match_parameter(const char *pattern, struct bytes parameter)
{
	while (*pattern != '\0' && *pattern != '&' && *pattern != '*') {
		if (parameter.left == 0 || !same(*pattern, (char)next_byte(&parameter), false))
			return false;
		pattern++;
	}
	return *pattern == '*' || parameter.left == 0 ||
	       (parameter.at[0] == '=' && (*pattern == '\0' || *pattern == '&'));
}

static bool has_parameter(const char *pattern, struct bytes query)
{
	bytes_skip(&query, query.left != 0 && query.at[0] == '?');
	while (query.left != 0) {
		struct bytes parameter = query;

		while (query.left != 0 && query.at[0] != '&' && query.at[0] != ';')
			bytes_skip(&query, 1);
		parameter.left -= query.left;
		bytes_skip(&query, query.left != 0);
		if (match_parameter(pattern, parameter))
			return true;
	}
	return false;
}

/* All parameters of the pattern, in any order. */
static bool match_query(const char *path_pattern, struct bytes query)
{
	for (const char *at = strchr(path_pattern, '?'); at != NULL; at = strchr(at, '&')) {
		at++;
		if (!has_parameter(at, query))
			return false;
	}
	return true;
}

/* "/v1.41/containers" is "/containers": an exact version of the interface stands before it. */
static const char *without_version(const char *path)
{
	const char *end = strchr(path + 1, '/');
	size_t n = 2 + strspn(path + (path[1] == 'v' ? 2 : 0), "0123456789.");

	return end != NULL && path[1] == 'v' && path + n == end && n > 4 ? end : path;
}

/* Is it enough of a path to be known again behind another? */
static bool is_marked(const struct http_route *route, const char *pattern)
{
	const char *second = strchr(pattern + 1, '/');

	if (route->sure || route->body != NULL)
		return pattern[1] != '\0';
	return pattern[1] != '\0' && pattern[1] != '{' &&
	       (strchr(pattern, '?') != NULL ||
		(second != NULL && strncmp(second, "/...", 4) != 0));
}

/* Proxies put segments before a path, and so do versions of an interface. */
static bool fits_behind(const struct http_route *route, const char *pattern, const char *path)
{
	if (route->kind < ROUTE_EXECUTES || !is_marked(route, pattern))
		return false;
	for (size_t i = 0; i < PREFIX_MAX; i++) {
		path = strchr(path + 1, '/');
		if (path == NULL)
			return false;
		if (match_path(pattern, path, false))
			return true;
	}
	return false;
}

static bool fits_route(const struct http_route *route, const char *method,
		       const struct target *target)
{
	const char *pattern, *later = without_version(target->path);

	if (!match_method(route->request, method, &pattern))
		return false;
	if (!match_path(pattern, target->path, false) &&
	    (later == target->path || !match_path(pattern, later, false)) &&
	    !fits_behind(route, pattern, target->path))
		return false;
	return match_query(pattern, target->query);
}

/* Is it spelled as its product's clients do? */
static bool is_exact(const struct http_route *route, const struct target *target)
{
	const char *pattern = strchr(route->request, ' ') + 1;

	return target->plain && (match_path(pattern, target->path, true) ||
				 match_path(pattern, without_version(target->path), true));
}

static const struct http_route *route_at(const struct http_fits *fits, size_t i)
{
	size_t count;

	return http_product_routes(fits->at[i].row, &count) + fits->at[i].route;
}

/* Which text it has: that of routes of other rows may be the same. */
static size_t text_of(size_t row, size_t index)
{
	return http_index.texts[http_index.route_bases[row] + index];
}

static size_t text_at(const struct http_fits *fits, size_t i)
{
	return text_of(fits->at[i].row, fits->at[i].route);
}

/* Which of two is to be remembered, if there is room for one. */
static bool is_worse(const struct http_route *a, const struct http_route *b)
{
	return a->kind != b->kind ? a->kind > b->kind : a->sure && !b->sure;
}

/* Is it there already, to this row or another? The worse of two that read the same stays. */
static size_t place_for(const struct http_fits *fits, const struct http_route *route, size_t text)
{
	size_t weakest = 0;

	for (size_t i = 0; i < fits->count; i++) {
		if (text_at(fits, i) == text)
			return is_worse(route, route_at(fits, i)) ? i : HTTP_FITS_MAX;
		if (is_worse(route_at(fits, weakest), route_at(fits, i)))
			weakest = i;
	}
	if (fits->count < HTTP_FITS_MAX)
		return fits->count;
	return is_worse(route, route_at(fits, weakest)) ? weakest : HTTP_FITS_MAX;
}

static void put(uint8_t *bits, size_t place, bool value)
{
	*bits = (uint8_t)((*bits & ~(1U << place)) | (unsigned)value << place);
}

static void note(struct http_fits *fits, size_t row, size_t index, const struct target *target)
{
	size_t count;
	const struct http_route *route = http_product_routes(row, &count) + index;
	size_t place = place_for(fits, route, text_of(row, index));

	if (place == HTTP_FITS_MAX)
		return;
	fits->count = (uint8_t)(place == fits->count ? place + 1 : fits->count);
	fits->at[place].row = (uint8_t)row;
	fits->at[place].route = (uint8_t)index;
	put(&fits->found, place, route->body == NULL);
	put(&fits->exact, place, is_exact(route, target));
}

static bool has_text(const struct http_fits *fits, size_t text)
{
	for (size_t i = 0; i < fits->count; i++) {
		if (text_at(fits, i) == text)
			return true;
	}
	return false;
}

static void try(struct http_fits *fits, const char *method, const struct target *target,
		struct http_entry entry)
{
	size_t count;
	const struct http_route *routes = http_product_routes(entry.row, &count);

	/* What reads the same fits as well. */
	if (has_text(fits, text_of(entry.row, entry.at)) ||
	    fits_route(&routes[entry.at], method, target))
		note(fits, entry.row, entry.at, target);
}

static void try_key(struct http_fits *fits, const char *method, const struct target *target,
		    size_t key)
{
	const struct http_list *list = &http_index.routes;

	for (size_t i = list->starts[key]; i < list->starts[key + 1]; i++)
		try(fits, method, target, list->entries[i]);
}

void http_routes_fit(struct http_fits *fits, const char *method, struct bytes path,
		     struct bytes query, bool cut)
{
	struct target target = {.query = query};
	size_t n;

	*fits = (struct http_fits){.count = 0};
	normalise(&target, path);
	target.plain &= !cut;
	for (const char *at = target.path; *at == '/'; at += n) {
		const char *type;

		n = strcspn(++at, "/");
		try_key(fits, method, &target, http_key_segment(at, n));
		type = memrchr(at, '.', n);
		if (type != NULL && at[n] == '\0')
			try_key(fits, method, &target,
				http_key_segment(type, n - (size_t)(type - at)));
	}
	for (size_t i = 0; i < http_index.wild_count; i++)
		try(fits, method, &target, http_index.wild[i]);
}

const char *http_routes_mark(const struct http_fits *fits, size_t i)
{
	return i < fits->count ? route_at(fits, i)->body : NULL;
}

/* Does at[i] say this of the request? */
static bool holds(const struct http_fits *fits, size_t i, const struct http_route *route)
{
	return (fits->found & 1U << i) && (route->kind != ROUTE_OPEN || (fits->exact & 1U << i));
}

/* Where in the row a route with this text stands; SIZE_MAX: nowhere. */
static size_t find_text(size_t row, size_t text)
{
	size_t end = http_index.text_starts[text + 1];

	for (size_t i = http_index.text_starts[text]; i < end; i++) {
		if (http_index.text_routes[i].row == row)
			return http_index.text_routes[i].at;
	}
	return SIZE_MAX;
}

/* The first of the row that is among those of the request. */
const struct http_route *http_routes_of(const struct http_fits *fits, size_t row)
{
	size_t count, best = SIZE_MAX;
	const struct http_route *routes = http_product_routes(row, &count);

	for (size_t i = 0; i < fits->count; i++) {
		size_t at = find_text(row, text_at(fits, i));

		if (at < best && holds(fits, i, &routes[at]))
			best = at;
	}
	return best != SIZE_MAX ? &routes[best] : NULL;
}

size_t http_routes_row(const struct http_fits *fits, const struct http_route *route)
{
	for (size_t i = 0; i < fits->count; i++) {
		if (route != NULL && route_at(fits, i) == route)
			return fits->at[i].row;
	}
	return HTTP_ANY;
}

static bool is_store(size_t row)
{
	enum family family = http_services[row].family;

	return family == FAMILY_STORAGE || family == FAMILY_DATABASE || family == FAMILY_BACKUP;
}

const struct http_route *http_routes_meaning(const struct http_fits *fits, size_t row)
{
	const struct http_route *route = http_routes_of(fits, row);

	if (route != NULL || fits->count == 0)
		return route;
	for (size_t i = 0; i < fits->count; i++) {
		if (route_at(fits, i)->sure && holds(fits, i, route_at(fits, i)) &&
		    (route == NULL || is_worse(route_at(fits, i), route)))
			route = route_at(fits, i);
	}
	if (route != NULL)
		return route;
	route = http_routes_of(fits, HTTP_ANY);
	return route != NULL && route->file && is_store(row) ? NULL : route;
}

enum http_route_kind http_routes_worst(const struct http_fits *fits, bool found)
{
	enum http_route_kind worst = ROUTE_NONE;

	for (size_t i = 0; i < fits->count; i++) {
		if (route_at(fits, i)->kind > worst && (!found || (fits->found & 1U << i)))
			worst = (enum http_route_kind)route_at(fits, i)->kind;
	}
	return worst;
}
