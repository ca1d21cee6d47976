/* SPDX-License-Identifier: ISC */
/*
 * The one sentence of an event, for the person who is on call: what, where, who, how far, and
 * since when. Plain ASCII, no full stop, at most REASON_MAX bytes with the NUL.
 */
#ifndef SENSOR_REASON_H
#define SENSOR_REASON_H

#include "sensor/base/services.h"
#include "sensor/event/event.h"

#define REASON_MAX sizeof(((struct event *)NULL)->reason)

struct reason_context {
	const struct services *services;
	const char *client_zone;       /* of the view's client; "" if not known */
	const struct command *command; /* that brought it to its level, or NULL */
	bool one_way;		       /* datagrams to a service that never answers */
	bool campaign;
	bool guess;	 /* which side is the server is a guess */
	bool unseen;	 /* only clients say that it is open: no answer was seen */
	uint64_t probes; /* in vain, since it let somebody in last */
	uint32_t probe_sources;
};

/* How far the view's client got; the wall's history when it has just opened. */
void reason_reached(char *reason, const struct exposure_view *x, const struct reason_context *c,
		    bool opened);
/* `was_closed_ns`: since when it was proven closed; 0 if it was out of sight for another reason. */
void reason_reopened(char *reason, const struct exposure_view *x, const struct reason_context *c,
		     uint64_t was_closed_ns);
/* The service became known, or a rule applies that did not before. */
void reason_known(char *reason, const struct exposure_view *x, const struct reason_context *c,
		  bool rule_applies);
void reason_summary(char *reason, const struct exposure_view *x, const struct reason_context *c);
/* `proof`: how many probes, from how many sources. */
void reason_closed(char *reason, const struct exposure_view *x, const struct reason_context *c,
		   uint64_t probes, uint32_t sources);
/* `latest`: the member that the news is about, or NULL. */
void reason_incident(char *reason, enum event_kind kind, const struct incident_view *incident,
		     const struct exposure_view *latest, const struct reason_context *c);
/* What the sensor does not see, or sees again. */
void reason_blindness(char *reason, const struct blindness_view *view);

#endif
