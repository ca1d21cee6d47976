/* SPDX-License-Identifier: ISC */
/*
 * See probes.h. Entries live in a slab with hash chains and one list in order of last use (index 0
 * ends lists). Waiting probes are also in a queue in order of time, which works because they all
 * wait equally long; a queue element whose probe is gone is passed over.
 */
#include "sensor/probes.h"

#include <stdlib.h>
#include <string.h>

#include "sensor/hash.h"

#define WAITING_MAX 4 /* for each endpoint */
#define SECOND	    1000000000ull

struct entry {
	struct endpoint server;
	uint32_t chain, older, newer;
	uint32_t hash;
	bool dirty;
	uint8_t waiting_count;
	struct probe waiting[WAITING_MAX];
	struct wall_report
		news; /* last_*_ns are kept for good, the rest is since the last report */
};

struct queued {
	uint64_t ts_ns, tuple;
	uint32_t entry;
};

struct probes {
	struct entry *slab;
	uint32_t *buckets, *dirty;
	struct queued *queue;
	uint32_t mask, max, used, fresh, dirty_count;
	uint32_t oldest, newest;
	uint32_t queue_head, queue_count, queue_size;
	uint64_t hash_key, evictions, next_report_ns;
	probes_report *report;
	void *context;
};

struct probes *probes_new(uint32_t max_endpoints, uint64_t hash_key, probes_report *report,
			  void *context)
{
	struct probes *probes = calloc(1, sizeof *probes);
	uint32_t buckets = 256;

	if (!probes)
		return NULL;
	while (buckets < max_endpoints && buckets < 1u << 30)
		buckets *= 2;
	probes->queue_size = max_endpoints * WAITING_MAX;
	probes->slab = calloc((size_t)max_endpoints + 1, sizeof *probes->slab);
	probes->buckets = calloc(buckets, sizeof *probes->buckets);
	probes->dirty = calloc(max_endpoints, sizeof *probes->dirty);
	probes->queue = calloc(probes->queue_size, sizeof *probes->queue);
	if (!probes->slab || !probes->buckets || !probes->dirty || !probes->queue) {
		probes_free(probes);
		return NULL;
	}
	probes->mask = buckets - 1;
	probes->max = max_endpoints;
	probes->fresh = 1;
	probes->hash_key = hash_key;
	probes->report = report;
	probes->context = context;
	return probes;
}

void probes_free(struct probes *probes)
{
	if (!probes)
		return;
	free(probes->slab);
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

static uint32_t hash_of(const struct probes *probes, const struct endpoint *server)
{
	return (uint32_t)hash_bytes(server, sizeof *server, probes->hash_key);
}

static struct entry *lookup(struct probes *probes, const struct endpoint *server)
{
	uint32_t index = find(probes, server, hash_of(probes, server));

	return index ? &probes->slab[index] : NULL;
}

static void unlink_use(struct probes *probes, uint32_t index)
{
	struct entry *entry = &probes->slab[index];

	if (entry->older)
		probes->slab[entry->older].newer = entry->newer;
	else
		probes->oldest = entry->newer;
	if (entry->newer)
		probes->slab[entry->newer].older = entry->older;
	else
		probes->newest = entry->older;
}

static void append_use(struct probes *probes, uint32_t index)
{
	struct entry *entry = &probes->slab[index];

	entry->older = probes->newest;
	entry->newer = 0;
	if (probes->newest)
		probes->slab[probes->newest].newer = index;
	else
		probes->oldest = index;
	probes->newest = index;
}

/* Takes the least recently used entry out of its chain, for another endpoint. */
static uint32_t evict(struct probes *probes)
{
	uint32_t index = probes->oldest;
	uint32_t *link = &probes->buckets[probes->slab[index].hash & probes->mask];

	while (*link != index)
		link = &probes->slab[*link].chain;
	*link = probes->slab[index].chain;
	unlink_use(probes, index);
	probes->evictions++;
	return index;
}

static struct entry *lookup_or_add(struct probes *probes, const struct endpoint *server)
{
	uint32_t hash = hash_of(probes, server);
	uint32_t index = find(probes, server, hash);
	bool was_dirty;

	if (index) {
		unlink_use(probes, index);
		append_use(probes, index);
		return &probes->slab[index];
	}
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
	probes->buckets[hash & probes->mask] = index;
	append_use(probes, index);
	return &probes->slab[index];
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

static int find_waiting(const struct entry *entry, uint64_t tuple)
{
	for (int i = 0; i < entry->waiting_count; i++) {
		if (entry->waiting[i].tuple == tuple)
			return i;
	}
	return -1;
}

static void stop_waiting(struct entry *entry, int index)
{
	entry->waiting[index] = entry->waiting[--entry->waiting_count];
}

void probes_note(struct probes *probes, const struct endpoint *server, const struct probe *probe)
{
	struct entry *entry = lookup_or_add(probes, server);

	if (find_waiting(entry, probe->tuple) >= 0)
		return;
	if (entry->waiting_count == WAITING_MAX || probes->queue_count == probes->queue_size) {
		entry->news.new_unjudged++;
		return;
	}
	entry->waiting[entry->waiting_count++] = *probe;
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
	int index = entry ? find_waiting(entry, tuple) : -1;

	if (index < 0)
		return false;
	if (found)
		*found = entry->waiting[index];
	return true;
}

static void count_unanswered(struct probes *probes, struct entry *entry,
			     const struct address *client, uint64_t ts_ns)
{
	if (ts_ns > entry->news.last_unanswered_ns)
		entry->news.last_unanswered_ns = ts_ns;
	entry->news.new_unanswered++;
	add_source(&entry->news, client);
	mark_dirty(probes, entry);
}

/* Those that came long before a probe that has just been answered will not be answered any more. */
static void give_up_overtaken(struct probes *probes, struct entry *entry, uint64_t now_ns)
{
	for (int i = entry->waiting_count - 1; i >= 0; i--) {
		struct probe probe = entry->waiting[i];

		if (now_ns < probe.ts_ns + PROBES_OVERTAKEN_NS)
			continue;
		stop_waiting(entry, i);
		count_unanswered(probes, entry, &probe.client, probe.ts_ns);
	}
}

/* Hands over what is new of one endpoint, if there is anything. */
static void tell(const struct probes *probes, struct entry *entry, uint64_t now_ns)
{
	struct wall_report *news = &entry->news;

	if (news->new_unanswered == 0 && news->new_refused == 0)
		return;
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
	int index;

	*unanswered_ns = *refused_ns = 0;
	if (!entry)
		return false;
	index = find_waiting(entry, tuple);
	if (index >= 0)
		stop_waiting(entry, index);
	give_up_overtaken(probes, entry, now_ns);
	tell(probes, entry, now_ns);
	*unanswered_ns = unless_future(entry->news.last_unanswered_ns, now_ns);
	*refused_ns = unless_future(entry->news.last_refused_ns, now_ns);
	return index >= 0;
}

void probes_refused(struct probes *probes, const struct endpoint *server, uint64_t tuple,
		    const struct address *client, uint64_t now_ns, bool by_filter)
{
	struct entry *entry = lookup_or_add(probes, server);
	int index = find_waiting(entry, tuple);

	if (index >= 0)
		stop_waiting(entry, index);
	if (by_filter) {
		count_unanswered(probes, entry, client, now_ns);
		return;
	}
	if (now_ns > entry->news.last_refused_ns)
		entry->news.last_refused_ns = now_ns;
	entry->news.new_refused++;
	add_source(&entry->news, client);
	mark_dirty(probes, entry);
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
		index = find_waiting(entry, queued->tuple);
		if (index >= 0 && entry->waiting[index].ts_ns == queued->ts_ns) {
			struct probe probe = entry->waiting[index];

			stop_waiting(entry, index);
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
	for (uint32_t i = 1; i < probes->fresh; i++) {
		probes->slab[i].waiting_count = 0;
		probes->slab[i].news = (struct wall_report){.source_count = 0};
	}
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
