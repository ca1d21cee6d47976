/* SPDX-License-Identifier: ISC */
/* Which Redis, and how to log in there: the options that every reader of it has. */
#ifndef TOOLS_REDIS_TAIL_WHERE_H
#define TOOLS_REDIS_TAIL_WHERE_H

#include <stdint.h>

#include "sensor/redis/redis_tls.h"
#include "sensor/redis/redis_url.h"

#define WHERE_USAGE 2 /* the exit status of bad options */

struct where {
	const char *redis, *password_file, *sentinel_user, *sentinel_password_file;
	struct redis_tls_options tls;
};

/* A row of options for getopt_long, and where its text goes. */
struct where_option {
	const char *name;
	const char **to;
};
#define WHERE_OPTIONS(w)                                                                           \
	{"redis", &(w).redis}, {"redis-password-file", &(w).password_file},                        \
		{"redis-tls-ca", &(w).tls.ca}, {"redis-tls-cert", &(w).tls.cert},                  \
		{"redis-tls-key", &(w).tls.key}, {"redis-tls-name", &(w).tls.name},                \
		{"sentinel-user", &(w).sentinel_user},                                             \
	{                                                                                          \
		"sentinel-password-file", &(w).sentinel_password_file                              \
	}

/* Both end the program with what is wrong. NULL: it speaks no TLS. */
struct redis_url where_url(const struct where *where);
struct redis_tls *where_tls(const struct where *where, const struct redis_url *url);

/* The number behind --`name`, at most 1000000000; `otherwise` if it was not given. */
uint64_t where_number(const char *text, const char *name, uint64_t otherwise);

#endif
