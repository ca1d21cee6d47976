/* SPDX-License-Identifier: ISC */
/*
 * git-daemon (gitprotocol-pack): the client names a service and a path, in a line whose length
 * comes first in four hexadecimal digits.
 *
 *	0033git-upload-pack /project.git NUL host=myserver.com NUL
 *	003bERR access denied or repository not exported: /x
 */
#include "dissectors/read/head.h"

#include "dissectors/dissector.h"

#define UPLOAD	"git-upload-pack /"
#define RECEIVE "git-receive-pack /"
#define ARCHIVE "git-upload-archive /"

static const uint16_t ports[] = {9418, 0};

static const struct service services[] = {
	{
		.name = "git",
		.family = FAMILY_STORAGE,
		.met = true,
		.about = "Git daemon (source code)",
		.ports = ports,
	},
};

struct git {
	struct head head[2];
	int handle;
	bool asked, answered;
};

static bool is_hex(struct bytes b)
{
	for (size_t i = 0; i < 4 && i < b.left; i++) {
		uint8_t c = b.at[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return true;
}

static enum recognised recognise(const struct opening *opening)
{
	static const char *const starts[] = {UPLOAD, RECEIVE, ARCHIVE};
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised result = RECOGNISED_NO;

	if (!is_hex(client) || !is_hex(server))
		return RECOGNISED_NO;
	if (client.left < 5)
		return RECOGNISED_MORE;
	bytes_skip(&client, 4);
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		if (bytes_start_with(&client, starts[i]))
			result = RECOGNISED_YES;
		else if (bytes_agree_with(&client, starts[i]))
			return RECOGNISED_MORE;
	}
	if (result == RECOGNISED_YES && server.left < 4 && !opening->one_sided)
		return RECOGNISED_MORE;
	return result;
}

static void begin(void *state, struct facts *facts)
{
	struct git *git = state;

	git->handle = -1;
	facts_begin(facts, &services[0]);
}

static void on_client(struct git *git, struct facts *facts, struct bytes b)
{
	size_t service = 0, path;

	bytes_skip(&b, 4);
	while (service < b.left && b.at[service] != ' ')
		service++;
	path = service;
	while (path < b.left && b.at[path] != '\0')
		path++;
	if (path == b.left && git->head[SIDE_CLIENT].have < HEAD_KEPT)
		return;
	git->asked = true;
	git->handle = facts_command(facts, b.at, service, 0);
	if (bytes_skip(&b, service + 1))
		FACTS_TEXT(facts, path, b.at, path > service ? path - service - 1 : 0);
}

static void on_server(struct git *git, struct facts *facts, struct bytes b)
{
	bool refused;

	if (b.left < 7)
		return;
	git->answered = true;
	bytes_skip(&b, 4);
	refused = bytes_start_with(&b, "ERR");
	facts_command_result(facts, git->handle, !refused);
	if (refused)
		return;
	facts_set_auth(facts, AUTH_NONE);
	facts_set_data_read(facts, ANSWER_YES);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct git *git = state;
	struct bytes b = head_add(&git->head[from], fed->bytes.at, fed->bytes.left);

	if (git->head[from].closed)
		return;
	if (from == SIDE_SERVER && !git->answered)
		on_server(git, facts, b);
	else if (from == SIDE_CLIENT && !git->asked)
		on_client(git, facts, b);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct git *git = state;

	(void)facts;
	(void)missing;
	git->head[from].closed = true;
}

const struct dissector git_dissector = {
	.name = "git",
	.transports = OVER_TCP,
	.state_size = sizeof(struct git),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a packet line with git-upload-pack or git-receive-pack, or the advertised "
		      "references",
	.reads = READS_AUTH | READS_COMMANDS | READS_DATA | READS_ENCRYPTION | READS_PATH,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
