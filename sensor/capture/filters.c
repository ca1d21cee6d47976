/* SPDX-License-Identifier: ISC */
/* See filters.h. */
#include "sensor/capture/filters.h"

#include <stdio.h>
#include <stdlib.h>

struct filters {
	const char *expression;
	bool tried; /* to compile `tagged` */
	bool told;
	uint64_t tags; /* frames that only `tagged` lets pass */
	struct pcap_filter *tagged;
	unsigned count;
	int dlts[FILTERS_KINDS];
	struct pcap_filter *list[FILTERS_KINDS];
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
		pcap_filter_free(filters->list[i]);
	pcap_filter_free(filters->tagged);
	free(filters);
}

bool filters_get(struct filters *filters, int dlt, const struct pcap_filter **found,
		 char error[FILTERS_ERROR])
{
	*found = NULL;
	if (!filters || !filters->expression)
		return true;
	for (unsigned i = 0; i < filters->count; i++) {
		if (filters->dlts[i] != dlt)
			continue;
		*found = filters->list[i];
		return true;
	}
	if (filters->count == FILTERS_KINDS) {
		snprintf(error, FILTERS_ERROR, "more than %d link types to filter", FILTERS_KINDS);
		return false;
	}
	*found = filters->list[filters->count] = pcap_filter_new(filters->expression, dlt, error);
	if (!*found)
		return false;
	filters->dlts[filters->count++] = dlt;
	return true;
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
	filters->tagged = pcap_filter_new(expression, PCAP_ETHERNET, error);
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
		filters->tagged && pcap_filter_pass(filters->tagged, frame, captured, wire);
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
