/* SPDX-License-Identifier: ISC */
/*
 * HTTP/1.x (RFC 9112) by its first line. The server's word counts: a status line proves HTTP
 * whatever was sent (a ClientHello to a plain port is answered by "HTTP/1.1 400"), and anything
 * else disproves it, because GET is sent to every open port. A request line alone gets YES only
 * when no answer is to be expected (one_sided).
 *
 * The version sets it apart from what borrows its form: RTSP/1.0, SIP/2.0, ICY.
 */
#include "dissectors/http/http_recognise.h"

#include "dissectors/http/http_reader.h"

#define VERSION_START "HTTP/1."

static bool is_method(const void *text, size_t length)
{
	for (size_t i = 0; i < HTTP_METHOD_COUNT && length != 0; i++) {
		if (http_methods[i][0] == *(const char *)text &&
		    strlen(http_methods[i]) == length && memcmp(http_methods[i], text, length) == 0)
			return true;
	}
	return false;
}

/* Could a method begin like this? */
static bool is_method_start(const struct bytes *b)
{
	for (size_t i = 0; i < HTTP_METHOD_COUNT; i++) {
		if (bytes_agree_with(b, http_methods[i]))
			return true;
	}
	return false;
}

/* Bytes up to the next blank or end of line; b->left if there is none. */
static size_t word_length(const struct bytes *b)
{
	size_t n = 0;

	while (n < b->left && b->at[n] > ' ' && b->at[n] != 0x7f)
		n++;
	return n;
}

/* Origin, absolute, authority and asterisk form (RFC 9112 section 3.2). */
static bool is_target_start(const struct bytes *b, bool connect)
{
	if (b->left == 0 || connect)
		return true;
	return b->at[0] == '/' || b->at[0] == '*' || bytes_agree_with(b, "http://") ||
	       bytes_agree_with(b, "https://");
}

/* " HTTP/1.1\r\n", of which the line's end may be a line feed alone. */
static enum recognised recognise_version(struct bytes b)
{
	if (!bytes_agree_with(&b, " " VERSION_START))
		return RECOGNISED_NO;
	bytes_skip(&b, sizeof VERSION_START);
	if (b.failed || b.left == 0)
		return RECOGNISED_MORE;
	if (b.at[0] != '0' && b.at[0] != '1')
		return RECOGNISED_NO;
	bytes_skip(&b, 1);
	if (!bytes_agree_with(&b, "\r\n") && !bytes_agree_with(&b, "\n"))
		return RECOGNISED_NO;
	return bytes_start_with(&b, "\n") || bytes_start_with(&b, "\r\n") ? RECOGNISED_YES
									  : RECOGNISED_MORE;
}

static enum recognised recognise_request(struct bytes b)
{
	bool full = b.left >= OPENING_MAX;
	bool connect;
	size_t n;

	/* RFC 9112 section 2.2: an empty line in front is to be ignored. */
	if (bytes_start_with(&b, "\r\n"))
		bytes_skip(&b, 2);
	n = word_length(&b);
	if (n == b.left)
		return is_method_start(&b) ? RECOGNISED_MORE : RECOGNISED_NO;
	if (b.at[n] != ' ' || !is_method(b.at, n))
		return RECOGNISED_NO;
	connect = bytes_start_with(&b, "CONNECT ");
	bytes_skip(&b, n + 1);
	if (!is_target_start(&b, connect))
		return RECOGNISED_NO;
	n = word_length(&b);
	if (n == b.left) /* a path longer than what is kept of the opening is odd, but it is one */
		return full ? RECOGNISED_YES : RECOGNISED_MORE;
	if (n == 0)
		return RECOGNISED_NO;
	bytes_skip(&b, n);
	return recognise_version(b);
}

/* "HTTP/1.1 200" and a blank or the end of the line. */
static enum recognised recognise_status(struct bytes b)
{
	uint8_t minor, blank, digit[3], end;

	if (!bytes_agree_with(&b, VERSION_START))
		return RECOGNISED_NO;
	if (!bytes_skip(&b, sizeof VERSION_START - 1))
		return RECOGNISED_MORE;
	minor = bytes_u8(&b);
	blank = bytes_u8(&b);
	for (size_t i = 0; i < 3; i++)
		digit[i] = bytes_u8(&b);
	end = bytes_u8(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	if ((minor != '0' && minor != '1') || blank != ' ' || digit[0] < '1' || digit[0] > '5' ||
	    digit[1] < '0' || digit[1] > '9' || digit[2] < '0' || digit[2] > '9')
		return RECOGNISED_NO;
	return end == ' ' || end == '\r' || end == '\n' ? RECOGNISED_YES : RECOGNISED_NO;
}

enum recognised http_recognise(const struct opening *opening)
{
	const struct bytes *client = &opening->side[SIDE_CLIENT];
	const struct bytes *server = &opening->side[SIDE_SERVER];
	enum recognised asked = recognise_request(*client);
	enum recognised answered = recognise_status(*server);

	/* The roles are guessed, and wrong. */
	if (recognise_status(*client) == RECOGNISED_YES ||
	    recognise_request(*server) == RECOGNISED_YES)
		return RECOGNISED_NO;
	if (answered == RECOGNISED_YES)
		return RECOGNISED_YES;
	if (opening->midstream && client->left != 0 && server->left != 0) {
		/* Either side may begin in the middle of a body. */
		if (asked == RECOGNISED_YES)
			return RECOGNISED_YES;
		return asked == RECOGNISED_NO && answered == RECOGNISED_NO ? RECOGNISED_NO
									   : RECOGNISED_MORE;
	}
	if (opening->midstream && server->left != 0 && !opening->one_sided)
		return RECOGNISED_MORE;
	if (server->left != 0)
		return answered;
	return opening->one_sided ? asked : RECOGNISED_MORE;
}

bool http_seek_start(enum side from, char start[HTTP_START_MAX], uint8_t *length, uint8_t byte)
{
	static const char version[] = VERSION_START;

	if (from == SIDE_SERVER) {
		if (byte != (uint8_t)version[*length])
			*length = 0;
		if (byte != (uint8_t)version[*length])
			return false;
		start[(*length)++] = (char)byte;
		return *length == sizeof version - 1;
	}
	if (byte == ' ' && *length < HTTP_START_MAX && is_method(start, *length)) {
		start[(*length)++] = ' ';
		return true;
	}
	if ((byte < 'A' || byte > 'Z') && byte != '-')
		*length = 0;
	else if (*length < HTTP_START_MAX)
		start[(*length)++] = (char)byte;
	return false;
}
