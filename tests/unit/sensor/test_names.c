/* SPDX-License-Identifier: ISC */
/* How many users were tried, how many objects were read, how many mails were taken in. */
#include "tests/unit/scene.h"
#include "tests/unit/traffic.h"

#define SERVER_S3 "Server: MinIO\r\nx-amz-request-id: 17\r\n"

static void request(struct talk *talk, const char *path, const char *status, const char *body)
{
	char text[512];

	snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: store\r\n\r\n", path);
	talk_say(talk, SIDE_CLIENT, text);
	snprintf(text, sizeof text, "HTTP/1.1 %s\r\n" SERVER_S3 "Content-Length: %zu\r\n\r\n%s",
		 status, strlen(body), body);
	talk_say(talk, SIDE_SERVER, text);
}

static void an_object_counts_once(void **state)
{
	struct worker_options options = traffic_options();
	struct traffic *traffic = traffic_new(&options);
	struct talk talk = talk_new(traffic, 40000, 9000);
	const struct flow_report *flow;

	(void)state;
	talk_open(&talk);
	request(&talk, "/b?list-type=2", "200 OK", "<ListBucketResult/>");
	request(&talk, "/b/one", "200 OK", "data");
	request(&talk, "/b/two?X-Amz-Signature=x", "206 Partial Content", "data");
	request(&talk, "/b/two?X-Amz-Signature=y", "200 OK", "data");
	request(&talk, "/b/three", "403 Forbidden", "<Error><Code>AccessDenied</Code></Error>");
	request(&talk, "/b/four", "404 Not Found", "<Error><Code>NoSuchKey</Code></Error>");
	talk_end(&talk);
	traffic_pass(traffic, 60 * 1000000000ull);
	flow = traffic_flow(traffic);
	assert_string_equal(flow->facts.service->name, "s3");
	assert_int_equal(sketch_count(&flow->objects_read), 2);
	assert_int_equal(sketch_count(&flow->users_tried), 0);
	traffic_free(traffic);
}

/* More responses in one piece than there is room for: what is lost is counted. */
static void too_many_at_once_are_counted_as_lost(void **state)
{
	struct worker_options options = traffic_options();
	struct traffic *traffic = traffic_new(&options);
	struct talk talk = talk_new(traffic, 40000, 9000);
	struct facts facts = {.service = NULL};
	struct worker_stats stats;

	(void)state;
	for (uint64_t i = 0; i < FACTS_SEEN + 3; i++)
		facts_object(&facts, facts_hash(&i, sizeof i));
	assert_int_equal(facts.objects_read.count, FACTS_SEEN);
	assert_int_equal(facts.objects_read.lost, 3);
	talk_open(&talk);
	request(&talk, "/b/one", "200 OK", "data");
	stats = traffic_stats(traffic);
	assert_int_equal(stats.sessions.names_lost, 0);
	traffic_free(traffic);
}

static void users_and_mails(void **state)
{
	static const char *const lines[][2] = {
		{"EHLO a\r\n", "250-mx\r\n250 AUTH PLAIN\r\n"},
		{"AUTH PLAIN AGFubmEAd3Jvbmc=\r\n", "535 5.7.8 no\r\n"}, /* anna */
		{"AUTH PLAIN AGJlcnQAd3Jvbmc=\r\n", "535 5.7.8 no\r\n"}, /* bert */
		{"AUTH PLAIN AGFubmEAcmlnaHQ=\r\n", "235 2.7.0 ok\r\n"}, /* anna */
		{"MAIL FROM:<a@x>\r\n", "250 ok\r\n"},
		{"RCPT TO:<b@y>\r\n", "250 ok\r\n"},
		{"DATA\r\n", "354 go on\r\n"},
		{"hello\r\n.\r\n", "250 queued\r\n"},
		{"MAIL FROM:<a@x>\r\n", "250 ok\r\n"},
		{"RCPT TO:<c@y>\r\n", "250 ok\r\n"},
		{"DATA\r\n", "354 go on\r\n"},
		{"hello\r\n.\r\n", "554 spam\r\n"},
	};
	struct worker_options options = traffic_options();
	struct traffic *traffic = traffic_new(&options);
	struct talk talk = talk_new(traffic, 40000, 587);
	const struct flow_report *flow;

	(void)state;
	talk_open(&talk);
	talk_say(&talk, SIDE_SERVER, "220 mx ESMTP Postfix\r\n");
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		talk_say(&talk, SIDE_CLIENT, lines[i][0]);
		talk_say(&talk, SIDE_SERVER, lines[i][1]);
	}
	talk_end(&talk);
	traffic_pass(traffic, 60 * 1000000000ull);
	flow = traffic_flow(traffic);
	assert_int_equal(flow->facts.logins_failed, 2);
	assert_int_equal(sketch_count(&flow->users_tried), 2);
	assert_int_equal(flow->facts.messages, 1);
	traffic_free(traffic);
}

/* Over all conversations of an exposure: the same name by another client is the same name. */
static void an_exposure_counts_over_its_conversations(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	const struct event *event;

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		char client[32];
		struct observation o;
		uint64_t user = i % 3, object = i % 2;

		snprintf(client, sizeof client, "203.0.113.%u", i + 1);
		o = scene_answer(scene, "10.1.0.10", 5432, client, "postgresql", i * 60);
		o.flow.first = o.flow.last = true;
		o.flow.facts.auth = i == 5 ? AUTH_SUCCEEDED : AUTH_FAILED;
		o.flow.new_logins_failed = i != 5;
		o.flow.new_logins_succeeded = i == 5;
		o.flow.new_messages = 2;
		sketch_add(&o.flow.users_tried, facts_hash(&user, sizeof user));
		sketch_add(&o.flow.objects_read, facts_hash(&object, sizeof object));
		scene_tell(scene, o);
	}
	event = scene_last(scene, EVENT_EXPOSURE_ESCALATED);
	assert_int_equal(event->exposure.users_tried, 3);
	assert_int_equal(event->exposure.objects_read, 2);
	assert_int_equal(event->exposure.messages, 12);
	assert_int_equal(event->exposure.sources[0].logins_succeeded, 1);
	assert_int_equal(event->exposure.sources[1].logins_failed, 1);
	scene_close(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_object_counts_once),
		cmocka_unit_test(too_many_at_once_are_counted_as_lost),
		cmocka_unit_test(users_and_mails),
		cmocka_unit_test(an_exposure_counts_over_its_conversations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
