/* SPDX-License-Identifier: ISC */
/*
 * What mail proxies say about their client: XCLIENT of SMTP (Postfix's, nginx's) and of POP3
 * (Dovecot's), "XCLIENT ADDR=192.0.2.1 PORT=4711 NAME=[UNAVAILABLE]", and the ID of IMAP
 * (Dovecot's, RFC 2971), `ID ("x-originating-ip" "192.0.2.1" "x-originating-port" "4711")`.
 */
#ifndef DISSECTORS_XCLIENT_H
#define DISSECTORS_XCLIENT_H

#include "dissectors/read/bytes.h"
#include "dissectors/read/forwarded.h"

/* False: the attributes say nothing about an address. */
bool xclient_read(struct bytes attributes, struct forwarded *told);
bool xclient_read_id(struct bytes list, struct forwarded *told);

#endif
