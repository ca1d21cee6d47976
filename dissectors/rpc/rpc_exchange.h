/* SPDX-License-Identifier: ISC */
/* What calls and replies of ONC RPC say, apart from how they come: one conversation's. */
#ifndef DISSECTORS_RPC_EXCHANGE_H
#define DISSECTORS_RPC_EXCHANGE_H

#include "dissectors/read/answers.h"
#include "dissectors/rpc/rpc.h"

#define RPC_COMMANDS (NFS4_OPERATIONS_MAX + 1)

/* A call that waits for its reply. */
struct rpc_pending {
	int32_t handle[RPC_COMMANDS];
	uint32_t flavour;
	uint8_t count;
	bool data, status;
	bool proves; /* accepted credentials prove who it is */
};

/* Zeroed before use, like the dissector's state that it is part of. */
struct rpc_exchange {
	struct answers_table pending;
	struct rpc_pending calls[ANSWERS_ROWS]; /* of its rows */
};

/* `b`: as much of a call or a reply as is known, without its record mark. */
void rpc_exchange_call(struct rpc_exchange *x, struct facts *facts, struct bytes b);
/* True: both sides agree that TLS follows. */
bool rpc_exchange_reply(struct rpc_exchange *x, struct facts *facts, struct bytes b);
/* Has a call of this number not been answered? */
bool rpc_exchange_waits(struct rpc_exchange *x, uint32_t xid);

#endif
