/* SPDX-License-Identifier: ISC */
/* Is it ZooKeeper? See zookeeper_recognise.c. */
#ifndef DISSECTORS_ZOOKEEPER_RECOGNISE_H
#define DISSECTORS_ZOOKEEPER_RECOGNISE_H

#include "dissectors/dissector.h"

enum recognised zookeeper_recognise(const struct opening *opening);

#endif
