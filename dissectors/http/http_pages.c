/* SPDX-License-Identifier: ISC */
/* See http_pages.h. The words are those of common frameworks, proxies and identity providers. */
#include "dissectors/http/http_pages.h"

#include <strings.h>

static bool is_one_of(struct bytes word, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (word.left == strlen(*words) &&
		    strncasecmp((const char *)word.at, *words, word.left) == 0)
			return true;
	}
	return false;
}

/* What stands before the next of these bytes, which is taken as well. */
static struct bytes take_word(struct bytes *text, const char *ends)
{
	struct bytes word;
	size_t n = 0;

	while (n < text->left && (text->at[n] == '\0' || strchr(ends, text->at[n]) == NULL))
		n++;
	word = bytes_sub(text, n);
	bytes_skip(text, text->left != 0);
	return word;
}

bool http_pages_login(struct bytes location)
{
	static const char *const words[] = {
		"login",	"signin",    "sign_in",	       "sign-in",  "logon",
		"auth",		"oauth",     "oauth2",	       "saml",	   "saml2",
		"sso",		"openid",    "openid-connect", "adfs",	   "cas",
		"authenticate", "authorize", "authentication", "accounts", "user_login",
		"users-login",	NULL,
	};
	size_t n = 0;

	while (n < location.left && location.at[n] != '?' && location.at[n] != '#')
		n++;
	location.left = n;
	while (location.left != 0) {
		if (is_one_of(take_word(&location, "/.:;"), words))
			return true;
	}
	return false;
}

static bool begins(const struct bytes *text, const char *word)
{
	size_t n = strlen(word);

	return text->left >= n && strncasecmp((const char *)text->at, word, n) == 0;
}

static void skip_blanks(struct bytes *text)
{
	while (text->left != 0 && text->at[0] <= ' ')
		bytes_skip(text, 1);
}

/* `<div id="root"></div>`: behind "<div". */
static bool is_empty_root(struct bytes text)
{
	static const char *const names[] = {"root", "app", "react-root", "app-root", "q-app", NULL};
	struct bytes attribute;
	bool named = false;

	if (text.left == 0 || text.at[0] > ' ')
		return false;
	while (text.left != 0 && text.at[0] != '>') {
		skip_blanks(&text);
		if (begins(&text, "id=")) {
			bytes_skip(&text, 3);
			bytes_skip(&text,
				   text.left != 0 && (text.at[0] == '"' || text.at[0] == '\''));
			attribute = text;
			while (text.left != 0 && strchr("\"'> ", text.at[0]) == NULL)
				bytes_skip(&text, 1);
			attribute.left -= text.left;
			named |= is_one_of(attribute, names);
		} else {
			while (text.left != 0 && text.at[0] > ' ' && text.at[0] != '>')
				bytes_skip(&text, 1);
		}
	}
	bytes_skip(&text, text.left != 0);
	skip_blanks(&text);
	return named && begins(&text, "</div>");
}

bool http_pages_shell(struct bytes text)
{
	static const char *const starts[] = {
		"<app-root",
		"<noscript>You need to enable JavaScript",
		"<noscript>Please enable JavaScript",
		"<noscript><strong>We're sorry but",
	};

	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		if (begins(&text, starts[i]))
			return true;
	}
	if (!begins(&text, "<div"))
		return false;
	bytes_skip(&text, 4);
	return is_empty_root(text);
}

bool http_pages_html(struct bytes type)
{
	static const char *const types[] = {"text/html", "application/xhtml"};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		size_t n = strlen(types[i]);

		if (type.left >= n && strncasecmp((const char *)type.at, types[i], n) == 0)
			return true;
	}
	return false;
}
