/* SPDX-License-Identifier: ISC */
/*
 * How the table of products is read: whose request it looks like, and what a response proves.
 * Many hundred short patterns over a few hundred bytes, once for each response: http_index.h says
 * which of them can be there at all, and only those are looked for.
 */
#include "dissectors/http/http_products.h"

#include "dissectors/http/http_index.h"
#include "dissectors/http/http_rows.h"

#include <strings.h>

#define VALUE_MAX  64 /* bytes that a star in a pattern stands for, at most */
#define HEX_DIGITS 32 /* that a tilde stands for */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
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

static bool is_asked(const struct http_asked *asked, size_t row)
{
	for (size_t i = 0; i < sizeof asked->rows && asked->rows[i] != 0; i++) {
		if (asked->rows[i] == row)
			return true;
	}
	return false;
}

/* Further down in a body only what stands in that very place counts: "<title>", "# HELP ". */
static bool is_late(const struct http_sign *sign, struct bytes text)
{
	return sign->pattern != NULL && sign->without == NULL &&
	       sign->pattern[0] == (char)text.at[0] && match_here(&text, sign->pattern);
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
	const char *product = sign->product != NULL ? sign->product : http_products[row].product;
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

/* Applies what holds of one of those that may; its flags, or 0. */
static unsigned try_sign(struct facts *facts, uint8_t *rank, const struct http_answer *answer,
			 const char *name, struct bytes text, struct http_entry entry)
{
	const struct http_sign *sign = &http_products[entry.row].signs[entry.at];

	if (!applies(sign, entry.row, facts->service, answer, name, text))
		return 0;
	apply(sign, entry.row, facts, rank, answer, text);
	return sign->flags;
}

void http_product_take(struct facts *facts, uint8_t *rank, size_t row)
{
	const char *product = http_products[row].product;

	facts_set_service(facts, &http_services[row]);
	if (product != NULL)
		FACTS_TEXT(facts, product, product, strlen(product));
	*rank = 1;
}

static unsigned match_header(struct facts *facts, uint8_t *rank, const struct http_answer *answer,
			     const char *name, struct bytes text)
{
	const struct http_list *list = &http_index.headers;
	size_t key = http_key_name(name, strlen(name));
	unsigned flags = 0;

	if (strcmp(name, "server") == 0)
		take_server(facts, *rank, text);
	for (size_t i = list->starts[key]; i < list->starts[key + 1]; i++)
		flags |= try_sign(facts, rank, answer, name, text, list->entries[i]);
	return flags;
}

/* Signs of a body that may hold, by their numbers in the order of the table. */
struct candidates {
	uint64_t bits[HTTP_SIGNS_MAX / 64];
};

static void add(struct candidates *may, struct http_entry entry)
{
	size_t number = (size_t)http_index.bases[entry.row] + entry.at;

	may->bits[number / 64] |= (uint64_t)1 << number % 64;
}

/* Those of this key whose pattern stands here, and those that stand at the beginning only. */
static void add_at(struct candidates *may, const struct http_list *list, size_t key,
		   struct bytes text)
{
	for (size_t i = list->starts[key]; i < list->starts[key + 1]; i++) {
		struct http_entry entry = list->entries[i];
		const char *pattern = http_products[entry.row].signs[entry.at].pattern;
		struct bytes at = text;

		if (match_here(&at, pattern + (pattern[0] == '^')))
			add(may, entry);
	}
}

/* What may begin with the first byte of the text and the next one that is no blank. */
static void add_pairs(struct candidates *may, struct bytes text)
{
	struct bytes rest = text;
	uint8_t first = lower(bytes_u8(&rest));

	if (!(http_index.firsts[first / 8] & 1U << first % 8))
		return;
	skip_blanks(&rest);
	if (rest.left != 0)
		add_at(may, &http_index.pairs, http_key_pair(first, lower(rest.at[0])), text);
}

static void find_candidates(struct candidates *may, struct bytes text, bool late)
{
	struct bytes start = text;

	if (late) {
		if (text.left != 0)
			add_pairs(may, text);
		return;
	}
	for (size_t i = 0; i < http_index.always_count; i++)
		add(may, http_index.always[i]);
	skip_blanks(&start);
	if (start.left != 0)
		add_at(may, &http_index.starts, lower(start.at[0]), start);
	for (; text.left != 0; bytes_skip(&text, 1))
		add_pairs(may, text);
}

unsigned http_products_match(struct facts *facts, uint8_t *rank, const struct http_answer *answer,
			     const char *name, struct bytes text)
{
	struct candidates may = {.bits = {0}};
	unsigned flags = 0;

	if (name != NULL)
		return match_header(facts, rank, answer, name, text);
	find_candidates(&may, text, answer->late);
	for (size_t word = 0; word < HTTP_SIGNS_MAX / 64; word++) {
		for (; may.bits[word] != 0; may.bits[word] &= may.bits[word] - 1) {
			size_t number = word * 64 + (size_t)__builtin_ctzll(may.bits[word]);

			flags |=
				try_sign(facts, rank, answer, NULL, text, http_index.signs[number]);
		}
	}
	return flags;
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

/* Of the requests with this key; all that are the longest match read the same. */
static void ask_list(struct http_asked *found, size_t *longest, const struct http_list *list,
		     size_t key, const char *name, struct bytes text)
{
	size_t count = 0;

	for (size_t i = list->starts[key]; i < list->starts[key + 1]; i++) {
		struct http_entry entry = list->entries[i];
		const char *whole = http_products[entry.row].requests[entry.at];
		const char *request = http_request_text(whole);
		size_t length = strlen(request);

		if (length < *longest || !(name == NULL ? is_path_of(request, &text)
							: is_header_of(request, name, &text)))
			continue;
		if (length > *longest) {
			*found = (struct http_asked){.rows = {0}};
			count = 0;
		}
		if (whole[0] == '!')
			found->alone = entry.row;
		*longest = length;
		if (count < sizeof found->rows &&
		    (count == 0 || found->rows[count - 1] != entry.row))
			found->rows[count++] = entry.row;
	}
}

void http_product_asked(struct http_asked *asked, const char *name, struct bytes text)
{
	struct http_asked found = {.rows = {0}};
	size_t longest = 0, count = 0;

	if (name != NULL) {
		ask_list(&found, &longest, &http_index.fields, http_key_name(name, strlen(name)),
			 name, text);
	} else {
		const char *path = (const char *)text.at;

		for (size_t n = 3; n-- != 0;)
			ask_list(&found, &longest, &http_index.requests,
				 http_key_segments(path, text.left, n), NULL, text);
	}
	while (count < sizeof found.rows && found.rows[count] != 0)
		count++;
	for (size_t i = 0; count < sizeof found.rows && count != 0; i++)
		found.rows[count++] = asked->rows[i];
	if (asked->alone != 0)
		found.alone = asked->alone;
	if (count != 0)
		*asked = found;
}
