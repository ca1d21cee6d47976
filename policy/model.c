/* SPDX-License-Identifier: ISC */
/* Look-ups in the lists of a policy that is loaded (model.h). */
#include "policy/model.h"

bool model_ports_hold(const struct port_list *ports, uint8_t transport, uint16_t port)
{
	if (ports->count == 0)
		return true;
	for (uint32_t i = 0; i < ports->count; i++) {
		const struct port_range *range = &ports->list[i];

		if (port >= range->from && port <= range->to &&
		    (range->transport == 0 || range->transport == transport))
			return true;
	}
	return false;
}

bool model_index_holds(const struct index_list *list, uint16_t index)
{
	uint32_t low = 0, high = list->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (list->list[middle] == index)
			return true;
		if (list->list[middle] < index)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}
