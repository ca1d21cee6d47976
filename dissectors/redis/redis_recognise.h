/* SPDX-License-Identifier: ISC */
/* Is it Redis? See redis_recognise.c. */
#ifndef DISSECTORS_REDIS_RECOGNISE_H
#define DISSECTORS_REDIS_RECOGNISE_H

#include "dissectors/dissector.h"

enum recognised redis_recognise(const struct opening *opening);

#endif
