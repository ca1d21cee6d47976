/* SPDX-License-Identifier: ISC */
/*
 * NVMe over TCP: disks of another host. Units of
 *
 *	type:1 flags:1 header's length:1 data's offset:1 whole length:4 (little-endian)
 *
 * Both sides begin with theirs (ICReq 0, ICResp 1: 128 bytes); then commands (4) with 64 bytes of
 * command, answers (5) with 16, and data (6 to the controller, 7 to the host). The command Connect
 * (7f, kind 1) opens a queue: 0 is the administrators', others carry reads and writes. Its answer
 * says in bits 17 and 18 whether the host must authenticate.
 *
 * NVMe over Fabrics 1.1 (capsules, Connect); NVMe TCP Transport 1.0 (units).
 */
#include "dissectors/dissector.h"
#include "dissectors/read/exchange.h"

#define HEADER		 8
#define INITIAL_LENGTH	 128
#define COMMAND_HEADER	 72
#define ANSWER_HEADER	 24
#define LENGTH_MAX	 (1u << 26)
#define QUEUE_OF	 37	    /* bytes of a Connect behind its kind, before its queue */
#define MUST_PROVE	 (3u << 17) /* in the answer to Connect */
#define IO_QUEUE	 (1u << 8)  /* added to the codes of commands on queues of reads */
#define FABRIC		 (1u << 9)  /* added to the kinds of commands of fabrics */
#define FABRIC_OPERATION 0x7f

enum { INITIAL_REQUEST, INITIAL_ANSWER, COMMAND = 4, ANSWER = 5, DATA_TO_HOST = 7 };
enum { CONNECT = FABRIC | 1, PROVES = FABRIC | 6 };
enum { KIND_CONNECT = 0x40, KIND_PROOF = 0x80 }; /* of a command, beside EXCHANGE_… */

static const uint16_t ports[] = {4420, 0};

static const char *const also[] = {"nvme", NULL};

static const struct service services[] = {
	{
		.name = "nvme-tcp",
		.family = FAMILY_STORAGE,
		.about = "NVMe over TCP, disks of another host",
		.ports = ports,
		.also = also,
	},
};

struct nvme {
	struct exchange exchange;
	bool connected; /* which queue it is, is known */
	bool reads;	/* it is one for reads and writes */
	bool must_prove, proved;
};

_Static_assert(sizeof(struct nvme) <= DISSECTOR_STATE_MAX, "state of nvme-tcp");

static const struct exchange_command commands[] = {
	{0x02, COMMAND_LISTING, 0, "GET LOG PAGE"},
	{0x06, 0, 0, "IDENTIFY"},
	{0x0d, 0, 0, "NAMESPACE MANAGEMENT"},
	{0x10, COMMAND_EXECUTES, 0, "FIRMWARE COMMIT"},
	{0x11, 0, 0, "FIRMWARE IMAGE DOWNLOAD"},
	{0x80, COMMAND_DESTRUCTIVE, 0, "FORMAT NVM"},
	{0x84, COMMAND_DESTRUCTIVE, 0, "SANITIZE"},
	{IO_QUEUE | 0x01, 0, 0, "WRITE"},
	{IO_QUEUE | 0x02, 0, EXCHANGE_READS, "READ"},
	{IO_QUEUE | 0x05, 0, 0, "COMPARE"},
	{IO_QUEUE | 0x08, COMMAND_DESTRUCTIVE, 0, "WRITE ZEROES"},
	{IO_QUEUE | 0x09, COMMAND_DESTRUCTIVE, 0, "DATASET MANAGEMENT"},
	{FABRIC | 0, 0, 0, "PROPERTY SET"},
	{CONNECT, 0, EXCHANGE_OPEN | KIND_CONNECT, "CONNECT"},
	{FABRIC | 4, 0, 0, "PROPERTY GET"},
	{FABRIC | 5, 0, EXCHANGE_OPEN, "AUTHENTICATION SEND"},
	{PROVES, 0, EXCHANGE_OPEN | KIND_PROOF, "AUTHENTICATION RECEIVE"},
	{FABRIC | 8, 0, EXCHANGE_OPEN, "DISCONNECT"},
};

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

static bool measure(struct bytes header, uint32_t *body)
{
	uint32_t length;

	bytes_skip(&header, 4);
	length = bytes_le32(&header);
	*body = length - HEADER;
	return length >= HEADER && length <= LENGTH_MAX;
}

static void on_command(struct nvme *nvme, struct facts *facts, struct bytes b)
{
	uint32_t code = bytes_u8(&b);
	uint16_t number;

	bytes_skip(&b, 1);
	number = bytes_le16(&b);
	if (code == FABRIC_OPERATION) {
		code = FABRIC | bytes_u8(&b);
		bytes_skip(&b, QUEUE_OF);
		if (code == CONNECT)
			nvme->reads = bytes_le16(&b) != 0;
		nvme->connected |= code == CONNECT && !b.failed;
	} else if (nvme->reads) {
		code |= IO_QUEUE;
	}
	if (!b.failed && (nvme->connected || (code & FABRIC)))
		exchange_ask(&nvme->exchange, facts, number, EXCHANGE_FIND(commands, code));
}

/* Served before it had to prove who it is; afterwards that was a log-in. */
static void on_answer(struct nvme *nvme, struct facts *facts, struct bytes b)
{
	uint32_t result = bytes_le32(&b);
	uint16_t number, status;
	int kind;
	bool good;

	bytes_skip(&b, 8);
	number = bytes_le16(&b);
	status = bytes_le16(&b);
	if (b.failed)
		return;
	good = status >> 1 == 0;
	if (nvme->must_prove)
		nvme->exchange.late = true;
	kind = exchange_answer(&nvme->exchange, facts, number, good);
	if (kind == -1)
		return;
	if ((kind & KIND_CONNECT) && good) {
		nvme->must_prove = (result & MUST_PROVE) != 0;
		if (nvme->must_prove)
			exchange_demanded(&nvme->exchange, facts);
		else
			exchange_served(&nvme->exchange, facts);
	} else if (kind & KIND_PROOF) {
		nvme->proved |= good;
	} else if (!(kind & EXCHANGE_OPEN) && good && nvme->proved && !nvme->exchange.logged_in) {
		exchange_login(&nvme->exchange, facts, true);
	}
}

static void on_unit(struct nvme *nvme, struct facts *facts, enum side from,
		    const struct frame *frame)
{
	uint8_t type = frame->header[0];
	struct bytes b = bytes_from(frame->body, frame->kept);

	if (from == SIDE_CLIENT && type == COMMAND)
		on_command(nvme, facts, b);
	else if (from == SIDE_SERVER && type == ANSWER)
		on_answer(nvme, facts, b);
	else if (from == SIDE_SERVER && type == DATA_TO_HOST && nvme->reads)
		facts_set_data_read(facts, ANSWER_YES);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct nvme *nvme = state;
	struct frame *frame = exchange_begin(&nvme->exchange, fed->from);
	struct bytes input = fed->bytes;

	while (frames_next(frame, &input, HEADER, measure)) {
		on_unit(nvme, facts, fed->from, frame);
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct nvme *nvme = state;

	(void)facts;
	exchange_gap(&nvme->exchange, from, missing);
}

/* The first 12 bytes of either side's first unit: version 0, an alignment, digests. */
static enum recognised recognise_side(struct bytes b, enum side from)
{
	uint8_t type = bytes_u8(&b), flags = bytes_u8(&b), header = bytes_u8(&b);
	uint8_t offset = bytes_u8(&b), alignment, digests;
	uint32_t length = bytes_le32(&b);
	uint16_t version = bytes_le16(&b);

	alignment = bytes_u8(&b);
	digests = bytes_u8(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	return type == (from == SIDE_CLIENT ? INITIAL_REQUEST : INITIAL_ANSWER) && flags == 0 &&
			       header == INITIAL_LENGTH && offset == 0 &&
			       length == INITIAL_LENGTH && version == 0 && alignment <= 31 &&
			       digests <= 3
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	return dissector_by_both(recognise_side(opening->side[SIDE_CLIENT], SIDE_CLIENT),
				 recognise_side(opening->side[SIDE_SERVER], SIDE_SERVER),
				 opening->one_sided);
}

const struct dissector nvme_tcp_dissector = {
	.name = "nvme-tcp",
	.transports = OVER_TCP,
	.state_size = sizeof(struct nvme),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the 128 bytes with which each side begins",
	.reads = READS_AUTH | READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION |
		 READS_EXECUTION | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
