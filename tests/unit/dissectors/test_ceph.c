/* SPDX-License-Identifier: ISC */
/* Ceph by its banners. */
#include "tests/unit/conversation.h"

extern const struct dissector ceph_dissector;

static void banners_are_read(void **state)
{
	static const struct turn first[] = {TURN_SERVER("ceph v027\0\0\0\1"),
					    TURN_CLIENT("ceph v027\0\0\0\2")};
	static const struct turn second[] = {TURN_SERVER("ceph v2\n\x10\0\0\0"),
					     TURN_CLIENT("ceph v2\n\x10\0\0\0")};
	struct facts facts;

	(void)state;
	assert_true(dissect(&ceph_dissector, first, 2, 0, &facts));
	assert_string_equal(facts.service->name, "ceph");
	assert_string_equal(facts.product, "Ceph");
	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	conversation_stands(&ceph_dissector, first, 2);
	assert_true(dissect(&ceph_dissector, second, 2, 0, &facts));
	assert_int_equal(facts.encryption, ENCRYPTION_UNKNOWN);
	conversation_stands(&ceph_dissector, second, 2);
}

/* What is sent to a stranger is short. */
static void maps_are_read(void **state)
{
	static const char map[5000];
	struct turn turns[] = {TURN_SERVER("ceph v027\0\0\0\1"),
			       TURN_CLIENT("ceph v027\0\0\0\2"),
			       {SIDE_SERVER, map, 500}};
	struct facts facts;

	(void)state;
	assert_true(dissect(&ceph_dissector, turns, 3, 0, &facts));
	assert_int_equal(facts.data_read, ANSWER_NO);
	turns[2].length = sizeof map;
	assert_true(dissect(&ceph_dissector, turns, 3, 0, &facts));
	assert_int_equal(facts.data_read, ANSWER_YES);
}

static enum recognised recognise(const char *client, const char *server, bool one_sided)
{
	return dissect_recognise(&ceph_dissector, OVER_TCP, client, strlen(client), server,
				 strlen(server), one_sided);
}

static void openings_are_recognised(void **state)
{
	(void)state;
	assert_int_equal(recognise("", "ceph v0", false), RECOGNISED_MORE);
	assert_int_equal(recognise("GET / HTTP/1.0\r\n", "ceph v027", false), RECOGNISED_YES);
	assert_int_equal(recognise("ceph v2\n", "", false), RECOGNISED_MORE);
	assert_int_equal(recognise("ceph v2\n", "", true), RECOGNISED_YES);
	assert_int_equal(recognise("ceph v2\n", "SSH-2.0-x", false), RECOGNISED_NO);
	assert_int_equal(recognise("", "ceph v1\n", false), RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(banners_are_read),
		cmocka_unit_test(maps_are_read),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
