/* SPDX-License-Identifier: ISC */
/* Attackers' text in each form is only letters; what answers mean. The forms against the vendors'
 * descriptions: tests/notify/test_forms.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/notify/shapes.h"

#define EVIL                                                                                       \
	"<!channel> <http://evil.example|x> @all `code` **b** [l](http://evil.example/) "          \
	"www.evil.example\r\nBcc: x@evil.example\n.\n\"\\ \x1b[31m \xe2\x80\xae rtl"

static const char *const to[] = {"noc@example.org"};
static struct channel_settings settings = {
	.name = "desk",
	.from = "sw@example.org",
	.to = {.list = (const char **)(uintptr_t)to, .count = 1}};

static void evil_telling(struct telling *telling)
{
	struct plan plan = {.channel = &settings};
	struct place place = {.site = "lab", .dashboard = "https://dashboard.example/"};
	static struct subject subject, member;
	struct record record = {.id = "0011223344556677", .incident = true};

	subject = (struct subject){.incident = true, .known = true};
	member = (struct subject){.level = 3};
	for (size_t i = 0; i < SUBJECT_FIELDS; i++) {
		subject_take(&subject, subject_fields[i], EVIL);
		subject_take(&member, subject_fields[i], EVIL);
	}
	subject.incident = true;
	subject_take(&subject, "state", "open");
	strcpy(record.now.state, "open");
	subject_member(&subject, &member, "e1");
	telling_of(telling, &plan, &record, &subject, &place);
}

static char *written(uint32_t type, bool token)
{
	static struct telling telling;
	static struct body body;

	settings.type = type;
	settings.token_file = token ? "/x" : NULL;
	settings.room = "C1";
	evil_telling(&telling);
	body_clear(&body);
	shape_of(&settings)->write(&telling, &body);
	assert_false(body.failed);
	assert_int_equal(body.depth, 0);
	return body.text;
}

static void test_no_form_lets_controls_through(void **state)
{
	(void)state;
	for (uint32_t type = 0; type < CHANNEL_TYPES; type++) {
		const char *text = written(type, false);

		for (const char *c = text; *c != '\0'; c++)
			if (*c < ' ' && *c > 0)
				assert_true(type == CHANNEL_MAIL && (*c == '\r' || *c == '\n'));
		assert_null(strstr(text, "\xe2\x80\xae"));
		assert_null(strstr(text, "\x1b"));
	}
}

static void test_chats_make_no_links_nor_mentions(void **state)
{
	const char *text;

	(void)state;
	for (int token = 0; token < 2; token++) {
		text = written(CHANNEL_SLACK, token);
		assert_null(strstr(text, "http://evil"));
		assert_null(strstr(text, "www.evil"));
		assert_null(strstr(text, "\"type\":\"mrkdwn\""));
		assert_non_null(
			strstr(text, "https://dashboard.example/#incident:0011223344556677"));
		text = written(CHANNEL_MATTERMOST, token);
		assert_null(strstr(text, "http://evil"));
	}
	text = written(CHANNEL_TEAMS, false);
	assert_null(strstr(text, "http://evil"));
	assert_null(strstr(text, "\"TextBlock\""));
}

/* `text` of Slack's fallback knows entities only. */
static void test_slack_writes_entities(void **state)
{
	const char *text = strstr(written(CHANNEL_SLACK, true), "\"text\":\"");
	const char *end = strstr(text, "\"blocks\"");
	char fallback[2000];

	(void)state;
	snprintf(fallback, sizeof fallback, "%.*s", (int)(end - text), text);
	assert_null(strpbrk(fallback, "<>"));
	assert_non_null(strstr(fallback, "&lt;!channel&gt;"));
}

/* Each line is between two backticks, which stand nowhere else. */
static void test_mattermost_is_code(void **state)
{
	char *line, *rest = strstr(written(CHANNEL_MATTERMOST, false), "\":\"") + 3;

	(void)state;
	*strrchr(rest, '"') = '\0';
	while ((line = strstr(rest, "\\n")) != NULL) {
		*line = '\0';
		assert_int_equal(rest[0], '`');
		assert_int_equal(line[-1], '`');
		for (const char *c = rest + 1; c < line - 1; c++)
			assert_int_not_equal(*c, '`');
		rest = line + 2;
	}
}

static void test_mail_has_its_own_headers_only(void **state)
{
	char *text = written(CHANNEL_MAIL, false), *end = strstr(text, "\r\n\r\n"), *line,
	     *rest = text;

	(void)state;
	assert_non_null(end);
	for (const char *c = text; *c != '\0'; c++) {
		assert_true((unsigned char)*c < 0x80);
		if (*c == '\n')
			assert_true(c > text && c[-1] == '\r' && c[1] != '.');
	}
	end[2] = '\0';
	while ((line = strstr(rest, "\r\n")) != NULL) {
		*line = '\0';
		assert_in_range(strlen(rest), 1, 998);
		assert_true(rest[0] == ' ' || strncmp(rest, "Date: ", 6) == 0 ||
			    strncmp(rest, "From: ", 6) == 0 || strncmp(rest, "To: ", 4) == 0 ||
			    strncmp(rest, "Message-ID: ", 12) == 0 ||
			    strncmp(rest, "Subject: ", 9) == 0 ||
			    strncmp(rest, "Auto-Submitted: ", 16) == 0 ||
			    strncmp(rest, "MIME-", 5) == 0 || strncmp(rest, "Content-", 8) == 0 ||
			    strncmp(rest, "Importance: ", 12) == 0);
		rest = line + 2;
	}
}

static void test_text_is_cut_between_characters(void **state)
{
	char cut[24], wide[64];

	(void)state;
	for (size_t size = 9; size < sizeof cut; size++) {
		shape_plain(cut, size, "äöüäöüäöüäöüäöüäöüäöü");
		for (const char *c = cut; *c != '\0'; c += 2)
			assert_true((unsigned char)c[0] == 0xc3 &&
				    ((unsigned char)c[1] & 0xc0) == 0x80);
	}
	assert_string_equal(shape_plain(wide, sizeof wide, "https://WWW.x"), "https[://]WWW[.]x");
}

static void test_answers(void **state)
{
	char ref[RECORD_REF] = "";

	(void)state;
	assert_int_equal(
		shape_read_slack("{\"ok\":true,\"ts\":\"1.2\",\"message\":{\"ts\":\"9.9\"}}", ref),
		VERDICT_TOLD);
	assert_string_equal(ref, "1.2");
	assert_int_equal(shape_read_slack("{\"ok\":true,\"ts\":\"3.4\"}", ref), VERDICT_TOLD);
	assert_string_equal(ref, "1.2"); /* the thread's, not the answer's */
	assert_int_equal(shape_read_slack("{\"ok\":false,\"error\":\"ratelimited\"}", ref),
			 VERDICT_LATER);
	assert_int_equal(shape_read_slack("{\"ok\":false,\"error\":\"invalid_auth\"}", ref),
			 VERDICT_BLOCKED);
	assert_int_equal(shape_read_slack("{\"ok\":false,\"error\":\"invalid_blocks\"}", ref),
			 VERDICT_REFUSED);
	assert_int_equal(shape_read_slack("<html>", ref), VERDICT_LATER);
	assert_int_equal(shape_read_mattermost("{}", ref), VERDICT_LATER);
	assert_int_equal(shape_http_status(204), VERDICT_TOLD);
	assert_int_equal(shape_http_status(301), VERDICT_BLOCKED);
	assert_int_equal(shape_http_status(400), VERDICT_REFUSED);
	assert_int_equal(shape_http_status(404), VERDICT_BLOCKED);
	assert_int_equal(shape_http_status(429), VERDICT_LATER);
	assert_int_equal(shape_http_status(0), VERDICT_LATER);
	assert_int_equal(shape_smtp_status(0), VERDICT_LATER);
	assert_int_equal(shape_smtp_status(451), VERDICT_LATER);
	assert_int_equal(shape_smtp_status(535), VERDICT_BLOCKED);
	assert_int_equal(shape_smtp_status(552), VERDICT_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_form_lets_controls_through),
		cmocka_unit_test(test_chats_make_no_links_nor_mentions),
		cmocka_unit_test(test_slack_writes_entities),
		cmocka_unit_test(test_mattermost_is_code),
		cmocka_unit_test(test_mail_has_its_own_headers_only),
		cmocka_unit_test(test_text_is_cut_between_characters),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
