/* SPDX-License-Identifier: ISC */
/* Is it MySQL? See mysql_recognise.c. */
#ifndef DISSECTORS_MYSQL_RECOGNISE_H
#define DISSECTORS_MYSQL_RECOGNISE_H

#include "dissectors/dissector.h"

enum recognised mysql_recognise(const struct opening *opening);

#endif
