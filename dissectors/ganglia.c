/* SPDX-License-Identifier: ISC */
/*
 * Ganglia's gmond and gmetad: an XML document with the whole cluster in it for whoever connects.
 *
 *	<?xml version="1.0" encoding="ISO-8859-1" standalone="yes"?>
 *	<!DOCTYPE GANGLIA_XML [
 *	...
 *	<GANGLIA_XML VERSION="3.7.2" SOURCE="gmond">
 */
#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

#define START	"<?xml version="
#define DOCTYPE "<!DOCTYPE GANGLIA"
#define ROOT	"<GANGLIA_XML VERSION=\""
#define SOURCE	"SOURCE=\""

static const uint16_t ports[] = {8649, 8651, 8652, 0};

static const struct service services[] = {
	{
		.name = "ganglia",
		.family = FAMILY_LOGGING,
		.met = true,
		.about = "Ganglia cluster metrics (gmond, gmetad)",
		.ports = ports,
	},
};

struct ganglia {
	struct line line;
	bool rooted;
};

static enum recognised recognise(const struct opening *opening)
{
	struct bytes server = opening->side[SIDE_SERVER];
	const uint8_t *end;

	if (!bytes_agree_with(&server, START))
		return RECOGNISED_NO;
	end = server.left != 0 ? memchr(server.at, '>', server.left) : NULL;
	if (end == NULL)
		return RECOGNISED_MORE;
	bytes_skip(&server, (size_t)(end - server.at) + 1);
	while (server.left != 0 && (server.at[0] == '\n' || server.at[0] == '\r'))
		bytes_skip(&server, 1);
	if (!bytes_agree_with(&server, DOCTYPE))
		return RECOGNISED_NO;
	return bytes_start_with(&server, DOCTYPE) ? RECOGNISED_YES : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	facts_set_auth(facts, AUTH_NONE);
	FACTS_WORD(facts, product, "Ganglia");
}

static size_t quoted(const struct bytes *text)
{
	size_t length = 0;

	while (length < text->left && text->at[length] != '"')
		length++;
	return length;
}

static void on_root(struct facts *facts, struct bytes line)
{
	size_t length;

	bytes_skip(&line, sizeof ROOT - 1);
	length = quoted(&line);
	FACTS_TEXT(facts, version, line.at, length);
	while (line.left != 0 && !bytes_start_with(&line, SOURCE))
		bytes_skip(&line, 1);
	if (bytes_skip(&line, sizeof SOURCE - 1) && quoted(&line) != 0)
		FACTS_TEXT(facts, product, line.at, quoted(&line));
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct ganglia *ganglia = state;
	struct bytes input = fed->bytes;

	if (fed->from == SIDE_CLIENT || ganglia->rooted)
		return;
	while (!ganglia->rooted && lines_next(&ganglia->line, &input)) {
		struct bytes line = bytes_from(ganglia->line.text, ganglia->line.length);

		if (!bytes_start_with(&line, ROOT))
			continue;
		ganglia->rooted = true;
		on_root(facts, line);
		facts_set_data_read(facts, ANSWER_YES);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct ganglia *ganglia = state;

	(void)facts;
	(void)missing;
	if (from == SIDE_SERVER)
		lines_reset(&ganglia->line);
}

const struct dissector ganglia_dissector = {
	.name = "ganglia",
	.transports = OVER_TCP,
	.state_size = sizeof(struct ganglia),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the XML document of GANGLIA_XML",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
