/* SPDX-License-Identifier: ISC */
/*
 * Is it Kafka? A request names a number of request and version that exist, and the client by
 * printable text; the answer repeats the request's correlation number. Both together are certain.
 * Beware of PostgreSQL: the start of a session there, length and 00 03 00 00, is the head of
 * Metadata of version 0; but text follows where a correlation number would be.
 */
#include "dissectors/kafka/kafka.h"

#define REQUEST_MAX	    (1u << 20) /* bytes; the first of a conversation, and no Produce */
#define RESPONSE_MAX	    (4u << 20) /* the same, and not to Fetch */
#define BATCH_MAX	    (200u << 20)
#define UNSUPPORTED_VERSION 35 /* an error */
#define CLIENT_ID_MAX	    255
#define NAMELESS_MAX	    65536     /* bytes of a request whose client has no name */
#define MECHANISM_MAX	    64	      /* bytes of a name */
#define SOLE_MAX	    (1 << 24) /* correlation numbers that are believed without an answer */

#define LISTING COMMAND_LISTING
#define DELETES COMMAND_DESTRUCTIVE

/* kafka.apache.org/protocol: api keys, with room for versions to come */
static const struct kafka_request requests[] = {
	[0] = {"Produce", 15, 9, 0},
	[1] = {"Fetch", 20, 12, LISTING},
	[2] = {"ListOffsets", 14, 6, 0},
	[3] = {"Metadata", 16, 9, LISTING},
	[4] = {"LeaderAndIsr", 10, 4, 0},
	[5] = {"StopReplica", 6, 2, 0},
	[6] = {"UpdateMetadata", 10, 6, 0},
	[7] = {"ControlledShutdown", 5, 3, 0},
	[8] = {"OffsetCommit", 12, 8, 0},
	[9] = {"OffsetFetch", 12, 6, 0},
	[10] = {"FindCoordinator", 8, 3, 0},
	[11] = {"JoinGroup", 12, 6, 0},
	[12] = {"Heartbeat", 6, 4, 0},
	[13] = {"LeaveGroup", 7, 4, 0},
	[14] = {"SyncGroup", 7, 4, 0},
	[15] = {"DescribeGroups", 8, 5, LISTING},
	[16] = {"ListGroups", 7, 3, LISTING},
	[17] = {"SaslHandshake", 2, 255, 0},
	[18] = {"ApiVersions", 6, 3, 0},
	[19] = {"CreateTopics", 9, 5, 0},
	[20] = {"DeleteTopics", 8, 4, DELETES},
	[21] = {"DeleteRecords", 4, 2, DELETES},
	[22] = {"InitProducerId", 7, 2, 0},
	[23] = {"OffsetForLeaderEpoch", 6, 4, 0},
	[24] = {"AddPartitionsToTxn", 7, 3, 0},
	[25] = {"AddOffsetsToTxn", 6, 3, 0},
	[26] = {"EndTxn", 7, 3, 0},
	[27] = {"WriteTxnMarkers", 3, 1, 0},
	[28] = {"TxnOffsetCommit", 7, 3, 0},
	[29] = {"DescribeAcls", 5, 2, LISTING},
	[30] = {"CreateAcls", 5, 2, 0},
	[31] = {"DeleteAcls", 5, 2, DELETES},
	[32] = {"DescribeConfigs", 6, 4, LISTING},
	[33] = {"AlterConfigs", 4, 2, 0},
	[34] = {"AlterReplicaLogDirs", 4, 2, 0},
	[35] = {"DescribeLogDirs", 6, 2, LISTING},
	[36] = {"SaslAuthenticate", 4, 2, 0},
	[37] = {"CreatePartitions", 5, 2, 0},
	[38] = {"CreateDelegationToken", 5, 2, 0},
	[39] = {"RenewDelegationToken", 4, 2, 0},
	[40] = {"ExpireDelegationToken", 4, 2, 0},
	[41] = {"DescribeDelegationToken", 5, 2, 0},
	[42] = {"DeleteGroups", 4, 2, DELETES},
	[43] = {"ElectLeaders", 4, 2, 0},
	[44] = {"IncrementalAlterConfigs", 3, 1, 0},
	[45] = {"AlterPartitionReassignments", 2, 0, 0},
	[46] = {"ListPartitionReassignments", 2, 0, 0},
	[47] = {"OffsetDelete", 2, 255, DELETES},
	[48] = {"DescribeClientQuotas", 3, 1, LISTING},
	[49] = {"AlterClientQuotas", 3, 1, 0},
	[50] = {"DescribeUserScramCredentials", 2, 0, LISTING},
	[51] = {"AlterUserScramCredentials", 2, 0, 0},
	[60] = {"DescribeCluster", 4, 0, LISTING},
	[61] = {"DescribeProducers", 2, 0, LISTING},
	[65] = {"DescribeTransactions", 2, 0, LISTING},
	[66] = {"ListTransactions", 3, 0, LISTING},
	[68] = {"ConsumerGroupHeartbeat", 3, 0, 0},
	[69] = {"ConsumerGroupDescribe", 3, 0, LISTING},
	[71] = {"GetTelemetrySubscriptions", 2, 0, 0},
	[72] = {"PushTelemetry", 2, 0, 0},
	[74] = {"ListClientMetricsResources", 3, 0, 0},
	[75] = {"DescribeTopicPartitions", 2, 0, LISTING},
};

const struct kafka_request *kafka_request(uint16_t key)
{
	static const struct kafka_request none = {.name = NULL};

	return key < sizeof requests / sizeof *requests ? &requests[key] : &none;
}

/* The client's name is text; what PostgreSQL has in its place is text as well, but no number. */
static enum recognised recognise_client_id(struct bytes b, uint32_t left, bool all_zero)
{
	uint16_t length = bytes_be16(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	if (length == 0xffff)
		return RECOGNISED_YES;
	if (length > CLIENT_ID_MAX || length + 2u > left || (length == 0 && all_zero) ||
	    (length == 0 && left > NAMELESS_MAX))
		return RECOGNISED_NO;
	for (; length != 0; length--) {
		uint8_t c = bytes_u8(&b);

		if (b.failed)
			return RECOGNISED_MORE;
		if (c < 0x20 || c > 0x7e)
			return RECOGNISED_NO;
	}
	return RECOGNISED_YES;
}

/* Produce begins with its transaction (from version 3 on), and how many are to acknowledge. */
static enum recognised recognise_produce(struct bytes b, uint16_t version)
{
	uint16_t length = bytes_be16(&b), acks;

	bytes_skip(&b, length == 0xffff ? 0 : length);
	if (version >= kafka_request(KAFKA_PRODUCE)->flexible_from)
		return RECOGNISED_YES;
	length = version >= 3 ? bytes_be16(&b) : 0xffff;
	bytes_skip(&b, length == 0xffff ? 0 : length);
	acks = bytes_be16(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	return acks <= 1 || acks == 0xffff ? RECOGNISED_YES : RECOGNISED_NO;
}

/* A mechanism's name behind the client's. RabbitMQ's streams begin with the same numbers. */
static enum recognised recognise_handshake(struct bytes b)
{
	uint16_t length = bytes_be16(&b);

	bytes_skip(&b, length == 0xffff ? 0 : length);
	length = bytes_be16(&b);
	if (b.failed || b.left == 0)
		return RECOGNISED_MORE;
	return length != 0 && length <= MECHANISM_MAX && b.at[0] >= 'A' && b.at[0] <= 'z'
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

static enum recognised recognise_request(struct bytes b, uint32_t *correlation)
{
	uint32_t length = bytes_be32(&b);
	uint16_t key = bytes_be16(&b), version = bytes_be16(&b);
	const struct kafka_request *request = kafka_request(key);
	enum recognised result;

	if (b.failed)
		return RECOGNISED_MORE;
	if (length < 10 || length > (key == KAFKA_PRODUCE ? BATCH_MAX : REQUEST_MAX) ||
	    !request->name || version > request->versions)
		return RECOGNISED_NO;
	*correlation = bytes_be32(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	if (key == KAFKA_METADATA && version == 0 && *correlation >= 0x20000000)
		return RECOGNISED_NO;
	result = recognise_client_id(b, length - 8, *correlation == 0);
	if (result == RECOGNISED_YES && key == KAFKA_SASL_HANDSHAKE)
		return recognise_handshake(b);
	return result == RECOGNISED_YES && key == KAFKA_PRODUCE ? recognise_produce(b, version)
								: result;
}

/* The versions of all requests: numbers that rise from 0, each with a lowest and a highest. */
static bool is_api_versions(struct bytes b)
{
	uint16_t error = bytes_be16(&b);
	bool compact = b.left > 4 && b.at[0] != 0;
	uint32_t count = compact ? bytes_u8(&b) : bytes_be32(&b);

	if (error == UNSUPPORTED_VERSION && count == 1) /* but this is one that is supported */
		return bytes_be16(&b) == KAFKA_API_VERSIONS && bytes_be16(&b) == 0 &&
		       bytes_be16(&b) <= kafka_request(KAFKA_API_VERSIONS)->versions && !b.failed;
	if (error != 0 || count < 2 || count > 128)
		return false;
	for (uint16_t i = 0; i < 3; i++) {
		uint16_t key = bytes_be16(&b), lowest = bytes_be16(&b), highest = bytes_be16(&b);

		if (key != i || lowest > highest || highest > kafka_request(key)->versions)
			return false;
		if (compact && bytes_u8(&b) != 0)
			return false;
	}
	return !b.failed;
}

static bool has_name(struct bytes client)
{
	return client.left > 13 && client.at[13] != 0 && client.at[12] == 0;
}

static bool is_fetch(struct bytes client)
{
	return client.left > 6 && client.at[4] == 0 && client.at[5] == KAFKA_FETCH;
}

enum recognised kafka_recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	uint32_t correlation = 0, length, answered;
	enum recognised of_client;

	of_client = client.left != 0 ? recognise_request(client, &correlation) : RECOGNISED_MORE;
	if (of_client == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (server.left == 0)
		return of_client == RECOGNISED_YES && opening->one_sided && correlation < SOLE_MAX
			       ? RECOGNISED_YES
			       : RECOGNISED_MORE;
	length = bytes_be32(&server);
	answered = bytes_be32(&server);
	if (server.failed)
		return opening->side[SIDE_SERVER].at[0] > 0x0c ? RECOGNISED_NO : RECOGNISED_MORE;
	if (length < 4 || length > (is_fetch(client) ? BATCH_MAX : RESPONSE_MAX))
		return RECOGNISED_NO;
	if (client.left == 0)
		return opening->one_sided && length >= 16 && is_api_versions(server)
			       ? RECOGNISED_YES
			       : RECOGNISED_MORE;
	if (of_client == RECOGNISED_MORE)
		return RECOGNISED_MORE;
	if (answered == correlation)
		return RECOGNISED_YES;
	/* A capture that begins late may hold the answer to an earlier request first. */
	return opening->midstream && has_name(client) && correlation - answered < 64
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}
