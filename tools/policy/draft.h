/* SPDX-License-Identifier: ISC */
/*
 * A first policy from what was seen: what each server answered, and to whom. Every line that is
 * written says on which evidence it rests, for a person has to sign it.
 */
#ifndef TOOLS_POLICY_DRAFT_H
#define TOOLS_POLICY_DRAFT_H

#include <stdint.h>

#include "policy/address.h"
#include "tools/policy/tool.h"

/* One server endpoint; its clients in numbers. */
struct draft_endpoint {
	struct address server;
	uint16_t port;
	char transport[8], service[POLICY_NAME_MAX], family[32];
	bool by_bytes;		  /* the service was read, not guessed from the port */
	bool answered;		  /* somebody */
	bool public_server;	  /* not of the private ranges */
	uint32_t inside, outside; /* clients that were answered, by where they are */
	struct address stranger;  /* one of those outside */
};

struct draft {
	struct draft_endpoint *list; /* by server, transport and port, each once */
	size_t count, room;
	uint64_t lines, wrong;
};

/* Groups and rules of what is in the draft, on standard output. */
void draft_write(const struct draft *draft);

#endif
