/* SPDX-License-Identifier: ISC */
/*
 * Credentials of HTTP requests: who and how, never the secret. Authorization (RFC 9110 section
 * 11.6.2, RFC 7617 Basic, RFC 7616 Digest, RFC 6750 Bearer), the signatures of object stores, keys
 * in headers of their own, presigned queries. A cookie that looks like a session's may or may not
 * have been worth something: nothing is concluded from what it got.
 */
#include "dissectors/http/http_credentials.h"

#include <strings.h>

#include "dissectors/read/base64.h"

/* As they are sent in Authorization, and what to look for to find the user's name. */
static const struct {
	const char *name;
	const char *user_after; /* NULL: the name is not in clear */
	const char *user_until;
} schemes[] = {
	{"Basic", NULL, NULL},
	{"Bearer", NULL, NULL},
	{"Digest", "username=\"", "\""},
	{"Negotiate", NULL, NULL},
	{"NTLM", NULL, NULL},
	{"ApiKey", NULL, NULL},
	{"Token", NULL, NULL},
	{"AWS4-HMAC-SHA256", "Credential=", "/"},
	{"AWS", "", ":"},
	{"SharedKey", "", ":"},
	{"SharedKeyLite", "", ":"},
	{"Splunk", NULL, NULL},
	{"Hawk", NULL, NULL},
	{"OAuth", NULL, NULL},
};

static const char *const key_headers[] = {
	"x-api-key",	  "x-auth-token",  "x-vault-token",    "private-token",	 "x-auth-key",
	"x-consul-token", "x-nomad-token", "x-clickhouse-key", "x-access-token", "api-key",
};

static void set_mechanism(struct facts *facts, const char *name)
{
	FACTS_TEXT(facts, mechanism, name, strlen(name));
}

static const char *find(struct bytes in, const char *text)
{
	return in.left != 0 ? memmem(in.at, in.left, text, strlen(text)) : NULL;
}

static bool contains_any_case(struct bytes in, const char *text)
{
	size_t n = strlen(text);

	for (; in.left >= n; bytes_skip(&in, 1)) {
		if (strncasecmp((const char *)in.at, text, n) == 0)
			return true;
	}
	return false;
}

/* The user's part of "user:password" in base64. Without a colon it could be a secret: nothing. */
static void take_basic_user(struct facts *facts, struct bytes value)
{
	struct base64 base64 = base64_from(value);
	char user[sizeof facts->user];
	size_t n = 0;
	int c;

	while ((c = base64_next(&base64)) >= 0) {
		if (c == ':') {
			FACTS_TEXT(facts, user, user, n);
			return;
		}
		if (n < sizeof user)
			user[n++] = (char)c;
	}
}

static void take_user(struct facts *facts, struct bytes value, const char *after, const char *until)
{
	const char *start = *after != '\0' ? find(value, after) : (const char *)value.at;
	const char *end;

	if (start == NULL || value.left == 0)
		return;
	start += strlen(after);
	value.left -= (size_t)(start - (const char *)value.at);
	value.at = (const uint8_t *)start;
	end = find(value, until);
	if (end != NULL)
		FACTS_TEXT(facts, user, start, (size_t)(end - start));
}

static enum http_credentials take_authorization(struct facts *facts, struct bytes value)
{
	size_t n = 0;

	while (n < value.left && value.at[n] != ' ')
		n++;
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		const char *name = schemes[i].name;

		if (strlen(name) != n || strncasecmp((const char *)value.at, name, n) != 0)
			continue;
		set_mechanism(facts, name);
		bytes_skip(&value, n);
		while (bytes_start_with(&value, " "))
			bytes_skip(&value, 1);
		if (i == 0)
			take_basic_user(facts, value);
		else if (schemes[i].user_after != NULL)
			take_user(facts, value, schemes[i].user_after, schemes[i].user_until);
		return CREDENTIALS_SENT;
	}
	/* Not a scheme that we know: perhaps the secret itself. */
	set_mechanism(facts, "other");
	return n != 0 ? CREDENTIALS_SENT : CREDENTIALS_NONE;
}

static enum http_credentials take_cookie(struct bytes value)
{
	static const char *const hints[] = {"sess", "auth", "token", "jwt", "login", "sid="};

	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
		if (contains_any_case(value, hints[i]))
			return CREDENTIALS_UNSURE;
	}
	return CREDENTIALS_NONE;
}

enum http_credentials http_credentials_in_header(struct facts *facts, const char *name,
						 struct bytes value)
{
	if (strcmp(name, "authorization") == 0 || strcmp(name, "proxy-authorization") == 0)
		return take_authorization(facts, value);
	if (strcmp(name, "cookie") == 0)
		return take_cookie(value);
	for (size_t i = 0; i < sizeof key_headers / sizeof *key_headers; i++) {
		if (strcmp(name, key_headers[i]) == 0) {
			set_mechanism(facts, "ApiKey");
			return CREDENTIALS_SENT;
		}
	}
	return CREDENTIALS_NONE;
}

/* The value of a parameter and its *length, or NULL. `query` may begin with a question mark. */
static const char *parameter(struct bytes query, const char *name, size_t *length)
{
	size_t n = strlen(name);

	bytes_skip(&query, query.left != 0 && query.at[0] == '?');
	while (query.left != 0) {
		if (bytes_start_with(&query, name) && query.left > n && query.at[n] == '=') {
			bytes_skip(&query, n + 1);
			*length = 0;
			while (*length < query.left && query.at[*length] != '&')
				++*length;
			return (const char *)query.at;
		}
		while (query.left != 0 && bytes_u8(&query) != '&')
			;
	}
	return NULL;
}

/* A name and a password as InfluxDB and ClickHouse take them. */
static bool take_name_and_password(struct facts *facts, struct bytes query)
{
	static const char *const pairs[][2] = {{"u", "p"}, {"user", "password"}};
	size_t length, ignored;

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		const char *user = parameter(query, pairs[i][0], &length);

		if (user == NULL || parameter(query, pairs[i][1], &ignored) == NULL)
			continue;
		FACTS_TEXT(facts, user, user, length);
		set_mechanism(facts, "query");
		return true;
	}
	return false;
}

enum http_credentials http_credentials_in_query(struct facts *facts, struct bytes query, bool cut)
{
	static const char *const hints[] = {"token=", "apikey=", "api_key=", "password=", "key="};

	if (find(query, "X-Amz-Credential=") != NULL || find(query, "X-Amz-Signature=") != NULL) {
		set_mechanism(facts, "AWS4-HMAC-SHA256");
		return CREDENTIALS_SENT;
	}
	if (find(query, "AWSAccessKeyId=") != NULL) {
		set_mechanism(facts, "AWS");
		return CREDENTIALS_SENT;
	}
	if (find(query, "sig=") != NULL && find(query, "sv=") != NULL) {
		set_mechanism(facts, "SAS");
		return CREDENTIALS_SENT;
	}
	if (take_name_and_password(facts, query))
		return CREDENTIALS_SENT;
	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
		if (contains_any_case(query, hints[i]))
			return CREDENTIALS_UNSURE;
	}
	return cut ? CREDENTIALS_UNSURE : CREDENTIALS_NONE;
}
