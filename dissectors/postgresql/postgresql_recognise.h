/* SPDX-License-Identifier: ISC */
/* Is it PostgreSQL? See postgresql_recognise.c. */
#ifndef DISSECTORS_POSTGRESQL_RECOGNISE_H
#define DISSECTORS_POSTGRESQL_RECOGNISE_H

#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

enum recognised postgresql_recognise(const struct opening *opening);

#endif
