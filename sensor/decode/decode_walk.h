/* SPDX-License-Identifier: ISC */
/*
 * The inside of the decoder, for decode.c and decode_*.c only: what is known while the layers are
 * walked, and where each file may be entered from the others. Every entry consumes its headers from
 * walk->rest and ends in a verdict; tunnels enter again at decode_network(), decode_ethernet() or
 * decode_ethertype(), which decode_enter() bounds.
 */
#ifndef SENSOR_DECODE_WALK_H
#define SENSOR_DECODE_WALK_H

#include <string.h>

#include "dissectors/read/bytes.h"
#include "sensor/decode/decode.h"

#define ETHERTYPE_IPV4	     0x0800
#define ETHERTYPE_IPV6	     0x86dd
#define ETHERTYPE_MPLS	     0x8847
#define ETHERTYPE_MPLS_MULTI 0x8848
#define ETHERTYPE_PPPOE	     0x8864
#define ETHERTYPE_NSH	     0x894f
#define ETHERTYPE_BRIDGE     0x6558 /* Ethernet in GRE, GENEVE: RFC 1701 */

#define PORT_CAPWAP 5247 /* of the controller; access points have any */

struct walk {
	struct bytes rest; /* captured bytes not yet taken */
	uint64_t beyond;   /* bytes of the frame behind `rest` that were not captured */
	struct packet *packet;
	const struct decoder *decoder;
	uint8_t protocol; /* of what `rest` starts with, once the IP layer is done */
	uint8_t over_ip;  /* tunnels over IP so far */
	uint8_t tags;	  /* of the link layer, since the newest tunnel began */
	uint8_t layers; /* a datagram that would be the tunnel behind so many is just a datagram */
	bool in_udp;	/* the next tunnel is what a datagram holds */
	bool loose;	/* and its header has bits set that are reserved */
	bool off;	/* this kind of tunnel is not to be looked into */
	bool quote;	/* inside an ICMP error: nothing is put together, nor looked into */
};

/* Cuts `rest` to the `length` bytes that a header says are left; more than there are is fine. */
static inline void walk_limit(struct walk *walk, uint64_t length)
{
	if (length <= walk->rest.left) {
		walk->rest.left = length;
		walk->beyond = 0;
	} else if (length - walk->rest.left < walk->beyond) {
		walk->beyond = length - walk->rest.left;
	}
}

/* decode.c */
enum decode_result decode_network(struct walk *walk);
enum decode_result decode_ip(struct walk *walk);

/* decode_link.c */
enum decode_result decode_link(enum link_type link, struct walk *walk);
enum decode_result decode_ethernet(struct walk *walk);
/* By ethertype, after whatever header told it. */
enum decode_result decode_ethertype(struct walk *walk, uint16_t ethertype);
/* `over_ip`: not over a link, but in an IP packet. */
enum decode_result decode_mpls(struct walk *walk, bool over_ip);
enum decode_result decode_ppp(struct walk *walk);
/* Could there be an Ethernet header here? By its ethertype, and IP's version behind that. */
bool decode_looks_like_ethernet(struct bytes rest);
void decode_note_vlan(struct packet *packet, uint16_t id);

enum decode_result decode_pppoe(struct walk *walk);
/* Does a length at this place of an IP header tell how much there is, but for a little padding? */
bool decode_looks_like_ip(const struct walk *walk);

/* decode_tags.c */
bool decode_is_vlan_tag(uint16_t ethertype);
bool decode_is_tag(uint16_t ethertype);
/* Takes all tags; `*ethertype` is the one behind them. */
enum decode_result decode_tags(struct walk *walk, uint16_t *ethertype);
/* A header with another Ethernet frame, or a packet, behind it: PBB, TRILL, NSH. */
bool decode_is_shim(uint16_t ethertype);
enum decode_result decode_shim(struct walk *walk, uint16_t ethertype);
/*
 * As NSH and VXLAN-GPE number what comes next; `ethertype`: whose number is told if it is not
 * known.
 */
enum decode_result decode_next_protocol(struct walk *walk, uint8_t next, uint16_t ethertype);
enum decode_result decode_llc(struct walk *walk);
enum decode_result decode_snap(struct walk *walk); /* behind LLC */
/* An ethertype, or a length, that is none of those which are looked into. */
enum decode_result decode_other(struct walk *walk, uint16_t ethertype);
/* Notes what it is (enum encapsulation_by, number): DECODE_UNREAD. */
enum decode_result decode_unread(struct walk *walk, unsigned by, uint16_t number);

/* decode_wireless.c */
enum decode_result decode_wlan(struct walk *walk);
enum decode_result decode_radiotap(struct walk *walk);
enum decode_result decode_ppi(struct walk *walk);
enum decode_result decode_prism(struct walk *walk);

/* decode_capture_link.c */
enum decode_result decode_chdlc(struct walk *walk);
enum decode_result decode_capture_link(enum link_type link, struct walk *walk);

/* decode.c */
enum decode_result decode_transport(struct walk *walk); /* by walk->protocol */

/* decode_icmp.c */
enum decode_result decode_icmp(struct walk *walk, bool v6);

/* decode_association.c */
enum decode_result decode_sctp(struct walk *walk);
enum decode_result decode_dccp(struct walk *walk);

/* decode_tunnel.c */
enum decode_result decode_gre(struct walk *walk);
/*
 * One layer more. False: there are too many. With `over_ip` its ends are the addresses of the IP
 * header that was read last.
 */
bool decode_enter(struct walk *walk, enum tunnel_kind kind, bool has_id, uint32_t id, bool over_ip);
/* Behind an IP header: true if `walk->protocol` is a tunnel's; then `*result` is the verdict. */
bool decode_ip_tunnel(struct walk *walk, enum decode_result *result);

/* decode_udp_tunnel.c */
/* Behind a UDP header. False: just a datagram, after all. */
bool decode_udp_tunnel(struct walk *walk, enum decode_result *result);

/* decode_udp_overlay.c: by the port; false as above. */
bool decode_udp_overlay(struct walk *walk, uint16_t port, enum decode_result *result);
/* An IP packet stands right behind the UDP header. */
bool decode_fou(struct walk *walk, enum tunnel_kind kind, enum decode_result *result);
uint64_t decode_overlay_ports(void); /* as in struct decoder */
/* An IP packet behind VXLAN's header and Ethernet's that is as long as the datagram says. */
bool decode_looks_like_vxlan(const struct walk *walk);
/* Behind the session of L2TPv3: Ethernet, by its shape. */
enum decode_result decode_l2tp3_payload(struct walk *walk, uint32_t session);

/* decode_checksum.c */
/* `transport` is where the IP header ended. True also where it cannot be told. */
bool decode_checksum_good(const struct walk *walk, const struct bytes *transport);
/* The header at `ip` is captured whole; of IPv6, which has no checksum, always true. */
bool decode_ip_sum_good(const uint8_t *ip);
/* `length` bytes of TCP or UDP at `transport`, all that were sent. */
bool decode_transport_sum_good(const uint8_t *ip, uint8_t protocol, const uint8_t *transport,
			       size_t length);

#endif
