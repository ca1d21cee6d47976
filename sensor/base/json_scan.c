/* SPDX-License-Identifier: ISC */
/* JSON in constant memory; see json_scan.h. RFC 8259. */
#include "sensor/base/json_scan.h"

#include <string.h>

#define DEPTH_MAX 64

struct scan {
	FILE *file;
	json_scan_handler *handler;
	void *context;
	uint64_t line;
	unsigned depth;
	bool list[DEPTH_MAX]; /* else an object */
	char key[JSON_SCAN_TEXT], text[JSON_SCAN_TEXT];
	char *error;
};

static bool fails(struct scan *scan, const char *why)
{
	snprintf(scan->error, JSON_SCAN_ERROR, "%s", why);
	return false;
}

static int next_byte(struct scan *scan)
{
	int c = getc_unlocked(scan->file);

	scan->line += c == '\n';
	return c;
}

static int next_sign(struct scan *scan)
{
	int c;

	do
		c = next_byte(scan);
	while (c == ' ' || c == '\t' || c == '\n' || c == '\r');
	return c;
}

/* Four digits of an escape: what is not ASCII becomes '?'. */
static int read_escape(struct scan *scan)
{
	unsigned value = 0;
	int c = next_byte(scan);

	if (c != 'u')
		return c == 'n' || c == 't' || c == 'r' || c == 'b' || c == 'f' ? ' ' : c;
	for (int i = 0; i < 4; i++) {
		c = next_byte(scan);
		if (c >= '0' && c <= '9')
			value = value * 16 + (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value * 16 + (unsigned)((c | 0x20) - 'a' + 10);
		else
			return EOF;
	}
	return value >= ' ' && value < 0x7f ? (int)value : '?';
}

/* Behind its first quote. */
static bool read_text(struct scan *scan, char text[JSON_SCAN_TEXT])
{
	size_t length = 0;

	for (;;) {
		int c = next_byte(scan);

		if (c == '"')
			break;
		if (c == '\\')
			c = read_escape(scan);
		if (c == EOF || (c >= 0 && c < ' '))
			return fails(scan, "a text does not end");
		if (length < JSON_SCAN_TEXT - 1)
			text[length++] = (char)c;
	}
	text[length] = '\0';
	return true;
}

/* A number or a word, whose first byte was `c`; the byte behind it is put back. */
static bool read_word(struct scan *scan, int c)
{
	size_t length = 0;

	while ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' ||
	       c == '.' || c == 'E') {
		if (length < JSON_SCAN_TEXT - 1)
			scan->text[length++] = (char)c;
		c = getc_unlocked(scan->file);
	}
	if (c != EOF)
		ungetc(c, scan->file);
	scan->text[length] = '\0';
	return length != 0 ? true : fails(scan, "a value was expected");
}

static bool begin(struct scan *scan, bool list)
{
	if (scan->depth == DEPTH_MAX)
		return fails(scan, "nested too deep");
	scan->list[scan->depth++] = list;
	scan->handler(scan->context, JSON_SCAN_BEGIN, scan->key, "");
	scan->key[0] = '\0';
	return true;
}

static bool is_inside_object(const struct scan *scan)
{
	return scan->depth != 0 && !scan->list[scan->depth - 1];
}

/* The key and the colon before a value of an object, whose first byte was `c`. */
static bool read_key(struct scan *scan, int c)
{
	if (c != '"')
		return fails(scan, "a key was expected");
	if (!read_text(scan, scan->key))
		return false;
	return next_sign(scan) == ':' ? true : fails(scan, "a colon was expected");
}

/* A value begins with `c`. */
static bool read_value(struct scan *scan, int c)
{
	if (c == '{' || c == '[')
		return begin(scan, c == '[');
	if (c == '"' ? !read_text(scan, scan->text) : !read_word(scan, c))
		return false;
	scan->handler(scan->context, JSON_SCAN_VALUE, scan->key, scan->text);
	scan->key[0] = '\0';
	return true;
}

/* Takes a closing bracket; false: `c` is none that belongs here. */
static bool take_end(struct scan *scan, int c)
{
	if (scan->depth == 0 || c != (scan->list[scan->depth - 1] ? ']' : '}'))
		return false;
	scan->depth--;
	scan->handler(scan->context, JSON_SCAN_END, "", "");
	scan->key[0] = '\0';
	return true;
}

static bool read_document(struct scan *scan)
{
	bool first = true; /* of its object or list */

	do {
		int c = next_sign(scan);

		if (scan->depth != 0 && take_end(scan, c)) {
			first = false;
			continue;
		}
		if (scan->depth != 0 && !first) {
			if (c != ',')
				return fails(scan, "a comma or a bracket was expected");
			c = next_sign(scan);
		}
		if (is_inside_object(scan)) {
			if (!read_key(scan, c))
				return false;
			c = next_sign(scan);
		}
		if (c == EOF)
			return fails(scan, "it ends in the middle");
		first = c == '{' || c == '[';
		if (!read_value(scan, c))
			return false;
	} while (scan->depth != 0);
	return true;
}

bool json_scan(FILE *file, json_scan_handler *handler, void *context, uint64_t *line,
	       char error[JSON_SCAN_ERROR])
{
	struct scan scan = {
		.file = file, .handler = handler, .context = context, .line = 1, .error = error};
	bool good = read_document(&scan);

	*line = scan.line;
	if (good && next_sign(&scan) != EOF)
		good = fails(&scan, "something follows the end");
	if (ferror(file))
		good = fails(&scan, "it cannot be read");
	return good;
}
