/* SPDX-License-Identifier: ISC */
/*
 * What a file that is no capture of a kind that is read seems to be, by its first bytes: for
 * messages.
 */
#ifndef SENSOR_FORMATS_H
#define SENSOR_FORMATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Any kind of pcap or pcapng, also the variants and cut headers, which are not read. */
bool formats_is_capture(const uint8_t *bytes, size_t length);
/* NULL: nobody knows. */
const char *formats_name(const uint8_t *bytes, size_t length);

#endif
