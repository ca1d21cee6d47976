/* SPDX-License-Identifier: ISC */
/*
 * What kind of question a datagram is. A service answers what it understands and drops the rest, so
 * only a question of a kind that it has answered before shows anything by staying without an
 * answer.
 *
 * Two datagrams are of one kind if they are the same but for what differs each time: the number of
 * the query, a time stamp. Where no such number is known for what it looks like, all bytes count:
 * one that is missed costs a proof, one that is let through could be junk.
 */
#ifndef SENSOR_QUESTION_H
#define SENSOR_QUESTION_H

#include <stddef.h>
#include <stdint.h>

#define QUESTION_ANY 0u /* no kind: of TCP, or not known */

/* Never QUESTION_ANY. */
uint32_t question_kind(const uint8_t *payload, size_t length);

#endif
