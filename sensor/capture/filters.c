/* SPDX-License-Identifier: ISC */
/* See filters.h. */
#include "sensor/capture/filters.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "sensor/capture/savefile.h"

struct filters {
	const char *expression;
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
	free(filters);
}

static bool compile(const struct filters *filters, int dlt, struct bpf_program *program,
		    char error[FILTERS_ERROR])
{
	pcap_t *pcap = pcap_open_dead(dlt, SAVEFILE_CAPTURE);
	bool good;

	if (!pcap) {
		snprintf(error, FILTERS_ERROR, "out of memory");
		return false;
	}
	good = pcap_compile(pcap, program, filters->expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
	if (!good)
		snprintf(error, FILTERS_ERROR, "filter \"%.300s\": %s", filters->expression,
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
	if (!compile(filters, dlt, &filters->programs[filters->count], error))
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
