/* SPDX-License-Identifier: ISC */
/* The rows of the file; private to settings*.c. */
#ifndef TOOLS_NOTIFY_SETTINGS_ROWS_H
#define TOOLS_NOTIFY_SETTINGS_ROWS_H

#include "policy/schema.h"
#include "tools/notify/settings.h"

struct settings_file {
	uint32_t version;
	const char *dashboard;
	const struct node *channels, *routes;
};

extern const struct schema settings_file_rows, settings_channel_rows, settings_route_rows;

/* settings_check.c: what the rows cannot say; fills what is resolved. False: it was reported. */
bool settings_check_channel(const struct schema_context *context, const struct node *node,
			    struct channel_settings *channel);
/* The place of a key's value in a mapping, or of the mapping. */
struct mark settings_mark(const struct node *map, const char *key);

#endif
