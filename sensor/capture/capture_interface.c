/* SPDX-License-Identifier: ISC */
/*
 * Captures of interfaces and of mirrors that are sent to us.
 *
 * libpcap opens an interface, says what can go wrong with it, and is closed again: of Ethernet,
 * packet_ring.c reads the packets, because a batch of them must stay in place. Other kinds (cooked,
 * raw) are read by libpcap, one by one.
 */
#include <errno.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sensor/capture/capture_state.h"
#include "sensor/capture/fanout.h"
#include "sensor/capture/headers_only.h"
#include "sensor/decode/encapsulation.h"

#define PROBE_BYTES (1U << 20) /* of the ring that libpcap needs for opening an interface */

/* As the interface's own handle compiles it. */
static bool set_filter(struct capture *capture, const struct capture_interface *interface,
		       const struct pcap_source *source, char error[CAPTURE_ERROR])
{
	if (!interface->filter)
		return true;
	capture->filter = pcap_filter_live(interface->filter, source, error);
	return capture->filter != NULL;
}

static bool open_ring(struct capture *capture, const struct capture_interface *interface,
		      char error[CAPTURE_ERROR])
{
	struct packet_ring_options options = {
		.interface = interface->name,
		.socket = interface->socket,
		.snap_length = interface->snap_length,
		.buffer_bytes = interface->buffer_bytes,
		.timeout_ms = interface->timeout_ms,
		.promiscuous = interface->promiscuous,
	};

	options.filter = pcap_filter_code(capture->filter, &options.filter_length);
	capture->snap_length = interface->snap_length;
	capture->kind.link = LINK_ETHERNET;
	capture->ring = packet_ring_open(&options);
	if (!capture->ring)
		snprintf(error, CAPTURE_ERROR, "%s", strerrordesc_np(errno));
	return capture->ring != NULL;
}

static bool open_by_pcap(struct capture *capture, const struct capture_interface *interface,
			 char error[CAPTURE_ERROR])
{
	capture->pcap = pcap_source_interface(interface, interface->buffer_bytes, error);
	if (!capture->pcap)
		return false;
	capture->kind.link = encapsulation_link(pcap_source_dlt(capture->pcap));
	return set_filter(capture, interface, capture->pcap, error) &&
	       pcap_source_filter(capture->pcap, capture->filter, error);
}

/* One that was Ethernet before, by a socket that was kept. */
static bool open_again(struct capture *capture, const struct capture_interface *interface,
		       char error[CAPTURE_ERROR])
{
	if (interface->compiled)
		capture->filter = pcap_filter_copy(interface->compiled);
	if (!interface->compiled || capture->filter)
		return open_ring(capture, interface, error);
	close(interface->socket);
	snprintf(error, CAPTURE_ERROR, "out of memory");
	return false;
}

/* A name that is none: which ones are there? */
static void add_names(char error[CAPTURE_ERROR])
{
	size_t used = strlen(error);
	char names[CAPTURE_ERROR / 2];

	pcap_source_list(names, sizeof names);
	if (names[0] != '\0' && used < CAPTURE_ERROR)
		snprintf(error + used, CAPTURE_ERROR - used, " (there are: %.250s)", names);
}

static bool open_interface(struct capture *capture, const struct capture_interface *interface,
			   char error[CAPTURE_ERROR])
{
	struct pcap_source *probe;
	bool ethernet, good;

	if (interface->socket != 0)
		return open_again(capture, interface, error);
	probe = pcap_source_interface(interface, PROBE_BYTES, error);
	if (!probe) {
		add_names(error);
		return false;
	}
	ethernet = encapsulation_link(pcap_source_dlt(probe)) == LINK_ETHERNET;
	good = !ethernet || set_filter(capture, interface, probe, error);
	pcap_source_close(probe);
	if (!ethernet)
		return open_by_pcap(capture, interface, error);
	return good && open_ring(capture, interface, error);
}

/* A filter is asked about the packet that a datagram came in, without its link layer. */
static bool open_receiver(struct capture *capture, const struct capture_interface *interface,
			  char error[CAPTURE_ERROR])
{
	struct receiver_options options = {
		.decoder = interface->decoder,
		.buffer_bytes = interface->buffer_bytes,
		.workers = interface->fanout_workers,
	};

	capture->kind.link = LINK_RAW;
	if (!receiver_parse(interface->name, &options.place, error))
		return false;
	if (interface->filter)
		capture->filter = pcap_filter_new(interface->filter, PCAP_RAW, error);
	if (interface->filter && !capture->filter)
		return false;
	capture->receiver = receiver_open(&options, error);
	return capture->receiver != NULL;
}

/* libpcap has no call for it. */
static bool share(const struct capture *capture, const struct capture_interface *interface,
		  char error[CAPTURE_ERROR])
{
	if (capture->receiver || interface->fanout_workers < 2 ||
	    fanout_join(capture_fd(capture), interface->fanout_group, interface->decoder))
		return true;
	snprintf(error, CAPTURE_ERROR, "PACKET_FANOUT: %s", strerrordesc_np(errno));
	return false;
}

struct capture *capture_open_interface(const struct capture_interface *interface,
				       char error[CAPTURE_ERROR])
{
	struct capture *capture = capture_new(error);
	bool good;

	if (!capture)
		return NULL;
	capture->wait_ms = (int)interface->timeout_ms * 2;
	capture->origin.from = interface->from;
	good = receiver_is_url(interface->name) ? open_receiver(capture, interface, error)
						: open_interface(capture, interface, error);
	if (good && share(capture, interface, error))
		return capture;
	capture_close(capture);
	return NULL;
}

bool capture_headers_only(struct capture *capture, const struct policy *policy)
{
	struct sock_filter program[HEADERS_ONLY_PROGRAM];
	const struct sock_filter all = {.code = BPF_RET | BPF_K, .k = capture->snap_length};
	const struct sock_filter *first;
	uint16_t length, first_length;

	if (!capture->ring)
		return true;
	first = pcap_filter_code(capture->filter, &first_length);
	length = headers_only_program(policy, first, first_length, capture->snap_length, program);
	if (length != 0)
		return packet_ring_filter(capture->ring, program, length, HEADERS_ONLY_BYTES);
	return first ? packet_ring_filter(capture->ring, first, first_length, 0)
		     : packet_ring_filter(capture->ring, &all, 1, 0);
}

const struct pcap_filter *capture_filter(const struct capture *capture)
{
	return capture->filter;
}

bool capture_can_return(const struct capture *capture)
{
	return capture->ring != NULL;
}

uint32_t capture_buffer(const struct capture *capture)
{
	return capture->receiver ? receiver_buffer(capture->receiver) : 0;
}
