/* SPDX-License-Identifier: ISC */
/* RabbitMQ streams, Pulsar, NSQ, NVMe over TCP, Wazuh: bytes written from their documents. */
#include "tests/unit/messages.h"

extern const struct dissector rabbitmq_stream_dissector, pulsar_dissector, nsq_dissector,
	nvme_tcp_dissector, wazuh_dissector;

#define CLIENT SIDE_CLIENT
#define SERVER SIDE_SERVER

#define PROPERTIES "\0\x11\0\1\0\0\0\1\0\0\0\1\0\7product\0\6client"
#define PROPERTIES_ANSWER                                                                          \
	"\x80\x11\0\1\0\0\0\1\0\1\0\0\0\2\0\7product\0\x08RabbitMQ\0\7version\0\6"                 \
	"3.12.0"
#define LOG_IN "\0\x13\0\1\0\0\0\3\0\5PLAIN\0\0\0\x0b\0app\0secret1"

static void stream_opens(struct script *script, const char *code)
{
	MESSAGE_BE32(script, CLIENT, PROPERTIES);
	MESSAGE_BE32(script, SERVER, PROPERTIES_ANSWER);
	MESSAGE_BE32(script, CLIENT, "\0\x12\0\1\0\0\0\2");
	MESSAGE_BE32(script, SERVER, "\x80\x12\0\1\0\0\0\2\0\1\0\0\0\1\0\5PLAIN");
	MESSAGE_BE32(script, CLIENT, LOG_IN);
	messages_number(script, SERVER, 10, 4, true);
	MESSAGE_BYTES(script, SERVER, "\x80\x13\0\1\0\0\0\3");
	script_put(script, SERVER, code, 2);
}

static void rabbitmq_streams_are_read(void **state)
{
	struct script script = {.count = 0}, refused = {.count = 0};
	struct facts facts;

	(void)state;
	stream_opens(&script, "\0\1");
	MESSAGE_BE32(&script, SERVER, "\0\x14\0\1\0\x10\0\0\0\0\0\x3c"); /* Tune */
	MESSAGE_BE32(&script, CLIENT, "\0\x14\0\1\0\x10\0\0\0\0\0\x3c\0\0");
	MESSAGE_BE32(&script, CLIENT, "\0\x15\0\1\0\0\0\4\0\1/");
	MESSAGE_BE32(&script, SERVER, "\x80\x15\0\1\0\0\0\4\0\1\0\0\0\0");
	MESSAGE_BE32(&script, CLIENT, "\0\7\0\1\0\0\0\5\1\0\6orders\0\1\0\x0a\0\0\0\0");
	MESSAGE_BE32(&script, SERVER, "\x80\7\0\1\0\0\0\5\0\1");
	MESSAGE_BE32(&script, SERVER, "\0\x08\0\1\1\x50\0\0\1\0\0\0\1");
	MESSAGE_BE32(&script, CLIENT, "\0\x0e\0\1\0\0\0\6\0\6orders");
	MESSAGE_BE32(&script, SERVER, "\x80\x0e\0\1\0\0\0\6\0\1");
	facts = messages_read(&rabbitmq_stream_dissector, &script, "rabbitmq-stream");
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.product, "RabbitMQ");
	assert_string_equal(facts.version, "3.12.0");
	assert_string_equal(facts.user, "app");
	assert_string_equal(facts.mechanism, "PLAIN");
	conversation_has(&facts, "SUBSCRIBE", ANSWER_YES, 0);
	conversation_has(&facts, "DELETE", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_lacks(&facts, "secret1");
	stream_opens(&refused, "\0\x08");
	facts = messages_read(&rabbitmq_stream_dissector, &refused, "rabbitmq-stream");
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_int_equal(facts.logins_failed, 1);
}

static void halves_of_streams_are_recognised(void **state)
{
	static const char properties[] = "\0\0\0\x1d" PROPERTIES;
	static const char answer[] = "\0\0\0\x32" PROPERTIES_ANSWER;
	/* Kafka's SaslHandshake of a client without a name. */
	static const char kafka[] = "\0\0\0\x11\0\x11\0\1\0\0\0\1\0\0\0\5PLAIN";

	(void)state;
	assert_int_equal(RECOGNISE_TCP(rabbitmq_stream, properties, "", false), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(rabbitmq_stream, properties, "", true), RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(rabbitmq_stream, "", answer, true), RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(rabbitmq_stream, kafka, "", true), RECOGNISED_NO);
}

#define CONNECT	      "\0\0\0\x0b\x08\2\x12\7\x0a\1x\x20\x13*\0"
#define CONNECT_TOKEN "\0\0\0\x1a\x08\2\x12\x16\x0a\1x\x1a\6s3cr3t\x20\x13*\5token\x32\0"
#define CONNECTED     "\0\0\0\x19\x08\3\x1a\x15\x0a\x11Pulsar Server3.0.\x10\x13"
#define AUTH_ERROR                                                                                 \
	"\0\0\0\x0e\x08\x0e\x72\x0a\x08\1\x10\3\x1a\4"                                             \
	"none"

static void pulsar_is_read(void **state)
{
	struct script script = {.count = 0}, token = {.count = 0}, refused = {.count = 0};
	struct facts facts;

	(void)state;
	MESSAGE_BE32(&script, CLIENT, CONNECT);
	MESSAGE_BE32(&script, SERVER, CONNECTED);
	MESSAGE_BE32(&script, CLIENT, "\0\0\0\x10\x08\4\x22\x0c\x0a\1t\x12\1s\x18\0\x20\1\x28\7");
	MESSAGE_BE32(&script, SERVER, "\0\0\0\6\x08\x0d\x6a\2\x08\7");
	MESSAGE_BE32(&script, SERVER, "\0\0\0\x08\x08\x09\x4a\4\x08\1\x12\0payload");
	MESSAGE_BE32(&script, CLIENT, "\0\0\0\x0a\x08\x20\x82\2\5\x08\x08\x12\1n");
	MESSAGE_BE32(&script, SERVER, "\0\0\0\x0a\x08\x21\x8a\2\5\x08\x08\x12\1t");
	facts = messages_read(&pulsar_dissector, &script, "pulsar");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.version, "3.0.");
	conversation_has(&facts, "SUBSCRIBE", ANSWER_YES, 0);
	conversation_has(&facts, "GET_TOPICS_OF_NAMESPACE", ANSWER_YES, COMMAND_LISTING);
	MESSAGE_BE32(&token, CLIENT, CONNECT_TOKEN);
	MESSAGE_BE32(&token, SERVER, CONNECTED);
	facts = messages_read(&pulsar_dissector, &token, "pulsar");
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.mechanism, "token");
	conversation_lacks(&facts, "s3cr3t");
	MESSAGE_BE32(&refused, CLIENT, CONNECT);
	MESSAGE_BE32(&refused, SERVER, AUTH_ERROR);
	facts = messages_read(&pulsar_dissector, &refused, "pulsar");
	assert_int_equal(facts.auth, AUTH_REQUIRED);
}

#define FRAME_OK "\0\0\0\6\0\0\0\0OK"

static void nsq_is_read(void **state)
{
	struct script script = {.count = 0}, asked = {.count = 0}, tls = {.count = 0};
	struct facts facts;

	(void)state;
	MESSAGE_BYTES(&script, CLIENT, "  V2IDENTIFY\n");
	MESSAGE_BE32(&script, CLIENT, "{\"client_id\":\"a\",\"feature_negotiation\":true}");
	MESSAGE_BE32(&script, SERVER, "\0\0\0\0{\"version\":\"1.2.1\",\"auth_required\":false}");
	MESSAGE_BYTES(&script, CLIENT, "PUB orders\n");
	MESSAGE_BE32(&script, CLIENT, "SUB not a line\n");
	MESSAGE_BYTES(&script, SERVER, FRAME_OK);
	MESSAGE_BYTES(&script, CLIENT, "SUB orders ch\nRDY 1\n");
	MESSAGE_BYTES(&script, SERVER, FRAME_OK "\0\0\0\x0f\0\0\0\0_heartbeat_");
	MESSAGE_BE32(&script, SERVER,
		     "\0\0\0\2\0\0\0\0\0\0\0\1\0\1"
		     "0123456789abcdefhello");
	MESSAGE_BYTES(&script, CLIENT, "NOP\nFIN 0123456789abcdef\n");
	facts = messages_read(&nsq_dissector, &script, "nsq");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.version, "1.2.1");
	conversation_has(&facts, "PUB", ANSWER_YES, 0);
	conversation_has(&facts, "SUB", ANSWER_YES, 0);
	MESSAGE_BYTES(&asked, CLIENT, "  V2SUB orders ch\n");
	MESSAGE_BE32(&asked, SERVER, "\0\0\0\1E_AUTH_FIRST AUTH required before SUB");
	MESSAGE_BYTES(&asked, CLIENT, "AUTH\n");
	MESSAGE_BE32(&asked, CLIENT, "s3cr3t");
	MESSAGE_BE32(&asked, SERVER, "\0\0\0\1E_AUTH_FAILED AUTH failed");
	facts = messages_read(&nsq_dissector, &asked, "nsq");
	assert_int_equal(facts.auth, AUTH_FAILED);
	conversation_lacks(&facts, "s3cr3t");
	MESSAGE_BYTES(&tls, CLIENT, "  V2IDENTIFY\n\0\0\0\x0f{\"tls_v1\":true}");
	MESSAGE_BE32(&tls, SERVER, "\0\0\0\0{\"tls_v1\":true}");
	assert_true(dissect_starts_tls(&nsq_dissector, tls.turns, tls.count));
}

static void halves_of_nsq_are_recognised(void **state)
{
	(void)state;
	assert_int_equal(RECOGNISE_TCP(nsq, "  V2", "", true), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(nsq, "  V2IDENTIFY\n", "", true), RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(nsq, "  V1PING\n", "\0\0\0\2OK", false), RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(nsq, "", "\0\0\0\x19\0\0\0\0{\"max_rdy_count\":2500}", true),
			 RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(nsq, "  V2 of this text\n", "", true), RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(nsq, "", FRAME_OK "\0\0\0\6\0\0\0\0", true), RECOGNISED_YES);
}

static void nvme_command(struct script *script, uint8_t operation, uint8_t number, uint8_t kind,
			 uint8_t queue)
{
	uint8_t unit[72] = {4, 0, 72, 0, 72, 0, 0, 0, operation, 0x40, number, 0, kind};

	unit[8 + 42] = queue;
	script_put(script, CLIENT, unit, sizeof unit);
}

static void nvme_answer(struct script *script, uint8_t number, uint8_t status, uint32_t result)
{
	uint8_t unit[24] = {5, 0, 24, 0, 24};

	unit[8 + 2] = (uint8_t)(result >> 16);
	unit[8 + 12] = number;
	unit[8 + 14] = (uint8_t)(status << 1);
	script_put(script, SERVER, unit, sizeof unit);
}

static void nvme_opens(struct script *script, uint8_t queue, uint32_t result)
{
	uint8_t first[128] = {0, 0, 128, 0, 128};

	script_put(script, CLIENT, first, sizeof first);
	first[0] = 1;
	script_put(script, SERVER, first, sizeof first);
	nvme_command(script, 0x7f, 1, 1, queue);
	nvme_answer(script, 1, 0, result);
}

static void nvme_is_read(void **state)
{
	static const uint8_t data[40] = {7, 0, 24, 24, 40};
	struct script script = {.count = 0}, admin = {.count = 0}, proof = {.count = 0};
	struct facts facts;

	(void)state;
	nvme_opens(&script, 1, 0);
	nvme_command(&script, 2, 2, 0, 0);
	script_put(&script, SERVER, data, sizeof data);
	nvme_answer(&script, 2, 0, 0);
	nvme_command(&script, 9, 3, 0, 0);
	nvme_answer(&script, 3, 0, 0);
	facts = messages_read(&nvme_tcp_dissector, &script, "nvme-tcp");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "READ", ANSWER_YES, 0);
	conversation_has(&facts, "DATASET MANAGEMENT", ANSWER_YES, COMMAND_DESTRUCTIVE);
	nvme_opens(&admin, 0, 0);
	nvme_command(&admin, 2, 2, 0, 0);
	nvme_answer(&admin, 2, 0, 0);
	nvme_command(&admin, 0x10, 4, 0, 0);
	nvme_answer(&admin, 4, 0, 0);
	nvme_command(&admin, 0x80, 3, 0, 0);
	nvme_answer(&admin, 3, 0x0b, 0);
	facts = messages_read(&nvme_tcp_dissector, &admin, "nvme-tcp");
	assert_int_equal(facts.data_read, ANSWER_NO);
	conversation_has(&facts, "GET LOG PAGE", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "FORMAT NVM", ANSWER_NO, COMMAND_DESTRUCTIVE);
	nvme_opens(&proof, 0, 1u << 17);
	facts = messages_read(&nvme_tcp_dissector, &proof, "nvme-tcp");
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	nvme_command(&proof, 0x7f, 2, 6, 0);
	nvme_answer(&proof, 2, 0, 0);
	nvme_command(&proof, 6, 3, 0, 0);
	nvme_answer(&proof, 3, 0, 0);
	facts = messages_read(&nvme_tcp_dissector, &proof, "nvme-tcp");
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
}

static void wazuh_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\x2a\0\0\0!001!#AES:0123456789abcdef0123456789abcdef"),
		TURN_SERVER("\x25\0\0\0#AES:0123456789abcdef0123456789abcdef"),
	};
	static const struct turn datagrams[] = {TURN_CLIENT("!12!:0123456789abcdef"),
						TURN_SERVER("#AES:0123456789abcdef")};
	struct facts facts = conversation_read(&wazuh_dissector, turns, 2, "wazuh");

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.encryption, ENCRYPTION_NATIVE);
	assert_string_equal(facts.user, "001");
	assert_true(dissect_over(&wazuh_dissector, OVER_UDP, datagrams, 2, 0, &facts));
	assert_string_equal(facts.user, "12");
	assert_true(dissect_over(&wazuh_dissector, OVER_UDP, datagrams, 1, 0, &facts));
	assert_int_equal(RECOGNISE_TCP(wazuh, "\x2a\0\0\0!about", "", true), RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(wazuh, "", "\x25\0\0\0:abc", true), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(wazuh, "", "\x25\0\0\0#AES:abc", true), RECOGNISED_YES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rabbitmq_streams_are_read),
		cmocka_unit_test(halves_of_streams_are_recognised),
		cmocka_unit_test(pulsar_is_read),
		cmocka_unit_test(nsq_is_read),
		cmocka_unit_test(halves_of_nsq_are_recognised),
		cmocka_unit_test(nvme_is_read),
		cmocka_unit_test(wazuh_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
