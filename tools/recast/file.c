/* SPDX-License-Identifier: ISC */
/* Recordings from and to files, by libpcap. */
#include <err.h>
#include <pcap/pcap.h>
#include <stdio.h>

#include "tools/recast/recording.h"

#define SECOND	 1000000000
#define SNAP_MAX 262144

struct recording recording_load(const char *path)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *file =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, error);
	struct recording recording = {0};
	struct pcap_pkthdr *header;
	const u_char *bytes;
	int status;

	if (!file)
		errx(1, "%s", error);
	recording.link = pcap_datalink(file);
	while ((status = pcap_next_ex(file, &header, &bytes)) == 1) {
		uint64_t ts_ns =
			(uint64_t)header->ts.tv_sec * SECOND + (uint64_t)header->ts.tv_usec;

		recording.nanoseconds |= ts_ns % 1000 != 0;
		recording_add(&recording, ts_ns, bytes, header->caplen, header->len);
	}
	if (status != PCAP_ERROR_BREAK)
		warnx("%s: %s; what came before is used", path, pcap_geterr(file));
	pcap_close(file);
	return recording;
}

void recording_save(const struct recording *recording, const char *path)
{
	unsigned precision =
		recording->nanoseconds ? PCAP_TSTAMP_PRECISION_NANO : PCAP_TSTAMP_PRECISION_MICRO;
	pcap_t *kind = pcap_open_dead_with_tstamp_precision(recording->link, SNAP_MAX, precision);
	pcap_dumper_t *file = kind ? pcap_dump_open(kind, path) : NULL;

	if (!file)
		errx(1, "%s: %s", path, kind ? pcap_geterr(kind) : "memory");
	for (size_t i = 0; i < recording->count; i++) {
		const struct frame_record *frame = &recording->frames[i];
		uint64_t fraction = frame->ts_ns % SECOND;
		struct pcap_pkthdr header = {.caplen = frame->captured, .len = frame->wire};

		header.ts.tv_sec = (time_t)(frame->ts_ns / SECOND);
		header.ts.tv_usec =
			(suseconds_t)(recording->nanoseconds ? fraction : fraction / 1000);
		pcap_dump((u_char *)file, &header, frame->bytes);
	}
	if (pcap_dump_flush(file) != 0)
		err(1, "%s", path);
	pcap_dump_close(file);
	pcap_close(kind);
}
