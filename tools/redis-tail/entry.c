/* SPDX-License-Identifier: ISC */
/* See entry.h. The names of the fields: spanwatch-redis(7), FLAT FIELDS. */
#include "tools/redis-tail/entry.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/printable.h"

#define SAFE_MAX 1200

struct safe {
	char text[SAFE_MAX];
};

bool entry_id(const struct redis_answer *entry, char to[ENTRY_ID])
{
	struct redis_answer id = *entry;
	size_t digits;

	to[0] = '\0';
	if (entry->type == REDIS_LIST && !redis_answer_item(entry, 0, &id))
		return false;
	digits = strspn(id.text, "0123456789");
	if (id.type != REDIS_TEXT || id.length >= ENTRY_ID || digits == 0 ||
	    id.text[digits] != '-' ||
	    digits + 1 + strspn(id.text + digits + 1, "0123456789") != id.length)
		return false;
	memcpy(to, id.text, id.length + 1);
	return true;
}

bool entry_exists(const struct redis_answer *entry)
{
	struct redis_answer fields;

	return redis_answer_item(entry, 1, &fields) && fields.type == REDIS_LIST;
}

bool entry_named(const struct redis_answer *flat, const char *name, struct redis_answer *value)
{
	struct redis_answer found;

	for (size_t i = 0; i + 1 < flat->count; i += 2) {
		if (redis_answer_item(flat, i, &found) && found.type == REDIS_TEXT &&
		    strcmp(found.text, name) == 0)
			return redis_answer_item(flat, i + 1, value);
	}
	return false;
}

int entry_id_compare(const char *a, const char *b)
{
	char *a_end, *b_end;
	unsigned long long x = strtoull(a, &a_end, 10), y = strtoull(b, &b_end, 10);

	if (x != y)
		return x < y ? -1 : 1;
	x = *a_end == '-' ? strtoull(a_end + 1, NULL, 10) : 0;
	y = *b_end == '-' ? strtoull(b_end + 1, NULL, 10) : 0;
	return x == y ? 0 : x < y ? -1 : 1;
}

/* "" if there is none. */
static struct safe field(const struct redis_answer *fields, const char *name)
{
	struct safe copy = {""};
	struct redis_answer value;

	if (entry_named(fields, name, &value))
		printable_copy(copy.text, sizeof copy.text, value.text);
	return copy;
}

/* What happened, in one word: the rung that was reached, or the second half of the kind. */
static const char *word_of(const char *kind, const char *level)
{
	const char *second = strchr(kind, '.');

	if (strncmp(kind, "incident.", 9) == 0)
		return strcmp(kind, "incident.closed") == 0 ? "over" : "INCIDENT";
	if (level[0] != '\0' &&
	    (strcmp(kind, "exposure.opened") == 0 || strcmp(kind, "exposure.escalated") == 0))
		return level;
	return second != NULL ? second + 1 : kind;
}

/* "2015-02-04T04:05:06.123456Z" as "2015-02-04 04:05:06.123". */
static void shorten_time(char *text)
{
	if (strlen(text) < 23)
		return;
	text[10] = ' ';
	text[23] = '\0';
}

static void capitals(char *text)
{
	for (; *text != '\0'; text++)
		*text = (char)toupper((unsigned char)*text);
}

/* "2015-02-04 04:05:06.123  CRITICAL  reachable  what happened, in a sentence [sensor]" */
static bool print_text(const struct redis_answer *fields, FILE *out)
{
	struct safe time = field(fields, "ts"), severity = field(fields, "severity");
	struct safe kind = field(fields, "kind"), level = field(fields, "level_name");
	struct safe reason = field(fields, "reason"), sensor = field(fields, "sensor");

	shorten_time(time.text);
	capitals(severity.text);
	return fprintf(out, "%s  %-8s  %-9s  %s [%s]\n", time.text, severity.text,
		       word_of(kind.text, level.text), reason.text, sensor.text) > 0;
}

/* Somebody else has written to the stream. */
static bool print_foreign(const char *id, bool json, FILE *out)
{
	if (json)
		return fprintf(out, "{\"redis_id\":\"%s\",\"error\":\"not an event\"}\n", id) > 0;
	return fprintf(out, "%s  not an event of spanwatch\n", id) > 0;
}

static bool print_json(const struct redis_answer *json, FILE *out)
{
	char *safe = malloc(json->length + 1);
	bool good;

	if (safe == NULL)
		return false;
	printable_copy(safe, json->length + 1, json->text);
	good = fprintf(out, "%s\n", safe) > 0;
	free(safe);
	return good;
}

/* One object on one line, as far as that can be seen from its ends. */
static bool is_object(const struct redis_answer *json)
{
	return json->type == REDIS_TEXT && json->length >= 2 &&
	       strlen(json->text) == json->length && json->text[0] == '{' &&
	       json->text[json->length - 1] == '}';
}

bool entry_print(const struct redis_answer *entry, bool json, FILE *out)
{
	struct redis_answer fields, value;
	char id[ENTRY_ID];

	entry_id(entry, id);
	if (!redis_answer_item(entry, 1, &fields) || !entry_named(&fields, "json", &value) ||
	    !is_object(&value))
		return print_foreign(id, json, out);
	return json ? print_json(&value, out) : print_text(&fields, out);
}
