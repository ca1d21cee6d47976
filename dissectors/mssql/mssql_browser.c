/* SPDX-License-Identifier: ISC */
/*
 * The SQL Server Browser on UDP: which instances are there, and on which ports (MC-SQLR).
 *
 *	02 | 03 | 04 instance NUL	request
 *	05 length:2 ServerName;HOST;InstanceName;NAME;IsClustered;No;Version;15.0.2000.5;tcp;1433;;
 */
#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

static const uint16_t ports[] = {1434, 0};

static const struct service services[] = {
	{
		.name = "mssql-browser",
		.family = FAMILY_DATABASE,
		.about = "Microsoft SQL Server Browser",
		.identifier = "open-mssql",
		.ports = ports,
	},
};

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	uint16_t length;

	if (client.left != 0 && (client.at[0] < 2 || client.at[0] > 4 || client.left > 34))
		return RECOGNISED_NO;
	if (server.left == 0)
		return RECOGNISED_MORE; /* a byte or two prove nothing */
	if (bytes_u8(&server) != 5)
		return RECOGNISED_NO;
	length = bytes_le16(&server);
	return length >= 11 && bytes_start_with(&server, "ServerName;") ? RECOGNISED_YES
									: RECOGNISED_NO;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_auth(facts, AUTH_NA);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct bytes b = fed->bytes;
	size_t end = 0;

	(void)state;
	if (fed->from != SIDE_SERVER)
		return;
	FACTS_WORD(facts, product, "Microsoft SQL Server");
	facts_set_data_read(facts, ANSWER_YES);
	while (b.left != 0 && !lines_start_with(&b, ";Version;"))
		bytes_skip(&b, 1);
	if (!bytes_skip(&b, 9))
		return;
	while (end < b.left && b.at[end] != ';')
		end++;
	FACTS_TEXT(facts, version, b.at, end);
}

const struct dissector mssql_browser_dissector = {
	.name = "mssql-browser",
	.transports = OVER_UDP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the request byte, or the answer with its length and ServerName",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};
