/* SPDX-License-Identifier: ISC */
/*
 * A call to a program that is known, and the reply to it. A call has eight bytes that cannot be
 * otherwise and a program's number: unmistakable. A reply has little: it needs its call.
 */
#include "dissectors/rpc/rpc.h"

#define CALL	      0
#define REPLY	      1
#define RPC_VERSION   2
#define PROCEDURE_MAX 80
#define RECORD_MAX    (64u << 20)

bool rpc_read_call(struct bytes b, struct rpc_call *call)
{
	const struct rpc_program *program;
	uint32_t type, version;

	call->xid = bytes_be32(&b);
	type = bytes_be32(&b);
	version = bytes_be32(&b);
	call->program = bytes_be32(&b);
	call->version = bytes_be32(&b);
	call->procedure = bytes_be32(&b);
	call->flavour = bytes_be32(&b);
	if (b.failed || type != CALL || version != RPC_VERSION)
		return false;
	program = rpc_program_find(call->program);
	if (!program || call->version > program->version_max || call->procedure > PROCEDURE_MAX)
		return false;
	call->credentials = bytes_sub(&b, bytes_be32(&b));
	bytes_skip(&b, 4);
	bytes_skip(&b, bytes_be32(&b));
	call->arguments = b;
	return true;
}

/* As far as the bytes go. `whole`: there will be no more of them. */
static enum recognised is_call(struct bytes b, bool whole, uint32_t *xid)
{
	static const uint8_t fixed[] = {0, 0, 0, CALL, 0, 0, 0, RPC_VERSION};
	size_t n = b.left < 4 ? 0 : b.left - 4;
	struct rpc_call call;

	if (n > sizeof fixed)
		n = sizeof fixed;
	if (n != 0 && memcmp(b.at + 4, fixed, n) != 0)
		return RECOGNISED_NO;
	if (b.left < RPC_CALL_LEAST)
		return whole ? RECOGNISED_NO : RECOGNISED_MORE;
	if (!rpc_read_call(b, &call))
		return RECOGNISED_NO;
	bytes_skip(&b, 28);
	if (bytes_be32(&b) > RPC_AUTH_MAX)
		return RECOGNISED_NO;
	*xid = call.xid;
	return RECOGNISED_YES;
}

static enum recognised is_reply(struct bytes b, bool whole, uint32_t xid)
{
	uint32_t status;

	if (b.left < 4 + 4 + 4 + 8)
		return whole ? RECOGNISED_NO : RECOGNISED_MORE;
	if (bytes_be32(&b) != xid || bytes_be32(&b) != REPLY)
		return RECOGNISED_NO;
	status = bytes_be32(&b);
	return status <= 1 ? RECOGNISED_YES : RECOGNISED_NO;
}

/* Takes the record mark: YES if there is a sane one. */
static enum recognised take_mark(struct bytes *b)
{
	uint32_t length;

	if (b->left < 4)
		return b->left != 0 && (b->at[0] & 0x78) != 0 ? RECOGNISED_NO : RECOGNISED_MORE;
	length = bytes_be32(b) & ~RPC_LAST;
	return length >= 20 && length <= RECORD_MAX ? RECOGNISED_YES : RECOGNISED_NO;
}

/* A capture that began late: where is a call? */
static enum recognised later(struct bytes b, uint32_t *xid)
{
	while (b.left >= 4 + RPC_CALL_LEAST) {
		struct bytes at = b;

		if (b.at[0] == 0x80 && take_mark(&at) == RECOGNISED_YES &&
		    is_call(at, false, xid) == RECOGNISED_YES)
			return RECOGNISED_YES;
		bytes_skip(&b, 1);
	}
	return RECOGNISED_MORE;
}

enum recognised rpc_recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised call = take_mark(&client), reply;
	uint32_t xid = 0;

	if (call == RECOGNISED_YES)
		call = is_call(client, false, &xid);
	if (opening->midstream && call == RECOGNISED_NO)
		call = later(opening->side[SIDE_CLIENT], &xid);
	if (call != RECOGNISED_YES)
		return call;
	if (server.left == 0)
		return opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
	if (opening->midstream)
		return RECOGNISED_YES;
	reply = take_mark(&server);
	return reply == RECOGNISED_YES ? is_reply(server, false, xid) : reply;
}

enum recognised rpc_recognise_udp(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised call;
	uint32_t xid = 0;

	if (client.left == 0)
		return RECOGNISED_MORE;
	call = is_call(client, true, &xid);
	if (call != RECOGNISED_YES)
		return call;
	if (server.left == 0)
		return opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
	return opening->midstream ? RECOGNISED_YES : is_reply(server, true, xid);
}
