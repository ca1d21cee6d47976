/* SPDX-License-Identifier: ISC */
/*
 * What may happen to a recording on its way, each as a function of it and a number: the same input
 * gives the same output. Frames that are not whole TCP segments pass as they are, unless a
 * transform says otherwise.
 */
#ifndef TOOLS_RECAST_TRANSFORM_H
#define TOOLS_RECAST_TRANSFORM_H

#include "tools/recast/recording.h"

typedef struct recording transform(const struct recording *in, uint64_t number);

/* Every server, TCP and UDP, moves to a port from 10000 on, by this seed. */
transform transform_ports;
/* Only what that side sends, TCP and UDP; everything else disappears. */
transform transform_client;
transform transform_server;
/* Segments in pieces of so many bytes. */
transform transform_split;
/* Segments in two, the first of so many bytes. */
transform transform_cut;
/* Segments of one side that follow each other become one, of at most so many bytes. */
transform transform_merge;
/* Of two segments that one side sends in a row, the second comes first. */
transform transform_reorder;
/* Every segment comes again, with other bytes in it. */
transform transform_retransmit;
/* Each so-manieth segment is missing. */
transform transform_drop;
/* The first so many packets of each conversation are missing, TCP and UDP. */
transform transform_late;

/* The port that transform_ports() gives. */
struct segment_end;
uint16_t transform_port(const struct segment_end *server, uint64_t seed);

#endif
