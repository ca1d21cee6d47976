/* SPDX-License-Identifier: ISC */
/* See telling.h. */
#include "tools/notify/telling.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/hash.h"
#include "sensor/base/timestamp.h"
#include "sensor/event/reason_text.h"

static void capitals(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
	for (; *to != '\0'; to++)
		if (*to >= 'a' && *to <= 'z')
			*to = (char)(*to - 'a' + 'A');
}

static void fact(struct telling *telling, const char *name, const char *key, const char *format,
		 ...) __attribute__((format(printf, 4, 5)));

/* An empty one is left out. */
static void fact(struct telling *telling, const char *name, const char *key, const char *format,
		 ...)
{
	struct fact *to = &telling->facts[telling->fact_count];
	va_list more;

	if (telling->fact_count == TELLING_FACTS)
		return;
	va_start(more, format);
	vsnprintf(to->value, sizeof to->value, format, more);
	va_end(more);
	to->name = name;
	to->key = key;
	telling->fact_count += to->value[0] != '\0';
}

/* "2015-02-04T04:05:06.123456Z" as "2015-02-04 04:05:06Z". */
static const char *shorter(const char *time, char to[24])
{
	if (strlen(time) < 20)
		snprintf(to, 24, "%s", "");
	else
		snprintf(to, 24, "%.10s %.8sZ", time, time + 11);
	return to;
}

/* How long it was, or has been, open. "" if that is not known. */
static void write_duration(const struct subject *subject, uint64_t unix_ms, char to[REASON_MAX])
{
	uint64_t from = timestamp_parse(subject->opened);
	uint64_t until = timestamp_parse(subject->closed);
	struct text text = text_in(to);

	if (!strcmp(subject->state, "closed"))
		until = until != 0 ? until : timestamp_parse(subject->updated);
	else
		until = unix_ms * NS_PER_MS;
	if (from != 0 && until >= from)
		text_duration(&text, until - from);
}

/* By what it is known that it is closed. */
static const char *proof_of(const char *close_reason)
{
	static const struct {
		const char *reason, *words;
	} proofs[] = {
		{"probes", "proven"},
		{"closed-likely", "likely, not proven"},
		{"policy", "the policy permits it now"},
		{"evicted", "forgotten for want of room, not proven"},
		{"collapsed", "part of another exposure"},
		{"sensor-gone", "its sensor is gone, not proven"},
	};

	for (size_t i = 0; i < sizeof proofs / sizeof *proofs; i++)
		if (strcmp(proofs[i].reason, close_reason) == 0)
			return proofs[i].words;
	return "";
}

/* Of an incident: what all its endpoints have in common, or of how many it is proven. */
static void write_proof(const struct subject *subject, char *to, size_t size)
{
	uint32_t proven = 0;
	bool same = true;

	snprintf(to, size, "%s", proof_of(subject->close_reason));
	if (!subject->incident || subject->shown == 0 || subject->close_reason[0] != '\0')
		return;
	for (uint32_t i = 0; i < subject->shown; i++) {
		proven += strcmp(subject->members[i].close_reason, "probes") == 0;
		same = same && strcmp(subject->members[i].close_reason,
				      subject->members[0].close_reason) == 0;
	}
	if (same && subject->shown >= subject->member_count)
		snprintf(to, size, "%s", proof_of(subject->members[0].close_reason));
	else
		snprintf(to, size, "proven for %" PRIu32 " of %" PRIu64 " endpoints", proven,
			 subject->member_count);
}

/* "group logging", "10.20.0.12:6379". */
static void write_name(const struct subject *subject, char *to, size_t size)
{
	struct subject one = {0};

	if (subject->incident || subject->server_ip[0] == '\0') {
		snprintf(to, size, "group %.100s",
			 subject->group[0] != '\0' ? subject->group : "(unknown)");
		return;
	}
	subject_member(&one, subject, "");
	snprintf(to, size, "%.79s", one.members[0].endpoint);
}

static void write_title(struct telling *telling, const struct subject *subject)
{
	char severity[16], name[120], proof[80], duration[REASON_MAX];

	capitals(severity, sizeof severity,
		 policy_severity_name((enum policy_severity)telling->severity));
	write_name(subject, name, sizeof name);
	write_proof(subject, proof, sizeof proof);
	write_duration(subject, telling->unix_ms, duration);
	if (telling->over && strcmp(subject->state, "closed") == 0)
		snprintf(telling->title, sizeof telling->title, "%s %s: closed%s%s%s%.60s",
			 severity, name, proof[0] != '\0' ? ", " : "", proof,
			 duration[0] != '\0' ? ", open for " : "", duration);
	else if (telling->over)
		snprintf(telling->title, sizeof telling->title, "%s %s: %s", severity, name,
			 subject->state);
	else if (subject->incident)
		snprintf(telling->title, sizeof telling->title,
			 "%s %s is exposed: %" PRIu64 " of %" PRIu64 " endpoint%s open, %s",
			 severity, name, subject->open_count, subject->member_count,
			 subject->member_count == 1 ? "" : "s", subject->level_name);
	else
		snprintf(telling->title, sizeof telling->title, "%s %s is %s, %s%s%s", severity,
			 name, subject->state[0] != '\0' ? subject->state : "open",
			 subject->level_name, subject->service[0] != '\0' ? ", " : "",
			 subject->service);
}

static void write_facts(struct telling *telling, const struct subject *subject)
{
	char after[24], before[24], one[24], duration[REASON_MAX], proof[80];

	write_duration(subject, telling->unix_ms, duration);
	write_proof(subject, proof, sizeof proof);
	fact(telling, "State", "state", "%s%s%s", subject->state,
	     telling->over && proof[0] != '\0' ? ", " : "", telling->over ? proof : "");
	fact(telling, "Level", "level", "%s", subject->level_name);
	if (subject->incident)
		fact(telling, "Endpoints", "endpoints", "%" PRIu64 ", %" PRIu64 " open",
		     subject->member_count, subject->open_count);
	fact(telling, "Opened", "opened", "%s", shorter(subject->opened, one));
	if (telling->over)
		fact(telling, "Closed", "closed", "%s", shorter(subject->closed, one));
	fact(telling, "Open for", "open_for", "%s", duration);
	shorter(subject->changed_after, after);
	shorter(subject->changed_before, before);
	if (before[0] != '\0')
		fact(telling, "Changed", "changed", "%s%s%s", after[0] != '\0' ? after : "before",
		     after[0] != '\0' ? " to " : " ", before);
	fact(telling, "Owner", "owner", "%s", subject->owner);
	fact(telling, "Group", "group", "%s", subject->group);
	fact(telling, "Rule", "rule", "%s", subject->rule);
	fact(telling, "Security group", "security_group", "%s", subject->security_group);
	fact(telling, "Runbook", "runbook", "%s", subject->runbook);
	fact(telling, "Site", "site", "%s", telling->site);
	fact(telling, "Sensors", "sensors", "%s", subject->sensors);
	fact(telling, "Id", "id", "%s", telling->id);
}

static void write_lines(struct telling *telling, const struct subject *subject)
{
	for (uint32_t i = 0; i < subject->shown && i < TELLING_LINES; i++) {
		const struct subject_member *m = &subject->members[i];

		snprintf(telling->lines[telling->line_count++], sizeof telling->lines[0],
			 "%s%s%s, %s, %s", m->endpoint, m->what[0] != '\0' ? ", " : "", m->what,
			 m->level_name, m->state);
	}
	if (subject->member_count > subject->shown)
		telling->lines_left = subject->member_count - subject->shown;
}

/* Of the channel, of what it is about, and of what is said of it. */
static void identify(struct telling *telling, const struct standing *standing)
{
	char text[400];

	snprintf(text, sizeof text, "%s\n%s\n%s\n%" PRIu32 "\n%s\n%u\n%u\n%" PRIu32 "\n%" PRIu32,
		 telling->channel->name, telling->site, telling->id, telling->number,
		 standing->state, standing->level, standing->severity, standing->members,
		 standing->open);
	hash_identifier(text, strlen(text), telling->delivery);
	snprintf(text, sizeof text, "%s\n%s\n%s", telling->channel->name, telling->site,
		 telling->id);
	hash_identifier(text, strlen(text), telling->delivery_first);
}

static bool is_note(const char *id)
{
	return strncmp(id, "note:", 5) == 0 || strncmp(id, "sensor:", 7) == 0;
}

static void begin(struct telling *telling, const struct channel_settings *channel,
		  const struct place *place, uint64_t unix_ms)
{
	*telling = (struct telling){.channel = channel, .site = place->site, .unix_ms = unix_ms};
	telling->opened = telling->closed = "";
}

/* Of a sensor, or of what happened once: there is only its sentence. */
static void write_note(struct telling *telling, const struct record *record)
{
	char severity[16];

	capitals(severity, sizeof severity,
		 policy_severity_name((enum policy_severity)telling->severity));
	telling->kind = TELLING_NOTE;
	telling->over = strcmp(record->now.state, "sighted") == 0;
	snprintf(telling->title, sizeof telling->title, "%s %.200s", severity, record->line);
	fact(telling, "State", "state", "%s", record->now.state);
	fact(telling, "Site", "site", "%s", telling->site);
	fact(telling, "Id", "id", "%s", record->id);
}

/* What is replayed is no alarm of now. */
static void write_run(struct telling *telling, const struct place *place)
{
	size_t used = strlen(telling->title);

	if (place->run == NULL)
		return;
	snprintf(telling->title + used, sizeof telling->title - used, " (replay %.64s)",
		 place->run);
	fact(telling, "Replay", "replay", "%s", place->run);
}

void telling_of(struct telling *telling, const struct plan *plan, const struct record *record,
		const struct subject *subject, const struct place *place)
{
	const struct standing *now = &record->now;

	begin(telling, plan->channel, place, clock_unix_ns() / NS_PER_MS);
	telling->severity = now->severity;
	telling->severity_before = record->tellings != 0 ? record->told.severity : now->severity;
	telling->number = record->tellings + 1;
	telling->over = standing_over(now);
	telling->kind = telling->over		? TELLING_CLOSED
			: record->tellings == 0 ? TELLING_OPENED
						: TELLING_UPDATED;
	memcpy(telling->id, record->id, sizeof telling->id);
	memcpy(telling->ref, record->ref, sizeof telling->ref);
	identify(telling, now);
	snprintf(telling->sentence, sizeof telling->sentence, "%s", record->line);
	if (is_note(record->id) || !subject->known) {
		write_note(telling, record);
		write_run(telling, place);
		return;
	}
	telling->subject = subject;
	telling->opened = subject->opened;
	telling->closed = subject->closed;
	if (subject->reason[0] != '\0')
		snprintf(telling->sentence, sizeof telling->sentence, "%s", subject->reason);
	if (place->dashboard[0] != '\0')
		snprintf(telling->link, sizeof telling->link, "%.400s#%s:%s", place->dashboard,
			 subject->incident ? "incident" : "exposure", record->id);
	write_title(telling, subject);
	write_facts(telling, subject);
	write_run(telling, place);
	write_lines(telling, subject);
}

static int worse(const void *left, const void *right)
{
	const struct record *a = *(struct record *const *)left;
	const struct record *b = *(struct record *const *)right;

	if (standing_over(&a->now) != standing_over(&b->now))
		return standing_over(&a->now) ? 1 : -1;
	if (a->now.severity != b->now.severity)
		return b->now.severity - a->now.severity;
	if (a->now.level != b->now.level)
		return b->now.level - a->now.level;
	return strcmp(a->id, b->id);
}

/* "12 critical and 3 high are open, 2 are over". */
static void count(struct telling *telling, const struct work *work)
{
	uint32_t open[SEVERITY_CRITICAL + 1] = {0}, over = 0;
	size_t at = 0, size = sizeof telling->sentence;

	for (uint32_t i = 0; i < work->count; i++) {
		const struct standing *now = &work->records[i]->now;

		if (standing_over(now))
			over++;
		else
			open[now->severity]++;
		if (now->severity > telling->severity)
			telling->severity = now->severity;
	}
	for (int i = SEVERITY_CRITICAL; i >= SEVERITY_INFO && at < size; i--)
		if (open[i] != 0)
			at += (size_t)snprintf(telling->sentence + at, size - at,
					       "%s%" PRIu32 " %s", at != 0 ? ", " : "", open[i],
					       policy_severity_name((enum policy_severity)i));
	if (at < size)
		snprintf(telling->sentence + at, size - at, "%s%s%" PRIu32 " over",
			 at != 0 ? " open" : "", at != 0 ? "; " : "", over);
}

void telling_digest(struct telling *telling, const struct plan *plan, const struct work *work,
		    const struct place *place, uint64_t unix_ms)
{
	static struct record *sorted[PLAN_DIGEST_MAX];
	struct standing standing = {.members = work->count};
	char severity[16];

	begin(telling, plan->channel, place, unix_ms);
	telling->kind = TELLING_DIGEST;
	telling->digest = work;
	telling->number = 1;
	count(telling, work);
	memcpy(sorted, work->records, work->count * sizeof *sorted);
	qsort(sorted, work->count, sizeof *sorted, worse);
	for (uint32_t i = 0; i < work->count && i < TELLING_LINES - 4; i++)
		snprintf(telling->lines[telling->line_count++], sizeof telling->lines[0],
			 "%s, %s: %.230s",
			 policy_severity_name((enum policy_severity)sorted[i]->now.severity),
			 sorted[i]->now.state, sorted[i]->line);
	telling->lines_left = work->count - telling->line_count;
	capitals(severity, sizeof severity,
		 policy_severity_name((enum policy_severity)telling->severity));
	snprintf(telling->id, sizeof telling->id, "digest:%.16s:%" PRIu32, sorted[0]->id,
		 sorted[0]->tellings);
	snprintf(telling->title, sizeof telling->title, "%s %" PRIu32 "%s messages in one: %.120s",
		 severity, work->count, work->more ? "+" : "", telling->sentence);
	identify(telling, &standing);
	if (place->dashboard[0] != '\0')
		snprintf(telling->link, sizeof telling->link, "%.400s", place->dashboard);
	fact(telling, "Site", "site", "%s", telling->site);
	fact(telling, "Number", "count", "%" PRIu32, work->count);
	write_run(telling, place);
}

void telling_test(struct telling *telling, const struct channel_settings *channel,
		  const struct place *place, uint64_t unix_ms)
{
	struct standing standing = {.members = (uint32_t)(unix_ms % UINT32_MAX)};

	begin(telling, channel, place, unix_ms);
	telling->kind = TELLING_NOTE;
	telling->test = true;
	telling->number = 1;
	snprintf(telling->id, sizeof telling->id, "test:%" PRIu64, unix_ms);
	snprintf(telling->title, sizeof telling->title,
		 "INFO this is a test of spanwatch-notify, channel %.64s", channel->name);
	snprintf(telling->sentence, sizeof telling->sentence,
		 "Nothing has happened. Messages about site %.64s will come this way.",
		 place->site);
	identify(telling, &standing);
	fact(telling, "Site", "site", "%s", telling->site);
	fact(telling, "Channel", "channel", "%s", channel->name);
}
