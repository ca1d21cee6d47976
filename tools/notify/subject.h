/* SPDX-License-Identifier: ISC */
/*
 * What is known of an incident or an exposure when it is told: the fields of its hash in Redis, or
 * of the event. Whoever may write to Redis, and whoever talks to a server, decides what is in them:
 * every text is made one line of printable UTF-8 here, without what turns the direction of text.
 */
#ifndef TOOLS_NOTIFY_SUBJECT_H
#define TOOLS_NOTIFY_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/notify/record.h"

#define SUBJECT_MEMBERS 16 /* endpoints of an incident that a message may show */

/* X(name of the field in Redis, bytes): texts; numbers */
#define SUBJECT_TEXTS(X)                                                                           \
	X(state, 24)                                                                               \
	X(level_name, 24)                                                                          \
	X(severity, 16)                                                                            \
	X(rule, 128)                                                                               \
	X(group, 128)                                                                              \
	X(owner, 256)                                                                              \
	X(security_group, 256)                                                                     \
	X(runbook, 256)                                                                            \
	X(reason, 600)                                                                             \
	X(opened, 32)                                                                              \
	X(closed, 32)                                                                              \
	X(updated, 32)                                                                             \
	X(changed_after, 32)                                                                       \
	X(changed_before, 32)                                                                      \
	X(close_reason, 24)                                                                        \
	X(server_ip, 48)                                                                           \
	X(server_port, 8)                                                                          \
	X(transport, 12)                                                                           \
	X(service, 64)                                                                             \
	X(product, 128)                                                                            \
	X(version, 64)                                                                             \
	X(client_ip, 48)                                                                           \
	X(client_zone, 64)                                                                         \
	X(sensors, 256)                                                                            \
	X(site, 72)

#define SUBJECT_NUMBERS(X)                                                                         \
	X(level)                                                                                   \
	X(severity_number)                                                                         \
	X(member_count)                                                                            \
	X(open_count)                                                                              \
	X(reopened)                                                                                \
	X(clients)                                                                                 \
	X(bytes_out)

/* NOLINTBEGIN(bugprone-macro-parentheses): the name of a member */
#define SUBJECT_TEXT_MEMBER(name, size) char name[size];
#define SUBJECT_NUMBER_MEMBER(name)	uint64_t name;
#define SUBJECT_COUNT(...)		+1
/* NOLINTEND(bugprone-macro-parentheses) */

enum { SUBJECT_FIELDS = 0 SUBJECT_TEXTS(SUBJECT_COUNT) SUBJECT_NUMBERS(SUBJECT_COUNT) };

struct subject_member {
	char id[24], endpoint[80], what[200], level_name[24], state[24], close_reason[24];
	uint64_t level;
};

struct subject {
	bool incident;
	bool known; /* Redis has it */
	SUBJECT_TEXTS(SUBJECT_TEXT_MEMBER)
	SUBJECT_NUMBERS(SUBJECT_NUMBER_MEMBER)
	struct subject_member members[SUBJECT_MEMBERS];
	uint32_t shown; /* of the members */
};

/* One line of printable text, without signs that turn or hide text. */
void subject_safe(char *to, size_t size, const char *from);

/* The names, in the order of the rows. */
extern const char *const subject_fields[SUBJECT_FIELDS];
void subject_take(struct subject *subject, const char *name, const char *value);
/* A member's hash was read into `exposure`. The worst is first. */
void subject_member(struct subject *subject, const struct subject *exposure, const char *id);

/* What of it is compared with what was told. */
void subject_standing(const struct subject *subject, struct standing *standing);
/* enum policy_severity by its name, or by the number (10 to 90) if there is no name. */
uint8_t subject_severity(const char *name, uint64_t number);

#endif
