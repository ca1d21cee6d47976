/* SPDX-License-Identifier: ISC */
/*
 * Data in a SYN (TCP Fast Open, RFC 7413) is the client's first data if the SYN-ACK acknowledges
 * it; otherwise it is sent again. There is no flow yet to keep it: it waits here, for as long as a
 * SYN-ACK takes, in a small table in which a newer one may take its place. That is counted.
 */
#include <stdlib.h>

#include "sensor/worker/worker_state.h"

#define PLACES	  256u
#define DATA_MAX  1460u
#define WAIT_NS	  (3 * NS_PER_S)
#define SYN_BYTES 1u

struct waiting {
	uint64_t hash, ts_ns; /* ts_ns 0: nobody */
	uint32_t sequence;
	uint16_t captured, wire;
	uint8_t bytes[DATA_MAX];
};

struct fastopen {
	struct waiting places[PLACES];
};

struct fastopen *fastopen_new(void)
{
	return calloc(1, sizeof(struct fastopen));
}

void fastopen_free(struct fastopen *fastopen)
{
	free(fastopen);
}

uint64_t fastopen_bytes(void)
{
	return sizeof(struct fastopen);
}

void fastopen_forget(struct fastopen *fastopen)
{
	for (unsigned i = 0; i < PLACES; i++)
		fastopen->places[i].ts_ns = 0;
}

static struct waiting *place_of(struct worker *worker, uint64_t hash)
{
	return &worker->fastopen->places[hash >> 32 & (PLACES - 1)];
}

void worker_fastopen_put(struct worker *worker, const struct sighting *sighting)
{
	const struct packet *packet = sighting->packet;
	struct waiting *place = place_of(worker, sighting->hash);

	if (packet->payload_wire > DATA_MAX || packet->payload_length == 0)
		return;
	worker->stats.fastopen_lost += place->ts_ns != 0 && place->hash != sighting->hash &&
				       packet->ts_ns - place->ts_ns < WAIT_NS;
	place->hash = sighting->hash;
	place->ts_ns = packet->ts_ns;
	place->sequence = packet->sequence;
	place->captured = (uint16_t)packet->payload_length;
	place->wire = (uint16_t)packet->payload_wire;
	memcpy(place->bytes, packet->payload, packet->payload_length);
}

void worker_fastopen_take(struct worker *worker, const struct sighting *synack, struct flow *flow)
{
	struct waiting *place = place_of(worker, synack->hash);
	struct sighting sighting = *synack;
	struct packet packet = *synack->packet;
	uint32_t acknowledged = packet.acknowledgement - place->sequence - SYN_BYTES;

	if (place->ts_ns == 0 || place->hash != synack->hash)
		return;
	if (packet.ts_ns - place->ts_ns > WAIT_NS || acknowledged == 0 ||
	    acknowledged > place->wire) {
		place->ts_ns = 0;
		return;
	}
	place->ts_ns = 0;
	worker_count_bytes(worker, flow, SIDE_SERVER, synack->packet);
	packet.source = synack->packet->destination;
	packet.destination = synack->packet->source;
	packet.source_port = synack->packet->destination_port;
	packet.destination_port = synack->packet->source_port;
	packet.sequence = place->sequence + SYN_BYTES;
	packet.tcp_flags = TCP_PSH;
	packet.payload = place->bytes;
	packet.payload_wire = acknowledged;
	packet.payload_length = place->captured < acknowledged ? place->captured : acknowledged;
	sighting.packet = &packet;
	flow->highest[SIDE_CLIENT] = packet.sequence;
	worker_read(worker, &sighting, flow, SIDE_CLIENT);
}
