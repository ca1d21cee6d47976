/* SPDX-License-Identifier: ISC */
/* Merging a conversation into its exposure; see exposure_merge.h for the rules. */
#include "sensor/engine/exposure_merge.h"

#include <string.h>

#include "sensor/base/hash.h"
#include "sensor/tables/question.h"

#define FILL(to, from, better) fill((to), (from), sizeof(to), (better))

static void fill(char *to, const char *from, size_t size, bool better)
{
	if (from[0] != '\0' && (to[0] == '\0' || better))
		memcpy(to, from, size);
}

static void later(uint64_t *at, uint64_t ns)
{
	if (ns > *at)
		*at = ns;
}

/* Carriers that something more telling may ride on. */
static bool is_general(const struct service *service)
{
	return service->family == FAMILY_WEB || service->family == FAMILY_OTHER ||
	       service->family == FAMILY_INFRASTRUCTURE;
}

/*
 * Is `a` more telling than `b`? One that others report by name (open-resolver) is more than its
 * carrier (dns).
 */
static bool is_more_special(const struct service *a, const struct service *b)
{
	if (!is_general(b))
		return false;
	return !is_general(a) || (a->identifier != NULL && b->identifier == NULL);
}

static bool is_surer(const struct exposure *x, const struct flow_report *flow)
{
	return identified_rank(flow->identified_by) > identified_rank(x->identified_by);
}

/* TLS around something that cannot be seen. */
static bool is_shell(const struct services *services, uint16_t id)
{
	const struct service *service = services_get(services, id);

	return service != NULL && strcmp(service->name, "tls") == 0;
}

/*
 * Equally strong evidence for another service changes the exposure only from general to special
 * (http, then elasticsearch), never back: two clients must not make it flap. What is inside of TLS
 * is more than TLS, though only the client says it; TLS without such a word takes nothing back.
 */
static bool is_better_service(const struct exposure *x, const struct flow_report *flow,
			      const struct services *services)
{
	if (flow->service == POLICY_NO_SERVICE || flow->service == x->service || x->all_ports)
		return false;
	if (x->service == POLICY_NO_SERVICE)
		return true;
	if (flow->facts.encryption == ENCRYPTION_TLS && is_shell(services, x->service) &&
	    flow->identified_by >= IDENTIFIED_PAYLOAD)
		return true;
	if (x->identified_by == IDENTIFIED_OFFER && is_shell(services, flow->service))
		return false;
	if (is_surer(x, flow))
		return true;
	return flow->identified_by == x->identified_by &&
	       is_more_special(services_get(services, flow->service),
			       services_get(services, x->service));
}

/* What a row is worth when there are too many: harmless ones make room first, then refused ones. */
static unsigned row_worth(const struct command *command)
{
	unsigned weight = facts_command_weight(command->flags);

	if (weight == 0)
		return 0;
	return command->accepted == ANSWER_NO ? 1 : 2 * weight + (command->accepted == ANSWER_YES);
}

static struct command *find_row(struct facts *into, const struct command *command)
{
	unsigned worth = row_worth(command), least = worth;
	int given_up = -1;

	for (int i = 0; i < into->command_count; i++) {
		const struct command *row = &into->commands[i];

		if (strcmp(row->text, command->text) == 0)
			return &into->commands[i];
		if (row_worth(row) < worth && row_worth(row) <= least) {
			least = row_worth(row);
			given_up = i;
		}
	}
	if (into->command_count < FACTS_COMMANDS) {
		into->commands[into->command_count] = (struct command){.accepted = ANSWER_UNKNOWN};
		return &into->commands[into->command_count++];
	}
	if (given_up < 0)
		return NULL;
	into->commands[given_up] = (struct command){.accepted = ANSWER_UNKNOWN};
	return &into->commands[given_up];
}

static void merge_commands(struct facts *into, const struct facts *from)
{
	for (unsigned i = 0; i < from->command_count; i++) {
		const struct command *command = &from->commands[i];
		struct command *row = find_row(into, command);

		if (row == NULL)
			continue;
		memcpy(row->text, command->text, sizeof row->text);
		row->flags |= command->flags;
		row->serial = command->serial;
		if (row->accepted != ANSWER_YES && command->accepted != ANSWER_UNKNOWN)
			row->accepted = command->accepted;
	}
	/* Each report repeats its conversation's whole count: the highest is a lower bound. */
	if (from->commands_seen > into->commands_seen)
		into->commands_seen = from->commands_seen;
}

/* The first that was seen, and what is said of it. */
static void merge_certificate(struct facts *into, const struct facts *from)
{
	if (into->tls_sha256[0] != '\0' || from->tls_not_after_s == 0)
		return;
	FILL(into->tls_subject, from->tls_subject, false);
	FILL(into->tls_issuer, from->tls_issuer, false);
	FILL(into->tls_sha256, from->tls_sha256, false);
	into->tls_not_after_s = from->tls_not_after_s;
	into->tls_not_before_s = from->tls_not_before_s;
	into->tls_faults = from->tls_faults;
}

static void merge_texts(struct facts *into, const struct facts *from, bool better, bool let_in)
{
	bool product = better || into->product[0] == '\0' ||
		       (into->version[0] == '\0' && strcmp(into->product, from->product) == 0);

	if (from->product[0] != '\0' && product) {
		memcpy(into->product, from->product, sizeof into->product);
		memcpy(into->version, from->version, sizeof into->version);
	}
	if (from->user[0] != '\0' && (into->user[0] == '\0' || let_in)) {
		memcpy(into->user, from->user, sizeof into->user);
		memcpy(into->mechanism, from->mechanism, sizeof into->mechanism);
	}
	FILL(into->mechanism, from->mechanism, false);
	FILL(into->host, from->host, false);
	FILL(into->path, from->path, from->directory_listing && !into->directory_listing);
	FILL(into->operation, from->operation, false);
	FILL(into->tls_version, from->tls_version, false);
	FILL(into->tls_protocol, from->tls_protocol, false);
	FILL(into->ja4, from->ja4, false);
	into->tls_ech |= from->tls_ech;
	merge_certificate(into, from);
}

/* A conversation that went on encrypted, where nobody has been let in without. */
static bool upgraded(const struct exposure *x, const struct facts *from)
{
	return from->encryption == ENCRYPTION_STARTTLS && x->facts.auth < AUTH_NONE;
}

static void merge_facts(struct exposure *x, const struct facts *from, bool better)
{
	struct facts *into = &x->facts;
	bool let_in = from->auth >= AUTH_ANONYMOUS && from->auth > into->auth;

	merge_texts(into, from, better, let_in);
	if (from->auth > into->auth)
		into->auth = from->auth;
	if (from->encryption > ENCRYPTION_NA &&
	    (into->encryption <= ENCRYPTION_NA || better || upgraded(x, from)))
		into->encryption = from->encryption;
	if (from->data_read > into->data_read)
		into->data_read = from->data_read;
	into->directory_listing |= from->directory_listing;
	if (from->claims != 0) {
		memcpy(into->claimed, from->claimed, sizeof into->claimed);
		into->claimed_by = from->claimed_by;
	}
	if (from->claims > into->claims) /* a lower bound, as with commands_seen */
		into->claims = from->claims;
	into->revision++;
	merge_commands(into, from);
}

/* Takes the tries of one report to have failed before one succeeded, as people do. */
static void merge_logins(struct exposure *x, const struct flow_report *flow)
{
	uint32_t failed = flow->new_logins_failed;

	x->logins_failed += failed;
	x->logins_succeeded += flow->new_logins_succeeded;
	x->failures_running = failed > UINT32_MAX - x->failures_running
				      ? UINT32_MAX
				      : x->failures_running + failed;
	if (flow->new_logins_succeeded != 0) {
		x->campaign |= x->failures_running >= CAMPAIGN_FAILURES;
		x->failures_running = 0;
	}
	x->facts.logins_failed =
		x->logins_failed < UINT32_MAX ? (uint32_t)x->logins_failed : UINT32_MAX;
	x->facts.logins_succeeded =
		x->logins_succeeded < UINT32_MAX ? (uint32_t)x->logins_succeeded : UINT32_MAX;
}

/* A service has a few kinds of questions that scanners ask; the oldest makes room. */
static void note_question(struct exposure *x, uint32_t question)
{
	if (question == QUESTION_ANY)
		return;
	for (int i = 0; i < EXPOSURE_QUESTIONS; i++) {
		if (x->questions[i] == question)
			return;
	}
	x->questions[x->question_next] = question;
	x->question_next = (uint8_t)((x->question_next + 1) % EXPOSURE_QUESTIONS);
}

static void merge_counters(struct exposure *x, const struct observation *o)
{
	const struct flow_report *flow = &o->flow;
	bool begins = flow->first || x->flows == 0;

	x->flows += begins;
	if (begins && !flow->ended && !flow->last)
		x->live_flows++;
	else if (!begins && flow->ended && x->live_flows != 0)
		x->live_flows--;
	x->bytes_in += flow->new_bytes_c2s;
	x->bytes_out += flow->new_bytes_s2c;
	x->life_bytes_out += flow->new_bytes_s2c;
	if (flow->facts.contradicted)
		later(&x->contradicted_ns, o->ts_ns);
	if (flow->facts.urgent)
		later(&x->urgent_ns, o->ts_ns);
	if (flow->facts.limited)
		later(&x->limited_ns, o->ts_ns);
	if (flow->facts.lying_length)
		later(&x->lying_length_ns, o->ts_ns);
	x->client = flow->client;
	x->client_port = flow->client_port;
	x->carrier = flow->carrier;
	x->sight |= flow->sight;
	x->unseen = flow->acknowledged && !(x->sight & SIGHT_SERVER);
	if (flow->direction > x->direction)
		x->direction = flow->direction;
	if (x->outcome != OUTCOME_ESTABLISHED && x->outcome != OUTCOME_UDP_ANSWERED)
		x->outcome = flow->outcome;
	if (flow->vlan != 0)
		x->vlan = flow->vlan;
	if (flow->vlan_inner != 0)
		x->vlan_inner = flow->vlan_inner;
	if (flow->origin.from != ORIGIN_NONE)
		x->from = flow->origin.from;
	if (flow->tunnels.count != 0)
		x->tunnels = flow->tunnels;
	if (flow->ndpi_service != POLICY_NO_SERVICE)
		x->ndpi_service = flow->ndpi_service;
	later(&x->last_seen_ns, o->ts_ns);
	later(&x->talked_ns, flow->talked_ns);
	note_question(x, flow->question);
}

static bool same_family(const struct services *services, uint16_t a, uint16_t b)
{
	const struct service *one = services_get(services, a), *other = services_get(services, b);

	return one != NULL && other != NULL && one->family == other->family;
}

bool exposure_merge(struct exposure *x, const struct observation *o, const struct rung *rung,
		    const struct services *services, uint64_t hash_key)
{
	const struct flow_report *flow = &o->flow;
	bool other = is_better_service(x, flow, services);

	if (other) {
		/* What was said about dns holds for the open-resolver that it is. */
		if (!same_family(services, x->service, flow->service))
			x->facts.product[0] = x->facts.version[0] = '\0';
		x->service = flow->service;
	}
	merge_counters(x, o);
	if (!x->all_ports) {
		merge_facts(x, &flow->facts, other || is_surer(x, flow));
		x->facts.service = services_get(services, x->service);
		if (other || (flow->service == x->service && is_surer(x, flow)))
			x->identified_by = flow->identified_by;
	}
	merge_logins(x, flow);
	sketch_add(&x->clients, hash_bytes(&flow->client, sizeof flow->client, hash_key));
	sketch_merge(&x->users_tried, &flow->users_tried);
	sketch_merge(&x->objects_read, &flow->objects_read);
	x->messages += flow->new_messages;
	x->one_way = flow->one_way_service;
	if (rung->answered)
		later(&x->last_answer_ns, flow->first ? rung->answer_ns : o->ts_ns);
	x->news = true;
	return other;
}

static struct exposure_source *find_source(struct exposure *x, const struct address *client)
{
	for (unsigned i = 0; i < x->source_count; i++) {
		if (address_equal(&x->sources[i].address, client))
			return &x->sources[i];
	}
	return NULL;
}

/* A row for a new client: a free one, or the last (least far, stalest) if the client got as far. */
static struct exposure_source *take_source(struct exposure *x, const struct address *client,
					   uint8_t level, uint64_t ts_ns)
{
	struct exposure_source *row = find_source(x, client);

	if (row != NULL)
		return row;
	row = &x->sources[EXPOSURE_SOURCES - 1];
	if (x->source_count < EXPOSURE_SOURCES)
		row = &x->sources[x->source_count++];
	else if (level < row->level)
		return NULL;
	*row = (struct exposure_source){.address = *client, .first_ns = ts_ns, .level = level};
	return row;
}

/* One row has changed: it moves up to its place. */
static void resort(struct exposure *x, const struct exposure_source *row)
{
	size_t at = (size_t)(row - x->sources);

	for (; at > 0; at--) {
		struct exposure_source *above = &x->sources[at - 1], here = x->sources[at];

		if (above->level > here.level ||
		    (above->level == here.level && above->last_ns >= here.last_ns))
			return;
		x->sources[at] = *above;
		*above = here;
	}
}

void exposure_merge_source(struct exposure *x, const struct observation *o, enum level level,
			   uint64_t data_out)
{
	const struct flow_report *flow = &o->flow;
	struct exposure_source *row = take_source(x, &flow->client, (uint8_t)level, o->ts_ns);

	if (row == NULL)
		return;
	later(&row->last_ns, o->ts_ns);
	row->carrier = flow->carrier;
	if (flow->facts.ja4[0] != '\0')
		memcpy(row->ja4, flow->facts.ja4, sizeof row->ja4);
	row->flows += flow->first || row->flows == 0;
	row->bytes_out += flow->new_bytes_s2c;
	row->logins_failed += flow->new_logins_failed;
	row->logins_succeeded += flow->new_logins_succeeded;
	if (row->bytes_out > data_out && level < LEVEL_DATA_OUT)
		level = LEVEL_DATA_OUT;
	if (level > row->level)
		row->level = (uint8_t)level;
	resort(x, row);
}

void exposure_merge_add_source(struct exposure *x, const struct exposure_source *source)
{
	struct exposure_source *row =
		take_source(x, &source->address, source->level, source->first_ns);

	if (row == NULL)
		return;
	if (source->first_ns < row->first_ns)
		row->first_ns = source->first_ns;
	if (source->last_ns >= row->last_ns)
		row->carrier = source->carrier;
	FILL(row->ja4, source->ja4, source->last_ns >= row->last_ns);
	later(&row->last_ns, source->last_ns);
	row->flows += source->flows;
	row->bytes_out += source->bytes_out;
	row->logins_failed += source->logins_failed;
	row->logins_succeeded += source->logins_succeeded;
	if (source->level > row->level)
		row->level = source->level;
	resort(x, row);
}

void exposure_merge_restart(struct exposure *x)
{
	x->life_bytes_out = 0;
	x->failures_running = 0;
	x->campaign = false;
	x->probes_unanswered = x->probes_refused = 0;
	x->close_probes = x->first_probe_ns = x->probe_ns = 0;
	x->closers = (struct sketch){.exact = 0};
}
