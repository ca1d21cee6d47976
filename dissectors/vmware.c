/* SPDX-License-Identifier: ISC */
/*
 * VMware's authentication daemon on ESXi and Workstation: consoles, files and log-ins of a
 * hypervisor. It greets in a line, and most often speaks TLS from there on:
 *
 *	220 VMware Authentication Daemon Version 1.10: SSL Required, ServerDaemonProtocol:SOAP, ...
 */
#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

#define GREETING "220 VMware Authentication Daemon Version "

static const uint16_t ports[] = {902, 0};

static const struct service services[] = {
	{
		.name = "vmware-authd",
		.family = FAMILY_ORCHESTRATION,
		.about = "VMware hypervisor: consoles and log-ins",
		.ports = ports,
	},
};

struct vmware {
	struct line client, server;
	bool greeted, tried;
};

static enum recognised recognise(const struct opening *opening)
{
	const struct bytes *server = &opening->side[SIDE_SERVER];

	if (!bytes_agree_with(server, GREETING))
		return RECOGNISED_NO;
	return server->left >= sizeof GREETING - 1 ? RECOGNISED_YES : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "VMware Authentication Daemon");
}

static void on_greeting(struct vmware *vmware, struct facts *facts, struct feed *fed,
			struct bytes text)
{
	size_t length = 0;

	vmware->greeted = true;
	bytes_skip(&text, sizeof GREETING - 1);
	while (length < text.left && text.at[length] != ':' && text.at[length] != ' ')
		length++;
	if (!text.failed)
		FACTS_TEXT(facts, version, text.at, length);
	if (lines_contain(&text, "SSL Required"))
		facts_start_tls(facts, fed);
}

/* USER name, PASS password; 331 and 230, or 530 */
static void on_client(struct vmware *vmware, struct facts *facts, struct bytes text)
{
	struct bytes word = lines_word(&text);

	if (lines_equal(&word, "USER"))
		FACTS_TEXT(facts, user, text.at, text.left);
	vmware->tried |= lines_equal(&word, "PASS");
}

static void on_server(struct vmware *vmware, struct facts *facts, struct feed *fed,
		      struct bytes text)
{
	if (!vmware->greeted) {
		on_greeting(vmware, facts, fed, text);
		return;
	}
	if (vmware->tried && (bytes_start_with(&text, "230") || bytes_start_with(&text, "530"))) {
		facts_login(facts, text.at[0] == '2');
		vmware->tried = false;
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct vmware *vmware = state;
	struct line *line = from == SIDE_CLIENT ? &vmware->client : &vmware->server;
	struct bytes input = fed->bytes;

	while (fed->next == FEED_ON && lines_next_command(line, &input)) {
		struct bytes text = bytes_from(line->text, line->length);

		if (from == SIDE_CLIENT)
			on_client(vmware, facts, text);
		else
			on_server(vmware, facts, fed, text);
		memset(line->text, 0, sizeof line->text); /* it may have been a password */
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct vmware *vmware = state;

	(void)facts;
	(void)missing;
	lines_reset(from == SIDE_CLIENT ? &vmware->client : &vmware->server);
	vmware->greeted = true;
	vmware->tried = false;
}

const struct dissector vmware_dissector = {
	.name = "vmware",
	.transports = OVER_TCP,
	.state_size = sizeof(struct vmware),
	.service_count = sizeof services / sizeof *services,
	.upgrades = true,
	.services = services,
	.recognised = "the server's greeting, which names it",
	.crowded = CROWDED_LINES,
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_ENCRYPTION |
		 READS_STARTTLS,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
