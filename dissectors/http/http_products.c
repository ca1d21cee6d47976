/* SPDX-License-Identifier: ISC */
/*
 * How the table of products is read: whose request it looks like, and what a response proves.
 * Several hundred short patterns over a few hundred bytes, once for each response; most are
 * excluded by their pairs of bytes, see http_pairs.h.
 */
#include "dissectors/http/http_products.h"

#include "dissectors/http/http_pairs.h"

#include <strings.h>

#define PORTS(...) ((const uint16_t[]){__VA_ARGS__, 0})
/* Members of the row, too. */
#define ALSO(...)  , .also = ((const char *const[]){__VA_ARGS__, NULL})
#define MET	   , .met = true
/* Members of the row, so that ROUTES() may follow or not. */
#define REQUESTS(...)                                                                              \
	.requests = (const char *const[])                                                          \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}
#define OPEN(...)     ROUTE(ROUTE_OPEN, __VA_ARGS__)
#define OWN(...)      ROUTE(ROUTE_OWN, __VA_ARGS__)
#define LOGIN(...)    ROUTE(ROUTE_LOGIN, __VA_ARGS__)
#define ACCESS(...)   ROUTE(ROUTE_ACCESS, __VA_ARGS__)
#define RECORDS(...)  ROUTE(ROUTE_RECORDS, __VA_ARGS__)
#define EXECUTES(...) ROUTE(ROUTE_EXECUTES, __VA_ARGS__)
#define DESTROYS(...) ROUTE(ROUTE_DESTROYS, __VA_ARGS__)
#define ROUTE(KIND, ...)                                                                           \
	{                                                                                          \
		.kind = (KIND), .request = __VA_ARGS__                                             \
	}
#define ROUTE_LIST(...) ((const struct http_route[]){__VA_ARGS__})
#define ROUTES(...)                                                                                \
	, .routes = ROUTE_LIST(__VA_ARGS__),                                                       \
	  .route_count = sizeof ROUTE_LIST(__VA_ARGS__) / sizeof(struct http_route)
#define SIGNS(...) ((const struct http_sign[]){__VA_ARGS__})

#define VALUE_MAX  64 /* bytes that a star in a pattern stands for, at most */
#define HEX_DIGITS 32 /* that a tilde stands for */

struct http_product {
	const char *product;
	const char *const *requests; /* ends with NULL */
	const struct http_route *routes;
	size_t route_count;
	const struct http_sign *signs;
	size_t sign_count;
};

const struct service http_services[HTTP_SERVICE_COUNT] = {
#define PRODUCT(id, NAME, FAMILY, ABOUT, IDENTIFIER, PORTS, ...)                                   \
	[HTTP_##id] = {.name = (NAME),                                                             \
		       .family = (FAMILY),                                                         \
		       .about = (ABOUT),                                                           \
		       .identifier = (IDENTIFIER),                                                 \
		       .ports = PORTS},
#include "dissectors/http/http_table.h"
#undef PRODUCT
};

_Static_assert(HTTP_SERVICE_COUNT <= UINT8_MAX, "struct http_asked has no room for more");

static const struct http_product products[HTTP_SERVICE_COUNT] = {
#define PRODUCT(id, NAME, FAMILY, ABOUT, IDENTIFIER, PORTS, NAMED, REQUESTS, ...)                  \
	[HTTP_##id] = {.product = (NAMED),                                                         \
		       REQUESTS,                                                                   \
		       .signs = SIGNS(__VA_ARGS__),                                                \
		       .sign_count = sizeof SIGNS(__VA_ARGS__) / sizeof(struct http_sign)},
#include "dissectors/http/http_table.h"
#undef PRODUCT
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static uint8_t lower(uint8_t c)
{
	return http_pairs_lower(c);
}

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f');
}

static void skip_blanks(struct bytes *text)
{
	while (text->left != 0 && is_blank(text->at[0]))
		bytes_skip(text, 1);
}

/* What a star stands for: up to the end of a quoted text, or to the first `end` in it. */
static void skip_value(struct bytes *text, char end)
{
	size_t n = 0;

	while (n < VALUE_MAX && text->left != 0 && text->at[0] != '"' &&
	       text->at[0] != (uint8_t)end) {
		bytes_skip(text, 1);
		n++;
	}
}

static bool skip_hex(struct bytes *text)
{
	size_t n = 0;

	while (n < HEX_DIGITS && n < text->left && is_hex(text->at[n]))
		n++;
	return n == HEX_DIGITS && bytes_skip(text, n);
}

/*
 * Does the pattern stand at the beginning of `text`? Upper and lower case are the same, and blanks
 * in the text do not matter, but a blank in the pattern wants at least one. A star is any value:
 * "\"version\":\"*\",\"commit\":"; a tilde is HEX_DIGITS digits. The cursor ends behind it.
 */
static bool match_here(struct bytes *text, const char *pattern)
{
	for (const char *p = pattern; *p != '\0'; p++) {
		size_t before = text->left;

		if (*p == '*') {
			skip_value(text, p[1]);
			continue;
		}
		if (*p == '~') {
			if (!skip_hex(text))
				return false;
			continue;
		}

		if (p != pattern)
			skip_blanks(text);
		if (*p == ' ') {
			if (text->left == before)
				return false;
			continue;
		}
		/* What a blank in the pattern stood for has been skipped with it. */
		if (text->left == 0 || lower(bytes_u8(text)) != lower((uint8_t)*p))
			return false;
	}
	return true;
}

/* The next byte of `text` at which a pattern that begins with this may stand; false if none. */
static bool seek_first(struct bytes *text, char first)
{
	const uint8_t *at = text->at;

	if (lower((uint8_t)first) == (uint8_t)first && (first < 'a' || first > 'z')) {
		if (first != '\0' && text->left != 0)
			at = memchr(text->at, first, text->left);
	} else {
		while (at < text->at + text->left && lower(*at) != lower((uint8_t)first))
			at++;
		at = at < text->at + text->left ? at : NULL;
	}
	return at != NULL && bytes_skip(text, (size_t)(at - text->at)) && text->left != 0;
}

/* The first occurrence in `*text`, which is left behind it; false, and nothing done, if none. */
static bool find(struct bytes *text, const char *pattern)
{
	for (struct bytes from = *text; seek_first(&from, pattern[0]); bytes_skip(&from, 1)) {
		struct bytes at = from;

		/* The second byte tells most places apart. */
		if (from.left > 1 && pattern[0] != '\0' && !is_blank(from.at[1]) &&
		    lower(from.at[1]) != lower((uint8_t)pattern[1]) && pattern[1] != '\0')
			continue;
		if (match_here(&at, pattern)) {
			*text = at;
			return true;
		}
	}
	return false;
}

static bool occurs(struct bytes text, const char *pattern)
{
	if (pattern[0] != '^')
		return find(&text, pattern);
	skip_blanks(&text);
	return match_here(&text, pattern + 1);
}

static bool is_version(uint8_t c)
{
	return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
	       (c != '\0' && strchr(".+_-~", c) != NULL);
}

/*
 * Text like ` : "7.17.9"` or `/1.22.1 (Debian)`; a version begins with a digit, perhaps after a v.
 */
static void take_version(struct facts *facts, struct bytes text)
{
	size_t n = 0;

	while (text.left != 0 && (is_blank(text.at[0]) || strchr(":\"/=", text.at[0]) != NULL))
		bytes_skip(&text, 1);
	if (text.left > 1 && text.at[0] == 'v')
		bytes_skip(&text, 1);
	if (text.left == 0 || text.at[0] < '0' || text.at[0] > '9')
		return;
	while (n < text.left && is_version(text.at[n]))
		n++;
	FACTS_TEXT(facts, version, text.at, n);
}

/* "nginx/1.22.1": the name up to the version, as the server calls itself. */
static void take_server(struct facts *facts, uint8_t rank, struct bytes text)
{
	size_t n = 0;

	if (rank > 1 || facts->product[0] != '\0')
		return; /* something is known better, or is behind the same front end */
	while (n < text.left && text.at[n] != '/' && text.at[n] != ' ')
		n++;
	FACTS_TEXT(facts, product, text.at, n);
	bytes_skip(&text, n);
	if (text.left != 0 && text.at[0] == '/')
		take_version(facts, text);
}

static bool is_accepted(uint16_t status)
{
	return status >= 200 && status <= 299;
}

/* Further down in a body only what stands in that very place counts: "<title>", "# HELP ". */
static bool is_late(const struct http_sign *sign, struct bytes text)
{
	return sign->pattern != NULL && sign->without == NULL &&
	       sign->pattern[0] == (char)text.at[0] && match_here(&text, sign->pattern);
}

static bool is_asked(const struct http_asked *asked, size_t row)
{
	for (size_t i = 0; i < sizeof asked->rows && asked->rows[i] != 0; i++) {
		if (asked->rows[i] == row)
			return true;
	}
	return false;
}

/* An operation that the request alone tells of: a route of the row's own knows better. */
static bool is_by_request(const struct http_sign *sign)
{
	return sign->operation != NULL && sign->header == NULL && sign->pattern == NULL;
}

static bool applies(const struct http_sign *sign, size_t row, const struct service *service,
		    const struct http_answer *answer, const char *name, struct bytes text)
{
	if ((name == NULL) != (sign->header == NULL))
		return false;
	if (name != NULL && (name[0] != sign->header[0] || strcmp(name, sign->header) != 0))
		return false;
	if ((sign->asks & ~answer->asks) != 0)
		return false;
	if ((sign->flags & SIGN_EMPTY) && text.left != 0)
		return false;
	if (sign->rank == 0 && service != &http_services[row])
		return false;
	if ((sign->flags & SIGN_ASKED) && !is_asked(&answer->asked, row))
		return false;
	if (sign->status == 200 ? !is_accepted(answer->status)
				: sign->status != 0 && sign->status != answer->status)
		return false;
	if (sign->without != NULL && occurs(text, sign->without))
		return false;
	if (is_by_request(sign) && answer->fits != NULL && http_routes_of(answer->fits, row))
		return false;
	if (answer->late)
		return is_late(sign, text);
	return sign->pattern == NULL || occurs(text, sign->pattern);
}

/* What was asked for, as a command of its own: "ListObjects" says more than "GET /backups". */
static void note_operation(struct facts *facts, const struct http_sign *sign, bool accepted)
{
	const char *command = sign->command != NULL ? sign->command : sign->operation;
	int handle = facts_command(facts, command, strlen(command),
				   sign->flags & SIGN_LISTS ? COMMAND_LISTING : 0);

	facts_command_result(facts, handle, accepted);
	if (accepted && (facts->operation[0] == '\0' || (sign->flags & SIGN_LISTS)))
		FACTS_TEXT(facts, operation, sign->operation, strlen(sign->operation));
}

static void apply(const struct http_sign *sign, size_t row, struct facts *facts, uint8_t *rank,
		  const struct http_answer *answer, struct bytes text)
{
	const char *product = sign->product != NULL ? sign->product : products[row].product;
	bool known;

	if (sign->flags & SIGN_NAMELESS)
		product = NULL;
	known = product != NULL && strcasecmp(product, facts->product) == 0;
	if (row != HTTP_ANY && sign->rank > *rank)
		facts_set_service(facts, &http_services[row]);
	if (product != NULL && sign->rank > *rank && !known) {
		FACTS_TEXT(facts, product, product, strlen(product));
		FACTS_WORD(facts, version, "");
		known = true;
	}
	if (sign->version_after != NULL && known && find(&text, sign->version_after))
		take_version(facts, text);
	if (sign->rank > *rank)
		*rank = sign->rank;
	if (sign->auth != AUTH_UNKNOWN && answer->without_credentials)
		facts_set_auth(facts, sign->auth);
	if ((sign->flags & SIGN_FILES) && !facts->directory_listing) {
		facts->directory_listing = true;
		facts->revision++;
	}
	if (sign->operation != NULL)
		note_operation(facts, sign, is_accepted(answer->status));
}

/* Nearly every response has some of these, and they say nothing of a product. */
static bool is_everybodys(const char *name)
{
	static const char *const names[] = {
		"accept-ranges",
		"age",
		"cache-control",
		"connection",
		"content-length",
		"content-encoding",
		"date",
		"etag",
		"expires",
		"keep-alive",
		"last-modified",
		"pragma",
		"transfer-encoding",
		"vary",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (name[0] == names[i][0] && strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

/* Could this sign stand in a body with these pairs? */
static bool is_worth_asking(const struct http_sign *sign, const struct http_pairs *pairs)
{
	return sign->header == NULL &&
	       (sign->pattern == NULL || http_pairs_may(pairs, sign->pattern));
}

bool http_products_match(struct facts *facts, uint8_t *rank, const struct http_answer *answer,
			 const char *name, struct bytes text)
{
	struct http_pairs pairs;
	bool lists = false;

	if (name != NULL && is_everybodys(name))
		return false;
	if (name != NULL && strcmp(name, "server") == 0)
		take_server(facts, *rank, text);
	if (name == NULL)
		http_pairs_of(&pairs, text);
	for (size_t row = 0; row < HTTP_SERVICE_COUNT; row++) {
		for (size_t i = 0; i < products[row].sign_count; i++) {
			const struct http_sign *sign = &products[row].signs[i];

			if (name == NULL && !is_worth_asking(sign, &pairs))
				continue;
			if (!applies(sign, row, facts->service, answer, name, text))
				continue;
			apply(sign, row, facts, rank, answer, text);
			lists |= (sign->flags & SIGN_LISTS) != 0;
		}
	}
	return lists;
}

/* "!…": the request alone is enough. */
static const char *request_text(const char *request)
{
	return request + (request[0] == '!');
}

/* "/v1/kv" is asked by "/v1/kv" and all below it, and "/v1/AUTH_" by all that begin so. */
static bool is_path_of(const char *request, const struct bytes *path)
{
	size_t n = strlen(request);

	return bytes_start_with(path, request) &&
	       (path->left == n || path->at[n] == '/' || request[n - 1] == '_');
}

/* "content-type: application/x" */
static bool is_header_of(const char *request, const char *name, const struct bytes *value)
{
	size_t n = strlen(name);

	return request[0] == name[0] && strncmp(request, name, n) == 0 && request[n] == ':' &&
	       request[n + 1] == ' ' && value->left >= strlen(request + n + 2) &&
	       strncasecmp((const char *)value->at, request + n + 2, strlen(request + n + 2)) == 0;
}

/* A byte or two tell nearly all apart. */
static bool may_be(const char *request, const char *name, const struct bytes *path)
{
	if (name != NULL)
		return request[0] == name[0];
	return path->left > 1 && request[0] == (char)path->at[0] && request[1] == (char)path->at[1];
}

/* The length of the longest of its requests that this is; 0: none. */
static size_t longest_request(const struct http_product *product, const char *name,
			      const struct bytes *text, bool *alone)
{
	size_t longest = 0;

	for (const char *const *r = product->requests; *r != NULL; r++) {
		const char *request = request_text(*r);

		if (!may_be(request, name, text) || strlen(request) <= longest)
			continue;
		if (name == NULL ? !is_path_of(request, text) : !is_header_of(request, name, text))
			continue;
		longest = strlen(request);
		*alone = (*r)[0] == '!';
	}
	return longest;
}

void http_product_asked(struct http_asked *asked, const char *name, struct bytes text)
{
	struct http_asked found = {.rows = {0}};
	size_t longest = 1, count = 0;

	for (size_t row = 0; row < HTTP_SERVICE_COUNT; row++) {
		bool alone = false;
		size_t length = longest_request(&products[row], name, &text, &alone);

		if (length < longest)
			continue;
		if (alone && asked->alone == 0)
			asked->alone = (uint8_t)row;
		count = length > longest ? 0 : count;
		longest = length;
		if (count == 0)
			found = (struct http_asked){.rows = {0}};
		if (count < sizeof found.rows)
			found.rows[count++] = (uint8_t)row;
	}
	for (size_t i = 0; count < sizeof found.rows && count != 0; i++)
		found.rows[count++] = asked->rows[i];
	found.alone = asked->alone;
	if (count != 0)
		*asked = found;
}

const struct http_route *http_product_routes(size_t row, size_t *count)
{
	*count = products[row].route_count;
	return products[row].routes;
}

/* "?q": the parameter `q` holds statements. */
bool http_product_has_statements(size_t row)
{
	for (const char *const *r = products[row].requests; *r != NULL; r++) {
		if ((*r)[0] == '?')
			return true;
	}
	return false;
}
