/* SPDX-License-Identifier: ISC */
/*
 * What a cloud or a firewall says of itself, in one shape: groups (security groups, target tags,
 * sets), the addresses that are in them, and what each lets in. A reader fills it from the JSON or
 * CSV of one provider; writing a policy from it (import_write.c) and comparing two of them
 * (import_compare.c) know no provider. Running out of memory ends the program.
 */
#ifndef TOOLS_POLICY_IMPORT_H
#define TOOLS_POLICY_IMPORT_H

#include <stdint.h>

#include "policy/address.h"
#include "tools/lib/tree.h"
#include "tools/policy/tool.h"

#define IMPORT_ANY_TRANSPORT 0
#define IMPORT_NAME	     64

struct import_group {
	char *id;		/* the provider's: "sg-0a1b", unique */
	char name[IMPORT_NAME]; /* as a policy may call it; unique after import_settle() */
	char *owner;		/* NULL: nobody says */
};

struct import_member {
	uint32_t group;
	struct address address;
	bool is_public; /* of a server whose private address is `behind` */
	struct address behind;
	char *name; /* of the server; "" if it has none */
};

struct import_opening {
	uint32_t group;
	uint8_t transport; /* or IMPORT_ANY_TRANSPORT */
	uint16_t from, to;
	bool from_group; /* the source is the provider's name of a group or list, not a prefix */
	bool narrowed;	 /* it is about `server` only, not about all of the group */
	struct prefix source, server;
	char *source_name;
};

struct import {
	struct import_group *groups;
	struct import_member *members;
	struct import_opening *openings;
	uint32_t group_count, member_count, opening_count;
	size_t group_room, member_room, opening_room;
	uint32_t *index; /* of groups by the hash of their id, open addressing */
	uint32_t index_room;
	uint64_t unread; /* lines that were no use: no ports, no address */
};

/* The group of that id, made if it is new. */
uint32_t import_group(struct import *import, const char *id);
void import_call(struct import *import, uint32_t group, const char *name);
void import_own(struct import *import, uint32_t group, const char *owner); /* the first wins */
/* An address that cannot be read is counted in `unread`. `public_side` and `name` may be NULL. */
void import_add(struct import *import, uint32_t group, const char *address, const char *public_side,
		const char *name);
/* `source` is a prefix, or the name of something; "*", "any" and "Internet" are everybody. */
void import_open(struct import *import, uint32_t group, uint8_t transport, uint16_t from,
		 uint16_t to, const char *source);
/* The same, for one server or prefix of the group. */
void import_open_server(struct import *import, uint32_t group, const struct import_opening *like,
			const char *server);
/* "tcp", "6", "-1", "all" … ; false: it has no ports that could be reached. */
bool import_transport(const char *text, uint8_t *transport);
/* "443", "6000-6010", "*"; false if it is none of them. */
bool import_ports(const char *text, uint16_t *from, uint16_t *to);
bool import_prefix(const char *text, struct prefix *out);
/* All of it is of private use, or this link's (RFC 1918, RFC 4193, RFC 3927, RFC 4291). */
bool import_is_private(const struct prefix *prefix);
/* The value of a tag "owner", "team" …, in a list of {Key, Value} or in a mapping; NULL: none. */
const char *import_owner_tag(const struct tree *tags);

/* Names become unique, members and openings are sorted and each there once. */
void import_settle(struct import *import);
void import_free(struct import *import);

/* Readers: one document each; several add up. `prior`: of a plan, what is there today. */
void import_aws(struct import *import, const struct tree *root);
void import_azure(struct import *import, const struct tree *root);
void import_gcp(struct import *import, const struct tree *root);
void import_terraform(struct import *import, const struct tree *root, bool prior);
void import_nftables(struct import *import, const struct tree *root);
/* Ends the program with the line that is wrong. */
void import_csv(struct import *import, FILE *file, const char *name);

/* The policy that they are, with what is open on purpose as lines to be confirmed. */
void import_write(const struct import *import);
/*
 * What `after` lets in that `before` does not, server by server: by the zones and rules of `policy`
 * if it is not NULL. Returns how many openings for somebody outside are new.
 */
size_t import_compare(const struct import *before, const struct import *after,
		      const struct policy *policy);

#endif
