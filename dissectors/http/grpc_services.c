/* SPDX-License-Identifier: ISC */
/* See grpc_services.h and grpc_table.h. */
#include "dissectors/http/grpc_services.h"

#define PORTS(...)    ((const uint16_t[]){__VA_ARGS__, 0})
#define ALSO(...)     , .also = ((const char *const[]){__VA_ARGS__, NULL})
#define PACKAGES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define METHODS(...)  ((const struct row[]){__VA_ARGS__})

struct row {
	const char *name; /* behind the package, see grpc_table.h; NULL: there is none */
	uint8_t traits;
	const char *command; /* NULL: the name */
};

struct grpc_product {
	const char *name;
	const char *const *packages; /* ends with NULL */
	const struct row *methods;
	size_t method_count;
};

const struct service grpc_services[GRPC_SERVICE_COUNT] = {
	[HTTP2_ANY] = {.name = "http2",
		       .family = FAMILY_WEB,
		       .about = "HTTP/2 without TLS that nothing more is known about"},
	[GRPC_ANY] = {.name = "grpc",
		      .family = FAMILY_WEB,
		      .about = "gRPC without TLS, of a service that is not known"},
#define GRPC(id, NAME, FAMILY, ABOUT, PORTS, ...)                                                  \
	[GRPC_##id] = {.name = (NAME), .family = (FAMILY), .about = (ABOUT), .ports = PORTS},
#include "dissectors/http/grpc_table.h"
#undef GRPC
};

static const struct grpc_product products[GRPC_SERVICE_COUNT] = {
#define GRPC(id, NAME, FAMILY, ABOUT, PORTS, PRODUCT, PACKAGES, ...)                               \
	[GRPC_##id] = {.name = (PRODUCT),                                                          \
		       .packages = (PACKAGES),                                                     \
		       .methods = METHODS(__VA_ARGS__),                                            \
		       .method_count = sizeof METHODS(__VA_ARGS__) / sizeof(struct row)},
#include "dissectors/http/grpc_table.h"
#undef GRPC
};

/*
 * '*' stands for any run of characters. Two places are kept, where the last one stood and where
 * what follows it is tried: that is enough, as an earlier one need never take more.
 */
static bool fits(const char *pattern, struct bytes text)
{
	const char *star = NULL;
	size_t at = 0, retry = 0;

	while (at < text.left) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = at;
		} else if (*pattern != '\0' && (uint8_t)*pattern == text.at[at]) {
			pattern++;
			at++;
		} else if (star != NULL) {
			pattern = star;
			at = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static void take_method(const struct grpc_product *product, struct bytes name,
			struct grpc_method *method)
{
	const char *command = NULL;
	size_t n;

	for (size_t i = 0; i < product->method_count; i++) {
		const struct row *row = &product->methods[i];

		if (row->name == NULL || !fits(row->name, name))
			continue;
		method->traits = row->traits;
		command = row->command;
		break;
	}
	if (command == NULL)
		return;
	n = strlen(command);
	memcpy(method->command, command, n + 1);
}

/* "Tasks/Create" of "/containerd.services.tasks.v1.Tasks/Create". */
static void show(struct bytes path, struct grpc_method *method)
{
	struct bytes shown = path;
	size_t n = 0;

	for (size_t i = 1; i < path.left && path.at[i] != '/'; i++) {
		if (path.at[i] == '.')
			n = i + 1;
	}
	bytes_skip(&shown, n);
	n = shown.left < sizeof method->command - 1 ? shown.left : sizeof method->command - 1;
	memcpy(method->command, shown.at, n);
	method->command[n] = '\0';
}

/* "/api.Dgraph" is no package of "/api.Dgraphs/Get". */
static bool is_of(const char *package, struct bytes path)
{
	size_t n = strlen(package);

	return bytes_start_with(&path, package) &&
	       (package[n - 1] == '.' || path.left == n || path.at[n] == '/');
}

/* What gRPC itself brings along, with whatever service: is it well, what is there? */
static bool is_of_all(const struct bytes *path)
{
	return bytes_start_with(path, "/grpc.health.") ||
	       bytes_start_with(path, "/grpc.reflection.");
}

/* "/package.Service/Method", without the query, and without what a proxy has put before it. */
static struct bytes call_of(struct bytes path)
{
	size_t slashes = 0, n = 0;

	while (n < path.left && path.at[n] != '?')
		n++;
	path.left = n;
	for (; n != 0 && slashes < 2; n--)
		slashes += path.at[n - 1] == '/';
	if (slashes == 2)
		bytes_skip(&path, n);
	return path;
}

void grpc_method(struct bytes path, struct grpc_method *method)
{
	*method = (struct grpc_method){.service = HTTP2_ANY};
	path = call_of(path);
	if (is_of_all(&path)) {
		method->service = GRPC_ANY;
		method->traits = GRPC_OPEN;
		show(path, method);
		return;
	}
	for (uint8_t id = GRPC_ANY + 1; id < GRPC_SERVICE_COUNT; id++) {
		for (const char *const *p = products[id].packages; *p != NULL; p++) {
			if (!is_of(*p, path))
				continue;
			show(path, method);
			bytes_skip(&path, strlen(*p));
			method->service = id;
			take_method(&products[id], path, method);
			return;
		}
	}
}

const char *grpc_product(uint8_t service)
{
	return service > GRPC_ANY && service < GRPC_SERVICE_COUNT ? products[service].name : "";
}

unsigned grpc_flags(uint8_t traits)
{
	return (traits & GRPC_LISTS ? COMMAND_LISTING : 0U) |
	       (traits & GRPC_DESTROYS ? COMMAND_DESTRUCTIVE : 0U) |
	       (traits & GRPC_EXECUTES ? COMMAND_EXECUTES : 0U);
}

uint16_t grpc_status(struct bytes text)
{
	uint16_t number = 0;
	size_t n = 0;

	while (n < text.left && n < 2 && text.at[n] >= '0' && text.at[n] <= '9')
		number = (uint16_t)(number * 10 + (text.at[n++] - '0'));
	return n != 0 ? number : GRPC_NOT_TOLD;
}
