/* SPDX-License-Identifier: ISC */
/* See settings.h. Reading is the policy's; what the rows cannot say is in settings_check.c. */
#include "tools/notify/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/yaml.h"
#include "tools/notify/settings_rows.h"

#define FILE_MAX (1U << 20)

static const struct mark whole_file;

static const struct node *section(const struct schema_context *context, const struct node *node,
				  enum node_kind kind, const char *what, size_t most)
{
	if (node == NULL || !schema_expect(context, node, kind, what))
		return NULL;
	if (node->count >= 1 && node->count <= most)
		return node;
	report_error(context->report, node->at, "%s holds %zu entries; 1 to %zu are allowed", what,
		     node->count, most);
	return NULL;
}

static void read_channels(const struct schema_context *context, const struct node *node,
			  struct settings *settings)
{
	node = section(context, node, NODE_MAP, "channels", SETTINGS_CHANNELS);
	if (node == NULL)
		return;
	settings->channels = arena_array(context->arena, node->count, sizeof *settings->channels);
	for (const struct node *child = node->first; child != NULL; child = child->next) {
		struct channel_settings *channel = &settings->channels[settings->channel_count++];

		channel->name = arena_text(context->arena, child->key, strlen(child->key));
		if (child->kind != NODE_REFUSED &&
		    schema_check_name(context, child->key_at, child->key) &&
		    schema_read(context, &settings_channel_rows, child, channel))
			settings_check_channel(context, child, channel);
	}
}

/* A bit for each channel that the route names. */
static uint32_t resolve(const struct schema_context *context, const struct settings *settings,
			const struct route_settings *route)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < route->to.count; i++) {
		const struct reference *name = &route->to.list[i];
		struct suggestion suggestion;
		uint32_t at = 0;

		while (at < settings->channel_count &&
		       strcmp(settings->channels[at].name, name->name) != 0)
			at++;
		if (at < settings->channel_count) {
			found |= UINT32_C(1) << at;
			continue;
		}
		report_suggest_begin(context->report, &suggestion, name->name);
		for (at = 0; at < settings->channel_count; at++)
			report_suggest_offer(&suggestion, settings->channels[at].name);
		report_error(context->report, name->at, "there is no channel \"%.64s\"%s",
			     name->name, report_suggest_text(&suggestion));
	}
	return found;
}

static void read_routes(const struct schema_context *context, const struct node *node,
			struct settings *settings)
{
	node = section(context, node, NODE_LIST, "routes", SETTINGS_ROUTES);
	if (node == NULL)
		return;
	settings->routes = arena_array(context->arena, node->count, sizeof *settings->routes);
	for (const struct node *child = node->first; child != NULL; child = child->next) {
		struct route_settings *route = &settings->routes[settings->route_count++];

		route->at = child->at;
		schema_read(context, &settings_route_rows, child, route);
		if (route->to.count != 0)
			route->channels = resolve(context, settings, route);
	}
}

/* What no route takes is told to nobody: an author should know that before it happens. */
static void check_coverage(const struct schema_context *context, const struct settings *settings)
{
	const struct question_of_route critical = {
		.severity = SEVERITY_CRITICAL, .group = "", .owner = ""};
	uint32_t used = 0;

	for (uint32_t i = 0; i < settings->route_count; i++)
		used |= settings->routes[i].channels;
	for (uint32_t i = 0; i < settings->channel_count; i++) {
		if ((used >> i & 1) == 0)
			report_warning(context->report, whole_file,
				       "no route leads to the channel \"%.64s\"",
				       settings->channels[i].name);
	}
	if (settings_route(settings, &critical) == 0)
		report_warning(context->report, whole_file,
			       "a critical exposure of an owner or group that no route names is "
			       "told to nobody: add a route without \"owners\" and \"groups\"");
}

static void read_file(const struct schema_context *context, const struct node *root,
		      struct settings *settings)
{
	struct settings_file file = {0};

	schema_read(context, &settings_file_rows, root, &file);
	settings->dashboard = file.dashboard != NULL ? file.dashboard : "";
	read_channels(context, file.channels, settings);
	if (settings->channel_count == 0)
		return;
	read_routes(context, file.routes, settings);
	if (context->report->messages->errors == 0)
		check_coverage(context, settings);
}

struct settings *settings_parse(const char *text, size_t length, struct policy_messages *messages)
{
	struct report report = {.messages = messages};
	struct arena tree = {0}, kept = {0};
	struct settings *settings = arena_alloc(&kept, sizeof *settings);
	struct schema_context context = {.arena = &settings->arena, .report = &report};
	const struct node *root;

	*messages = (struct policy_messages){0};
	settings->arena = kept;
	root = yaml_read(text, length, &tree, &report);
	if (root != NULL && schema_expect(&context, root, NODE_MAP, "the file"))
		read_file(&context, root, settings);
	arena_free(&tree);
	report_finish(&report);
	if (messages->errors == 0)
		return settings;
	settings_free(settings);
	return NULL;
}

struct settings *settings_load(const char *path, struct policy_messages *messages)
{
	struct report report = {.messages = messages};
	struct settings *settings = NULL;
	char *text = malloc(FILE_MAX + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got, length = 0;

	*messages = (struct policy_messages){0};
	errno = fd < 0 ? errno : ENOMEM;
	while (fd >= 0 && text != NULL && length <= (ssize_t)FILE_MAX) {
		got = read(fd, text + length, FILE_MAX + 1 - (size_t)length);
		if (got <= 0) {
			length = got < 0 ? -1 : length;
			break;
		}
		length += got;
	}
	if (fd < 0 || text == NULL || length < 0)
		report_error(&report, whole_file, "cannot read: %s", strerror(errno));
	else if (length > (ssize_t)FILE_MAX)
		report_error(&report, whole_file, "the file is larger than 1 MiB");
	else
		settings = settings_parse(text, (size_t)length, messages);
	if (fd >= 0)
		close(fd);
	free(text);
	return settings;
}

void settings_free(struct settings *settings)
{
	struct arena arena;

	if (settings == NULL)
		return;
	for (uint32_t i = 0; i < settings->channel_count; i++) {
		explicit_bzero(settings->channels[i].secret, SETTINGS_SECRET);
		explicit_bzero(settings->channels[i].address, SETTINGS_SECRET);
	}
	arena = settings->arena;
	arena_free(&arena);
}

/* `*` and `?` are allowed; an empty list takes anything. */
static bool matches(const struct text_list *names, const char *name)
{
	for (uint32_t i = 0; i < names->count; i++)
		if (fnmatch(names->list[i], name, 0) == 0)
			return true;
	return names->count == 0;
}

static bool is_about(const struct route_settings *route, enum about about)
{
	for (uint32_t i = 0; i < route->about.count; i++)
		if (route->about.list[i] == about)
			return true;
	return route->about.count == 0;
}

uint32_t settings_route(const struct settings *settings, const struct question_of_route *question)
{
	uint32_t channels = 0;

	for (uint32_t i = 0; i < settings->route_count; i++) {
		const struct route_settings *route = &settings->routes[i];

		if (question->severity < route->severity || !is_about(route, question->about) ||
		    !matches(&route->groups, question->group) ||
		    !matches(&route->owners, question->owner))
			continue;
		channels |= route->channels;
		if (route->last)
			break;
	}
	return channels;
}
