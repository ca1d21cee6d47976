/* SPDX-License-Identifier: ISC */
/*
 * See redis_route.h. All keys of a site are in one slot, so a cluster is one server here: the one
 * that its nodes name when they are asked for a key. The map of slots is not needed; the list of
 * nodes is kept, because those of the URL may all be gone one day.
 */
#include "sensor/redis/redis_route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOPS_MAX 5

void redis_route_init(struct redis_route *route, const struct redis_url *url)
{
	*route = (struct redis_route){
		.url = url,
		.count = url->host_count,
		.cluster = url->mode == REDIS_CLUSTER,
	};
	memcpy(route->nodes, url->hosts, url->host_count * sizeof *route->nodes);
}

const struct redis_node *redis_route_next(struct redis_route *route)
{
	route->asking = route->has_target && route->ask_target;
	route->to_sentinel = !route->has_target && route->url->mode == REDIS_SENTINEL;
	if (route->has_target) {
		route->current = route->target;
	} else {
		route->current = route->nodes[route->next++ % route->count];
		route->tried++;
	}
	route->has_target = false;
	return &route->current;
}

bool redis_route_another(struct redis_route *route)
{
	if (route->count > 1 && route->tried < route->count)
		return true;
	route->tried = 0;
	route->hops = 0;
	return false;
}

void redis_route_works(struct redis_route *route)
{
	route->tried = 0;
	route->hops = 0;
}

static bool take_port(const char *text, struct redis_node *node)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (end == text || port == 0 || port > UINT16_MAX)
		return false;
	node->port = (uint16_t)port;
	return true;
}

static bool set_host(struct redis_node *node, const char *host, size_t length)
{
	if (length == 0 || length >= sizeof node->host)
		return false;
	memcpy(node->host, host, length);
	node->host[length] = '\0';
	return true;
}

/* "host:port", of which the host may be missing, an IPv6 address without brackets, or "?". */
static bool take_address(const struct redis_route *route, const char *text, size_t length,
			 struct redis_node *node)
{
	const char *colon = memrchr(text, ':', length);

	*node = (struct redis_node){.port = 0};
	if (colon == NULL || !take_port(colon + 1, node))
		return false;
	if (colon == text || (colon == text + 1 && text[0] == '?'))
		return !route->current.unix_socket &&
		       set_host(node, route->current.host, strlen(route->current.host));
	return set_host(node, text, (size_t)(colon - text));
}

bool redis_route_redirect(struct redis_route *route, const char *error)
{
	bool ask = strncmp(error, "ASK ", 4) == 0;
	const char *address = NULL;
	struct redis_node node;

	if (ask || strncmp(error, "MOVED ", 6) == 0)
		address = strchr(error + (ask ? 4 : 6), ' ');
	if (address == NULL || !take_address(route, address + 1, strcspn(address + 1, " "), &node))
		return false;
	route->cluster = true;
	if (++route->hops > HOPS_MAX)
		return false;
	route->target = node;
	route->has_target = true;
	route->ask_target = ask;
	return true;
}

bool redis_route_master(struct redis_route *route, const char *host, const char *port)
{
	struct redis_node node = {.port = 0};

	if (!set_host(&node, host, strlen(host)) || !take_port(port, &node))
		return false;
	route->target = node;
	route->has_target = true;
	route->ask_target = false;
	return true;
}

static void add_node(struct redis_route *route, const struct redis_node *node)
{
	for (size_t i = 0; i < route->count; i++) {
		if (redis_node_equal(&route->nodes[i], node))
			return;
	}
	if (route->count < REDIS_NODES_MAX)
		route->nodes[route->count++] = *node;
}

/* One line: "id ip:port@busport[,hostname[,...]] flags ...". Under TLS a certificate is for a name
 * rather than for an address. */
static void learn_line(struct redis_route *route, const char *line, size_t length)
{
	const char *address = memchr(line, ' ', length), *end = line + length;
	const char *flags, *address_end, *name;
	struct redis_node node;

	flags = address != NULL ? memchr(address + 1, ' ', (size_t)(end - address - 1)) : NULL;
	if (flags == NULL)
		return;
	address++;
	if (memmem(flags, (size_t)(end - flags), "fail ", 5) != NULL ||
	    memmem(flags, (size_t)(end - flags), "noaddr", 6) != NULL)
		return;
	address_end = memchr(address, '@', (size_t)(flags - address));
	if (address_end == NULL ||
	    !take_address(route, address, (size_t)(address_end - address), &node))
		return;
	name = memchr(address_end, ',', (size_t)(flags - address_end));
	if (name != NULL && route->url->tls)
		set_host(&node, name + 1, strcspn(name + 1, ", "));
	add_node(route, &node);
}

void redis_route_learn(struct redis_route *route, const char *text)
{
	/* What is gone is forgotten; what the URL says is not. */
	route->count = route->url->host_count;
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");

		learn_line(route, text, length);
		text += length + (text[length] == '\n');
	}
}
