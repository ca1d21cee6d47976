/* SPDX-License-Identifier: ISC */
/*
 * redis-tail: prints what sensors write to Redis, one line for each event, as it comes.
 *   build/redis-tail --redis redis://localhost --site eu-west-1
 * Manual: spanwatch-redis-tail(1).
 */
#include <err.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sensor/base/printable.h"
#include "tools/redis-tail/follow.h"

#define NAME_TEXT      65
#define EXIT_USAGE     2
#define CLAIM_S	       60
#define ONCE_GIVE_UP_S 10

struct arguments {
	const char *redis, *site, *run, *group, *consumer, *from;
	const char *password_file, *sentinel_user, *sentinel_password_file;
	struct redis_tls_options tls;
	const char *give_up, *claim, *count;
	bool json, once;
};

static void usage(FILE *to)
{
	fputs("usage: redis-tail --redis URL --site SITE [--run RUN] [--json] [--from "
	      "beginning|new]\n"
	      "         [--count N] [--once] [--group NAME] [--consumer NAME] [--claim SECONDS]\n"
	      "         [--give-up SECONDS] [--redis-password-file FILE] [--redis-tls-ca "
	      "FILE|DIR]\n"
	      "         [--redis-tls-cert FILE] [--redis-tls-key FILE] [--redis-tls-name NAME]\n"
	      "         [--sentinel-user NAME] [--sentinel-password-file FILE]\n"
	      "Follows a site's events in Redis as one reader of a group; the password may also be "
	      "in\n"
	      "SPANWATCH_REDIS_PASSWORD. See spanwatch-redis-tail(1).\n",
	      to);
}

static uint64_t number(const char *text, const char *name, uint64_t otherwise)
{
	char *end;
	uint64_t value;

	if (text == NULL)
		return otherwise;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || value > 1000000000)
		errx(EXIT_USAGE, "--%s: '%s' is not a number up to 1000000000", name, text);
	return value;
}

static struct arguments read_arguments(int argc, char **argv)
{
	struct arguments a = {.group = "redis-tail", .from = "beginning"};
	const struct {
		const char *name;
		const char **to;
	} texts[] = {
		{"redis", &a.redis},
		{"site", &a.site},
		{"run", &a.run},
		{"group", &a.group},
		{"consumer", &a.consumer},
		{"from", &a.from},
		{"count", &a.count},
		{"claim", &a.claim},
		{"give-up", &a.give_up},
		{"redis-password-file", &a.password_file},
		{"redis-tls-ca", &a.tls.ca},
		{"redis-tls-cert", &a.tls.cert},
		{"redis-tls-key", &a.tls.key},
		{"redis-tls-name", &a.tls.name},
		{"sentinel-user", &a.sentinel_user},
		{"sentinel-password-file", &a.sentinel_password_file},
	};
	enum { TEXTS = sizeof texts / sizeof *texts, JSON = TEXTS, ONCE, HELP, OPTIONS };
	struct option options[OPTIONS + 1] = {
		[JSON] = {"json", no_argument, NULL, JSON},
		[ONCE] = {"once", no_argument, NULL, ONCE},
		[HELP] = {"help", no_argument, NULL, HELP},
	};
	int option;

	for (int i = 0; i < TEXTS; i++)
		options[i] = (struct option){texts[i].name, required_argument, NULL, i};
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == HELP) {
			usage(stdout);
			exit(EXIT_SUCCESS);
		}
		if (option == '?') {
			usage(stderr);
			exit(EXIT_USAGE);
		}
		if (option < TEXTS)
			*texts[option].to = optarg;
		a.json = a.json || option == JSON;
		a.once = a.once || option == ONCE;
	}
	if (optind < argc || a.redis == NULL || a.site == NULL) {
		usage(stderr);
		exit(EXIT_USAGE);
	}
	return a;
}

static struct redis_url find_redis(const struct arguments *a)
{
	struct redis_url url;
	char error[REDIS_URL_ERROR];

	if (!redis_url_parse_public(a->redis, &url, error))
		errx(EXIT_USAGE, "%s", error);
	if (a->sentinel_user != NULL)
		snprintf(url.sentinel_login.user, sizeof url.sentinel_login.user, "%s",
			 a->sentinel_user);
	if (!redis_url_passwords(&url, a->password_file, a->sentinel_password_file, error))
		errx(EXIT_USAGE, "%s", error);
	return url;
}

static struct redis_tls *open_tls(const struct arguments *a)
{
	char error[REDIS_TLS_ERROR];
	struct redis_tls *tls = redis_tls_new(&a->tls, error);

	if (tls == NULL)
		errx(EXIT_USAGE, "%s", error);
	return tls;
}

static void on_signal(void *context)
{
	loop_stop(context);
}

static bool print(void *context, const struct redis_answer *entry)
{
	const bool *json = context;

	if (entry_print(entry, *json, stdout))
		return true;
	warn("output");
	return false;
}

static bool flush(void *context)
{
	(void)context;
	if (fflush(stdout) == 0)
		return true;
	warn("output");
	return false;
}

static bool run(const struct follow_options *options)
{
	struct loop_watch *interrupted =
		loop_signal(options->loop, SIGINT, on_signal, options->loop);
	struct loop_watch *terminated =
		loop_signal(options->loop, SIGTERM, on_signal, options->loop);
	struct follow *follow = follow_new(options);
	bool good;

	if (interrupted == NULL || terminated == NULL || follow == NULL)
		err(EXIT_FAILURE, "cannot begin");
	loop_run(options->loop);
	good = follow_succeeded(follow);
	follow_free(follow);
	loop_watch_free(interrupted);
	loop_watch_free(terminated);
	return good;
}

int main(int argc, char **argv)
{
	struct arguments a = read_arguments(argc, argv);
	char site[NAME_TEXT], run_name[NAME_TEXT], host[NAME_TEXT] = "reader";
	struct redis_tls *tls = NULL;
	struct follow_options options = {
		.url = find_redis(&a),
		.site = site,
		.run = a.run != NULL ? run_name : NULL,
		.group = a.group,
		.consumer = a.consumer != NULL ? a.consumer : host,
		.from_new = strcmp(a.from, "new") == 0,
		.once = a.once,
		.count = number(a.count, "count", 0),
		.give_up_s = number(a.give_up, "give-up", a.once ? ONCE_GIVE_UP_S : 0),
		.claim_s = number(a.claim, "claim", CLAIM_S),
		.sink = {.context = &a.json, .entry = print, .settle = flush},
	};
	bool good;

	if (!options.from_new && strcmp(a.from, "beginning") != 0)
		errx(EXIT_USAGE, "--from: beginning or new");
	printable_name(site, sizeof site, a.site, "default");
	printable_name(run_name, sizeof run_name, a.run, "replay");
	gethostname(host, sizeof host - 1);
	if (options.url.tls)
		options.tls = tls = open_tls(&a);
	options.loop = loop_new();
	if (options.loop == NULL)
		err(EXIT_FAILURE, "cannot begin");
	good = run(&options);
	loop_free(options.loop);
	redis_tls_free(tls);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
