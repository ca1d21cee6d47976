/* SPDX-License-Identifier: ISC */
/* See http_earlier.h. */
#include "dissectors/http/http_earlier.h"

/* The worst that it may have meant beyond what it is known to mean. */
static enum http_route_kind worst_of(const struct http_fits *fits)
{
	const struct http_route *known = http_routes_meaning(fits, HTTP_ANY);
	enum http_route_kind worst = http_routes_worst(fits, true);

	if (worst < ROUTE_RECORDS || (known != NULL && known->kind >= worst))
		return ROUTE_NONE;
	return worst;
}

/* A free place, or that of one which is less bad; NULL: all are as bad as this. */
static struct http_earlier *place_for(struct http_exchange *x, enum http_route_kind worst)
{
	struct http_earlier *weakest = &x->earlier[0];

	for (size_t i = 0; i < HTTP_EARLIER_MAX; i++) {
		if (x->earlier[i].worst < weakest->worst)
			weakest = &x->earlier[i];
	}
	return weakest->worst < worst ? weakest : NULL;
}

void http_earlier_keep(struct http_exchange *x, struct facts *facts)
{
	const struct http_response *r = &x->response;
	enum http_route_kind worst = worst_of(&r->request.fits);
	struct http_earlier *place;

	if (worst == ROUTE_NONE || http_known_row(facts) != HTTP_ANY)
		return;
	place = place_for(x, worst);
	if (place == NULL || place->worst >= ROUTE_EXECUTES)
		facts_limited(facts);
	if (place == NULL)
		return;
	*place = (struct http_earlier){
		.fits = r->request.fits,
		.command = r->request.command,
		.client = r->request.client,
		.serial = r->request.serial,
		.worst = (uint8_t)worst,
		.data = r->status == 200 && r->has_body,
	};
}

void http_earlier_judge(struct http_exchange *x, struct facts *facts)
{
	size_t row = http_known_row(facts);

	for (size_t i = 0; i < HTTP_EARLIER_MAX && row != HTTP_ANY; i++) {
		struct http_earlier *e = &x->earlier[i];
		const struct http_route *route = http_routes_of(&e->fits, row);

		if (e->worst == ROUTE_NONE || e->client != x->response.request.client)
			continue;
		http_note_route(facts, route, e->command, true);
		if (route != NULL && route->kind == ROUTE_RECORDS && e->data)
			facts_set_data_read(facts, ANSWER_YES);
		*e = (struct http_earlier){.worst = ROUTE_NONE};
	}
}
