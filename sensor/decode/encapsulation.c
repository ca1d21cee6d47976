/* SPDX-License-Identifier: ISC */
/*
 * See encapsulation.h. Numbers: LINKTYPE_ list of tcpdump.org, IANA's and IEEE's registries.
 */
#include "sensor/decode/encapsulation.h"

#include <string.h>

#define LINK(number, name, bound)                                                                  \
	{                                                                                          \
		name, BY_LINK, FATE_READ, number, number, bound                                    \
	}
#define LINK_TOLD(number, name)                                                                    \
	{                                                                                          \
		name, BY_LINK, FATE_TOLD, number, number, NULL                                     \
	}
#define TYPE(number, name, bound)                                                                  \
	{                                                                                          \
		name, BY_ETHERTYPE, FATE_READ, number, number, bound                               \
	}
#define TYPE_CONTROL(number, name)                                                                 \
	{                                                                                          \
		name, BY_ETHERTYPE, FATE_CONTROL, number, number, NULL                             \
	}
#define TYPE_TOLD(number, name)                                                                    \
	{                                                                                          \
		name, BY_ETHERTYPE, FATE_TOLD, number, number, NULL                                \
	}
#define PROTOCOL(number, name, bound)                                                              \
	{                                                                                          \
		name, BY_PROTOCOL, FATE_READ, number, number, bound                                \
	}
#define PROTOCOL_CONTROL(number, name)                                                             \
	{                                                                                          \
		name, BY_PROTOCOL, FATE_CONTROL, number, number, NULL                              \
	}
#define PROTOCOL_TOLD(number, name)                                                                \
	{                                                                                          \
		name, BY_PROTOCOL, FATE_TOLD, number, number, NULL                                 \
	}
#define PORT(number, name, bound)                                                                  \
	{                                                                                          \
		name, BY_PORT, FATE_READ, number, number, bound                                    \
	}
#define TYPES(first, last, name, bound)                                                            \
	{                                                                                          \
		name, BY_ETHERTYPE, FATE_READ, first, last, bound                                  \
	}
#define WLAN_TOLD(number, name)                                                                    \
	{                                                                                          \
		name, BY_WLAN, FATE_TOLD, number, number, NULL                                     \
	}

/* clang-format off */
static const struct encapsulation rows[] = {
	LINK(1, "Ethernet", NULL),
	LINK(113, "Linux cooked, version 1", NULL),
	LINK(276, "Linux cooked, version 2", NULL),
	LINK(101, "raw IP", NULL),
	LINK(228, "raw IPv4", NULL),
	LINK(229, "raw IPv6", NULL),
	LINK(0, "BSD loopback", NULL),
	LINK(108, "OpenBSD loopback", NULL),
	LINK(9, "PPP", NULL),
	LINK(50, "PPP over serial, Cisco HDLC", NULL),
	LINK(51, "PPPoE", "session packets"),
	LINK(204, "PPP with direction", NULL),
	LINK(104, "Cisco HDLC", NULL),
	LINK(107, "Frame Relay", "RFC 2427 and Cisco's"),
	LINK(105, "802.11", "data frames in clear"),
	LINK(127, "802.11 with radiotap", "data frames in clear"),
	LINK(192, "802.11 or Ethernet with PPI", "data frames in clear"),
	LINK(119, "802.11 with Prism", "data frames in clear"),
	LINK(163, "802.11 with AVS", "data frames in clear"),
	LINK(109, "OpenBSD ENC", NULL),
	LINK(117, "PFLOG", NULL),
	LINK(178, "Juniper Ethernet", NULL),
	LINK(219, "MPLS", "8 labels"),
	LINK(239, "NFLOG", NULL),
	LINK(242, "IP over InfiniBand", NULL),
	LINK(258, "PKTAP", "what it wraps, once"),
	LINK_TOLD(189, "USB"),
	LINK_TOLD(220, "USB"),
	LINK_TOLD(249, "USB"),
	LINK_TOLD(271, "vsock"),

	TYPE(0x0800, "IPv4", NULL),
	TYPE(0x86dd, "IPv6", "all extension headers"),
	TYPE(0x8100, "VLAN", "8 tags of all kinds"),
	TYPE(0x88a8, "VLAN, service tag", "8 tags of all kinds"),
	TYPE(0x9100, "VLAN, QinQ", "8 tags of all kinds"),
	TYPE(0x9200, "VLAN, QinQ", "8 tags of all kinds"),
	TYPE(0x9300, "VLAN, QinQ", "8 tags of all kinds"),
	TYPE(0x8926, "VN-Tag", "8 tags of all kinds"),
	TYPE(0x893f, "E-Tag (802.1BR)", "8 tags of all kinds"),
	TYPE(0x8909, "Cisco CMD (SGT)", "8 tags of all kinds"),
	TYPE(0x8988, "Cisco TTag", "8 tags of all kinds"),
	TYPE(0xd28b, "Arista time stamp", "48 or 64 bits; 8 tags of all kinds"),
	TYPE(0x892f, "HSR", "8 tags of all kinds"),
	TYPE(0x88e5, "MACsec", "authenticated only; encrypted is told"),
	TYPE(0x88e7, "PBB", "8 tags of all kinds"),
	TYPE(0x22f3, "TRILL", "8 tags of all kinds"),
	TYPE(0x8903, "Cisco FabricPath", "8 tags of all kinds"),
	TYPE(0x894f, "NSH", "IPv4, IPv6, Ethernet, NSH, MPLS; 8 tags of all kinds"),
	TYPE(0x8847, "MPLS", "8 labels"),
	TYPE(0x8848, "MPLS, multicast", "8 labels"),
	TYPE(0x8864, "PPPoE", "session packets"),
	TYPE(0x6558, "Ethernet (in GRE, GENEVE)", NULL),
	TYPE(0x880b, "PPP (in GRE)", "not compressed, not encrypted"),
	TYPE(0x88be, "ERSPAN I, II (in GRE)", NULL),
	TYPE(0x22eb, "ERSPAN III (in GRE)", NULL),
	TYPE(0x883e, "WCCP (in GRE)", NULL),
	TYPES(0x8200, 0x83ff, "Aruba (in GRE)", "Ethernet, 802.11 in clear"),
	TYPES(0x9010, 0x90ff, "Aruba (in GRE)", "Ethernet, 802.11 in clear"),
	TYPE_CONTROL(0x0806, "ARP"),
	TYPE_CONTROL(0x8035, "RARP"),
	TYPE_CONTROL(0x0842, "wake on LAN"),
	TYPE_CONTROL(0x2000, "CDP"),
	TYPE_CONTROL(0x2001, "NHRP"),
	TYPE_CONTROL(0x8808, "flow control"),
	TYPE_CONTROL(0x8809, "slow protocols (LACP)"),
	TYPE_CONTROL(0x8863, "PPPoE discovery"),
	TYPE_CONTROL(0x888e, "EAPOL"),
	TYPE_CONTROL(0x88c7, "EAPOL pre-authentication"),
	TYPE_CONTROL(0x88cc, "LLDP"),
	TYPE_CONTROL(0x88f5, "MVRP"),
	TYPE_CONTROL(0x88f6, "MMRP"),
	TYPE_CONTROL(0x88f7, "PTP"),
	TYPE_CONTROL(0x88fb, "PRP supervision"),
	TYPE_CONTROL(0x8902, "CFM"),
	TYPE_CONTROL(0x8914, "FCoE initialisation"),
	TYPE_CONTROL(0x893a, "IEEE 1905"),
	TYPE_CONTROL(0x9000, "loopback test"),
	TYPE_CONTROL(0x9003, "Cisco keep-alive"),
	TYPE_TOLD(0x8137, "IPX"),
	TYPE_TOLD(0x809b, "AppleTalk"),
	TYPE_TOLD(0x88a2, "ATA over Ethernet"),
	TYPE_TOLD(0x8892, "PROFINET"),
	TYPE_TOLD(0x88a4, "EtherCAT"),
	TYPE_TOLD(0x88b8, "GOOSE"),
	TYPE_TOLD(0x88ba, "IEC 61850 sampled values"),
	TYPE_TOLD(0x8906, "FCoE"),
	TYPE_TOLD(0x8915, "RoCE"),

	PROTOCOL(6, "TCP", NULL),
	PROTOCOL(17, "UDP", NULL),
	PROTOCOL(132, "SCTP", "associations, and the first message of a packet"),
	PROTOCOL(136, "UDP-Lite", NULL),
	PROTOCOL(33, "DCCP", "that it is answered"),
	PROTOCOL(1, "ICMP", "errors"),
	PROTOCOL(58, "ICMPv6", "errors"),
	PROTOCOL(4, "IPv4 in IP", "2 tunnels over IP"),
	PROTOCOL(41, "IPv6 in IP", "2 tunnels over IP"),
	PROTOCOL(43, "IPv6 routing, SRv6", "all extension headers"),
	PROTOCOL(47, "GRE", "2 tunnels over IP"),
	PROTOCOL(50, "ESP", "NULL encryption; all else is told"),
	PROTOCOL(51, "AH", NULL),
	PROTOCOL(97, "EtherIP", "2 tunnels over IP"),
	PROTOCOL(115, "L2TPv3", "2 tunnels over IP"),
	PROTOCOL(137, "MPLS in IP", "2 tunnels over IP"),
	PROTOCOL_CONTROL(2, "IGMP"),
	PROTOCOL_CONTROL(8, "EGP"),
	PROTOCOL_CONTROL(9, "IGRP"),
	PROTOCOL_CONTROL(46, "RSVP"),
	PROTOCOL_CONTROL(54, "NHRP"),
	PROTOCOL_CONTROL(59, "no next header"),
	PROTOCOL_CONTROL(88, "EIGRP"),
	PROTOCOL_CONTROL(89, "OSPF"),
	PROTOCOL_CONTROL(103, "PIM"),
	PROTOCOL_CONTROL(112, "VRRP"),
	PROTOCOL_CONTROL(124, "IS-IS"),
	PROTOCOL_CONTROL(240, "pfsync"),
	PROTOCOL_TOLD(108, "IPComp"),

	PORT(1701, "L2TPv2, L2TPv3", "data packets"),
	PORT(2152, "GTP-U", "users' packets"),
	PORT(4341, "LISP", NULL),
	PORT(4754, "GRE in UDP", NULL),
	PORT(4789, "VXLAN", "--vxlan-ports"),
	PORT(4790, "VXLAN-GPE", "IPv4, IPv6, Ethernet, NSH, MPLS"),
	PORT(5247, "CAPWAP", "in clear, whole: Ethernet, 802.11"),
	PORT(5555, "FOU", "IP; --fou-ports"),
	PORT(6080, "GUE", "IP, GRE, EtherIP, MPLS"),
	PORT(6081, "GENEVE", "--geneve-ports"),
	PORT(6635, "MPLS in UDP", "8 labels"),
	PORT(30030, "Juniper mirror", "IP, Ethernet"),
	PORT(37008, "TZSP", "Ethernet"),

	WLAN_TOLD(WLAN_ENCRYPTED, "encrypted 802.11"),
	WLAN_TOLD(WLAN_FRAGMENT, "802.11 in fragments"),
	WLAN_TOLD(WLAN_AGGREGATE, "802.11 with several packets in one (A-MSDU)"),
};
/* clang-format on */

#define ROWS (sizeof rows / sizeof *rows)

const struct encapsulation *encapsulation_rows(size_t *count)
{
	*count = ROWS;
	return rows;
}

const struct encapsulation *encapsulation_find(enum encapsulation_by by, uint16_t number)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].by == by && number >= rows[i].first && number <= rows[i].last)
			return &rows[i];
	}
	return NULL;
}

/* The first number of a type is the one that is written. */
static const struct {
	uint16_t number;
	uint8_t link;
} links[] = {
	{1, LINK_ETHERNET},    {113, LINK_SLL},	  {276, LINK_SLL2},	  {101, LINK_RAW},
	{12, LINK_RAW},	       {14, LINK_RAW},	  {228, LINK_RAW},	  {229, LINK_RAW},
	{0, LINK_NULL},	       {108, LINK_NULL},  {9, LINK_PPP},	  {50, LINK_PPP},
	{51, LINK_PPPOE},      {104, LINK_CHDLC}, {107, LINK_FRELAY},	  {105, LINK_WLAN},
	{127, LINK_RADIOTAP},  {192, LINK_PPI},	  {119, LINK_PRISM},	  {163, LINK_PRISM},
	{204, LINK_PPP_SIDES}, {109, LINK_ENC},	  {117, LINK_PFLOG},	  {239, LINK_NFLOG},
	{178, LINK_JUNIPER},   {219, LINK_MPLS},  {242, LINK_INFINIBAND}, {258, LINK_PKTAP},
};

#define LINKS (sizeof links / sizeof *links)

enum link_type encapsulation_link(int number)
{
	for (size_t i = 0; i < LINKS; i++) {
		if (links[i].number == number)
			return (enum link_type)links[i].link;
	}
	return LINK_UNSUPPORTED;
}

uint16_t encapsulation_link_number(enum link_type link)
{
	for (size_t i = 0; i < LINKS; i++) {
		if (links[i].link == link)
			return links[i].number;
	}
	return 0;
}

static void write_how(const struct encapsulation *row, FILE *out)
{
	switch (row->by) {
	case BY_LINK:
		fprintf(out, "link type %u", row->first);
		break;
	case BY_ETHERTYPE:
		fprintf(out, "ethertype %04x", row->first);
		if (row->last != row->first)
			fprintf(out, "-%04x", row->last);
		break;
	case BY_PROTOCOL:
		fprintf(out, "IP protocol %u", row->first);
		break;
	case BY_PORT:
		fprintf(out, "UDP port %u", row->first);
		break;
	default:
		fprintf(out, "802.11 data frame");
		break;
	}
}

void encapsulation_print(FILE *out)
{
	static const char *const fates[] = {
		[FATE_READ] = "read",
		[FATE_CONTROL] = "counted",
		[FATE_TOLD] = "told",
	};

	fprintf(out, "# recognised by\tname\tread, counted (carries no service), or told\tbound\n");
	for (size_t i = 0; i < ROWS; i++) {
		write_how(&rows[i], out);
		fprintf(out, "\t%s\t%s\t%s\n", rows[i].name, fates[rows[i].fate],
			rows[i].bound ? rows[i].bound : "");
	}
}
