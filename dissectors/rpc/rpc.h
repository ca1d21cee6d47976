/* SPDX-License-Identifier: ISC */
/*
 * ONC RPC (RFC 5531) and the programs over it: what the files of this dissector share.
 *
 *	call   xid  0  RPC version 2  program  version  procedure  credentials  verifier  arguments
 *	reply  xid  1  0 accepted: verifier, 0 success: results; 1 denied: why
 *
 * All numbers have 32 bits, big endian; credentials and verifier are a flavour and counted bytes.
 */
#ifndef DISSECTORS_RPC_H
#define DISSECTORS_RPC_H

#include "dissectors/dissector.h"

#define RPC_CALL_KEPT  420 /* bytes of a call */
#define RPC_REPLY_KEPT 96  /* of a reply */
#define RPC_CALL_LEAST 40
#define RPC_AUTH_MAX   400
#define RPC_LAST       0x80000000u /* of a record mark: its last fragment */

enum rpc_flavour {
	RPC_AUTH_NONE = 0,
	RPC_AUTH_SYS = 1,
	RPC_AUTH_SHORT = 2,
	RPC_AUTH_GLUSTER = 5,
	RPC_AUTH_GSS = 6,
	RPC_AUTH_TLS = 7,
	RPC_AUTH_GLUSTER_3 = 390039,
};

struct rpc_call {
	uint32_t xid, program, version, procedure, flavour;
	struct bytes credentials, arguments;
};

/* What a program is called, and where its procedures are. */
struct rpc_program {
	uint32_t number;
	uint32_t version_max;
	const struct service *service;
};

struct rpc_procedure {
	const char *name; /* NULL: nothing of note */
	uint8_t flags;	  /* COMMAND_* */
	bool data;	  /* its results are stored data */
	bool status;	  /* its results begin with one, 0 is success */
	bool path;	  /* its arguments begin with a path */
};

/* rpc_programs.c */
#define RPC_SERVICES 5
extern const struct service rpc_services[RPC_SERVICES];
const struct rpc_program *rpc_program_find(uint32_t number);
struct rpc_procedure rpc_procedure_find(const struct rpc_call *call);

/* rpc_recognise.c */
/* Reads a call without its record mark; false if it is none, or its beginning is not all there. */
bool rpc_read_call(struct bytes b, struct rpc_call *call);
enum recognised rpc_recognise(const struct opening *opening);
enum recognised rpc_recognise_udp(const struct opening *opening);

/* rpc_nfs4.c: the operations of a COMPOUND, as far as its bytes are at hand */
#define NFS4_OPERATIONS_MAX 4 /* of note, in one compound */
struct nfs4_operation {
	const char *name;
	uint8_t flags;
	bool data;
};
size_t rpc_nfs4_operations(struct bytes b, const struct nfs4_operation *found[NFS4_OPERATIONS_MAX]);

#endif
