/* SPDX-License-Identifier: ISC */
/*
 * What does each stage of the packet path cost? This is the whole program, main() and all, but the
 * linker has put a gate before some of its functions (--wrap; the list is in the Makefile):
 * SPANWATCH_STAGE says up to which stage packets get. What a stage costs is the difference between
 * two runs, which tools/bench takes. There is no sandbox, so valgrind can look at it; the product
 * has no hook for any of this.
 *
 *   SPANWATCH_STAGE=flow build/bench-stages -r FILE -p POLICY --json >/dev/null
 *
 * One line of JSON on standard error in place of the totals. Set-up is not measured: the clock
 * starts when the worker has its tables. A gate costs a call and a comparison, 1 to 2 ns.
 */
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sensor/base/clock.h"
#include "sensor/run/app.h"
#include "sensor/run/sandbox.h"
#include "sensor/session/session_slot.h"
#include "sensor/worker/worker_state.h"

enum stage {
	STAGE_READ,
	STAGE_DECODE,
	STAGE_ZONES,
	STAGE_SIGHT,
	STAGE_COPIES,
	STAGE_FLOW,
	STAGE_STREAM,
	STAGE_IDENTIFY,
	STAGE_NDPI,
	STAGE_SESSION,
	STAGE_ENGINE,
	STAGE_OUTPUT,
	STAGE_COUNT,
};

static const char *const stage_names[STAGE_COUNT] = {
	"read",	  "decode",   "zones", "sight",	  "copies", "flow",
	"stream", "identify", "ndpi",  "session", "engine", "output",
};

/* Gates have no other way to know. Set once, before the first packet. */
static struct {
	enum stage stage;
	struct timespec wall, cpu;
	int instructions, misses; /* of perf_event_open(), or -1 */
} bench;

static bool open_to(enum stage stage)
{
	return bench.stage >= stage;
}

/* --- The clock ------------------------------------------------------------------------------- */

static int count_events(uint64_t which)
{
	struct perf_event_attr wanted = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof wanted,
		.config = which,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	return (int)syscall(SYS_perf_event_open, &wanted, 0, -1, -1, 0);
}

static uint64_t since(clockid_t clock, const struct timespec *start)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return clock_from_timespec(&now) - clock_from_timespec(start);
}

/* The function that callgrind is told to collect in begins after this: see tools/bench. */
static void start(void)
{
	const char *name = getenv("SPANWATCH_STAGE");
	unsigned stage = 0;

	while (name && stage < STAGE_COUNT && strcmp(stage_names[stage], name) != 0)
		stage++;
	if (!name || stage == STAGE_COUNT) {
		fprintf(stderr, "bench-stages: SPANWATCH_STAGE is one of:");
		for (unsigned i = 0; i < STAGE_COUNT; i++)
			fprintf(stderr, " %s", stage_names[i]);
		fputc('\n', stderr);
		exit(EXIT_USAGE);
	}
	bench.stage = (enum stage)stage;
	bench.instructions = count_events(PERF_COUNT_HW_INSTRUCTIONS);
	bench.misses = count_events(PERF_COUNT_HW_CACHE_MISSES);
	clock_gettime(CLOCK_MONOTONIC, &bench.wall);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &bench.cpu);
}

static uint64_t peak_bytes(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	unsigned long long kib = 0;
	char line[256];

	while (status && fgets(line, sizeof line, status)) {
		if (strncmp(line, "VmHWM:", 6) == 0)
			kib = strtoull(line + 6, NULL, 10);
	}
	if (status)
		fclose(status);
	return kib << 10;
}

/* --- Gates ----------------------------------------------------------------------------------- */
/*
 * The linker's names: a call of NAME comes to __wrap_NAME, and __real_NAME is the function itself.
 */

#define GATE(name) __typeof__(name) __real_##name, __wrap_##name
GATE(sandbox_enter);
GATE(worker_new);
GATE(app_say_totals);
GATE(worker_prepare);
GATE(worker_take);
GATE(duplicates_seen);
GATE(flow_find);
GATE(worker_tcp);
GATE(worker_udp);
GATE(worker_icmp);
GATE(worker_read);
GATE(session_feed);
GATE(session_feed_end);
GATE(identify_ndpi);
GATE(session_dissect_begin);
GATE(engine_observe);
GATE(outputs_event);

void __wrap_sandbox_enter(const char *user, bool drop_capabilities)
{
	(void)user;
	(void)drop_capabilities;
}

struct worker *__wrap_worker_new(const struct worker_options *options, const struct policy *policy,
				 const struct services *services, worker_emit *emit, void *context)
{
	struct worker *worker = __real_worker_new(options, policy, services, emit, context);

	start();
	return worker;
}

/* 0: this machine counts no such thing. */
static uint64_t counted(int counter)
{
	uint64_t count = 0;

	if (counter < 0 || read(counter, &count, sizeof count) != sizeof count)
		return 0;
	return count;
}

void __wrap_app_say_totals(const struct worker_stats *worker, const struct capture_stats *capture,
			   const struct engine_stats *engine)
{
	const uint64_t wall_ns = since(CLOCK_MONOTONIC, &bench.wall);
	const uint64_t cpu_ns = since(CLOCK_PROCESS_CPUTIME_ID, &bench.cpu);
	const uint64_t instructions = counted(bench.instructions);

	(void)capture;
	fprintf(stderr,
		"{\"stage\": \"%s\", \"wall_ns\": %llu, \"cpu_ns\": %llu, \"instructions\": %llu, "
		"\"cache_misses\": %llu, "
		"\"peak_bytes\": %llu, \"packets\": %llu, \"matter\": %llu, \"flows\": %llu, "
		"\"observations\": %llu, \"events\": %llu}\n",
		stage_names[bench.stage], (unsigned long long)wall_ns, (unsigned long long)cpu_ns,
		(unsigned long long)instructions, (unsigned long long)counted(bench.misses),
		(unsigned long long)peak_bytes(), (unsigned long long)worker->packets,
		(unsigned long long)worker->compared, (unsigned long long)worker->flows_created,
		(unsigned long long)worker->observations, (unsigned long long)engine->events);
}

void __wrap_worker_prepare(struct worker *worker, const struct frame_view *frames, unsigned count)
{
	struct packet packet;

	if (open_to(STAGE_ZONES)) {
		__real_worker_prepare(worker, frames, count);
		return;
	}
	for (unsigned i = 0; i < count && open_to(STAGE_DECODE); i++)
		decode_packet(&worker->decoder, (enum link_type)frames[i].link, frames[i].bytes,
			      frames[i].captured, frames[i].wire, frames[i].ts_ns, &packet);
}

void __wrap_worker_take(struct worker *worker, unsigned index)
{
	if (open_to(STAGE_SIGHT))
		__real_worker_take(worker, index);
}

/* A copy is not looked at any further. */
bool __wrap_duplicates_seen(struct duplicates *duplicates, uint64_t ts_ns, uint64_t fingerprint)
{
	return !open_to(STAGE_COPIES) || __real_duplicates_seen(duplicates, ts_ns, fingerprint);
}

struct flow *__wrap_flow_find(struct flow_table *table, const struct flow_key *key, uint64_t hash)
{
	return open_to(STAGE_FLOW) ? __real_flow_find(table, key, hash) : NULL;
}

void __wrap_worker_tcp(struct worker *worker, const struct sighting *sighting, struct flow *flow)
{
	if (open_to(STAGE_FLOW))
		__real_worker_tcp(worker, sighting, flow);
}

void __wrap_worker_udp(struct worker *worker, const struct sighting *sighting, struct flow *flow)
{
	if (open_to(STAGE_FLOW))
		__real_worker_udp(worker, sighting, flow);
}

void __wrap_worker_icmp(struct worker *worker, const struct sighting *sighting)
{
	if (open_to(STAGE_FLOW))
		__real_worker_icmp(worker, sighting);
}

bool __wrap_worker_read(struct worker *worker, const struct sighting *sighting, struct flow *flow,
			enum side from)
{
	return !open_to(STAGE_STREAM) || __real_worker_read(worker, sighting, flow, from);
}

void __wrap_session_feed(const struct feeding *feeding, const uint8_t *bytes, size_t length)
{
	if (open_to(STAGE_IDENTIFY))
		__real_session_feed(feeding, bytes, length);
}

void __wrap_session_feed_end(struct sessions *sessions, struct slot *slot, uint8_t transport)
{
	if (open_to(STAGE_IDENTIFY))
		__real_session_feed_end(sessions, slot, transport);
}

void __wrap_identify_ndpi(struct identify *identify, struct identity *identity, struct bytes ip,
			  uint64_t ts_ns)
{
	if (open_to(STAGE_NDPI))
		__real_identify_ndpi(identify, identity, ip, ts_ns);
}

/* Recognised, and then not read any further. */
void __wrap_session_dissect_begin(struct sessions *sessions, struct slot *slot,
				  const struct dissector *dissector, bool without_last_turn)
{
	if (open_to(STAGE_SESSION)) {
		__real_session_dissect_begin(sessions, slot, dissector, without_last_turn);
		return;
	}
	identity_end(sessions->identify, &slot->identity);
	slot->decided = true;
}

void __wrap_engine_observe(struct engine *engine, const struct observation *observation)
{
	if (open_to(STAGE_ENGINE))
		__real_engine_observe(engine, observation);
}

void __wrap_outputs_event(void *context, const struct event *event)
{
	if (open_to(STAGE_OUTPUT))
		__real_outputs_event(context, event);
}
