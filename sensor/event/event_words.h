/* SPDX-License-Identifier: ISC */
/* What the JSON form, the flat fields and the text of an event have in common. */
#ifndef SENSOR_EVENT_WORDS_H
#define SENSOR_EVENT_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/base/services.h"
#include "sensor/event/community_id.h"
#include "sensor/event/event.h"

/* Who says it, and about which site. Everything must outlive the calls it is given to. */
struct event_context {
	const char *sensor, *site, *version;
	const struct services *services;
	bool replay;
};

/* What is on the wire: the client, or who connected on its behalf. */
const struct address *event_source(const struct exposure_view *exposure);
uint16_t event_source_port(const struct exposure_view *exposure);
/* With facts->claims: the client that somebody claimed to speak for. */
struct address event_claimed(const struct facts *facts);

/* Where it came in; of blindness, where nothing does. */
struct ingress event_ingress(const struct event *event);

int event_severity_number(uint8_t severity);   /* enum policy_severity → 10, 30, 50, 70, 90 */
const char *event_conn_state(uint8_t outcome); /* Zeek's letters; "" where none is known to fit */
/* "" while the service is unknown. */
const char *event_service_name(const struct event_context *context, uint16_t service);
/* Seen on the wire; the translated address otherwise. */
const struct address *event_server_seen(const struct exposure_view *exposure);
bool event_has_client(const struct exposure_view *exposure);
/* Of the conversation that raised the event. False, and nothing written, without both ends. */
bool event_community_id(const struct exposure_view *exposure, char text[COMMUNITY_ID_TEXT]);
bool event_is_tls(const struct facts *facts);
/*
 * What is odd about the server's certificate at this time, one after the other from `at` 0 on:
 * "expired", "self-signed". "" behind the last.
 */
const char *event_certificate(const struct facts *facts, uint64_t ts_ns, unsigned at);

#endif
