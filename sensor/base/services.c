/* SPDX-License-Identifier: ISC */
/*
 * The flat catalogue of services. A row is listed once per name: the first dissector in the order
 * of dissectors/table.c wins, unless it knows less, then nDPI's rows. services_id() knows every row
 * by its address, also one that lost its name to another, so that a dissector may share another's
 * service.
 */
#include "sensor/base/services.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/dissector.h"
#include "sensor/base/endpoint.h"

struct row {
	const struct service *service;
	uint8_t transports; /* OVER_… */
	bool met;	    /* by any row of its name */
};

#define PLACES 4096 /* by address: more than there are rows, so that searches are short */

struct services {
	struct row *rows;
	struct policy_service *vocabulary; /* by the same index */
	uint16_t count;
	uint16_t by_address[PLACES]; /* an id and 1; 0: none */
	uint16_t by_port[3]
			[UINT16_MAX + 1]; /* [1]: over UDP; asked for any packet out of nowhere */
};

/*
 * A service may be told by several dissectors, one of which is its own: inside of TLS, or by gRPC,
 * it has no ports of its own.
 */
static bool is_fuller(const struct service *a, const struct service *b)
{
	return (a->ports != NULL && b->ports == NULL) ||
	       (a->identifier != NULL && b->identifier == NULL);
}

static void add(struct services *services, const struct service *service, uint8_t transports)
{
	uint16_t id = services_find(services, service->name);

	if (id != POLICY_NO_SERVICE) {
		services->rows[id].transports |= transports;
		services->rows[id].met |= service->met;
		if (services->vocabulary[id].also == NULL)
			services->vocabulary[id].also = service->also;
		if (is_fuller(service, services->rows[id].service))
			services->rows[id].service = service;
		return;
	}
	id = services->count++;
	services->rows[id] =
		(struct row){.service = service, .transports = transports, .met = service->met};
	services->vocabulary[id] = (struct policy_service){
		.name = service->name,
		.family = family_name(service->family),
		.also = service->also,
	};
}

static size_t count_rows(void)
{
	size_t rows = ndpi_only_service_count;

	for (size_t i = 0; i < dissector_count; i++)
		rows += dissectors[i]->service_count;
	return rows;
}

static void add_all(struct services *services)
{
	for (size_t i = 0; i < dissector_count; i++) {
		const struct dissector *d = dissectors[i];

		for (size_t j = 0; j < d->service_count; j++)
			add(services, &d->services[j], d->transports);
	}
	for (size_t i = 0; i < ndpi_only_service_count; i++) {
		/* The transports of a usual port must not widen a dissector's. */
		if (services_find(services, ndpi_only_services[i].name) == POLICY_NO_SERVICE)
			add(services, &ndpi_only_services[i], ndpi_only_transports[i]);
	}
}

/* The first service of a port has it. */
static void add_ports(struct services *services)
{
	memset(services->by_port, 0xff, sizeof services->by_port);
	for (uint16_t id = services->count; id-- > 0;) {
		const struct row *row = &services->rows[id];

		for (const uint16_t *p = row->service->ports; p != NULL && *p != 0; p++) {
			if (row->transports & OVER_TCP)
				services->by_port[0][*p] = id;
			if (row->transports & OVER_UDP)
				services->by_port[1][*p] = id;
			if (row->transports & OVER_SCTP)
				services->by_port[2][*p] = id;
		}
	}
}

static size_t place_of(const struct service *service)
{
	return ((uintptr_t)service / sizeof *service) % PLACES;
}

static void add_addresses(struct services *services)
{
	for (uint16_t id = 0; id < services->count; id++) {
		size_t place = place_of(services->rows[id].service);

		while (services->by_address[place] != 0)
			place = (place + 1) % PLACES;
		services->by_address[place] = (uint16_t)(id + 1);
	}
}

struct services *services_new(void)
{
	struct services *services = calloc(1, sizeof *services);
	size_t rows = count_rows();

	if (services == NULL)
		return NULL;
	if (rows >= POLICY_NO_SERVICE || rows >= PLACES / 2)
		goto failed;
	services->rows = calloc(rows, sizeof *services->rows);
	services->vocabulary = calloc(rows, sizeof *services->vocabulary);
	if (services->rows == NULL || services->vocabulary == NULL)
		goto failed;
	add_all(services);
	add_ports(services);
	add_addresses(services);
	return services;
failed:
	services_free(services);
	return NULL;
}

void services_free(struct services *services)
{
	if (services == NULL)
		return;
	free(services->rows);
	free(services->vocabulary);
	free(services);
}

uint16_t services_count(const struct services *services)
{
	return services->count;
}

const struct service *services_get(const struct services *services, uint16_t id)
{
	return id < services->count ? services->rows[id].service : NULL;
}

uint16_t services_id(const struct services *services, const struct service *service)
{
	if (service == NULL)
		return POLICY_NO_SERVICE;
	for (size_t place = place_of(service); services->by_address[place] != 0;
	     place = (place + 1) % PLACES) {
		uint16_t id = (uint16_t)(services->by_address[place] - 1);

		if (services->rows[id].service == service)
			return id;
	}
	return services_find(services, service->name);
}

const char *const *services_also(const struct services *services, uint16_t id)
{
	return services->vocabulary[id].also;
}

bool services_met(const struct services *services, uint16_t id)
{
	return services->rows[id].met;
}

uint16_t services_find(const struct services *services, const char *name)
{
	for (uint16_t id = 0; id < services->count; id++) {
		if (strcmp(services->rows[id].service->name, name) == 0)
			return id;
	}
	return POLICY_NO_SERVICE;
}

uint16_t services_by_port(const struct services *services, uint8_t transport, uint16_t port)
{
	switch (transport) {
	case TRANSPORT_TCP:
		return services->by_port[0][port];
	case TRANSPORT_SCTP:
		return services->by_port[2][port];
	default:
		return services->by_port[1][port];
	}
}

struct policy_vocabulary services_vocabulary(const struct services *services)
{
	static const char *const families[] = {
#define F(id, name) (name),
		FAMILIES(F)
#undef F
	};

	return (struct policy_vocabulary){
		.services = services->vocabulary,
		.count = services->count,
		.family_count = FAMILY_COUNT,
		.families = families,
	};
}
