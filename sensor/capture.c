/* SPDX-License-Identifier: ISC */
/*
 * See capture.h. The one file that sees libpcap.
 *
 * Interfaces use TPACKET_V3 with a timeout of 50 to 100 ms, after which the kernel hands over a block
 * that is not full: with 0 and a non-blocking handle nothing is ever delivered, and immediate mode
 * falls back to TPACKET_V2 (measured with libpcap 1.10). The handle does not block, because libpcap
 * would wait for the first packet however long that takes.
 * PACKET_FANOUT is set on libpcap's own socket after activation: libpcap has no call for it.
 *
 * Of classic savefiles libpcap reads the header alone, savefile.c the records.
 */
#include "sensor/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/fanout.h"
#include "sensor/savefile.h"

struct capture {
	pcap_t *pcap;
	struct input *input;	   /* NULL: an interface */
	struct savefile *savefile; /* NULL: `pcap` reads the records as well */
	struct bpf_program filter; /* of the savefile */
	enum link_type link;
	capture_handler *handler; /* of the running capture_batch() */
	void *context;
	int wait_ms; /* of an interface */
	struct capture_stats stats;
	unsigned last_received, last_dropped, last_interface; /* libpcap's wrap at 32 bits */
};

static enum link_type link_of(pcap_t *pcap)
{
	switch (pcap_datalink(pcap)) {
	case DLT_EN10MB:
		return LINK_ETHERNET;
	case DLT_LINUX_SLL:
		return LINK_SLL;
	case DLT_LINUX_SLL2:
		return LINK_SLL2;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		return LINK_RAW;
	case DLT_NULL:
	case DLT_LOOP:
		return LINK_NULL;
	case DLT_PPP:
	case DLT_PPP_SERIAL:
		return LINK_PPP;
	default:
		return LINK_UNSUPPORTED;
	}
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
	       pcap_set_timeout(pcap, (int)interface->timeout_ms) == 0 &&
	       pcap_set_buffer_size(pcap, (int)interface->buffer_bytes) == 0;
}

static bool join_fanout(pcap_t *pcap, const struct capture_interface *interface)
{
	return interface->fanout_workers < 2 ||
	       fanout_join(pcap_fileno(pcap), interface->fanout_group, interface->decoder);
}

struct capture *capture_open_interface(const struct capture_interface *interface,
				       char error[CAPTURE_ERROR])
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap = pcap_create(interface->name, reason);
	struct capture *capture;
	int result;

	if (!pcap) {
		snprintf(error, CAPTURE_ERROR, "%s", reason);
		return NULL;
	}
	set_options(pcap, interface);
	/* Nanoseconds where the kernel gives them. */
	pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
	result = pcap_activate(pcap);
	if (result < 0) {
		const char *detail = pcap_geterr(pcap);

		snprintf(error, CAPTURE_ERROR, "%s%s%s", pcap_statustostr(result),
			 *detail ? ": " : "", detail);
		pcap_close(pcap);
		return NULL;
	}
	if (!set_filter(pcap, interface->filter, error)) {
		pcap_close(pcap);
		return NULL;
	}
	if (!join_fanout(pcap, interface)) {
		snprintf(error, CAPTURE_ERROR, "PACKET_FANOUT: %s", strerrordesc_np(errno));
		pcap_close(pcap);
		return NULL;
	}
	if (pcap_setnonblock(pcap, 1, reason) != 0) {
		snprintf(error, CAPTURE_ERROR, "%s", reason);
		pcap_close(pcap);
		return NULL;
	}
	capture = wrap(pcap, NULL, error);
	if (capture)
		capture->wait_ms = (int)interface->timeout_ms * 2;
	return capture;
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	savefile_free(capture->savefile);
	pcap_freecode(&capture->filter);
	pcap_close(capture->pcap);
	free(capture);
}

/* libpcap's own wait lasts until a packet comes, however long that takes. */
static void wait_for_packets(struct capture *capture)
{
	struct pollfd ready = {.fd = pcap_get_selectable_fd(capture->pcap), .events = POLLIN};

	poll(&ready, 1, capture->wait_ms);
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
			frames[n++] =
				(struct frame_view){record.ts_ns, record.frame, record.captured,
						    record.wire, (uint8_t)capture->link};
	}
	return n == 0 && result < 0 ? -1 : n;
}

static uint64_t nanoseconds(const struct capture *capture, const struct pcap_pkthdr *header)
{
	uint64_t precision =
		pcap_get_tstamp_precision(capture->pcap) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;

	return (uint64_t)header->ts.tv_sec * 1000000000ull +
	       (uint64_t)header->ts.tv_usec * precision;
}

int capture_frames(struct capture *capture, struct frame_view *frames, int max)
{
	struct pcap_pkthdr *header;
	const uint8_t *frame;
	int result;

	if (capture->savefile)
		return savefile_frames(capture, frames, max);
	result = pcap_next_ex(capture->pcap, &header, &frame);
	if (result != 1)
		return result == PCAP_ERROR_BREAK ? 0 : -1;
	frames[0] = (struct frame_view){nanoseconds(capture, header), frame, header->caplen,
					header->len, (uint8_t)capture->link};
	return 1;
}

static void on_packet(unsigned char *user, const struct pcap_pkthdr *header,
		      const unsigned char *frame)
{
	const struct capture *capture = (void *)user;

	capture->handler(capture->context, capture->link, frame, header->caplen, header->len,
			 nanoseconds(capture, header));
}

int capture_batch(struct capture *capture, int max, capture_handler *handler, void *context)
{
	int n;

	capture->handler = handler;
	capture->context = context;
	n = pcap_dispatch(capture->pcap, max, on_packet, (void *)capture);
	if (n == 0) {
		wait_for_packets(capture);
		n = pcap_dispatch(capture->pcap, max, on_packet, (void *)capture);
	}
	return n < 0 ? -1 : n;
}

const char *capture_failure(struct capture *capture)
{
	const char *failure = capture->input ? input_failure(capture->input) : NULL;

	if (failure)
		return failure;
	return capture->savefile ? savefile_failure(capture->savefile) : pcap_geterr(capture->pcap);
}

void capture_stats(struct capture *capture, struct capture_stats *stats)
{
	struct pcap_stat now;

	if (!capture->input && pcap_stats(capture->pcap, &now) == 0) {
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
