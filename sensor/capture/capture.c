/* SPDX-License-Identifier: ISC */
/*
 * See capture.h. With filters.c the one file that sees libpcap.
 *
 * libpcap opens an interface, says what can go wrong with it, compiles the filter, and is closed
 * again: of Ethernet, packet_ring.c reads the packets, because a batch of them must stay in place.
 * Other kinds (cooked, raw) are read by libpcap, one by one. Its handle does not block, because it
 * would wait for the first packet however long that takes; its timeout must not be 0, or nothing is
 * ever delivered (measured with libpcap 1.10).
 *
 * Of files libpcap reads only the rare variants, savefile.c the others.
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
#include "sensor/capture/filters.h"
#include "sensor/capture/formats.h"
#include "sensor/capture/headers_only.h"
#include "sensor/capture/packet_ring.h"
#include "sensor/capture/savefile.h"
#include "sensor/decode/encapsulation.h"

#define UNREAD_LINKS 8	 /* link types that are told by name, of one file */
#define LINKTYPE_ATM 100 /* and others of the numbers in files that are not libpcap's own */
#define LINKTYPE_RAW 101
#define PROBE_BYTES  (1U << 20) /* of the ring that libpcap needs for opening an interface */

/* What a link type means for its packets. */
struct link_kind {
	int number; /* LINKTYPE_; -1: none yet */
	enum link_type link;
	const struct bpf_program *program;
	uint64_t *unread; /* NULL: they are read */
};

struct unread_link {
	int dlt;
	uint64_t packets;
};

struct capture {
	pcap_t *pcap;		   /* NULL: a savefile */
	struct input *input;	   /* NULL: an interface */
	struct savefile *savefile; /* NULL: `pcap` reads the file */
	struct filters *filters;   /* of a file; the caller's */
	struct link_kind kind;	   /* of the packet before, in a savefile */
	struct packet_ring *ring;  /* NULL: the same */
	struct bpf_program filter; /* of the ring */
	uint32_t snap_length;	   /* of the ring */
	enum link_type link;
	struct origin origin;	    /* of the packet before */
	int wait_ms;		    /* of an interface */
	char broken[CAPTURE_ERROR]; /* why the ring or a filter is, or "" */
	struct unread_link unread[UNREAD_LINKS];
	unsigned unread_count;
	uint64_t unread_others; /* of link types beyond UNREAD_LINKS */
	struct capture_stats stats;
	unsigned last_received, last_dropped, last_interface; /* libpcap's wrap at 32 bits */
};

static enum link_type link_of(int dlt)
{
	return encapsulation_link(dlt);
}

static struct capture *wrap(pcap_t *pcap, struct input *input, char error[CAPTURE_ERROR])
{
	struct capture *capture = calloc(1, sizeof *capture);

	if (!capture) {
		if (pcap)
			pcap_close(pcap);
		snprintf(error, CAPTURE_ERROR, "out of memory");
		return NULL;
	}
	capture->pcap = pcap;
	capture->input = input;
	capture->link = pcap ? link_of(pcap_datalink(pcap)) : LINK_UNSUPPORTED;
	capture->kind.number = -1;
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

/* ---- files ---- */

/* libpcap numbers a few of them otherwise: pcap-linktype(7). */
static int dlt_of(int number)
{
	switch (number) {
	case LINKTYPE_ATM:
		return DLT_ATM_RFC1483;
	case LINKTYPE_RAW:
		return DLT_RAW;
	default:
		return number;
	}
}

static uint64_t *unread_link_of(struct capture *capture, int dlt)
{
	unsigned i = 0;

	while (i < capture->unread_count && capture->unread[i].dlt != dlt)
		i++;
	if (i == UNREAD_LINKS)
		return &capture->unread_others;
	if (i == capture->unread_count)
		capture->unread[capture->unread_count++] = (struct unread_link){.dlt = dlt};
	return &capture->unread[i].packets;
}

/* What is not read is not filtered either: it is counted. False: the filter does not compile. */
static bool know_kind(struct capture *capture, int number, char error[CAPTURE_ERROR])
{
	int dlt = dlt_of(number);
	struct link_kind kind = {.number = number, .link = link_of(dlt)};

	if (kind.link == LINK_UNSUPPORTED)
		kind.unread = unread_link_of(capture, dlt);
	else if (!filters_get(capture->filters, dlt, &kind.program, error))
		return false;
	capture->kind = kind;
	return true;
}

static bool open_savefile(struct capture *capture, char error[CAPTURE_ERROR])
{
	int number;

	capture->savefile = savefile_new(capture->input);
	if (!capture->savefile) {
		snprintf(error, CAPTURE_ERROR, "out of memory");
		return false;
	}
	number = savefile_link(capture->savefile);
	return number < 0 || know_kind(capture, number, error);
}

/* What libpcap would only call unknown. True: it is that. */
static bool is_no_capture(const struct capture *capture, const uint8_t *bytes, size_t length,
			  char error[CAPTURE_ERROR])
{
	const char *name = formats_name(bytes, length);

	if (input_failure(capture->input) || formats_is_capture(bytes, length))
		return false;
	if (length == 0)
		snprintf(error, CAPTURE_ERROR, "the file is empty");
	else
		snprintf(error, CAPTURE_ERROR,
			 "%s%s: what is read is pcap and pcapng, plain or in .gz, .bz2, .xz, .zst "
			 "or "
			 ".lz4",
			 name ? "this is " : "unknown file format", name ? name : "");
	return true;
}

static bool open_by_pcap(struct capture *capture, char error[CAPTURE_ERROR])
{
	char reason[PCAP_ERRBUF_SIZE] = "out of memory";
	FILE *stream = input_take_stream(capture->input);
	const char *failure;

	if (stream)
		capture->pcap = pcap_fopen_offline_with_tstamp_precision(
			stream, PCAP_TSTAMP_PRECISION_NANO, reason);
	if (!capture->pcap) {
		failure = input_failure(capture->input);
		snprintf(error, CAPTURE_ERROR, "%s", failure ? failure : reason);
		if (stream)
			fclose(stream);
		return false;
	}
	capture->link = link_of(pcap_datalink(capture->pcap));
	if (capture->link != LINK_UNSUPPORTED)
		return filters_get(capture->filters, pcap_datalink(capture->pcap),
				   &capture->kind.program, error);
	capture->kind.unread = unread_link_of(capture, pcap_datalink(capture->pcap));
	return true;
}

struct capture *capture_open_file(struct input *input, struct filters *filters,
				  char error[CAPTURE_ERROR])
{
	struct capture *capture = wrap(NULL, input, error);
	const uint8_t *bytes;
	size_t length;
	bool good;

	if (!capture)
		return NULL;
	capture->filters = filters;
	length = input_peek(input, &bytes);
	if (savefile_known(bytes, length))
		good = open_savefile(capture, error);
	else
		good = !is_no_capture(capture, bytes, length, error) &&
		       open_by_pcap(capture, error);
	if (good)
		return capture;
	capture_close(capture);
	return NULL;
}

void capture_name(struct capture *capture, struct origins *origins,
		  const struct origin_names *names)
{
	if (capture->savefile)
		savefile_name(capture->savefile, origins, names);
	else
		capture->origin.from = origins_add(origins, names);
}

/* ---- interfaces ---- */

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
	if (link_of(pcap_datalink(pcap)) == LINK_ETHERNET) {
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
	if (capture->pcap)
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
	if (filters_pass(capture->kind.program, record->frame, record->captured, record->wire))
		return true;
	if (capture->kind.link == LINK_ETHERNET)
		filters_note_tag(capture->filters, record->frame, record->captured, record->wire);
	return false;
}

static int savefile_frames(struct capture *capture, struct frame_view *frames, int max)
{
	struct savefile_record record;
	int n = 0, result = 1;

	while (n < max && (n == 0 || savefile_ready(capture->savefile)) &&
	       (result = savefile_next(capture->savefile, &record)) > 0) {
		if (record.link != capture->kind.number &&
		    !know_kind(capture, record.link, capture->broken))
			return n == 0 ? -1 : n;
		if (capture->kind.unread)
			++*capture->kind.unread;
		else if (!is_wanted(capture, &record))
			continue;
		frames[n++] = (struct frame_view){
			.ts_ns = record.ts_ns,
			.bytes = record.frame,
			.captured = record.captured,
			.wire = record.wire,
			.link = (uint8_t)capture->kind.link,
			.origin = record.origin,
		};
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

	for (int i = 0; i < n; i++) {
		frames[i].link = (uint8_t)capture->link;
		frames[i].origin = capture->origin;
	}
	return n;
}

/* One that passes the filter, for libpcap has none here. */
static int pcap_frames(struct capture *capture, struct frame_view *frame)
{
	struct pcap_pkthdr *header;
	const uint8_t *bytes;
	int result;

	do {
		result = pcap_next_ex(capture->pcap, &header, &bytes);
		if (result != 1)
			return result == PCAP_ERROR_BREAK || result == 0 ? 0 : -1;
		capture->origin.packet += capture->input != NULL;
	} while (!filters_pass(capture->kind.program, bytes, header->caplen, header->len));
	*frame = (struct frame_view){
		.ts_ns = nanoseconds(capture, header),
		.bytes = bytes,
		.captured = header->caplen,
		.wire = header->len,
		.link = (uint8_t)capture->link,
		.origin = capture->origin,
	};
	if (capture->kind.unread)
		++*capture->kind.unread;
	return 1;
}

int capture_frames(struct capture *capture, struct frame_view *frames, int max)
{
	if (capture->ring)
		return ring_frames(capture, frames, max);
	if (capture->savefile)
		return savefile_frames(capture, frames, max);
	return pcap_frames(capture, frames);
}

const char *capture_failure(struct capture *capture)
{
	const char *failure = capture->input ? input_failure(capture->input) : NULL;

	if (failure || *capture->broken)
		return failure ? failure : capture->broken;
	return capture->savefile ? savefile_failure(capture->savefile) : pcap_geterr(capture->pcap);
}

bool capture_is_cut(const struct capture *capture)
{
	return input_is_cut(capture->input) ||
	       (capture->savefile && savefile_is_cut(capture->savefile));
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

static void say_unread(const struct unread_link *unread, char text[CAPTURE_ERROR])
{
	const char *name = pcap_datalink_val_to_name(unread->dlt);
	char number[32];

	snprintf(number, sizeof number, "number %d", unread->dlt);
	snprintf(text, CAPTURE_ERROR,
		 "link type %s is not supported: its packets are only counted (%llu)",
		 name ? name : number, (unsigned long long)unread->packets);
}

bool capture_remark(const struct capture *capture, unsigned index, char text[CAPTURE_ERROR])
{
	struct savefile_lost lost = {.strangers = 0};

	if (index < capture->unread_count) {
		say_unread(&capture->unread[index], text);
		return true;
	}
	if (capture->savefile)
		lost = savefile_lost(capture->savefile);
	if (index > capture->unread_count ||
	    (capture->unread_others == 0 && lost.strangers == 0 && lost.interfaces == 0))
		return false;
	snprintf(text, CAPTURE_ERROR,
		 "not read: %llu packets of interfaces that the file does not describe (%llu "
		 "descriptions are too many), %llu of further link types",
		 (unsigned long long)lost.strangers, (unsigned long long)lost.interfaces,
		 (unsigned long long)capture->unread_others);
	return true;
}
