/* SPDX-License-Identifier: ISC */
/*
 * Captures in files: savefile.c reads them, libpcap the rare variants. What is of a link type that
 * nobody reads is counted, and neither filtered nor dropped.
 */
#include <stdio.h>

#include "sensor/capture/capture_state.h"
#include "sensor/capture/formats.h"
#include "sensor/decode/encapsulation.h"

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
	int dlt = pcap_source_dlt_of(number);
	struct link_kind kind = {.number = number, .link = encapsulation_link(dlt)};

	if (kind.link == LINK_UNSUPPORTED)
		kind.unread = unread_link_of(capture, dlt);
	else if (!filters_get(capture->filters, dlt, &kind.filter, error))
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
	FILE *stream = input_take_stream(capture->input);
	const char *failure;
	int dlt;

	if (!stream) {
		snprintf(error, CAPTURE_ERROR, "out of memory");
		return false;
	}
	capture->pcap = pcap_source_file(stream, error);
	if (!capture->pcap) {
		failure = input_failure(capture->input);
		if (failure)
			snprintf(error, CAPTURE_ERROR, "%s", failure);
		return false;
	}
	dlt = pcap_source_dlt(capture->pcap);
	capture->kind.link = encapsulation_link(dlt);
	if (capture->kind.link != LINK_UNSUPPORTED)
		return filters_get(capture->filters, dlt, &capture->kind.filter, error);
	capture->kind.unread = unread_link_of(capture, dlt);
	return true;
}

struct capture *capture_open_file(struct input *input, struct filters *filters,
				  char error[CAPTURE_ERROR])
{
	struct capture *capture = capture_new(error);
	const uint8_t *bytes;
	size_t length;
	bool good;

	if (!capture)
		return NULL;
	capture->input = input;
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

static bool is_wanted(const struct capture *capture, const struct savefile_record *record)
{
	if (pcap_filter_pass(capture->kind.filter, record->frame, record->captured, record->wire))
		return true;
	filters_note_refused(capture->filters, &(const struct frame_view){
						       .bytes = record->frame,
						       .captured = record->captured,
						       .wire = record->wire,
						       .link = (uint8_t)capture->kind.link,
					       });
	return false;
}

int capture_savefile_frames(struct capture *capture, struct frame_view *frames, int max)
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

bool capture_is_cut(const struct capture *capture)
{
	return input_is_cut(capture->input) ||
	       (capture->savefile && savefile_is_cut(capture->savefile));
}

static void say_unread(const struct unread_link *unread, char text[CAPTURE_ERROR])
{
	const char *name = pcap_source_link_name(unread->dlt);
	char number[32];

	snprintf(number, sizeof number, "number %d", unread->dlt);
	snprintf(text, CAPTURE_ERROR,
		 "link type %s is not supported: its packets are only counted (%llu)",
		 name ? name : number, (unsigned long long)unread->packets);
}

bool capture_note(const struct capture *capture, char text[CAPTURE_ERROR])
{
	uint64_t timeless = capture->savefile ? savefile_lost(capture->savefile).timeless : 0;

	if (timeless == 0)
		return false;
	snprintf(
		text, CAPTURE_ERROR,
		"the time of %llu packets is not known (simple packet blocks carry none): each has "
		"that of the packet before it in the file, or 1970-01-01T00:00:00Z if none before "
		"it has one",
		(unsigned long long)timeless);
	return true;
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
