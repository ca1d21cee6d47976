/* SPDX-License-Identifier: ISC */
/*
 * DCE/RPC, also known as MS-RPC (The Open Group C706, chapter 12; [MS-RPCE]). Connections send
 * fragments that each begin with
 *
 *	u8 5  u8 minor version  u8 type  u8 flags  10 00 00 00 (little endian)
 *	u16 length of the fragment  u16 length of its proof  u32 number of the call
 *
 * and, if there is a proof, end with: u8 kind  u8 level  6 bytes  proof. Over UDP, the header has
 * 80 bytes, three UUIDs among them, and begins with version 4.
 */
#include "dissectors/dissector.h"

#define HEADER	       16
#define REQUEST_HEAD   8 /* bytes of a request behind its header, before what it carries */
#define HEADER_UDP     80
#define LITTLE_ENDIAN_ 0x10
#define FIRST_OR_LAST  3
#define LEVEL_PRIVACY  6
#define STUB_EMPTY     28 /* bytes of a response that brings a status and nothing else */
#define CALLS_MAX      (1u << 24)

enum {
	REQUEST = 0,
	RESPONSE = 2,
	FAULT = 3,
	BIND = 11,
	BIND_ACK = 12,
	BIND_NAK = 13,
	ALTER = 14,
	ALTER_ANSWER = 15,
	PROOF = 16,
	SHUTDOWN = 17,
	CANCEL = 18,
	ORPHANED = 19,
};

static const uint16_t ports[] = {135, 593, 0};

static const struct service services[] = {
	{
		.name = "dcerpc",
		.family = FAMILY_ADMIN,
		.about = "DCE/RPC (Windows remote procedure calls, endpoint mapper)",
		.identifier = "accessible-msrpc",
		.ports = ports,
	},
};

struct dcerpc_header {
	uint16_t length, proof;
	uint8_t type;
};

struct dcerpc_stream {
	uint8_t head[HEADER];
	uint8_t have;
	bool lost;
	struct dcerpc_header header;
	uint32_t at; /* bytes of this fragment that have passed */
};

struct dcerpc {
	struct dcerpc_stream side[2];
	bool begun;
	bool midstream;
	bool proves; /* the client has offered a proof */
};

static bool is_from(uint8_t type, enum side from)
{
	switch (type) {
	case REQUEST:
	case BIND:
	case ALTER:
	case PROOF:
	case CANCEL:
	case ORPHANED:
		return from == SIDE_CLIENT;
	case RESPONSE:
	case FAULT:
	case BIND_ACK:
	case BIND_NAK:
	case ALTER_ANSWER:
	case SHUTDOWN:
		return from == SIDE_SERVER;
	default:
		return false;
	}
}

static uint16_t read16(struct bytes *b, bool little)
{
	return little ? bytes_le16(b) : bytes_be16(b);
}

/* A header of a fragment; all HEADER bytes must be there. */
static bool read_header(struct bytes b, enum side from, struct dcerpc_header *header)
{
	uint8_t major = bytes_u8(&b), minor = bytes_u8(&b), endian;
	uint32_t call;

	header->type = bytes_u8(&b);
	bytes_skip(&b, 1);
	endian = bytes_u8(&b);
	if (major != 5 || minor > 1 || (endian & 0xef) != 0 || bytes_be24(&b) != 0 ||
	    !is_from(header->type, from))
		return false;
	header->length = read16(&b, endian != 0);
	header->proof = read16(&b, endian != 0);
	call = endian != 0 ? bytes_le32(&b) : bytes_be32(&b);
	return !b.failed && header->length >= HEADER && call < CALLS_MAX &&
	       (header->proof == 0 || header->proof + HEADER + 8 <= header->length);
}

static enum recognised recognise_side(struct bytes b, enum side from)
{
	struct dcerpc_header header;

	if (!bytes_agree_with(&b, "\x05"))
		return RECOGNISED_NO;
	if (b.left < HEADER)
		return RECOGNISED_MORE;
	return read_header(b, from, &header) ? RECOGNISED_YES : RECOGNISED_NO;
}

/* A capture that began late: is there a whole fragment, with another after it? */
static enum recognised later(struct bytes b, enum side from)
{
	for (; b.left >= HEADER; bytes_skip(&b, 1)) {
		const uint8_t *major = memchr(b.at, 5, b.left - HEADER + 1);
		struct dcerpc_header header, next;
		struct bytes at;

		if (!major)
			return RECOGNISED_MORE;
		bytes_skip(&b, (size_t)(major - b.at));
		at = b;
		if (b.at[4] != LITTLE_ENDIAN_ || !read_header(b, from, &header))
			continue;
		bytes_skip(&at, header.length);
		if (at.failed || at.left < HEADER || read_header(at, from, &next))
			return RECOGNISED_YES;
	}
	return RECOGNISED_MORE;
}

static enum recognised recognise(const struct opening *opening)
{
	enum recognised result[2];

	for (int from = 0; from < 2; from++) {
		struct bytes b = opening->side[from];

		result[from] = recognise_side(b, (enum side)from);
		if (opening->midstream && result[from] == RECOGNISED_NO &&
		    recognise_side(b, (enum side) !from) != RECOGNISED_YES)
			result[from] = later(b, (enum side)from);
	}
	if (result[SIDE_CLIENT] == RECOGNISED_NO || result[SIDE_SERVER] == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (result[SIDE_SERVER] == RECOGNISED_YES)
		return RECOGNISED_YES;
	if (result[SIDE_CLIENT] != RECOGNISED_YES || !opening->one_sided)
		return RECOGNISED_MORE;
	/* A bare header that is no bind is what scanners send to any port. */
	return opening->midstream || opening->side[SIDE_CLIENT].at[2] == BIND ||
			       opening->side[SIDE_CLIENT].left > HEADER + REQUEST_HEAD
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

static bool is_asking(uint8_t type)
{
	return type == 0 || type == 1 || type == 7 || type == 8;
}

/* One datagram, of an asking or an answering kind. */
static bool is_datagram(struct bytes b, bool *asks)
{
	size_t size = b.left;
	uint8_t version = bytes_u8(&b), type = bytes_u8(&b), endian, length_at = 74;
	uint16_t length;

	if (size < HEADER_UDP || version != 4 || type > 10)
		return false;
	bytes_skip(&b, 2);
	endian = bytes_u8(&b);
	if ((endian & 0xef) != 0 || bytes_u8(&b) > 3 || bytes_u8(&b) != 0)
		return false;
	bytes_skip(&b, length_at - 7u);
	length = read16(&b, endian != 0);
	*asks = is_asking(type);
	return length + (size_t)HEADER_UDP <= size;
}

static enum recognised recognise_udp(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	bool client_asks = true, server_asks = false;

	if (client.left != 0 && !is_datagram(client, &client_asks))
		return RECOGNISED_NO;
	if (server.left == 0) /* answers may come from another port, alone */
		return client.left != 0 && opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
	return is_datagram(server, &server_asks) && client_asks && !server_asks ? RECOGNISED_YES
										: RECOGNISED_NO;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

static void on_fragment(struct dcerpc *rpc, struct facts *facts, const struct dcerpc_stream *stream)
{
	const struct dcerpc_header *header = &stream->header;

	switch (header->type) {
	case BIND:
	case ALTER:
	case PROOF:
		rpc->proves |= header->proof != 0;
		if (rpc->proves && facts->auth == AUTH_NA)
			facts_set_auth(facts, AUTH_UNKNOWN);
		break;
	case RESPONSE:
		if (rpc->proves || header->proof != 0)
			facts_set_auth(facts, AUTH_SUCCEEDED);
		else if (!rpc->midstream)
			facts_set_auth(facts, AUTH_NONE);
		if (header->length > STUB_EMPTY)
			facts_set_data_read(facts, ANSWER_YES);
		break;
	case BIND_ACK:
		if (!rpc->proves && !rpc->midstream)
			facts_set_auth(facts, AUTH_NONE);
		break;
	default:
		break;
	}
}

/* What kind of proof comes with a fragment, and what it covers. */
static void on_proof(struct facts *facts, uint32_t place, uint8_t byte)
{
	static const char *const kinds[] = {
		[9] = "SPNEGO", [10] = "NTLMSSP", [16] = "Kerberos", [68] = "Netlogon"};

	if (place == 1) {
		if (byte == LEVEL_PRIVACY)
			facts_set_encryption(facts, ENCRYPTION_NATIVE);
		return;
	}
	if (byte < sizeof kinds / sizeof *kinds && kinds[byte] != NULL)
		FACTS_TEXT(facts, mechanism, kinds[byte], strlen(kinds[byte]));
}

static void pass(struct dcerpc *rpc, struct facts *facts, struct dcerpc_stream *stream,
		 struct bytes *input)
{
	size_t rest = stream->header.length - stream->at;
	size_t n = rest < input->left ? rest : input->left;
	uint32_t trailer = (uint32_t)stream->header.length - stream->header.proof - 8;
	struct bytes piece = bytes_sub(input, n);

	for (uint32_t i = 0; stream->header.proof != 0 && i < 2; i++) {
		uint32_t place = trailer + i;

		if (place >= stream->at && place - stream->at < piece.left)
			on_proof(facts, i, piece.at[place - stream->at]);
	}
	stream->at += (uint32_t)n;
	if (stream->at < stream->header.length)
		return;
	on_fragment(rpc, facts, stream);
	*stream = (struct dcerpc_stream){.have = 0};
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct dcerpc *rpc = state;
	struct dcerpc_stream *stream = &rpc->side[from];
	struct bytes input = fed->bytes;

	rpc->begun = true;
	while (input.left != 0 || (stream->have == HEADER && stream->at == stream->header.length)) {
		if (stream->have == HEADER) {
			pass(rpc, facts, stream, &input);
			continue;
		}
		stream->head[stream->have++] = bytes_u8(&input);
		if (stream->have < HEADER)
			continue;
		if (read_header(bytes_from(stream->head, HEADER), from, &stream->header) &&
		    (!stream->lost || stream->head[4] == LITTLE_ENDIAN_)) {
			stream->lost = false;
			stream->at = HEADER;
			continue;
		}
		/* not at a fragment's beginning: look for the next one */
		stream->lost = true;
		stream->have--;
		memmove(stream->head, stream->head + 1, stream->have);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct dcerpc *rpc = state;
	struct dcerpc_stream *stream = &rpc->side[from];

	if (!rpc->begun) { /* a log-in may have gone unseen */
		rpc->midstream = true;
		facts_set_auth(facts, AUTH_UNKNOWN);
	}
	if (stream->have == HEADER && missing != 0 &&
	    missing < (uint64_t)stream->header.length - stream->at)
		stream->at += (uint32_t)missing;
	else
		*stream = (struct dcerpc_stream){.lost = true};
}

static void feed_udp(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	(void)state;
	if (from == SIDE_CLIENT && facts->auth == AUTH_NA)
		facts_set_auth(facts, AUTH_UNKNOWN);
	if (from == SIDE_SERVER && fed->bytes.left > HEADER_UDP && fed->bytes.at[1] == RESPONSE)
		facts_set_data_read(facts, ANSWER_YES);
}

const struct dissector dcerpc_dissector = {
	.name = "dcerpc",
	.transports = OVER_TCP,
	.state_size = sizeof(struct dcerpc),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a fragment header of version 5 whose type is that side's",
	.reads = READS_AUTH | READS_MECHANISM | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};

const struct dissector dcerpc_udp_dissector = {
	.name = "dcerpc-udp",
	.transports = OVER_UDP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a header of version 4 with a length that fits the datagram",
	.reads = READS_DATA | READS_ENCRYPTION,
	.recognise = recognise_udp,
	.begin = begin,
	.feed = feed_udp,
};
