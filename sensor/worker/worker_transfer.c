/* SPDX-License-Identifier: ISC */
/*
 * TFTP (RFC 1350, 4): a request goes to port 69, and everything else goes between the client's port
 * and another one of the server's, which it chooses with its first answer. That answer is put
 * back where the question went, and so is the rest of the transfer: then it is an answer of port 69
 * like any other, and not a conversation that our own host has begun. The port of a service that is
 * known, or that the client itself has asked meanwhile, is not one that was chosen so.
 *
 * The newest requests are remembered, in packet time; a flood of them makes older ones forgotten,
 * whose transfers are then judged as what they look like.
 */
#include "sensor/worker/worker_state.h"

#include "sensor/base/clock.h"

#define TFTP_PORT    69
#define REMEMBER_NS  NS_PER_MINUTE /* since the request, or the newest packet of its transfer */
#define CODE_READ    1
#define CODE_WRITE   2
#define CODE_OPTIONS 6 /* the last: data, acknowledgement, error, options (RFC 2347) */

static uint16_t code_of(const struct packet *packet)
{
	return packet->payload_length < 4
		       ? 0
		       : (uint16_t)(packet->payload[0] << 8 | packet->payload[1]);
}

static bool is_fresh(const struct transfer *transfer, uint64_t now_ns)
{
	return transfer->ts_ns != 0 && now_ns - transfer->ts_ns <= REMEMBER_NS;
}

static bool is_between(const struct transfer *transfer, const struct packet *packet,
		       bool from_server)
{
	const struct address *server = from_server ? &packet->source : &packet->destination;
	const struct address *client = from_server ? &packet->destination : &packet->source;
	uint16_t client_port = from_server ? packet->destination_port : packet->source_port;
	uint16_t port = from_server ? packet->source_port : packet->destination_port;

	return transfer->client_port == client_port && transfer->realm == packet->realm &&
	       (transfer->port == port || (transfer->port == 0 && from_server)) &&
	       address_equal(&transfer->server, server) && address_equal(&transfer->client, client);
}

static bool may_be_chosen(const struct worker *worker, const struct transfer *transfer,
			  uint16_t port)
{
	return !(transfer->asked >> (port & 63) & 1) &&
	       services_by_port(worker->services, TRANSPORT_UDP, port) == POLICY_NO_SERVICE;
}

/* What the client asks another port itself, that port will answer. */
static void note_asked(struct transfers *transfers, const struct packet *packet)
{
	for (unsigned i = 0; i < TRANSFERS; i++) {
		struct transfer *transfer = &transfers->list[i];

		if (transfer->ts_ns != 0 && transfer->port != packet->destination_port &&
		    transfer->client_port == packet->source_port &&
		    transfer->realm == packet->realm &&
		    address_equal(&transfer->client, &packet->source) &&
		    address_equal(&transfer->server, &packet->destination))
			transfer->asked |= 1ull << (packet->destination_port & 63);
	}
}

static void remember(struct transfers *transfers, const struct packet *packet)
{
	transfers->newest_ns = packet->ts_ns;
	transfers->list[transfers->next++ % TRANSFERS] = (struct transfer){
		.server = packet->destination,
		.client = packet->source,
		.realm = packet->realm,
		.client_port = packet->source_port,
		.ts_ns = packet->ts_ns,
	};
}

static struct transfer *find(struct worker *worker, const struct sighting *sighting,
			     bool *from_server)
{
	struct transfers *transfers = &worker->transfers;
	const struct packet *packet = sighting->packet;

	for (unsigned i = 0; i < TRANSFERS; i++) {
		struct transfer *transfer = &transfers->list[i];

		if (!is_fresh(transfer, packet->ts_ns))
			continue;
		*from_server = sighting->from_ours && is_between(transfer, packet, true) &&
			       (transfer->port != 0 ||
				may_be_chosen(worker, transfer, packet->source_port));
		if (*from_server || (sighting->to_ours && is_between(transfer, packet, false)))
			return transfer;
	}
	return NULL;
}

bool worker_transfer(struct worker *worker, const struct sighting *sighting, struct packet *packet,
		     struct sighting *moved)
{
	struct transfers *transfers = &worker->transfers;
	uint16_t code = code_of(sighting->packet);
	struct transfer *transfer;
	bool from_server;

	if (worker->options.everything)
		return false;
	if (sighting->to_ours && sighting->packet->destination_port == TFTP_PORT) {
		if (code == CODE_READ || code == CODE_WRITE)
			remember(transfers, sighting->packet);
		return false;
	}
	if (transfers->newest_ns == 0 ||
	    sighting->packet->ts_ns - transfers->newest_ns > REMEMBER_NS)
		return false;
	if (sighting->to_ours)
		note_asked(transfers, sighting->packet);
	if (code <= CODE_WRITE || code > CODE_OPTIONS)
		return false;
	transfer = find(worker, sighting, &from_server);
	if (!transfer)
		return false;
	*packet = *sighting->packet;
	if (from_server) {
		transfer->port = packet->source_port;
		packet->source_port = TFTP_PORT;
	} else {
		packet->destination_port = TFTP_PORT;
	}
	transfers->newest_ns = transfer->ts_ns = packet->ts_ns;
	worker_place(worker, packet, moved);
	return true;
}
