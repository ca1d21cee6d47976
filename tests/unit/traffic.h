/* SPDX-License-Identifier: ISC */
/*
 * A worker in virtual time: frames in, every observation kept and checked. A `talk` is one TCP
 * conversation that keeps its own sequence numbers and sends only the sides that are mirrored.
 */
#ifndef TESTS_UNIT_TRAFFIC_H
#define TESTS_UNIT_TRAFFIC_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/worker/worker.h"
#include "tests/unit/observed.h"
#include "tests/unit/packets.h"

#define SECOND	     1000000000ull
#define MILLISECOND  1000000ull
#define START	     (1700000000 * SECOND)
#define OBSERVED_MAX 4096

#define CLIENT	"203.0.113.7"
#define SERVER	"10.20.0.5"
#define INSIDER "10.1.2.3"
#define VAULT	"10.40.0.9"    /* must not connect out either */
#define ABROAD	"198.51.100.5" /* ours, though not inside, as the next */
#define ABROAD2 "198.51.100.6"

#define TRAFFIC_POLICY                                                                             \
	"version: 1\nsite: test\n"                                                                 \
	"zones:\n  inside: [10.0.0.0/8, \"fd00::/8\"]\n  partners: [198.51.100.0/24]\n"            \
	"groups:\n"                                                                                \
	"  logging: { hosts: [10.20.0.0/24, \"fd00:20::/64\"] }\n"                                 \
	"  odd: { hosts: [10.30.0.0/24], ports: [45000, 45001/udp] }\n"                            \
	"  abroad: { hosts: [198.51.100.5, 198.51.100.6] }\n"                                      \
	"  vault: { hosts: [10.40.0.0/24] }\n"                                                     \
	"rules:\n"                                                                                 \
	"  - { name: internal, groups: [logging, odd, abroad], internal-only: true,"               \
	" severity: critical }\n"                                                                  \
	"  - { name: isolated, groups: [vault], internal-only: true, both-directions: true,"       \
	" severity: high }\n"

struct traffic {
	struct services *services;
	struct policy *policy;
	struct worker *worker;
	uint64_t now_ns;
	bool ring_full;	    /* refuse observations */
	size_t ring_places; /* refuse them when so many are in it; 0: never */
	size_t ring_taken;  /* observations that are not in the ring any more */
	size_t count;
	struct observation observed[OBSERVED_MAX];
	struct frame frame;
};

static inline bool traffic_emit(void *context, const struct observation *observation)
{
	struct traffic *traffic = context;
	const char *fault = observed_fault(observation, traffic->policy);

	if (fault)
		fail_msg("%s", fault);
	if (traffic->ring_full || (traffic->ring_places != 0 &&
				   traffic->count - traffic->ring_taken >= traffic->ring_places))
		return false;
	assert_true(traffic->count < OBSERVED_MAX);
	traffic->observed[traffic->count++] = *observation;
	return true;
}

static inline struct worker_options traffic_options(void)
{
	return (struct worker_options){
		.max_flows = 64,
		.max_sessions = 32,
		.reassembly_blocks = 64,
		.ndpi_flows = 16,
		.max_probed = 64,
		.outbound_entries = 4096,
		.tcp_idle_ns = 3600 * SECOND,
		.hash_key = 1,
		.number = 3,
	};
}

/* With options->everything there is no policy. */
static inline struct traffic *traffic_new(const struct worker_options *options)
{
	struct traffic *traffic = calloc(1, sizeof *traffic);
	struct policy_vocabulary vocabulary;
	struct policy_messages messages;

	assert_non_null(traffic);
	traffic->services = services_new();
	vocabulary = services_vocabulary(traffic->services);
	if (!options->everything) {
		traffic->policy = policy_parse(TRAFFIC_POLICY, strlen(TRAFFIC_POLICY), &vocabulary,
					       &messages);
		policy_messages_free(&messages);
		assert_non_null(traffic->policy);
	}
	traffic->worker =
		worker_new(options, traffic->policy, traffic->services, traffic_emit, traffic);
	assert_non_null(traffic->worker);
	traffic->now_ns = START;
	return traffic;
}

static inline void traffic_free(struct traffic *traffic)
{
	worker_free(traffic->worker);
	policy_free(traffic->policy);
	services_free(traffic->services);
	free(traffic);
}

static inline struct worker_stats traffic_stats(const struct traffic *traffic)
{
	struct worker_stats stats;

	worker_stats(traffic->worker, &stats);
	return stats;
}

/* The frame at hand, in a block of exactly its size. */
static inline void traffic_send_frame(struct traffic *traffic)
{
	uint8_t *copy = malloc(traffic->frame.length);

	memcpy(copy, traffic->frame.bytes, traffic->frame.length);
	worker_packet(traffic->worker, traffic->frame.link, copy, (uint32_t)traffic->frame.length,
		      (uint32_t)traffic->frame.length, traffic->now_ns);
	free(copy);
}

static inline void traffic_send(struct traffic *traffic, const struct packet_spec *spec)
{
	packet_build(&traffic->frame, spec);
	traffic_send_frame(traffic);
}

static inline void traffic_udp(struct traffic *traffic, const char *source, uint16_t source_port,
			       const char *destination, uint16_t destination_port, const char *text)
{
	struct packet_spec spec = {
		.source = source,
		.destination = destination,
		.source_port = source_port,
		.destination_port = destination_port,
		.transport = IP_UDP,
		.payload = text,
	};

	traffic_send(traffic, &spec);
}

/* Time passes in steps, as packets of others would let it. */
static inline void traffic_pass(struct traffic *traffic, uint64_t ns)
{
	uint64_t end_ns = traffic->now_ns + ns;

	while (traffic->now_ns < end_ns) {
		traffic->now_ns += ns < 60 * SECOND ? 100 * MILLISECOND : 5 * SECOND;
		worker_tick(traffic->worker, traffic->now_ns);
	}
}

static inline size_t traffic_count(const struct traffic *traffic, enum observation_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < traffic->count; i++)
		count += traffic->observed[i].kind == kind;
	return count;
}

static inline size_t traffic_flows(const struct traffic *traffic)
{
	return traffic_count(traffic, OBSERVATION_FLOW);
}

/* The newest of its kind; there must be one. */
static inline const struct observation *traffic_newest(const struct traffic *traffic,
						       enum observation_kind kind)
{
	for (size_t i = traffic->count; i > 0; i--) {
		if (traffic->observed[i - 1].kind == kind)
			return &traffic->observed[i - 1];
	}
	fail_msg("nothing was told");
	return NULL;
}

static inline const struct flow_report *traffic_flow(const struct traffic *traffic)
{
	return &traffic_newest(traffic, OBSERVATION_FLOW)->flow;
}

/* Everything that was told of flows, added up. */
static inline void traffic_bytes(const struct traffic *traffic, uint64_t *c2s, uint64_t *s2c)
{
	*c2s = *s2c = 0;
	for (size_t i = 0; i < traffic->count; i++) {
		if (traffic->observed[i].kind != OBSERVATION_FLOW)
			continue;
		*c2s += traffic->observed[i].flow.new_bytes_c2s;
		*s2c += traffic->observed[i].flow.new_bytes_s2c;
	}
}

struct talk {
	struct traffic *traffic;
	const char *client, *server;
	uint16_t client_port, server_port;
	uint8_t mirrored;	       /* enum sight: the sides whose packets are seen */
	uint32_t client_at, server_at; /* next sequence numbers */
};

static inline struct talk talk_new(struct traffic *traffic, uint16_t client_port,
				   uint16_t server_port)
{
	return (struct talk){
		.traffic = traffic,
		.client = CLIENT,
		.server = SERVER,
		.client_port = client_port,
		.server_port = server_port,
		.mirrored = SIGHT_BOTH,
		.client_at = 0xfffffff0u, /* soon wraps */
		.server_at = 5000,
	};
}

/* One segment as that side would send it now, without moving its sequence number. */
static inline void talk_put(struct talk *talk, enum side from, uint8_t flags, const void *bytes,
			    size_t length)
{
	bool client = from == SIDE_CLIENT;
	struct packet_spec spec = {
		.source = client ? talk->client : talk->server,
		.destination = client ? talk->server : talk->client,
		.source_port = client ? talk->client_port : talk->server_port,
		.destination_port = client ? talk->server_port : talk->client_port,
		.flags = flags,
		.sequence = client ? talk->client_at : talk->server_at,
		.acknowledgement =
			flags & TCP_ACK ? (client ? talk->server_at : talk->client_at) : 0,
		.payload = length ? bytes : NULL,
		.payload_length = length,
	};

	talk->traffic->now_ns += MILLISECOND;
	if (talk->mirrored & (client ? SIGHT_CLIENT : SIGHT_SERVER))
		traffic_send(talk->traffic, &spec);
}

static inline void talk_flags(struct talk *talk, enum side from, uint8_t flags)
{
	uint32_t *at = from == SIDE_CLIENT ? &talk->client_at : &talk->server_at;

	talk_put(talk, from, flags, NULL, 0);
	*at += (flags & (TCP_SYN | TCP_FIN)) != 0;
}

static inline void talk_bytes(struct talk *talk, enum side from, const void *bytes, size_t length)
{
	talk_put(talk, from, TCP_PSH | TCP_ACK, bytes, length);
	*(from == SIDE_CLIENT ? &talk->client_at : &talk->server_at) += (uint32_t)length;
}

static inline void talk_say(struct talk *talk, enum side from, const char *text)
{
	talk_bytes(talk, from, text, strlen(text));
}

static inline void talk_open(struct talk *talk)
{
	talk_flags(talk, SIDE_CLIENT, TCP_SYN);
	talk_flags(talk, SIDE_SERVER, TCP_SYN | TCP_ACK);
	talk_flags(talk, SIDE_CLIENT, TCP_ACK);
}

static inline void talk_end(struct talk *talk)
{
	talk_flags(talk, SIDE_CLIENT, TCP_FIN | TCP_ACK);
	talk_flags(talk, SIDE_SERVER, TCP_FIN | TCP_ACK);
	talk_flags(talk, SIDE_CLIENT, TCP_ACK);
}

#endif
