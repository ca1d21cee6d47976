/* SPDX-License-Identifier: ISC */
/*
 * See capture.h. The one file that sees libpcap.
 *
 * libpcap opens an interface, says what can go wrong with it, compiles the filter, and is closed
 * again: of Ethernet, packet_ring.c reads the packets, because a batch of them must stay in place.
 * Other kinds (cooked, raw) are read by libpcap, one by one. Its handle does not block, because it
 * would wait for the first packet however long that takes; its timeout must not be 0, or nothing is
 * ever delivered (measured with libpcap 1.10).
 *
 * Of classic savefiles libpcap reads the header alone, savefile.c the records.
 */
#include "sensor/capture/capture.h"

#include <errno.h>
#include <linux/filter.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/capture/fanout.h"
#include "sensor/capture/headers_only.h"
#include "sensor/capture/packet_ring.h"
#include "sensor/capture/savefile.h"
#include "sensor/decode/encapsulation.h"

#define PROBE_BYTES (1U << 20) /* of the ring that libpcap needs for opening an interface */

struct capture {
	pcap_t *pcap;
	struct input *input;	   /* NULL: an interface */
	struct savefile *savefile; /* NULL: `pcap` reads the records as well */
	struct packet_ring *ring;  /* NULL: the same */
	struct bpf_program filter; /* of the savefile or the ring */
	uint32_t snap_length;	   /* of the ring */
	enum link_type link;
	int wait_ms;		    /* of an interface */
	char broken[CAPTURE_ERROR]; /* why the ring is, or "" */
	struct capture_stats stats;
	unsigned last_received, last_dropped, last_interface; /* libpcap's wrap at 32 bits */
};

static enum link_type link_of(pcap_t *pcap)
{
	return encapsulation_link(pcap_datalink(pcap));
}

static struct capture *wrap(pcap_t *pcap, struct input *input, char error[CAPTURE_ERROR])
{
	struct capture *capture = calloc(1, sizeof *capture);

	if (!capture) {
		pcap_close(pcap);
		snprintf(error, CAPTURE_ERROR, "out of memory");
		return NULL;
	}
	capture->pcap = pcap;
	capture->input = input;
	capture->link = link_of(pcap);
	return capture;
}

static bool compile_filter(pcap_t *pcap, const char *filter, struct bpf_program *program,
			   char error[CAPTURE_ERROR])
{
	if (pcap_compile(pcap, program, filter, 1, PCAP_NETMASK_UNKNOWN) == 0)
		return true;
	snprintf(error, CAPTURE_ERROR, "filter \"%s\": %s", filter, pcap_geterr(pcap));
	return false;
}

static bool set_filter(pcap_t *pcap, const char *filter, char error[CAPTURE_ERROR])
{
	struct bpf_program program;
	bool good;

	if (!filter)
		return true;
	if (!compile_filter(pcap, filter, &program, error))
		return false;
	good = pcap_setfilter(pcap, &program) == 0;
	if (!good)
		snprintf(error, CAPTURE_ERROR, "filter \"%s\": %s", filter, pcap_geterr(pcap));
	pcap_freecode(&program);
	return good;
}

/* What libpcap reads: all of the file, or of a savefile nothing but its header. */
static FILE *open_stream(struct input *input, uint8_t header[SAVEFILE_HEADER], bool *is_savefile)
{
	const uint8_t *bytes;
	size_t length = input_peek(input, &bytes);

	*is_savefile = savefile_known(bytes, length);
	if (!*is_savefile)
		return input_take_stream(input);
	memcpy(header, bytes, SAVEFILE_HEADER);
	return fmemopen(header, SAVEFILE_HEADER, "rb");
}

static pcap_t *open_offline(struct input *input, bool *is_savefile, char error[CAPTURE_ERROR])
{
	uint8_t header[SAVEFILE_HEADER]; /* libpcap has copied it when it returns */
	char reason[PCAP_ERRBUF_SIZE] = "out of memory";
	FILE *stream = open_stream(input, header, is_savefile);
	pcap_t *pcap = NULL;
	const char *failure;

	if (stream)
		pcap = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO,
								reason);
	if (pcap)
		return pcap;
	failure = input_failure(input);
	snprintf(error, CAPTURE_ERROR, "%s", failure ? failure : reason);
	if (stream)
		fclose(stream);
	return NULL;
}

static bool open_savefile(struct capture *capture, const char *filter, char error[CAPTURE_ERROR])
{
	capture->savefile = savefile_new(capture->input);
	if (!capture->savefile) {
		snprintf(error, CAPTURE_ERROR, "out of memory");
		return false;
	}
	return !filter || compile_filter(capture->pcap, filter, &capture->filter, error);
}

struct capture *capture_open_file(struct input *input, const char *filter,
				  char error[CAPTURE_ERROR])
{
	bool is_savefile, good;
	pcap_t *pcap = open_offline(input, &is_savefile, error);
	struct capture *capture = pcap ? wrap(pcap, input, error) : NULL;

	if (!capture)
		return NULL;
	good = is_savefile ? open_savefile(capture, filter, error)
			   : set_filter(pcap, filter, error);
	if (!good) {
		capture_close(capture);
		return NULL;
	}
	return capture;
}

static bool set_options(pcap_t *pcap, const struct capture_interface *interface)
{
	return pcap_set_snaplen(pcap, (int)interface->snap_length) == 0 &&
	       pcap_set_promisc(pcap, interface->promiscuous) == 0 &&
	       pcap_set_timeout(pcap, (int)interface->timeout_ms) == 0;
}

static pcap_t *activate(const struct capture_interface *interface, uint32_t buffer_bytes,
			char error[CAPTURE_ERROR])
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap = pcap_create(interface->name, reason);
	const char *detail;
	int result;

	if (!pcap) {
		snprintf(error, CAPTURE_ERROR, "%s", reason);
		return NULL;
	}
	set_options(pcap, interface);
	pcap_set_buffer_size(pcap, (int)buffer_bytes);
	/* Nanoseconds where the kernel gives them. */
	pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
	result = pcap_activate(pcap);
	if (result >= 0)
		return pcap;
	detail = pcap_geterr(pcap);
	snprintf(error, CAPTURE_ERROR, "%s%s%s", pcap_statustostr(result), *detail ? ": " : "",
		 detail);
	pcap_close(pcap);
	return NULL;
}

/* libpcap's instructions are the kernel's, under another name. */
static struct packet_ring *open_ring(const struct capture_interface *interface,
				     const struct bpf_program *filter, char error[CAPTURE_ERROR])
{
	struct packet_ring_options options = {
		.interface = interface->name,
		.filter = (const void *)filter->bf_insns,
		.filter_length = (uint16_t)filter->bf_len,
		.snap_length = interface->snap_length,
		.buffer_bytes = interface->buffer_bytes,
		.timeout_ms = interface->timeout_ms,
		.promiscuous = interface->promiscuous,
	};
	struct packet_ring *ring = packet_ring_open(&options);

	if (!ring)
		snprintf(error, CAPTURE_ERROR, "%s", strerrordesc_np(errno));
	return ring;
}

/* `pcap` is a handle of that interface, and is taken over. */
static struct capture *read_by_ring(pcap_t *pcap, const struct capture_interface *interface,
				    char error[CAPTURE_ERROR])
{
	struct bpf_program filter = {.bf_len = 0};
	bool good = !interface->filter || compile_filter(pcap, interface->filter, &filter, error);
	struct packet_ring *ring;
	struct capture *capture;

	pcap_close(pcap);
	ring = good ? open_ring(interface, &filter, error) : NULL;
	pcap = ring ? pcap_open_dead(DLT_EN10MB, (int)interface->snap_length) : NULL;
	if (ring && !pcap)
		snprintf(error, CAPTURE_ERROR, "out of memory");
	capture = pcap ? wrap(pcap, NULL, error) : NULL;
	if (!capture) {
		packet_ring_close(ring);
		pcap_freecode(&filter);
		return NULL;
	}
	capture->ring = ring;
	capture->filter = filter;
	capture->snap_length = interface->snap_length;
	return capture;
}

static struct capture *read_by_pcap(const struct capture_interface *interface,
				    char error[CAPTURE_ERROR])
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap = activate(interface, interface->buffer_bytes, error);

	if (!pcap)
		return NULL;
	if (!set_filter(pcap, interface->filter, error)) {
		pcap_close(pcap);
		return NULL;
	}
	if (pcap_setnonblock(pcap, 1, reason) != 0) {
		snprintf(error, CAPTURE_ERROR, "%s", reason);
		pcap_close(pcap);
		return NULL;
	}
	return wrap(pcap, NULL, error);
}

static int descriptor(const struct capture *capture)
{
	return capture->ring ? packet_ring_fd(capture->ring) : pcap_fileno(capture->pcap);
}

struct capture *capture_open_interface(const struct capture_interface *interface,
				       char error[CAPTURE_ERROR])
{
	pcap_t *pcap = activate(interface, PROBE_BYTES, error);
	struct capture *capture;

	if (!pcap)
		return NULL;
	if (link_of(pcap) == LINK_ETHERNET) {
		capture = read_by_ring(pcap, interface, error);
	} else {
		pcap_close(pcap);
		capture = read_by_pcap(interface, error);
	}
	if (!capture)
		return NULL;
	capture->wait_ms = (int)interface->timeout_ms * 2;
	/* libpcap has no call for it. */
	if (interface->fanout_workers >= 2 &&
	    !fanout_join(descriptor(capture), interface->fanout_group, interface->decoder)) {
		snprintf(error, CAPTURE_ERROR, "PACKET_FANOUT: %s", strerrordesc_np(errno));
		capture_close(capture);
		return NULL;
	}
	return capture;
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	savefile_free(capture->savefile);
	packet_ring_close(capture->ring);
	pcap_freecode(&capture->filter);
	pcap_close(capture->pcap);
	free(capture);
}

bool capture_wait(struct capture *capture)
{
	struct pollfd ready = {.fd = descriptor(capture), .events = POLLIN};

	if (!capture->ring) {
		/* libpcap's own wait lasts until a packet comes, however long that takes. */
		poll(&ready, 1, capture->wait_ms);
		return true;
	}
	if (packet_ring_wait(capture->ring, capture->wait_ms))
		return true;
	snprintf(capture->broken, sizeof capture->broken, "%s",
		 errno == ENETDOWN ? "the interface is gone" : strerrordesc_np(errno));
	return false;
}

static bool is_wanted(const struct capture *capture, const struct savefile_record *record)
{
	struct pcap_pkthdr header = {.caplen = record->captured, .len = record->wire};

	return capture->filter.bf_len == 0 ||
	       pcap_offline_filter(&capture->filter, &header, record->frame) != 0;
}

static int savefile_frames(struct capture *capture, struct frame_view *frames, int max)
{
	struct savefile_record record;
	int n = 0, result = 1;

	while (n < max && (n == 0 || savefile_ready(capture->savefile)) &&
	       (result = savefile_next(capture->savefile, &record)) > 0) {
		if (is_wanted(capture, &record))
			frames[n++] = (struct frame_view){record.ts_ns,		  record.frame,
							  record.captured,	  record.wire,
							  (uint8_t)capture->link, false};
	}
	return n == 0 && result < 0 ? -1 : n;
}

static uint64_t nanoseconds(const struct capture *capture, const struct pcap_pkthdr *header)
{
	uint64_t precision = pcap_get_tstamp_precision(capture->pcap) == PCAP_TSTAMP_PRECISION_NANO
				     ? 1
				     : NS_PER_US;

	return (uint64_t)header->ts.tv_sec * NS_PER_S + (uint64_t)header->ts.tv_usec * precision;
}

bool capture_headers_only(struct capture *capture, const struct policy *policy)
{
	const struct sock_filter *first = (const void *)capture->filter.bf_insns;
	uint16_t first_length = (uint16_t)capture->filter.bf_len;
	struct sock_filter program[HEADERS_ONLY_PROGRAM];
	const struct sock_filter all = {.code = BPF_RET | BPF_K, .k = capture->snap_length};
	uint16_t length;

	if (!capture->ring)
		return true;
	length = headers_only_program(policy, first, first_length, capture->snap_length, program);
	if (length != 0)
		return packet_ring_filter(capture->ring, program, length, HEADERS_ONLY_BYTES);
	return first ? packet_ring_filter(capture->ring, first, first_length, 0)
		     : packet_ring_filter(capture->ring, &all, 1, 0);
}

static int ring_frames(struct capture *capture, struct frame_view *frames, int max)
{
	int n = packet_ring_frames(capture->ring, frames, max);

	for (int i = 0; i < n; i++)
		frames[i].link = (uint8_t)capture->link;
	return n;
}

int capture_frames(struct capture *capture, struct frame_view *frames, int max)
{
	struct pcap_pkthdr *header;
	const uint8_t *frame;
	int result;

	if (capture->ring)
		return ring_frames(capture, frames, max);
	if (capture->savefile)
		return savefile_frames(capture, frames, max);
	result = pcap_next_ex(capture->pcap, &header, &frame);
	if (result != 1)
		return result == PCAP_ERROR_BREAK || result == 0 ? 0 : -1;
	frames[0] = (struct frame_view){
		nanoseconds(capture, header), frame, header->caplen, header->len,
		(uint8_t)capture->link,	      false};
	return 1;
}

const char *capture_failure(struct capture *capture)
{
	const char *failure = capture->input ? input_failure(capture->input) : NULL;

	if (failure || *capture->broken)
		return failure ? failure : capture->broken;
	return capture->savefile ? savefile_failure(capture->savefile) : pcap_geterr(capture->pcap);
}

static void ring_stats(struct capture *capture)
{
	struct packet_ring_stats more = {.received = 0};

	packet_ring_stats(capture->ring, &more);
	capture->stats.received += more.received;
	capture->stats.dropped_kernel += more.dropped;
	capture->stats.dropped_interface = more.dropped_interface;
}

void capture_stats(struct capture *capture, struct capture_stats *stats)
{
	struct pcap_stat now;

	if (capture->ring)
		ring_stats(capture);
	else if (!capture->input && pcap_stats(capture->pcap, &now) == 0) {
		capture->stats.received += now.ps_recv - capture->last_received;
		capture->stats.dropped_kernel += now.ps_drop - capture->last_dropped;
		capture->stats.dropped_interface += now.ps_ifdrop - capture->last_interface;
		capture->last_received = now.ps_recv;
		capture->last_dropped = now.ps_drop;
		capture->last_interface = now.ps_ifdrop;
	}
	*stats = capture->stats;
}

bool capture_check_filter(const char *filter, char error[CAPTURE_ERROR])
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
	struct bpf_program program;
	bool good;

	if (!pcap) {
		snprintf(error, CAPTURE_ERROR, "out of memory");
		return false;
	}
	/* Compiled, not set: libpcap 1.10.5 refuses a filter on a handle without packets. */
	good = !filter || compile_filter(pcap, filter, &program, error);
	if (good && filter)
		pcap_freecode(&program);
	pcap_close(pcap);
	return good;
}

enum link_type capture_link(const struct capture *capture)
{
	return capture->link;
}

bool capture_link_supported(const struct capture *capture)
{
	return capture->link != LINK_UNSUPPORTED;
}

const char *capture_link_name(const struct capture *capture)
{
	const char *name = pcap_datalink_val_to_name(pcap_datalink(capture->pcap));

	return name ? name : "unknown";
}
