/* SPDX-License-Identifier: ISC */
/*
 * See probes.h. What a further probe of a known endpoint needs is in the table's entry, apart from
 * what its judging and telling need (struct detail), at the same index. Waiting probes are also in
 * a queue in order of time, which works because they all wait equally long; a queue element whose
 * probe is gone is passed over.
 */
#include "sensor/tables/probes.h"

#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/tables/probe_table.h"

struct detail {
	struct probe waiting[PROBE_WAITING_MAX];
	/* last_*_ns are kept for good, the rest but new_unjudged is since the last report. */
	struct wall_report news;
};

struct queued {
	uint64_t ts_ns, tuple;
	uint32_t entry;
};

struct probes {
	struct probe_table table;
	struct detail *details;
	uint32_t *dirty;
	struct queued *queue;
	uint32_t dirty_count;
	uint32_t queue_head, queue_count, queue_size;
	uint64_t next_report_ns;
	probes_report *report;
	void *context;
};

uint64_t probes_bytes(uint32_t max_endpoints)
{
	const struct probes *probes = NULL;
	uint64_t each = sizeof *probes->details + sizeof *probes->dirty +
			PROBE_WAITING_MAX * sizeof *probes->queue;

	return sizeof *probes + sizeof *probes->details + max_endpoints * each +
	       probe_table_bytes(max_endpoints);
}

struct probes *probes_new(uint32_t max_endpoints, uint64_t hash_key, probes_report *report,
			  void *context)
{
	struct probes *probes = calloc(1, sizeof *probes);

	if (!probes)
		return NULL;
	probes->queue_size = max_endpoints * PROBE_WAITING_MAX;
	probes->details = calloc((size_t)max_endpoints + 1, sizeof *probes->details);
	probes->dirty = calloc(max_endpoints, sizeof *probes->dirty);
	probes->queue = calloc(probes->queue_size, sizeof *probes->queue);
	if (!probe_table_new(&probes->table, max_endpoints, hash_key) || !probes->details ||
	    !probes->dirty || !probes->queue) {
		probes_free(probes);
		return NULL;
	}
	probes->report = report;
	probes->context = context;
	return probes;
}

void probes_free(struct probes *probes)
{
	if (!probes)
		return;
	probe_table_free(&probes->table);
	free(probes->details);
	free(probes->dirty);
	free(probes->queue);
	free(probes);
}

uint32_t probes_hash(const struct probes *probes, const struct endpoint *server)
{
	return probe_table_hash(&probes->table, server);
}

void probes_prefetch_bucket(const struct probes *probes, uint32_t hash)
{
	probe_table_prefetch_bucket(&probes->table, hash);
}

void probes_prefetch(const struct probes *probes, uint32_t hash)
{
	probe_table_prefetch(&probes->table, hash);
}

static struct probe_entry *lookup(struct probes *probes, const struct endpoint *server)
{
	uint32_t index = probe_table_find(&probes->table, server, probes_hash(probes, server));

	return index ? &probes->table.slab[index] : NULL;
}

static struct probe_entry *lookup_or_add(struct probes *probes, const struct endpoint *server,
					 uint32_t hash)
{
	uint32_t index = probe_table_find(&probes->table, server, hash);

	if (index != 0) {
		probes->table.slab[index].recent = true;
	} else {
		index = probe_table_add(&probes->table, server, hash);
		probes->details[index].news = (struct wall_report){.source_count = 0};
	}
	return &probes->table.slab[index];
}

static struct detail *detail_of(const struct probes *probes, const struct probe_entry *entry)
{
	return &probes->details[entry - probes->table.slab];
}

static void mark_dirty(struct probes *probes, struct probe_entry *entry)
{
	if (entry->dirty)
		return;
	entry->dirty = true;
	probes->dirty[probes->dirty_count++] = (uint32_t)(entry - probes->table.slab);
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

static int find_waiting(const struct probes *probes, const struct probe_entry *entry,
			uint64_t tuple)
{
	for (int i = 0; i < entry->waiting_count; i++) {
		if (entry->tags[i] == (uint32_t)tuple &&
		    detail_of(probes, entry)->waiting[i].tuple == tuple)
			return i;
	}
	return -1;
}

static void stop_waiting(const struct probes *probes, struct probe_entry *entry, int index)
{
	struct detail *detail = detail_of(probes, entry);
	int last = --entry->waiting_count;

	entry->tags[index] = entry->tags[last];
	detail->waiting[index] = detail->waiting[last];
}

bool probes_note(struct probes *probes, const struct endpoint *server, uint32_t hash,
		 const struct probe *probe)
{
	struct probe_entry *entry = lookup_or_add(probes, server, hash);

	if (find_waiting(probes, entry, probe->tuple) >= 0)
		return true;
	if (entry->waiting_count == PROBE_WAITING_MAX ||
	    probes->queue_count == probes->queue_size) {
		entry->unjudged++;
		return false;
	}
	entry->tags[entry->waiting_count] = (uint32_t)probe->tuple;
	detail_of(probes, entry)->waiting[entry->waiting_count++] = *probe;
	probes->queue[(probes->queue_head + probes->queue_count++) % probes->queue_size] =
		(struct queued){
			.ts_ns = probe->ts_ns,
			.tuple = probe->tuple,
			.entry = (uint32_t)(entry - probes->table.slab),
		};
	return true;
}

bool probes_find(struct probes *probes, const struct endpoint *server, uint64_t tuple,
		 struct probe *found)
{
	const struct probe_entry *entry = lookup(probes, server);
	int index = entry ? find_waiting(probes, entry, tuple) : -1;

	if (index < 0)
		return false;
	if (found)
		*found = detail_of(probes, entry)->waiting[index];
	return true;
}

static void count_unanswered(struct probes *probes, struct probe_entry *entry,
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
static void give_up_overtaken(struct probes *probes, struct probe_entry *entry, uint64_t now_ns)
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
static void tell(const struct probes *probes, struct probe_entry *entry, uint64_t now_ns)
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
	struct probe_entry *entry = lookup(probes, server);
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

static void note_refused(struct probes *probes, struct probe_entry *entry,
			 const struct address *client, uint64_t now_ns)
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
	struct probe_entry *entry = lookup_or_add(probes, server, probes_hash(probes, server));
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
		struct probe_entry *entry = &probes->table.slab[queued->entry];
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
		struct probe_entry *entry = &probes->table.slab[probes->dirty[i]];

		entry->dirty = false;
		tell(probes, entry, now_ns);
	}
	probes->dirty_count = 0;
}

void probes_tick(struct probes *probes, uint64_t now_ns)
{
	judge_waiting(probes, now_ns);
	if (now_ns < probes->next_report_ns && probes->next_report_ns - now_ns <= NS_PER_S)
		return;
	probes->next_report_ns = now_ns + NS_PER_S;
	tell_all(probes, now_ns);
}

void probes_flush(struct probes *probes, uint64_t now_ns)
{
	tell_all(probes, now_ns);
	probe_table_clear(&probes->table);
	probes->queue_count = 0;
	probes->next_report_ns = 0;
}

uint64_t probes_evictions(const struct probes *probes)
{
	return probes->table.evictions;
}
