/* SPDX-License-Identifier: ISC */
/* Is it PostgreSQL? See postgresql_probe.c. */
#ifndef DISSECTORS_POSTGRESQL_PROBE_H
#define DISSECTORS_POSTGRESQL_PROBE_H

#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

enum probe_result postgresql_probe(const struct opening *opening);

#endif
