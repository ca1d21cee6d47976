/* SPDX-License-Identifier: ISC */
/* Is it IMAP? See imap_recognise.c. */
#ifndef DISSECTORS_IMAP_RECOGNISE_H
#define DISSECTORS_IMAP_RECOGNISE_H

#include "dissectors/dissector.h"

enum recognised imap_recognise(const struct opening *opening);

#endif
