/* SPDX-License-Identifier: ISC */
/*
 * RocketMQ's remoting, of name servers and brokers: length:4 header length:4 header body, where the
 * header is JSON, or, with 1 in the highest byte of its length, binary:
 *
 *	{"code":105,"extFields":{...},"flag":0,"language":"JAVA","opaque":7,...}
 *
 * flag 0: a request, 1: an answer, whose code is 0 for success. Without access control nothing is
 * asked for; the error for the lack of it is a text ("remark").
 * github.com/apache/rocketmq: docs/en/Design_Remoting.md, RequestCode.java
 */
#include "dissectors/dissector.h"
#include "dissectors/read/frames.h"
#include "dissectors/read/lines.h"

#define LENGTH_MAX (1u << 26)
#define HEADER_MAX 65536

static const uint16_t ports[] = {9876, 10911, 10909, 0};

static const struct service services[] = {
	{
		.name = "rocketmq",
		.family = FAMILY_QUEUE,
		.about = "RocketMQ name server or broker",
		.ports = ports,
	},
};

struct rocketmq {
	struct frame side[2];
	uint32_t code, opaque; /* of the latest request */
	int handle;
	bool started, midstream, asked;
};

_Static_assert(sizeof(struct rocketmq) <= DISSECTOR_STATE_MAX, "state of rocketmq");

static const struct {
	uint16_t code;
	uint8_t flags;
	bool reads;
	const char *name;
} requests[] = {
	{10, 0, false, "SEND_MESSAGE"},
	{310, 0, false, "SEND_MESSAGE_V2"},
	{11, 0, true, "PULL_MESSAGE"},
	{12, 0, true, "QUERY_MESSAGE"},
	{33, 0, true, "VIEW_MESSAGE_BY_ID"},
	{34, 0, false, "HEART_BEAT"},
	{17, 0, false, "UPDATE_AND_CREATE_TOPIC"},
	{21, COMMAND_LISTING, true, "GET_ALL_TOPIC_CONFIG"},
	{25, COMMAND_EXECUTES, false, "UPDATE_BROKER_CONFIG"},
	{26, 0, true, "GET_BROKER_CONFIG"},
	{28, 0, true, "GET_BROKER_RUNTIME_INFO"},
	{105, 0, false, "GET_ROUTEINFO_BY_TOPIC"},
	{106, COMMAND_LISTING, true, "GET_BROKER_CLUSTER_INFO"},
	{206, COMMAND_LISTING, true, "GET_ALL_TOPIC_LIST_FROM_NAMESERVER"},
	{215, COMMAND_DESTRUCTIVE, false, "DELETE_TOPIC_IN_BROKER"},
	{216, COMMAND_DESTRUCTIVE, false, "DELETE_TOPIC_IN_NAMESRV"},
	{207, COMMAND_DESTRUCTIVE, false, "DELETE_SUBSCRIPTIONGROUP"},
	{318, COMMAND_EXECUTES, false, "UPDATE_NAMESRV_CONFIG"},
	{319, 0, true, "GET_NAMESRV_CONFIG"},
};

/* The number that belongs to a key; false if it was not kept. */
static bool json_number(struct bytes json, const char *key, uint32_t *number)
{
	uint32_t value = 0;
	size_t digits = 0;

	while (json.left != 0 && !bytes_start_with(&json, key))
		bytes_skip(&json, 1);
	if (!bytes_skip(&json, strlen(key)))
		return false;
	for (; json.left != 0 && json.at[0] >= '0' && json.at[0] <= '9' && digits < 9; digits++)
		value = value * 10 + (uint32_t)(bytes_u8(&json) - '0');
	*number = value;
	return digits != 0 && json.left != 0;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "Apache RocketMQ");
}

static void on_request(struct rocketmq *r, struct facts *facts, struct bytes json)
{
	uint32_t code, opaque;

	r->asked =
		json_number(json, "\"code\":", &code) && json_number(json, "\"opaque\":", &opaque);
	if (!r->asked)
		return;
	r->code = code;
	r->opaque = opaque;
	r->handle = -1;
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		if (requests[i].code == code)
			r->handle = facts_command(facts, requests[i].name, strlen(requests[i].name),
						  requests[i].flags);
	}
}

static void on_answer(struct rocketmq *r, struct facts *facts, struct bytes json)
{
	uint32_t code, opaque;

	if (!json_number(json, "\"code\":", &code))
		return;
	if (lines_contain(&json, "AclException") || lines_contain(&json, "No accessKey"))
		facts_set_auth(facts, AUTH_REQUIRED);
	else if (code == 0 && !r->midstream)
		facts_set_auth(facts, AUTH_NONE);
	if (!r->asked || !json_number(json, "\"opaque\":", &opaque) || opaque != r->opaque)
		return;
	facts_command_result(facts, r->handle, code == 0);
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		if (requests[i].code == r->code && requests[i].reads && code == 0)
			facts_set_data_read(facts, ANSWER_YES);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct rocketmq *r = state;
	struct frame *frame = &r->side[from];
	struct bytes input = fed->bytes, piece, json;

	r->started = true;
	while (!frame->lost && frames_header(frame, &input, 4)) {
		if (!frame->expected) {
			struct bytes header = bytes_from(frame->header, 4);
			uint32_t size = bytes_be32(&header);

			if (size < 4 || size > LENGTH_MAX) {
				frame->lost = true;
				return;
			}
			frames_expect(frame, size);
		}
		if (!frames_body(frame, &input, &piece))
			return;
		json = bytes_from(frame->body, frame->kept);
		bytes_skip(&json, 4);
		if (from == SIDE_CLIENT)
			on_request(r, facts, json);
		else
			on_answer(r, facts, json);
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct rocketmq *r = state;

	if (r->started) {
		frames_gap(&r->side[from], missing);
		return;
	}
	r->midstream = true;
	facts_set_auth(facts, AUTH_UNKNOWN);
}

/*
 * A frame with a header of JSON that begins with "code"; the flag says whether it asks or answers.
 */
static enum recognised recognise_frame(struct bytes b)
{
	static const char start[] = "{\"code\":";
	uint32_t length = bytes_be32(&b), header = bytes_be32(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	if (length < 40 || length > LENGTH_MAX || header + 4 > length || header < 30 ||
	    header > HEADER_MAX || !bytes_agree_with(&b, start))
		return RECOGNISED_NO;
	if (b.left > header)
		b.left = header;
	if (lines_contain(&b, "\"opaque\":"))
		return lines_contain(&b, "\"language\":") ? RECOGNISED_YES : RECOGNISED_MORE;
	return b.left == header ? RECOGNISED_NO : RECOGNISED_MORE;
}

static enum recognised recognise(const struct opening *opening)
{
	enum recognised of_client = recognise_frame(opening->side[SIDE_CLIENT]);
	enum recognised of_server = recognise_frame(opening->side[SIDE_SERVER]);
	uint32_t flag = 0;

	if (of_client == RECOGNISED_NO || of_server == RECOGNISED_NO)
		return RECOGNISED_NO;
	/* Who asks, and who answers: bit 0 of the flag. */
	if (of_client == RECOGNISED_YES &&
	    json_number(opening->side[SIDE_CLIENT], "\"flag\":", &flag) && (flag & 1))
		return RECOGNISED_NO;
	if (of_server == RECOGNISED_YES)
		return opening->one_sided || of_client == RECOGNISED_YES ? RECOGNISED_YES
									 : RECOGNISED_MORE;
	return of_client == RECOGNISED_YES && opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
}

const struct dissector rocketmq_dissector = {
	.name = "rocketmq",
	.transports = OVER_TCP,
	.state_size = sizeof(struct rocketmq),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a header of JSON within its lengths, with a code and language",
	.reads = READS_PRODUCT | READS_AUTH | READS_COMMANDS | READS_EXECUTION | READS_LISTINGS |
		 READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
