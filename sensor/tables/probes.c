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
#include "sensor/base/table_memory.h"
#include "sensor/decode/answerable.h"
#include "sensor/tables/probe_table.h"
#include "sensor/tables/question.h"

#define QUESTIONS 4
#define NORM_MOST 1024 /* answered probes after which older ones count half */

/* A question that stayed without an answer dates the wall if the same one is answered later. */
struct asked {
	uint32_t question;
	uint64_t unanswered_ns;
};

struct detail {
	struct probe waiting[PROBE_WAITING_MAX];
	/* last_*_ns are kept for good, the rest but new_unjudged is since the last report. */
	struct wall_report news;
	struct asked asked[QUESTIONS];
	uint64_t flood_ns; /* newest probe of a flood */
	uint8_t next_asked;
	uint8_t least_ttl; /* that was answered; 0: none was */
};

/* Checksums of answered probes: where wrong ones are the norm, adapters put them right later. */
struct norm {
	uint32_t right, wrong;
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
	uint64_t idle, flooded;
	struct norm ip_checksums, data_checksums;
	probes_report *report;
	void *context;
};

uint64_t probes_bytes(uint32_t max_endpoints)
{
	const struct probes *probes = NULL;

	return sizeof *probes + max_endpoints * (uint64_t)sizeof *probes->dirty +
	       table_memory_bytes(max_endpoints + 1ull, sizeof *probes->details) +
	       table_memory_bytes((uint64_t)max_endpoints * PROBE_WAITING_MAX,
				  sizeof *probes->queue) +
	       probe_table_bytes(max_endpoints);
}

struct probes *probes_new(uint32_t max_endpoints, uint64_t hash_key, probes_report *report,
			  void *context)
{
	struct probes *probes = calloc(1, sizeof *probes);

	if (!probes)
		return NULL;
	probes->queue_size = max_endpoints * PROBE_WAITING_MAX;
	probes->details = table_memory_new(max_endpoints + 1ull, sizeof *probes->details);
	probes->dirty = calloc(max_endpoints, sizeof *probes->dirty);
	probes->queue = table_memory_new(probes->queue_size, sizeof *probes->queue);
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
	table_memory_free(probes->details);
	free(probes->dirty);
	table_memory_free(probes->queue);
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

	if (index != 0)
		probes->table.slab[index].recent = true;
	else
		index = probe_table_add(&probes->table, server, hash);
	return &probes->table.slab[index];
}

/* The probes that wait: entry->waiting_count of them. */
static struct probe *waiting_of(const struct probes *probes, const struct probe_entry *entry)
{
	return probes->details[entry - probes->table.slab].waiting;
}

/* Another endpoint has this place now: most that a flood brings are gone before that matters. */
static void forget(struct detail *detail)
{
	detail->news = (struct wall_report){.source_count = 0};
	memset(detail->asked, 0, sizeof detail->asked);
	detail->flood_ns = 0;
	detail->least_ttl = 0;
}

static struct detail *detail_of(const struct probes *probes, struct probe_entry *entry)
{
	struct detail *detail = &probes->details[entry - probes->table.slab];

	if (entry->fresh)
		forget(detail);
	entry->fresh = false;
	return detail;
}

static void mark_dirty(struct probes *probes, struct probe_entry *entry)
{
	if (entry->dirty)
		return;
	entry->dirty = true;
	probes->dirty[probes->dirty_count++] = (uint32_t)(entry - probes->table.slab);
}

static void add_source(struct wall_report *news, const struct address *client, uint32_t question)
{
	for (int i = 0; i < news->source_count; i++) {
		if (address_equal(&news->sources[i], client) && news->questions[i] == question)
			return;
	}
	if (news->source_count == WALL_SOURCES)
		return;
	news->sources[news->source_count] = *client;
	news->questions[news->source_count++] = question;
}

/* The time of one more of what the report is about. */
static void note_time(struct wall_report *news, uint64_t *newest_ns, uint64_t ts_ns)
{
	if (ts_ns > *newest_ns)
		*newest_ns = ts_ns;
	if (news->first_ns == 0 || ts_ns < news->first_ns)
		news->first_ns = ts_ns;
}

static void learn_norm(struct norm *norm, bool wrong)
{
	if (norm->right + norm->wrong >= NORM_MOST) {
		norm->right /= 2;
		norm->wrong /= 2;
	}
	norm->right += !wrong;
	norm->wrong += wrong;
}

static bool is_usually_wrong(const struct norm *norm)
{
	return norm->wrong > norm->right;
}

/* Would a host that listens have answered this one? */
static bool is_idle(const struct probes *probes, const struct detail *detail,
		    const struct probe *probe)
{
	uint8_t flaws = probe->flaws;

	if (is_usually_wrong(&probes->ip_checksums))
		flaws &= (uint8_t)~FLAW_IP_CHECKSUM;
	if (is_usually_wrong(&probes->data_checksums))
		flaws &= (uint8_t)~FLAW_DATA_CHECKSUM;
	if ((flaws & FLAW_TTL) && detail->least_ttl != 0 && probe->ttl >= detail->least_ttl)
		flaws &= (uint8_t)~FLAW_TTL;
	return flaws != 0;
}

/* Is the endpoint flooded, or was it when this probe came? */
static bool is_flooded(const struct detail *detail, uint64_t ts_ns)
{
	uint64_t apart_ns =
		ts_ns > detail->flood_ns ? ts_ns - detail->flood_ns : detail->flood_ns - ts_ns;

	return detail->flood_ns != 0 && apart_ns <= PROBES_FLOOD_HOLD_NS;
}

static void count_arrival(struct probes *probes, struct probe_entry *entry, uint64_t ts_ns)
{
	uint32_t slice = (uint32_t)(ts_ns / PROBES_FLOOD_SLICE_NS);

	if (entry->flood_slice != slice) {
		entry->flood_slice = slice;
		entry->arrivals = 0;
	}
	if (++entry->arrivals % PROBES_FLOOD == 0)
		detail_of(probes, entry)->flood_ns = ts_ns;
}

static int find_waiting(const struct probes *probes, const struct probe_entry *entry,
			uint64_t tuple)
{
	for (int i = 0; i < entry->waiting_count; i++) {
		if (entry->tags[i] == (uint32_t)tuple &&
		    waiting_of(probes, entry)[i].tuple == tuple)
			return i;
	}
	return -1;
}

static void stop_waiting(const struct probes *probes, struct probe_entry *entry, int index)
{
	struct probe *waiting = waiting_of(probes, entry);
	int last = --entry->waiting_count;

	entry->tags[index] = entry->tags[last];
	waiting[index] = waiting[last];
}

/* If one of the two is as it should be, that is the one that would be answered. */
static void send_again(struct probe *waiting, const struct probe *probe)
{
	uint8_t disowned = waiting->flaws & FLAW_DISOWNED;
	bool good = (waiting->flaws & ~FLAW_DISOWNED) == 0 || probe->flaws == 0;

	waiting->flaws = good ? disowned : waiting->flaws | probe->flaws;
	if (probe->ttl > waiting->ttl)
		waiting->ttl = probe->ttl;
}

bool probes_note(struct probes *probes, const struct endpoint *server, uint32_t hash,
		 const struct probe *probe)
{
	struct probe_entry *entry = lookup_or_add(probes, server, hash);

	int known = find_waiting(probes, entry, probe->tuple);

	count_arrival(probes, entry, probe->ts_ns);
	if (known >= 0) {
		send_again(&waiting_of(probes, entry)[known], probe);
		return true;
	}
	if (entry->waiting_count == PROBE_WAITING_MAX ||
	    probes->queue_count == probes->queue_size) {
		entry->unjudged++;
		return false;
	}
	entry->tags[entry->waiting_count] = (uint32_t)probe->tuple;
	waiting_of(probes, entry)[entry->waiting_count++] = *probe;
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
		*found = waiting_of(probes, entry)[index];
	return true;
}

static void note_asked(struct detail *detail, const struct probe *probe)
{
	struct asked *row = detail->asked;

	if (probe->question == QUESTION_ANY)
		return;
	while (row < detail->asked + QUESTIONS && row->question != probe->question)
		row++;
	if (row == detail->asked + QUESTIONS) {
		row = &detail->asked[detail->next_asked];
		detail->next_asked = (uint8_t)((detail->next_asked + 1) % QUESTIONS);
		*row = (struct asked){.question = probe->question};
	}
	if (probe->ts_ns > row->unanswered_ns)
		row->unanswered_ns = probe->ts_ns;
}

static void count_unanswered(struct probes *probes, struct probe_entry *entry,
			     const struct probe *probe)
{
	struct detail *detail = detail_of(probes, entry);
	struct wall_report *news = &detail->news;

	if (is_idle(probes, detail, probe)) {
		news->new_idle++;
		probes->idle++;
	} else if (is_flooded(detail, probe->ts_ns)) {
		if (probe->ts_ns > news->last_unjudged_ns)
			news->last_unjudged_ns = probe->ts_ns;
		entry->unjudged++;
		probes->flooded++;
	} else {
		note_time(news, &news->last_unanswered_ns, probe->ts_ns);
		news->new_unanswered++;
		add_source(news, &probe->client, probe->question);
		note_asked(detail, probe);
	}
	mark_dirty(probes, entry);
}

/* Those that came long before a probe that has just been answered will not be answered any more. */
static void give_up_overtaken(struct probes *probes, struct probe_entry *entry, uint64_t now_ns)
{
	for (int i = entry->waiting_count - 1; i >= 0; i--) {
		struct probe probe = waiting_of(probes, entry)[i];

		if (now_ns < probe.ts_ns + PROBES_OVERTAKEN_NS)
			continue;
		stop_waiting(probes, entry, i);
		count_unanswered(probes, entry, &probe);
	}
}

/* Hands over what is new of one endpoint, if there is anything. */
static void tell(const struct probes *probes, struct probe_entry *entry, uint64_t now_ns)
{
	struct wall_report *news = &detail_of(probes, entry)->news;

	if (news->new_unanswered == 0 && news->new_refused == 0 && news->last_unjudged_ns == 0 &&
	    news->new_idle == 0)
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

/* Of a datagram: when the same question stayed without an answer. */
static uint64_t asked_in_vain(const struct detail *detail, uint32_t question)
{
	for (int i = 0; i < QUESTIONS && question != QUESTION_ANY; i++) {
		if (detail->asked[i].question == question)
			return detail->asked[i].unanswered_ns;
	}
	return 0;
}

uint32_t probes_learn(struct probes *probes, const struct endpoint *server, uint64_t tuple)
{
	struct probe_entry *entry = lookup(probes, server);
	int index = entry ? find_waiting(probes, entry, tuple) : -1;
	const struct probe *probe;
	struct detail *detail;

	if (index < 0)
		return QUESTION_ANY;
	detail = detail_of(probes, entry);
	probe = &detail->waiting[index];
	if (detail->least_ttl == 0 || probe->ttl < detail->least_ttl)
		detail->least_ttl = probe->ttl;
	/* A copy of a datagram may be better than the one that was looked at: not so of a SYN. */
	if (server->transport == TRANSPORT_TCP) {
		learn_norm(&probes->ip_checksums, probe->flaws & FLAW_IP_CHECKSUM);
		learn_norm(&probes->data_checksums, probe->flaws & FLAW_DATA_CHECKSUM);
	}
	return probe->question;
}

void probes_disown(struct probes *probes, const struct endpoint *server, uint64_t tuple)
{
	const struct probe_entry *entry = lookup(probes, server);
	int index = entry ? find_waiting(probes, entry, tuple) : -1;

	if (index >= 0)
		waiting_of(probes, entry)[index].flaws |= FLAW_DISOWNED;
}

void probes_lost(struct probes *probes, const struct endpoint *server, uint64_t tuple)
{
	struct probe_entry *entry = lookup(probes, server);
	int index = entry ? find_waiting(probes, entry, tuple) : -1;

	if (index < 0)
		return;
	stop_waiting(probes, entry, index);
	detail_of(probes, entry)->news.new_idle++;
	probes->idle++;
	mark_dirty(probes, entry);
}

bool probes_unanswered_since(struct probes *probes, const struct endpoint *server, uint64_t ns)
{
	struct probe_entry *entry = lookup(probes, server);

	return entry && detail_of(probes, entry)->news.last_unanswered_ns >= ns;
}

bool probes_answered(struct probes *probes, const struct endpoint *server, uint64_t tuple,
		     uint64_t now_ns, uint64_t *unanswered_ns, uint64_t *refused_ns)
{
	struct probe_entry *entry = lookup(probes, server);
	const struct wall_report *news;
	uint32_t question = QUESTION_ANY;
	uint64_t in_vain_ns;
	int index;

	*unanswered_ns = *refused_ns = 0;
	if (!entry)
		return false;
	index = find_waiting(probes, entry, tuple);
	if (index >= 0) {
		question = waiting_of(probes, entry)[index].question;
		stop_waiting(probes, entry, index);
	}
	give_up_overtaken(probes, entry, now_ns);
	tell(probes, entry, now_ns);
	news = &detail_of(probes, entry)->news;
	in_vain_ns = transport_is_datagram(server->transport)
			     ? asked_in_vain(detail_of(probes, entry), question)
			     : news->last_unanswered_ns;
	*unanswered_ns = unless_future(in_vain_ns, now_ns);
	*refused_ns = unless_future(news->last_refused_ns, now_ns);
	return index >= 0;
}

static void note_refused(struct probes *probes, struct probe_entry *entry,
			 const struct address *client, uint64_t now_ns)
{
	struct wall_report *news = &detail_of(probes, entry)->news;

	note_time(news, &news->last_refused_ns, now_ns);
	news->new_refused++;
	add_source(news, client, QUESTION_ANY);
	mark_dirty(probes, entry);
}

void probes_refused(struct probes *probes, const struct endpoint *server, uint64_t tuple,
		    const struct address *client, uint64_t now_ns, bool by_filter)
{
	struct probe_entry *entry = lookup_or_add(probes, server, probes_hash(probes, server));
	struct probe probe = {.client = *client, .tuple = tuple};
	int index = find_waiting(probes, entry, tuple);

	if (index >= 0) {
		probe = waiting_of(probes, entry)[index];
		stop_waiting(probes, entry, index);
	}
	probe.ts_ns = now_ns;
	probe.flaws &= FLAW_FORM; /* it has been looked at, whatever its checksum and its TTL */
	if (by_filter || is_idle(probes, detail_of(probes, entry), &probe))
		count_unanswered(probes, entry, &probe);
	else
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
		if (index >= 0 && waiting_of(probes, entry)[index].ts_ns == queued->ts_ns) {
			struct probe probe = waiting_of(probes, entry)[index];

			stop_waiting(probes, entry, index);
			if (!from_future)
				count_unanswered(probes, entry, &probe);
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

uint64_t probes_idle(const struct probes *probes)
{
	return probes->idle;
}

uint64_t probes_flooded(const struct probes *probes)
{
	return probes->flooded;
}

uint64_t probes_evictions(const struct probes *probes)
{
	return probes->table.evictions;
}
