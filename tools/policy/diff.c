/* SPDX-License-Identifier: ISC */
/*
 * diff: what an edit changes. First in words, by comparing the facts of both policies; then, with
 * captures, in findings: the sensor itself replays them by either policy.
 */
#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tools/policy/rehearse.h"
#include "tools/policy/said.h"

struct sides {
	const struct said *old_said, *new_said;
	size_t i, j; /* the next of each that was not compared */
};

static int compare_names(const struct fact *a, const struct fact *b)
{
	int order = strcmp(a->section, b->section);

	return order != 0 ? order : strcmp(a->name, b->name);
}

static bool has_name(const struct said *said, size_t i, const struct fact *as)
{
	return i < said->count && compare_names(&said->list[i], as) == 0;
}

static void say_name(const char *sign, const struct fact *fact)
{
	static const struct {
		const char *section, *one;
	} words[] = {
		{"zones", "zone"},	     {"groups", "group"},  {"rules", "rule"},
		{"exceptions", "exception"}, {"proxies", "proxy"}, {"translations", "translation"},
		{"tunnels", "tunnel"},
	};
	const char *what = *fact->section == '\0' ? "policy" : fact->section;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i].section, what) == 0)
			what = words[i].one;
	printf("%s %s%s%s\n", sign, what, *fact->name != '\0' ? " " : "", fact->name);
}

/* Everything of one name that only one side has. */
static size_t say_all(const char *sign, const struct said *said, size_t i)
{
	const struct fact *first = &said->list[i];

	say_name(sign, first);
	for (; has_name(said, i, first); i++)
		printf("    %s: %s\n", said->list[i].key, said->list[i].value);
	return i;
}

static void say_change(const char *sign, const struct fact *fact, bool *said)
{
	if (!*said)
		say_name("~", fact);
	*said = true;
	printf("    %s %s: %s\n", sign, fact->key, fact->value);
}

/* Facts of a name that both sides have; true if they differ. */
static bool say_differences(struct sides *sides)
{
	const struct fact *name = &sides->new_said->list[sides->j];
	bool said = false;

	while (has_name(sides->old_said, sides->i, name) ||
	       has_name(sides->new_said, sides->j, name)) {
		const struct fact *a = &sides->old_said->list[sides->i];
		const struct fact *b = &sides->new_said->list[sides->j];
		int order = !has_name(sides->old_said, sides->i, name)	 ? 1
			    : !has_name(sides->new_said, sides->j, name) ? -1
									 : said_compare(a, b);

		if (order < 0)
			say_change("-", a, &said);
		else if (order > 0)
			say_change("+", b, &said);
		sides->i += order <= 0;
		sides->j += order >= 0;
	}
	return said;
}

static size_t say_words(const struct said *old_said, const struct said *new_said)
{
	struct sides sides = {.old_said = old_said, .new_said = new_said};
	size_t changes = 0;

	while (sides.i < old_said->count || sides.j < new_said->count) {
		int order = sides.i == old_said->count	 ? 1
			    : sides.j == new_said->count ? -1
							 : compare_names(&old_said->list[sides.i],
									 &new_said->list[sides.j]);

		if (order < 0)
			sides.i = say_all("-", old_said, sides.i);
		else if (order > 0)
			sides.j = say_all("+", new_said, sides.j);
		changes += order != 0 || say_differences(&sides);
	}
	return changes;
}

int tool_diff(const struct tool *tool, int argc, char **argv)
{
	struct policy *old_policy, *new_policy;
	struct said old_said, new_said;
	size_t changes, findings = 0;

	/* Options come last here: captures are many. */
	if (argc < 3 || argv[1][0] == '-' || argv[2][0] == '-' ||
	    (argc > 3 && (strcmp(argv[3], "-r") != 0 || argc == 4)))
		tool_usage(argv[0]);
	old_policy = tool_load(tool, argv[1]);
	new_policy = tool_load(tool, argv[2]);
	said_by(&old_said, old_policy);
	said_by(&new_said, new_policy);
	said_sort(&old_said);
	said_sort(&new_said);
	changes = say_words(&old_said, &new_said);
	if (changes == 0)
		puts("the policies say the same");
	if (argc > 3)
		findings = rehearse(argv[1], argv[2], argv + 4);
	said_free(&old_said);
	said_free(&new_said);
	policy_free(old_policy);
	policy_free(new_policy);
	return changes + findings != 0 ? TOOL_FOUND : TOOL_GOOD;
}
