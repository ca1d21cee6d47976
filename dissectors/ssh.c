/* SPDX-License-Identifier: ISC */
/*
 * SSH (RFC 4253): both sides say a line "SSH-2.0-OpenSSH_9.2p1 comment", the server maybe some
 * other lines before it; then come binary packets, first of all KEXINIT in clear:
 *
 *	u32 length, u8 padding, u8 message (20), 16 bytes of cookie, ...
 *
 * Who logs in is encrypted and stays unknown. Version 1 frames its packets differently; for both,
 * a client that goes on behind its version line is on its way to a log-in.
 */
#include "dissectors/dissector.h"

#include "dissectors/read/banner.h"
#include "dissectors/read/lines.h"

#define PACKET_BYTES 6 /* of the client's first packet: it is more than a stray line end */

static const uint16_t ports[] = {22, 2222, 0};

static const struct service services[] = {
	{
		.name = "ssh",
		.family = FAMILY_ADMIN,
		.met = true,
		.about = "secure shell",
		.identifier = "open-ssh",
		.ports = ports,
	},
};

struct ssh {
	struct line server;
	struct line client;
	uint8_t have;	   /* bytes of the client's first packet */
	bool versioned[2]; /* index: enum side */
	bool lost[2];
	bool fed, server_spoke, midstream;
};

_Static_assert(sizeof(struct ssh) <= DISSECTOR_STATE_MAX, "state of ssh");

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* "SSH-2.0-x" */
static enum recognised recognise_version(struct bytes b)
{
	static const char pattern[] = "SSH-9.9";
	size_t at = 0;

	for (; at < sizeof pattern - 1 && at < b.left; at++) {
		if (pattern[at] == '9' ? !is_digit(b.at[at]) : b.at[at] != (uint8_t)pattern[at])
			return RECOGNISED_NO;
	}
	while (at < b.left && is_digit(b.at[at])) /* 1.99 */
		at++;
	if (at + 1 >= b.left)
		return at < b.left && b.at[at] != '-' ? RECOGNISED_NO : RECOGNISED_MORE;
	return b.at[at] == '-' && b.at[at + 1] > ' ' && b.at[at + 1] < 0x7f ? RECOGNISED_YES
									    : RECOGNISED_NO;
}

/* The version may come behind other lines (RFC 4253, 4.2). */
static enum recognised recognise_server(struct bytes b)
{
	enum recognised result = recognise_version(b);

	while (result == RECOGNISED_NO && b.left != 0) {
		uint8_t c = bytes_u8(&b);

		if (c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != 0x1b)
			return RECOGNISED_NO;
		if (c == '\n' && b.left != 0)
			result = recognise_version(b);
	}
	return result == RECOGNISED_NO ? RECOGNISED_MORE : result;
}

/* A long greeting: the opening has no room for the version behind it. */
static bool is_full_of_lines(struct bytes server)
{
	return server.left == OPENING_MAX && recognise_server(server) == RECOGNISED_MORE &&
	       memchr(server.at, '\n', server.left) != NULL && !is_digit(server.at[0]) &&
	       server.at[0] != '+' && server.at[0] != '*';
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised of_client = recognise_version(client), of_server;

	/* Late: the version may be that of the client, who spoke second; then the other's is
	 * missing. */
	if (opening->midstream && !opening->one_sided && server.left != 0 &&
	    (client.left == 0 || of_client == RECOGNISED_NO))
		return client.left == 0 && recognise_version(server) != RECOGNISED_NO
			       ? RECOGNISED_MORE
			       : RECOGNISED_NO;
	if (server.left == 0) {
		if (of_client == RECOGNISED_NO && client.left != 0 && opening->one_sided)
			return RECOGNISED_NO;
		return opening->one_sided && client.left != 0 ? of_client : RECOGNISED_MORE;
	}
	of_server = recognise_version(server);
	if (of_server != RECOGNISED_NO)
		return of_server;
	/* Others greet with text, too: then only both sides together say what it is. */
	if (client.left != 0 && of_client == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (of_client == RECOGNISED_YES && is_full_of_lines(server))
		return RECOGNISED_YES; /* feed() waits for the proof */
	of_server = recognise_server(server);
	return of_server == RECOGNISED_YES && (client.left == 0 || of_client != RECOGNISED_YES)
		       ? RECOGNISED_MORE
		       : of_server;
}

static void set_service(struct facts *facts)
{
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_NATIVE);
}

/* "OpenSSH_9.2p1", "Cisco-1.25", "mod_sftp/0.9.7", "1.2.26" */
static void on_version(const struct ssh *ssh, struct facts *facts, struct bytes line)
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
	if (!ssh->midstream)
		facts_set_data_read(facts, ANSWER_NO);
	if (facts->auth == AUTH_UNKNOWN && !ssh->midstream)
		facts_set_auth(facts, AUTH_NA);
}

/* The client's first packet: from here on there may be a log-in, and nobody can see it. */
static void on_packet(struct ssh *ssh, struct facts *facts, size_t length)
{
	if (ssh->have == PACKET_BYTES)
		return;
	ssh->have = (uint8_t)(length < PACKET_BYTES - (size_t)ssh->have ? ssh->have + length
									: PACKET_BYTES);
	if (ssh->have != PACKET_BYTES)
		return;
	if (!ssh->server_spoke)
		set_service(facts);
	facts_set_auth(facts, AUTH_UNKNOWN);
	facts_set_data_read(facts, ANSWER_UNKNOWN);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct ssh *ssh = state;
	struct line *line = from == SIDE_CLIENT ? &ssh->client : &ssh->server;
	struct bytes input = fed->bytes;

	ssh->fed = true;
	ssh->server_spoke |= from == SIDE_SERVER && fed->bytes.left != 0;
	while (input.left != 0 && !ssh->lost[from]) {
		struct bytes text;
		bool whole;

		if (ssh->versioned[from]) {
			if (from == SIDE_CLIENT)
				on_packet(ssh, facts, input.left);
			return;
		}
		whole = lines_next(line, &input);
		text = bytes_from(line->text, line->length);
		if (from == SIDE_SERVER && recognise_version(text) == RECOGNISED_YES)
			set_service(facts);
		if (!whole)
			return;
		if (!bytes_start_with(&text, "SSH-"))
			continue;
		ssh->versioned[from] = true;
		if (from == SIDE_SERVER)
			on_version(ssh, facts, text);
	}
}

/* Of a mirror of one direction, the client's version is all there is. */
static void end(void *state, struct facts *facts)
{
	struct ssh *ssh = state;

	if (!ssh->server_spoke)
		set_service(facts);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct ssh *ssh = state;

	(void)missing;
	if (!ssh->fed) { /* what the recogniser saw begins with a line all the same */
		ssh->midstream = true;
		return;
	}
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
	.recognised = "the version line of either side, of the server also behind other lines",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.feed = feed,
	.gap = gap,
	.end = end,
};
