/* SPDX-License-Identifier: ISC */
/* See app.h: the options' share of each part, and what is said in the end. */
#include "sensor/run/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/hash.h"
#include "sensor/base/log.h"
#include "sensor/health/counters.h"

struct policy *app_load_policy(const struct app *app)
{
	struct policy_vocabulary vocabulary = services_vocabulary(app->services);
	struct policy_messages messages = {0};
	struct policy *policy = policy_load(app->options->policy, &vocabulary, &messages);

	policy_messages_print(&messages, app->options->policy, stderr);
	policy_messages_free(&messages);
	return policy;
}

bool app_load_known(const struct app *app, struct known_bad **known)
{
	const struct options *options = app->options;
	struct known_bad *loaded;
	bool good = true;

	*known = NULL;
	if (options->known_bad_count == 0)
		return true;
	loaded = known_bad_new();
	if (!loaded)
		return false;
	for (size_t i = 0; i < options->known_bad_count; i++)
		good &= known_bad_load(loaded, options->known_bad[i]);
	if (!good) {
		known_bad_free(loaded);
		return false;
	}
	known_bad_seal(loaded);
	log_info("%u ranges of known versions", (unsigned)known_bad_count(loaded));
	*known = loaded;
	return true;
}

/* "4789,8472": the check of the options has seen that these are ports. */
static uint8_t read_ports(const char *text, uint16_t ports[DECODE_PORTS])
{
	uint8_t count = 0;

	while (text && *text && count < DECODE_PORTS) {
		char *end;

		ports[count++] = (uint16_t)strtoul(text, &end, 10);
		text = *end ? end + 1 : end;
	}
	return count;
}

/* A replay's is the same each time, and no secret of the program: it is the policy's. */
static uint64_t worker_key(const struct app *app)
{
	const char *digest;

	if (app->options->interface || !app->policy)
		return app->hash_key;
	digest = policy_digest(app->policy);
	return hash_bytes(digest, strlen(digest), 0);
}

void app_worker_options(const struct app *app, uint8_t number, struct worker_options *worker)
{
	const struct options *options = app->options;

	*worker = (struct worker_options){
		.max_flows = options->max_flows,
		.max_sessions = options->max_sessions,
		.reassembly_blocks = options->reassembly_mib * MEMORY_MIB,
		.ndpi_flows = options->max_sessions,
		.unpack_mib = options->unpack_mib,
		.max_probed = options->max_probed,
		.outbound_entries = options->max_outbound,
		.fragment_pages = options->fragments_mib * MEMORY_MIB,
		.duplicate_ns = options->duplicate_ms * NS_PER_MS,
		.tcp_idle_ns = options->tcp_idle_s * NS_PER_S,
		.decode = {.separate_vni = options->separate_vni, .checksums = options->checksums},
		.hash_key = worker_key(app),
		.table_key = app->table_key,
		.number = number,
		.interfaces = options->interfaces,
		.interface_count = options->interface_count,
		.ndpi_late = options->file_count != 0 && !app->inventory && !options->prefault,
		.everything = app->inventory != NULL,
	};
	options_tunnels_off(options, &worker->decode.tunnels_off);
	worker->decode.vxlan_port_count =
		read_ports(options->vxlan_ports, worker->decode.vxlan_ports);
	worker->decode.geneve_port_count =
		read_ports(options->geneve_ports, worker->decode.geneve_ports);
	worker->decode.fou_port_count = read_ports(options->fou_ports, worker->decode.fou_ports);
}

void app_say_unread(const struct worker_stats *worker)
{
	char text[UNREAD_TEXT];

	unread_text(&worker->unread, text);
	if (text[0] != '\0')
		log_warnx("not read: %s", text);
}

void app_say_totals(const struct worker_stats *worker, const struct capture_stats *capture,
		    const struct engine_stats *engine)
{
	struct counters counters = {.worker = *worker, .engine = *engine};

	if (capture)
		counters.capture = *capture;
	fprintf(stderr,
		"spanwatch: %llu packets, %llu bytes; %llu probes, %llu conversations, "
		"%llu events",
		(unsigned long long)worker->packets, (unsigned long long)worker->bytes,
		(unsigned long long)worker->probes, (unsigned long long)worker->flows_created,
		(unsigned long long)engine->events);
	counters_say(stderr, &counters, COUNTER_PART_CAPTURE, COUNTER_PART_ENGINE);
	fputc('\n', stderr);
}

void app_engine_options(const struct app *app, struct engine_options *engine)
{
	const struct options *options = app->options;

	*engine = (struct engine_options){
		.max_exposures = options->max_exposures,
		.max_walls = options->max_walls,
		.max_incidents = options->max_incidents,
		.hash_key = app->hash_key,
		.table_key = app->table_key,
		.origins = app->origins,
		.clock_ns = options->interface ? clock_unix_ns : NULL,
	};
}

void app_say_evidence(const struct app *app)
{
	struct counters counters = {.worker = {0}};

	if (!app->evidence || app->options->quiet)
		return;
	evidence_stats(app->evidence, &counters.evidence);
	fprintf(stderr, "spanwatch: %llu packets kept as evidence, %llu files",
		(unsigned long long)counters.evidence.packets,
		(unsigned long long)counters.evidence.files);
	counters_say(stderr, &counters, COUNTER_PART_EVIDENCE, COUNTER_PART_EVIDENCE);
	fputc('\n', stderr);
}
