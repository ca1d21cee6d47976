/* SPDX-License-Identifier: ISC */
/*
 * See session_slot.h. nDPI's turn. A datagram it sees at once. Of a conversation over TCP it is
 * asked when our own recognisers are through with it: when all have refused, when they still do not
 * know after PATIENCE packets, or when nothing more will come. Most conversations never get there.
 * What was said until then is in the opening, and is shown to nDPI in packets that are made of it,
 * with the sequence numbers that those on the wire had; from there on it sees the packets.
 */
#include <string.h>

#include "sensor/session/session_slot.h"

#define PATIENCE    3 /* packets with payload */
#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define TCP_HEADER  20

struct made {
	size_t length;
	uint8_t bytes[IPV6_HEADER + TCP_HEADER + OPENING_MAX];
};

static void put(struct made *made, const void *bytes, size_t length)
{
	memcpy(made->bytes + made->length, bytes, length);
	made->length += length;
}

static void put_number(struct made *made, uint32_t value, int bytes)
{
	while (bytes-- > 0)
		made->bytes[made->length++] = (uint8_t)(value >> (8 * bytes));
}

static void put_ipv4(struct made *made, const struct address *from, const struct address *to,
		     size_t payload)
{
	put_number(made, 0x4500, 2);
	put_number(made, (uint32_t)(IPV4_HEADER + TCP_HEADER + payload), 2);
	put_number(made, 0x4000, 4);	 /* not to be fragmented */
	put_number(made, 0x40060000, 4); /* TTL, TCP */
	put(made, from->bytes + 12, 4);
	put(made, to->bytes + 12, 4);
}

static void put_ipv6(struct made *made, const struct address *from, const struct address *to,
		     size_t payload)
{
	put_number(made, 0x60000000, 4);
	put_number(made, (uint32_t)(TCP_HEADER + payload), 2);
	put_number(made, 0x0640, 2); /* TCP, hops */
	put(made, from->bytes, sizeof from->bytes);
	put(made, to->bytes, sizeof to->bytes);
}

/* What one side said, where `at` says how much of each side's opening has been shown. */
static struct bytes make_packet(struct made *made, const struct slot *slot,
				const struct opening_turn *turn, const uint16_t at[2])
{
	const struct opening_record *opening = &slot->opening;
	const struct flow *flow = slot->flow;
	enum side from = (enum side)turn->side;
	bool from_low = flow->client_is_low == (from == SIDE_CLIENT);
	const struct flow_key *key = &flow->key;
	const struct address *source = from_low ? &key->low : &key->high;
	const struct address *destination = from_low ? &key->high : &key->low;

	made->length = 0;
	if (address_is_ipv4(source) && address_is_ipv4(destination))
		put_ipv4(made, source, destination, turn->length);
	else
		put_ipv6(made, source, destination, turn->length);
	put_number(made, from_low ? key->low_port : key->high_port, 2);
	put_number(made, from_low ? key->high_port : key->low_port, 2);
	put_number(made, slot->stream[from].next - opening->length[from] + at[from], 4);
	put_number(made, slot->stream[!from].next - opening->length[!from] + at[!from], 4);
	put_number(made, 0x5018, 2); /* no options; PSH and ACK */
	put_number(made, 0xfaf00000, 4);
	put_number(made, 0, 2);
	put(made, opening->bytes[from] + at[from], turn->length);
	return bytes_from(made->bytes, made->length);
}

static void show_opening(struct sessions *sessions, struct slot *slot)
{
	uint16_t at[2] = {0, 0};
	struct made made;

	for (int i = 0; i < slot->opening.turn_count && !slot->identity.ndpi_done; i++) {
		const struct opening_turn *turn = &slot->opening.turns[i];

		identify_ndpi(sessions->identify, &slot->identity,
			      make_packet(&made, slot, turn, at), sessions->now_ns);
		at[turn->side] = (uint16_t)(at[turn->side] + turn->length);
	}
}

static bool has_begun(const struct slot *slot)
{
	return slot->identity.ndpi_done || slot->identity.ndpi;
}

static bool is_due(const struct slot *slot)
{
	return slot->identity.packets > PATIENCE || identify_own_exhausted(&slot->identity);
}

static void take_word(struct sessions *sessions, struct slot *slot)
{
	struct session *session = &slot->session;
	const struct service *service;

	if (slot->identity.ndpi_service == POLICY_NO_SERVICE ||
	    session->ndpi_service != POLICY_NO_SERVICE)
		return;
	session->ndpi_service = slot->identity.ndpi_service;
	service = services_get(sessions->services, session->ndpi_service);
	if (!identify_trusts_ndpi(service))
		return;
	facts_set_service(&session->findings->facts, service);
	session->identified_by = IDENTIFIED_NDPI_DPI;
}

bool session_ndpi_packet(struct sessions *sessions, struct slot *slot, const struct packet *packet)
{
	if (slot->identity.packets < UINT8_MAX)
		slot->identity.packets++;
	if (packet->kind != PACKET_TCP || has_begun(slot))
		identify_ndpi(sessions->identify, &slot->identity,
			      bytes_from(packet->ip, packet->ip_length), packet->ts_ns);
	else if (is_due(slot))
		show_opening(sessions, slot);
	else
		return false;
	take_word(sessions, slot);
	return slot->identity.ndpi_done;
}

void session_ndpi_last(struct sessions *sessions, struct slot *slot)
{
	/* Another version of a conversation's bytes has no packets. */
	if (slot->asked.starved || slot->identity.packets == 0 || has_begun(slot))
		return;
	show_opening(sessions, slot);
	take_word(sessions, slot);
}
