/* SPDX-License-Identifier: ISC */
/*
 * For curves of growth: exactly --sessions things are opened, each by one SYN-ACK of an inside
 * server, and every packet after that is of one of them at random, which is the worst for caches.
 * A capture that ends after the opening differs from a longer one only by what follows.
 */
#include "tools/generate/growth.h"

#include "tools/generate/frame.h"

#define START_NS   1795262400000000000U /* 2026-11-21 12:00:00 UTC */
#define GAP_NS	   200U
#define SERVERS	   200U
#define CLIENTS	   0x32000000U /* 50.0.0.0 and on */
#define CLIENT_BIT 24

static struct host host_of(uint32_t address)
{
	return (struct host){{(uint8_t)(address >> 24), (uint8_t)(address >> 16),
			      (uint8_t)(address >> 8), (uint8_t)address}};
}

struct ends {
	struct host server, client;
	uint16_t server_port, client_port;
};

static void put(struct plan *plan, const struct ends *ends, bool from_server, uint8_t flags)
{
	const struct frame frame = {
		.transport = TRANSPORT_TCP,
		.flags = flags,
		.window = 512,
		.seq = from_server ? 7000 : 9001,
		.ack = from_server ? 9001 : 7001,
		.from = from_server ? &ends->server : &ends->client,
		.to = from_server ? &ends->client : &ends->server,
		.from_port = from_server ? ends->server_port : ends->client_port,
		.to_port = from_server ? ends->client_port : ends->server_port,
		.ip_id = (uint16_t)plan->output.packets,
	};

	output_frame(&plan->output, START_NS + plan->output.packets * GAP_NS,
		     frame_build(&frame, output_room(&plan->output)));
}

/* Connection `turn` to a server: all of them differ. */
static struct ends ends_of(uint32_t server, uint32_t turn)
{
	return (struct ends){
		.server = host_of(0x0a000001 + server),
		.client = host_of(CLIENTS + (turn & ((1U << CLIENT_BIT) - 1))),
		.server_port = 443,
		.client_port = (uint16_t)(40000 + (turn >> CLIENT_BIT)),
	};
}

static bool enough(const struct plan *plan)
{
	return plan->output.packets >= plan->packets;
}

void growth_flows(struct plan *plan, const struct mix *mix)
{
	const uint32_t flows = plan->sessions ? plan->sessions : mix->sessions;

	for (uint32_t i = 0; i < flows && !enough(plan); i++) {
		const struct ends ends = ends_of(i % SERVERS, i);

		put(plan, &ends, true, TCP_SYN | TCP_ACK);
	}
	while (!enough(plan)) {
		const uint32_t i = chance_below(&plan->chance, flows);
		const struct ends ends = ends_of(i % SERVERS, i);

		put(plan, &ends, chance_below(&plan->chance, 2) == 0, TCP_ACK);
	}
}

void growth_exposures(struct plan *plan, const struct mix *mix)
{
	const uint32_t servers = plan->sessions ? plan->sessions : mix->sessions;

	for (uint32_t turn = 0; !enough(plan); turn++) {
		const uint32_t server =
			turn < servers ? turn : chance_below(&plan->chance, servers);
		const struct ends ends = ends_of(server, turn);

		put(plan, &ends, true, TCP_SYN | TCP_ACK);
	}
}
