/* SPDX-License-Identifier: ISC */
#include "tools/lib/tree.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/json_scan.h"
#include "tools/lib/status.h"

struct building {
	struct tree *root, *open;
};

static struct tree *new_tree(struct building *building, const char *key)
{
	struct tree *tree = calloc(1, sizeof *tree), *parent = building->open;

	if (tree == NULL || (tree->key = strdup(key)) == NULL)
		errx(TOOL_INPUT, "out of memory");
	tree->parent = parent;
	if (parent == NULL) {
		if (building->root == NULL)
			building->root = tree;
	} else if (parent->last == NULL) {
		parent->first = parent->last = tree;
	} else {
		parent->last = parent->last->next = tree;
	}
	if (parent != NULL && *key == '\0')
		parent->list = true;
	return tree;
}

static void take(void *context, enum json_scan_kind kind, const char *key, const char *value)
{
	struct building *building = context;

	switch (kind) {
	case JSON_SCAN_BEGIN:
		building->open = new_tree(building, key);
		break;
	case JSON_SCAN_END:
		if (building->open != NULL)
			building->open = building->open->parent;
		break;
	case JSON_SCAN_VALUE:
		new_tree(building, key)->text = strdup(value);
		break;
	}
}

static struct tree *read_file(FILE *file, uint64_t *line, char error[JSON_SCAN_ERROR])
{
	struct building building = {0};

	if (json_scan(file, take, &building, line, error))
		return building.root;
	tree_free(building.root);
	return NULL;
}

struct tree *tree_read(FILE *file, const char *name)
{
	char error[JSON_SCAN_ERROR] = "it is empty";
	uint64_t line = 1;
	struct tree *tree = read_file(file, &line, error);

	if (tree == NULL)
		errx(TOOL_INPUT, "%s:%llu: no JSON: %s", name, (unsigned long long)line, error);
	return tree;
}

struct tree *tree_parse(const char *line)
{
	char error[JSON_SCAN_ERROR];
	uint64_t number;
	size_t length = strlen(line);
	FILE *file = length == 0 ? NULL : fmemopen((void *)(uintptr_t)line, length, "r");
	struct tree *tree;

	if (file == NULL)
		return NULL;
	tree = read_file(file, &number, error);
	fclose(file);
	return tree;
}

/* From the leaves up, without recursion: a document may be deep. */
void tree_free(struct tree *tree)
{
	struct tree *at = tree;

	while (at != NULL) {
		struct tree *next;

		if (at->first != NULL) {
			next = at->first;
			at->first = NULL;
		} else {
			next = at == tree ? NULL : at->next != NULL ? at->next : at->parent;
			free(at->key);
			free(at->text);
			free(at);
		}
		at = next;
	}
}

const struct tree *tree_find(const struct tree *tree, const char *path)
{
	while (tree != NULL && *path != '\0') {
		size_t length = strcspn(path, ".");
		const struct tree *child = tree->first;

		while (child != NULL &&
		       (strncmp(child->key, path, length) != 0 || child->key[length] != '\0'))
			child = child->next;
		tree = child;
		path += length + (path[length] == '.');
	}
	return tree;
}

const char *tree_text(const struct tree *tree, const char *path)
{
	const struct tree *found = tree_find(tree, path);

	return found == NULL ? NULL : found->text;
}

const char *tree_or(const struct tree *tree, const char *path, const char *otherwise)
{
	const char *text = tree_text(tree, path);

	return text == NULL || *text == '\0' ? otherwise : text;
}
