/* SPDX-License-Identifier: ISC */
/*
 * The table of exposures: slots from a free list, an index by endpoint, an index of hosts, one list
 * for each rank (for eviction) and one queue of checks. The queue needs no heap: every check is the
 * same period ahead, so appending keeps it in order.
 */
#include "sensor/engine/exposure.h"

#include <stdlib.h>
#include <string.h>

#include "sensor/base/hash.h"
#include "sensor/base/table_memory.h"
#include "sensor/base/tagged.h"

enum rank {		  /* first to go first */
	    RANK_CLAIMED, /* open or closed */
	    RANK_CLOSED_QUIET,
	    RANK_CLOSED,
	    RANK_QUIET,	       /* unlisted */
	    RANK_QUIET_LISTED, /* + severity */
	    RANK_UNLISTED =
		    RANK_QUIET_LISTED + SEVERITY_CRITICAL + 1, /* + 1: somebody was let in */
	    RANK_LISTED = RANK_UNLISTED + 2,		       /* + 2 * severity; + 1 */
	    RANK_COUNT = RANK_LISTED + 2 * (SEVERITY_CRITICAL + 1),
};

struct host_key {
	struct address address;
	uint32_t realm, outgoing; /* its own connections are a host of their own */
};

struct host {
	struct host_key key;
	struct order members;
	uint32_t open; /* TCP ports, without "all ports" */
};

struct slot {
	bool used;
	uint8_t rank; /* list that holds it */
};

struct exposures {
	uint32_t size;
	uint64_t hash_key;
	struct exposure *records;
	struct slot *slots;
	struct host *hosts;
	uint32_t *free_records, *free_hosts; /* stacks */
	uint32_t free_record_count, free_host_count;
	uint32_t claims;
	uint32_t whole_hosts; /* records of no port: most often there is none */
	struct tagged by_endpoint, by_host;
	struct order_node *rank_nodes, *check_nodes, *host_nodes;
	struct order ranks[RANK_COUNT], checks;
};

uint64_t exposures_bytes(uint32_t size)
{
	const struct exposures *e = NULL;
	uint64_t each = sizeof *e->slots + sizeof *e->hosts + sizeof *e->free_records +
			sizeof *e->free_hosts + sizeof *e->rank_nodes + sizeof *e->check_nodes +
			sizeof *e->host_nodes;

	return sizeof *e + table_memory_bytes(size, sizeof *e->records) + size * each +
	       2 * tagged_bytes(size);
}

static uint32_t *full_stack(uint32_t size)
{
	uint32_t *stack = malloc(size * sizeof *stack);

	for (uint32_t i = 0; stack != NULL && i < size; i++)
		stack[i] = size - 1 - i;
	return stack;
}

static bool allocate(struct exposures *e, uint32_t size)
{
	bool indexed = tagged_new(&e->by_endpoint, size);

	indexed = tagged_new(&e->by_host, size) && indexed;
	e->records = table_memory_new(size, sizeof *e->records);
	e->slots = calloc(size, sizeof *e->slots);
	e->hosts = calloc(size, sizeof *e->hosts);
	e->free_records = full_stack(size);
	e->free_hosts = full_stack(size);
	e->rank_nodes = calloc(size, sizeof *e->rank_nodes);
	e->check_nodes = calloc(size, sizeof *e->check_nodes);
	e->host_nodes = calloc(size, sizeof *e->host_nodes);
	return indexed && e->records != NULL && e->slots != NULL && e->hosts != NULL &&
	       e->free_records != NULL && e->free_hosts != NULL && e->rank_nodes != NULL &&
	       e->check_nodes != NULL && e->host_nodes != NULL;
}

struct exposures *exposures_new(uint32_t size, uint64_t hash_key)
{
	struct exposures *e = calloc(1, sizeof *e);

	if (e == NULL)
		return NULL;
	if (!allocate(e, size)) {
		exposures_free(e);
		return NULL;
	}
	e->size = e->free_record_count = e->free_host_count = size;
	e->hash_key = hash_key;
	e->checks = (struct order)ORDER_EMPTY;
	for (int i = 0; i < RANK_COUNT; i++)
		e->ranks[i] = (struct order)ORDER_EMPTY;
	return e;
}

void exposures_free(struct exposures *e)
{
	if (e == NULL)
		return;
	tagged_free(&e->by_endpoint);
	tagged_free(&e->by_host);
	table_memory_free(e->records);
	free(e->slots);
	free(e->hosts);
	free(e->free_records);
	free(e->free_hosts);
	free(e->rank_nodes);
	free(e->check_nodes);
	free(e->host_nodes);
	free(e);
}

static uint64_t endpoint_hash(const struct exposures *e, const struct endpoint *server)
{
	return hash_bytes(server, sizeof *server, e->hash_key);
}

/*
 * A record is 4 KiB of cold memory, and what a conversation touches of it lies in a dozen lines:
 * all of them are asked for at once, not one after the other as they are needed.
 */
static void ask_for(const struct exposure *x)
{
	__builtin_prefetch(&x->server);
	__builtin_prefetch(&x->incident);
	__builtin_prefetch(&x->client);
	__builtin_prefetch(&x->last_seen_ns);
	__builtin_prefetch(&x->clients);
	__builtin_prefetch(&x->clients.exact);
	__builtin_prefetch(&x->users_tried.exact);
	__builtin_prefetch(&x->objects_read.exact);
	__builtin_prefetch(&x->last_accept_ns);
	__builtin_prefetch(&x->questions);
	__builtin_prefetch(&x->sources[0]);
	__builtin_prefetch(&x->facts);
}

uint32_t exposures_find(const struct exposures *e, const struct endpoint *server)
{
	struct tagged_look look;
	uint32_t slot = tagged_first(&e->by_endpoint, endpoint_hash(e, server), &look);

	for (; slot != EXPOSURE_NONE; slot = tagged_next(&e->by_endpoint, &look)) {
		ask_for(&e->records[slot]);
		if (memcmp(&e->records[slot].server, server, sizeof *server) == 0)
			break;
	}
	return slot;
}

struct exposure *exposures_at(const struct exposures *e, uint32_t slot)
{
	return &e->records[slot];
}

uint32_t exposures_claims(const struct exposures *e)
{
	return e->claims;
}

uint32_t exposures_size(const struct exposures *e)
{
	return e->size;
}

bool exposures_used(const struct exposures *e, uint32_t slot)
{
	return e->slots[slot].used;
}

static unsigned open_rank(struct exposure_rank of)
{
	unsigned let_in = of.level >= LEVEL_ACCESSED;

	if (of.claimed)
		return RANK_CLAIMED;
	if (of.quiet)
		return of.unlisted ? RANK_QUIET : RANK_QUIET_LISTED + (unsigned)of.severity;
	if (of.unlisted && of.severity == SEVERITY_INFO)
		return RANK_UNLISTED + let_in;
	return RANK_LISTED + 2u * of.severity + let_in;
}

static bool is_closed(unsigned rank)
{
	return rank <= RANK_CLOSED;
}

uint32_t exposures_victim(const struct exposures *e, struct exposure_rank newcomer, bool *refused)
{
	unsigned most = open_rank(newcomer);
	uint32_t equal = e->ranks[most].first;

	*refused = false;
	if (e->free_record_count != 0)
		return EXPOSURE_NONE;
	for (unsigned rank = 0; rank < most; rank++) {
		if (e->ranks[rank].first != CHAIN_END)
			return e->ranks[rank].first;
	}
	if (equal != CHAIN_END &&
	    (newcomer.newer || e->records[equal].state == EXPOSURE_UNCONFIRMED))
		return equal;
	*refused = true;
	return EXPOSURE_NONE;
}

static struct host_key host_key_of(const struct endpoint *server)
{
	return (struct host_key){
		.address = server->address, .realm = server->realm, .outgoing = server->outgoing};
}

static uint32_t find_host(const struct exposures *e, const struct host_key *key, uint64_t hash)
{
	struct tagged_look look;
	uint32_t host = tagged_first(&e->by_host, hash, &look);

	while (host != CHAIN_END && memcmp(&e->hosts[host].key, key, sizeof *key) != 0)
		host = tagged_next(&e->by_host, &look);
	return host;
}

static uint32_t join_host(struct exposures *e, uint32_t slot)
{
	struct host_key key = host_key_of(&e->records[slot].server);
	uint64_t hash = hash_bytes(&key, sizeof key, e->hash_key);
	uint32_t host = find_host(e, &key, hash);

	if (host == CHAIN_END) {
		host = e->free_hosts[--e->free_host_count];
		e->hosts[host] = (struct host){.key = key, .members = ORDER_EMPTY};
		tagged_add(&e->by_host, hash, host);
	}
	order_append(&e->hosts[host].members, e->host_nodes, slot);
	return host;
}

static void leave_host(struct exposures *e, uint32_t slot)
{
	uint32_t at = e->records[slot].host;
	struct host *host = &e->hosts[at];

	order_remove(&host->members, e->host_nodes, slot);
	if (host->members.first != CHAIN_END)
		return;
	tagged_remove(&e->by_host, hash_bytes(&host->key, sizeof host->key, e->hash_key), at);
	e->free_hosts[e->free_host_count++] = at;
}

uint32_t exposures_add(struct exposures *e, const struct endpoint *server)
{
	uint32_t slot = e->free_records[--e->free_record_count];
	struct exposure *x = &e->records[slot];
	uint64_t hash = endpoint_hash(e, server);

	*x = (struct exposure){
		.server = *server,
		.state = EXPOSURE_CLOSED,
		.member = EXPOSURE_NO_MEMBER,
		.service = POLICY_NO_SERVICE,
		.ndpi_service = POLICY_NO_SERVICE,
		.rule = POLICY_NONE,
		.group = POLICY_NONE,
		.incident = CHAIN_END,
	};
	e->claims += server->realm == REALM_CLAIMED;
	e->whole_hosts += server->port == 0;
	tagged_add(&e->by_endpoint, hash, slot);
	x->host = join_host(e, slot);
	e->slots[slot] = (struct slot){.used = true, .rank = RANK_CLOSED};
	order_append(&e->ranks[RANK_CLOSED], e->rank_nodes, slot);
	order_append(&e->checks, e->check_nodes, slot);
	return slot;
}

static void count_open(struct exposures *e, uint32_t slot, unsigned before, unsigned after)
{
	const struct exposure *x = &e->records[slot];

	if (is_closed(before) == is_closed(after) || x->all_ports ||
	    x->server.transport != TRANSPORT_TCP)
		return; /* the host's row stays cold */
	if (!is_closed(before))
		e->hosts[x->host].open--;
	if (!is_closed(after))
		e->hosts[x->host].open++;
}

void exposures_remove(struct exposures *e, uint32_t slot)
{
	unsigned rank = e->slots[slot].rank;

	count_open(e, slot, rank, RANK_CLOSED);
	e->claims -= e->records[slot].server.realm == REALM_CLAIMED;
	e->whole_hosts -= e->records[slot].server.port == 0;
	tagged_remove(&e->by_endpoint, endpoint_hash(e, &e->records[slot].server), slot);
	leave_host(e, slot);
	order_remove(&e->ranks[rank], e->rank_nodes, slot);
	order_remove(&e->checks, e->check_nodes, slot);
	e->slots[slot].used = false;
	e->free_records[e->free_record_count++] = slot;
}

void exposures_rank(struct exposures *e, uint32_t slot)
{
	const struct exposure *x = &e->records[slot];
	struct exposure_rank as = {
		.quiet = x->quiet,
		.unlisted = x->unlisted,
		.claimed = x->server.realm == REALM_CLAIMED,
		.severity = x->severity,
		.level = x->level,
	};
	unsigned before = e->slots[slot].rank, rank = open_rank(as);

	if (!exposure_is_open(x->state) && !as.claimed)
		rank = x->quiet ? RANK_CLOSED_QUIET : RANK_CLOSED;
	if (rank == before && e->ranks[rank].last == slot)
		return;
	count_open(e, slot, before, rank);
	order_remove(&e->ranks[before], e->rank_nodes, slot);
	e->slots[slot].rank = (uint8_t)rank;
	order_append(&e->ranks[rank], e->rank_nodes, slot);
}

uint32_t exposures_first_check(const struct exposures *e)
{
	return e->checks.first;
}

void exposures_check_at(struct exposures *e, uint32_t slot, uint64_t check_ns)
{
	e->records[slot].check_ns = check_ns;
	order_remove(&e->checks, e->check_nodes, slot);
	order_append(&e->checks, e->check_nodes, slot);
}

uint32_t exposures_host_first(const struct exposures *e, uint32_t host)
{
	return e->hosts[host].members.first;
}

uint32_t exposures_host_next(const struct exposures *e, uint32_t slot)
{
	return e->host_nodes[slot].next;
}

uint32_t exposures_host_open(const struct exposures *e, uint32_t host)
{
	return e->hosts[host].open;
}

uint32_t exposures_all_ports(const struct exposures *e, const struct endpoint *server)
{
	struct endpoint all = *server;
	uint32_t slot;

	if (e->whole_hosts == 0)
		return EXPOSURE_NONE;
	all.port = 0;
	slot = exposures_find(e, &all);
	return slot != EXPOSURE_NONE && e->records[slot].all_ports ? slot : EXPOSURE_NONE;
}
