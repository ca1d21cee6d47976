/* SPDX-License-Identifier: ISC */
/* A folder for one test's journal: set-up and tear-down of cmocka. */
#ifndef TESTS_UNIT_JOURNAL_PLACE_H
#define TESTS_UNIT_JOURNAL_PLACE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place {
	char directory[64], path[96];
};

static int make_place(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	strcpy(place->directory, "/tmp/spanwatch-journal-XXXXXX");
	if (mkdtemp(place->directory) == NULL)
		return -1;
	snprintf(place->path, sizeof place->path, "%s/journal", place->directory);
	*state = place;
	return 0;
}

static int remove_place(void **state)
{
	struct place *place = *state;
	char command[128];
	int result;

	snprintf(command, sizeof command, "rm -rf '%.63s'", place->directory);
	result = system(command);
	free(place);
	return result;
}

#endif
