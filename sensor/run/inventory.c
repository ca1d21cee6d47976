/* SPDX-License-Identifier: ISC */
/* See inventory.h. A hash table over a slab; a key is everything that makes a line its own. */
#include "sensor/run/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "sensor/base/hash.h"
#include "sensor/base/json_out.h"
#include "sensor/event/event_words.h"

/* Hashed as bytes: no holes. */
struct line_key {
	struct endpoint server;
	struct address client;
	uint16_t service;
	uint8_t identified_by, outcome, auth, encryption, data_read, commands_known;
};

struct line {
	struct line_key key;
	uint32_t chain;
	uint64_t flows, bytes_c2s, bytes_s2c;
	struct facts facts;
	struct carrier carrier;
};

struct inventory {
	const struct services *services;
	struct line *lines;
	uint32_t *buckets, *order;
	struct json_out *json;
	uint32_t mask, max_lines, count; /* line 0 is never used: it ends chains */
	uint64_t hash_key, left_out;
};

static uint32_t buckets_for(uint32_t max_lines)
{
	uint32_t buckets = 256;

	while (buckets < max_lines)
		buckets *= 2;
	return buckets;
}

uint64_t inventory_bytes(uint32_t max_lines)
{
	const struct inventory *inventory = NULL;
	uint64_t each = sizeof *inventory->lines + sizeof *inventory->order;

	return sizeof *inventory + sizeof *inventory->lines + max_lines * each +
	       buckets_for(max_lines) * (uint64_t)sizeof *inventory->buckets;
}

struct inventory *inventory_new(uint32_t max_lines, uint64_t hash_key,
				const struct services *services)
{
	struct inventory *inventory = calloc(1, sizeof *inventory);
	uint32_t buckets = buckets_for(max_lines);

	if (!inventory)
		return NULL;
	inventory->services = services;
	inventory->hash_key = hash_key;
	inventory->max_lines = max_lines;
	inventory->mask = buckets - 1;
	inventory->lines = calloc((size_t)max_lines + 1, sizeof *inventory->lines);
	inventory->buckets = calloc(buckets, sizeof *inventory->buckets);
	inventory->order = calloc(max_lines, sizeof *inventory->order);
	inventory->json = json_out_new();
	if (!inventory->lines || !inventory->buckets || !inventory->order || !inventory->json) {
		inventory_free(inventory);
		return NULL;
	}
	return inventory;
}

void inventory_free(struct inventory *inventory)
{
	if (!inventory)
		return;
	free(inventory->lines);
	free(inventory->buckets);
	free(inventory->order);
	json_out_free(inventory->json);
	free(inventory);
}

/* Nobody sent a byte: there was no log-in stage, and nothing to encrypt. */
static bool is_silent(const struct flow_report *flow)
{
	return flow->new_bytes_c2s == 0 && flow->new_bytes_s2c == 0;
}

static struct line_key key_of(const struct inventory *inventory,
			      const struct observation *observation)
{
	const struct flow_report *flow = &observation->flow;
	struct line_key key = {
		.server = observation->server,
		.client = flow->client,
		.service = flow->service,
		.identified_by = flow->identified_by,
		.outcome = flow->outcome,
		.auth = flow->facts.auth,
		.encryption = flow->facts.encryption,
		.data_read = flow->facts.data_read,
		.commands_known = flow->facts.command_count != 0,
	};

	if (key.service == POLICY_NO_SERVICE) {
		key.service = services_by_port(inventory->services, key.server.transport,
					       key.server.port);
		key.identified_by =
			key.service == POLICY_NO_SERVICE ? IDENTIFIED_NOT : IDENTIFIED_PORT;
	}
	if (is_silent(flow)) {
		key.auth = AUTH_NA;
		key.encryption = ENCRYPTION_NA;
	} else if (flow->new_bytes_s2c == 0 && flow->facts.data_read == ANSWER_UNKNOWN) {
		key.data_read = ANSWER_NO; /* not a byte came back */
	}
	return key;
}

static struct line *find(struct inventory *inventory, const struct line_key *key, uint32_t *bucket)
{
	uint32_t index;

	*bucket = (uint32_t)hash_bytes(key, sizeof *key, inventory->hash_key) & inventory->mask;
	index = inventory->buckets[*bucket];
	while (index != 0 && memcmp(&inventory->lines[index].key, key, sizeof *key) != 0)
		index = inventory->lines[index].chain;
	return index ? &inventory->lines[index] : NULL;
}

/* What a later conversation of the same line shows and an earlier did not. */
static void merge_facts(struct facts *into, const struct facts *from)
{
	for (int i = 0; i < from->command_count; i++) {
		const struct command *command = &from->commands[i];
		int handle =
			facts_command(into, command->text, strlen(command->text), command->flags);

		if (command->accepted != ANSWER_UNKNOWN)
			facts_command_result(into, handle, command->accepted == ANSWER_YES);
	}
	if (from->claims != 0) {
		into->claims += from->claims;
		memcpy(into->claimed, from->claimed, sizeof into->claimed);
		into->claimed_by = from->claimed_by;
	}
	if (!into->product[0])
		memcpy(into->product, from->product, sizeof into->product);
	if (!into->version[0])
		memcpy(into->version, from->version, sizeof into->version);
}

void inventory_add(struct inventory *inventory, const struct observation *observation)
{
	const struct flow_report *flow = &observation->flow;
	struct line_key key = key_of(inventory, observation);
	uint32_t bucket;
	struct line *line = find(inventory, &key, &bucket);

	if (!line && inventory->count == inventory->max_lines) {
		inventory->left_out++;
		return;
	}
	if (!line) {
		line = &inventory->lines[++inventory->count];
		*line = (struct line){
			.key = key,
			.chain = inventory->buckets[bucket],
			.facts = flow->facts,
			.carrier = flow->carrier,
		};
		inventory->buckets[bucket] = inventory->count;
	} else {
		merge_facts(&line->facts, &flow->facts);
	}
	line->flows++;
	line->bytes_c2s += flow->new_bytes_c2s;
	line->bytes_s2c += flow->new_bytes_s2c;
}

static int compare_lines(const void *a, const void *b, void *context)
{
	const struct inventory *inventory = context;
	const struct line *one = &inventory->lines[*(const uint32_t *)a];
	const struct line *other = &inventory->lines[*(const uint32_t *)b];
	int order = address_compare(&one->key.server.address, &other->key.server.address);

	if (order == 0)
		order = one->key.server.port - other->key.server.port;
	if (order == 0)
		order = one->key.server.transport - other->key.server.transport;
	if (order == 0)
		order = address_compare(&one->key.client, &other->key.client);
	/* The slab is in the order of the packets. */
	return order ? order : (one < other ? -1 : 1);
}

/* A list of the commands with this flag, and whether the server accepted them. */
static void write_flagged(struct json_out *json, const struct facts *facts, const char *name,
			  unsigned flag)
{
	json_out_list(json, name);
	for (int i = 0; i < facts->command_count; i++) {
		const struct command *command = &facts->commands[i];

		if (!(command->flags & flag))
			continue;
		json_out_object(json, NULL);
		json_out_text(json, "cmd", command->text);
		if (command->accepted == ANSWER_UNKNOWN)
			json_out_null(json, "ok");
		else
			json_out_flag(json, "ok", command->accepted == ANSWER_YES);
		json_out_end(json);
	}
	json_out_end(json);
}

static void write_commands(struct json_out *json, const struct facts *facts)
{
	json_out_list(json, "commands");
	for (int i = 0; i < facts->command_count; i++)
		json_out_text(json, NULL, facts->commands[i].text);
	json_out_end(json);
	write_flagged(json, facts, "executes", COMMAND_EXECUTES);
	write_flagged(json, facts, "destructive", COMMAND_DESTRUCTIVE);
}

static void text_or_null(struct json_out *json, const char *key, const char *text)
{
	if (text && *text)
		json_out_text(json, key, text);
	else
		json_out_null(json, key);
}

/* Only where there is something to tell. */
static void write_carrier(struct json_out *json, const struct line *line)
{
	struct address claimed = event_claimed(&line->facts);

	if (line->carrier.by != FORWARDED_NOT) {
		json_out_address(json, "carrier_ip", &line->carrier.address);
		json_out_text(json, "carried_by", forwarded_by_name(line->carrier.by));
	}
	if (line->facts.claims != 0) {
		json_out_address(json, "claimed_client_ip", &claimed);
		json_out_text(json, "claimed_by", forwarded_by_name(line->facts.claimed_by));
	}
}

static const char *format_line(const struct inventory *inventory, const struct line *line,
			       const char *file, size_t *length)
{
	const struct line_key *key = &line->key;
	const struct service *service = services_get(inventory->services, key->service);
	struct json_out *json = inventory->json;

	json_out_begin(json);
	json_out_text(json, "file", file);
	json_out_address(json, "server_ip", &key->server.address);
	json_out_number(json, "server_port", key->server.port);
	json_out_text(json, "transport", transport_name(key->server.transport));
	json_out_address(json, "client_ip", &key->client);
	/* That a web server lists its files is told by a field of its own. */
	text_or_null(json, "protocol",
		     service && strcmp(service->name, "http-dirlist") != 0 ? service->name
		     : line->facts.directory_listing			   ? "http"
									   : NULL);
	text_or_null(json, "protocol_source", identified_by_name(key->identified_by));
	text_or_null(json, "family", service ? family_name(service->family) : NULL);
	text_or_null(json, "product", line->facts.product);
	text_or_null(json, "version", line->facts.version);
	json_out_text(json, "outcome", outcome_name(key->outcome));
	json_out_text(json, "auth", auth_name(key->auth));
	json_out_text(json, "encrypted", encryption_name(key->encryption));
	if (key->data_read == ANSWER_UNKNOWN)
		json_out_null(json, "data_read");
	else
		json_out_flag(json, "data_read", key->data_read == ANSWER_YES);
	json_out_flag(json, "directory_listing", line->facts.directory_listing);
	write_commands(json, &line->facts);
	json_out_number(json, "flows", line->flows);
	json_out_number(json, "bytes_c2s", line->bytes_c2s);
	json_out_number(json, "bytes_s2c", line->bytes_s2c);
	write_carrier(json, line);
	return json_out_done(json, length);
}

bool inventory_write(struct inventory *inventory, const char *file, FILE *out)
{
	bool good = true;

	for (uint32_t i = 0; i < inventory->count; i++)
		inventory->order[i] = i + 1;
	qsort_r(inventory->order, inventory->count, sizeof *inventory->order, compare_lines,
		inventory);
	for (uint32_t i = 0; i < inventory->count && good; i++) {
		const struct line *line = &inventory->lines[inventory->order[i]];
		size_t length = 0;
		const char *text = format_line(inventory, line, file, &length);

		good = text && fwrite(text, 1, length, out) == length && putc('\n', out) != EOF;
	}
	memset(inventory->buckets, 0, ((size_t)inventory->mask + 1) * sizeof *inventory->buckets);
	inventory->count = 0;
	return good;
}

uint64_t inventory_left_out(const struct inventory *inventory)
{
	return inventory->left_out;
}
