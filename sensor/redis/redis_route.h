/* SPDX-License-Identifier: ISC */
/*
 * Which server is next: what the URL says, what the sentinels answered, where a cluster sent us.
 * Only decides; sends nothing. Every host is tried once in a round, then there is a pause.
 */
#ifndef SENSOR_REDIS_ROUTE_H
#define SENSOR_REDIS_ROUTE_H

#include "sensor/redis/redis_url.h"

#define REDIS_NODES_MAX 64

struct redis_route {
	const struct redis_url *url;
	/* Sentinels, or the nodes of a cluster: first those of the URL, then what it told. */
	struct redis_node nodes[REDIS_NODES_MAX];
	size_t count, next;
	size_t tried;		   /* of them, in this round */
	struct redis_node current; /* connected to, or about to be */
	struct redis_node target;  /* where to go next, if has_target */
	bool has_target, ask_target;
	bool to_sentinel; /* current is one */
	bool asking;	  /* current serves our slot only to those who say ASKING */
	bool cluster;	  /* by the URL, or a server has shown itself to be part of one */
	unsigned hops;	  /* redirections without success in between */
};

/* `url` must outlive it. */
void redis_route_init(struct redis_route *route, const struct redis_url *url);

/* Where to connect to now. Valid until the next call. */
const struct redis_node *redis_route_next(struct redis_route *route);
/* It did not work. True: try the next one at once; false: after a pause. */
bool redis_route_another(struct redis_route *route);
/* It works: a new round begins with the next trouble. */
void redis_route_works(struct redis_route *route);

/* An error answer, "MOVED slot host:port" or "ASK slot host:port": the next server is that one.
 * False if it is neither, or there were too many in a row. */
bool redis_route_redirect(struct redis_route *route, const char *error);
/* A sentinel's answer. False if that is no address. */
bool redis_route_master(struct redis_route *route, const char *host, const char *port);
/* The answer to CLUSTER NODES. */
void redis_route_learn(struct redis_route *route, const char *text);

#endif
