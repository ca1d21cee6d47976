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
#include "tools/redis-tail/where.h"

#define NAME_TEXT      65
#define EXIT_USAGE     WHERE_USAGE
#define CLAIM_S	       60
#define ONCE_GIVE_UP_S 10

struct arguments {
	const char *site, *run, *group, *consumer, *from;
	struct where where;
	const char *give_up, *claim, *count;
	bool json, once, wait;
};

static void usage(FILE *to)
{
	fputs("usage: redis-tail --redis URL --site SITE [--run RUN] [--json] [--from "
	      "beginning|new]\n"
	      "         [--count N] [--once] [--wait] [--group NAME] [--consumer NAME] [--claim "
	      "SECONDS]\n"
	      "         [--give-up SECONDS] [--redis-password-file FILE] [--redis-tls-ca "
	      "FILE|DIR]\n"
	      "         [--redis-tls-cert FILE] [--redis-tls-key FILE] [--redis-tls-name NAME]\n"
	      "         [--sentinel-user NAME] [--sentinel-password-file FILE]\n"
	      "Follows a site's events in Redis as one reader of a group; the password may also be "
	      "in\n"
	      "SPANWATCH_REDIS_PASSWORD. See spanwatch-redis-tail(1).\n",
	      to);
}

static struct arguments read_arguments(int argc, char **argv)
{
	struct arguments a = {.group = "redis-tail", .from = "beginning"};
	const struct where_option texts[] = {
		WHERE_OPTIONS(a.where), {"site", &a.site},	   {"run", &a.run},
		{"group", &a.group},	{"consumer", &a.consumer}, {"from", &a.from},
		{"count", &a.count},	{"claim", &a.claim},	   {"give-up", &a.give_up},
	};
	enum { TEXTS = sizeof texts / sizeof *texts, JSON = TEXTS, ONCE, WAIT, HELP, OPTIONS };
	struct option options[OPTIONS + 1] = {
		[JSON] = {"json", no_argument, NULL, JSON},
		[ONCE] = {"once", no_argument, NULL, ONCE},
		[WAIT] = {"wait", no_argument, NULL, WAIT},
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
		a.wait = a.wait || option == WAIT;
	}
	if (optind < argc || a.where.redis == NULL || a.site == NULL) {
		usage(stderr);
		exit(EXIT_USAGE);
	}
	return a;
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
	struct redis_tls *tls;
	struct follow_options options = {
		.url = where_url(&a.where),
		.site = site,
		.run = a.run != NULL ? run_name : NULL,
		.group = a.group,
		.consumer = a.consumer != NULL ? a.consumer : host,
		.from_new = strcmp(a.from, "new") == 0,
		.once = a.once,
		.known_only = !a.wait,
		.count = where_number(a.count, "count", 0),
		.give_up_s = where_number(a.give_up, "give-up", a.once ? ONCE_GIVE_UP_S : 0),
		.claim_s = where_number(a.claim, "claim", CLAIM_S),
		.sink = {.context = &a.json, .entry = print, .settle = flush},
	};
	bool good;

	if (!options.from_new && strcmp(a.from, "beginning") != 0)
		errx(EXIT_USAGE, "--from: beginning or new");
	printable_name(site, sizeof site, a.site, "default");
	printable_name(run_name, sizeof run_name, a.run, "replay");
	gethostname(host, sizeof host - 1);
	options.tls = tls = where_tls(&a.where, &options.url);
	options.loop = loop_new();
	if (options.loop == NULL)
		err(EXIT_FAILURE, "cannot begin");
	good = run(&options);
	loop_free(options.loop);
	redis_tls_free(tls);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
