/* SPDX-License-Identifier: ISC */
/*
 * "include": a list of paths and patterns, each beside the file that names it. An included file is
 * a mapping with sections of its own (zones, groups, rules, exceptions and the like); what there is
 * once in a policy (site, position, thresholds) stays in the first file.
 */
#include "policy/include.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/limits.h"
#include "policy/zones.h"

struct source {
	dev_t device;
	ino_t inode;
};

struct include {
	const char *path;
	struct report *report;
	struct source *list; /* of every file so far */
	size_t count;
	size_t bytes; /* of all of them */
	char **texts;
	size_t text_count;
	zones_key digest;
	unsigned depth;
	struct node *root;
	struct arena *arena;
};

struct include *include_new(const char *path, struct report *report)
{
	struct include *sources = arena_regrow(NULL, 1, sizeof *sources);

	*sources = (struct include){
		.path = path,
		.report = report,
		.digest = (zones_key)UINT64_C(0x6c62272e07bb0142) << 64 |
			  UINT64_C(0x62b821756295c58d),
	};
	return sources;
}

void include_free(struct include *sources)
{
	for (size_t i = 0; i < sources->text_count; i++)
		free(sources->texts[i]);
	free(sources->texts);
	free(sources->list);
	free(sources);
}

/* FNV-1a of 128 bits (draft-eastlake-fnv): no secrecy is needed, only to tell two texts apart. */
static void add_digest(struct include *sources, const char *text, size_t length)
{
	zones_key prime = (zones_key)1 << 88 | 0x13b;

	for (size_t i = 0; i < length; i++)
		sources->digest = (sources->digest ^ (unsigned char)text[i]) * prime;
}

void include_digest(const struct include *sources, char out[33])
{
	snprintf(out, 33, "%016llx%016llx", (unsigned long long)(sources->digest >> 64),
		 (unsigned long long)sources->digest);
}

/* Reads at most `room` bytes; -1 with errno if that failed. */
static ssize_t read_all(int fd, char *buffer, size_t room)
{
	size_t filled = 0;

	while (filled < room) {
		ssize_t got = read(fd, buffer + filled, room - filled);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		filled += (size_t)got;
	}
	return (ssize_t)filled;
}

static bool is_known(const struct include *sources, const struct stat *status)
{
	for (size_t i = 0; i < sources->count; i++)
		if (sources->list[i].device == status->st_dev &&
		    sources->list[i].inode == status->st_ino)
			return true;
	return false;
}

static void remember(struct include *sources, const struct stat *status)
{
	sources->list = arena_regrow(sources->list, sources->count + 1, sizeof *sources->list);
	sources->list[sources->count++] =
		(struct source){.device = status->st_dev, .inode = status->st_ino};
}

/* The text, kept; NULL, and reported at the mark. */
static const char *read_file(struct include *sources, const char *path, struct mark at,
			     size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *buffer = arena_regrow(NULL, LIMIT_FILE_BYTES + 1, 1);
	ssize_t got = fd < 0 ? -1 : read_all(fd, buffer, LIMIT_FILE_BYTES + 1);
	struct stat status;

	if (got < 0 || fstat(fd, &status) != 0) {
		report_error(sources->report, at, "cannot read%s%s: %s", at.line == 0 ? "" : " ",
			     at.line == 0 ? "" : path, strerror(errno));
		got = -1;
	} else if (is_known(sources, &status)) {
		report_error(sources->report, at, "%s is read already: it can be included once",
			     path);
		got = -1;
	}
	if (fd >= 0)
		close(fd);
	if (got < 0) {
		free(buffer);
		return NULL;
	}
	remember(sources, &status);
	sources->texts =
		arena_regrow(sources->texts, sources->text_count + 1, sizeof *sources->texts);
	sources->texts[sources->text_count++] = buffer = arena_regrow(buffer, (size_t)got + 1, 1);
	*length = (size_t)got;
	return buffer;
}

const char *include_read(struct include *sources, size_t *length)
{
	return read_file(sources, sources->path, (struct mark){0}, length);
}

static struct node *find_section(struct node *root, const char *key)
{
	struct node *child = root->first;

	while (child != NULL && strcmp(child->key, key) != 0)
		child = child->next;
	return child;
}

static void append(struct node *parent, struct node *child)
{
	child->next = NULL;
	if (parent->last == NULL)
		parent->first = child;
	else
		parent->last->next = child;
	parent->last = child;
	parent->count++;
}

static bool is_section(const char *key)
{
	static const char *const sections[] = {"zones",	       "groups",  "rules",  "exceptions",
					       "translations", "proxies", "tunnels"};

	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
		if (strcmp(sections[i], key) == 0)
			return true;
	return false;
}

static const char *file_of(const struct include *sources, uint16_t file)
{
	return file == 0 ? sources->path : sources->report->messages->files[file - 1];
}

/* The members of a section move into the same section of the policy. */
static void move_members(struct include *sources, struct node *to, struct node *from)
{
	for (struct node *child = from->first, *next; child != NULL; child = next) {
		struct node *same = to->kind == NODE_MAP ? find_section(to, child->key) : NULL;

		next = child->next;
		if (same == NULL)
			append(to, child);
		else
			report_error(sources->report, child->key_at,
				     "\"%.64s\" is already in %s (line %u)", child->key,
				     file_of(sources, same->key_at.file), same->key_at.line);
	}
}

static void hang_in(struct include *sources, struct node *tree)
{
	for (struct node *child = tree->first, *next; child != NULL; child = next) {
		struct node *same = find_section(sources->root, child->key);

		next = child->next;
		if (child->kind == NODE_REFUSED || strcmp(child->key, "include") == 0 ||
		    strcmp(child->key, "version") == 0)
			continue;
		if (!is_section(child->key))
			report_error(sources->report, child->key_at,
				     "\"%.64s\" is no section that an included file may have; what "
				     "there is once belongs into %s",
				     child->key, sources->path);
		else if (same == NULL)
			append(sources->root, child);
		else if (same->kind == child->kind && child->kind != NODE_TEXT)
			move_members(sources, same, child);
		else
			report_error(sources->report, child->at,
				     "\"%s\" is of another kind than in %s (line %u)", child->key,
				     file_of(sources, same->at.file), same->at.line);
	}
}

static void include_all(struct include *sources, struct node *tree, const char *beside);

static void include_file(struct include *sources, const char *path, struct mark at)
{
	uint16_t before = sources->report->file;
	size_t length = 0;
	const char *text;
	struct node *tree;

	if (sources->count > LIMIT_FILES) {
		report_error(sources->report, at, "more than %d files are included", LIMIT_FILES);
		return;
	}
	text = read_file(sources, path, at, &length);
	if (text == NULL)
		return;
	sources->bytes += length;
	if (sources->bytes > LIMIT_FILE_BYTES) {
		report_error(sources->report, at, "the files together are larger than %u MiB",
			     LIMIT_FILE_BYTES / 1024 / 1024);
		return;
	}
	add_digest(sources, text, length);
	sources->report->file = report_file(sources->report, path);
	tree = yaml_read(text, length, sources->arena, sources->report);
	if (tree != NULL && tree->kind != NODE_MAP)
		report_error(sources->report, tree->at, "an included file must be a mapping");
	else if (tree != NULL) {
		hang_in(sources, tree);
		include_all(sources, tree, path);
	}
	sources->report->file = before;
}

/* One entry of "include": a path, or a pattern, whose files come in the order of their names. */
static void include_entry(struct include *sources, const struct node *entry, const char *beside)
{
	const char *slash = strrchr(beside, '/');
	int folder = slash == NULL || entry->text[0] == '/' ? 0 : (int)(slash + 1 - beside);
	bool pattern = strpbrk(entry->text, "*?[") != NULL;
	char path[PATH_MAX];
	glob_t found;

	if (snprintf(path, sizeof path, "%.*s%s", folder, beside, entry->text) >=
	    (int)sizeof path) {
		report_error(sources->report, entry->at, "the path is too long");
		return;
	}
	if (!pattern) {
		include_file(sources, path, entry->at);
		return;
	}
	if (glob(path, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			include_file(sources, found.gl_pathv[i], entry->at);
		globfree(&found);
	} else {
		report_warning(sources->report, entry->at, "no file is called %.120s", path);
	}
}

static void include_all(struct include *sources, struct node *tree, const char *beside)
{
	const struct node *list = find_section(tree, "include");

	if (list == NULL || list->kind == NODE_REFUSED)
		return;
	if (list->kind != NODE_LIST) {
		report_error(sources->report, list->at, "include must be a list of paths");
		return;
	}
	if (beside == NULL) {
		report_error(sources->report, list->at,
			     "include is for a file: this policy was given as a text");
		return;
	}
	if (++sources->depth > LIMIT_DEPTH) {
		report_error(sources->report, list->at, "files include each other %d deep",
			     LIMIT_DEPTH);
		return;
	}
	for (const struct node *entry = list->first; entry != NULL; entry = entry->next) {
		if (entry->kind == NODE_TEXT && entry->text[0] != '\0')
			include_entry(sources, entry, beside);
		else if (entry->kind != NODE_REFUSED)
			report_error(sources->report, entry->at, "a path is wanted here");
	}
	sources->depth--;
}

struct node *include_tree(struct include *sources, const char *text, size_t length,
			  struct arena *arena)
{
	struct node *root = yaml_read(text, length, arena, sources->report);

	add_digest(sources, text, length);
	sources->bytes = length;
	sources->arena = arena;
	sources->root = root;
	if (root != NULL && root->kind == NODE_MAP)
		include_all(sources, root, sources->path);
	return root;
}
