/* SPDX-License-Identifier: ISC */
/*
 * Which service a gRPC call is for, and what its method does, by the path: the table of services
 * in grpc_table.h. Used for gRPC over HTTP/2, and for gRPC-Web and Connect over HTTP/1.
 */
#ifndef DISSECTORS_GRPC_SERVICES_H
#define DISSECTORS_GRPC_SERVICES_H

#include "dissectors/read/bytes.h"
#include "dissectors/read/facts.h"

enum {
	GRPC_OPEN = 1 << 0,
	GRPC_LISTS = 1 << 1,
	GRPC_DESTROYS = 1 << 2,
	GRPC_EXECUTES = 1 << 3,
	GRPC_LOGIN = 1 << 4,
};

/* Status codes of a call, of statuscodes.md of the gRPC documentation. */
enum {
	GRPC_OK = 0,
	GRPC_PERMISSION_DENIED = 7,
	GRPC_UNIMPLEMENTED = 12,
	GRPC_UNAUTHENTICATED = 16,
	GRPC_NOT_TOLD = 99,
};

/* What HTTP/2 carries: the first two are what is not known better. */
enum grpc_service_id {
	HTTP2_ANY,
	GRPC_ANY,
#define GRPC(id, ...) GRPC_##id,
#include "dissectors/http/grpc_table.h"
#undef GRPC
	GRPC_SERVICE_COUNT
};

extern const struct service grpc_services[GRPC_SERVICE_COUNT];

/* A call, as far as its path tells. */
struct grpc_method {
	uint8_t service; /* enum grpc_service_id; HTTP2_ANY: not one of the table's */
	uint8_t traits;	 /* GRPC_… */
	char command[FACTS_COMMAND_TEXT]; /* "Collections/Delete"; "" if service is HTTP2_ANY */
};

/* `path` may be cut off at its end; a proxy's prefix may stand before it. */
void grpc_method(struct bytes path, struct grpc_method *method);
const char *grpc_product(uint8_t service); /* "" for the first two */
/* COMMAND_… for facts_command(). */
unsigned grpc_flags(uint8_t traits);
/* Of a header "grpc-status"; GRPC_NOT_TOLD if it is no number. */
uint16_t grpc_status(struct bytes text);

#endif
