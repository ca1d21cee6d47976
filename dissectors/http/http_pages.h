/* SPDX-License-Identifier: ISC */
/*
 * Pages that show the door, and not what is behind it: those that ask who one is, and those that
 * are empty until a script has fetched what they show.
 */
#ifndef DISSECTORS_HTTP_PAGES_H
#define DISSECTORS_HTTP_PAGES_H

#include "dissectors/read/bytes.h"

/* Is this the content type of a page? */
bool http_pages_html(struct bytes type);

/* Is this the address of a log-in? "/login?next=%2F", "https://sso.example.org/saml2/start". */
bool http_pages_login(struct bytes location);

/* `text` begins with the "<" of a tag: is it the element that a script will fill, and empty? */
bool http_pages_shell(struct bytes text);

#endif
