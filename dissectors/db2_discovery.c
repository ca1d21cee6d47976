/* SPDX-License-Identifier: ISC */
/*
 * How clients find Db2 servers: a datagram to everybody, and one back from each.
 *
 *	"DB2GETADDR" NUL "SQL09010" NUL
 *	"DB2RETADDR" NUL "SQL09013" NUL name NUL address NUL
 */
#include "dissectors/dissector.h"

static const uint16_t ports[] = {523, 0};

static const struct service services[] = {
	{
		.name = "db2-discovery",
		.family = FAMILY_DATABASE,
		.about = "Db2 discovery",
		.identifier = "open-db2-discovery-service",
		.ports = ports,
	},
};

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (client.left != 0 && !bytes_start_with(&client, "DB2GETADDR"))
		return RECOGNISED_NO;
	if (server.left != 0)
		return bytes_start_with(&server, "DB2RETADDR") ? RECOGNISED_YES : RECOGNISED_NO;
	return client.left != 0 && opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_auth(facts, AUTH_NA);
	FACTS_WORD(facts, product, "IBM Db2");
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct bytes b = fed->bytes;
	const uint8_t *text;

	(void)state;
	if (fed->from != SIDE_SERVER || !bytes_skip(&b, 11))
		return;
	facts_set_data_read(facts, ANSWER_NO);
	text = bytes_take(&b, 8);
	if (text)
		FACTS_TEXT(facts, version, text, 8);
}

const struct dissector db2_discovery_dissector = {
	.name = "db2-discovery",
	.transports = OVER_UDP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "DB2GETADDR, or DB2RETADDR with the name of the server",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};
