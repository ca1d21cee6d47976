/* SPDX-License-Identifier: ISC */
/*
 * Services without a dissector of their own so far: nDPI 4.2 knows them by payload, or a usual
 * port hints at them. A row may stay when a dissector takes the name over: the dissector's wins.
 * Identifiers: the device identifiers of Shadowserver's reports where a report exists.
 *
 * Columns: name, family, transports of the ports, line for people, identifier, usual ports (0 ends
 * the list).
 */
#include "dissectors/dissector.h"
#include "sensor/base/services.h"

#define OVER_BOTH (OVER_TCP | OVER_UDP)
#define NO_PORTS  0

/* clang-format off */
#define SERVICES(ROW) \
	ROW("ssh", FAMILY_ADMIN, OVER_TCP, "secure shell", "open-ssh", 22, 0) \
	ROW("telnet", FAMILY_ADMIN, OVER_TCP, "telnet log-in", "open-telnet", 23, 0) \
	ROW("rdp", FAMILY_ADMIN, OVER_BOTH, "Windows remote desktop", "open-rdp", 3389, 0) \
	ROW("vnc", FAMILY_ADMIN, OVER_TCP, "VNC remote screen", "open-vnc", 5900, 5901, 0) \
	ROW("ajp", FAMILY_ADMIN, OVER_TCP, "Apache JServ connector of Tomcat", NULL, 8009, 0) \
	ROW("zabbix", FAMILY_ADMIN, OVER_TCP, "Zabbix agent or server", NULL, 10050, 10051, 0) \
	ROW("checkmk", FAMILY_ADMIN, OVER_TCP, "Checkmk agent", NULL, 6556, 0) \
	ROW("citrix", FAMILY_ADMIN, OVER_TCP, "Citrix ICA session", NULL, 1494, 2598, 0) \
	ROW("xdmcp", FAMILY_ADMIN, OVER_UDP, "X display manager", "open-xdmcp", 177, 0) \
	ROW("dcerpc", FAMILY_ADMIN, OVER_TCP, "Microsoft RPC", "accessible-msrpc", 135, 0) \
	ROW("giop", FAMILY_ADMIN, OVER_TCP, "CORBA object broker", NULL, 2809, 0) \
	ROW("teamviewer", FAMILY_ADMIN, OVER_BOTH, "TeamViewer remote control", NULL, 5938, 0) \
	ROW("anydesk", FAMILY_ADMIN, OVER_TCP, "AnyDesk remote control", NULL, 6568, 7070, 0) \
	ROW("ubiquiti-discovery", FAMILY_ADMIN, OVER_UDP, "Ubiquiti discovery", "accessible-ubiquiti-discovery-service", 10001, 0) \
	ROW("ftp", FAMILY_STORAGE, OVER_TCP, "FTP file server, control channel", "accessible-ftp", 21, 0) \
	ROW("ftp-data", FAMILY_STORAGE, OVER_TCP, "FTP file server, data channel", NULL, 20, 0) \
	ROW("tftp", FAMILY_STORAGE, OVER_UDP, "TFTP file server", "open-tftp", 69, 0) \
	ROW("smb", FAMILY_STORAGE, OVER_TCP, "Windows file sharing", "open-smb", 445, 139, 0) \
	ROW("netbios-dgm", FAMILY_STORAGE, OVER_UDP, "NetBIOS datagrams", NULL, 138, 0) \
	ROW("nfs", FAMILY_STORAGE, OVER_BOTH, "NFS file server", NULL, 2049, 0) \
	ROW("portmap", FAMILY_STORAGE, OVER_BOTH, "RPC port mapper", "open-portmapper", 111, 0) \
	ROW("afp", FAMILY_STORAGE, OVER_TCP, "Apple file sharing", "accessible-afp", 548, 0) \
	ROW("git", FAMILY_STORAGE, OVER_TCP, "git repositories", NULL, 9418, 0) \
	ROW("rsync", FAMILY_BACKUP, OVER_TCP, "rsync daemon", "accessible-rsync", 873, 0) \
	ROW("smtp", FAMILY_MAIL, OVER_TCP, "mail transfer or submission", "open-smtp", 25, 587, 465, 0) \
	ROW("pop3", FAMILY_MAIL, OVER_TCP, "POP3 mailboxes", "accessible-pop3", 110, 995, 0) \
	ROW("ldap", FAMILY_DATABASE, OVER_BOTH, "LDAP directory", "open-ldap", 389, 636, 0) \
	ROW("mongodb", FAMILY_DATABASE, OVER_TCP, "MongoDB database", "open-mongodb", 27017, 27018, 27019, 0) \
	ROW("memcached", FAMILY_DATABASE, OVER_BOTH, "memcached cache", "open-memcached", 11211, 0) \
	ROW("mssql", FAMILY_DATABASE, OVER_TCP, "Microsoft SQL Server", "open-mssql", 1433, 0) \
	ROW("oracle", FAMILY_DATABASE, OVER_TCP, "Oracle database listener", NULL, 1521, 0) \
	ROW("cassandra", FAMILY_DATABASE, OVER_TCP, "Cassandra database", NULL, 9042, 0) \
	ROW("db2", FAMILY_DATABASE, OVER_TCP, "IBM Db2 database (DRDA)", NULL, 50000, 0) \
	ROW("sap", FAMILY_DATABASE, OVER_TCP, "SAP system", NULL, 3299, 0) \
	ROW("amqp", FAMILY_QUEUE, OVER_TCP, "AMQP broker such as RabbitMQ", "accessible-amqp", 5672, 0) \
	ROW("mqtt", FAMILY_QUEUE, OVER_TCP, "MQTT broker", "open-mqtt", 1883, 0) \
	ROW("nats", FAMILY_QUEUE, OVER_TCP, "NATS message broker", NULL, 4222, 0) \
	ROW("zmtp", FAMILY_QUEUE, OVER_TCP, "ZeroMQ socket", NULL, NO_PORTS) \
	ROW("netflow", FAMILY_LOGGING, OVER_UDP, "NetFlow or IPFIX collector", NULL, 2055, 4739, 9995, 0) \
	ROW("sflow", FAMILY_LOGGING, OVER_UDP, "sFlow collector", NULL, 6343, 0) \
	ROW("collectd", FAMILY_LOGGING, OVER_UDP, "collectd metrics", NULL, 25826, 0) \
	ROW("snmp", FAMILY_INFRASTRUCTURE, OVER_UDP, "SNMP agent", "open-snmp", 161, 0) \
	ROW("ntp", FAMILY_INFRASTRUCTURE, OVER_UDP, "time server", "ntp-version", 123, 0) \
	ROW("dns", FAMILY_INFRASTRUCTURE, OVER_BOTH, "DNS server", "dns-open-resolver", 53, 0) \
	ROW("mdns", FAMILY_INFRASTRUCTURE, OVER_UDP, "multicast DNS responder", "open-mdns", 5353, 0) \
	ROW("llmnr", FAMILY_INFRASTRUCTURE, OVER_UDP, "Windows link-local name resolution", NULL, 5355, 0) \
	ROW("nbns", FAMILY_INFRASTRUCTURE, OVER_UDP, "NetBIOS name service", "open-netbios-nameservice", 137, 0) \
	ROW("dhcp", FAMILY_INFRASTRUCTURE, OVER_UDP, "DHCP server", NULL, 67, 0) \
	ROW("dhcpv6", FAMILY_INFRASTRUCTURE, OVER_UDP, "DHCPv6 server", NULL, 547, 0) \
	ROW("ssdp", FAMILY_INFRASTRUCTURE, OVER_UDP, "UPnP discovery", "open-ssdp", 1900, 0) \
	ROW("ws-discovery", FAMILY_INFRASTRUCTURE, OVER_UDP, "WS-Discovery", "open-ws-discovery", 3702, 0) \
	ROW("coap", FAMILY_INFRASTRUCTURE, OVER_UDP, "CoAP device", "accessible-coap", 5683, 0) \
	ROW("stun", FAMILY_INFRASTRUCTURE, OVER_BOTH, "STUN or TURN server", "open-stun", 3478, 0) \
	ROW("kerberos", FAMILY_INFRASTRUCTURE, OVER_BOTH, "Kerberos key distribution", NULL, 88, 0) \
	ROW("radius", FAMILY_INFRASTRUCTURE, OVER_UDP, "RADIUS server", NULL, 1812, 1813, 0) \
	ROW("bgp", FAMILY_INFRASTRUCTURE, OVER_TCP, "BGP speaker", "open-bgp", 179, 0) \
	ROW("gtp", FAMILY_INFRASTRUCTURE, OVER_UDP, "GTP tunnel", "accessible-gtp", 2123, 2152, 0) \
	ROW("pptp", FAMILY_INFRASTRUCTURE, OVER_TCP, "PPTP tunnel", NULL, 1723, 0) \
	ROW("openvpn", FAMILY_INFRASTRUCTURE, OVER_BOTH, "OpenVPN", NULL, 1194, 0) \
	ROW("wireguard", FAMILY_INFRASTRUCTURE, OVER_UDP, "WireGuard", NULL, 51820, 0) \
	ROW("socks", FAMILY_INFRASTRUCTURE, OVER_TCP, "SOCKS proxy", "open-socks", 1080, 0) \
	ROW("capwap", FAMILY_INFRASTRUCTURE, OVER_UDP, "CAPWAP controller", NULL, 5246, 0) \
	ROW("ipp", FAMILY_INFRASTRUCTURE, OVER_TCP, "network printer", "open-ipp", 631, 0) \
	ROW("bjnp", FAMILY_INFRASTRUCTURE, OVER_UDP, "Canon printer", NULL, 8611, 0) \
	ROW("modbus", FAMILY_INFRASTRUCTURE, OVER_TCP, "Modbus controller", "open-ics", 502, 0) \
	ROW("dnp3", FAMILY_INFRASTRUCTURE, OVER_TCP, "DNP3 outstation", "open-ics", 20000, 0) \
	ROW("s7comm", FAMILY_INFRASTRUCTURE, OVER_TCP, "Siemens S7 controller", "open-ics", 102, 0) \
	ROW("iec60870", FAMILY_INFRASTRUCTURE, OVER_TCP, "IEC 60870-5-104 outstation", "open-ics", 2404, 0) \
	ROW("ethernet-ip", FAMILY_INFRASTRUCTURE, OVER_BOTH, "EtherNet/IP controller", "open-ics", 44818, 0) \
	ROW("whois", FAMILY_INFRASTRUCTURE, OVER_TCP, "whois server", NULL, 43, 0) \
	ROW("quic", FAMILY_WEB, OVER_UDP, "web over QUIC", "open-quic", 443, 0) \
	ROW("dtls", FAMILY_OTHER, OVER_UDP, "encrypted datagrams", NULL, NO_PORTS) \
	ROW("sip", FAMILY_OTHER, OVER_BOTH, "SIP telephony", "open-sip", 5060, 0) \
	ROW("h323", FAMILY_OTHER, OVER_TCP, "H.323 telephony", NULL, 1720, 0) \
	ROW("skinny", FAMILY_OTHER, OVER_TCP, "Cisco telephony", NULL, 2000, 0) \
	ROW("mgcp", FAMILY_OTHER, OVER_UDP, "MGCP telephony", NULL, 2427, 0) \
	ROW("rtp", FAMILY_OTHER, OVER_UDP, "voice or video stream", NULL, NO_PORTS) \
	ROW("rtcp", FAMILY_OTHER, OVER_UDP, "control of a voice or video stream", NULL, NO_PORTS) \
	ROW("rtsp", FAMILY_OTHER, OVER_TCP, "streaming media control", NULL, 554, 0) \
	ROW("rtmp", FAMILY_OTHER, OVER_TCP, "streaming media", NULL, 1935, 0) \
	ROW("xmpp", FAMILY_OTHER, OVER_TCP, "XMPP messaging", NULL, 5222, 5269, 0) \
	ROW("irc", FAMILY_OTHER, OVER_TCP, "IRC chat", NULL, 6667, 0) \
	ROW("nntp", FAMILY_OTHER, OVER_TCP, "news server", NULL, 119, 0) \
	ROW("z3950", FAMILY_OTHER, OVER_TCP, "library catalogue", NULL, 210, 0)
/* clang-format on */

#define SERVICE(its_name, its_family, transports, its_about, its_identifier, ...)                  \
	{                                                                                          \
		.name = (its_name),                                                                \
		.family = (its_family),                                                            \
		.about = (its_about),                                                              \
		.identifier = (its_identifier),                                                    \
		.ports = (const uint16_t[]){__VA_ARGS__},                                          \
	},
const struct service ndpi_only_services[] = {SERVICES(SERVICE)};

#define TRANSPORTS(its_name, its_family, transports, ...) (transports),
const uint8_t ndpi_only_transports[] = {SERVICES(TRANSPORTS)};

const size_t ndpi_only_service_count = sizeof ndpi_only_services / sizeof *ndpi_only_services;
