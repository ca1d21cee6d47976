/* SPDX-License-Identifier: ISC */
/* See tls_services.h. */
#include "dissectors/tls/tls_services.h"

enum {
	TLS_ANY,
	TLS_MSSQL,
	TLS_POSTGRESQL,
	TLS_MQTT,
	TLS_IMAP,
	TLS_POP3,
	TLS_SMTP,
	TLS_MANAGESIEVE,
	TLS_NNTP,
	TLS_FTP,
	TLS_RPC,
	TLS_SMB,
	TLS_DICOM,
	TLS_DNS,
	TLS_NTSKE,
	TLS_RADIUS,
	TLS_COAP,
	TLS_STUN,
	TLS_SIP,
	TLS_XMPP,
	TLS_IRC,
	TLS_WEBRTC,
};

_Static_assert(TLS_WEBRTC + 1 == TLS_SERVICE_COUNT, "a service is missing");

#define PORTS(...) ((const uint16_t[]){__VA_ARGS__, 0})

const struct service tls_services[TLS_SERVICE_COUNT] = {
	[TLS_ANY] = {.name = "tls",
		     .family = FAMILY_OTHER,
		     .about = "TLS around something that cannot be seen",
		     .ports = PORTS(443, 8443)},
	[TLS_MSSQL] = {.name = "mssql",
		       .family = FAMILY_DATABASE,
		       .about = "Microsoft SQL Server, encrypted from the first byte (TDS 8)"},
	[TLS_POSTGRESQL] = {.name = "postgresql",
			    .family = FAMILY_DATABASE,
			    .about = "PostgreSQL, encrypted from the first byte"},
	[TLS_MQTT] = {.name = "mqtt", .family = FAMILY_QUEUE, .about = "MQTT over TLS"},
	[TLS_IMAP] = {.name = "imap", .family = FAMILY_MAIL, .about = "IMAP over TLS"},
	[TLS_POP3] = {.name = "pop3", .family = FAMILY_MAIL, .about = "POP3 over TLS"},
	[TLS_SMTP] = {.name = "smtp", .family = FAMILY_MAIL, .about = "SMTP over TLS"},
	[TLS_MANAGESIEVE] = {.name = "managesieve",
			     .family = FAMILY_MAIL,
			     .about = "ManageSieve over TLS"},
	[TLS_NNTP] = {.name = "nntp", .family = FAMILY_MAIL, .about = "NNTP over TLS"},
	[TLS_FTP] = {.name = "ftp", .family = FAMILY_STORAGE, .about = "FTP over TLS"},
	[TLS_RPC] = {.name = "rpc", .family = FAMILY_STORAGE, .about = "ONC RPC over TLS"},
	[TLS_SMB] = {.name = "smb", .family = FAMILY_STORAGE, .about = "SMB over TLS"},
	[TLS_DICOM] = {.name = "dicom",
		       .family = FAMILY_STORAGE,
		       .about = "medical images: DICOM over TLS"},
	[TLS_DNS] = {.name = "dns", .family = FAMILY_INFRASTRUCTURE, .about = "DNS over TLS"},
	[TLS_NTSKE] = {.name = "nts-ke",
		       .family = FAMILY_INFRASTRUCTURE,
		       .about = "keys for secured NTP"},
	[TLS_RADIUS] = {.name = "radius",
			.family = FAMILY_INFRASTRUCTURE,
			.about = "RADIUS over TLS"},
	[TLS_COAP] = {.name = "coap", .family = FAMILY_INFRASTRUCTURE, .about = "CoAP over TLS"},
	[TLS_STUN] = {.name = "stun", .family = FAMILY_INFRASTRUCTURE, .about = "TURN over TLS"},
	[TLS_SIP] = {.name = "sip", .family = FAMILY_OTHER, .about = "SIP over TLS"},
	[TLS_XMPP] = {.name = "xmpp", .family = FAMILY_OTHER, .about = "XMPP over TLS"},
	[TLS_IRC] = {.name = "irc", .family = FAMILY_OTHER, .about = "IRC over TLS"},
	[TLS_WEBRTC] = {.name = "webrtc", .family = FAMILY_OTHER, .about = "WebRTC over TLS"},
};

/* Not registered, and seen all the same: "smtp", "mqtt" of AWS IoT. */
static const struct {
	const char *alpn;
	uint8_t service;
} names[] = {
	{"tds/8.0", TLS_MSSQL},	    {"postgresql", TLS_POSTGRESQL},
	{"mqtt", TLS_MQTT},	    {"x-amzn-mqtt-ca", TLS_MQTT},
	{"imap", TLS_IMAP},	    {"pop3", TLS_POP3},
	{"smtp", TLS_SMTP},	    {"managesieve", TLS_MANAGESIEVE},
	{"nntp", TLS_NNTP},	    {"nnsp", TLS_NNTP},
	{"ftp", TLS_FTP},	    {"sunrpc", TLS_RPC},
	{"smb", TLS_SMB},	    {"dicom", TLS_DICOM},
	{"dot", TLS_DNS},	    {"ntske/1", TLS_NTSKE},
	{"radius/1.0", TLS_RADIUS}, {"radius/1.1", TLS_RADIUS},
	{"coap", TLS_COAP},	    {"co", TLS_COAP},
	{"stun.turn", TLS_STUN},    {"stun.nat-discovery", TLS_STUN},
	{"sip/2", TLS_SIP},	    {"xmpp-client", TLS_XMPP},
	{"xmpp-server", TLS_XMPP},  {"irc", TLS_IRC},
	{"webrtc", TLS_WEBRTC},	    {"c-webrtc", TLS_WEBRTC},
};

uint8_t tls_service(struct bytes alpn)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strlen(names[i].alpn) == alpn.left &&
		    memcmp(names[i].alpn, alpn.at, alpn.left) == 0)
			return names[i].service;
	}
	return TLS_ANY;
}
