/* SPDX-License-Identifier: ISC */
/*
 * See engine_saved.h. Facts are kept only for the same version of the program: their layout changes
 * most often, and the next conversation shows them again.
 */
#include "sensor/engine/engine_saved.h"

#include <stdio.h>
#include <string.h>

#include "sensor/base/packed.h"

#define SERVICE_TEXT 40
#define VERSION_TEXT 24

/* A source as it was before it had JA4. */
struct source_before {
	struct address address;
	uint64_t first_ns, last_ns;
	uint64_t bytes_out;
	uint32_t flows, logins_failed, logins_succeeded;
	uint8_t level;
	struct carrier carrier;
};

/* The interface, by name; the captures of a replay are not kept. */
struct saved_from {
	char interface[ORIGIN_NAME], alias[ORIGIN_NAME];
};

struct saved_exposure {
	char version[VERSION_TEXT];
	char service[SERVICE_TEXT], ndpi_service[SERVICE_TEXT];
	char rule[POLICY_NAME_MAX], group[POLICY_NAME_MAX];
	char client_zone[POLICY_NAME_MAX], server_zone[POLICY_NAME_MAX];
	char accept_zone[POLICY_NAME_MAX];
	struct saved_from from;
	uint8_t level_of_six;
	struct source_before sources_before[EXPOSURE_SOURCES];
	struct exposure x;
};

struct saved_incident {
	char services[INCIDENT_MEMBERS][SERVICE_TEXT];
	struct saved_from from;
	uint8_t level_of_six;
	struct incident incident;
};

#define MEMBER(tag, type, member) [tag] = {tag, offsetof(type, member), sizeof(((type *)0)->member)}
#define E(tag, member)		  MEMBER(tag, struct saved_exposure, member)
#define X(tag, m)		  MEMBER(tag, struct saved_exposure, x.m)
#define S(tag, member)		  MEMBER(tag, struct saved_incident, member)
#define I(tag, m)		  MEMBER(tag, struct saved_incident, incident.m)
#define TAG_FACTS		  98 /* 90 to 92 had other layouts */

/* The rows of exposure_fields.h that the engine keeps. */
#define FIELD(name, member, type, from, tag, ...) FIELD_##from(tag, member)
#define FIELD_KEPT(tag, member)			  X(tag, member),
#define FIELD_SKETCH(tag, member)		  X(tag, member),
#define FIELD_GROUP(tag, member)
#define FIELD_ZONE(tag, member)
#define FIELD_LINE(tag, member)
#define FIELD_AGAIN(tag, member)

/*
 * By tag, and so in the order of the tags. The compiler refuses one that is taken.
 * Not kept: service, ndpi_service, rule, group and the zones (by name), incident and host (slots),
 * live_flows (they end with the run), news and check_ns (begin anew),
 * origin (a name alone is).
 */
static const struct packed_member exposure_members[] = {
	EXPOSURE_FIELDS(FIELD)
	/* What no event shows, or shows by another name. */
	E(1, version),
	E(2, service),
	E(3, ndpi_service),
	E(4, rule),
	E(5, group),
	E(6, client_zone),
	E(7, server_zone),
	E(8, accept_zone),
	E(9, from),
	X(10, server),
	X(11, server_seen),
	X(12, id),
	X(13, state),
	E(14, level_of_six),
	X(16, severity),
	X(17, rule_severity),
	X(18, direction),
	X(19, sight),
	X(20, outcome),
	X(21, identified_by),
	X(23, source_count),
	X(24, unlisted),
	X(25, all_ports),
	X(26, accept_carried),
	X(27, campaign),
	X(28, one_way),
	X(29, member),
	X(30, vlan),
	X(31, vlan_inner),
	X(32, client_port),
	X(33, incident_id),
	X(35, failures_running),
	X(36, client),
	X(37, carrier),
	X(43, last_accept_ns),
	X(46, last_summary_ns),
	X(50, life_bytes_out),
	X(56, close_probes),
	X(57, first_probe_ns),
	X(58, probe_ns),
	X(59, tunnels),
	X(63, closers),
	E(64, sources_before),
	X(65, told),
	X(66, quiet),
	X(70, busy_minutes),
	X(71, busy_since_ns),
	X(72, busy_ns),
	X(73, longest_silence_ns),
	X(75, claimed),
	X(82, talked_ns),
	X(83, questions),
	X(84, question_next),
	X(85, unseen),
	X(86, resumed),
	X(87, folds),
	X(88, awaiting),
	X(TAG_FACTS, facts),
	X(93, level),
	X(97, sources),
	X(120, stormed),
};

#define FIGURE(name, member, type, from, tag) I(tag, member),

static const struct packed_member incident_members[] = {
	INCIDENT_FIGURES(FIGURE)
	/* What no event shows, or shows by another name. */
	S(1, services),
	S(2, from),
	I(10, closed),
	I(12, severity),
	S(13, level_of_six),
	I(14, listed),
	I(15, id),
	I(16, group_name),
	I(17, rule_name),
	I(21, last_join_ns),
	I(26, members),
	I(27, unlisted),
	I(28, untold),
	I(29, many_ports),
	I(30, port_count),
	I(31, ports),
	I(32, reachable),
	I(33, quiet),
	I(34, forgotten),
	I(35, told_quiet),
	I(36, told_ns),
	I(37, untracked),
	I(38, level),
	I(50, stormed),
};

static const struct packed_member coverage_members[] = {
	MEMBER(1, struct coverage, last_probe_ns),
	MEMBER(2, struct coverage, last_answer_ns),
	MEMBER(3, struct coverage, probes),
	MEMBER(4, struct coverage, answers),
};

static const struct packed_member wall_members[] = {
	MEMBER(1, struct wall_seen, unanswered_ns),
	MEMBER(2, struct wall_seen, refused_ns),
};

#define COUNT(members) (sizeof(members) / sizeof *(members))
#define WRITE(members, object, to)                                                                 \
	packed_write(members, COUNT(members), object, (to)->scratch, (to)->bytes)
#define READ(members, object, bytes, length, to)                                                   \
	packed_read(members, COUNT(members), object, bytes, length, (to)->scratch,                 \
		    sizeof(to)->scratch)

_Static_assert(PACKED_MAX(sizeof(struct saved_exposure), 101) <= SAVED_MAX, "SAVED_MAX");
_Static_assert(PACKED_MAX(sizeof(struct saved_incident), 80) <= SAVED_MAX, "SAVED_MAX");

/*
 * The file's number of a level from before there was LEVEL_EXECUTED, when `destroyed` was 6. Files
 * that have it alone are read so, and it is still written for a program that knows no other.
 */
static uint8_t level_to_six(uint8_t level)
{
	return (uint8_t)(level - (level > LEVEL_DATA_OUT));
}

static uint8_t level_from_six(uint8_t level)
{
	return (uint8_t)(level + (level > LEVEL_DATA_OUT));
}

static void renumber_exposure(struct exposure *x, uint8_t level_of_six)
{
	x->level = level_from_six(level_of_six);
	for (unsigned i = 0; i < x->source_count && i < EXPOSURE_SOURCES; i++)
		x->sources[i].level = level_from_six(x->sources[i].level);
}

static void renumber_incident(struct incident *incident, uint8_t level_of_six)
{
	incident->level = level_from_six(level_of_six);
	for (unsigned i = 0; i < incident->listed && i < INCIDENT_MEMBERS; i++)
		incident->members[i].level = level_from_six(incident->members[i].level);
}

/* The file's sources from before they had JA4; likewise. */
static void sources_to_before(struct saved_exposure *saved)
{
	for (size_t i = 0; i < EXPOSURE_SOURCES; i++) {
		const struct exposure_source *source = &saved->x.sources[i];

		saved->sources_before[i] = (struct source_before){
			.address = source->address,
			.first_ns = source->first_ns,
			.last_ns = source->last_ns,
			.bytes_out = source->bytes_out,
			.flows = source->flows,
			.logins_failed = source->logins_failed,
			.logins_succeeded = source->logins_succeeded,
			.level = source->level,
			.carrier = source->carrier,
		};
	}
}

static void sources_from_before(struct saved_exposure *saved)
{
	for (size_t i = 0; i < EXPOSURE_SOURCES; i++) {
		const struct source_before *source = &saved->sources_before[i];

		saved->x.sources[i] = (struct exposure_source){
			.address = source->address,
			.first_ns = source->first_ns,
			.last_ns = source->last_ns,
			.bytes_out = source->bytes_out,
			.flows = source->flows,
			.logins_failed = source->logins_failed,
			.logins_succeeded = source->logins_succeeded,
			.level = source->level,
			.carrier = source->carrier,
		};
	}
}

static void name_service(char to[SERVICE_TEXT], const struct engine *engine, uint16_t id)
{
	const struct service *service = services_get(engine->services, id);

	snprintf(to, SERVICE_TEXT, "%s", service != NULL ? service->name : "");
}

static void name_from(struct saved_from *saved, const struct engine *engine, uint32_t from)
{
	const struct origin_names *names = origins_get(engine->options.origins, from);

	snprintf(saved->interface, sizeof saved->interface, "%s", names->interface);
	snprintf(saved->alias, sizeof saved->alias, "%.*s", ORIGIN_NAME - 1, names->alias);
}

static void name_policy(struct saved_exposure *saved, const struct engine *engine)
{
	const struct policy *policy = engine->policy;
	const struct exposure *x = &saved->x;

	if (x->rule != POLICY_NONE)
		snprintf(saved->rule, sizeof saved->rule, "%s", policy_rule(policy, x->rule).name);
	if (x->group != POLICY_NONE)
		snprintf(saved->group, sizeof saved->group, "%s",
			 policy_group(policy, x->group).name);
	snprintf(saved->client_zone, sizeof saved->client_zone, "%s",
		 policy_zone(policy, x->client_zone).name);
	snprintf(saved->server_zone, sizeof saved->server_zone, "%s",
		 policy_zone(policy, x->server_zone).name);
	snprintf(saved->accept_zone, sizeof saved->accept_zone, "%s",
		 policy_zone(policy, x->accept_zone).name);
}

size_t engine_saved_exposure_write(const struct engine *engine, const struct exposure *x,
				   struct saved_scratch *scratch)
{
	struct saved_exposure saved = {
		.version = SPANWATCH_VERSION, .level_of_six = level_to_six(x->level), .x = *x};

	name_service(saved.service, engine, x->service);
	name_service(saved.ndpi_service, engine, x->ndpi_service);
	name_policy(&saved, engine);
	sources_to_before(&saved);
	name_from(&saved.from, engine, x->from);
	saved.x.facts.service = NULL;
	return WRITE(exposure_members, &saved, scratch);
}

size_t engine_saved_incident_write(const struct engine *engine, const struct incident *incident,
				   struct saved_scratch *scratch)
{
	struct saved_incident saved = {.level_of_six = level_to_six(incident->level),
				       .incident = *incident};

	for (unsigned i = 0; i < incident->listed; i++)
		name_service(saved.services[i], engine, incident->members[i].service);
	name_from(&saved.from, engine, incident->origin.from);
	return WRITE(incident_members, &saved, scratch);
}

size_t engine_saved_coverage_write(const struct coverage *coverage, struct saved_scratch *scratch)
{
	return WRITE(coverage_members, coverage, scratch);
}

size_t engine_saved_wall_write(const struct wall_seen *seen, struct saved_scratch *scratch)
{
	return WRITE(wall_members, seen, scratch);
}

/* POLICY_NONE, or the zone `internet`, for what the policy has no more. */
static uint16_t rule_of(const struct policy *policy, const char *name)
{
	for (uint16_t i = 0; i < policy_rule_count(policy); i++) {
		if (strcmp(policy_rule(policy, i).name, name) == 0)
			return i;
	}
	return POLICY_NONE;
}

static uint16_t group_of(const struct policy *policy, const char *name)
{
	for (uint16_t i = 0; i < policy_group_count(policy); i++) {
		if (strcmp(policy_group(policy, i).name, name) == 0)
			return i;
	}
	return POLICY_NONE;
}

static uint8_t zone_of(const struct policy *policy, const char *name)
{
	for (uint16_t i = 0; i < policy_zone_count(policy); i++) {
		if (strcmp(policy_zone(policy, i).name, name) == 0)
			return (uint8_t)i;
	}
	return POLICY_ZONE_INTERNET;
}

static uint16_t service_of(const struct engine *engine, const char *name)
{
	return name[0] != '\0' ? services_find(engine->services, name) : POLICY_NO_SERVICE;
}

static uint32_t from_of(const struct engine *engine, const struct saved_from *saved)
{
	struct origin_names names = {.file = ""};

	snprintf(names.interface, sizeof names.interface, "%.*s", ORIGIN_NAME - 1,
		 saved->interface);
	snprintf(names.alias, sizeof names.alias, "%.*s", ORIGIN_NAME - 1, saved->alias);
	return origins_find(engine->options.origins, &names);
}

bool engine_saved_exposure_read(const struct engine *engine, struct exposure *x, const void *bytes,
				size_t length, struct saved_scratch *scratch)
{
	struct saved_exposure saved = {.x = *x};

	if (!READ(exposure_members, &saved, bytes, length, scratch))
		return false;
	if (saved.x.source_count != 0 && saved.x.sources[0].first_ns == 0)
		sources_from_before(&saved);
	if (saved.x.level == LEVEL_BLOCKED) /* which no exposure is: the file has none */
		renumber_exposure(&saved.x, saved.level_of_six);
	if (strcmp(saved.version, SPANWATCH_VERSION) != 0)
		saved.x.facts = (struct facts){.service = NULL};
	*x = saved.x;
	x->service = service_of(engine, saved.service);
	x->ndpi_service = service_of(engine, saved.ndpi_service);
	x->facts.service = services_get(engine->services, x->service);
	x->rule = rule_of(engine->policy, saved.rule);
	x->group = group_of(engine->policy, saved.group);
	x->client_zone = zone_of(engine->policy, saved.client_zone);
	x->server_zone = zone_of(engine->policy, saved.server_zone);
	x->accept_zone = zone_of(engine->policy, saved.accept_zone);
	x->from = from_of(engine, &saved.from);
	x->origin = (struct origin){.from = x->from};
	return true;
}

bool engine_saved_incident_read(const struct engine *engine, struct incident *incident,
				const void *bytes, size_t length, struct saved_scratch *scratch)
{
	struct saved_incident saved = {.incident = *incident};

	if (!READ(incident_members, &saved, bytes, length, scratch))
		return false;
	if (saved.incident.level == LEVEL_BLOCKED)
		renumber_incident(&saved.incident, saved.level_of_six);
	*incident = saved.incident;
	incident->origin = (struct origin){.from = from_of(engine, &saved.from)};
	for (unsigned i = 0; i < incident->listed; i++)
		incident->members[i].service = service_of(engine, saved.services[i]);
	return true;
}

bool engine_saved_coverage_read(struct coverage *coverage, const void *bytes, size_t length,
				struct saved_scratch *scratch)
{
	return READ(coverage_members, coverage, bytes, length, scratch);
}

bool engine_saved_wall_read(struct wall_seen *seen, const void *bytes, size_t length,
			    struct saved_scratch *scratch)
{
	return READ(wall_members, seen, bytes, length, scratch);
}
