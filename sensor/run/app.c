/* SPDX-License-Identifier: ISC */
/* See app.h: the options' share of each part, and what is said in the end. */
#include "sensor/run/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sensor/base/hash.h"

#define SECOND	    1000000000ull
#define MILLISECOND 1000000ull

static void say_messages(const char *path, const struct policy_messages *messages)
{
	for (size_t i = 0; i < messages->count; i++) {
		const struct policy_message *message = &messages->list[i];

		fprintf(stderr, "%s:", path);
		if (message->line != 0)
			fprintf(stderr, "%u:%u:", message->line, message->column);
		fprintf(stderr, " %s: %s\n", message->warning ? "warning" : "error", message->text);
	}
}

struct policy *app_load_policy(const struct app *app)
{
	struct policy_vocabulary vocabulary = services_vocabulary(app->services);
	struct policy_messages messages = {0};
	struct policy *policy = policy_load(app->options->policy, &vocabulary, &messages);

	say_messages(app->options->policy, &messages);
	policy_messages_free(&messages);
	return policy;
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
		.max_probed = options->max_probed,
		.outbound_entries = options->max_outbound,
		.fragment_pages = options->fragments_mib * MEMORY_MIB,
		.duplicate_ns = options->duplicate_ms * MILLISECOND,
		.tcp_idle_ns = options->tcp_idle_s * SECOND,
		.decode = {.separate_vni = options->separate_vni, .checksums = options->checksums},
		.hash_key = worker_key(app),
		.table_key = app->table_key,
		.number = number,
		.interface = options->interface,
		.everything = app->inventory != NULL,
	};
	options_tunnels_off(options, &worker->decode.tunnels_off);
	worker->decode.vxlan_port_count =
		read_ports(options->vxlan_ports, worker->decode.vxlan_ports);
	worker->decode.geneve_port_count =
		read_ports(options->geneve_ports, worker->decode.geneve_ports);
}

static void say_loss(const char *what, uint64_t count)
{
	if (count != 0)
		fprintf(stderr, "; %llu %s", (unsigned long long)count, what);
}

static void say_fragments(const struct fragments_stats *fragments)
{
	say_loss("fragmented datagrams never whole", fragments->given_up);
	say_loss("fragmented datagrams without room (--fragments-mib)", fragments->no_room);
	say_loss("fragments that overlap others", fragments->overlaps);
	say_loss("fragments that contradict others", fragments->conflicts + fragments->liars);
}

void app_say_totals(const struct worker_stats *worker, const struct capture_stats *capture,
		    const struct engine_stats *engine)
{
	fprintf(stderr,
		"spanwatch: %llu packets, %llu bytes; %llu probes, %llu conversations, "
		"%llu events",
		(unsigned long long)worker->packets, (unsigned long long)worker->bytes,
		(unsigned long long)worker->probes, (unsigned long long)worker->flows_created,
		(unsigned long long)engine->events);
	if (capture) {
		say_loss("dropped by the kernel", capture->dropped_kernel);
		say_loss("dropped by the interface", capture->dropped_interface);
	}
	say_loss("frames of an unsupported link type", worker->decoded[DECODE_UNSUPPORTED_LINK]);
	say_loss("packets truncated in a header", worker->decoded[DECODE_TRUNCATED]);
	say_loss("malformed packets", worker->decoded[DECODE_MALFORMED]);
	say_loss("packets in tunnels that the policy does not list", worker->tunnels_claimed);
	say_loss("packets in tunnels that are not understood", worker->decoded[DECODE_TUNNEL]);
	say_loss("packets nested too deep in tunnels", worker->decoded[DECODE_TOO_DEEP]);
	say_loss("packets with a wrong checksum", worker->decoded[DECODE_CHECKSUM]);
	say_loss("duplicated packets", worker->duplicates);
	say_fragments(&worker->fragments);
	say_loss("packets cut off before they came here", worker->mirror_cut);
	say_loss("packets with payload cut off", worker->cut_short);
	say_loss("gaps in streams", worker->sessions.gaps);
	say_loss("names of users and objects not told apart", worker->sessions.names_lost);
	say_loss("conversations evicted (--max-flows)", worker->flows_evicted);
	say_loss("conversations no longer read (--max-sessions)", worker->sessions.evicted);
	say_loss("early segments without room (--reassembly-mib)",
		 worker->sessions.reassembly_refused);
	say_loss("probed endpoints forgotten (--max-probed)", worker->probed_evicted);
	say_loss("conversations without room in nDPI's pool (--max-sessions)",
		 worker->sessions.identify.ndpi_refused);
	say_loss("claims about clients that were not believed", worker->sessions.claims);
	say_loss("carried clients concluded early", worker->carried_evicted);
	say_loss("observations told again later", worker->observations_refused);
	say_loss("observations lost", worker->observations_lost);
	say_loss("packets for --evidence lost", worker->evidence_lost);
	say_loss("exposures evicted (--max-exposures)", engine->exposures_evicted);
	say_loss("exposures not taken (--max-exposures)", engine->exposures_refused);
	say_loss("reports of endpoints too many to be followed (--max-exposures)",
		 engine->exposures_untracked);
	say_loss("walls forgotten (--max-walls)", engine->walls_evicted);
	fputc('\n', stderr);
}

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
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
		.clock_ns = options->interface ? clock_ns : NULL,
	};
}

void app_say_evidence(const struct app *app)
{
	struct evidence_stats stats;

	if (!app->evidence || app->options->quiet)
		return;
	evidence_stats(app->evidence, &stats);
	fprintf(stderr, "spanwatch: %llu packets kept as evidence, %llu files",
		(unsigned long long)stats.packets, (unsigned long long)stats.files);
	say_loss("packets beyond the limit of their file", stats.refused);
	say_loss("packets that could not be written", stats.errors);
	say_loss("files deleted to make room", stats.evicted);
	fputc('\n', stderr);
}
