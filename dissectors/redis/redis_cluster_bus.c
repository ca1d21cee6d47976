/* SPDX-License-Identifier: ISC */
/*
 * The bus between nodes of a Redis Cluster: messages that begin with "RCmb", their length (4 bytes,
 * big endian) and a version. Nobody logs in, and nothing of it is read.
 *
 * github.com/redis/redis: cluster_legacy.h, clusterMsg.
 */
#include "dissectors/dissector.h"

#define LENGTH_LEAST 16
#define LENGTH_MAX   (64u * 1024 * 1024)

static const uint16_t ports[] = {16379, 0};

static const struct service services[] = {
	{
		.name = "redis-cluster-bus",
		.family = FAMILY_DATABASE,
		.about = "bus between nodes of a Redis Cluster",
		.ports = ports,
	},
};

static enum recognised recognise_side(struct bytes b)
{
	uint32_t length;
	uint16_t version;

	if (!bytes_agree_with(&b, "RCmb"))
		return RECOGNISED_NO;
	bytes_skip(&b, 4);
	length = bytes_be32(&b);
	version = bytes_be16(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	return length >= LENGTH_LEAST && length <= LENGTH_MAX && version <= 8 ? RECOGNISED_YES
									      : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes server = opening->side[SIDE_SERVER];
	enum recognised client = recognise_side(opening->side[SIDE_CLIENT]);

	if (client == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (server.left != 0)
		return recognise_side(server);
	return client == RECOGNISED_YES && !opening->one_sided ? RECOGNISED_MORE : client;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_auth(facts, AUTH_NA);
	FACTS_WORD(facts, product, "Redis");
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	(void)state;
	if (fed->from == SIDE_SERVER && fed->bytes.left != 0)
		facts_set_data_read(facts, ANSWER_NO);
}

const struct dissector redis_cluster_bus_dissector = {
	.name = "redis-cluster-bus",
	.transports = OVER_TCP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the letters RCmb with version, type and length",
	.reads = READS_PRODUCT | READS_AUTH | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};
