/* SPDX-License-Identifier: ISC */
/*
 * A message as mail: RFC 5322 with text/plain in UTF-8 (RFC 2045, quoted-printable; RFC 2047 in the
 * subject). No text of others is in a header but the subject, and that has no line ends and is
 * encoded when it is not plain ASCII. Later messages name the first one (References).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/notify/shapes.h"

#define QP_LINE	   72
#define WORD_BYTES 39 /* of an encoded word: 52 signs of base64 */

/* What stands behind the @ of our own address. */
static const char *domain(const struct telling *telling)
{
	return strchr(telling->channel->from, '@') + 1;
}

static void base64(struct body *body, const unsigned char *bytes, size_t length)
{
	static const char signs[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < length; i += 3) {
		unsigned value = (unsigned)bytes[i] << 16;

		value |= i + 1 < length ? (unsigned)bytes[i + 1] << 8 : 0;
		value |= i + 2 < length ? bytes[i + 2] : 0;
		body_add(body, "%c%c%c%c", signs[value >> 18], signs[value >> 12 & 63],
			 i + 1 < length ? signs[value >> 6 & 63] : '=',
			 i + 2 < length ? signs[value & 63] : '=');
	}
}

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || (unsigned char)*text >= 0x7f)
			return false;
	return true;
}

/* Encoded words hold whole characters (RFC 2047, section 5). */
static void subject_line(struct body *body, const char *text)
{
	body_add(body, "Subject: ");
	if (is_ascii(text) && strstr(text, "=?") == NULL) {
		body_add(body, "%s\r\n", text);
		return;
	}
	for (size_t left = strlen(text); left > 0;) {
		size_t length = left < WORD_BYTES ? left : WORD_BYTES;

		while (length < left && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--;
		body_add(body, "=?utf-8?B?");
		base64(body, (const unsigned char *)text, length);
		body_add(body, "?=");
		text += length;
		left -= length;
		body_add(body, left > 0 ? "\r\n " : "\r\n");
	}
}

/* One line of ours, broken softly. */
static void quoted_line(struct body *body, const char *text)
{
	int column = 0;

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		bool plain = (c >= ' ' && c < 0x7f && c != '=') && !(c == ' ' && text[1] == '\0');

		if (column >= QP_LINE) {
			body_add(body, "=\r\n");
			column = 0;
		}
		/* "From " at a line's beginning is changed by mailboxes of files. */
		if (plain && !(column == 0 && (c == 'F' || c == '.')))
			body_add(body, "%c", c);
		else
			body_add(body, "=%02X", c);
		column += plain ? 1 : 3;
	}
	body_add(body, "\r\n");
}

static void named_line(struct body *body, const char *name, const char *value)
{
	char line[700];

	snprintf(line, sizeof line, "%-16s%s", name, value);
	quoted_line(body, line);
}

static void headers(const struct telling *telling, struct body *body)
{
	const struct channel_settings *channel = telling->channel;
	time_t now = (time_t)(telling->unix_ms / 1000);
	char date[64], subject[500];
	struct tm parts;

	gmtime_r(&now, &parts);
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &parts);
	body_add(body, "Date: %s\r\nFrom: spanwatch <%s>\r\nTo: ", date, channel->from);
	for (uint32_t i = 0; i < channel->to.count; i++)
		body_add(body, "%s%s", i != 0 ? ",\r\n " : "", channel->to.list[i]);
	body_add(body, "\r\nMessage-ID: <%s@%s>\r\n", telling->delivery, domain(telling));
	if (telling->ref[0] != '\0')
		body_add(body, "In-Reply-To: <%s@%s>\r\nReferences: <%s@%s>\r\n", telling->ref,
			 domain(telling), telling->ref, domain(telling));
	snprintf(subject, sizeof subject, "[spanwatch %.64s] %s", telling->site, telling->title);
	subject_line(body, subject);
	if (telling->severity == SEVERITY_CRITICAL && !telling->over)
		body_add(body, "Importance: high\r\n");
	body_add(body, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
		       "Content-Type: text/plain; charset=utf-8\r\n"
		       "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
}

void shape_mail(const struct telling *telling, struct body *body)
{
	char more[64];

	headers(telling, body);
	quoted_line(body, telling->title);
	if (telling->sentence[0] != '\0') {
		quoted_line(body, "");
		quoted_line(body, telling->sentence);
	}
	quoted_line(body, "");
	for (uint32_t i = 0; i < telling->fact_count; i++)
		named_line(body, telling->facts[i].name, telling->facts[i].value);
	if (telling->link[0] != '\0')
		named_line(body, "Dashboard", telling->link);
	if (telling->line_count != 0)
		quoted_line(body, "");
	for (uint32_t i = 0; i < telling->line_count; i++)
		quoted_line(body, telling->lines[i]);
	if (telling->lines_left != 0) {
		snprintf(more, sizeof more, "and %" PRIu64 " more", telling->lines_left);
		quoted_line(body, more);
	}
}
