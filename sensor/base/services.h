/* SPDX-License-Identifier: ISC */
/*
 * The catalogue of services: every row of every dissector, then those that only nDPI knows, in a
 * fixed order. A service's id is its index here; ids are not stable across versions, names are.
 * Built once at start, read-only afterwards, from any thread.
 */
#ifndef SENSOR_SERVICES_H
#define SENSOR_SERVICES_H

#include "dissectors/read/facts.h"
#include "policy/policy.h"

/*
 * Services that only nDPI (or a usual port) tells so far: services_ndpi.c. Transports are those of
 * the usual ports (OVER_TCP | OVER_UDP), by the same index. A dissector's row of the same name
 * wins.
 */
extern const struct service ndpi_only_services[];
extern const uint8_t ndpi_only_transports[];
extern const size_t ndpi_only_service_count;

struct services;

struct services *services_new(void); /* NULL: out of memory */
void services_free(struct services *services);

uint16_t services_count(const struct services *services);
/* NULL for POLICY_NO_SERVICE. */
const struct service *services_get(const struct services *services, uint16_t id);
/* POLICY_NO_SERVICE for NULL, or for a row that is not in the catalogue. */
uint16_t services_id(const struct services *services, const struct service *service);
/* Several rows may have one name. Its other names, or NULL; has any of them met a real server? */
const char *const *services_also(const struct services *services, uint16_t id);
bool services_met(const struct services *services, uint16_t id);
uint16_t services_find(const struct services *services, const char *name);
/* The first service whose usual ports include this one: a guess. POLICY_NO_SERVICE if none. */
uint16_t services_by_port(const struct services *services, uint8_t transport, uint16_t port);
struct policy_vocabulary services_vocabulary(const struct services *services);

#endif
