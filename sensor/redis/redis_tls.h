/* SPDX-License-Identifier: ISC */
/*
 * TLS to Redis: 1.2 and later, the server's certificate always verified, its name as well. Files
 * are read once, at the start. The one place that sees OpenSSL; a connection is carried by
 * libevent's buffered events (redis_connection.c).
 */
#ifndef SENSOR_REDIS_TLS_H
#define SENSOR_REDIS_TLS_H

#include <stdbool.h>
#include <stddef.h>

#define REDIS_TLS_ERROR 256

struct ssl_st; /* OpenSSL's SSL */
struct redis_tls;

struct redis_tls_options {
	const char *ca;		/* file or directory of those who may sign; NULL: the system's */
	const char *cert, *key; /* of our own; both or neither; the key without a passphrase */
	const char *name;	/* expected in place of the host's name; NULL: that */
};

/* NULL, and a sentence in `error`: a file is missing or does not fit. */
struct redis_tls *redis_tls_new(const struct redis_tls_options *options,
				char error[REDIS_TLS_ERROR]);
void redis_tls_free(struct redis_tls *tls); /* NULL is allowed */

/* A session that expects this host; owned by the caller. NULL: out of memory. */
struct ssl_st *redis_tls_session(const struct redis_tls *tls, const char *host);

/*
 * Why a session failed, as one sentence in `text`: `error` is OpenSSL's number, 0 if it has none;
 * `early`: before anything was answered. False: it says nothing, the reason is elsewhere.
 */
bool redis_tls_why(const struct redis_tls *tls, const struct ssl_st *session, unsigned long error,
		   bool early, char text[REDIS_TLS_ERROR]);

#endif
