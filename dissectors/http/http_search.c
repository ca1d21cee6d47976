/* SPDX-License-Identifier: ISC */
/* The window over what is read without blanks and escapes: see http_search.h. */
#include "dissectors/http/http_search.h"

_Static_assert(HTTP_SEARCH_WINDOW >= 2 * HTTP_MARK_MAX, "a window holds two marks");

void http_search_begin(struct http_search *search, const struct http_fits *fits)
{
	*search = (struct http_search){.left = 0};
	for (size_t i = 0; i < fits->count; i++) {
		if (http_routes_mark(fits, i) != NULL)
			search->left = HTTP_SEARCH_MAX;
	}
}

void http_search_look(const struct http_search *search, struct http_fits *fits)
{
	for (size_t i = 0; i < fits->count; i++) {
		const char *mark = http_routes_mark(fits, i);

		if (mark != NULL && !(fits->found & 1U << i) &&
		    memmem(search->window, search->length, mark, strlen(mark)) != NULL)
			fits->found = (uint8_t)(fits->found | 1U << i);
	}
}

/* A byte as it is compared. Of a full window the end stays: a mark may go on. */
static void put(struct http_search *search, struct http_fits *fits, uint8_t c)
{
	if (c <= ' ')
		return;
	if (search->length == HTTP_SEARCH_WINDOW) {
		http_search_look(search, fits);
		search->length = HTTP_MARK_MAX - 1;
		memmove(search->window, search->window + HTTP_SEARCH_WINDOW - search->length,
			search->length);
	}
	search->window[search->length++] = c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* Of a byte that may begin or end a comment. */
static void put_sign(struct http_search *search, struct http_fits *fits, uint8_t c)
{
	uint8_t last = search->last;
	size_t length;

	search->last = c == '/' || c == '*' ? c : 0;
	if (!search->comment && last == '/' && c == '*') {
		http_search_look(search, fits);
		length = search->length - 1u; /* without the slash */
		search->kept =
			(uint8_t)(length < sizeof search->before ? length : sizeof search->before);
		memcpy(search->before, search->window + length - search->kept, search->kept);
		search->comment = true;
	} else if (search->comment && last == '*' && c == '/') {
		http_search_look(search, fits);
		memcpy(search->window, search->before, search->kept);
		search->length = search->kept;
		search->comment = false;
		search->last = 0;
		return;
	}
	put(search, fits, c);
}

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The escape is no longer to be waited for: its bytes are what they are. */
static void put_escape(struct http_search *search, struct http_fits *fits)
{
	for (size_t i = 0; i < search->escaped; i++)
		put(search, fits, search->escape[i]);
	search->escaped = 0;
}

/* The escape is complete. A quote or a backslash stays escaped: it ends nothing. */
static void put_decoded(struct http_search *search, struct http_fits *fits)
{
	const uint8_t *e = search->escape;
	int value = 0;

	for (size_t i = e[0] == '%' ? 1 : 2; i < search->escaped; i++)
		value = value << 4 | hex_value(e[i]);
	if (value > 0x7f) {
		put_escape(search, fits);
		return;
	}
	if (e[0] == '\\' && (value == '"' || value == '\\'))
		put(search, fits, '\\');
	search->escaped = 0;
	put_sign(search, fits, (uint8_t)value);
}

/* "\/" is "/"; of all other short escapes both bytes are kept. */
static void end_short(struct http_search *search, struct http_fits *fits, uint8_t c)
{
	if (c != '/')
		put(search, fits, '\\');
	put(search, fits, c);
	search->escaped = 0;
}

/* A byte behind the beginning of an escape; false if it does not belong to it. */
static bool go_on(struct http_search *search, struct http_fits *fits, uint8_t c)
{
	bool json = search->escape[0] == '\\';

	if (json && search->escaped == 1 && c != 'u') {
		end_short(search, fits, c);
		return true;
	}
	if (!(json && search->escaped == 1) && hex_value(c) < 0) {
		put_escape(search, fits);
		return false;
	}
	search->escape[search->escaped++] = c;
	if (search->escaped == (json ? 6 : 3))
		put_decoded(search, fits);
	return true;
}

/* Takes ordinary bytes as long as there is room for them. */
static void take_ordinary(struct http_search *search, struct bytes *piece)
{
	size_t room = HTTP_SEARCH_WINDOW - search->length, n = 0;
	size_t most = piece->left < room ? piece->left : room;
	uint8_t percent = search->form ? '%' : '\\';
	uint8_t plus = search->form ? '+' : '\\';
	uint8_t length = search->length;

	for (; n < most; n++) {
		uint8_t c = piece->at[n];

		if (c == '\\' || c == percent || c == plus || c == '/' || c == '*')
			break;
		search->window[length] = c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
		length = (uint8_t)(length + (c > ' '));
	}
	search->length = length;
	if (n != 0)
		search->last = 0;
	bytes_skip(piece, n);
}

void http_search_feed(struct http_search *search, struct http_fits *fits, struct bytes piece)
{
	if (piece.left > search->left)
		piece.left = search->left;
	search->left -= (uint32_t)piece.left;
	while (piece.left != 0) {
		uint8_t c;

		if (search->escaped == 0)
			take_ordinary(search, &piece);
		if (piece.left == 0)
			break;
		c = bytes_u8(&piece);
		if (c == '\0' || (search->escaped != 0 && go_on(search, fits, c)))
			continue;
		if (c == '\\' || (c == '%' && search->form))
			search->escape[search->escaped++] = c;
		else
			put_sign(search, fits, search->form && c == '+' ? ' ' : c);
	}
}

void http_search_end(struct http_search *search, struct http_fits *fits)
{
	put_escape(search, fits);
	http_search_look(search, fits);
	search->length = search->last = 0;
	search->comment = false;
}
