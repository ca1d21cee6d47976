/* SPDX-License-Identifier: ISC */
/*
 * How a call ended, by the beginning of its answer's body. gRPC over HTTP/2 says it in trailers;
 * gRPC-Web and Connect, which browsers speak over HTTP/1 and HTTP/2, have none and say it in the
 * body.
 *
 *	+-----------+-------------+-------------
 *	| flags (8) | length (32) | message ...		gRPC, gRPC-Web, streams of Connect
 *	+-----------+-------------+-------------
 *
 * gRPC-Web: flag 0x80 is a block of trailers as text, "grpc-status: 12"; "-text" is all of it in
 * base64. Connect: flag 0x02 ends a stream, with JSON that has an "error" or not; a call that does
 * not stream has a bare message, and the status of HTTP tells.
 *
 * Sources: PROTOCOL-WEB.md of the gRPC documentation; "Connect Protocol Reference" of connectrpc.
 */
#ifndef DISSECTORS_GRPC_ANSWER_H
#define DISSECTORS_GRPC_ANSWER_H

#include "dissectors/read/bytes.h"

#define GRPC_ANSWER_KEPT 96 /* bytes of an answer that are enough */
#define GRPC_ETCD_EMPTY	 59 /* bytes of a message of etcd's that holds no more than its own head */

enum grpc_form {
	GRPC_FORM_NONE, /* no answer to a call */
	GRPC_FORM_FRAMES,
	GRPC_FORM_BASE64,
	GRPC_FORM_BARE,
};

/* By the answer's content type. */
enum grpc_form grpc_form_of(struct bytes content_type);

/*
 * The status that it shows, of grpc_services.h; GRPC_NOT_TOLD: too short to tell, or compressed.
 * *length: of the first message, as far as that is said.
 */
unsigned grpc_answer_status(enum grpc_form form, struct bytes body, size_t *length);

#endif
