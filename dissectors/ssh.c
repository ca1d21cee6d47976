/* SPDX-License-Identifier: ISC */
/*
 * SSH (RFC 4253): both sides say a line "SSH-2.0-OpenSSH_9.2p1 comment", the server maybe some
 * other lines before it; then come binary packets, first of all KEXINIT in clear:
 *
 *	u32 length, u8 padding, u8 message (20), 16 bytes of cookie, ...
 *
 * Who logs in is encrypted and stays unknown.
 */
#include "dissectors/dissector.h"

#include "dissectors/banner.h"
#include "dissectors/lines.h"

#define KEXINIT	      20
#define KEXINIT_BYTES 6 /* that tell one */

static const uint16_t ports[] = {22, 2222, 0};

static const struct service services[] = {
	{
		.name = "ssh",
		.family = FAMILY_ADMIN,
		.about = "secure shell",
		.identifier = "open-ssh",
		.ports = ports,
	},
};

struct ssh {
	struct line server;
	struct line client;
	uint8_t packet[KEXINIT_BYTES]; /* the client's first */
	uint8_t have;
	bool versioned[2]; /* index: enum side */
	bool lost[2];
};

_Static_assert(sizeof(struct ssh) <= DISSECTOR_STATE_MAX, "state of ssh");

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* "SSH-2.0-x" */
static enum probe_result probe_version(struct bytes b)
{
	static const char pattern[] = "SSH-9.9";
	size_t at = 0;

	for (; at < sizeof pattern - 1 && at < b.left; at++) {
		if (pattern[at] == '9' ? !is_digit(b.at[at]) : b.at[at] != (uint8_t)pattern[at])
			return PROBE_NO;
	}
	while (at < b.left && is_digit(b.at[at])) /* 1.99 */
		at++;
	if (at + 1 >= b.left)
		return at < b.left && b.at[at] != '-' ? PROBE_NO : PROBE_MORE;
	return b.at[at] == '-' && b.at[at + 1] > ' ' && b.at[at + 1] < 0x7f ? PROBE_YES : PROBE_NO;
}

/* The version may come behind other lines (RFC 4253, 4.2). */
static enum probe_result probe_server(struct bytes b)
{
	enum probe_result result = probe_version(b);

	while (result == PROBE_NO && b.left != 0) {
		uint8_t c = bytes_u8(&b);

		if (c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != 0x1b)
			return PROBE_NO;
		if (c == '\n' && b.left != 0)
			result = probe_version(b);
	}
	return result == PROBE_NO ? PROBE_MORE : result;
}

static enum probe_result probe(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum probe_result of_client = probe_version(client), of_server;

	if (server.left == 0) {
		if (of_client == PROBE_NO && client.left != 0 && opening->one_sided)
			return PROBE_NO;
		return opening->one_sided && client.left != 0 ? of_client : PROBE_MORE;
	}
	of_server = probe_version(server);
	if (of_server != PROBE_NO)
		return of_server;
	/* Others greet with text, too: then only both sides together say what it is. */
	if (client.left != 0 && of_client == PROBE_NO)
		return PROBE_NO;
	of_server = probe_server(server);
	return of_server == PROBE_YES && (client.left == 0 || of_client != PROBE_YES) ? PROBE_MORE
										      : of_server;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_NATIVE);
}

/* "OpenSSH_9.2p1", "Cisco-1.25", "mod_sftp/0.9.7", "1.2.26" */
static void on_version(struct facts *facts, struct bytes line)
{
	struct bytes software;
	size_t name = 0;

	bytes_skip(&line, 4);
	while (line.left != 0 && bytes_u8(&line) != '-')
		;
	software = lines_word(&line);
	while (name < software.left &&
	       !(name != 0 && name + 1 < software.left && strchr("_-/", software.at[name]) &&
		 is_digit(software.at[name + 1])))
		name++;
	FACTS_TEXT(facts, product, software.at, name);
	bytes_skip(&software, name);
	banner_version(software, facts);
	facts_set_data_read(facts, ANSWER_NO);
	if (facts->auth == AUTH_UNKNOWN)
		facts_set_auth(facts, AUTH_NA);
}

/* The client's KEXINIT: from here on there may be a log-in, and nobody can see it. */
static void on_packet(struct ssh *ssh, struct facts *facts, struct bytes *input)
{
	while (input->left != 0 && ssh->have < KEXINIT_BYTES)
		ssh->packet[ssh->have++] = bytes_u8(input);
	if (ssh->have != KEXINIT_BYTES || ssh->packet[5] != KEXINIT)
		return;
	ssh->packet[5] = 0;
	facts_set_auth(facts, AUTH_UNKNOWN);
	facts_set_data_read(facts, ANSWER_UNKNOWN);
}

static void feed(void *state, struct facts *facts, enum side from, const uint8_t *bytes,
		 size_t length)
{
	struct ssh *ssh = state;
	struct line *line = from == SIDE_CLIENT ? &ssh->client : &ssh->server;
	struct bytes input = bytes_from(bytes, length);

	while (input.left != 0 && !ssh->lost[from]) {
		struct bytes text;

		if (ssh->versioned[from]) {
			if (from == SIDE_CLIENT)
				on_packet(ssh, facts, &input);
			return;
		}
		if (!lines_next(line, &input))
			return;
		text = bytes_from(line->text, line->length);
		if (!bytes_start_with(&text, "SSH-"))
			continue;
		ssh->versioned[from] = true;
		if (from == SIDE_SERVER)
			on_version(facts, text);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct ssh *ssh = state;

	(void)missing;
	ssh->lost[from] = true;
	facts_set_auth(facts, AUTH_UNKNOWN);
	facts_set_data_read(facts, ANSWER_UNKNOWN);
}

const struct dissector ssh_dissector = {
	.name = "ssh",
	.transports = OVER_TCP,
	.state_size = sizeof(struct ssh),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.probe = probe,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
