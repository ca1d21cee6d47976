/* SPDX-License-Identifier: ISC */
/* Is it MySQL? See mysql_probe.c. */
#ifndef DISSECTORS_MYSQL_PROBE_H
#define DISSECTORS_MYSQL_PROBE_H

#include "dissectors/dissector.h"

enum probe_result mysql_probe(const struct opening *opening);

#endif
