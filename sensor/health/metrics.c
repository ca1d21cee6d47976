/* SPDX-License-Identifier: ISC */
/*
 * See metrics.h. Plain counters are rows of a table: a new one is a row. Names are a contract:
 * what is measured, in base units, `_total` for what only grows (Prometheus's naming rules).
 */
#include "sensor/health/metrics.h"

#include <stddef.h>

#include "sensor/base/clock.h"

struct row {
	const char *name, *type, *help;
	size_t offset; /* of an uint64_t in struct metrics */
};

#define COUNTER(name, member, help)                                                                \
	{                                                                                          \
		name, "counter", help, offsetof(struct metrics, member)                            \
	}
#define GAUGE(name, member, help)                                                                  \
	{                                                                                          \
		name, "gauge", help, offsetof(struct metrics, member)                              \
	}

/* Of the packet path: told with the interface's name. */
static const struct row packet_rows[] = {
	COUNTER("packets_total", worker.packets, "Packets looked at."),
	COUNTER("bytes_total", worker.bytes, "Bytes of them, as on the wire."),
	COUNTER("capture_received_total", capture.received,
		"Packets that passed the filter, those that the kernel dropped included."),
	COUNTER("capture_dropped_kernel_total", capture.dropped_kernel,
		"Packets dropped because the ring of a worker was full."),
	COUNTER("capture_dropped_interface_total", capture.dropped_interface,
		"Packets dropped by the adapter or its driver."),
	COUNTER("packets_cut_total", worker.cut_frames,
		"Packets shorter in the capture than on the wire."),
	COUNTER("payloads_cut_total", worker.cut_short,
		"Packets that matter whose payload was cut off."),
	COUNTER("packets_cut_by_mirror_total", worker.mirror_cut,
		"Packets whose end did not come in their frame."),
	COUNTER("packets_tunnelled_total", worker.tunnelled,
		"Packets that came in a tunnel that was looked into."),
	COUNTER("packets_unknown_tunnel_total", worker.decoded[DECODE_TUNNEL],
		"Packets in tunnels that are not understood."),
	COUNTER("packets_too_deep_total", worker.decoded[DECODE_TOO_DEEP],
		"Packets in more tunnels than are looked into."),
	COUNTER("packets_bad_checksum_total", worker.decoded[DECODE_CHECKSUM],
		"Packets with a wrong checksum, with --checksums."),
	COUNTER("packets_duplicated_total", worker.duplicates, "Copies of packets that matter."),
	COUNTER("fragments_total", worker.decoded[DECODE_FRAGMENT], "IP fragments."),
	COUNTER("datagrams_whole_total", worker.fragments.whole,
		"Datagrams put together from fragments."),
	COUNTER("datagrams_given_up_total", worker.fragments.given_up,
		"Datagrams that never became whole."),
	COUNTER("datagrams_no_room_total", worker.fragments.no_room,
		"Datagrams given up because the room for fragments was full."),
	COUNTER("fragments_overlapping_total", worker.fragments.overlaps,
		"Fragments with bytes that were there already."),
	COUNTER("fragments_conflicting_total", worker.fragments.conflicts,
		"Of them, those with other bytes."),
	COUNTER("fragments_lying_total", worker.fragments.liars,
		"Fragments that contradict the length of their datagram."),
	COUNTER("packets_elsewhere_total", worker.elsewhere,
		"Packets that no rule could care about."),
	COUNTER("packets_outbound_total", worker.outbound,
		"Packets of conversations begun by hosts of ours."),
	COUNTER("probes_total", worker.probes, "SYNs and first datagrams from outside."),
	COUNTER("flows_created_total", worker.flows_created, "Conversations that matter."),
	COUNTER("flows_evicted_total", worker.flows_evicted,
		"Conversations given up because the table was full."),
	COUNTER("sessions_evicted_total", worker.sessions.evicted,
		"Conversations no longer read because the table was full."),
	COUNTER("reassembly_refused_total", worker.sessions.reassembly_refused,
		"Early segments without room."),
	COUNTER("stream_gaps_total", worker.sessions.gaps, "Gaps in streams that were read."),
	COUNTER("stream_gap_bytes_total", worker.sessions.gap_bytes, "Bytes missing in them."),
	COUNTER("names_lost_total", worker.sessions.names_lost,
		"Names of users and objects that were not told apart."),
	COUNTER("ndpi_packets_total", worker.sessions.identify.ndpi_packets,
		"Packets shown to nDPI."),
	COUNTER("ndpi_identified_total", worker.sessions.identify.ndpi_identified,
		"Conversations named by nDPI."),
	COUNTER("ndpi_refused_total", worker.sessions.identify.ndpi_refused,
		"Conversations without room in nDPI's pool."),
	COUNTER("probed_evicted_total", worker.probed_evicted,
		"Probed endpoints forgotten because the table was full."),
	COUNTER("carried_clients_total", worker.carried,
		"Clients for whom listed proxies spoke, by connection."),
	COUNTER("carried_evicted_total", worker.carried_evicted,
		"Of them, those concluded because too many took turns on one connection."),
	COUNTER("client_claims_total", worker.sessions.claims,
		"Claims to speak for a client by somebody who is not a listed proxy."),
	COUNTER("observations_total", worker.observations, "What workers told the main thread."),
	COUNTER("observations_retried_total", worker.observations_refused,
		"Observations that found the ring full and were told later."),
	COUNTER("observations_lost_total", worker.observations_lost,
		"Observations that found the ring full and were lost."),
	COUNTER("tunnels_unnamed_total", worker.tunnels_unnamed,
		"Tunnels without a place in the table of their names."),
	COUNTER("watched_bytes_total", worker.pairs.bytes,
		"Bytes sent in the sample of conversations that sight is judged by."),
	COUNTER("watched_bytes_unseen_total", worker.pairs.unseen_bytes,
		"Of them, bytes acknowledged and never seen."),
};

/* Of the event side. */
static const struct row event_rows[] = {
	COUNTER("exposures_opened_total", engine.exposures_opened, "Exposures opened, also again."),
	COUNTER("exposures_closed_total", engine.exposures_closed, "Exposures closed."),
	COUNTER("exposures_evicted_total", engine.exposures_evicted,
		"Exposures forgotten because the table was full."),
	COUNTER("exposures_refused_total", engine.exposures_refused,
		"Reports of exposures not taken: the table was full of ones as serious."),
	GAUGE("exposures_quiet", engine.exposures_quiet,
	      "Of the open exposures, those that only their incident counts."),
	COUNTER("exposures_untracked_total", engine.exposures_untracked,
		"Reports of such endpoints that have no record: the table was full."),
	COUNTER("walls_evicted_total", engine.walls_evicted,
		"Endpoints seen closed that were forgotten because the table was full."),
	COUNTER("incidents_evicted_total", engine.incidents_evicted,
		"Incidents forgotten because the table was full."),
	GAUGE("incidents_open", engine.incidents_open, "Incidents that are open."),
	COUNTER("alerts_total", outputs.alerts, "Events that somebody should be told at once."),
	COUNTER("output_errors_total", outputs.out_errors,
		"Lines that standard output did not take."),
	GAUGE("journal_waiting", outputs.waiting, "Events that Redis has not confirmed."),
	COUNTER("journal_lost_total", outputs.journal_lost,
		"Events pushed out of a full journal before Redis had them."),
	COUNTER("journal_errors_total", outputs.journal_errors, "Events that could not be stored."),
	COUNTER("redis_sent_total", outputs.redis_sent, "Events sent to Redis."),
	COUNTER("redis_confirmed_total", outputs.redis_confirmed, "Events that Redis has."),
	GAUGE("redis_in_flight", outputs.redis_in_flight, "Events sent and not confirmed."),
	COUNTER("redis_reconnects_total", outputs.redis_reconnects, "Connections to Redis."),
	COUNTER("redis_errors_total", outputs.redis_errors, "Failures of Redis."),
	COUNTER("redis_rejected_total", outputs.redis_rejected,
		"Events that Redis will never take."),
	COUNTER("redis_forgotten_total", outputs.redis_forgotten,
		"Events that Redis confirmed and lost, and that the journal keeps no more."),
	COUNTER("evidence_packets_total", evidence.packets, "Packets kept as evidence."),
	COUNTER("evidence_bytes_total", evidence.bytes, "Bytes written for them."),
	COUNTER("evidence_refused_total", evidence.refused,
		"Packets beyond the limit of their file."),
	COUNTER("evidence_errors_total", evidence.errors, "Packets that could not be written."),
	COUNTER("evidence_lost_total", worker.evidence_lost,
		"Packets that found the ring to the main thread full."),
	COUNTER("evidence_evicted_total", evidence.evicted, "Files deleted to make room."),
	GAUGE("evidence_files", evidence.files, "Files of evidence."),
	GAUGE("evidence_disk_bytes", evidence.on_disk, "Bytes of them."),
	COUNTER("http_requests_total", http.requests, "Requests to this page and its like."),
	COUNTER("http_refused_total", http.refused,
		"Connections closed because there were too many."),
	COUNTER("http_dropped_total", http.dropped, "Connections that came to nothing."),
};

static void put_rows(struct metrics_text *text, const struct metrics *metrics,
		     const struct row *rows, size_t count, const char *const *labels)
{
	for (size_t i = 0; i < count; i++) {
		const char *at = (const char *)metrics + rows[i].offset;

		metrics_family(text, rows[i].name, rows[i].type, rows[i].help);
		metrics_sample(text, labels, *(const uint64_t *)(const void *)at);
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
			metrics->worker.newest_ns);
}

static void put_decoded(struct metrics_text *text, const struct metrics *metrics)
{
	metrics_family(text, "decoded_total", "counter", "Packets by what decoding came to.");
	for (int i = 0; i < DECODE_RESULT_COUNT; i++)
		metrics_sample(text,
			       (const char *[]){"interface", metrics->interface, "result",
						decode_result_name((enum decode_result)i), NULL},
			       metrics->worker.decoded[i]);
	metrics_family(text, "watched_conversations_total", "counter",
		       "Conversations in the sample that sight is judged by, by directions seen.");
	metrics_sample(text,
		       (const char *[]){"interface", metrics->interface, "sight", "both", NULL},
		       metrics->worker.pairs.both);
	metrics_sample(text,
		       (const char *[]){"interface", metrics->interface, "sight", "one-way", NULL},
		       metrics->worker.pairs.one_way);
}

static void put_tables(struct metrics_text *text, const struct metrics *metrics)
{
	const struct metrics_sizes *sizes = &metrics->sizes;
	const struct {
		const char *table;
		uint64_t used, size;
	} tables[] = {
		{"flows", metrics->worker.flows, sizes->flows},
		{"sessions", metrics->worker.sessions.in_use, sizes->sessions},
		{"reassembly-blocks", metrics->worker.sessions.blocks_in_use,
		 sizes->reassembly_blocks},
		{"exposures", metrics->engine.exposures_open, sizes->exposures},
		{"incidents", metrics->engine.incidents_open, sizes->incidents},
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
	if (!metrics->outputs.redis)
		return;
	metrics_latency(text, "delivery_delay_seconds",
			"From the decision of an event to Redis's confirmation.",
			&metrics->outputs.delivery);
	metrics_single(text, "delivery_clock_back_total", "counter",
		       "Of them, confirmed before their decision: the clock was set back.",
		       metrics->outputs.delivery.negative);
	metrics_single(text, "redis_up", "gauge", "1: Redis takes events.",
		       metrics->outputs.redis_connected);
	metrics_family(text, "redis_down_seconds", "gauge", "For how long Redis has been away.");
	metrics_seconds(text, NULL,
			metrics->redis_down_ns != 0 ? metrics->now_ns - metrics->redis_down_ns : 0);
}

/* Two samples of which one is 0: a number of seconds has no sign here. */
static void put_clock(struct metrics_text *text, const struct metrics *metrics)
{
	int64_t ms = metrics->outputs.redis_clock_skew_ms;

	if (!metrics->outputs.redis_clock_known)
		return;
	metrics_family(text, "redis_clock_skew_seconds", "gauge",
		       "How far this host's clock is from Redis's.");
	metrics_seconds(text, (const char *[]){"direction", "ahead", NULL},
			ms > 0 ? (uint64_t)ms * NS_PER_MS : 0);
	metrics_seconds(text, (const char *[]){"direction", "behind", NULL},
			ms < 0 ? (uint64_t)-ms * NS_PER_MS : 0);
}

static void put_blindness(struct metrics_text *text, const struct metrics *metrics)
{
	static const char *const families[][3] = {
		{"blind", "gauge", "1: blind for this cause."},
		{"blind_times_total", "counter", "How often it began."},
		{"blind_seconds_total", "counter", "For how long it held."},
	};

	for (size_t family = 0; family < 3; family++) {
		metrics_family(text, families[family][0], families[family][1], families[family][2]);
		for (int i = 0; i < BLIND_CAUSES; i++) {
			enum blind_cause cause = (enum blind_cause)i;
			const char *labels[] = {"interface", metrics->interface, "cause",
						blind_cause_name(cause), NULL};

			if (family == 0)
				metrics_sample(text, labels,
					       blindness_get(metrics->blindness, cause,
							     metrics->now_ns, NULL));
			else if (family == 1)
				metrics_sample(text, labels,
					       blindness_times(metrics->blindness, cause));
			else
				metrics_seconds(text, labels,
						blindness_total_ns(metrics->blindness, cause,
								   metrics->now_ns));
		}
	}
}

void metrics_write(const struct metrics *metrics, struct metrics_text *text)
{
	const char *const labels[] = {"interface", metrics->interface, NULL};

	put_sensor(text, metrics);
	put_rows(text, metrics, packet_rows, sizeof packet_rows / sizeof *packet_rows, labels);
	put_decoded(text, metrics);
	put_tables(text, metrics);
	put_events(text, metrics);
	put_clock(text, metrics);
	put_rows(text, metrics, event_rows, sizeof event_rows / sizeof *event_rows, NULL);
	put_blindness(text, metrics);
}
