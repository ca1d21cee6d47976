/* SPDX-License-Identifier: ISC */
/* How a MySQL session opens: what the greeting and the log-in request say. See mysql_login.c. */
#ifndef DISSECTORS_MYSQL_LOGIN_H
#define DISSECTORS_MYSQL_LOGIN_H

#include "dissectors/read/bytes.h"
#include "dissectors/read/facts.h"

/* Capability flags, as both sides give them. */
enum {
	MYSQL_COMPRESS = 1 << 5,
	MYSQL_WITH_DATABASE = 1 << 3,
	MYSQL_PROTOCOL_41 = 1 << 9,
	MYSQL_TLS = 1 << 11,
	MYSQL_SECURE_PASSWORD = 1 << 15,
	MYSQL_PLUGINS = 1 << 19,
	MYSQL_LONG_PASSWORDS = 1 << 21,
	MYSQL_NO_EOF = 1 << 24, /* result sets end with OK instead of EOF */
	MYSQL_ZSTD = 1 << 26,
	MYSQL_ATTRIBUTES = 1 << 27, /* queries begin with attributes */
};

struct mysql_login {
	uint32_t capabilities;
	bool asks_tls; /* the request for TLS, which the log-in itself follows */
	bool password; /* a password, or what was made of one, was sent */
};

/* Behind the 0x0a. Notes product and version; gives what the server is capable of, 0 if unseen. */
uint32_t mysql_login_greeting(struct bytes body, struct facts *facts);
/* Notes the user and the mechanism, never the password. */
struct mysql_login mysql_login_request(struct bytes body, struct facts *facts);
/* COM_CHANGE_USER, behind the command's byte: true if it carries a password. */
bool mysql_login_change(struct bytes body, struct facts *facts);
/* Text ended by a NUL, or by the end; takes the NUL as well. */
struct bytes mysql_login_text(struct bytes *body);
/* A length-encoded integer. */
uint64_t mysql_login_number(struct bytes *body);
/* Skips the attributes before a query; failed if they are not whole, or too many. */
struct bytes mysql_login_attributes(struct bytes b);

#endif
