/* SPDX-License-Identifier: ISC */
/*
 * See datagram_direction.h. Sources: RFC 1035 (DNS; 1002 NetBIOS names, 4795 LLMNR and 6762 mDNS
 * have the same header), 5905 (NTP), 1157/3416/3412 (SNMP), 8489 (STUN), 3261 (SIP), 7296 (IKEv2),
 * 2408 (ISAKMP), 6347 (DTLS), 9000 (QUIC), 2865/5176 (RADIUS), 1350 (TFTP), 7252 (CoAP), 2131
 * (DHCP), 5531 (RPC), 4120 (Kerberos), 4511 (LDAP), UPnP 1.1 (SSDP), IPMI 2.0 (RMCP), MC-SQLR
 * (1434), memcached's protocol.txt (UDP), wireguard.com/protocol, 3GPP TS 29.281 (GTP).
 */
#include "dissectors/read/datagram_direction.h"

#define ASKS	     DATAGRAM_ASKS
#define ANSWERS	     DATAGRAM_ANSWERS
#define ASKS_PEER    DATAGRAM_ASKS_PEER
#define ANSWERS_PEER DATAGRAM_ANSWERS_PEER
#define UNKNOWN	     DATAGRAM_UNKNOWN

typedef enum datagram_direction says(struct bytes b);

struct reader {
	uint16_t ports[4]; /* its own; all 0: the bytes alone are enough */
	says *says;
};

/* id:2 flags:2 questions:2 answers:2 authorities:2 additional:2 name …, the name's labels sane. */
static enum datagram_direction dns(struct bytes b)
{
	uint16_t flags, questions, answers, records;
	size_t length = 0;

	bytes_skip(&b, 2);
	flags = bytes_be16(&b);
	questions = bytes_be16(&b);
	answers = bytes_be16(&b);
	records = bytes_be16(&b);
	records |= bytes_be16(&b);
	if (b.failed || (flags & 0x7800) > 0x3000 || questions > 1 || (answers | records) > 255)
		return UNKNOWN;
	if (questions == 0)
		return (flags & 0x8000) && answers != 0 ? ANSWERS : UNKNOWN;
	for (uint8_t label = bytes_u8(&b); label != 0; label = bytes_u8(&b)) {
		length += label + 1u;
		if (label > 63 || length > 254 || !bytes_skip(&b, label))
			return UNKNOWN;
	}
	/* type and class: classes are 1 to 4, 254, 255, with mDNS's top bit. */
	bytes_skip(&b, 2);
	questions = bytes_be16(&b) & 0x7fff;
	if (b.failed || questions == 0 || (questions > 4 && questions < 254) || questions > 255)
		return UNKNOWN;
	return flags & 0x8000 ? ANSWERS : ASKS;
}

/* The length of a BER element of that tag is taken; false if there is none. */
static bool ber(struct bytes *b, uint8_t tag)
{
	uint8_t length;

	if (bytes_u8(b) != tag)
		b->failed = true;
	length = bytes_u8(b);
	if (length & 0x80)
		bytes_skip(b, length & 0x7f);
	return !b->failed;
}

static enum datagram_direction snmp_pdu(uint8_t tag)
{
	if (tag == 0xa2 || tag == 0xa8) /* response, report */
		return ANSWERS;
	return tag >= 0xa0 && tag <= 0xa7 ? ASKS : UNKNOWN;
}

/* SEQUENCE { INTEGER version 0 to 3, … }: versions 1 and 2c show their PDU, 3 only its flags. */
static enum datagram_direction snmp(struct bytes b)
{
	struct bytes community;
	uint8_t version, length;

	if (!ber(&b, 0x30) || bytes_u8(&b) != 0x02 || bytes_u8(&b) != 1)
		return UNKNOWN;
	version = bytes_u8(&b);
	if (version <= 1) {
		if (bytes_u8(&b) != 0x04)
			return UNKNOWN;
		length = bytes_u8(&b);
		community = bytes_sub(&b, length);
		return length < 128 && !community.failed ? snmp_pdu(bytes_u8(&b)) : UNKNOWN;
	}
	return UNKNOWN;
}

/* SNMPv3: bit `reportable` of msgFlags is set in what wants an answer, clear in the answer. */
static enum datagram_direction snmp3(struct bytes b)
{
	uint8_t length;

	if (!ber(&b, 0x30) || bytes_be24(&b) != 0x020103 || !ber(&b, 0x30))
		return UNKNOWN;
	for (int i = 0; i < 2; i++) { /* msgID, msgMaxSize */
		if (bytes_u8(&b) != 0x02)
			return UNKNOWN;
		length = bytes_u8(&b);
		if (length > 5 || !bytes_skip(&b, length))
			return UNKNOWN;
	}
	if (bytes_be16(&b) != 0x0401)
		return UNKNOWN;
	length = bytes_u8(&b);
	if (b.failed)
		return UNKNOWN;
	return length & 4 ? ASKS : ANSWERS;
}

/* type:2 length:2 magic cookie:4 transaction:12 */
static enum datagram_direction stun(struct bytes b)
{
	uint16_t type = bytes_be16(&b), length = bytes_be16(&b);

	if (bytes_be32(&b) != 0x2112a442 || b.failed || (type & 0xc000) || length % 4 != 0)
		return UNKNOWN;
	return type & 0x0100 ? ANSWERS_PEER : ASKS_PEER;
}

static enum datagram_direction text_of(const struct bytes *b, const char *const asks[],
				       const char *const answers[])
{
	if (b->left == 0)
		return UNKNOWN;
	for (; *answers; answers++) {
		if (**answers == b->at[0] && bytes_start_with(b, *answers))
			return ANSWERS;
	}
	for (; *asks; asks++) {
		if (**asks == b->at[0] && bytes_start_with(b, *asks))
			return ASKS;
	}
	return UNKNOWN;
}

static enum datagram_direction sip(struct bytes b)
{
	static const char *const asks[] = {
		"INVITE sip",  "REGISTER sip", "OPTIONS sip",	  "ACK sip",
		"BYE sip",     "CANCEL sip",   "SUBSCRIBE sip",	  "NOTIFY sip",
		"PUBLISH sip", "INFO sip",     "REFER sip",	  "MESSAGE sip",
		"UPDATE sip",  "PRACK sip",    "M-SEARCH * HTTP", "NOTIFY * HTTP",
		NULL};
	static const char *const answers[] = {"SIP/2.0 ", NULL};
	enum datagram_direction direction = text_of(&b, asks, answers);

	if (direction == UNKNOWN)
		return UNKNOWN;
	return direction == ASKS ? ASKS_PEER : ANSWERS_PEER;
}

static enum datagram_direction ssdp(struct bytes b)
{
	static const char *const asks[] = {"M-SEARCH * HTTP", "NOTIFY * HTTP", NULL};
	static const char *const answers[] = {"HTTP/1.1 200 OK\r\n", NULL};

	return text_of(&b, asks, answers);
}

/* xid:4 type:4 (0 call: version 2 of RPC follows; 1 reply: accepted or denied) */
static enum datagram_direction rpc(struct bytes b)
{
	uint32_t type, next;

	bytes_skip(&b, 4);
	type = bytes_be32(&b);
	next = bytes_be32(&b);
	if (b.failed)
		return UNKNOWN;
	if (type == 0 && next == 2 && bytes_be16(&b) < 0x4000) /* program numbers are below */
		return ASKS;
	return type == 1 && next <= 1 && b.left >= 4 ? ANSWERS : UNKNOWN;
}

/* op:1 hardware:1 …, 236 bytes, then the magic cookie */
static enum datagram_direction dhcp(struct bytes b)
{
	uint8_t op = bytes_u8(&b);

	bytes_skip(&b, 235);
	if (bytes_be32(&b) != 0x63825363 || b.failed)
		return UNKNOWN;
	return op == 1 ? ASKS : op == 2 ? ANSWERS : UNKNOWN;
}

/*
 * Records: type:1 version:2 epoch:2 sequence:6 length:2; in clear, a handshake message tells its
 * kind: a hello of the client, or of the server (and its request to verify).
 */
static enum datagram_direction dtls(struct bytes b)
{
	uint8_t type = bytes_u8(&b);
	uint16_t version = bytes_be16(&b), epoch = bytes_be16(&b);

	if (type != 22 || (version != 0xfeff && version != 0xfefd && version != 0x0100))
		return UNKNOWN;
	bytes_skip(&b, 8);
	type = bytes_u8(&b);
	if (b.failed || epoch != 0)
		return UNKNOWN;
	if (type == 1) /* client hello; inside of WebRTC that is either end's */
		return DATAGRAM_BEGINS;
	if (type == 16) /* client key exchange */
		return ASKS_PEER;
	return type == 2 || type == 3 || type == 12 || type == 14 ? ANSWERS : UNKNOWN;
}

/* Long headers: version negotiation (version 0) and a retry are the server's. */
static enum datagram_direction quic(struct bytes b)
{
	uint8_t first = bytes_u8(&b);
	uint32_t version = bytes_be32(&b);

	if (b.failed || !(first & 0x80) || b.left < 7)
		return UNKNOWN;
	if (version == 0)
		return ANSWERS;
	if ((version == 1 && (first & 0xf0) == 0xf0) ||
	    (version == 0x6b3343cf && (first & 0xf0) == 0xc0))
		return ANSWERS;
	return UNKNOWN;
}

/* leap:2 version:3 mode:3, 48 bytes and perhaps extensions; 6 and 7 have a bit of their own. */
static enum datagram_direction ntp(struct bytes b)
{
	size_t length = b.left;
	uint8_t first = bytes_u8(&b), second = bytes_u8(&b);
	uint8_t version = first >> 3 & 7, mode = first & 7;

	if (b.failed || version == 0 || version > 4)
		return UNKNOWN;
	if (mode == 6)
		return second & 0x80 ? ANSWERS : ASKS;
	if (mode == 7)
		return first & 0x80 ? ANSWERS : ASKS;
	if (length < 48)
		return UNKNOWN;
	return mode == 3 ? ASKS : mode == 4 || mode == 5 ? ANSWERS : UNKNOWN;
}

/* code:1 identifier:1 length:2 authenticator:16 */
static enum datagram_direction radius(struct bytes b)
{
	size_t length = b.left;
	uint8_t code = bytes_u8(&b);

	bytes_skip(&b, 1);
	if (bytes_be16(&b) > length || length < 20 || b.failed)
		return UNKNOWN;
	switch (code) {
	case 1:
	case 4:
	case 12:
	case 40:
	case 43:
		return ASKS;
	case 2:
	case 3:
	case 5:
	case 11:
	case 41:
	case 42:
	case 44:
	case 45:
		return ANSWERS;
	default:
		return UNKNOWN;
	}
}

/*
 * SPIs of both sides:8+8 next:1 version:1 exchange:1 flags:1. IKEv2 has a flag for an answer; in
 * version 1 the very first message lacks the responder's cookie. Behind NAT four zeros come first.
 */
static enum datagram_direction ike(struct bytes b)
{
	static const char zeros[] = {0, 0, 0, 0};
	uint64_t responder;
	uint8_t version, flags;

	if (b.left >= 4 && memcmp(b.at, zeros, 4) == 0)
		bytes_skip(&b, 4);
	bytes_skip(&b, 8);
	responder = bytes_be64(&b);
	bytes_skip(&b, 1);
	version = bytes_u8(&b);
	bytes_skip(&b, 1);
	flags = bytes_u8(&b);
	if (b.failed || b.left < 8)
		return UNKNOWN;
	if (version == 0x20)
		return flags & 0x20 ? ANSWERS_PEER : ASKS_PEER;
	return version == 0x10 && responder == 0 ? ASKS : UNKNOWN;
}

/* opcode:2; a transfer's blocks and acknowledgements go both ways */
static enum datagram_direction tftp(struct bytes b)
{
	uint16_t opcode = bytes_be16(&b);

	if (b.failed)
		return UNKNOWN;
	return opcode == 1 || opcode == 2 ? ASKS : opcode == 6 ? ANSWERS : UNKNOWN;
}

/* version:2 type:2 token length:4, code:1: class 0 asks, 2, 4 and 5 answer */
static enum datagram_direction coap(struct bytes b)
{
	uint8_t first = bytes_u8(&b), code = bytes_u8(&b);

	if (b.failed || first >> 6 != 1 || (first & 15) > 8)
		return UNKNOWN;
	switch (code >> 5) {
	case 0:
		return code != 0 ? ASKS : UNKNOWN;
	case 2:
	case 4:
	case 5:
		return ANSWERS;
	default:
		return UNKNOWN;
	}
}

/* APPLICATION tags: 10 and 12 ask; 11, 13 and 30 answer */
static enum datagram_direction kerberos(struct bytes b)
{
	switch (bytes_u8(&b)) {
	case 0x6a:
	case 0x6c:
		return ASKS;
	case 0x6b:
	case 0x6d:
	case 0x7e:
		return ANSWERS;
	default:
		return UNKNOWN;
	}
}

/* SEQUENCE { INTEGER id, operation }: 0x63 searches; 0x64, 0x65 are what was found */
static enum datagram_direction cldap(struct bytes b)
{
	uint8_t length;

	if (!ber(&b, 0x30) || bytes_u8(&b) != 0x02)
		return UNKNOWN;
	length = bytes_u8(&b);
	if (length > 4 || !bytes_skip(&b, length))
		return UNKNOWN;
	switch (bytes_u8(&b)) {
	case 0x63:
		return ASKS;
	case 0x64:
	case 0x65:
		return ANSWERS;
	default:
		return UNKNOWN;
	}
}

/*
 * 06 00 ff 07: RMCP with IPMI; a session header of 10 bytes, or 26, then the odd network functions.
 */
static enum datagram_direction ipmi(struct bytes b)
{
	uint8_t authentication, function;

	if (bytes_be32(&b) != 0x0600ff07)
		return UNKNOWN;
	authentication = bytes_u8(&b);
	bytes_skip(&b, authentication == 0 ? 8 : 24);
	bytes_skip(&b, 2); /* length, address */
	function = bytes_u8(&b);
	if (b.failed || authentication > 5)
		return UNKNOWN;
	return function >> 2 & 1 ? ANSWERS : ASKS;
}

static enum datagram_direction sql_browser(struct bytes b)
{
	uint8_t kind = bytes_u8(&b);

	if (b.failed)
		return UNKNOWN;
	return kind == 5 ? ANSWERS : kind >= 2 && kind <= 4 ? ASKS : UNKNOWN;
}

/* request:2 sequence:2 datagrams:2 reserved:2, then the text, or the binary protocol's magic */
static enum datagram_direction memcached(struct bytes b)
{
	static const char *const asks[] = {
		"get",	    "set ",	"stats",     "version",	  "add ", "delete ",
		"incr ",    "decr ",	"touch ",    "gat",	  "cas ", "append ",
		"prepend ", "replace ", "flush_all", "verbosity", "mg ",  "ms ",
		"mn\r",	    "lru ",	"slabs ",    NULL};
	static const char *const answers[] = {"STAT ",	 "VALUE ",	 "END\r",   "VERSION ",
					      "STORED",	 "NOT_STORED",	 "DELETED", "NOT_FOUND",
					      "ERROR\r", "CLIENT_ERROR", "OK\r",    "SERVER_ERROR",
					      "EXISTS",	 "TOUCHED",	 "RESET\r", NULL};

	bytes_skip(&b, 6);
	if (bytes_be16(&b) != 0 || b.left == 0)
		return UNKNOWN;
	if (b.at[0] == 0x80)
		return ASKS;
	return b.at[0] == 0x81 ? ANSWERS : text_of(&b, asks, answers);
}

/* type:1 0 0 0; the two messages of its handshake and the cookie have lengths of their own */
static enum datagram_direction wireguard(struct bytes b)
{
	size_t length = b.left;

	switch (bytes_be32(&b)) {
	case 0x01000000:
		return length == 148 ? ASKS : UNKNOWN;
	case 0x02000000:
		return length == 92 ? ANSWERS : UNKNOWN;
	case 0x03000000:
		return length == 64 ? ANSWERS : UNKNOWN;
	default:
		return UNKNOWN;
	}
}

/* version:3 …, message type: an echo's request 1 and answer 2 */
static enum datagram_direction gtp(struct bytes b)
{
	uint8_t first = bytes_u8(&b), type = bytes_u8(&b);

	if (b.failed || (first >> 5 != 1 && first >> 5 != 2))
		return UNKNOWN;
	return type == 1 ? ASKS : type == 2 ? ANSWERS : UNKNOWN;
}

/* <nnn>: syslog, which nobody answers */
static enum datagram_direction syslog(struct bytes b)
{
	return b.left > 3 && b.at[0] == '<' && b.at[1] >= '0' && b.at[1] <= '9' ? ASKS : UNKNOWN;
}

static const struct reader readers[] = {
	{{0}, stun},
	{{0}, sip},
	{{0}, ssdp},
	{{0}, snmp},
	{{0}, snmp3},
	{{0}, rpc},
	{{0}, dns}, /* behind RPC, whose calls could pass for answers without a question */
	{{0}, dhcp},
	{{0}, dtls},
	{{0}, memcached},
	{{123}, ntp},
	{{443, 80, 853, 8443}, quic},
	{{500, 4500}, ike},
	{{1812, 1813, 1645, 1646}, radius},
	{{3799}, radius},
	{{69}, tftp},
	{{5683}, coap},
	{{88}, kerberos},
	{{389, 3268}, cldap},
	{{623}, ipmi},
	{{1434}, sql_browser},
	{{51820}, wireguard},
	{{2123, 2152}, gtp},
	{{514}, syslog},
};

static bool may_be(const struct reader *reader, uint16_t source, uint16_t destination)
{
	for (int i = 0; i < 4; i++) {
		uint16_t port = reader->ports[i];

		if ((port != 0 || i == 0) && (port == 0 || port == source || port == destination))
			return true;
	}
	return false;
}

enum datagram_direction datagram_direction(struct bytes payload, uint16_t source_port,
					   uint16_t destination_port)
{
	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
		enum datagram_direction direction = UNKNOWN;

		if (may_be(&readers[i], source_port, destination_port))
			direction = readers[i].says(payload);
		if (direction != UNKNOWN)
			return direction;
	}
	return UNKNOWN;
}
