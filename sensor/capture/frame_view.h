/* SPDX-License-Identifier: ISC */
/* One captured frame, as it lies in somebody else's memory. */
#ifndef SENSOR_FRAME_VIEW_H
#define SENSOR_FRAME_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/base/origins.h"

struct frame_view {
	uint64_t ts_ns;
	const uint8_t
		*bytes; /* `captured` of them; how long they stay is said by who hands it out */
	uint32_t captured, wire;
	uint8_t link;	   /* enum link_type */
	bool headers_only; /* cut on purpose: headers_only.h */
	bool received;	   /* sent to us as a mirror: receiver.h */
	struct origin origin;
};

#endif
