/* SPDX-License-Identifier: ISC */
/*
 * The other way round than policy/schema.c: from what was read to what would be written, by the
 * same rows. A new row of the grammar is described without a word here.
 */
#include <stdio.h>
#include <string.h>

#include "policy/grammar.h"
#include "policy/values.h"

#define VALUE_TEXT 320

struct describing {
	policy_fact_handler *handler;
	void *context;
	struct policy_fact fact;
	char name[VALUE_TEXT], value[VALUE_TEXT];
};

static void write_scaled(uint64_t value, const char *const *units, const uint64_t *sizes,
			 char text[VALUE_TEXT])
{
	size_t i = 0;

	while (sizes[i] > 1 && (value == 0 || value % sizes[i] != 0))
		i++;
	snprintf(text, VALUE_TEXT, "%llu%s", (unsigned long long)(value / sizes[i]), units[i]);
}

static void write_size(uint64_t bytes, char text[VALUE_TEXT])
{
	static const char *const units[] = {" TiB", " GiB", " MiB", " KiB", " B"};
	static const uint64_t sizes[] = {UINT64_C(1) << 40, 1U << 30, 1U << 20, 1U << 10, 1};

	write_scaled(bytes, units, sizes, text);
}

static void write_duration(uint64_t ns, char text[VALUE_TEXT])
{
	static const char *const units[] = {"d", "h", "m", "s"};
	static const uint64_t sizes[] = {86400, 3600, 60, 1};

	write_scaled(ns / UINT64_C(1000000000), units, sizes, text);
}

static void write_moment(uint64_t ns, char text[VALUE_TEXT])
{
	uint64_t seconds = ns / UINT64_C(1000000000) % 86400;
	char day[VALUES_DAY_TEXT];

	if (seconds == 0) /* the end of the day before */
		snprintf(text, VALUE_TEXT, "%s", values_day_text(ns - 1, day));
	else
		snprintf(text, VALUE_TEXT, "%sT%02u:%02u:%02uZ", values_day_text(ns, day),
			 (unsigned)(seconds / 3600), (unsigned)(seconds / 60 % 60),
			 (unsigned)(seconds % 60));
}

static void write_ports(const struct port_range *range, char text[VALUE_TEXT])
{
	int used = range->from == range->to
			   ? snprintf(text, VALUE_TEXT, "%u", (unsigned)range->from)
			   : snprintf(text, VALUE_TEXT, "%u-%u", (unsigned)range->from,
				      (unsigned)range->to);

	if (range->transport != 0)
		snprintf(text + used, VALUE_TEXT - (size_t)used, "/%s",
			 values_transport(range->transport));
}

/* False: the member was not given. */
static bool write_text(const char *text, char out[VALUE_TEXT])
{
	if (text != NULL)
		snprintf(out, VALUE_TEXT, "%s", text);
	return text != NULL;
}

static bool write_value(const struct schema_row *row, const unsigned char *member,
			char text[VALUE_TEXT])
{
	const void *at = member;

	switch (row->type) {
	case SCHEMA_TEXT:
	case SCHEMA_NAME:
		return write_text(*(const char *const *)at, text);
	case SCHEMA_REFERENCE:
		return write_text(((const struct reference *)at)->name, text);
	case SCHEMA_TRUE:
		snprintf(text, VALUE_TEXT, "true");
		return *(const bool *)at;
	case SCHEMA_NUMBER:
		snprintf(text, VALUE_TEXT, "%u", (unsigned)*(const uint32_t *)at);
		return row->list || row->fallback != NULL || row->required ||
		       *(const uint32_t *)at != 0;
	case SCHEMA_SIZE:
		write_size(*(const uint64_t *)at, text);
		return *(const uint64_t *)at != 0;
	case SCHEMA_DURATION:
		write_duration(*(const uint64_t *)at, text);
		return true;
	case SCHEMA_CHOICE:
		if (*(const uint32_t *)at == MODEL_NO_HEADER)
			return false;
		return write_text(row->choices[*(const uint32_t *)at], text);
	case SCHEMA_MOMENT:
		write_moment(*(const uint64_t *)at, text);
		return true;
	case SCHEMA_ADDRESS:
		address_format(&((const struct located_address *)at)->address, text);
		return true;
	case SCHEMA_PREFIX:
		values_prefix_text(&((const struct located_prefix *)at)->prefix, text);
		return true;
	case SCHEMA_PORTS:
		write_ports(at, text);
		return true;
	case SCHEMA_NODE:
		break;
	}
	return false;
}

static void tell(struct describing *d, const struct schema_row *row, const unsigned char *member)
{
	if (!write_value(row, member, d->value))
		return;
	d->fact.key = row->key;
	d->fact.value = d->value;
	d->handler(d->context, &d->fact);
}

static void tell_row(struct describing *d, const struct schema_row *row, const void *target)
{
	const unsigned char *bytes = target;
	const unsigned char *list;
	uint32_t count;

	if (!row->list) {
		tell(d, row, bytes + row->offset);
		return;
	}
	memcpy(&list, bytes + row->offset, sizeof list);
	memcpy(&count, bytes + row->count, sizeof count);
	for (uint32_t i = 0; i < count; i++)
		tell(d, row, list + i * schema_size(row->type));
}

static void tell_all(struct describing *d, const struct schema *schema, const void *target)
{
	for (size_t i = 0; i < schema->row_count; i++)
		tell_row(d, &schema->rows[i], target);
}

static void begin(struct describing *d, const char *section, const char *name)
{
	d->fact.section = section;
	d->fact.name = name;
}

static void describe_top(struct describing *d, const struct policy *policy)
{
	const struct grammar_file file = {
		.version = POLICY_VERSION, .site = policy->site, .position = policy->position};

	begin(d, "", "");
	tell_all(d, &grammar_file, &file);
	begin(d, "thresholds", "");
	tell_all(d, &grammar_thresholds, &policy->thresholds);
}

static void describe_places(struct describing *d, const struct policy *policy)
{
	for (uint32_t i = POLICY_ZONE_INSIDE; i < policy->zone_count; i++) {
		begin(d, "zones", policy->zones[i].name);
		tell_all(d, &grammar_zone, &policy->zones[i]);
	}
	for (uint32_t i = 0; i < policy->proxy_count; i++) {
		values_prefix_text(&policy->proxies[i].address.prefix, d->name);
		begin(d, "proxies", d->name);
		tell_all(d, &grammar_proxy, &policy->proxies[i]);
	}
	for (uint32_t i = 0; i < policy->translation_count; i++) {
		address_format(&policy->translations[i].public_side.address, d->name);
		begin(d, "translations", d->name);
		tell_all(d, &grammar_translation, &policy->translations[i]);
	}
	for (uint32_t i = 0; i < policy->tunnel_count; i++) {
		snprintf(d->name, sizeof d->name, "%u", (unsigned)i + 1);
		begin(d, "tunnels", d->name);
		tell_all(d, &grammar_tunnel, &policy->tunnels[i]);
	}
}

static void name_exception(struct describing *d, const struct exception *exception)
{
	char server[VALUES_PREFIX_TEXT], client[VALUES_PREFIX_TEXT], port[12] = "*";

	if (exception->port != MODEL_ANY_PORT)
		snprintf(port, sizeof port, "%u", (unsigned)exception->port);
	snprintf(d->name, sizeof d->name, "%s: %s to %s port %s", exception->rule_named.name,
		 values_prefix_text(&exception->client.prefix, client),
		 values_prefix_text(&exception->server.prefix, server), port);
}

void policy_describe(const struct policy *policy, policy_fact_handler *handler, void *context)
{
	struct describing d = {.handler = handler, .context = context};

	describe_top(&d, policy);
	describe_places(&d, policy);
	for (uint32_t i = 0; i < policy->group_count; i++) {
		begin(&d, "groups", policy->groups[i].name);
		tell_all(&d, &grammar_group, &policy->groups[i]);
	}
	for (uint32_t i = 0; i < policy->rule_count; i++) {
		begin(&d, "rules", policy->rules[i].name);
		tell_all(&d, &grammar_rule, &policy->rules[i]);
	}
	for (uint32_t i = 0; i < policy->exception_count; i++) {
		name_exception(&d, &policy->exceptions[i]);
		begin(&d, "exceptions", d.name);
		tell_all(&d, &grammar_exception, &policy->exceptions[i]);
	}
}
