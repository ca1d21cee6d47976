/* SPDX-License-Identifier: ISC */
/*
 * What one client of a connection has sent and received, and what has been told of it so far. A
 * flow holds that of its own client; each client that a carrier speaks for has one of its own
 * (worker/carried.h), and whose turn it is says which of them counts now.
 */
#ifndef SENSOR_TELLING_H
#define SENSOR_TELLING_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/base/origins.h"

struct telling {
	uint64_t start_ns, reported_ns;
	struct origin origin;		      /* the packet that it began with */
	uint64_t bytes[2], reported_bytes[2]; /* payload by enum side, retransmissions once */
	uint32_t reported_revision, reported_failed, reported_succeeded, reported_messages;
	uint32_t digest; /* of the facts that are told at once */
	bool concerned;	 /* the policy may care about this client */
	bool reported, told_payload;
};

#endif
