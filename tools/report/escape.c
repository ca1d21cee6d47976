/* SPDX-License-Identifier: ISC */
#include "tools/report/escape.h"

#include <string.h>

void escape_html(const char *text, FILE *to)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", to);
			break;
		case '<':
			fputs("&lt;", to);
			break;
		case '>':
			fputs("&gt;", to);
			break;
		case '"':
			fputs("&quot;", to);
			break;
		case '\'':
			fputs("&#39;", to);
			break;
		default:
			fputc(*text, to);
			break;
		}
	}
}

void escape_markdown(const char *text, FILE *to)
{
	for (; *text != '\0'; text++) {
		if (*text == '<' || *text == '>' || *text == '&') {
			fputs(*text == '<' ? "&lt;" : *text == '>' ? "&gt;" : "&amp;", to);
			continue;
		}
		if (strchr("\\`*_{}[]()#+-.!|~:/", *text) != NULL && strchr("-.:/", *text) == NULL)
			fputc('\\', to);
		/* A link that is made of a bare address (GFM) needs its colon. */
		if (*text == ':' && text[1] == '/')
			fputs("&#58;", to);
		else
			fputc(*text == '\n' ? ' ' : *text, to);
	}
}

void escape_csv(const char *text, FILE *to)
{
	fputc('"', to);
	if (*text != '\0' && strchr("=+-@\t\r", *text) != NULL)
		fputc('\'', to);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', to);
		fputc(*text, to);
	}
	fputc('"', to);
}
