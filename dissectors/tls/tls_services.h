/* SPDX-License-Identifier: ISC */
/*
 * What runs inside of TLS, by ALPN (RFC 7301): the names of IANA's registry "TLS Application-Layer
 * Protocol Negotiation (ALPN) Protocol IDs" and the services that they mean here. What carries web
 * pages is not told from other TLS.
 */
#ifndef DISSECTORS_TLS_SERVICES_H
#define DISSECTORS_TLS_SERVICES_H

#include "dissectors/read/bytes.h"
#include "dissectors/read/facts.h"

#define TLS_SERVICE_COUNT 22
#define TLS_ALPN_MAX	  24 /* bytes; no longer name is of interest */

/* The first is TLS around something that cannot be seen. */
extern const struct service tls_services[TLS_SERVICE_COUNT];

/* The place in tls_services; 0: a name that tells none. */
uint8_t tls_service(struct bytes alpn);

#endif
