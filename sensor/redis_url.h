/* SPDX-License-Identifier: ISC */
/*
 * Where Redis is and how to log in:
 *	redis://[[user]:password@]host[:port][/database]
 *	unix://[[user]:password@]/path[?db=database]
 * User and password are percent-decoded. An IPv6 address stands in brackets.
 */
#ifndef SENSOR_REDIS_URL_H
#define SENSOR_REDIS_URL_H

#include <stdbool.h>
#include <stdint.h>

#define REDIS_URL_ERROR 256

struct redis_url {
	bool unix_socket;
	char host[256]; /* without brackets */
	uint16_t port;
	char path[108];		      /* of the socket; sizeof sun_path */
	char user[64], password[256]; /* "" if none */
	uint32_t database;
	char shown[320]; /* for messages: without user and password */
};

/* False, and a sentence in `error` (never with the password in it), if it is not a URL. */
bool redis_url_parse(const char *text, struct redis_url *url, char error[REDIS_URL_ERROR]);

/*
 * Looks for the password where it cannot be seen in the list of processes: the first line of
 * `file` if that is not NULL, else the environment variable SPANWATCH_REDIS_PASSWORD, else what
 * the URL says stays. False: the file cannot be read.
 */
bool redis_url_password(struct redis_url *url, const char *file, char error[REDIS_URL_ERROR]);

#endif
