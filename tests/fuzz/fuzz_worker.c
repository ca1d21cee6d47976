/* SPDX-License-Identifier: ISC */
/*
 * Bytes as a sequence of packets through a worker with tiny tables. Each step is a few bytes that
 * describe a packet of one of a handful of hosts (so that packets meet), or a frame byte by byte,
 * or time that passes, or a ring that is full. Nothing may crash, every table stays within its
 * bounds, and every observation makes sense.
 */
#include <stdlib.h>
#include <string.h>

#include "dissectors/read/bytes.h"
#include "sensor/worker/worker.h"
#include "tests/unit/observed.h"
#include "tests/unit/packets.h"

#define SECOND	 1000000000ull
#define FLOWS	 6
#define SESSIONS 3
#define BLOCKS	 4
#define STEPS	 4000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char policy_text[] =
	"version: 1\nsite: test\n"
	"zones:\n  inside: [10.0.0.0/8, \"fd00::/8\"]\n  partners: [198.51.100.0/24]\n"
	"groups:\n"
	"  logging: { hosts: [10.20.0.0/24, \"fd00:20::/64\"], ports: [514/udp, 514, 6379] }\n"
	"  abroad: { hosts: [198.51.100.5] }\n"
	"rules:\n"
	"  - { name: internal, groups: [logging, abroad], internal-only: true, severity: high }\n";

/* Made once: nDPI's module takes longer to make than a thousand inputs to run. */
struct lab {
	struct services *services;
	struct policy *policy;
	struct worker *workers[2]; /* with the policy, and of everything */
	bool everything, ring_full;
	uint64_t now_ns;
};

static void expect(bool good)
{
	if (!good)
		abort();
}

static bool on_observation(void *context, const struct observation *observation)
{
	const struct lab *lab = context;

	expect(observed_fault(observation, lab->everything ? NULL : lab->policy) == NULL);
	return !lab->ring_full;
}

static void make_lab(struct lab *lab)
{
	struct worker_options options = {
		.max_flows = FLOWS,
		.max_sessions = SESSIONS,
		.reassembly_blocks = BLOCKS,
		.ndpi_flows = 2,
		.max_probed = 4,
		.outbound_entries = 16,
		.fragment_pages = 3,
		.duplicate_ns = SECOND / 10,
		.tcp_idle_ns = 3600 * SECOND,
	};
	struct policy_vocabulary vocabulary;
	struct policy_messages messages;

	lab->services = services_new();
	vocabulary = services_vocabulary(lab->services);
	lab->policy = policy_parse(policy_text, sizeof policy_text - 1, &vocabulary, &messages);
	policy_messages_free(&messages);
	expect(lab->policy != NULL);
	for (int i = 0; i < 2; i++) {
		options.everything = options.decode.separate_vni = i == 1;
		lab->workers[i] =
			worker_new(&options, lab->policy, lab->services, on_observation, lab);
		expect(lab->workers[i] != NULL);
	}
}

static void check_bounds(const struct worker *worker)
{
	struct worker_stats stats;

	worker_stats(worker, &stats);
	expect(stats.flows <= FLOWS);
	expect(stats.sessions.in_use <= SESSIONS && stats.sessions.in_use <= stats.flows);
	expect(stats.sessions.blocks_in_use <= BLOCKS);
}

static void send_frame(struct lab *lab, struct worker *worker, enum link_type link,
		       const uint8_t *bytes, size_t captured, size_t wire)
{
	uint8_t *copy = malloc(captured ? captured : 1);

	expect(copy != NULL);
	if (captured)
		memcpy(copy, bytes, captured);
	worker_packet(worker, link, copy, (uint32_t)captured, (uint32_t)wire, lab->now_ns);
	free(copy);
}

/* A packet described by eight bytes and its payload. */
static void send_described(struct lab *lab, struct worker *worker, struct bytes *input,
			   struct frame *frame)
{
	static const char *const hosts[] = {"203.0.113.7", "198.51.100.5", "10.20.0.5", "10.1.2.3"};
	static const uint16_t ports[] = {40000, 6379, 514, 50001};
	uint8_t who = bytes_u8(input), flags = bytes_u8(input), cut = bytes_u8(input);
	struct packet_spec spec = {
		.source = hosts[who & 3],
		.destination = hosts[who >> 2 & 3],
		.source_port = ports[who >> 4 & 3],
		.destination_port = ports[who >> 6 & 3],
		.transport = flags & 0x80 ? IP_UDP : IP_TCP,
		.flags = flags & 0x1f,
		.sequence = bytes_be16(input) - 0x8000u,
		.acknowledgement = bytes_be16(input) - 0x8000u,
	};
	size_t length = bytes_u8(input);

	if (length > input->left)
		length = input->left;
	spec.payload_length = length;
	spec.payload = length ? bytes_take(input, length) : NULL;
	if (flags & 0x40)
		packet_build_icmp_error(frame, hosts[cut & 3], &spec, 3, cut >> 4, 40);
	else
		packet_build(frame, &spec);
	length = flags & 0x20 && cut < frame->length ? frame->length - cut : frame->length;
	send_frame(lab, worker, frame->link, frame->bytes, length, frame->length);
}

static void send_raw(struct lab *lab, struct worker *worker, struct bytes *input)
{
	enum link_type link = (enum link_type)(bytes_u8(input) % (LINK_UNSUPPORTED + 1));
	size_t length = bytes_u8(input), more = bytes_u8(input);

	if (length > input->left)
		length = input->left;
	send_frame(lab, worker, link, length ? bytes_take(input, length) : NULL, length,
		   length + more);
}

static void step(struct lab *lab, struct worker *worker, struct bytes *input, struct frame *frame)
{
	uint8_t what = bytes_u8(input);

	lab->now_ns += (what >> 3) * 1000000u;
	switch (what & 7) {
	case 0:
		send_raw(lab, worker, input);
		break;
	case 1: /* forwards up to an hour, or backwards */
		lab->now_ns += bytes_be16(input) * (SECOND / 16);
		if (what & 0x80)
			lab->now_ns -= 3 * 3600 * SECOND;
		worker_tick(worker, lab->now_ns);
		break;
	case 2:
		lab->ring_full = !lab->ring_full;
		break;
	default:
		send_described(lab, worker, input, frame);
	}
	check_bounds(worker);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct lab lab; /* a fuzz target is called again and again: see struct lab */
	static struct frame frame;
	struct bytes input = bytes_from(bytes, size);
	struct worker *worker;
	struct worker_stats stats;

	if (!lab.policy)
		make_lab(&lab);
	if (size == 0)
		return 0;
	lab.everything = bytes_u8(&input) & 1;
	worker = lab.workers[lab.everything];
	lab.now_ns = 1700000000 * SECOND;
	for (int i = 0; i < STEPS && input.left != 0; i++)
		step(&lab, worker, &input, &frame);
	lab.ring_full = false;
	worker_finish(worker);
	worker_stats(worker, &stats);
	expect(stats.flows == 0 && stats.sessions.in_use == 0 && stats.sessions.blocks_in_use == 0);
	return 0;
}
