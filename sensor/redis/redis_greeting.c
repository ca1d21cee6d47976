/* SPDX-License-Identifier: ISC */
/*
 * See redis_greeting.h. Sent in one piece: a refused log-in makes the rest fail, which is told.
 * Rights for ROLE and CLUSTER NODES may be missing: then the first write says READONLY or MOVED.
 */
#include "sensor/redis/redis_greeting.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sensor/redis/redis_errors.h"
#include "sensor/redis/redis_script.h"

#define ARGUMENTS_MAX 3
#define DIGEST_LENGTH 40

struct greeting {
	struct redis_connection *connection;
	struct redis_due_list *due;
	bool good;
};

static void send(struct greeting *greeting, enum redis_due_kind kind, int count,
		 const char **arguments)
{
	size_t lengths[ARGUMENTS_MAX];

	assert(count <= ARGUMENTS_MAX);
	for (int i = 0; i < count; i++)
		lengths[i] = strlen(arguments[i]);
	greeting->good = greeting->good &&
			 redis_connection_send(greeting->connection, count, arguments, lengths);
	if (greeting->good)
		redis_due_add(greeting->due, kind, 0);
}

static void log_in(struct greeting *greeting, const struct redis_login *login)
{
	const char *both[ARGUMENTS_MAX] = {"AUTH", login->user, login->password};
	const char *password[] = {"AUTH", login->password};

	if (login->user[0] != '\0')
		send(greeting, DUE_LOGIN, 3, both);
	else if (login->password[0] != '\0')
		send(greeting, DUE_LOGIN, 2, password);
}

static void ask_sentinel(struct greeting *greeting, const struct redis_url *url)
{
	const char *arguments[] = {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", url->master};

	log_in(greeting, &url->sentinel_login);
	send(greeting, DUE_MASTER, 3, arguments);
}

static void prepare_server(struct greeting *greeting, const struct redis_route *route)
{
	char database[12];
	const char *select[] = {"SELECT", database}, *role[] = {"ROLE"};
	const char *nodes[] = {"CLUSTER", "NODES"};

	log_in(greeting, &route->url->login);
	snprintf(database, sizeof database, "%" PRIu32, route->url->database);
	if (route->url->database != 0)
		send(greeting, DUE_DATABASE, 2, select);
	if (route->url->mode == REDIS_SENTINEL)
		send(greeting, DUE_ROLE, 1, role);
	if (route->cluster)
		send(greeting, DUE_NODES, 2, nodes);
}

/* Which sites there are is told outside of the slot: another node of a cluster refuses it. */
static void ask_around(struct greeting *greeting, const struct redis_names *names)
{
	const char *info[] = {"INFO", "memory"};
	const char *site[ARGUMENTS_MAX] = {"SADD", "spanwatch:sites", names->site};

	send(greeting, DUE_POLICY, 2, info);
	send(greeting, DUE_SITE, 3, site);
}

bool redis_greeting(struct redis_connection *connection, const struct redis_route *route,
		    const struct redis_names *names, bool script_only, struct redis_due_list *due)
{
	struct greeting greeting = {connection, due, true};
	const char *load[ARGUMENTS_MAX] = {"SCRIPT", "LOAD", NULL};
	size_t length;

	if (route->to_sentinel) {
		ask_sentinel(&greeting, route->url);
		return greeting.good;
	}
	if (!script_only)
		prepare_server(&greeting, route);
	if (names == NULL)
		return greeting.good;
	if (!script_only)
		ask_around(&greeting, names);
	load[2] = redis_script(&length);
	send(&greeting, DUE_SCRIPT, 3, load);
	return greeting.good;
}

static enum redis_welcome refuse(char reason[REDIS_REASON], const char *what, const char *text)
{
	snprintf(reason, REDIS_REASON, "%s%.240s", what, text);
	return WELCOME_REFUSED;
}

static enum redis_welcome on_master(struct redis_route *route, const struct redis_answer *answer,
				    char reason[REDIS_REASON])
{
	if (answer->type == REDIS_ERROR)
		return refuse(reason, "the sentinel says: ", answer->text);
	if (answer->type != REDIS_LIST)
		return refuse(reason, "the sentinel knows no master ", route->url->master);
	if (!redis_route_master(route, answer->items[0], answer->items[1]))
		return refuse(reason, "the sentinel's answer is no address: ", answer->items[0]);
	return WELCOME_ELSEWHERE;
}

static enum redis_welcome on_role(const struct redis_answer *answer, char reason[REDIS_REASON])
{
	if (answer->type != REDIS_LIST || strcmp(answer->items[0], "master") == 0)
		return WELCOME_MORE;
	return refuse(reason, "not the master any more, but a ", answer->items[0]);
}

/* The first one to need a key, and so the one that a node refuses which has not got the slot. */
static enum redis_welcome on_applied(struct redis_route *route, const struct redis_answer *answer,
				     char reason[REDIS_REASON])
{
	if (answer->type != REDIS_ERROR)
		return WELCOME_READY;
	if (redis_error_remedy(answer->text) != REDIS_REDIRECT)
		return refuse(reason, "", answer->text);
	if (redis_route_redirect(route, answer->text))
		return WELCOME_ELSEWHERE;
	return refuse(reason, "sent from one node to the other: ", answer->text);
}

static enum redis_welcome on_script(const struct redis_answer *answer, char reason[REDIS_REASON])
{
	if (answer->type == REDIS_ERROR)
		return refuse(reason, "script refused: ", answer->text);
	if (answer->length == DIGEST_LENGTH)
		return WELCOME_SCRIPT;
	return refuse(reason, "the answer to SCRIPT LOAD is not a digest", "");
}

enum redis_welcome redis_greeting_answer(struct redis_route *route, const struct redis_due *about,
					 const struct redis_answer *answer,
					 char reason[REDIS_REASON])
{
	switch (about->kind) {
	case DUE_MASTER:
		return on_master(route, answer, reason);
	case DUE_ROLE:
		return on_role(answer, reason);
	case DUE_NODES:
		if (answer->type == REDIS_TEXT)
			redis_route_learn(route, answer->text);
		return WELCOME_MORE;
	case DUE_APPLIED:
		return on_applied(route, answer, reason);
	case DUE_ASKING:
	case DUE_POLICY:
	case DUE_SITE:
		return WELCOME_MORE;
	case DUE_SCRIPT:
		return on_script(answer, reason);
	case DUE_DATABASE:
		return answer->type != REDIS_ERROR
			       ? WELCOME_MORE
			       : refuse(reason, "database refused: ", answer->text);
	default:
		return answer->type != REDIS_ERROR
			       ? WELCOME_MORE
			       : refuse(reason, "log-in refused: ", answer->text);
	}
}
