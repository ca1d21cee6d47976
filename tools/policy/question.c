/* SPDX-License-Identifier: ISC */
#include "tools/policy/question.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	uint8_t number;
} transports[] = {{"tcp", 6}, {"udp", 17}, {"sctp", 132}, {"udplite", 136}, {"dccp", 33}};

#define TRANSPORTS (sizeof transports / sizeof *transports)

const char *question_transport(uint8_t transport)
{
	for (size_t i = 0; i < TRANSPORTS; i++)
		if (transports[i].number == transport)
			return transports[i].name;
	return "?";
}

static uint8_t transport_number(const char *name)
{
	for (size_t i = 0; i < TRANSPORTS; i++)
		if (strcmp(transports[i].name, name) == 0)
			return transports[i].number;
	return 0;
}

static bool read_port(const char *text, uint16_t *port)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*port = (uint16_t)value;
	return *text >= '0' && *text <= '9' && *end == '\0' && value >= 1 && value <= 65535;
}

/* Cuts "[address]" or "address" from what is before the last colon. */
static bool read_host(char *text, struct address *address)
{
	size_t length = strlen(text);

	if (*text == '[' && length > 2 && text[length - 1] == ']') {
		text[length - 1] = '\0';
		text++;
	}
	return address_parse(text, address);
}

bool question_endpoint(const char *text, struct policy_question *question,
		       char error[QUESTION_ERROR])
{
	char copy[ADDRESS_TEXT_MAX + 32];
	char *slash, *colon;

	snprintf(error, QUESTION_ERROR,
		 "\"%.64s\" is no endpoint: write 10.0.0.1:6379, [2001:db8::1]:6379, or either "
		 "with /udp behind it",
		 text);
	if (strlen(text) >= sizeof copy)
		return false;
	strcpy(copy, text);
	slash = strrchr(copy, '/');
	if (slash != NULL) {
		*slash = '\0';
		question->transport = transport_number(slash + 1);
		if (question->transport == 0) {
			snprintf(error, QUESTION_ERROR,
				 "\"%.32s\" is no transport: it must be tcp, udp, sctp, udplite or "
				 "dccp",
				 slash + 1);
			return false;
		}
	}
	colon = strrchr(copy, ':');
	if (colon == NULL)
		return false;
	*colon = '\0';
	return read_port(colon + 1, &question->port) && read_host(copy, &question->server);
}

bool question_client(const char *text, struct policy_question *question, char error[QUESTION_ERROR])
{
	if (address_parse(text, &question->client))
		return true;
	snprintf(error, QUESTION_ERROR, "\"%.64s\" is no IP address", text);
	return false;
}

static bool is_called(const struct policy_service *service, const char *name)
{
	if (strcmp(service->name, name) == 0)
		return true;
	for (const char *const *also = service->also; also != NULL && *also != NULL; also++)
		if (strcmp(*also, name) == 0)
			return true;
	return false;
}

bool question_service(const struct tool *tool, const char *text, struct policy_question *question,
		      char error[QUESTION_ERROR])
{
	const struct policy_vocabulary *vocabulary = &tool->vocabulary;

	question->service = services_find(tool->services, text);
	for (uint16_t i = 0; i < vocabulary->count && question->service == POLICY_NO_SERVICE; i++)
		if (is_called(&vocabulary->services[i], text))
			question->service = i;
	if (question->service != POLICY_NO_SERVICE)
		return true;
	snprintf(error, QUESTION_ERROR,
		 "\"%.64s\" is no service: spanwatch-policy list services shows their names", text);
	return false;
}
