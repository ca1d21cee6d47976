/* SPDX-License-Identifier: ISC */
/* See filters.h. */
#include "sensor/capture/filters.h"

#include <stdio.h>
#include <stdlib.h>

#include "sensor/decode/decode.h"

struct filters {
	const char *expression;
	bool tried; /* to compile `tagged` */
	bool told;
	uint64_t tags; /* frames that only `tagged` lets pass */
	struct pcap_filter *tagged;
	bool tried_inside; /* to compile `inside` */
	uint32_t looked;
	uint64_t hidden; /* frames of which only what is in a tunnel passes */
	uint8_t kind;	 /* enum tunnel_kind of the first of them */
	uint16_t port;	 /* and its UDP port, or 0 */
	struct pcap_filter *inside;
	struct decoder decoder;
	unsigned count;
	int dlts[FILTERS_KINDS];
	struct pcap_filter *list[FILTERS_KINDS];
};

struct filters *filters_new(const char *expression)
{
	struct filters *filters = calloc(1, sizeof *filters);

	if (!filters)
		return NULL;
	filters->expression = expression;
	filters->decoder = decoder_of(NULL);
	return filters;
}

void filters_free(struct filters *filters)
{
	if (!filters)
		return;
	for (unsigned i = 0; i < filters->count; i++)
		pcap_filter_free(filters->list[i]);
	pcap_filter_free(filters->tagged);
	pcap_filter_free(filters->inside);
	free(filters);
}

void filters_begin(struct filters *filters)
{
	if (!filters)
		return;
	filters->told = false;
	filters->tags = filters->hidden = 0;
	filters->looked = 0;
	filters->port = 0;
}

bool filters_get(struct filters *filters, int dlt, const struct pcap_filter **found,
		 char error[FILTERS_ERROR])
{
	*found = NULL;
	if (!filters || !filters->expression)
		return true;
	for (unsigned i = 0; i < filters->count; i++) {
		if (filters->dlts[i] != dlt)
			continue;
		*found = filters->list[i];
		return true;
	}
	if (filters->count == FILTERS_KINDS) {
		snprintf(error, FILTERS_ERROR, "more than %d link types to filter", FILTERS_KINDS);
		return false;
	}
	*found = filters->list[filters->count] = pcap_filter_new(filters->expression, dlt, error);
	if (!*found)
		return false;
	filters->dlts[filters->count++] = dlt;
	return true;
}

static bool is_tagged(const uint8_t *frame, uint32_t captured)
{
	return captured > 16 && ((frame[12] == 0x81 && frame[13] == 0x00) ||
				 (frame[12] == 0x88 && frame[13] == 0xa8));
}

static void compile_tagged(struct filters *filters)
{
	char error[FILTERS_ERROR], *expression;

	filters->tried = true;
	if (asprintf(&expression, "vlan and (%s)", filters->expression) < 0)
		return;
	filters->tagged = pcap_filter_new(expression, PCAP_ETHERNET, error);
	free(expression);
}

static void note_tag(struct filters *filters, const struct frame_view *frame)
{
	if (!filters->tried)
		compile_tagged(filters);
	filters->tags += filters->tagged && pcap_filter_pass(filters->tagged, frame->bytes,
							     frame->captured, frame->wire);
}

/* An expression that asks for what stands before IP does not compile: then there is no hint. */
static void compile_inside(struct filters *filters)
{
	char error[FILTERS_ERROR];

	filters->tried_inside = true;
	filters->inside = pcap_filter_new(filters->expression, PCAP_RAW, error);
}

/* The outer UDP port; the innermost packet is all that was decoded. */
static uint16_t outer_port(const struct filters *filters, const struct frame_view *frame)
{
	const struct decode_frame view = {frame->ts_ns, frame->bytes, frame->captured, frame->wire};
	struct packet packet;

	if (decode_packet_to(&filters->decoder, (enum link_type)frame->link, &view, 0, &packet) !=
		    DECODE_OK ||
	    packet.kind != PACKET_UDP)
		return 0;
	return packet.destination_port;
}

static void note_tunnel(struct filters *filters, const struct frame_view *frame)
{
	struct packet packet;

	if (filters->looked == FILTERS_LOOKED)
		return;
	filters->looked++;
	if (decode_packet(&filters->decoder, (enum link_type)frame->link, frame->bytes,
			  frame->captured, frame->wire, frame->ts_ns, &packet) != DECODE_OK ||
	    packet.tunnel_count == 0)
		return;
	if (!filters->tried_inside)
		compile_inside(filters);
	if (!filters->inside ||
	    !pcap_filter_pass(filters->inside, packet.ip, packet.ip_length, packet.ip_length))
		return;
	if (filters->hidden++ != 0)
		return;
	filters->kind = packet.tunnels[0].kind;
	if (packet.tunnels[0].marks & TUNNEL_OVER_UDP)
		filters->port = outer_port(filters, frame);
}

void filters_note_refused(struct filters *filters, const struct frame_view *frame)
{
	if (!filters || !filters->expression)
		return;
	if (frame->link == LINK_ETHERNET && is_tagged(frame->bytes, frame->captured))
		note_tag(filters, frame);
	else
		note_tunnel(filters, frame);
}

/* What lets the tunnel itself pass; "" where no expression says it well. */
static void let_tunnel_pass(const struct filters *filters, char text[32])
{
	text[0] = '\0';
	if (filters->port != 0)
		snprintf(text, 32, "udp port %u", filters->port);
	else if (filters->kind == TUNNEL_MPLS)
		snprintf(text, 32, "mpls");
	else if (filters->kind == TUNNEL_PPPOE)
		snprintf(text, 32, "pppoes");
	else if (filters->kind == TUNNEL_IPIP || filters->kind == TUNNEL_6IN4)
		snprintf(text, 32, "proto 4 or proto 41");
	else if (filters->kind != TUNNEL_L2TP3 && filters->kind != TUNNEL_ETHERIP &&
		 filters->kind != TUNNEL_ESP)
		snprintf(text, 32, "proto 47");
}

static void hint_tunnel(const struct filters *filters, char text[FILTERS_ERROR])
{
	char pass[32];
	int n = snprintf(text, FILTERS_ERROR,
			 "the filter looks at outer headers only, and of %llu packets it would let "
			 "pass what is inside of their %s",
			 (unsigned long long)filters->hidden,
			 tunnel_name((enum tunnel_kind)filters->kind));

	let_tunnel_pass(filters, pass);
	if (n > 0 && n < FILTERS_ERROR && pass[0] != '\0')
		snprintf(text + n, FILTERS_ERROR - (size_t)n, ": \"(%.150s) or %s\" takes both",
			 filters->expression, pass);
}

static void hint_tags(const struct filters *filters, char text[FILTERS_ERROR])
{
	snprintf(text, FILTERS_ERROR,
		 "the filter lets only untagged packets pass, and %llu with a VLAN tag would fit: "
		 "\"(%.150s) or (vlan and (%.150s))\" takes both",
		 (unsigned long long)filters->tags, filters->expression, filters->expression);
}

bool filters_hint(struct filters *filters, char text[FILTERS_ERROR])
{
	if (!filters || filters->told || (filters->tags == 0 && filters->hidden == 0))
		return false;
	filters->told = true;
	if (filters->tags != 0)
		hint_tags(filters, text);
	else
		hint_tunnel(filters, text);
	return true;
}
