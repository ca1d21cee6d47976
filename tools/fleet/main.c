/* SPDX-License-Identifier: ISC */
/*
 * Many sensors in one process, each with its own journal, connection and names: everything that
 * follows the engine is the sensor's own code, only the findings are invented. Obeys lines on
 * standard input, and answers each with a line of JSON:
 *
 *   open N              so many exposures exist in all; new ones as fast as Redis takes them
 *   offer RATE SECONDS  so many events a second: summaries, escalations, closings, reopenings,
 *                       incidents; a sensor that has too many waiting is left out, and counted
 *   beat                each sensor's heartbeat, once, when all are connected
 *
 * Latency is from the moment when an event is handed to a sensor's outputs to the moment when the
 * confirmation is seen. tools/fleet-sizing drives it.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sensor/base/clock.h"
#include "sensor/base/log.h"
#include "sensor/output/outputs.h"
#include "tools/fleet/story.h"
#include "tools/generate/random.h"

#define WAITING_MAX 1024 /* of one sensor; a power of two */
#define HOLD_AT	    256	 /* events that wait at a sensor while exposures are opened */
#define BUCKETS	    400	 /* of latency: 16 for each power of two of microseconds */
#define PATIENCE_S  600
#define KEEP	    200 /* confirmed events that a journal in memory keeps here */

struct sensor {
	struct outputs *outputs;
	char name[24], site[24];
	uint64_t told, confirmed;
	uint64_t told_ns[WAITING_MAX]; /* by sequence */
};

struct pair_of_views {
	struct story_view view[2]; /* of its sensor, and of the second one that sees it */
};

struct fleet {
	const char *url, *journal;
	uint32_t count, first, sites, capacity, stream_maxlen;
	struct loop *loop;
	struct services *services;
	struct sensor *sensors;
	struct pair_of_views *exposures;
	uint32_t opened;
	struct chance chance;
	/* Of one command. */
	uint64_t events, left_out, latency[BUCKETS], latency_max_us;
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return clock_from_timespec(&now);
}

static unsigned bucket_of(uint64_t us)
{
	unsigned power, bucket;

	if (us < 16)
		return (unsigned)us;
	power = 63 - (unsigned)__builtin_clzll(us);
	bucket = (power - 3) * 16 + (unsigned)(us >> (power - 4) & 15);
	return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/* The first value beyond the bucket. */
static uint64_t bucket_end(unsigned bucket)
{
	unsigned power = bucket / 16 + 3;

	return bucket < 16 ? bucket + 1 : (UINT64_C(17) + bucket % 16) << (power - 4);
}

/* ---- sensors ---- */

static void begin_sensor(struct fleet *fleet, uint32_t index)
{
	struct sensor *sensor = &fleet->sensors[index];
	struct outputs_options options = {
		.redis = {.url = fleet->url},
		.journal_path = fleet->journal,
		.sensor = sensor->name,
		.site = sensor->site,
		.services = fleet->services,
		.loop = fleet->loop,
		.stream_maxlen = fleet->stream_maxlen,
		.journal_keep = KEEP,
	};
	char error[OUTPUTS_ERROR];

	snprintf(sensor->name, sizeof sensor->name, "span%u", fleet->first + index);
	snprintf(sensor->site, sizeof sensor->site, "site%u", index % fleet->sites);
	sensor->outputs = outputs_new(&options, error);
	if (sensor->outputs == NULL)
		fatalx(1, "%s", error);
	sensor->told = sensor->confirmed = outputs_next_sequence(sensor->outputs) - 1;
}

/* Confirmations come in order. */
static void look_at(struct fleet *fleet, struct sensor *sensor, uint64_t now)
{
	struct outputs_stats stats;
	uint64_t confirmed;

	outputs_stats(sensor->outputs, &stats);
	confirmed = sensor->told - stats.waiting;
	while (sensor->confirmed < confirmed) {
		uint64_t at = sensor->told_ns[++sensor->confirmed % WAITING_MAX];
		uint64_t us = (now - at) / 1000;

		fleet->latency[bucket_of(us)]++;
		if (us > fleet->latency_max_us)
			fleet->latency_max_us = us;
	}
}

static void turn(struct fleet *fleet, uint64_t wait_ms)
{
	uint64_t now;

	loop_pump(fleet->loop, wait_ms);
	now = now_ns(CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < fleet->count; i++) {
		if (fleet->sensors[i].told != fleet->sensors[i].confirmed)
			look_at(fleet, &fleet->sensors[i], now);
	}
}

static uint64_t waiting_at(const struct sensor *sensor)
{
	return sensor->told - sensor->confirmed;
}

static uint64_t waiting(const struct fleet *fleet)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < fleet->count; i++)
		sum += waiting_at(&fleet->sensors[i]);
	return sum;
}

static bool drain(struct fleet *fleet)
{
	uint64_t end = now_ns(CLOCK_MONOTONIC) + PATIENCE_S * NS_PER_S;

	while (waiting(fleet) != 0 && now_ns(CLOCK_MONOTONIC) < end)
		turn(fleet, 1);
	return waiting(fleet) == 0;
}

/* ---- events ---- */

static void tell(struct fleet *fleet, uint32_t index, struct event *event)
{
	struct sensor *sensor = &fleet->sensors[index];

	sensor->told++;
	story_sign(event, fleet->first + index, sensor->told, now_ns(CLOCK_REALTIME));
	sensor->told_ns[sensor->told % WAITING_MAX] = now_ns(CLOCK_MONOTONIC);
	outputs_event(sensor->outputs, event);
	fleet->events++;
}

/* The sensor that sees it, or the second one of the same site. */
static uint32_t sensor_of(const struct fleet *fleet, uint32_t exposure, bool second)
{
	return (exposure + (second ? fleet->sites : 0)) % fleet->count;
}

static bool has_second(const struct fleet *fleet, uint32_t exposure)
{
	return exposure % 10 == 0 && fleet->count > fleet->sites;
}

static uint32_t serial(const struct fleet *fleet, uint32_t exposure)
{
	return exposure / fleet->sites + fleet->first * 1000;
}

static void tell_exposure(struct fleet *fleet, uint32_t exposure, bool second, enum event_kind kind)
{
	struct story_view *view = &fleet->exposures[exposure].view[second];
	struct event event;

	view->flows++;
	view->closed = kind == EVENT_EXPOSURE_CLOSED;
	if (kind == EVENT_EXPOSURE_OPENED)
		view->level = LEVEL_REACHABLE;
	else if (kind == EVENT_EXPOSURE_ESCALATED && view->level < LEVEL_DATA_OUT)
		view->level++;
	story_exposure(&event, fleet->services, kind, exposure % fleet->sites,
		       serial(fleet, exposure), view);
	tell(fleet, sensor_of(fleet, exposure, second), &event);
}

static bool open_exposures(struct fleet *fleet, uint32_t wanted)
{
	while (fleet->opened < wanted && fleet->opened < fleet->capacity) {
		uint32_t exposure = fleet->opened;

		if (waiting_at(&fleet->sensors[sensor_of(fleet, exposure, false)]) >= HOLD_AT ||
		    waiting_at(&fleet->sensors[sensor_of(fleet, exposure, true)]) >= HOLD_AT) {
			turn(fleet, 1);
			continue;
		}
		tell_exposure(fleet, exposure, false, EVENT_EXPOSURE_OPENED);
		if (has_second(fleet, exposure))
			tell_exposure(fleet, exposure, true, EVENT_EXPOSURE_OPENED);
		if (++fleet->opened % 32 == 0)
			turn(fleet, 0);
	}
	return drain(fleet);
}

static void tell_something(struct fleet *fleet)
{
	uint32_t exposure = chance_below(&fleet->chance, fleet->opened);
	bool second = has_second(fleet, exposure) && chance_below(&fleet->chance, 2) == 0;
	uint32_t index = sensor_of(fleet, exposure, second);
	uint32_t what = chance_below(&fleet->chance, 100);
	struct event event;

	if (waiting_at(&fleet->sensors[index]) >= WAITING_MAX - 1) {
		fleet->left_out++;
	} else if (fleet->exposures[exposure].view[second].closed) {
		tell_exposure(fleet, exposure, second, EVENT_EXPOSURE_REOPENED);
	} else if (what < 6) {
		story_incident(&event, exposure % fleet->sites, serial(fleet, exposure));
		tell(fleet, index, &event);
	} else {
		tell_exposure(fleet, exposure, second,
			      what < 10	  ? EVENT_EXPOSURE_CLOSED
			      : what < 25 ? EVENT_EXPOSURE_ESCALATED
					  : EVENT_EXPOSURE_SUMMARY);
	}
}

static bool offer(struct fleet *fleet, uint32_t rate, uint32_t seconds)
{
	uint64_t begin = now_ns(CLOCK_MONOTONIC), offered = 0, due;
	uint64_t total = (uint64_t)rate * seconds;

	while (offered < total && fleet->opened != 0) {
		due = (now_ns(CLOCK_MONOTONIC) - begin) * rate / NS_PER_S;
		if (due > total)
			due = total;
		turn(fleet, due > offered ? 0 : 1);
		for (int i = 0; i < 64 && offered < due; i++, offered++)
			tell_something(fleet);
	}
	return drain(fleet);
}

static bool all_connected(const struct fleet *fleet)
{
	for (uint32_t i = 0; i < fleet->count; i++) {
		struct outputs_stats stats;

		outputs_stats(fleet->sensors[i].outputs, &stats);
		if (!stats.redis_connected)
			return false;
	}
	return true;
}

static bool beat(struct fleet *fleet)
{
	const struct heartbeat heartbeat = {
		.now_ns = now_ns(CLOCK_REALTIME),
		.packet_ns = now_ns(CLOCK_REALTIME),
		.state = "watching",
	};

	for (int i = 0; i < PATIENCE_S * 10 && !all_connected(fleet); i++)
		turn(fleet, 100);
	for (uint32_t i = 0; i < fleet->count; i++)
		outputs_heartbeat(fleet->sensors[i].outputs, &heartbeat);
	for (int i = 0; i < 50; i++)
		turn(fleet, 10);
	return all_connected(fleet);
}

/* ---- commands ---- */

static void answer(const struct fleet *fleet, bool good, uint64_t wall_ns, uint64_t cpu_ns)
{
	uint64_t errors = 0, reconnects = 0;
	const char *comma = "";

	for (uint32_t i = 0; i < fleet->count; i++) {
		struct outputs_stats stats;

		outputs_stats(fleet->sensors[i].outputs, &stats);
		errors += stats.redis_errors + stats.journal_lost + stats.journal_errors;
		reconnects += stats.redis_reconnects;
	}
	printf("{\"good\":%s,\"events\":%" PRIu64 ",\"left_out\":%" PRIu64 ",\"seconds\":%.3f,"
	       "\"cpu_seconds\":%.3f,\"errors\":%" PRIu64 ",\"reconnects\":%" PRIu64
	       ",\"max_us\":%" PRIu64 ",\"latency\":[",
	       good ? "true" : "false", fleet->events, fleet->left_out, (double)wall_ns / 1e9,
	       (double)cpu_ns / 1e9, errors, reconnects, fleet->latency_max_us);
	for (unsigned i = 0; i < BUCKETS; i++) {
		if (fleet->latency[i] == 0)
			continue;
		printf("%s[%" PRIu64 ",%" PRIu64 "]", comma, bucket_end(i), fleet->latency[i]);
		comma = ",";
	}
	puts("]}");
	fflush(stdout);
}

/* The number behind the word, if the line begins with it; moves `line` behind the number. */
static bool take(const char **line, const char *word, uint32_t *number)
{
	size_t length = strlen(word);
	char *end;

	if (strncmp(*line, word, length) != 0)
		return false;
	*number = (uint32_t)strtoul(*line + length, &end, 10);
	*line = end;
	return true;
}

static bool obey(struct fleet *fleet, const char *line)
{
	uint32_t number, seconds;

	if (take(&line, "open ", &number))
		return open_exposures(fleet, number);
	if (take(&line, "offer ", &number))
		return take(&line, " ", &seconds) && offer(fleet, number, seconds);
	return strncmp(line, "beat", 4) == 0 && beat(fleet);
}

static void listen_to(struct fleet *fleet)
{
	char line[128];

	while (fgets(line, sizeof line, stdin) != NULL) {
		uint64_t wall = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
		bool good;

		fleet->events = fleet->left_out = fleet->latency_max_us = 0;
		memset(fleet->latency, 0, sizeof fleet->latency);
		good = obey(fleet, line);
		answer(fleet, good, now_ns(CLOCK_MONOTONIC) - wall,
		       now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu);
	}
}

static uint32_t number_of(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 10);
}

static void read_options(struct fleet *fleet, int argc, char **argv)
{
	static const struct option options[] = {
		{"redis", required_argument, NULL, 'r'},
		{"journal", required_argument, NULL, 'j'},
		{"sensors", required_argument, NULL, 's'},
		{"first", required_argument, NULL, 'f'},
		{"sites", required_argument, NULL, 't'},
		{"exposures", required_argument, NULL, 'e'},
		{"stream-maxlen", required_argument, NULL, 'm'},
		{NULL, 0, NULL, 0},
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (letter) {
		case 'r':
			fleet->url = optarg;
			break;
		case 'j':
			fleet->journal = optarg;
			break;
		case 's':
			fleet->count = number_of(optarg);
			break;
		case 'f':
			fleet->first = number_of(optarg);
			break;
		case 't':
			fleet->sites = number_of(optarg);
			break;
		case 'e':
			fleet->capacity = number_of(optarg);
			break;
		case 'm':
			fleet->stream_maxlen = number_of(optarg);
			break;
		default:
			exit(2);
		}
	}
	if (fleet->url == NULL || fleet->sites == 0 || fleet->count % fleet->sites != 0 ||
	    (fleet->journal != NULL && fleet->count != 1))
		fatalx(2, "usage: fleet --redis URL [--sensors N] [--sites N] [--first N] "
			  "[--exposures N] [--stream-maxlen N] [--journal FILE]; as many sensors "
			  "at each site; a "
			  "journal has one sensor");
}

int main(int argc, char **argv)
{
	struct fleet fleet = {.count = 1, .sites = 1, .capacity = 1000, .chance = {2015}};

	read_options(&fleet, argc, argv);
	fleet.loop = loop_new();
	fleet.services = services_new();
	fleet.sensors = calloc(fleet.count, sizeof *fleet.sensors);
	fleet.exposures = calloc(fleet.capacity, sizeof *fleet.exposures);
	if (!fleet.loop || !fleet.services || !fleet.sensors || !fleet.exposures)
		fatalx(1, "out of memory");
	for (uint32_t i = 0; i < fleet.count; i++)
		begin_sensor(&fleet, i);
	listen_to(&fleet);
	for (uint32_t i = 0; i < fleet.count; i++)
		outputs_free(fleet.sensors[i].outputs);
	free(fleet.sensors);
	free(fleet.exposures);
	services_free(fleet.services);
	loop_free(fleet.loop);
	return 0;
}
