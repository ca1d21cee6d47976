/* SPDX-License-Identifier: ISC */
/*
 * spanwatch: puts the parts together and hands them to one of the two ways to run. Read
 * worker_take() in worker.c next, then engine_observe() in engine.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "sensor/base/hash.h"
#include "sensor/base/log.h"
#include "sensor/engine/engine_store.h"
#include "sensor/run/app.h"
#include "sensor/run/memory.h"
#include "sensor/run/sandbox.h"

/* An event_handler: takes note, and passes on to the outputs. */
static void on_event(void *context, const struct event *event)
{
	struct app *app = context;

	if (event->has_exposure && !event->exposure.unlisted)
		app->exposed = true;
	if (event->kind == EVENT_EXPOSURE_OPENED && event->exposure.input_file[0])
		per_file_opened(app->per_file, event->exposure.input_number);
	tally_event(&app->tally, event);
	outputs_event(app->outputs, event);
}

/* The same inputs and policy give the same name: a replay that is repeated changes nothing. */
static void make_run(const struct app *app, char run[33])
{
	uint64_t hash =
		hash_bytes(policy_digest(app->policy), strlen(policy_digest(app->policy)), 0);
	char seed[32];

	for (size_t i = 0; i < app->options->file_count; i++)
		hash = hash_bytes(app->options->files[i], strlen(app->options->files[i]), hash);
	snprintf(seed, sizeof seed, "%016llx", (unsigned long long)hash);
	hash_identifier(seed, strlen(seed), run);
	run[12] = '\0';
}

static void open_outputs(struct app *app, const char *sensor, const char *run)
{
	const struct options *options = app->options;
	struct outputs_options wanted = {
		.json = options->json,
		.text = !options->json,
		.terminal = isatty(STDOUT_FILENO),
		.replay = !options->interface,
		.at_once = options->live_clock,
		.out = stdout,
		.redis =
			{
				.url = options->redis_url,
				.password_file = options->redis_password_file,
				.sentinel_password_file = options->sentinel_password_file,
				.sentinel_user = options->sentinel_user,
				.tls_ca = options->tls_ca,
				.tls_cert = options->tls_cert,
				.tls_key = options->tls_key,
				.tls_name = options->tls_name,
			},
		.journal_path = options->journal,
		.sensor = sensor,
		.site = options->site ? options->site : policy_site(app->policy),
		.run = options->interface ? NULL : run,
		.services = app->services,
		.loop = app->loop,
		.journal_file_keep = options->journal_keep,
		.journal_mib = options->journal_mib,
		.journal_days = options->journal_days,
		.stream_maxlen = options->stream_maxlen,
		.queue_maxlen = options->queue_maxlen,
		.heartbeat_ttl_s = options->heartbeat_s * 3,
	};
	char error[OUTPUTS_ERROR];

	app->outputs = outputs_new(&wanted, error);
	if (!app->outputs)
		fatalx(EXIT_USAGE, "%s", error);
}

static void open_evidence(struct app *app, const char *sensor)
{
	const struct options *options = app->options;
	struct evidence_options wanted = {
		.directory = options->evidence,
		.user = options->interface ? options->user : NULL,
		.interface = options->interface ? options->interface : "capture",
		.sensor = sensor,
		.site = options->site ? options->site : policy_site(app->policy),
		.max_files = options->evidence_files,
		.max_file_bytes = (uint64_t)options->evidence_file_mib << 20,
		.max_bytes = (uint64_t)options->evidence_mib << 20,
		.anew = !options->interface,
	};
	char error[EVIDENCE_ERROR];

	if (!options->evidence)
		return;
	app->evidence = evidence_open(&wanted, error);
	if (!app->evidence)
		fatalx(EXIT_USAGE, "--evidence: %s", error);
}

static void open_engine(struct app *app, const char *sensor)
{
	struct engine_options wanted;

	app_engine_options(app, &wanted);
	wanted.sensor = sensor;
	wanted.first_sequence = outputs_next_sequence(app->outputs);
	app->engine = engine_new(&wanted, app->policy, app->services, on_event, app);
	if (!app->engine)
		fatalx(EXIT_USAGE, "out of memory: make the tables smaller (--max-exposures, …)");
	engine_set_known(app->engine, app->known);
}

static int run_inventory(struct app *app)
{
	app->inventory = inventory_new(app->options->max_inventory, app->table_key, app->services);
	if (!app->inventory)
		fatalx(EXIT_USAGE, "out of memory: make --max-inventory smaller");
	return replay_run(app);
}

static uint64_t random_key(void)
{
	uint64_t key;

	if (getrandom(&key, sizeof key, 0) != sizeof key)
		fatal(EXIT_USAGE, "getrandom");
	return key;
}

/* --fail-on-exposure: what was found, and what could not be looked at, in one number. */
static int final_status(const struct app *app, int status)
{
	if (!app->options->fail_on_exposure)
		return status;
	if (app->exposed)
		return status == EXIT_DONE ? EXIT_EXPOSED : EXIT_EXPOSED_INPUT;
	return status == EXIT_DONE && app->unseen ? EXIT_UNSEEN : status;
}

static int run_policy(struct app *app)
{
	char host[64] = "sensor", run[33] = "";
	const char *sensor = app->options->sensor;
	struct outputs_stats stats;
	int status;

	gethostname(host, sizeof host - 1);
	if (!sensor)
		sensor = app->options->interface ? host : "replay";
	if (app->options->interface)
		app->hash_key = random_key();
	make_run(app, run);
	app->sensor = sensor;
	if (app->options->interface && app->options->redis_url && !app->options->site &&
	    strcmp(policy_site(app->policy), "default") == 0)
		log_warnx("neither the policy nor --site names a site: its keys in Redis are those "
			  "of every other sensor without one");
	open_outputs(app, sensor, app->options->run ? app->options->run : run);
	if (app->options->interface)
		app->hash_key = engine_store_hash_key(outputs_journal(app->outputs), app->hash_key);
	open_engine(app, sensor);
	open_evidence(app, sensor);
	status = app->options->interface ? live_run(app) : replay_run(app);
	outputs_stats(app->outputs, &stats);
	if (stats.out_errors != 0) {
		errno = stats.out_errno;
		log_warn("standard output did not take everything");
		status = EXIT_INPUT;
	}
	status = final_status(app, status);
	app_say_evidence(app);
	evidence_close(app->evidence);
	engine_free(app->engine);
	outputs_free(app->outputs);
	return status;
}

static const char *plural(unsigned count)
{
	return count == 1 ? "" : "s";
}

/* -n: advice, and what the policy contains, so that a wrong file is noticed as well. */
static void say_policy(const struct app *app)
{
	const struct policy *policy = app->policy;
	const char *path = app->options->policy;
	unsigned zones = policy_zone_count(policy), groups = policy_group_count(policy),
		 rules = policy_rule_count(policy), exceptions = policy_exception_count(policy);
	struct policy_messages advice;

	policy_advise(policy, clock_unix_ns(), &advice);
	policy_messages_print(&advice, path, stderr);
	policy_messages_free(&advice);
	printf("%s: good: site %s, %u zone%s, %u group%s, %u rule%s, %u exception%s\n", path,
	       policy_site(policy), zones, plural(zones), groups, plural(groups), rules,
	       plural(rules), exceptions, plural(exceptions));
}

static int run(struct app *app)
{
	char error[CAPTURE_ERROR];

	app->table_key = random_key();
	app->services = services_new();
	app->origins = origins_new();
	if (!app->services || !app->origins)
		fatalx(EXIT_USAGE, "out of memory");
	if (app->options->policy)
		app->policy = app_load_policy(app);
	if (app->options->policy && !app->policy)
		return EXIT_USAGE;
	if (!app_load_known(app, &app->known))
		return EXIT_USAGE;
	if (app->options->check_only) {
		say_policy(app);
		return EXIT_DONE;
	}
	if (app->options->memory)
		return memory_print(app);
	if (app->options->filter && !capture_check_filter(app->options->filter, error))
		fatalx(EXIT_USAGE, "%s", error);
	app->loop = loop_new();
	if (!app->loop)
		fatal(EXIT_USAGE, "event loop");
	if (!app->options->interface)
		sandbox_enter(app->options->user, false);
	return app->options->inventory ? run_inventory(app) : run_policy(app);
}

int main(int argc, char **argv)
{
	struct options options;
	struct app app = {.options = &options};
	int status;

	options_read(argc, argv, &options);
	log_verbose(options.verbose);
	status = run(&app);
	inventory_free(app.inventory);
	loop_free(app.loop);
	policy_free(app.policy);
	known_bad_free(app.known);
	services_free(app.services);
	origins_free(app.origins);
	options_free(&options);
	if (fflush(stdout) != 0) {
		log_warn("standard output");
		status = EXIT_INPUT;
	}
	return status;
}
