/* SPDX-License-Identifier: ISC */
/* Is it Redis? See redis_probe.c. */
#ifndef DISSECTORS_REDIS_PROBE_H
#define DISSECTORS_REDIS_PROBE_H

#include "dissectors/dissector.h"

enum probe_result redis_probe(const struct opening *opening);

#endif
