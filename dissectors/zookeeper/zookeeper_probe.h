/* SPDX-License-Identifier: ISC */
/* Is it ZooKeeper? See zookeeper_probe.c. */
#ifndef DISSECTORS_ZOOKEEPER_PROBE_H
#define DISSECTORS_ZOOKEEPER_PROBE_H

#include "dissectors/dissector.h"

enum probe_result zookeeper_probe(const struct opening *opening);

#endif
