/* SPDX-License-Identifier: ISC */
/*
 * See probes.h. A flood meets one cache line per probe: what a further probe of a known endpoint
 * needs (struct entry) is apart from what its judging and telling need (struct detail). Both have
 * the same index, 0 ends hash chains. A full table gives up an endpoint that was not asked for
 * since the hand last passed it: an exact order of use would touch the lines of two neighbours.
 * Waiting probes are also in a queue in order of time, which works because they all wait equally
 * long; a queue element whose probe is gone is passed over.
 */
#include "sensor/probes.h"

#include <stdlib.h>
#include <string.h>

#include "sensor/hash.h"

#define WAITING_MAX   4 /* for each endpoint */
#define SECOND	      1000000000ull
#define CACHE_LINE    64
#define VICTIMS_AHEAD 8

struct entry {
	_Alignas(CACHE_LINE) struct endpoint server;
	uint32_t chain, hash;
	uint32_t unjudged; /* since the last report */
	bool dirty, recent;
	uint8_t waiting_count;
	uint32_t tags[WAITING_MAX]; /* of the waiting probes' tuples */
};

_Static_assert(sizeof(struct entry) == CACHE_LINE, "a probe of a flood costs one cache line");

struct detail {
	struct probe waiting[WAITING_MAX];
	/* last_*_ns are kept for good, the rest but new_unjudged is since the last report. */
	struct wall_report news;
};

struct queued {
	uint64_t ts_ns, tuple;
	uint32_t entry;
};

struct probes {
	void *lines; /* where the slab's memory begins, before it is aligned */
	struct entry *slab;
	struct detail *details;
	uint32_t *buckets, *dirty;
	struct queued *queue;
	uint32_t mask, max, used, fresh, dirty_count, hand;
	uint32_t queue_head, queue_count, queue_size;
	uint64_t hash_key, evictions, next_report_ns;
	probes_report *report;
	void *context;
};

/* Half empty: most chains are one entry or none. */
static uint32_t buckets_for(uint32_t max_endpoints)
{
	uint32_t buckets = 256;

	while (buckets / 2 < max_endpoints && buckets < 1u << 30)
		buckets *= 2;
	return buckets;
}

static size_t slab_bytes(uint32_t max_endpoints)
{
	return ((size_t)max_endpoints + 1) * sizeof(struct entry) + CACHE_LINE;
}

uint64_t probes_bytes(uint32_t max_endpoints)
{
	const struct probes *probes = NULL;
	uint64_t each = sizeof *probes->details + sizeof *probes->dirty +
			WAITING_MAX * sizeof *probes->queue;

	return sizeof *probes + sizeof *probes->details + slab_bytes(max_endpoints) +
	       max_endpoints * each +
	       buckets_for(max_endpoints) * (uint64_t)sizeof *probes->buckets;
}

/* Zeroed by the kernel when touched, not here. */
static bool new_slab(struct probes *probes, uint32_t max_endpoints)
{
	size_t bytes = slab_bytes(max_endpoints);
	uintptr_t start;

	probes->lines = calloc(1, bytes);
	if (!probes->lines)
		return false;
	start = ((uintptr_t)probes->lines + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
	probes->slab = (struct entry *)start;
	return true;
}

struct probes *probes_new(uint32_t max_endpoints, uint64_t hash_key, probes_report *report,
			  void *context)
{
	struct probes *probes = calloc(1, sizeof *probes);
	uint32_t buckets = buckets_for(max_endpoints);

	if (!probes)
		return NULL;
	probes->queue_size = max_endpoints * WAITING_MAX;
	probes->details = calloc((size_t)max_endpoints + 1, sizeof *probes->details);
	probes->buckets = calloc(buckets, sizeof *probes->buckets);
	probes->dirty = calloc(max_endpoints, sizeof *probes->dirty);
	probes->queue = calloc(probes->queue_size, sizeof *probes->queue);
	if (!new_slab(probes, max_endpoints) || !probes->details || !probes->buckets ||
	    !probes->dirty || !probes->queue) {
		probes_free(probes);
		return NULL;
	}
	probes->mask = buckets - 1;
	probes->max = max_endpoints;
	probes->fresh = probes->hand = 1;
	probes->hash_key = hash_key;
	probes->report = report;
	probes->context = context;
	return probes;
}

void probes_free(struct probes *probes)
{
	if (!probes)
		return;
	free(probes->lines);
	free(probes->details);
	free(probes->buckets);
	free(probes->dirty);
	free(probes->queue);
	free(probes);
}

static uint32_t find(const struct probes *probes, const struct endpoint *server, uint32_t hash)
{
	uint32_t index = probes->buckets[hash & probes->mask];

	while (index != 0 && (probes->slab[index].hash != hash ||
			      memcmp(&probes->slab[index].server, server, sizeof *server) != 0))
		index = probes->slab[index].chain;
	return index;
}

uint32_t probes_hash(const struct probes *probes, const struct endpoint *server)
{
	return (uint32_t)hash_bytes(server, sizeof *server, probes->hash_key);
}

void probes_prefetch_bucket(const struct probes *probes, uint32_t hash)
{
	__builtin_prefetch(&probes->buckets[hash & probes->mask]);
}

void probes_prefetch(const struct probes *probes, uint32_t hash)
{
	uint32_t index = probes->buckets[hash & probes->mask];

	if (index != 0)
		__builtin_prefetch(&probes->slab[index], 1);
}

static struct entry *lookup(struct probes *probes, const struct endpoint *server)
{
	uint32_t index = find(probes, server, probes_hash(probes, server));

	return index ? &probes->slab[index] : NULL;
}

/* The places of the next victims in their chains: one far ahead, what it leads to nearer. */
static void prefetch_victims(const struct probes *probes)
{
	uint32_t far = probes->hand + 2 * VICTIMS_AHEAD, near = probes->hand + VICTIMS_AHEAD;

	if (far > probes->max)
		return;
	__builtin_prefetch(&probes->buckets[probes->slab[far].hash & probes->mask], 1);
	probes_prefetch(probes, probes->slab[near].hash);
}

/* Takes an entry that was not asked for lately out of its chain, for another endpoint. */
static uint32_t evict(struct probes *probes)
{
	uint32_t index, *link;

	prefetch_victims(probes);

	while (probes->slab[probes->hand].recent) {
		probes->slab[probes->hand].recent = false;
		probes->hand = probes->hand % probes->max + 1;
	}
	index = probes->hand;
	probes->hand = probes->hand % probes->max + 1;
	link = &probes->buckets[probes->slab[index].hash & probes->mask];
	while (*link != index)
		link = &probes->slab[*link].chain;
	*link = probes->slab[index].chain;
	probes->evictions++;
	return index;
}

static struct entry *add(struct probes *probes, const struct endpoint *server, uint32_t hash)
{
	uint32_t index;
	bool was_dirty;

	if (probes->used < probes->max) {
		index = probes->fresh++;
		probes->used++;
	} else {
		index = evict(probes);
	}
	was_dirty = probes->slab[index].dirty; /* its place in the list of dirty ones stays */
	probes->slab[index] = (struct entry){
		.server = *server,
		.hash = hash,
		.chain = probes->buckets[hash & probes->mask],
		.dirty = was_dirty,
	};
	probes->details[index].news = (struct wall_report){.source_count = 0};
	probes->buckets[hash & probes->mask] = index;
	return &probes->slab[index];
}

static struct entry *lookup_or_add(struct probes *probes, const struct endpoint *server,
				   uint32_t hash)
{
	uint32_t index = find(probes, server, hash);

	if (index == 0)
		return add(probes, server, hash);
	probes->slab[index].recent = true;
	return &probes->slab[index];
}

static struct detail *detail_of(const struct probes *probes, const struct entry *entry)
{
	return &probes->details[entry - probes->slab];
}

static void mark_dirty(struct probes *probes, struct entry *entry)
{
	if (entry->dirty)
		return;
	entry->dirty = true;
	probes->dirty[probes->dirty_count++] = (uint32_t)(entry - probes->slab);
}

static void add_source(struct wall_report *news, const struct address *client)
{
	for (int i = 0; i < news->source_count; i++) {
		if (address_equal(&news->sources[i], client))
			return;
	}
	if (news->source_count < WALL_SOURCES)
		news->sources[news->source_count++] = *client;
}

static int find_waiting(const struct probes *probes, const struct entry *entry, uint64_t tuple)
{
	for (int i = 0; i < entry->waiting_count; i++) {
		if (entry->tags[i] == (uint32_t)tuple &&
		    detail_of(probes, entry)->waiting[i].tuple == tuple)
			return i;
	}
	return -1;
}

static void stop_waiting(const struct probes *probes, struct entry *entry, int index)
{
	struct detail *detail = detail_of(probes, entry);
	int last = --entry->waiting_count;

	entry->tags[index] = entry->tags[last];
	detail->waiting[index] = detail->waiting[last];
}

void probes_note(struct probes *probes, const struct endpoint *server, uint32_t hash,
		 const struct probe *probe)
{
	struct entry *entry = lookup_or_add(probes, server, hash);

	if (find_waiting(probes, entry, probe->tuple) >= 0)
		return;
	if (entry->waiting_count == WAITING_MAX || probes->queue_count == probes->queue_size) {
		entry->unjudged++;
		return;
	}
	entry->tags[entry->waiting_count] = (uint32_t)probe->tuple;
	detail_of(probes, entry)->waiting[entry->waiting_count++] = *probe;
	probes->queue[(probes->queue_head + probes->queue_count++) % probes->queue_size] =
		(struct queued){
			.ts_ns = probe->ts_ns,
			.tuple = probe->tuple,
			.entry = (uint32_t)(entry - probes->slab),
		};
}

bool probes_find(struct probes *probes, const struct endpoint *server, uint64_t tuple,
		 struct probe *found)
{
	const struct entry *entry = lookup(probes, server);
	int index = entry ? find_waiting(probes, entry, tuple) : -1;

	if (index < 0)
		return false;
	if (found)
		*found = detail_of(probes, entry)->waiting[index];
	return true;
}

static void count_unanswered(struct probes *probes, struct entry *entry,
			     const struct address *client, uint64_t ts_ns)
{
	struct wall_report *news = &detail_of(probes, entry)->news;

	if (ts_ns > news->last_unanswered_ns)
		news->last_unanswered_ns = ts_ns;
	news->new_unanswered++;
	add_source(news, client);
	mark_dirty(probes, entry);
}

/* Those that came long before a probe that has just been answered will not be answered any more. */
static void give_up_overtaken(struct probes *probes, struct entry *entry, uint64_t now_ns)
{
	for (int i = entry->waiting_count - 1; i >= 0; i--) {
		struct probe probe = detail_of(probes, entry)->waiting[i];

		if (now_ns < probe.ts_ns + PROBES_OVERTAKEN_NS)
			continue;
		stop_waiting(probes, entry, i);
		count_unanswered(probes, entry, &probe.client, probe.ts_ns);
	}
}

/* Hands over what is new of one endpoint, if there is anything. */
static void tell(const struct probes *probes, struct entry *entry, uint64_t now_ns)
{
	struct wall_report *news = &detail_of(probes, entry)->news;

	if (news->new_unanswered == 0 && news->new_refused == 0)
		return;
	news->new_unjudged = entry->unjudged;
	entry->unjudged = 0;
	probes->report(probes->context, &entry->server, news, now_ns);
	*news = (struct wall_report){
		.last_unanswered_ns = news->last_unanswered_ns,
		.last_refused_ns = news->last_refused_ns,
	};
}

/* The clock may have been set back: a wall of the future says nothing about now. */
static uint64_t unless_future(uint64_t then_ns, uint64_t now_ns)
{
	return then_ns > now_ns ? 0 : then_ns;
}

bool probes_answered(struct probes *probes, const struct endpoint *server, uint64_t tuple,
		     uint64_t now_ns, uint64_t *unanswered_ns, uint64_t *refused_ns)
{
	struct entry *entry = lookup(probes, server);
	const struct wall_report *news;
	int index;

	*unanswered_ns = *refused_ns = 0;
	if (!entry)
		return false;
	index = find_waiting(probes, entry, tuple);
	if (index >= 0)
		stop_waiting(probes, entry, index);
	give_up_overtaken(probes, entry, now_ns);
	tell(probes, entry, now_ns);
	news = &detail_of(probes, entry)->news;
	*unanswered_ns = unless_future(news->last_unanswered_ns, now_ns);
	*refused_ns = unless_future(news->last_refused_ns, now_ns);
	return index >= 0;
}

static void note_refused(struct probes *probes, struct entry *entry, const struct address *client,
			 uint64_t now_ns)
{
	struct wall_report *news = &detail_of(probes, entry)->news;

	if (now_ns > news->last_refused_ns)
		news->last_refused_ns = now_ns;
	news->new_refused++;
	add_source(news, client);
	mark_dirty(probes, entry);
}

void probes_refused(struct probes *probes, const struct endpoint *server, uint64_t tuple,
		    const struct address *client, uint64_t now_ns, bool by_filter)
{
	struct entry *entry = lookup_or_add(probes, server, probes_hash(probes, server));
	int index = find_waiting(probes, entry, tuple);

	if (index >= 0)
		stop_waiting(probes, entry, index);
	if (by_filter) {
		count_unanswered(probes, entry, client, now_ns);
		return;
	}
	note_refused(probes, entry, client, now_ns);
}

static void judge_waiting(struct probes *probes, uint64_t now_ns)
{
	while (probes->queue_count != 0) {
		const struct queued *queued = &probes->queue[probes->queue_head];
		struct entry *entry = &probes->slab[queued->entry];
		/* The clock has been set back: how long it waited cannot be told. */
		bool from_future = queued->ts_ns > now_ns + PROBES_WAIT_NS;
		int index;

		if (now_ns < queued->ts_ns + PROBES_WAIT_NS && !from_future)
			return;
		index = find_waiting(probes, entry, queued->tuple);
		if (index >= 0 && detail_of(probes, entry)->waiting[index].ts_ns == queued->ts_ns) {
			struct probe probe = detail_of(probes, entry)->waiting[index];

			stop_waiting(probes, entry, index);
			if (!from_future)
				count_unanswered(probes, entry, &probe.client, probe.ts_ns);
		}
		probes->queue_head = (probes->queue_head + 1) % probes->queue_size;
		probes->queue_count--;
	}
}

static void tell_all(struct probes *probes, uint64_t now_ns)
{
	for (uint32_t i = 0; i < probes->dirty_count; i++) {
		struct entry *entry = &probes->slab[probes->dirty[i]];

		entry->dirty = false;
		tell(probes, entry, now_ns);
	}
	probes->dirty_count = 0;
}

void probes_tick(struct probes *probes, uint64_t now_ns)
{
	judge_waiting(probes, now_ns);
	if (now_ns < probes->next_report_ns && probes->next_report_ns - now_ns <= SECOND)
		return;
	probes->next_report_ns = now_ns + SECOND;
	tell_all(probes, now_ns);
}

void probes_flush(struct probes *probes, uint64_t now_ns)
{
	tell_all(probes, now_ns);
	for (uint32_t i = 1; i < probes->fresh; i++)
		probes->slab[i] = (struct entry){.chain = 0};
	if (probes->used != 0)
		memset(probes->buckets, 0, ((size_t)probes->mask + 1) * sizeof *probes->buckets);
	probes->fresh = probes->hand = 1;
	probes->used = 0;
	probes->queue_count = 0;
	probes->next_report_ns = 0;
}

uint64_t probes_evictions(const struct probes *probes)
{
	return probes->evictions;
}

uint32_t probes_endpoints(const struct probes *probes)
{
	return probes->used;
}
