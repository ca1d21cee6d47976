/* SPDX-License-Identifier: ISC */
/*
 * What Cassandra's nodes speak among themselves. Whoever connects begins; an answer means that the
 * node's authenticator let him in, and by default it lets in everybody:
 *
 *	ca 55 2d fa  flags:4, of which 8 bits are a version	-> version:4
 *
 * Source: Cassandra's net/HandshakeProtocol.java. What follows is not looked at.
 */
#include "dissectors/dissector.h"

#define VERSION_LAST 0xfff

static const uint16_t ports[] = {7000, 7001, 0};

static const struct service services[] = {
	{
		.name = "cassandra-internode",
		.family = FAMILY_DATABASE,
		.about = "Cassandra's nodes among themselves",
		.ports = ports,
	},
};

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	uint32_t flags, version;

	if (!bytes_agree_with(&client, "\xca\x55\x2d\xfa"))
		return RECOGNISED_NO;
	if (client.left < 8)
		return RECOGNISED_MORE;
	bytes_skip(&client, 4);
	flags = bytes_be32(&client);
	if ((flags >> 8 & 0xff) == 0)
		return RECOGNISED_NO;
	if (server.left == 0)
		return opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
	if (server.left < 4)
		return RECOGNISED_MORE;
	version = bytes_be32(&server);
	return version != 0 && version <= VERSION_LAST ? RECOGNISED_YES : RECOGNISED_NO;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	FACTS_WORD(facts, product, "Cassandra");
	facts_set_auth(facts, AUTH_NA);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	(void)state;
	if (fed->from == SIDE_SERVER && fed->bytes.left != 0)
		facts_set_auth(facts, AUTH_NONE);
}

const struct dissector cassandra_internode_dissector = {
	.name = "cassandra-internode",
	.transports = OVER_TCP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the mark at the beginning with a version behind it, and a version in answer",
	.reads = READS_PRODUCT | READS_AUTH | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};
