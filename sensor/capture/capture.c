/* SPDX-License-Identifier: ISC */
/* See capture.h: what captures of all kinds have in common. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/capture/capture_state.h"

struct capture *capture_new(char error[CAPTURE_ERROR])
{
	struct capture *capture = calloc(1, sizeof *capture);

	if (!capture) {
		snprintf(error, CAPTURE_ERROR, "out of memory");
		return NULL;
	}
	capture->kind = (struct link_kind){.number = -1, .link = LINK_UNSUPPORTED};
	return capture;
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	savefile_free(capture->savefile);
	packet_ring_close(capture->ring);
	receiver_close(capture->receiver);
	pcap_source_close(capture->pcap);
	pcap_filter_free(capture->filter);
	free(capture);
}

void capture_name(struct capture *capture, struct origins *origins,
		  const struct origin_names *names)
{
	if (capture->savefile)
		savefile_name(capture->savefile, origins, names);
	else
		capture->origin.from = origins_add(origins, names);
}

int capture_fd(const struct capture *capture)
{
	if (capture->ring)
		return packet_ring_fd(capture->ring);
	return capture->receiver ? receiver_fd(capture->receiver) : pcap_source_fd(capture->pcap);
}

bool capture_check(struct capture *capture)
{
	if (!capture->ring || packet_ring_wait(capture->ring, 0))
		return true;
	snprintf(capture->broken, sizeof capture->broken, "%s",
		 errno == ENETDOWN ? "the interface is gone" : strerrordesc_np(errno));
	return false;
}

uint32_t capture_delay_ms(const struct capture *capture)
{
	return capture->receiver ? 0 : (uint32_t)capture->wait_ms / 2;
}

bool capture_is_filling(const struct capture *capture)
{
	return capture->ring && packet_ring_is_filling(capture->ring);
}

static int ring_frames(struct capture *capture, struct frame_view *frames, int max)
{
	int n = packet_ring_frames(capture->ring, frames, max);

	for (int i = 0; i < n; i++) {
		frames[i].link = (uint8_t)capture->kind.link;
		frames[i].origin = capture->origin;
	}
	return n;
}

static int receiver_batch(struct capture *capture, struct frame_view *frames, int max)
{
	int n = receiver_frames(capture->receiver, frames, max), kept = 0;

	for (int i = 0; i < n; i++) {
		if (!pcap_filter_pass(capture->filter, frames[i].bytes, frames[i].captured,
				      frames[i].wire))
			continue;
		frames[kept] = frames[i];
		frames[kept++].origin = capture->origin;
	}
	return kept;
}

/* One that passes the filter, for libpcap has none where it reads a file. */
static int pcap_frame(struct capture *capture, struct frame_view *frame)
{
	int result;

	do {
		result = pcap_source_next(capture->pcap, frame);
		if (result != 1)
			return result;
		capture->origin.packet += capture->input != NULL;
	} while (!pcap_filter_pass(capture->kind.filter, frame->bytes, frame->captured,
				   frame->wire));
	frame->link = (uint8_t)capture->kind.link;
	frame->origin = capture->origin;
	if (capture->kind.unread)
		++*capture->kind.unread;
	return 1;
}

int capture_frames(struct capture *capture, struct frame_view *frames, int max)
{
	if (capture->ring)
		return ring_frames(capture, frames, max);
	if (capture->savefile)
		return capture_savefile_frames(capture, frames, max);
	return capture->receiver ? receiver_batch(capture, frames, max)
				 : pcap_frame(capture, frames);
}

const char *capture_failure(struct capture *capture)
{
	const char *failure = capture->input ? input_failure(capture->input) : NULL;

	if (failure || *capture->broken)
		return failure ? failure : capture->broken;
	if (capture->savefile)
		return savefile_failure(capture->savefile);
	return capture->pcap ? pcap_source_failure(capture->pcap) : "";
}

static void ring_stats(struct capture *capture)
{
	struct packet_ring_stats more = {.received = 0};

	packet_ring_stats(capture->ring, &more);
	capture->stats.received += more.received;
	capture->stats.dropped_kernel += more.dropped;
	capture->stats.dropped_interface = more.dropped_interface;
}

static void pcap_stats_of(struct capture *capture)
{
	struct pcap_source_stats now, *last = &capture->last;

	if (capture->input || !pcap_source_stats(capture->pcap, &now))
		return;
	capture->stats.received += now.received - last->received;
	capture->stats.dropped_kernel += now.dropped - last->dropped;
	capture->stats.dropped_interface += now.dropped_interface - last->dropped_interface;
	*last = now;
}

void capture_stats(struct capture *capture, struct capture_stats *stats)
{
	struct receiver_stats received;

	if (capture->ring) {
		ring_stats(capture);
	} else if (capture->receiver) {
		received = receiver_stats(capture->receiver);
		capture->stats.received = received.received;
		capture->stats.dropped_kernel = received.dropped;
		capture->stats.refused = received.refused;
	} else if (capture->pcap) {
		pcap_stats_of(capture);
	}
	*stats = capture->stats;
}

bool capture_check_filter(const char *filter, char error[CAPTURE_ERROR])
{
	struct pcap_filter *compiled = pcap_filter_new(filter, PCAP_ETHERNET, error);

	pcap_filter_free(compiled);
	return compiled != NULL;
}
