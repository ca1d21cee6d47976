/* SPDX-License-Identifier: ISC */
/* Captures in which one number grows; these need --packets. */
#ifndef GENERATE_GROWTH_H
#define GENERATE_GROWTH_H

#include "tools/generate/mixes.h"

/* --sessions conversations, then packets of any of them. */
void growth_flows(struct plan *plan, const struct mix *mix);
/* --sessions servers that are reached, then new connections to any of them. */
void growth_exposures(struct plan *plan, const struct mix *mix);

#endif
