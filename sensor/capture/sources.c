/* SPDX-License-Identifier: ISC */
/* See sources.h. Hidden files and subdirectories of a directory are passed over. */
#include "sensor/capture/sources.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool add(struct sources *sources, const char *path, uint64_t bytes)
{
	char **paths = realloc(sources->paths, (sources->count + 1) * sizeof *paths);

	if (!paths)
		return false;
	sources->paths = paths;
	if (asprintf(&paths[sources->count], "%s", path) < 0)
		return false;
	sources->count++;
	sources->bytes += bytes;
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool add_directory(struct sources *sources, const char *name)
{
	size_t first = sources->count;
	struct dirent *entry;
	DIR *directory = opendir(name);
	bool good = directory != NULL;

	while (good && (entry = readdir(directory)) != NULL) {
		struct stat status;
		char *path;

		if (entry->d_name[0] == '.')
			continue;
		if (asprintf(&path, "%s/%s", name, entry->d_name) < 0) {
			good = false;
			break;
		}
		if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
			good = add(sources, path, (uint64_t)status.st_size);
		free(path);
	}
	if (directory)
		closedir(directory);
	if (good && sources->count > first)
		qsort(sources->paths + first, sources->count - first, sizeof *sources->paths,
		      by_name);
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
			good = add(sources, names[i], 0);
		else if (stat(names[i], &status) != 0)
			good = false;
		else if (S_ISDIR(status.st_mode))
			good = add_directory(sources, names[i]);
		else
			good = add(sources, names[i], (uint64_t)status.st_size);
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

bool sources_from_stream(const struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++) {
		if (strcmp(sources->paths[i], "-") == 0)
			return true;
	}
	return false;
}

void sources_free(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		free(sources->paths[i]);
	free(sources->paths);
	*sources = (struct sources){0};
}
