/* SPDX-License-Identifier: ISC */
/* One service in two forms: packets, and the lines of administrators. */
#ifndef DISSECTORS_GEARMAN_H
#define DISSECTORS_GEARMAN_H

#include "dissectors/dissector.h"

extern const struct service gearman_services[];

#endif
