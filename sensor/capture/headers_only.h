/* SPDX-License-Identifier: ISC */
/*
 * A kernel filter (classic BPF) that the policy writes: of TCP between two addresses that no rule
 * cares about, only the headers are copied to us. All packets still come, so that what they say of
 * sight, losses and silence is the same; what is saved is the copy of payload that nobody would
 * read. Everything else is whole: IPv6, fragments, and UDP and other protocols, which may be
 * tunnels.
 */
#ifndef SENSOR_HEADERS_ONLY_H
#define SENSOR_HEADERS_ONLY_H

#include <stdint.h>

#include "policy/policy.h"

#define HEADERS_ONLY_BYTES   134  /* Ethernet, IPv4 and TCP with all their options */
#define HEADERS_ONLY_PROGRAM 4096 /* instructions, at most: the kernel's own limit */

struct sock_filter;

/*
 * `first` is the user's filter, which decides what comes at all; NULL: everything, as far as
 * `snap_length`. Returns how many instructions `program` got; 0: there is nothing to save, or no
 * room for it.
 */
uint16_t headers_only_program(const struct policy *policy, const struct sock_filter *first,
			      uint16_t first_length, uint32_t snap_length,
			      struct sock_filter *program);

#endif
