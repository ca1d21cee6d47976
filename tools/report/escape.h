/* SPDX-License-Identifier: ISC */
/* Attackers' texts, so that each format shows them and obeys none of them. */
#ifndef TOOLS_REPORT_ESCAPE_H
#define TOOLS_REPORT_ESCAPE_H

#include <stdio.h>

/* In text and in quoted attributes. */
void escape_html(const char *text, FILE *to);
/* In a table's cell: CommonMark's and tables' signs behind backslashes, HTML as entities. */
void escape_markdown(const char *text, FILE *to);
/*
 * A quoted field (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe before
 * it (OWASP, CSV Injection).
 */
void escape_csv(const char *text, FILE *to);

#endif
