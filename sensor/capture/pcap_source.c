/* SPDX-License-Identifier: ISC */
/*
 * See pcap_source.h. The one file that sees libpcap.
 *
 * An interface's handle does not block, because it would wait for the first packet however long
 * that takes; its timeout must not be 0, or nothing is ever delivered (measured with libpcap 1.10).
 */
#include "sensor/capture/pcap_source.h"

#include <linux/filter.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/capture/capture.h"

#define LINKTYPE_ATM 100 /* and others of the numbers in files that are not libpcap's own */
#define LINKTYPE_RAW 101

_Static_assert(PCAP_ETHERNET == DLT_EN10MB && PCAP_RAW == DLT_RAW, "numbers of libpcap");
_Static_assert(sizeof(struct bpf_insn) == sizeof(struct sock_filter), "the same instructions");

struct pcap_filter {
	struct bpf_program program;
};

struct pcap_source {
	pcap_t *pcap;
};

/* ---- filters ---- */

static struct pcap_filter *compile(pcap_t *pcap, const char *expression,
				   char error[PCAP_SOURCE_ERROR])
{
	struct pcap_filter *filter = calloc(1, sizeof *filter);

	if (!filter) {
		snprintf(error, PCAP_SOURCE_ERROR, "out of memory");
		return NULL;
	}
	if (pcap_compile(pcap, &filter->program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0)
		return filter;
	snprintf(error, PCAP_SOURCE_ERROR, "filter \"%.300s\": %s", expression, pcap_geterr(pcap));
	free(filter);
	return NULL;
}

struct pcap_filter *pcap_filter_new(const char *expression, int dlt, char error[PCAP_SOURCE_ERROR])
{
	pcap_t *pcap = pcap_open_dead(dlt, CAPTURE_SNAP);
	struct pcap_filter *filter;

	if (!pcap) {
		snprintf(error, PCAP_SOURCE_ERROR, "out of memory");
		return NULL;
	}
	filter = compile(pcap, expression, error);
	pcap_close(pcap);
	return filter;
}

struct pcap_filter *pcap_filter_live(const char *expression, const struct pcap_source *source,
				     char error[PCAP_SOURCE_ERROR])
{
	return compile(source->pcap, expression, error);
}

struct pcap_filter *pcap_filter_copy(const struct pcap_filter *filter)
{
	struct pcap_filter *copy = calloc(1, sizeof *copy);
	size_t bytes = filter->program.bf_len * sizeof *filter->program.bf_insns;

	if (copy)
		copy->program.bf_insns = malloc(bytes ? bytes : 1);
	if (!copy || !copy->program.bf_insns) {
		free(copy);
		return NULL;
	}
	copy->program.bf_len = filter->program.bf_len;
	memcpy(copy->program.bf_insns, filter->program.bf_insns, bytes);
	return copy;
}

void pcap_filter_free(struct pcap_filter *filter)
{
	if (!filter)
		return;
	pcap_freecode(&filter->program);
	free(filter);
}

bool pcap_filter_pass(const struct pcap_filter *filter, const uint8_t *frame, uint32_t captured,
		      uint32_t wire)
{
	const struct pcap_pkthdr header = {.caplen = captured, .len = wire};

	return !filter || pcap_offline_filter(&filter->program, &header, frame) != 0;
}

const struct sock_filter *pcap_filter_code(const struct pcap_filter *filter, uint16_t *length)
{
	*length = filter ? (uint16_t)filter->program.bf_len : 0;
	return filter ? (const void *)filter->program.bf_insns : NULL;
}

/* ---- packets ---- */

/* Takes the handle over. */
static struct pcap_source *wrap(pcap_t *pcap, char error[PCAP_SOURCE_ERROR])
{
	struct pcap_source *source = malloc(sizeof *source);

	if (!source) {
		pcap_close(pcap);
		snprintf(error, PCAP_SOURCE_ERROR, "out of memory");
		return NULL;
	}
	source->pcap = pcap;
	return source;
}

struct pcap_source *pcap_source_file(FILE *stream, char error[PCAP_SOURCE_ERROR])
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO,
								reason);

	if (pcap)
		return wrap(pcap, error);
	snprintf(error, PCAP_SOURCE_ERROR, "%s", reason);
	fclose(stream);
	return NULL;
}

static void set_options(pcap_t *pcap, const struct capture_interface *interface,
			uint32_t buffer_bytes)
{
	pcap_set_snaplen(pcap, (int)interface->snap_length);
	pcap_set_promisc(pcap, interface->promiscuous);
	pcap_set_timeout(pcap, (int)interface->timeout_ms);
	pcap_set_buffer_size(pcap, (int)buffer_bytes);
	/* Nanoseconds where the kernel gives them. */
	pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
}

struct pcap_source *pcap_source_interface(const struct capture_interface *interface,
					  uint32_t buffer_bytes, char error[PCAP_SOURCE_ERROR])
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap = pcap_create(interface->name, reason);
	const char *detail;
	int result;

	if (!pcap) {
		snprintf(error, PCAP_SOURCE_ERROR, "%s", reason);
		return NULL;
	}
	set_options(pcap, interface, buffer_bytes);
	result = pcap_activate(pcap);
	if (result >= 0 && pcap_setnonblock(pcap, 1, reason) == 0)
		return wrap(pcap, error);
	detail = result >= 0 ? reason : pcap_geterr(pcap);
	snprintf(error, PCAP_SOURCE_ERROR, "%s%s%s", pcap_statustostr(result), *detail ? ": " : "",
		 detail);
	pcap_close(pcap);
	return NULL;
}

void pcap_source_close(struct pcap_source *source)
{
	if (!source)
		return;
	pcap_close(source->pcap);
	free(source);
}

int pcap_source_dlt(const struct pcap_source *source)
{
	return pcap_datalink(source->pcap);
}

bool pcap_source_filter(struct pcap_source *source, const struct pcap_filter *filter,
			char error[PCAP_SOURCE_ERROR])
{
	struct bpf_program program;

	if (!filter)
		return true;
	program = filter->program;
	if (pcap_setfilter(source->pcap, &program) == 0)
		return true;
	snprintf(error, PCAP_SOURCE_ERROR, "filter: %s", pcap_geterr(source->pcap));
	return false;
}

static uint64_t nanoseconds(const struct pcap_source *source, const struct pcap_pkthdr *header)
{
	uint64_t precision = pcap_get_tstamp_precision(source->pcap) == PCAP_TSTAMP_PRECISION_NANO
				     ? 1
				     : NS_PER_US;

	return (uint64_t)header->ts.tv_sec * NS_PER_S + (uint64_t)header->ts.tv_usec * precision;
}

int pcap_source_next(struct pcap_source *source, struct frame_view *frame)
{
	struct pcap_pkthdr *header;
	const uint8_t *bytes;
	int result = pcap_next_ex(source->pcap, &header, &bytes);

	if (result != 1)
		return result == PCAP_ERROR_BREAK || result == 0 ? 0 : -1;
	*frame = (struct frame_view){
		.ts_ns = nanoseconds(source, header),
		.bytes = bytes,
		.captured = header->caplen,
		.wire = header->len,
	};
	return 1;
}

int pcap_source_fd(const struct pcap_source *source)
{
	return pcap_fileno(source->pcap);
}

const char *pcap_source_failure(const struct pcap_source *source)
{
	return pcap_geterr(source->pcap);
}

bool pcap_source_stats(struct pcap_source *source, struct pcap_source_stats *stats)
{
	struct pcap_stat now;

	if (pcap_stats(source->pcap, &now) != 0)
		return false;
	*stats = (struct pcap_source_stats){now.ps_recv, now.ps_drop, now.ps_ifdrop};
	return true;
}

/* ---- names ---- */

int pcap_source_dlt_of(int linktype)
{
	switch (linktype) {
	case LINKTYPE_ATM:
		return DLT_ATM_RFC1483;
	case LINKTYPE_RAW:
		return DLT_RAW;
	default:
		return linktype;
	}
}

const char *pcap_source_link_name(int dlt)
{
	return pcap_datalink_val_to_name(dlt);
}

void pcap_source_list(char *text, size_t room)
{
	char reason[PCAP_ERRBUF_SIZE];
	pcap_if_t *list = NULL;
	size_t used = 0;

	text[0] = '\0';
	if (pcap_findalldevs(&list, reason) != 0)
		return;
	for (const pcap_if_t *one = list; one && used < room; one = one->next) {
		/* The others are no networks: Bluetooth, USB, D-Bus and the like. */
		if (one->flags & PCAP_IF_UP || one->addresses || one == list)
			used += (size_t)snprintf(text + used, room - used, "%s%s", used ? ", " : "",
						 one->name);
	}
	pcap_freealldevs(list);
}
