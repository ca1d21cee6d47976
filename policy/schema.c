/* SPDX-License-Identifier: ISC */
/*
 * The engine behind the schema tables. An error is reported where it stands and then forgotten: a
 * value that cannot be read leaves its member as it was, and only the `false` tells.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "policy/limits.h"
#include "policy/model.h"
#include "policy/schema.h"
#include "policy/values.h"

static const char *kind_name(enum node_kind kind)
{
	static const char *const names[] = {
		[NODE_TEXT] = "a single value",
		[NODE_LIST] = "a list",
		[NODE_MAP] = "a mapping (key: value)",
		[NODE_REFUSED] = "nothing",
	};

	return names[kind];
}

static bool is_null(const struct node *node)
{
	return node->kind == NODE_TEXT && node->plain &&
	       (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
		strcmp(node->text, "null") == 0);
}

bool schema_expect(const struct schema_context *context, const struct node *node,
		   enum node_kind kind, const char *what)
{
	if (node->kind == NODE_REFUSED)
		return false;
	if (is_null(node))
		report_error(context->report, node->at, "%s has no value", what);
	else if (node->kind != kind)
		report_error(context->report, node->at, "%s must be %s, not %s", what,
			     kind_name(kind), kind_name(node->kind));
	else
		return true;
	return false;
}

bool schema_check_name(const struct schema_context *context, struct mark at, const char *name)
{
	const char *wrong = values_name(name);

	if (wrong != NULL)
		report_error(context->report, at, "\"%.64s\" %s", name, wrong);
	return wrong == NULL;
}

size_t schema_size(enum schema_type type)
{
	static const size_t sizes[] = {
		[SCHEMA_TEXT] = sizeof(const char *),
		[SCHEMA_NAME] = sizeof(const char *),
		[SCHEMA_TRUE] = sizeof(bool),
		[SCHEMA_NUMBER] = sizeof(uint32_t),
		[SCHEMA_SIZE] = sizeof(uint64_t),
		[SCHEMA_DURATION] = sizeof(uint64_t),
		[SCHEMA_CHOICE] = sizeof(uint32_t),
		[SCHEMA_MOMENT] = sizeof(uint64_t),
		[SCHEMA_ADDRESS] = sizeof(struct located_address),
		[SCHEMA_PREFIX] = sizeof(struct located_prefix),
		[SCHEMA_PORTS] = sizeof(struct port_range),
		[SCHEMA_REFERENCE] = sizeof(struct reference),
		[SCHEMA_NODE] = sizeof(const void *),
	};

	return sizes[type];
}

/* One type of value while it is read; what is not in use is not set. */
union value {
	const char *text;
	bool yes;
	uint32_t number;
	uint64_t large;
	struct located_address address;
	struct located_prefix prefix;
	struct port_range ports;
	struct reference reference;
};

static const char *read_text(const struct schema_context *context, const char *text,
			     union value *value)
{
	size_t length = strlen(text);

	if (length == 0)
		return "is empty";
	if (length > LIMIT_TEXT_BYTES)
		return "is longer than 255 bytes";
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x20 || c == 0x7f || (c == 0xc2 && (unsigned char)text[i + 1] < 0xa0))
			return "must be one line without control characters";
	}
	value->text = arena_text(context->arena, text, length);
	return NULL;
}

static const char *read_name(const struct schema_context *context, const char *text,
			     union value *value)
{
	const char *wrong = values_name(text);

	if (wrong == NULL)
		value->text = arena_text(context->arena, text, strlen(text));
	return wrong;
}

static const char *read_reference(const struct schema_context *context, const struct node *node,
				  union value *value)
{
	union value name = {0};
	const char *wrong = read_name(context, node->text, &name);

	if (wrong == NULL)
		value->reference = (struct reference){.name = name.text, .at = node->at};
	return wrong;
}

static const char *read_number(const struct schema_row *row, const char *text, union value *value,
			       struct complaint *complaint)
{
	uint64_t number = 0;
	const char *wrong = values_number(text, row->least, row->most, &number, complaint);

	if (wrong == NULL)
		value->number = (uint32_t)number;
	return wrong;
}

#define CHOICES_TEXT 120

/* " (info, low, …)"; nothing if there is no room for all. */
static void list_choices(const char *const *choices, char *text, size_t size)
{
	size_t used = 0;

	for (uint32_t i = 0; choices[i] != NULL && used < size; i++)
		if (choices[i][0] != '\0')
			used += (size_t)snprintf(text + used, size - used, "%s%s",
						 used == 0 ? ": it must be " : ", ", choices[i]);
	if (used >= size)
		*text = '\0';
}

static bool read_choice(const struct schema_context *context, const struct schema_row *row,
			const struct node *node, union value *value)
{
	struct suggestion suggestion;
	char allowed[CHOICES_TEXT] = "";

	for (uint32_t i = 0; row->choices[i] != NULL; i++) {
		if (strcmp(row->choices[i], node->text) == 0 ||
		    (row->any_case && strcasecmp(row->choices[i], node->text) == 0)) {
			value->number = i;
			return true;
		}
	}
	report_suggest_begin(context->report, &suggestion, node->text);
	for (uint32_t i = 0; row->choices[i] != NULL; i++)
		report_suggest_offer(&suggestion, row->choices[i]);
	if (*report_suggest_text(&suggestion) == '\0')
		list_choices(row->choices, allowed, sizeof allowed);
	report_error(context->report, node->at, "\"%.64s\" is not %s %s%s%s", node->text,
		     row->list ? "one of the" : "a", row->key, suggestion.text, allowed);
	return false;
}

static bool read_true(const struct schema_context *context, const struct schema_row *row,
		      const struct node *node, union value *value)
{
	value->yes = strcmp(node->text, "true") == 0;
	if (!value->yes)
		report_error(context->report, node->at, "\"%s\" must be true%s%s", row->key,
			     row->why == NULL ? "" : ": ", row->why == NULL ? "" : row->why);
	return value->yes;
}

/* The text of a scalar into a value; NULL or what is wrong with it. */
static const char *read_scalar(const struct schema_context *context, const struct schema_row *row,
			       const struct node *node, union value *value,
			       struct complaint *complaint)
{
	const char *text = node->text;

	switch (row->type) {
	case SCHEMA_TEXT:
		return read_text(context, text, value);
	case SCHEMA_NAME:
		return read_name(context, text, value);
	case SCHEMA_REFERENCE:
		return read_reference(context, node, value);
	case SCHEMA_NUMBER:
		return read_number(row, text, value, complaint);
	case SCHEMA_SIZE:
		return values_size(text, row->least, row->most, &value->large, complaint);
	case SCHEMA_DURATION:
		return values_duration(text, row->least, row->most, &value->large, complaint);
	case SCHEMA_MOMENT:
		return values_moment(text, &value->large);
	case SCHEMA_ADDRESS:
		value->address.at = node->at;
		return values_address(text, &value->address.address);
	case SCHEMA_PREFIX:
		value->prefix.at = node->at;
		return values_prefix(text, &value->prefix.prefix, complaint);
	case SCHEMA_PORTS:
		return values_ports(text, &value->ports, complaint);
	case SCHEMA_TRUE:
	case SCHEMA_CHOICE:
	case SCHEMA_NODE:
		break;
	}
	assert(false && "a type without a reader");
	return NULL;
}

static bool read_single(const struct schema_context *context, const struct schema_row *row,
			const struct node *node, void *out)
{
	union value value = {0};
	struct complaint complaint;
	const char *wrong;

	if (row->type == SCHEMA_NODE) {
		memcpy(out, &node, schema_size(SCHEMA_NODE));
		return node->kind != NODE_REFUSED;
	}
	if (!schema_expect(context, node, NODE_TEXT, row->key))
		return false;
	if (row->type == SCHEMA_CHOICE) {
		if (!read_choice(context, row, node, &value))
			return false;
	} else if (row->type == SCHEMA_TRUE) {
		if (!read_true(context, row, node, &value))
			return false;
	} else {
		wrong = read_scalar(context, row, node, &value, &complaint);
		if (wrong != NULL) {
			report_error(context->report, node->at, "%s: \"%.64s\" %s", row->key,
				     node->text, wrong);
			return false;
		}
	}
	memcpy(out, &value, schema_size(row->type));
	return true;
}

static bool read_list(const struct schema_context *context, const struct schema_row *row,
		      const struct node *node, unsigned char *target)
{
	size_t size = schema_size(row->type);
	unsigned char *values;
	uint32_t count = 0;
	bool ok = true;

	if (!schema_expect(context, node, NODE_LIST, row->key))
		return false;
	if (node->count == 0 && row->least > 0) {
		report_error(context->report, node->at, "%s must not be empty", row->key);
		return false;
	}
	if (node->count > row->most) {
		report_error(context->report, node->at,
			     "%s holds %zu entries; at most %llu are allowed", row->key,
			     node->count, (unsigned long long)row->most);
		return false;
	}
	values = arena_array(context->arena, node->count, size);
	for (const struct node *child = node->first; child != NULL; child = child->next) {
		if (read_single(context, row, child, values + count * size))
			count++;
		else
			ok = false;
	}
	memcpy(target + row->offset, &values, sizeof values);
	memcpy(target + row->count, &count, sizeof count);
	return ok;
}

bool schema_read_value(const struct schema_context *context, const struct schema_row *row,
		       const struct node *node, void *target)
{
	unsigned char *bytes = target;

	if (row->list)
		return read_list(context, row, node, bytes);
	return read_single(context, row, node, bytes + row->offset);
}

static void unknown_key(const struct schema_context *context, const struct schema *schema,
			const struct node *node)
{
	struct suggestion suggestion;

	report_suggest_begin(context->report, &suggestion, node->key);
	for (size_t i = 0; i < schema->row_count; i++)
		report_suggest_offer(&suggestion, schema->rows[i].key);
	report_error(context->report, node->key_at, "unknown key \"%.64s\" in %s%s", node->key,
		     schema->what, report_suggest_text(&suggestion));
}

static bool read_keys(const struct schema_context *context, const struct schema *schema,
		      const struct node *map, void *target)
{
	bool ok = true;

	for (const struct node *child = map->first; child != NULL; child = child->next) {
		size_t i = 0;

		while (i < schema->row_count && strcmp(schema->rows[i].key, child->key) != 0)
			i++;
		if (i == schema->row_count) {
			if (child->kind != NODE_REFUSED)
				unknown_key(context, schema, child);
			ok = false;
		} else if (child->kind != NODE_REFUSED &&
			   !schema_read_value(context, &schema->rows[i], child, target)) {
			ok = false;
		}
	}
	return ok;
}

bool schema_has_key(const struct node *map, const char *key)
{
	for (const struct node *child = map == NULL ? NULL : map->first; child != NULL;
	     child = child->next)
		if (strcmp(child->key, key) == 0)
			return true;
	return false;
}

/* Defaults first: what the file says then overwrites them. */
static void set_defaults(const struct schema_context *context, const struct schema *schema,
			 void *target)
{
	for (size_t i = 0; i < schema->row_count; i++) {
		const struct schema_row *row = &schema->rows[i];
		struct node node = {.kind = NODE_TEXT, .plain = true, .text = row->fallback};

		if (row->fallback != NULL)
			schema_read_value(context, row, &node, target);
	}
}

bool schema_read(const struct schema_context *context, const struct schema *schema,
		 const struct node *map, void *target)
{
	struct mark at = {0};
	bool ok = true;

	set_defaults(context, schema, target);
	if (map != NULL) {
		if (!schema_expect(context, map, NODE_MAP, schema->what))
			return false;
		ok = read_keys(context, schema, map, target);
		at = map->at;
	}
	for (size_t i = 0; i < schema->row_count; i++) {
		const struct schema_row *row = &schema->rows[i];

		if (!row->required || schema_has_key(map, row->key))
			continue;
		ok = false;
		report_error(context->report, at, "%s needs \"%s\"%s%s", schema->what, row->key,
			     row->why == NULL ? "" : ": ", row->why == NULL ? "" : row->why);
	}
	return ok;
}
