/* SPDX-License-Identifier: ISC */
/* See subject.h. */
#include "tools/notify/subject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/printable.h"

#define TEXT_NAME(name, size) #name,
#define NUMBER_NAME(name)     #name,
const char *const subject_fields[SUBJECT_FIELDS] = {SUBJECT_TEXTS(TEXT_NAME)
							    SUBJECT_NUMBERS(NUMBER_NAME)};

/* Of three bytes in UTF-8: signs without width, marks and overrides of direction, line ends
 * (Unicode U+200B to U+200F, U+2028 to U+202E, U+2060 to U+206F), and U+FEFF. */
static bool turns_text(const unsigned char *c)
{
	if (c[0] == 0xef)
		return c[1] == 0xbb && c[2] == 0xbf;
	if (c[0] != 0xe2)
		return false;
	if (c[1] == 0x80)
		return (c[2] >= 0x8b && c[2] <= 0x8f) || (c[2] >= 0xa8 && c[2] <= 0xae);
	return c[1] == 0x81 && c[2] >= 0xa0 && c[2] <= 0xaf;
}

void subject_safe(char *to, size_t size, const char *from)
{
	char *out = to;

	printable_copy(to, size, from);
	for (const char *in = to; *in != '\0';) {
		if (turns_text((const unsigned char *)in)) {
			*out++ = '?';
			in += 3;
		} else {
			*out++ = *in++;
		}
	}
	*out = '\0';
}

void subject_take(struct subject *subject, const char *name, const char *value)
{
#define TAKE_TEXT(field, size)                                                                     \
	if (strcmp(name, #field) == 0)                                                             \
		subject_safe(subject->field, sizeof subject->field, value);
#define TAKE_NUMBER(field)                                                                         \
	if (strcmp(name, #field) == 0)                                                             \
		subject->field = strtoull(value, NULL, 10);
	SUBJECT_TEXTS(TAKE_TEXT)
	SUBJECT_NUMBERS(TAKE_NUMBER)
}

/* Of an exposure. Without a port: all of the host. */
static void write_endpoint(const struct subject *x, char *to, size_t size)
{
	bool six = strchr(x->server_ip, ':') != NULL;

	if (x->server_port[0] == '\0' || strcmp(x->server_port, "0") == 0)
		snprintf(to, size, "all ports of %s", x->server_ip);
	else
		snprintf(to, size, "%s%s%s:%s%s%s", six ? "[" : "", x->server_ip, six ? "]" : "",
			 x->server_port, strcmp(x->transport, "tcp") == 0 ? "" : "/",
			 strcmp(x->transport, "tcp") == 0 ? "" : x->transport);
}

void subject_member(struct subject *subject, const struct subject *exposure, const char *id)
{
	struct subject_member member = {.level = exposure->level};
	uint32_t at = subject->shown;

	if (at == SUBJECT_MEMBERS || exposure->server_ip[0] == '\0')
		return;
	snprintf(member.id, sizeof member.id, "%.23s", id);
	write_endpoint(exposure, member.endpoint, sizeof member.endpoint);
	snprintf(member.what, sizeof member.what, "%s%s%s",
		 exposure->product[0] != '\0' ? exposure->product : exposure->service,
		 exposure->version[0] != '\0' ? " " : "", exposure->version);
	memcpy(member.level_name, exposure->level_name, sizeof member.level_name);
	memcpy(member.state, exposure->state, sizeof member.state);
	memcpy(member.close_reason, exposure->close_reason, sizeof member.close_reason);
	/* By level, then by endpoint: the order in which they were asked for is by chance. */
	for (; at > 0; at--) {
		const struct subject_member *before = &subject->members[at - 1];

		if (before->level > member.level || (before->level == member.level &&
						     strcmp(before->endpoint, member.endpoint) < 0))
			break;
		subject->members[at] = *before;
	}
	subject->members[at] = member;
	subject->shown++;
}

uint8_t subject_severity(const char *name, uint64_t number)
{
	for (int i = SEVERITY_INFO; i <= SEVERITY_CRITICAL; i++)
		if (strcmp(policy_severity_name((enum policy_severity)i), name) == 0)
			return (uint8_t)i;
	number = number < 10 ? 0 : (number - 10) / 20;
	return (uint8_t)(number < SEVERITY_CRITICAL ? number : SEVERITY_CRITICAL);
}

void subject_standing(const struct subject *subject, struct standing *standing)
{
	snprintf(standing->state, sizeof standing->state, "%.23s", subject->state);
	standing->level = (uint8_t)(subject->level < 7 ? subject->level : 7);
	standing->severity = subject_severity(subject->severity, subject->severity_number);
	standing->members = (uint32_t)subject->member_count;
	standing->open = (uint32_t)subject->open_count;
	standing->reopened = (uint32_t)subject->reopened;
}
