/* SPDX-License-Identifier: ISC */
/* See filters.h. */
#include "sensor/capture/filters.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "sensor/capture/savefile.h"

struct filters {
	const char *expression;
	bool tried; /* to compile `tagged` */
	bool told;
	bool has_tagged;
	uint64_t tags; /* frames that only `tagged` lets pass */
	struct bpf_program tagged;
	unsigned count;
	int dlts[FILTERS_KINDS];
	struct bpf_program programs[FILTERS_KINDS];
};

struct filters *filters_new(const char *expression)
{
	struct filters *filters = calloc(1, sizeof *filters);

	if (filters)
		filters->expression = expression;
	return filters;
}

void filters_free(struct filters *filters)
{
	if (!filters)
		return;
	for (unsigned i = 0; i < filters->count; i++)
		pcap_freecode(&filters->programs[i]);
	if (filters->has_tagged)
		pcap_freecode(&filters->tagged);
	free(filters);
}

static bool compile(const char *expression, int dlt, struct bpf_program *program,
		    char error[FILTERS_ERROR])
{
	pcap_t *pcap = pcap_open_dead(dlt, SAVEFILE_CAPTURE);
	bool good;

	if (!pcap) {
		snprintf(error, FILTERS_ERROR, "out of memory");
		return false;
	}
	good = pcap_compile(pcap, program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
	if (!good)
		snprintf(error, FILTERS_ERROR, "filter \"%.300s\": %s", expression,
			 pcap_geterr(pcap));
	pcap_close(pcap);
	return good;
}

bool filters_get(struct filters *filters, int dlt, const struct bpf_program **program,
		 char error[FILTERS_ERROR])
{
	*program = NULL;
	if (!filters || !filters->expression)
		return true;
	for (unsigned i = 0; i < filters->count; i++) {
		if (filters->dlts[i] != dlt)
			continue;
		*program = &filters->programs[i];
		return true;
	}
	if (filters->count == FILTERS_KINDS) {
		snprintf(error, FILTERS_ERROR, "more than %d link types to filter", FILTERS_KINDS);
		return false;
	}
	if (!compile(filters->expression, dlt, &filters->programs[filters->count], error))
		return false;
	*program = &filters->programs[filters->count];
	filters->dlts[filters->count++] = dlt;
	return true;
}

bool filters_pass(const struct bpf_program *program, const uint8_t *frame, uint32_t captured,
		  uint32_t wire)
{
	const struct pcap_pkthdr header = {.caplen = captured, .len = wire};

	return !program || pcap_offline_filter(program, &header, frame) != 0;
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
	filters->has_tagged = compile(expression, DLT_EN10MB, &filters->tagged, error);
	free(expression);
}

void filters_note_tag(struct filters *filters, const uint8_t *frame, uint32_t captured,
		      uint32_t wire)
{
	if (!is_tagged(frame, captured))
		return;
	if (!filters->tried)
		compile_tagged(filters);
	filters->tags +=
		filters->has_tagged && filters_pass(&filters->tagged, frame, captured, wire);
}

bool filters_hint(struct filters *filters, char text[FILTERS_ERROR])
{
	if (!filters || filters->tags == 0 || filters->told)
		return false;
	filters->told = true;
	snprintf(text, FILTERS_ERROR,
		 "the filter lets only untagged packets pass, and %llu with a VLAN tag would fit: "
		 "\"(%.150s) or (vlan and (%.150s))\" takes both",
		 (unsigned long long)filters->tags, filters->expression, filters->expression);
	return true;
}
