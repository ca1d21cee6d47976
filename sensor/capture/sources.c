/* SPDX-License-Identifier: ISC */
/* See sources.h. Hidden files and subdirectories of a directory are passed over. */
#include "sensor/capture/sources.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sensor/capture/capture.h"
#include "sensor/capture/formats.h"

static bool add(struct sources *sources, const char *path, const struct stat *status)
{
	struct source *list = realloc(sources->list, (sources->count + 1) * sizeof *list);

	if (!list)
		return false;
	sources->list = list;
	list[sources->count] = (struct source){
		.rank = sources->count,
		.bytes = (uint64_t)status->st_size,
		.regular = S_ISREG(status->st_mode),
	};
	if (asprintf(&list[sources->count].path, "%s", path) < 0)
		return false;
	sources->count++;
	sources->bytes += (uint64_t)status->st_size;
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct source *)a)->path, ((const struct source *)b)->path);
}

static void sort_directory(struct sources *sources, size_t first)
{
	if (sources->count > first)
		qsort(sources->list + first, sources->count - first, sizeof *sources->list,
		      by_name);
	for (size_t i = first; i < sources->count; i++) {
		sources->list[i].rank = i;
		sources->list[i].of_directory = true;
	}
}

/* Without the slashes that it may end with. */
static int length_of_folder(const char *name)
{
	size_t length = strlen(name);

	while (length > 1 && name[length - 1] == '/')
		length--;
	return (int)(length == 1 && name[0] == '/' ? 0 : length);
}

static bool add_directory(struct sources *sources, const char *name)
{
	size_t first = sources->count;
	struct dirent *entry;
	DIR *directory = opendir(name);
	int folder = length_of_folder(name);
	bool good = directory != NULL;

	while (good && (entry = readdir(directory)) != NULL) {
		struct stat status;
		char *path;

		if (entry->d_name[0] == '.')
			continue;
		if (asprintf(&path, "%.*s/%s", folder, name, entry->d_name) < 0) {
			good = false;
			break;
		}
		if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
			good = add(sources, path, &status);
		free(path);
	}
	if (directory)
		closedir(directory);
	if (good)
		sort_directory(sources, first);
	return good;
}

bool sources_collect(struct sources *sources, char *const *names, size_t count, char error[512])
{
	*sources = (struct sources){0};
	for (size_t i = 0; i < count; i++) {
		struct stat status = {0};
		size_t before = sources->count;
		bool good;

		if (strcmp(names[i], "-") == 0)
			good = add(sources, names[i], &status);
		else if (stat(names[i], &status) != 0)
			good = false;
		else if (S_ISDIR(status.st_mode))
			good = add_directory(sources, names[i]);
		else
			good = add(sources, names[i], &status);
		if (!good) {
			snprintf(error, 512, "%s: %s", names[i], strerrordesc_np(errno));
			return false;
		}
		if (sources->count == before) {
			snprintf(error, 512, "%s: no files in this directory", names[i]);
			return false;
		}
	}
	return true;
}

/* ---- what is in them ---- */

/* What is wrong with a file, the replay itself will say. False: it is no capture at all. */
static bool look_into(struct source *source)
{
	char error[CAPTURE_ERROR];
	struct input *input = input_open(source->path, error);
	struct capture *capture = NULL;
	struct frame_view frame;
	const uint8_t *bytes;
	size_t length;
	bool is_capture = true;

	if (!input)
		return true;
	length = input_peek(input, &bytes);
	if (length > 0 || source->bytes > 0)
		is_capture = input_failure(input) || formats_is_capture(bytes, length);
	if (is_capture && length > 0)
		capture = capture_open_file(input, NULL, error);
	if (capture && capture_frames(capture, &frame, 1) > 0)
		source->first_ns = frame.ts_ns;
	capture_close(capture);
	input_close(input);
	return is_capture;
}

struct list {
	char *text;
	size_t used, names;
};

static void add_name(struct list *list, const char *path)
{
	const char *slash = strrchr(path, '/');

	/* Room for the words behind is kept. */
	if (list->names++ < 5 && list->used < SOURCES_SKIPPED - 200)
		list->used +=
			(size_t)snprintf(list->text + list->used, 80, "%s%.60s",
					 list->names > 1 ? ", " : "", slash ? slash + 1 : path);
}

/* It is told in any case; without memory its name alone is not kept. */
static void keep_skipped(struct sources *sources, char *path)
{
	char **longer = realloc(sources->skipped, (sources->skipped_count + 1) * sizeof *longer);

	if (!longer) {
		free(path);
		return;
	}
	sources->skipped = longer;
	longer[sources->skipped_count++] = path;
}

void sources_look(struct sources *sources, char skipped[SOURCES_SKIPPED])
{
	struct list list = {.text = skipped};
	size_t kept = 0;

	skipped[0] = '\0';
	for (size_t i = 0; i < sources->count; i++) {
		struct source *source = &sources->list[i];

		if (!source->regular || look_into(source) || !source->of_directory) {
			sources->list[kept] = *source;
			sources->list[kept].rank = kept;
			kept++;
			continue;
		}
		add_name(&list, source->path);
		sources->bytes -= source->bytes;
		keep_skipped(sources, source->path);
	}
	sources->count = kept;
	if (list.names > 5)
		snprintf(skipped + list.used, SOURCES_SKIPPED - list.used, " and %zu others",
			 list.names - 5);
}

static int by_time(const void *a, const void *b)
{
	const struct source *one = a, *other = b;

	if (one->first_ns != other->first_ns)
		return one->first_ns < other->first_ns ? -1 : 1;
	return one->rank < other->rank ? -1 : 1;
}

void sources_order(struct sources *sources)
{
	if (sources->count > 1)
		qsort(sources->list, sources->count, sizeof *sources->list, by_time);
}

static size_t folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) : 0;
}

static bool is_beside(const struct source *one, const struct source *other)
{
	size_t length = folder_length(one->path);

	return one != other && folder_length(other->path) == length &&
	       strncmp(one->path, other->path, length) == 0;
}

bool sources_is_begun(const struct sources *sources, size_t number)
{
	const struct source *source = &sources->list[number];
	bool beside = false;

	for (size_t i = 0; i < sources->count; i++)
		beside |= is_beside(source, &sources->list[i]);
	return beside && source->regular && source->bytes == 0;
}

bool sources_is_growing(const struct sources *sources, size_t number, uint64_t newest_ns)
{
	const struct source *source = &sources->list[number];
	bool beside = false;

	if (!source->regular)
		return false;
	for (size_t i = 0; i < sources->count; i++) {
		if (!is_beside(source, &sources->list[i]))
			continue;
		if (sources->list[i].first_ns > newest_ns)
			return false;
		beside = true;
	}
	return beside;
}

bool sources_from_stream(const struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++) {
		if (!sources->list[i].regular)
			return true;
	}
	return false;
}

void sources_free(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		free(sources->list[i].path);
	free(sources->list);
	for (size_t i = 0; i < sources->skipped_count; i++)
		free(sources->skipped[i]);
	free(sources->skipped);
	*sources = (struct sources){0};
}
