/* SPDX-License-Identifier: ISC */
/*
 * The rows of exposure_fields.h and what follows from them: an event that has something in every
 * row shows every row, in the flat form and in JSON, and no flat field that is no row; what moves
 * with each event; the script's lists. What stands in other files is tests/events/test_fields.py's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "sensor/event/event_fields.h"
#include "sensor/event/event_json.h"
#include "sensor/redis/redis_message.h"
#include "sensor/redis/redis_script.h"
#include "tests/unit/sample_event.h"

enum type { TEXT, TIME, COUNT, COUNT32, SOME, SOME32, SECONDS, WALL, REASON };
enum source { KEPT, SKETCH, GROUP, ZONE, LINE, AGAIN };

struct row {
	const char *name, *merge;
	enum type type;
	enum source from;
	unsigned tag;
	const char *object, *key;
};

#define ROW(name, member, type, from, tag, merge, object, key, sentence)                           \
	{#name, #merge, type, from, tag, object, key},
#define OTHER(name, merge) {#name, #merge, TEXT, LINE, 0, "", ""},
#define NAME(name, ...)	   #name,

static const struct row rows[] = {EXPOSURE_FIELDS(ROW)};
static const struct row others[] = {EVENT_FIELDS(OTHER)};
static const char *const policy_names[] = {POLICY_FIELDS(NAME)};

#define COUNT_OF(list) (sizeof(list) / sizeof *(list))

struct form {
	struct services *services;
	struct event event;
	struct event_context context;
	struct event_fields fields;
	json_t *json;
};

/* Something in every row. */
#define FILL(name, member, type, ...) FILL_##type(member)
#define FILL_TEXT(member)	      view->member = #member;
#define FILL_TIME(member)	      view->member = SAMPLE_TS;
#define FILL_COUNT(member)	      view->member = 7;
#define FILL_COUNT32(member)	      view->member = 7;
#define FILL_SOME(member)	      view->member = 7;
#define FILL_SOME32(member)	      view->member = 7;
#define FILL_SECONDS(member)
#define FILL_WALL(member)   view->member = LEVEL_BLOCKED;
#define FILL_REASON(member) view->member = CLOSE_LIKELY;

static void fill_exposure(struct exposure_view *view)
{
	EXPOSURE_FIELDS(FILL)
}

static void fill_incident(struct incident_view *view)
{
	POLICY_FIELDS(FILL)
}

static int make(void **state)
{
	struct form *form = calloc(1, sizeof *form);
	struct json_out *out = json_out_new();
	const char *text;
	size_t length;

	assert_true(form != NULL && out != NULL);
	form->services = services_new();
	form->context = (struct event_context){
		.sensor = "span-a",
		.site = "here",
		.version = "1",
		.services = form->services,
	};
	form->event =
		sample_event(EVENT_EXPOSURE_CLOSED, 1, services_find(form->services, "redis"));
	form->event.has_incident = true;
	form->event.incident = sample_incident(0);
	fill_exposure(&form->event.exposure);
	fill_incident(&form->event.incident);
	event_fields(&form->fields, &form->event, &form->context);
	text = event_json(out, &form->event, &form->context, &length);
	form->json = json_loads(text, 0, NULL);
	assert_non_null(form->json);
	json_out_free(out);
	*state = form;
	return 0;
}

static int unmake(void **state)
{
	struct form *form = *state;

	json_decref(form->json);
	services_free(form->services);
	free(form);
	return 0;
}

static const struct row *find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	}
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		if (strcmp(others[i].name, name) == 0)
			return &others[i];
	}
	return NULL;
}

static void every_row_is_a_flat_field(void **state)
{
	const struct form *form = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (event_fields_find(form->fields.packed, form->fields.length, rows[i].name) ==
		    NULL)
			fail_msg("no flat field %s", rows[i].name);
	}
}

static void every_flat_field_is_a_row(void **state)
{
	const struct form *form = *state;
	const char *end = form->fields.packed + form->fields.length;

	for (const char *name = form->fields.packed; name < end;) {
		if (find(name) == NULL)
			fail_msg("the flat field %s is no row", name);
		name += strlen(name) + 1;
		name += strlen(name) + 1;
	}
}

static void no_name_stands_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_ptr_equal(find(rows[i].name), &rows[i]);
	for (size_t i = 0; i < COUNT_OF(others); i++)
		assert_ptr_equal(find(others[i].name), &others[i]);
}

static bool is_number(enum type type)
{
	return type >= COUNT && type <= SOME32;
}

static void every_row_has_its_place_in_json(void **state)
{
	const struct form *form = *state;
	const json_t *own = json_object_get(form->json, "spanwatch");
	const json_t *exposure = json_object_get(own, "exposure");

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		const json_t *at =
			row->object[0] != '\0' ? json_object_get(exposure, row->object) : exposure;

		if (row->key[0] == '\0')
			continue;
		at = json_object_get(at, row->key);
		if (at == NULL || json_is_integer(at) != is_number(row->type))
			fail_msg("spanwatch.exposure: %s.%s", row->object, row->key);
	}
	for (size_t i = 0; i < COUNT_OF(policy_names); i++)
		assert_non_null(json_object_get(json_object_get(own, "incident"), policy_names[i]));
}

/* The compiler refuses a tag that is taken. */
static void what_is_kept_is_saved(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(rows[i].from == KEPT || rows[i].from == SKETCH, rows[i].tag != 0);
}

static bool moves(const struct redis_names *names, const char *name)
{
	for (size_t i = 1; i < names->field_count; i++)
		assert_true(strcmp(names->fields[i - 1].name, names->fields[i].name) < 0);
	return redis_names_place(names, name) != REDIS_SELDOM_SHOWN &&
	       redis_names_place(names, name) != REDIS_SELDOM_HIDDEN;
}

static void what_is_merged_moves(void **state)
{
	struct redis_names names;

	(void)state;
	redis_names_set(&names, "span-a", "here", NULL);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(moves(&names, rows[i].name), strcmp(rows[i].merge, "SELDOM") != 0);
	for (size_t i = 0; i < COUNT_OF(others); i++)
		assert_int_equal(moves(&names, others[i].name),
				 strcmp(others[i].merge, "SELDOM") != 0);
}

/* Is 'name' in the script's local `list`? */
static bool in_list(const char *list, const char *name)
{
	char head[64], word[64];
	size_t length;
	const char *from, *end, *at;

	snprintf(head, sizeof head, "local %s = {", list);
	snprintf(word, sizeof word, "'%s',", name);
	from = strstr(redis_script(&length), head);
	assert_non_null(from);
	end = strchr(from, '}');
	at = strstr(from, word);
	return at != NULL && at < end;
}

static void the_script_merges_every_row(void **state)
{
	static const struct {
		const char *merge, *list;
		bool read, own, of_others;
	} ways[] = {
		{"SELDOM", NULL, false, false, false},
		{"EACH", NULL, false, false, false},
		{"NEWEST", "exposure_newest", false, false, false},
		{"EARLIEST", "exposure_earliest", true, false, false},
		{"LATEST", "exposure_latest", true, false, false},
		{"HIGHEST", "exposure_highest", true, true, true},
		{"TOTAL", "exposure_total", true, true, false},
		{"CHANGE", "exposure_change", true, false, false},
	};
	size_t looked_at = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows) * COUNT_OF(ways); i++) {
		const struct row *row = &rows[i / COUNT_OF(ways)];
		size_t way = i % COUNT_OF(ways);
		bool this = strcmp(row->merge, ways[way].merge) == 0;

		if (ways[way].list != NULL)
			assert_int_equal(in_list(ways[way].list, row->name), this);
		if (!this)
			continue;
		assert_int_equal(in_list("exposure_merged", row->name), ways[way].read);
		assert_int_equal(in_list("exposure_own", row->name), ways[way].own);
		assert_int_equal(in_list("exposure_others", row->name), ways[way].of_others);
		looked_at++;
	}
	assert_int_equal(looked_at, COUNT_OF(rows));
	for (size_t i = 0; i < COUNT_OF(policy_names); i++)
		assert_true(in_list("policy_texts", policy_names[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_row_is_a_flat_field, make, unmake),
		cmocka_unit_test_setup_teardown(every_flat_field_is_a_row, make, unmake),
		cmocka_unit_test(no_name_stands_twice),
		cmocka_unit_test_setup_teardown(every_row_has_its_place_in_json, make, unmake),
		cmocka_unit_test(what_is_kept_is_saved),
		cmocka_unit_test(what_is_merged_moves),
		cmocka_unit_test(the_script_merges_every_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
