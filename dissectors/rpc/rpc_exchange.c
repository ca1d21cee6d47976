/* SPDX-License-Identifier: ISC */
/*
 * Calls of ONC RPC and their replies, matched by number, and judged. Who asks by AUTH_SYS says who
 * he is, and is believed: that is AUTH_NONE. Only RPCSEC_GSS proves anything.
 */
#include "dissectors/rpc/rpc_exchange.h"

#include <stdio.h>

#define AUTH_ERROR  1
#define TOO_WEAK    5
#define GSS_DATA    0
#define GSS_PRIVACY 3

static void note(struct rpc_pending *pending, struct facts *facts, const char *name, unsigned flags)
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
	FACTS_WORD(facts, mechanism, "AUTH_SYS");
}

/* Can the arguments be read, and do the credentials prove anything? */
static bool read_credentials(struct rpc_pending *pending, struct facts *facts,
			     const struct rpc_call *call)
{
	struct bytes b = call->credentials;
	uint32_t procedure, service;

	if (call->flavour == RPC_AUTH_SYS)
		read_claim(facts, b);
	if (call->flavour != RPC_AUTH_GSS)
		return true;
	FACTS_WORD(facts, mechanism, "RPCSEC_GSS");
	bytes_skip(&b, 4);
	procedure = bytes_be32(&b);
	bytes_skip(&b, 4);
	service = bytes_be32(&b);
	pending->proves = !b.failed && procedure == GSS_DATA;
	if (pending->proves && service == GSS_PRIVACY)
		facts_set_encryption(facts, ENCRYPTION_NATIVE);
	return pending->proves && service < 2;
}

static void note_operations(struct rpc_pending *pending, struct facts *facts,
			    const struct rpc_call *call)
{
	const struct nfs4_operation *found[NFS4_OPERATIONS_MAX];
	size_t count = rpc_nfs4_operations(call->arguments, found);

	for (size_t i = 0; i < count; i++) {
		note(pending, facts, found[i]->name, found[i]->flags);
		pending->data |= found[i]->data;
	}
}

void rpc_exchange_call(struct rpc_exchange *x, struct facts *facts, struct bytes b)
{
	struct rpc_pending *pending;
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
	pending = &x->calls[answers_index(&x->pending, answers_put(&x->pending, call.xid, -1, 0))];
	*pending = (struct rpc_pending){
		.flavour = call.flavour, .data = procedure.data, .status = procedure.status};
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

static void settle(const struct rpc_pending *pending, struct facts *facts, bool accepted)
{
	for (size_t i = 0; i < pending->count; i++)
		facts_command_result(facts, pending->handle[i], accepted);
}

static void on_denial(const struct rpc_pending *pending, struct facts *facts, struct bytes b)
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

static void on_success(const struct rpc_pending *pending, struct facts *facts, struct bytes results)
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

bool rpc_exchange_waits(struct rpc_exchange *x, uint32_t xid)
{
	return answers_find(&x->pending, xid) != NULL;
}

bool rpc_exchange_reply(struct rpc_exchange *x, struct facts *facts, struct bytes b)
{
	struct answers_numbered *row = answers_find(&x->pending, bytes_be32(&b));
	uint32_t type = bytes_be32(&b), denied = bytes_be32(&b);
	const struct rpc_pending *pending;
	struct bytes verifier;

	if (b.failed || row == NULL || type != 1 || denied > 1)
		return false;
	row->waits = false;
	pending = &x->calls[answers_index(&x->pending, row)];
	if (denied) {
		on_denial(pending, facts, b);
		return false;
	}
	bytes_skip(&b, 4);
	verifier = bytes_sub(&b, bytes_be32(&b));
	if (bytes_be32(&b) != 0)
		settle(pending, facts, false);
	else if (!b.failed)
		on_success(pending, facts, b);
	return pending->flavour == RPC_AUTH_TLS && bytes_start_with(&verifier, "STARTTLS");
}
