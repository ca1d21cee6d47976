/* SPDX-License-Identifier: ISC */
/*
 * --metrics: what a live sensor answers over HTTP. The text is made at most five times a second,
 * however often it is asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/log.h"
#include "sensor/health/metrics.h"
#include "sensor/run/live_state.h"

#define FRESH_NS (NS_PER_S / 5)

struct live_metrics {
	struct live *live;
	struct http_server *server;
	struct metrics_text text;
	uint64_t made_ns;
	char health[VISION_TEXT + 16];
};

static struct metrics_sizes sizes_of(const struct options *options)
{
	return (struct metrics_sizes){
		.flows = options->workers * (uint64_t)options->max_flows,
		.sessions = options->workers * (uint64_t)options->max_sessions,
		.reassembly_blocks =
			options->workers * (uint64_t)options->reassembly_mib * MEMORY_MIB,
		.exposures = options->max_exposures,
		.incidents = options->max_incidents,
	};
}

static void fill_interfaces(const struct live *live,
			    struct metrics_interface interfaces[WATCH_MOST])
{
	for (unsigned i = 0; i < live->ingress_count; i++) {
		const struct live_ingress *ingress = &live->ingress[i];

		interfaces[i] = (struct metrics_interface){
			.name = ingress->name, .gone = ingress->gone, .sight = ingress->sight};
		live_ingress_stats(live, i, &interfaces[i].capture);
	}
}

static void make_text(struct live_metrics *m, uint64_t now_ns)
{
	const struct live *live = m->live;
	struct metrics_interface interfaces[WATCH_MOST];
	struct metrics metrics = {
		.interfaces = interfaces,
		.interface_count = live->ingress_count,
		.interface = live->app->options->interface,
		.sensor = live->app->sensor,
		.site = live->app->options->site ? live->app->options->site
						 : policy_site(live->app->policy),
		.sizes = sizes_of(live->app->options),
		.started_ns = live->started_ns,
		.now_ns = now_ns,
		.redis_down_ns = live->redis_down_ns,
		.tally = &live->app->tally,
		.blindness = live->blindness,
	};

	fill_interfaces(live, interfaces);
	live_counters(live, &metrics.counters);
	http_server_stats(m->server, &metrics.counters.http);
	engine_count_open(live->app->engine, metrics.open);
	m->text.length = 0;
	m->text.failed = false;
	metrics_write(&metrics, &m->text);
	m->made_ns = now_ns;
}

static void make_health(struct live_metrics *m)
{
	char blind[VISION_TEXT];
	bool serious = live_blind_text(m->live, blind);

	snprintf(m->health, sizeof m->health, "%s%s%s\n", serious ? "blind" : "watching",
		 blind[0] != '\0' ? " " : "", blind);
}

static bool on_page(void *context, const char *path, struct http_answer *answer)
{
	struct live_metrics *m = context;
	uint64_t now_ns = clock_unix_ns();

	if (strcmp(path, "/healthz") == 0) {
		make_health(m);
		*answer = (struct http_answer){HTTP_PLAIN, m->health, strlen(m->health)};
		return true;
	}
	if (strcmp(path, "/metrics") != 0)
		return false;
	if (m->text.length == 0 || now_ns < m->made_ns || now_ns - m->made_ns >= FRESH_NS)
		make_text(m, now_ns);
	*answer = (struct http_answer){METRICS_TYPE, m->text.bytes,
				       m->text.failed ? 0 : m->text.length};
	return true;
}

struct live_metrics *live_metrics_new(struct live *live)
{
	const char *where = live->app->options->metrics;
	struct live_metrics *m = calloc(1, sizeof *m);
	char error[HTTP_ERROR] = "out of memory";

	if (m) {
		m->live = live;
		m->server = http_server_new(live->app->loop, where, on_page, m, error);
	}
	if (m && m->server) {
		log_info("metrics on port %u", http_server_port(m->server));
		return m;
	}
	log_warnx("--metrics: %s", error);
	free(m);
	return NULL;
}

void live_metrics_stats(const struct live_metrics *m, struct http_stats *stats)
{
	if (m)
		http_server_stats(m->server, stats);
}

void live_metrics_free(struct live_metrics *m)
{
	if (!m)
		return;
	http_server_free(m->server);
	free(m->text.bytes);
	free(m);
}
