/* SPDX-License-Identifier: ISC */
/* See redis_greeting.h. Sent in one piece: a refused log-in makes the rest fail, which is told. */
#include "sensor/redis_greeting.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sensor/redis_script.h"

#define ARGUMENTS_MAX 3

static bool send(struct redis_connection *connection, int count, const char **arguments)
{
	size_t lengths[ARGUMENTS_MAX];

	assert(count <= ARGUMENTS_MAX);
	for (int i = 0; i < count; i++)
		lengths[i] = strlen(arguments[i]);
	return redis_connection_send(connection, count, arguments, lengths);
}

static size_t log_in(struct redis_connection *connection, const struct redis_url *url)
{
	const char *both[ARGUMENTS_MAX] = {"AUTH", url->user, url->password};
	const char *password[] = {"AUTH", url->password};

	if (url->user[0] != '\0')
		return send(connection, 3, both);
	if (url->password[0] != '\0')
		return send(connection, 2, password);
	return 0;
}

static size_t select_database(struct redis_connection *connection, const struct redis_url *url)
{
	char database[12];
	const char *arguments[] = {"SELECT", database};

	snprintf(database, sizeof database, "%" PRIu32, url->database);
	return url->database != 0 ? send(connection, 2, arguments) : 0;
}

size_t redis_greeting(struct redis_connection *connection, const struct redis_url *url,
		      bool script_only)
{
	const char *load[ARGUMENTS_MAX] = {"SCRIPT", "LOAD", NULL};
	size_t due = 0, length;

	load[2] = redis_script(&length);
	if (!script_only)
		due += log_in(connection, url) + select_database(connection, url);
	return send(connection, 3, load) ? due + 1 : 0;
}
