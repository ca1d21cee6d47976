/* SPDX-License-Identifier: ISC */
/*
 * What the packets of a savefile come from: see savefile.h. An interface that is described again,
 * in another section, is the same one; those beyond SAVEFILE_NAMED have the file's name alone.
 */
#include "sensor/capture/savefile_state.h"

void savefile_name(struct savefile *savefile, struct origins *origins,
		   const struct origin_names *names)
{
	savefile->origins = origins;
	savefile->origin.from = origins_add(origins, names);
}

static bool is_named(const struct origin_names *one, const struct origin_names *other)
{
	return strcmp(one->interface, other->interface) == 0 &&
	       strcmp(one->alias, other->alias) == 0;
}

uint32_t savefile_from(struct savefile *savefile, const struct origin_names *names)
{
	const uint32_t file = savefile->origin.from;
	struct origin_names whole;

	if (!names->interface[0] && !names->alias[0])
		return file;
	for (uint32_t i = 0; i < savefile->named_count; i++) {
		if (is_named(origins_get(savefile->origins, savefile->named[i]), names))
			return savefile->named[i];
	}
	if (savefile->named_count == SAVEFILE_NAMED)
		return file;
	whole = *origins_get(savefile->origins, file);
	memcpy(whole.interface, names->interface, sizeof whole.interface);
	memcpy(whole.alias, names->alias, sizeof whole.alias);
	savefile->named[savefile->named_count] = origins_add(savefile->origins, &whole);
	return savefile->named[savefile->named_count++];
}
