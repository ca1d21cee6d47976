/* SPDX-License-Identifier: ISC */
/*
 * WebSocket (RFC 6455), after an upgrade from HTTP/1. What its messages are depends on what was
 * asked for: the hint that the dissector of HTTP leaves for this one (feed.h).
 */
#ifndef DISSECTORS_WEBSOCKET_H
#define DISSECTORS_WEBSOCKET_H

#include "dissectors/dissector.h"

/* What the messages are; the hint. */
enum websocket_kind {
	WEBSOCKET_ANY,
	WEBSOCKET_KERNEL,   /* of Jupyter: /api/kernels/ID/channels */
	WEBSOCKET_TERMINAL, /* of Jupyter: /terminals/websocket/NAME */
	WEBSOCKET_STOMP,
	WEBSOCKET_MQTT,
};
/* With it: which credentials the request had. */
#define WEBSOCKET_CREDENTIALS 16 /* were sent */
#define WEBSOCKET_UNSURE      32 /* perhaps */

/* By the path of the request; WEBSOCKET_ANY if it tells nothing. */
enum websocket_kind websocket_by_path(struct bytes path);
/* By the answer's Sec-WebSocket-Protocol. */
enum websocket_kind websocket_by_protocol(struct bytes protocol);

extern const struct dissector websocket_dissector;

#endif
