/* SPDX-License-Identifier: ISC */
/* See origins.h. Each entry is a block of its own, so that it stays where it is. */
#include "sensor/base/origins.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct origins {
	pthread_mutex_t lock;
	struct origin_names **list;
	uint32_t count, room;
};

struct origins *origins_new(void)
{
	struct origins *origins = calloc(1, sizeof *origins);

	if (origins)
		pthread_mutex_init(&origins->lock, NULL);
	return origins;
}

void origins_free(struct origins *origins)
{
	if (!origins)
		return;
	for (uint32_t i = 0; i < origins->count; i++)
		free(origins->list[i]);
	free(origins->list);
	pthread_mutex_destroy(&origins->lock);
	free(origins);
}

void origins_name_file(struct origin_names *names, const char *path)
{
	size_t length = strlen(path);

	if (length < sizeof names->file)
		memcpy(names->file, path, length + 1);
	else
		snprintf(names->file, sizeof names->file, "...%s",
			 path + length + 4 - sizeof names->file);
}

static bool make_room(struct origins *origins)
{
	uint32_t room = origins->room ? origins->room * 2 : 16;
	struct origin_names **list;

	if (origins->count < origins->room)
		return true;
	list = realloc(origins->list, room * sizeof(struct origin_names *));
	if (!list)
		return false;
	origins->list = list;
	origins->room = room;
	return true;
}

uint32_t origins_add(struct origins *origins, const struct origin_names *names)
{
	struct origin_names *copy = origins ? malloc(sizeof *copy) : NULL;
	uint32_t number = ORIGIN_NONE;

	if (!copy)
		return ORIGIN_NONE;
	*copy = *names;
	pthread_mutex_lock(&origins->lock);
	if (make_room(origins)) {
		origins->list[origins->count++] = copy;
		number = origins->count;
		copy = NULL;
	}
	pthread_mutex_unlock(&origins->lock);
	free(copy);
	return number;
}

static bool is_same(const struct origin_names *one, const struct origin_names *other)
{
	return strcmp(one->file, other->file) == 0 &&
	       strcmp(one->interface, other->interface) == 0 &&
	       strcmp(one->alias, other->alias) == 0;
}

uint32_t origins_find(struct origins *origins, const struct origin_names *names)
{
	uint32_t number = 1;

	if (!origins || (!names->file[0] && !names->interface[0] && !names->alias[0]))
		return ORIGIN_NONE;
	while (number <= origins->count && !is_same(origins_get(origins, number), names))
		number++;
	return number <= origins->count ? number : origins_add(origins, names);
}

const struct origin_names *origins_get(struct origins *origins, uint32_t number)
{
	static const struct origin_names none = {.file = ""};
	const struct origin_names *names = &none;

	if (!origins || number == ORIGIN_NONE)
		return names;
	pthread_mutex_lock(&origins->lock);
	if (number <= origins->count)
		names = origins->list[number - 1];
	pthread_mutex_unlock(&origins->lock);
	return names;
}
