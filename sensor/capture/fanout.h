/* SPDX-License-Identifier: ISC */
/*
 * Which worker gets a packet: a classic BPF program for PACKET_FANOUT_CBPF (packet(7)), by the two
 * innermost IP addresses that it finds, whichever way the packet goes. So both directions of a
 * conversation, its fragments, its ICMP errors, and its copies in a tunnel come to one worker. The
 * kernel's own hash looks at the outer header of VXLAN and GENEVE, whose source port differs by
 * direction.
 *
 * Looks through VLAN tags, VXLAN, GENEVE, the GRE family and IP in IP, nested to two. What it does
 * not know goes by the outermost addresses that it does (the two ends of a mirror's tunnel: one
 * worker), or to the first worker.
 */
#ifndef SENSOR_FANOUT_H
#define SENSOR_FANOUT_H

#include <stdint.h>

#include "sensor/decode/decode.h"

#define FANOUT_PROGRAM 2048 /* instructions, at most */

struct sock_filter;

/* Returns how many instructions it takes. Their answer, modulo the workers, is the worker. */
uint16_t fanout_program(const struct decoder *decoder, struct sock_filter *program);

/*
 * For sockets that share a port (SO_ATTACH_REUSEPORT_CBPF), which receive mirrors of this kind
 * (enum tunnel_kind): its answer is the socket, of so many. The same packets go to the same number
 * as by fanout_program().
 */
uint16_t fanout_receiver(const struct decoder *decoder, uint8_t kind, uint32_t workers,
			 struct sock_filter *program);

/* Makes the packet socket one of this group. False: see errno. */
bool fanout_join(int fd, uint16_t group, const struct decoder *decoder);

#endif
