/* SPDX-License-Identifier: ISC */
#include "tools/redis-tail/where.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

struct redis_url where_url(const struct where *where)
{
	struct redis_url url;
	char error[REDIS_URL_ERROR];

	if (!redis_url_parse_public(where->redis, &url, error))
		errx(WHERE_USAGE, "%s", error);
	if (where->sentinel_user != NULL)
		snprintf(url.sentinel_login.user, sizeof url.sentinel_login.user, "%s",
			 where->sentinel_user);
	if (!redis_url_passwords(&url, where->password_file, where->sentinel_password_file, error))
		errx(WHERE_USAGE, "%s", error);
	return url;
}

struct redis_tls *where_tls(const struct where *where, const struct redis_url *url)
{
	char error[REDIS_TLS_ERROR];
	struct redis_tls *tls;

	if (!url->tls)
		return NULL;
	tls = redis_tls_new(&where->tls, error);
	if (tls == NULL)
		errx(WHERE_USAGE, "%s", error);
	return tls;
}

uint64_t where_number(const char *text, const char *name, uint64_t otherwise)
{
	char *end;
	uint64_t value;

	if (text == NULL)
		return otherwise;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || value > 1000000000)
		errx(WHERE_USAGE, "--%s: '%s' is not a number up to 1000000000", name, text);
	return value;
}
