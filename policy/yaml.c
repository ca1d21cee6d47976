/* SPDX-License-Identifier: ISC */
/*
 * From libyaml's events to a tree. Events, because they alone tell where an alias or anchor stands,
 * and because depth and size are then bounded before libyaml allocates anything for them.
 *
 * The text is checked beforehand to be UTF-8 without control characters (YAML 1.1, section 5.1), as
 * libyaml names no line for what is wrong there.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "policy/limits.h"
#include "policy/yaml.h"

/* The file's bytes; a line of it. */
struct stretch {
	const char *text;
	size_t length;
};

struct reader {
	struct stretch text;
	struct arena *arena;
	struct report *report;
	struct node *root;
	struct node *open[LIMIT_DEPTH];
	unsigned depth, documents;
	size_t values;
	bool stopped; /* an error after which the rest would be noise */
};

static struct mark mark_of(const struct reader *reader, yaml_mark_t mark)
{
	return (struct mark){.line = (unsigned)mark.line + 1,
			     .column = (unsigned)mark.column + 1,
			     .file = reader->report->file};
}

/* Bytes of the character at `at` and its number (RFC 3629); 0 if it is none. */
static size_t decode_character(const unsigned char *at, size_t left, uint32_t *number)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t size = at[0] < 0x80 ? 1 : at[0] < 0xc0 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

	if (size == 0 || at[0] >= 0xf8 || size > left)
		return 0;
	*number = size == 1 ? at[0] : at[0] & (0x7fU >> size);
	for (size_t i = 1; i < size; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*number = *number << 6 | (at[i] & 0x3f);
	}
	if (*number < least[size] || *number > 0x10ffff || (*number >= 0xd800 && *number < 0xe000))
		return 0;
	return size;
}

static bool is_printable(uint32_t number)
{
	if (number < 0x20 || number == 0x7f)
		return number == '\t' || number == '\n' || number == '\r';
	return !(number >= 0x80 && number < 0xa0) && number != 0xfeff && number != 0xfffe &&
	       number != 0xffff;
}

static bool check_characters(const char *text, size_t length, struct report *report)
{
	struct mark at = {.line = 1, .column = 1, .file = report->file};

	for (size_t i = 0; i < length;) {
		uint32_t number = 0;
		size_t size =
			decode_character((const unsigned char *)text + i, length - i, &number);

		if (size == 0) {
			report_error(report, at, "not UTF-8: byte 0x%02x is no part of a character",
				     (unsigned char)text[i]);
			return false;
		}
		if (!is_printable(number)) {
			report_error(report, at, "control character U+%04X is not allowed",
				     (unsigned)number);
			return false;
		}
		i += size;
		at.column++;
		if (number == '\n' || (number == '\r' && (i == length || text[i] != '\n')))
			at = (struct mark){.line = at.line + 1, .column = 1, .file = at.file};
	}
	return true;
}

static void stop(struct reader *reader, struct mark at, const char *text)
{
	report_error(reader->report, at, "%s", text);
	reader->stopped = true;
}

struct entry {
	struct node *node;
};

static int compare_keys(const void *left, const void *right)
{
	const struct node *a = ((const struct entry *)left)->node;
	const struct node *b = ((const struct entry *)right)->node;
	int order = strcmp(a->key, b->key);

	if (order != 0)
		return order;
	if (a->key_at.line != b->key_at.line)
		return a->key_at.line < b->key_at.line ? -1 : 1;
	return a->key_at.column < b->key_at.column ? -1 : 1;
}

/* Reports every second use of a key; its value stays in the tree as NODE_REFUSED. */
static void refuse_duplicates(struct reader *reader, struct node *map)
{
	struct entry *sorted;
	size_t count = 0;

	if (map->count < 2)
		return;
	sorted = arena_regrow(NULL, map->count, sizeof *sorted);
	for (struct node *child = map->first; child != NULL; child = child->next)
		sorted[count++].node = child;
	qsort(sorted, count, sizeof *sorted, compare_keys);
	for (size_t i = 1, first = 0; i < count; i++) {
		if (strcmp(sorted[first].node->key, sorted[i].node->key) != 0) {
			first = i;
			continue;
		}
		report_error(reader->report, sorted[i].node->key_at,
			     "duplicate key \"%.64s\" (first on line %u)", sorted[i].node->key,
			     sorted[first].node->key_at.line);
		sorted[i].node->kind = NODE_REFUSED;
	}
	free(sorted);
}

/* Puts a finished scalar, or a list or mapping that begins, where it belongs. */
static void attach(struct reader *reader, struct node *node)
{
	struct node *parent = reader->depth == 0 ? NULL : reader->open[reader->depth - 1];

	if (parent == NULL) {
		reader->root = node;
		return;
	}
	if (parent->kind == NODE_MAP && parent->pending_key == NULL) {
		if (node->kind != NODE_TEXT) {
			stop(reader, node->at, "a key must be a name");
			return;
		}
		parent->pending_key = node->text;
		parent->pending_at = node->at;
		return;
	}
	node->key = parent->pending_key;
	node->key_at = parent->pending_at;
	parent->pending_key = NULL;
	if (parent->last == NULL)
		parent->first = node;
	else
		parent->last->next = node;
	parent->last = node;
	parent->count++;
}

static struct node *new_node(struct reader *reader, enum node_kind kind, const yaml_event_t *event)
{
	struct node *node = arena_alloc(reader->arena, sizeof *node);

	node->kind = kind;
	node->at = mark_of(reader, event->start_mark);
	if (++reader->values > LIMIT_VALUES)
		stop(reader, node->at, "the file holds more than 1000000 values");
	return node;
}

static void refuse_extras(struct reader *reader, struct node *node, const yaml_char_t *anchor,
			  const yaml_char_t *tag)
{
	if (anchor != NULL)
		report_error(reader->report, node->at,
			     "anchors (&%.32s) are not supported; write it out",
			     (const char *)anchor);
	else if (tag != NULL)
		report_error(reader->report, node->at, "tags (%.32s) are not supported",
			     (const char *)tag);
}

static void read_scalar(struct reader *reader, const yaml_event_t *event)
{
	struct node *node = new_node(reader, NODE_TEXT, event);
	const char *text = (const char *)event->data.scalar.value;

	refuse_extras(reader, node, event->data.scalar.anchor, event->data.scalar.tag);
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->text = arena_text(reader->arena, text, event->data.scalar.length);
	if (strlen(node->text) != event->data.scalar.length)
		stop(reader, node->at, "text with a NUL character");
	else
		attach(reader, node);
}

static void read_alias(struct reader *reader, const yaml_event_t *event)
{
	struct node *node = new_node(reader, NODE_REFUSED, event);

	report_error(reader->report, node->at, "aliases (*%.32s) are not supported; write it out",
		     (const char *)event->data.alias.anchor);
	attach(reader, node);
}

static void open_node(struct reader *reader, struct node *node)
{
	attach(reader, node);
	if (reader->stopped)
		return;
	if (reader->depth == LIMIT_DEPTH)
		stop(reader, node->at, "lists and mappings nest deeper than 8 levels");
	else
		reader->open[reader->depth++] = node;
}

static void read_event(struct reader *reader, const yaml_event_t *event)
{
	struct node *node;

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++reader->documents > 1)
			stop(reader, mark_of(reader, event->start_mark),
			     "a second document begins here; a file holds one policy");
		break;
	case YAML_SCALAR_EVENT:
		read_scalar(reader, event);
		break;
	case YAML_ALIAS_EVENT:
		read_alias(reader, event);
		break;
	case YAML_SEQUENCE_START_EVENT:
		node = new_node(reader, NODE_LIST, event);
		refuse_extras(reader, node, event->data.sequence_start.anchor,
			      event->data.sequence_start.tag);
		open_node(reader, node);
		break;
	case YAML_MAPPING_START_EVENT:
		node = new_node(reader, NODE_MAP, event);
		refuse_extras(reader, node, event->data.mapping_start.anchor,
			      event->data.mapping_start.tag);
		open_node(reader, node);
		break;
	case YAML_MAPPING_END_EVENT:
		assert(reader->depth > 0 && reader->open[reader->depth - 1] != NULL);
		refuse_duplicates(reader, reader->open[reader->depth - 1]);
		reader->depth--;
		break;
	case YAML_SEQUENCE_END_EVENT:
		assert(reader->depth > 0);
		reader->depth--;
		break;
	default:
		break;
	}
}

static struct stretch line_at(struct stretch text, size_t line)
{
	const char *end;

	for (; line > 0; line--) {
		const char *next = memchr(text.text, '\n', text.length);

		if (next == NULL)
			return (struct stretch){0};
		text.length -= (size_t)(next + 1 - text.text);
		text.text = next + 1;
	}
	end = memchr(text.text, '\n', text.length);
	if (end != NULL)
		text.length = (size_t)(end - text.text);
	return text;
}

/* What libyaml's words usually mean for a policy; "" if there is nothing to add. */
static const char *hint_for(const char *problem, struct stretch line)
{
	static const struct {
		const char *problem, *hint;
	} hints[] = {
		{"found character that cannot start any token",
		 "; indent by blanks, not tabs, and put such text in quotes"},
		{"did not find expected ',' or ']'", "; is a ']' missing?"},
		{"did not find expected ',' or '}'", "; is a '}' missing?"},
		{"did not find expected key", "; lines of one mapping must begin in one column"},
	};

	if (strcmp(problem, "found unexpected ':'") == 0)
		return memmem(line.text, line.length, "::", 2) != NULL
			       ? "; put an IPv6 address that ends with ':' in quotes"
			       : "; is a value missing behind ':'?";
	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
		if (strcmp(hints[i].problem, problem) == 0)
			return hints[i].hint;
	return "";
}

static void report_syntax(struct reader *reader, const yaml_parser_t *parser)
{
	const char *problem = parser->problem != NULL ? parser->problem : "unreadable";
	const char *hint = hint_for(problem, line_at(reader->text, parser->problem_mark.line));
	struct mark at = mark_of(reader, parser->problem_mark);

	if (parser->error == YAML_MEMORY_ERROR)
		report_error(reader->report, (struct mark){.file = reader->report->file},
			     "out of memory");
	else if (parser->context != NULL && parser->context_mark.line != parser->problem_mark.line)
		report_error(reader->report, at, "YAML syntax: %s (%s that begins on line %u)%s",
			     problem, parser->context, mark_of(reader, parser->context_mark).line,
			     hint);
	else if (parser->context != NULL)
		report_error(reader->report, at, "YAML syntax: %s (%s)%s", problem, parser->context,
			     hint);
	else
		report_error(reader->report, at, "YAML syntax: %s%s", problem, hint);
	reader->stopped = true;
}

static void read_events(struct reader *reader, yaml_parser_t *parser)
{
	bool finished = false;

	while (!finished && !reader->stopped) {
		yaml_event_t event;

		if (yaml_parser_parse(parser, &event) == 0) {
			report_syntax(reader, parser);
			return;
		}
		finished = event.type == YAML_STREAM_END_EVENT;
		read_event(reader, &event);
		yaml_event_delete(&event);
	}
}

struct node *yaml_read(const char *text, size_t length, struct arena *arena, struct report *report)
{
	struct reader reader = {.arena = arena, .report = report};
	yaml_parser_t parser;

	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		length -= 3;
	}
	if (!check_characters(text, length, report))
		return NULL;
	if (yaml_parser_initialize(&parser) == 0) {
		report_error(report, (struct mark){.file = report->file}, "out of memory");
		return NULL;
	}
	reader.text = (struct stretch){text, length};
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	read_events(&reader, &parser);
	yaml_parser_delete(&parser);
	if (reader.stopped)
		return NULL;
	if (reader.root == NULL)
		report_error(
			report, (struct mark){.file = report->file},
			"the file is empty; a policy needs at least \"version\" and \"zones\"");
	return reader.root;
}
