/* SPDX-License-Identifier: ISC */
/* The rows of policy/grammar.c as a JSON Schema: a new row is in it without a word here. */
#include <stdio.h>
#include <string.h>

#include "policy/grammar.h"

struct writing {
	FILE *to;
	const struct policy_vocabulary *vocabulary;
};

/* What a scalar looks like. YAML reads 6379 as a number, and 2026-12-31 may be one as well. */
static const char *type_text(enum schema_type type)
{
	switch (type) {
	case SCHEMA_TEXT:
		return "\"type\":[\"string\",\"number\"],\"maxLength\":255";
	case SCHEMA_NAME:
	case SCHEMA_REFERENCE:
		return "\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$\"";
	case SCHEMA_TRUE:
		return "\"const\":true";
	case SCHEMA_NUMBER:
		return "\"type\":\"integer\"";
	case SCHEMA_SIZE:
		return "\"type\":[\"string\",\"integer\"],\"pattern\":\"^[0-9]+ "
		       "?([KMGT]i?)?B?$\"";
	case SCHEMA_DURATION:
		return "\"type\":\"string\",\"pattern\":\"^[0-9]+ ?[smhd]$\"";
	case SCHEMA_MOMENT:
		return "\"type\":\"string\",\"pattern\":\"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T|$)\"";
	case SCHEMA_ADDRESS:
		return "\"type\":\"string\",\"pattern\":\"^[0-9A-Fa-f:.]+$\"";
	case SCHEMA_PREFIX:
		return "\"type\":\"string\",\"pattern\":\"^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$\"";
	case SCHEMA_PORTS:
		return "\"type\":[\"string\",\"integer\"],\"pattern\":\"^[0-9]{1,5}(-[0-9]{1,5})?"
		       "(/(tcp|udp|sctp|udplite|dccp))?$\",\"minimum\":1,\"maximum\":65535";
	case SCHEMA_CHOICE:
	case SCHEMA_NODE:
		break;
	}
	return "";
}

static void write_choices(const struct writing *w, const struct schema_row *row)
{
	const char *comma = "";

	fputs("\"enum\":[", w->to);
	for (size_t i = 0; row->choices[i] != NULL; i++) {
		if (row->choices[i][0] == '\0')
			continue;
		fprintf(w->to, "%s\"%s\"", comma, row->choices[i]);
		comma = ",";
	}
	fputc(']', w->to);
}

static void write_scalar(const struct writing *w, const struct schema_row *row)
{
	if (row->type == SCHEMA_CHOICE && !row->any_case)
		write_choices(w, row);
	else
		fputs(row->type == SCHEMA_CHOICE ? type_text(SCHEMA_TEXT) : type_text(row->type),
		      w->to);
	if (row->type == SCHEMA_NUMBER && !row->list && row->most != 0)
		fprintf(w->to, ",\"minimum\":%llu,\"maximum\":%llu", (unsigned long long)row->least,
			(unsigned long long)row->most);
}

static void write_value(const struct writing *w, const struct schema_row *row)
{
	fputc('{', w->to);
	if (row->list) {
		fputs("\"type\":\"array\",\"items\":{", w->to);
		write_scalar(w, row);
		fputc('}', w->to);
		if (row->type != SCHEMA_NUMBER && row->least != 0)
			fprintf(w->to, ",\"minItems\":%llu", (unsigned long long)row->least);
	} else {
		write_scalar(w, row);
	}
	if (row->fallback != NULL)
		fprintf(w->to, ",\"description\":\"default: %s\"", row->fallback);
	fputc('}', w->to);
}

static void write_required(const struct writing *w, const struct schema *schema)
{
	const char *comma = "";

	fputs(",\"required\":[", w->to);
	for (size_t i = 0; i < schema->row_count; i++) {
		if (!schema->rows[i].required)
			continue;
		fprintf(w->to, "%s\"%s\"", comma, schema->rows[i].key);
		comma = ",";
	}
	fputc(']', w->to);
}

static void write_service_names(const struct writing *w)
{
	const struct policy_vocabulary *vocabulary = w->vocabulary;
	const char *comma = "";

	fputs("{\"type\":\"array\",\"minItems\":1,\"items\":{\"enum\":[", w->to);
	for (uint16_t i = 0; i < vocabulary->count; i++) {
		fprintf(w->to, "%s\"%s\"", comma, vocabulary->services[i].name);
		comma = ",";
		for (const char *const *also = vocabulary->services[i].also;
		     also != NULL && *also != NULL; also++)
			fprintf(w->to, ",\"%s\"", *also);
	}
	for (uint16_t i = 0; i < vocabulary->family_count; i++)
		fprintf(w->to, "%s\"%s\"", comma, vocabulary->families[i]);
	fputs("]}}", w->to);
}

static void write_mapping(const struct writing *w, const struct schema *schema)
{
	const char *comma = "";

	fputs("{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{", w->to);
	for (size_t i = 0; i < schema->row_count; i++) {
		const struct schema_row *row = &schema->rows[i];

		fprintf(w->to, "%s\"%s\":", comma, row->key);
		comma = ",";
		if (schema == &grammar_rule &&
		    row->offset == offsetof(struct rule, services_named.list))
			write_service_names(w);
		else
			write_value(w, row);
	}
	fputc('}', w->to);
	write_required(w, schema);
	if (schema == &grammar_rule)
		fputs(",\"oneOf\":[{\"required\":[\"groups\"]},{\"required\":[\"services\"]}]",
		      w->to);
	fputc('}', w->to);
}

/* A section by its key: what its entries are, and whether they are named. */
static const struct section {
	const char *key;
	const struct schema *entry;
	const struct schema_row *plain; /* an entry may be this alone */
	bool named;
} sections[] = {
	{"zones", &grammar_zone, &grammar_zone_plain, true},
	{"proxies", &grammar_proxy, &grammar_proxy_plain, false},
	{"translations", &grammar_translation, NULL, false},
	{"tunnels", &grammar_tunnel, NULL, false},
	{"groups", &grammar_group, NULL, true},
	{"rules", &grammar_rule, NULL, false},
	{"exceptions", &grammar_exception, NULL, false},
};

static void write_section(const struct writing *w, const struct section *section)
{
	fputs(section->named ? "{\"type\":\"object\",\"additionalProperties\":"
			     : "{\"type\":\"array\",\"items\":",
	      w->to);
	if (section->plain != NULL) {
		fputs("{\"anyOf\":[", w->to);
		write_value(w, section->plain);
		fputc(',', w->to);
	}
	write_mapping(w, section->entry);
	if (section->plain != NULL)
		fputs("]}", w->to);
	if (section->entry == &grammar_zone)
		fputs(",\"required\":[\"inside\"]", w->to);
	fputc('}', w->to);
}

static void write_node(const struct writing *w, const struct schema_row *row)
{
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
		if (strcmp(sections[i].key, row->key) == 0) {
			write_section(w, &sections[i]);
			return;
		}
	}
	if (row->offset == offsetof(struct grammar_file, thresholds))
		write_mapping(w, &grammar_thresholds);
	else
		fputs("{\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":1}}",
		      w->to);
}

void policy_write_schema(const struct policy_vocabulary *vocabulary, FILE *to)
{
	struct writing w = {.to = to, .vocabulary = vocabulary};
	const char *comma = "";

	fputs("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"title\":\"spanwatch "
	      "policy, version 1\",\"type\":\"object\",\"additionalProperties\":false,"
	      "\"properties\":{",
	      to);
	for (size_t i = 0; i < grammar_file.row_count; i++) {
		const struct schema_row *row = &grammar_file.rows[i];

		fprintf(to, "%s\"%s\":", comma, row->key);
		comma = ",";
		if (row->type == SCHEMA_NODE)
			write_node(&w, row);
		else
			write_value(&w, row);
	}
	fputc('}', to);
	write_required(&w, &grammar_file);
	fputs("}\n", to);
}
