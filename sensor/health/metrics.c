/* SPDX-License-Identifier: ISC */
/*
 * See metrics.h. Plain counters are rows of counter_rows.h; the rest is written here. Names are a
 * contract: what is measured, in base units, `_total` for what only grows (Prometheus's naming
 * rules).
 */
#include "sensor/health/metrics.h"

#include <string.h>

static bool has_family(const struct counter *counter)
{
	return strchr(counter->metric, '{') != NULL;
}

/* A counter of captures, of each interface by itself. */
static void put_of_each(struct metrics_text *text, const struct metrics *metrics,
			const struct counter *counter)
{
	for (size_t i = 0; i < metrics->interface_count; i++) {
		const struct metrics_interface *interface = &metrics->interfaces[i];
		const struct counters counters = {.capture = interface->capture};

		metrics_sample(text, (const char *[]){"interface", interface->name, NULL},
			       counters_value(&counters, counter));
	}
}

static void put_interfaces(struct metrics_text *text, const struct metrics *metrics)
{
	metrics_family(text, "interface_up", "gauge", "0: the interface is gone.");
	for (size_t i = 0; i < metrics->interface_count; i++)
		metrics_sample(text,
			       (const char *[]){"interface", metrics->interfaces[i].name, NULL},
			       !metrics->interfaces[i].gone);
}

/* Those without labels of their own; with the interface's name if a packet counted them. */
static void put_counters(struct metrics_text *text, const struct metrics *metrics)
{
	const char *const labels[] = {"interface", metrics->interface, NULL};
	size_t count;
	const struct counter *all = counters_all(&count);

	for (size_t i = 0; i < count; i++) {
		const struct counter *counter = &all[i];
		bool of_packets = counter->part == COUNTER_PART_CAPTURE ||
				  counter->part == COUNTER_PART_WORKER;

		if (has_family(counter))
			continue;
		metrics_family(text, counter->metric, counter->gauge ? "gauge" : "counter",
			       counter->meaning);
		if (counter->part == COUNTER_PART_CAPTURE && metrics->interface_count != 0)
			put_of_each(text, metrics, counter);
		else
			metrics_sample(text, of_packets ? labels : NULL,
				       counters_value(&metrics->counters, counter));
	}
}

static void put_sensor(struct metrics_text *text, const struct metrics *metrics)
{
	metrics_family(text, "build_info", "gauge", "The version, as a label.");
	metrics_sample(text, (const char *[]){"version", SPANWATCH_VERSION, NULL}, 1);
	metrics_family(text, "sensor_info", "gauge", "Who this is, as labels.");
	metrics_sample(text,
		       (const char *[]){"sensor", metrics->sensor, "site", metrics->site,
					"interface", metrics->interface, NULL},
		       1);
	metrics_family(text, "start_time_seconds", "gauge", "When the sensor started, Unix time.");
	metrics_seconds(text, NULL, metrics->started_ns);
	metrics_family(text, "newest_packet_time_seconds", "gauge",
		       "Time of the newest packet, Unix time; 0: none yet.");
	metrics_seconds(text, (const char *[]){"interface", metrics->interface, NULL},
			metrics->counters.worker.newest_ns);
}

static void put_decoded(struct metrics_text *text, const struct metrics *metrics)
{
	metrics_family(text, "decoded_total", "counter", "Packets by what decoding came to.");
	for (int i = 0; i < DECODE_RESULT_COUNT; i++)
		metrics_sample(text,
			       (const char *[]){"interface", metrics->interface, "result",
						decode_result_name((enum decode_result)i), NULL},
			       metrics->counters.worker.decoded[i]);
	metrics_family(text, "watched_conversations_total", "counter",
		       "Conversations in the sample that sight is judged by, by directions seen.");
	metrics_sample(text,
		       (const char *[]){"interface", metrics->interface, "sight", "both", NULL},
		       metrics->counters.worker.pairs.both);
	metrics_sample(text,
		       (const char *[]){"interface", metrics->interface, "sight", "one-way", NULL},
		       metrics->counters.worker.pairs.one_way);
}

static void put_tables(struct metrics_text *text, const struct metrics *metrics)
{
	const struct metrics_sizes *sizes = &metrics->sizes;
	const struct {
		const char *table;
		uint64_t used, size;
	} tables[] = {
		{"flows", metrics->counters.worker.flows, sizes->flows},
		{"sessions", metrics->counters.worker.sessions.in_use, sizes->sessions},
		{"reassembly-blocks", metrics->counters.worker.sessions.blocks_in_use,
		 sizes->reassembly_blocks},
		{"exposures", metrics->counters.engine.exposures_open, sizes->exposures},
		{"incidents", metrics->counters.engine.incidents_open, sizes->incidents},
	};

	metrics_family(text, "table_used", "gauge", "Places of a table in use.");
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		metrics_sample(text, (const char *[]){"table", tables[i].table, NULL},
			       tables[i].used);
	metrics_family(text, "table_size", "gauge", "Places of a table.");
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		metrics_sample(text, (const char *[]){"table", tables[i].table, NULL},
			       tables[i].size);
}

static void put_events(struct metrics_text *text, const struct metrics *metrics)
{
	metrics_family(text, "exposures_open", "gauge", "Exposures that are open, by severity.");
	for (int i = 0; i < ENGINE_SEVERITIES; i++)
		metrics_sample(text,
			       (const char *[]){"severity",
						policy_severity_name((enum policy_severity)i),
						NULL},
			       metrics->open[i]);
	metrics_family(text, "events_total", "counter", "Events told, by kind.");
	for (int i = 0; i < EVENT_KIND_COUNT; i++)
		metrics_sample(text,
			       (const char *[]){"kind", event_kind_name((enum event_kind)i), NULL},
			       metrics->tally->kinds[i]);
	metrics_latency(text, "detection_delay_seconds",
			"From the packet that opened an exposure to the decision.",
			&metrics->tally->detection);
	metrics_single(text, "detection_clock_back_total", "counter",
		       "Of them, decided before their packet: the clock was set back.",
		       metrics->tally->detection.negative);
	if (!metrics->counters.outputs.redis)
		return;
	metrics_latency(text, "delivery_delay_seconds",
			"From the decision of an event to Redis's confirmation.",
			&metrics->counters.outputs.delivery);
	metrics_single(text, "delivery_clock_back_total", "counter",
		       "Of them, confirmed before their decision: the clock was set back.",
		       metrics->counters.outputs.delivery.negative);
	metrics_single(text, "redis_up", "gauge", "1: Redis takes events.",
		       metrics->counters.outputs.redis_connected);
	metrics_family(text, "redis_down_seconds", "gauge", "For how long Redis has been away.");
	metrics_seconds(text, NULL,
			metrics->redis_down_ns != 0 ? metrics->now_ns - metrics->redis_down_ns : 0);
}

/* Two samples of which one is 0: a number of seconds has no sign here. */
static void put_clock(struct metrics_text *text, const struct metrics *metrics)
{
	int64_t ms = metrics->counters.outputs.redis_clock_skew_ms;

	if (!metrics->counters.outputs.redis_clock_known)
		return;
	metrics_family(text, "redis_clock_skew_seconds", "gauge",
		       "How far this host's clock is from Redis's.");
	metrics_seconds(text, (const char *[]){"direction", "ahead", NULL},
			ms > 0 ? (uint64_t)ms * NS_PER_MS : 0);
	metrics_seconds(text, (const char *[]){"direction", "behind", NULL},
			ms < 0 ? (uint64_t)-ms * NS_PER_MS : 0);
}

/* What is judged of each interface by itself. */
static bool is_of_each(enum blind_cause cause)
{
	return cause == BLIND_SILENCE || cause == BLIND_KERNEL_DROPS ||
	       cause == BLIND_INTERFACE_DROPS || cause == BLIND_GONE;
}

static void put_cause(struct metrics_text *text, unsigned family, const char *interface,
		      const struct blindness *blindness, enum blind_cause cause, uint64_t now_ns)
{
	const char *labels[] = {"interface", interface, "cause", blind_cause_name(cause), NULL};

	if (family == 0)
		metrics_sample(text, labels, blindness_get(blindness, cause, now_ns, NULL));
	else if (family == 1)
		metrics_sample(text, labels, blindness_times(blindness, cause));
	else
		metrics_seconds(text, labels, blindness_total_ns(blindness, cause, now_ns));
}

static void put_blindness(struct metrics_text *text, const struct metrics *metrics)
{
	static const char *const families[][3] = {
		{"blind", "gauge", "1: blind for this cause."},
		{"blind_times_total", "counter", "How often it began."},
		{"blind_seconds_total", "counter", "For how long it held."},
	};

	for (unsigned family = 0; family < 3; family++) {
		metrics_family(text, families[family][0], families[family][1], families[family][2]);
		for (int i = 0; i < BLIND_CAUSES; i++) {
			enum blind_cause cause = (enum blind_cause)i;

			if (!is_of_each(cause) || metrics->interface_count == 0)
				put_cause(text, family, metrics->interface, metrics->blindness,
					  cause, metrics->now_ns);
			for (size_t n = 0; is_of_each(cause) && n < metrics->interface_count; n++)
				put_cause(text, family, metrics->interfaces[n].name,
					  metrics->interfaces[n].sight, cause, metrics->now_ns);
		}
	}
}

void metrics_write(const struct metrics *metrics, struct metrics_text *text)
{
	put_sensor(text, metrics);
	put_interfaces(text, metrics);
	put_counters(text, metrics);
	put_decoded(text, metrics);
	put_tables(text, metrics);
	put_events(text, metrics);
	put_clock(text, metrics);
	put_blindness(text, metrics);
}
