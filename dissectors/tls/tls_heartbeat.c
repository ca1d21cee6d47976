/* SPDX-License-Identifier: ISC */
/* See tls_heartbeat.h. */
#include "dissectors/tls/tls_heartbeat.h"

#define ASKS	1
#define ANSWERS 2
#define HEAD	3

static void judge(struct tls_heartbeat *heartbeat, struct facts *facts, enum side from,
		  uint16_t length)
{
	struct bytes head = bytes_from(heartbeat->head[from], HEAD);
	uint8_t type = bytes_u8(&head);
	uint16_t payload = bytes_be16(&head);

	if (from == SIDE_CLIENT && type == ASKS && HEAD + payload > length) {
		facts_lying_length(facts);
		heartbeat->lied = length;
	} else if (from == SIDE_SERVER && type == ANSWERS && heartbeat->lied != 0 &&
		   length > heartbeat->lied) {
		facts_leak(facts, "heartbeat over-read");
	}
}

void tls_heartbeat_feed(struct tls_heartbeat *heartbeat, struct facts *facts, enum side from,
			struct bytes data, uint16_t length, uint16_t left)
{
	if (left == length)
		heartbeat->have[from] = 0;
	while (data.left != 0 && heartbeat->have[from] < HEAD) {
		heartbeat->head[from][heartbeat->have[from]++] = bytes_u8(&data);
		if (heartbeat->have[from] == HEAD)
			judge(heartbeat, facts, from, length);
	}
}
