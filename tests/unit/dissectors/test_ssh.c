/* SPDX-License-Identifier: ISC */
/* SSH: version lines in all their forms, and what is known after the key exchange: nothing. */
#include "tests/unit/conversation.h"

extern const struct dissector ssh_dissector;

#define KEXINIT                                                                                    \
	"\0\0\5\x4c\x07\x14"                                                                       \
	"0123456789abcdef\0\0\1\4curve25519-sha256"

static struct facts facts_of(const struct turn *turns, size_t count)
{
	struct facts facts = conversation_read(&ssh_dissector, turns, count, "ssh");

	assert_int_equal(facts.encryption, ENCRYPTION_NATIVE);
	return facts;
}

static void the_banner_is_read(void **state)
{
	static const struct {
		struct turn turn;
		const char *product, *version;
	} rows[] = {
		{TURN_SERVER("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\r\n"), "OpenSSH", "9.2p1"},
		{TURN_SERVER("SSH-1.99-Cisco-1.25\n"), "Cisco", "1.25"},
		{TURN_SERVER("SSH-2.0-dropbear_2020.81\r\n"), "dropbear", "2020.81"},
		{TURN_SERVER("SSH-2.0-OpenSSH_for_Windows_8.1\r\n"), "OpenSSH_for_Windows", "8.1"},
		{TURN_SERVER("SSH-2.0-mod_sftp/0.9.7\r\n"), "mod_sftp", "0.9.7"},
		{TURN_SERVER("SSH-2.0-ROSSSH\r\n"), "ROSSSH", ""},
		{TURN_SERVER("SSH-2.0-1.2.26 sshlib\r\n"), "1.2.26", ""},
		{TURN_SERVER("SSH-2.0-Go\r\n"), "Go", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct facts facts = facts_of(&rows[i].turn, 1);

		assert_string_equal(facts.product, rows[i].product);
		assert_string_equal(facts.version, rows[i].version);
		assert_int_equal(facts.auth, AUTH_NA);
		assert_int_equal(facts.data_read, ANSWER_NO);
	}
}

static void the_key_exchange_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("SSH-2.0-OpenSSH_9.2p1\r\n"),
		TURN_CLIENT("SSH-2.0-OpenSSH_9.7\r\n"),
		TURN_SERVER(KEXINIT),
		TURN_CLIENT(KEXINIT),
	};
	static const struct turn mismatch[] = {
		TURN_SERVER("SSH-2.0-OpenSSH_9.2p1\r\n"),
		TURN_CLIENT("GET / HTTP/1.0\r\n\r\n"),
		TURN_SERVER("Invalid SSH identification string.\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	assert_int_equal(facts.data_read, ANSWER_UNKNOWN);
	assert_string_equal(facts.version, "9.2p1");
	facts = facts_of(mismatch, COUNT(mismatch));
	assert_int_equal(facts.auth, AUTH_NA);
	assert_int_equal(facts.data_read, ANSWER_NO);
}

static void lines_before_the_version_are_passed_over(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("SSH-2.0-OpenSSH_9.7\r\n"),
		TURN_SERVER("Hello\r\nSSH is here\r\nSSH-2.0-OpenSSH_9.2p1\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_string_equal(facts.product, "OpenSSH");
}

/*
 * An ornament longer than an opening; the version behind it is the proof, and without it nothing.
 */
static void a_long_greeting_is_read(void **state)
{
	static char art[1600];
	struct turn turns[] = {
		TURN_CLIENT("SSH-2.0-OpenSSH_9.7\r\n"),
		{SIDE_SERVER, art, sizeof art},
		TURN_SERVER("SSH-2.0-OpenSSH_9.2p1\r\n"),
		TURN_CLIENT(KEXINIT),
	};
	struct facts facts;

	(void)state;
	for (size_t i = 0; i < sizeof art; i++)
		art[i] = i % 50 == 49 ? '\n' : '#';
	assert_true(dissect(&ssh_dissector, turns, COUNT(turns), 0, &facts));
	assert_string_equal(facts.service->name, "ssh");
	assert_string_equal(facts.version, "9.2p1");
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	assert_true(dissect(&ssh_dissector, turns, 2, 0, &facts));
	assert_null(facts.service);
	assert_int_equal(facts.encryption, ENCRYPTION_UNKNOWN);
	memcpy(art, "220 ", 4); /* mail and files greet with numbers */
	assert_false(dissect(&ssh_dissector, turns, COUNT(turns), 0, &facts));
}

/* Version 1 has packets of another form. */
static void version_one_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("SSH-1.5-1.2.26\n"),
		TURN_CLIENT("SSH-1.5-1.2.26\n"),
		TURN_SERVER("\0\0\1\x0b\0\0\0\0\0\2"),
		TURN_CLIENT("\0\0\0\x94\0\0\0\0\3\1"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	facts = facts_of(turns, 2);
	assert_int_equal(facts.auth, AUTH_NA);
}

/* The capture began late, if only by the handshake: the version is read, and proves nothing. */
static void a_capture_that_began_late_is_read(void **state)
{
	static const struct turn turns[] = {
		{SIDE_CLIENT, NULL, 0},
		{SIDE_SERVER, NULL, 0},
		TURN_SERVER("SSH-2.0-OpenSSH_9.2p1\r\n"),
	};
	struct facts facts = {.service = NULL};

	(void)state;
	dissect_session(&ssh_dissector, turns, COUNT(turns), 0, &facts);
	assert_string_equal(facts.service->name, "ssh");
	assert_string_equal(facts.version, "9.2p1");
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
}

static enum recognised recognise(const char *client, const char *server, bool one_sided)
{
	return dissect_recognise(&ssh_dissector, OVER_TCP, client, strlen(client), server,
				 strlen(server), one_sided);
}

static void openings_are_recognised(void **state)
{
	(void)state;
	assert_int_equal(recognise("", "SSH-", false), RECOGNISED_MORE);
	assert_int_equal(recognise("", "SSH-2.0-", false), RECOGNISED_MORE);
	assert_int_equal(recognise("", "SSH-2.0-x", false), RECOGNISED_YES);
	assert_int_equal(recognise("", "SSH is down\r\n", false), RECOGNISED_MORE);
	assert_int_equal(recognise("", "hello\r\nSSH-2.0-x\r\n", false), RECOGNISED_MORE);
	assert_int_equal(recognise("SSH-2.0-x\r\n", "", false), RECOGNISED_MORE);
	assert_int_equal(recognise("SSH-2.0-x\r\n", "", true), RECOGNISED_YES);
	assert_int_equal(recognise("SSH-2.0-x\r\n", "HTTP/1.1 400 Bad Request\r\n", false),
			 RECOGNISED_MORE);
	assert_int_equal(recognise("SSH-2.0-x\r\n", "\x15\3\1\0\2\2\n", false), RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_banner_is_read),
		cmocka_unit_test(the_key_exchange_is_seen),
		cmocka_unit_test(lines_before_the_version_are_passed_over),
		cmocka_unit_test(a_long_greeting_is_read),
		cmocka_unit_test(version_one_is_read),
		cmocka_unit_test(a_capture_that_began_late_is_read),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
