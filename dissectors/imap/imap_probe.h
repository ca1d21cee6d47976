/* SPDX-License-Identifier: ISC */
/* Is it IMAP? See imap_probe.c. */
#ifndef DISSECTORS_IMAP_PROBE_H
#define DISSECTORS_IMAP_PROBE_H

#include "dissectors/dissector.h"

enum probe_result imap_probe(const struct opening *opening);

#endif
