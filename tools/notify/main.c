/* SPDX-License-Identifier: ISC */
/*
 * spanwatch-notify: tells people what changed, by chat, pager, mail or a webhook.
 *   build/notify --redis redis://localhost --site eu-west-1 --config notify.yaml
 * Manual: spanwatch-notify(8).
 */
#include <err.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sensor/base/printable.h"
#include "tools/notify/desk.h"
#include "tools/redis-tail/where.h"

#define NAME_TEXT      65
#define EXIT_USAGE     WHERE_USAGE
#define CLAIM_S	       60
#define ONCE_GIVE_UP_S 10

struct arguments {
	const char *site, *run, *group, *consumer, *config, *from, *channel, *give_up;
	struct where where;
	bool check, test, dry_run, once;
};

static void usage(FILE *to)
{
	fputs("usage: notify --config FILE --redis URL --site SITE [--run RUN] [--dry-run] "
	      "[--once]\n"
	      "         [--from beginning|new] [--group NAME] [--consumer NAME] [--give-up "
	      "SECONDS]\n"
	      "         [--redis-password-file FILE] [--redis-tls-ca FILE|DIR] [--redis-tls-cert "
	      "FILE]\n"
	      "         [--redis-tls-key FILE] [--redis-tls-name NAME] [--sentinel-user NAME]\n"
	      "         [--sentinel-password-file FILE]\n"
	      "       notify --config FILE --check\n"
	      "       notify --config FILE --test [--channel NAME] [--site SITE]\n"
	      "Tells people what changed. See spanwatch-notify(8).\n",
	      to);
}

enum { TEXT_OPTIONS = 16, CHECK = TEXT_OPTIONS, TEST, DRY_RUN, ONCE, HELP, OPTIONS };

static void take_flag(struct arguments *a, int option)
{
	if (option == HELP) {
		usage(stdout);
		exit(EXIT_SUCCESS);
	}
	a->check = a->check || option == CHECK;
	a->test = a->test || option == TEST;
	a->dry_run = a->dry_run || option == DRY_RUN;
	a->once = a->once || option == ONCE;
}

static struct arguments read_arguments(int argc, char **argv)
{
	struct arguments a = {.from = "new"};
	const struct where_option texts[TEXT_OPTIONS] = {
		WHERE_OPTIONS(a.where), {"site", &a.site},	   {"run", &a.run},
		{"group", &a.group},	{"consumer", &a.consumer}, {"config", &a.config},
		{"from", &a.from},	{"channel", &a.channel},   {"give-up", &a.give_up},
	};
	struct option options[OPTIONS + 1] = {
		[CHECK] = {"check", no_argument, NULL, CHECK},
		[TEST] = {"test", no_argument, NULL, TEST},
		[DRY_RUN] = {"dry-run", no_argument, NULL, DRY_RUN},
		[ONCE] = {"once", no_argument, NULL, ONCE},
		[HELP] = {"help", no_argument, NULL, HELP},
	};
	int option;

	for (int i = 0; i < TEXT_OPTIONS; i++)
		options[i] = (struct option){texts[i].name, required_argument, NULL, i};
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?') {
			usage(stderr);
			exit(EXIT_USAGE);
		}
		if (option < TEXT_OPTIONS)
			*texts[option].to = optarg;
		else
			take_flag(&a, option);
	}
	if (optind < argc || a.config == NULL || (a.check && a.test) ||
	    ((a.where.redis == NULL || a.site == NULL) && !a.check && !a.test)) {
		usage(stderr);
		exit(EXIT_USAGE);
	}
	return a;
}

static struct settings *load(const char *path)
{
	struct policy_messages messages;
	struct settings *settings = settings_load(path, &messages);

	policy_messages_print(&messages, path, stderr);
	policy_messages_free(&messages);
	return settings;
}

static void on_signal(void *context)
{
	desk_stop(context);
}

static bool follow_all(const struct arguments *a, struct desk *desk, struct follow_options *options)
{
	struct redis_url url = where_url(&a->where);
	struct redis_tls *tls = where_tls(&a->where, &url);
	struct loop_watch *interrupted = loop_signal(options->loop, SIGINT, on_signal, desk);
	struct loop_watch *terminated = loop_signal(options->loop, SIGTERM, on_signal, desk);
	struct follow *follow;
	bool good;

	options->url = url;
	options->tls = tls;
	follow = follow_new(options);
	if (interrupted == NULL || terminated == NULL || follow == NULL)
		err(EXIT_FAILURE, "cannot begin");
	loop_run(options->loop);
	good = follow_succeeded(follow);
	follow_free(follow);
	loop_watch_free(interrupted);
	loop_watch_free(terminated);
	redis_tls_free(tls);
	return good;
}

static bool run(const struct arguments *a, const struct desk_options *options)
{
	struct desk *desk = desk_new(options);
	char host[NAME_TEXT] = "notify";
	struct follow_options following = {
		.loop = options->loop,
		.site = options->site,
		.run = options->run,
		.group = a->group != NULL ? a->group
			 : a->dry_run	  ? "notify-dry-run"
					  : "notify",
		.consumer = a->consumer != NULL ? a->consumer : host,
		.from_new = strcmp(a->from, "new") == 0,
		.once = a->once,
		.give_up_s = where_number(a->give_up, "give-up", a->once ? ONCE_GIVE_UP_S : 0),
		.claim_s = CLAIM_S,
	};
	bool good;

	if (desk == NULL)
		err(EXIT_FAILURE, "cannot begin");
	gethostname(host, sizeof host - 1);
	following.sink = desk_sink(desk);
	good = follow_all(a, desk, &following);
	good = desk_report(desk) && good;
	desk_free(desk);
	return good;
}

int main(int argc, char **argv)
{
	struct arguments a = read_arguments(argc, argv);
	struct settings *settings = load(a.config);
	char site[NAME_TEXT], run_name[NAME_TEXT];
	struct desk_options options = {.settings = settings, .site = site, .once = a.once};
	bool good = true;

	if (settings == NULL)
		return EXIT_USAGE;
	if (strcmp(a.from, "new") != 0 && strcmp(a.from, "beginning") != 0)
		errx(EXIT_USAGE, "--from: beginning or new");
	printable_name(site, sizeof site, a.site != NULL ? a.site : "", "default");
	printable_name(run_name, sizeof run_name, a.run != NULL ? a.run : "", "replay");
	options.run = a.run != NULL ? run_name : NULL;
	options.dry = a.dry_run ? stdout : NULL;
	options.loop = loop_new();
	if (options.loop == NULL)
		err(EXIT_FAILURE, "cannot begin");
	if (a.test)
		good = desk_test(&options, a.channel);
	else if (!a.check)
		good = run(&a, &options);
	loop_free(options.loop);
	settings_free(settings);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
