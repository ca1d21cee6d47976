/* SPDX-License-Identifier: ISC */
#ifndef DISSECTORS_POP3_RECOGNISE_H
#define DISSECTORS_POP3_RECOGNISE_H

#include "dissectors/dissector.h"

enum recognised pop3_recognise(const struct opening *opening);

#endif
