/* SPDX-License-Identifier: ISC */
#ifndef DISSECTORS_POP3_PROBE_H
#define DISSECTORS_POP3_PROBE_H

#include "dissectors/dissector.h"

enum probe_result pop3_probe(const struct opening *opening);

#endif
