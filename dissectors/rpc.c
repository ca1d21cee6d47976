/* SPDX-License-Identifier: ISC */
/*
 * ONC RPC over TCP (each record in fragments: u32 with the highest bit on the last, and its
 * length) and UDP (a datagram each). Who asks by AUTH_SYS says who he is, and is believed: that is
 * AUTH_NONE. Only RPCSEC_GSS proves anything.
 */
#include "dissectors/rpc.h"

#include <stdio.h>

#define PENDING	       10
#define COMMANDS       (NFS4_OPERATIONS_MAX + 1)
#define SEARCHED       28 /* bytes that tell a call, its record mark included */
#define SEARCHED_REPLY 12
#define AUTH_ERROR     1
#define TOO_WEAK       5
#define GSS_DATA       0
#define GSS_PRIVACY    3

struct pending {
	uint32_t xid;
	int32_t handle[COMMANDS];
	uint32_t flavour;
	uint8_t count;
	bool used, data, status;
	bool proves; /* accepted credentials prove who it is */
};

struct stream {
	uint8_t mark[4];
	uint8_t have; /* of mark */
	bool last, lost, holed;
	uint16_t kept;
	uint32_t left; /* of the fragment */
};

struct rpc {
	struct stream side[2];
	uint8_t call[RPC_CALL_KEPT];
	uint8_t reply[RPC_REPLY_KEPT];
	struct pending pending[PENDING];
	uint8_t next;
	bool begun;
};

_Static_assert(sizeof(struct rpc) <= DISSECTOR_STATE_MAX, "state of rpc");

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &rpc_services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_data_read(facts, ANSWER_NO);
}

static void note(struct pending *pending, struct facts *facts, const char *name, unsigned flags)
{
	pending->handle[pending->count++] = facts_command(facts, name, strlen(name), flags);
}

/* Stamp, name of the machine, number of the user: what AUTH_SYS claims. */
static void read_claim(struct facts *facts, struct bytes credentials)
{
	uint32_t length, number;
	char text[20];

	bytes_skip(&credentials, 4);
	length = bytes_be32(&credentials);
	bytes_skip(&credentials, (length + 3u) & ~3u);
	number = bytes_be32(&credentials);
	if (credentials.failed)
		return;
	snprintf(text, sizeof text, "uid=%u", number);
	FACTS_TEXT(facts, user, text, strlen(text));
	FACTS_TEXT(facts, mechanism, "AUTH_SYS", 8);
}

/* Can the arguments be read, and do the credentials prove anything? */
static bool read_credentials(struct pending *pending, struct facts *facts,
			     const struct rpc_call *call)
{
	struct bytes b = call->credentials;
	uint32_t procedure, service;

	if (call->flavour == RPC_AUTH_SYS)
		read_claim(facts, b);
	if (call->flavour != RPC_AUTH_GSS)
		return true;
	FACTS_TEXT(facts, mechanism, "RPCSEC_GSS", 10);
	bytes_skip(&b, 4);
	procedure = bytes_be32(&b);
	bytes_skip(&b, 4);
	service = bytes_be32(&b);
	pending->proves = !b.failed && procedure == GSS_DATA;
	if (pending->proves && service == GSS_PRIVACY)
		facts_set_encryption(facts, ENCRYPTION_NATIVE);
	return pending->proves && service < 2;
}

static void note_operations(struct pending *pending, struct facts *facts,
			    const struct rpc_call *call)
{
	const struct nfs4_operation *found[NFS4_OPERATIONS_MAX];
	size_t count = rpc_nfs4_operations(call->arguments, found);

	for (size_t i = 0; i < count; i++) {
		note(pending, facts, found[i]->name, found[i]->flags);
		pending->data |= found[i]->data;
	}
}

static void on_call(struct rpc *rpc, struct facts *facts, struct bytes b)
{
	struct pending *pending = &rpc->pending[rpc->next];
	const struct rpc_program *program;
	struct rpc_procedure procedure;
	struct rpc_call call;
	bool readable;

	if (!rpc_read_call(b, &call))
		return;
	program = rpc_program_find(call.program);
	if (facts->service == &rpc_services[0])
		facts_set_service(facts, program->service);
	procedure = rpc_procedure_find(&call);
	rpc->next = (uint8_t)((rpc->next + 1) % PENDING);
	*pending = (struct pending){.xid = call.xid,
				    .flavour = call.flavour,
				    .used = true,
				    .data = procedure.data,
				    .status = procedure.status};
	readable = read_credentials(pending, facts, &call);
	if (call.flavour == RPC_AUTH_GSS && !pending->proves) {
		pending->status = pending->data = false;
		return; /* still on its way in */
	}
	if (procedure.name)
		note(pending, facts, procedure.name, procedure.flags);
	if (readable && call.program == 100003 && call.version == 4 && call.procedure == 1)
		note_operations(pending, facts, &call);
	if (!readable)
		pending->status = false;
	if (readable && procedure.path && facts->path[0] == '\0') {
		uint32_t length = bytes_be32(&call.arguments);
		struct bytes path = bytes_sub(&call.arguments, length);

		if (!path.failed)
			FACTS_TEXT(facts, path, path.at, path.left);
	}
}

static void settle(const struct pending *pending, struct facts *facts, bool accepted)
{
	for (size_t i = 0; i < pending->count; i++)
		facts_command_result(facts, pending->handle[i], accepted);
}

static void on_denial(const struct pending *pending, struct facts *facts, struct bytes b)
{
	uint32_t reason = bytes_be32(&b), why = bytes_be32(&b);

	settle(pending, facts, false);
	if (b.failed || reason != AUTH_ERROR)
		return;
	if (pending->flavour == RPC_AUTH_NONE || why == TOO_WEAK)
		facts_set_auth(facts, AUTH_REQUIRED);
	else if (pending->flavour == RPC_AUTH_GSS)
		facts_login(facts, false);
	else
		facts_set_auth(facts, AUTH_FAILED);
}

static void on_success(const struct pending *pending, struct facts *facts, struct bytes results)
{
	bool accepted = true;

	if (pending->status) {
		accepted = bytes_be32(&results) == 0;
		if (results.failed)
			return;
	}
	settle(pending, facts, accepted);
	if (accepted && pending->data)
		facts_set_data_read(facts, ANSWER_YES);
	if (pending->proves)
		facts_login(facts, true);
	else if (pending->flavour != RPC_AUTH_GSS && pending->flavour != RPC_AUTH_TLS)
		facts_set_auth(facts, AUTH_NONE);
}

static struct pending *find_pending(struct rpc *rpc, uint32_t xid)
{
	for (size_t i = 0; i < PENDING; i++) {
		if (rpc->pending[i].used && rpc->pending[i].xid == xid)
			return &rpc->pending[i];
	}
	return NULL;
}

static void on_reply(struct rpc *rpc, struct facts *facts, struct bytes b)
{
	struct pending *pending = find_pending(rpc, bytes_be32(&b));
	uint32_t type = bytes_be32(&b), denied = bytes_be32(&b);
	struct bytes verifier;

	if (b.failed || !pending || type != 1 || denied > 1)
		return;
	pending->used = false;
	if (denied) {
		on_denial(pending, facts, b);
		return;
	}
	bytes_skip(&b, 4);
	verifier = bytes_sub(&b, bytes_be32(&b));
	if (bytes_be32(&b) != 0)
		settle(pending, facts, false);
	else if (!b.failed)
		on_success(pending, facts, b);
	if (pending->flavour == RPC_AUTH_TLS && bytes_start_with(&verifier, "STARTTLS")) {
		facts_set_encryption(facts, ENCRYPTION_STARTTLS);
		facts->starts_tls = true;
		facts->revision++;
	}
}

static uint8_t *kept_of(struct rpc *rpc, enum side from, size_t *size)
{
	*size = from == SIDE_CLIENT ? sizeof rpc->call : sizeof rpc->reply;
	return from == SIDE_CLIENT ? rpc->call : rpc->reply;
}

static void on_record(struct rpc *rpc, struct facts *facts, enum side from)
{
	struct stream *stream = &rpc->side[from];
	size_t size;
	uint8_t *kept = kept_of(rpc, from, &size);

	if (from == SIDE_CLIENT)
		on_call(rpc, facts, bytes_from(kept, stream->kept));
	else
		on_reply(rpc, facts, bytes_from(kept, stream->kept));
	stream->kept = 0;
	stream->holed = false;
}

static void keep(struct rpc *rpc, enum side from, struct bytes piece)
{
	struct stream *stream = &rpc->side[from];
	size_t size, room;
	uint8_t *kept = kept_of(rpc, from, &size);

	room = stream->holed ? 0 : size - stream->kept;
	if (room > piece.left)
		room = piece.left;
	if (room != 0)
		memcpy(kept + stream->kept, piece.at, room);
	stream->kept = (uint16_t)(stream->kept + room);
}

/* After a gap: is this window the beginning of a call, or of the reply to one? */
static bool is_beginning(struct rpc *rpc, enum side from, struct bytes b)
{
	uint32_t mark = bytes_be32(&b), length = mark & ~RPC_LAST, xid;
	struct rpc_call call;

	if (!(mark & RPC_LAST) || length < 20 || length > 64u << 20)
		return false;
	xid = bytes_be32(&b);
	if (from == SIDE_SERVER)
		return bytes_be32(&b) == 1 && find_pending(rpc, xid) != NULL;
	if (bytes_be32(&b) != 0 || bytes_be32(&b) != 2)
		return false;
	call.program = bytes_be32(&b);
	call.version = bytes_be32(&b);
	return rpc_program_find(call.program) != NULL &&
	       call.version <= rpc_program_find(call.program)->version_max;
}

static void search(struct rpc *rpc, enum side from, struct bytes *input)
{
	struct stream *stream = &rpc->side[from];
	size_t size, wanted = from == SIDE_CLIENT ? SEARCHED : SEARCHED_REPLY;
	uint8_t *window = kept_of(rpc, from, &size);

	while (input->left != 0) {
		struct bytes b;

		if (stream->kept == wanted)
			memmove(window, window + 1, --stream->kept);
		window[stream->kept++] = bytes_u8(input);
		if (stream->kept < wanted || !is_beginning(rpc, from, bytes_from(window, wanted)))
			continue;
		b = bytes_from(window, 4);
		stream->left = (bytes_be32(&b) & ~RPC_LAST) - (uint32_t)(wanted - 4);
		stream->have = 4;
		stream->last = true;
		stream->lost = stream->holed = false;
		stream->kept = (uint16_t)(wanted - 4);
		memmove(window, window + 4, wanted - 4);
		return;
	}
}

static void lose(struct stream *stream)
{
	*stream = (struct stream){.lost = true};
}

static void on_mark(struct stream *stream)
{
	struct bytes b = bytes_from(stream->mark, 4);
	uint32_t mark = bytes_be32(&b);

	stream->last = (mark & RPC_LAST) != 0;
	stream->left = mark & ~RPC_LAST;
}

static void feed(void *state, struct facts *facts, enum side from, const uint8_t *bytes,
		 size_t length)
{
	struct rpc *rpc = state;
	struct stream *stream = &rpc->side[from];
	struct bytes input = bytes_from(bytes, length);

	rpc->begun = true;
	while (input.left != 0 && !facts->starts_tls) {
		size_t n = stream->left < input.left ? stream->left : input.left;

		if (stream->lost) {
			search(rpc, from, &input);
		} else if (stream->have < 4) {
			stream->mark[stream->have++] = bytes_u8(&input);
			if (stream->have == 4)
				on_mark(stream);
		} else {
			keep(rpc, from, bytes_sub(&input, n));
			stream->left -= (uint32_t)n;
		}
		if (stream->lost || stream->have < 4 || stream->left != 0)
			continue;
		stream->have = 0;
		if (stream->last)
			on_record(rpc, facts, from);
	}
	facts->tls_rest = facts->starts_tls ? (uint32_t)input.left : 0;
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct rpc *rpc = state;
	struct stream *stream = &rpc->side[from];

	(void)facts;
	if (rpc->begun && !stream->lost && stream->have == 4 && missing != 0 &&
	    missing < stream->left) {
		stream->left -= (uint32_t)missing;
		stream->holed = true;
		return;
	}
	lose(stream);
}

static void feed_udp(void *state, struct facts *facts, enum side from, const uint8_t *bytes,
		     size_t length)
{
	struct rpc *rpc = state;

	if (from == SIDE_CLIENT)
		on_call(rpc, facts, bytes_from(bytes, length));
	else
		on_reply(rpc, facts, bytes_from(bytes, length));
	facts->starts_tls = false;
}

const struct dissector rpc_dissector = {
	.name = "rpc",
	.transports = OVER_TCP,
	.state_size = sizeof(struct rpc),
	.service_count = RPC_SERVICES,
	.services = rpc_services,
	.recognised =
		"an ONC RPC record: a call of version 2 to a known program, or the reply to it",
	.reads = READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM | READS_COMMANDS |
		 READS_LISTINGS | READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION |
		 READS_STARTTLS | READS_PATH,
	.probe = rpc_probe,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};

const struct dissector rpc_udp_dissector = {
	.name = "rpc-udp",
	.transports = OVER_UDP,
	.state_size = sizeof(struct rpc),
	.service_count = RPC_SERVICES,
	.services = rpc_services,
	.recognised = "an ONC RPC call or the reply with its number, one in a datagram",
	.reads = READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM | READS_COMMANDS |
		 READS_LISTINGS | READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION |
		 READS_STARTTLS | READS_PATH,
	.probe = rpc_probe_udp,
	.begin = begin,
	.feed = feed_udp,
};
