/* SPDX-License-Identifier: ISC */
/*
 * Who there is: inside 10.0.0.0/8 and fd00::/8; outside the documentation ranges (RFC 5737,
 * RFC 3849) and random public addresses.
 */
#ifndef GENERATE_HOSTS_H
#define GENERATE_HOSTS_H

#include "tools/generate/frame.h"
#include "tools/generate/random.h"

struct host hosts_server(bool ipv6, uint32_t index);	    /* inside */
struct host hosts_client(struct chance *chance, bool ipv6); /* inside */
struct host hosts_outside(struct chance *chance, bool ipv6);
/* Servers outside are few and known. */
struct host hosts_outside_server(struct chance *chance, bool ipv6);

#endif
