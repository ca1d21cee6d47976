/* SPDX-License-Identifier: ISC */
/* Let in, or only shown the door: what answers prove access, and what cannot bend that. */
#include <stdio.h>

#include "dissectors/http/http_pages.h"
#include "tests/unit/conversation.h"

extern const struct dissector http_dissector;

#define HTML	 "Content-Type: text/html; charset=utf-8\r\n"
#define JSON	 "Content-Type: application/json\r\n"
#define PASSWORD "<html><form><input type=\"text\"><input TYPE = 'password' name=p></form></html>"
#define SHELL	 "<!doctype html><html><body><div class=a id=\"root\"></div></body></html>"

struct exchange {
	const char *target, *headers, *body;
	enum auth auth;
};

static void play(const struct exchange *e, size_t count, struct facts *facts)
{
	static char text[2][8][1024];
	struct turn turns[16];

	assert_true(count <= 8);
	for (size_t i = 0; i < count; i++) {
		int asked = snprintf(text[0][i], sizeof text[0][i], "GET %s HTTP/1.1\r\n\r\n",
				     e[i].target);
		int answered = snprintf(text[1][i], sizeof text[1][i],
					"HTTP/1.1 %sContent-Length: %zu\r\n\r\n%s", e[i].headers,
					strlen(e[i].body), e[i].body);

		turns[2 * i] = (struct turn){SIDE_CLIENT, text[0][i], (size_t)asked};
		turns[2 * i + 1] = (struct turn){SIDE_SERVER, text[1][i], (size_t)answered};
	}
	*facts = (struct facts){.service = NULL};
	assert_true(dissect(&http_dissector, turns, 2 * count, 0, facts));
}

static void what_an_answer_proves(void **unused)
{
	static const struct exchange exchanges[] = {
		/* unknown products */
		{"/", "200 OK\r\n" HTML, "<html>hello</html>", AUTH_NONE},
		{"/", "200 OK\r\n" HTML, PASSWORD, AUTH_UNKNOWN},
		{"/", "200 OK\r\n" JSON, PASSWORD, AUTH_NONE},
		{"/", "200 OK\r\n", PASSWORD, AUTH_NONE},
		{"/", "200 OK\r\n" HTML, "<html>type your password</html>", AUTH_NONE},
		{"/", "200 OK\r\n" HTML, SHELL, AUTH_UNKNOWN},
		{"/", "200 OK\r\n" JSON, SHELL, AUTH_NONE},
		{"/", "200 OK\r\n" HTML, "<html><div id=\"root\">text</div></html>", AUTH_NONE},
		{"/", "302 Found\r\nLocation: /users/sign_in?a=b\r\n", "", AUTH_REQUIRED},
		{"/", "302 Found\r\nLocation: https://sso.example.org/x\r\n", "", AUTH_REQUIRED},
		{"/", "302 Found\r\nLocation: /blog/?next=/login\r\n", "", AUTH_UNKNOWN},
		{"/", "302 Found\r\nLocation: /catalogin/\r\n", "", AUTH_UNKNOWN},
		{"/app.js", "200 OK\r\n", "x", AUTH_UNKNOWN},
		{"/a/favicon.ico", "200 OK\r\n", "x", AUTH_UNKNOWN},
		{"/photo.jpg", "200 OK\r\n", "x", AUTH_NONE},
		{"/healthz", "200 OK\r\n", "ok", AUTH_UNKNOWN},
		{"/health/../data", "200 OK\r\n", "ok", AUTH_NONE},
		{"/data/%2e%2e/health", "200 OK\r\n", "ok", AUTH_NONE},
		{"/%68ealth", "200 OK\r\n", "ok", AUTH_NONE},
		{"/HEALTH", "200 OK\r\n", "ok", AUTH_NONE},
		{"/health;/../data", "200 OK\r\n", "ok", AUTH_NONE},
		/* what a store holds, it holds on purpose */
		{"/bucket/app.js", "200 OK\r\nServer: MinIO\r\n", "x", AUTH_NONE},
		/* products */
		{"/", "200 OK\r\n" HTML "Server: MinIO Console\r\n",
		 "<html><title>MinIO Console</title>", AUTH_UNKNOWN},
		{"/b/index.html", "200 OK\r\n" HTML "Server: MinIO\r\n", "<html>a</html>",
		 AUTH_NONE},
		{"/", "200 OK\r\n" HTML, "<html><title>Grafana</title>", AUTH_UNKNOWN},
		{"/api/datasources", "200 OK\r\n" JSON "Set-Cookie: grafana_session=a\r\n", "[]",
		 AUTH_NONE},
		{"/", "200 OK\r\n" HTML "X-Jenkins: 2.4\r\n", "<html>jobs</html>", AUTH_NONE},
		{"/login?from=%2F", "200 OK\r\n" HTML "X-Jenkins: 2.4\r\n", "<html>", AUTH_UNKNOWN},
		{"/zabbix/zabbix.php?action=dashboard.view", "200 OK\r\n" HTML,
		 "<html>Zabbix SIA\"", AUTH_NONE},
		{"/zabbix/index.php", "200 OK\r\n" HTML, "<html>Zabbix SIA\"", AUTH_UNKNOWN},
		{"/graph", "200 OK\r\n" HTML, "<html><title>Prometheus Time Series</title>",
		 AUTH_NONE},
		{"/ui/", "200 OK\r\n" HTML "X-Consul-Index: 1\r\n", "<html>", AUTH_UNKNOWN},
		{"/v1/kv/a?raw", "200 OK\r\n" HTML "X-Consul-Index: 1\r\n", "secret", AUTH_NONE},
	};
	struct facts facts;

	(void)unused;
	for (size_t i = 0; i < COUNT(exchanges); i++) {
		play(&exchanges[i], 1, &facts);
		if (facts.auth != exchanges[i].auth)
			fail_msg("%zu, %s: %s", i, exchanges[i].target,
				 auth_name((enum auth)facts.auth));
		if (exchanges[i].auth == AUTH_UNKNOWN)
			assert_int_not_equal(facts.data_read, ANSWER_YES);
	}
}

/* Whatever came before or comes after: who got data was let in. */
static void the_door_hides_nothing_behind_it(void **unused)
{
	static const struct exchange exchanges[] = {
		{"/login", "200 OK\r\n" HTML, PASSWORD, 0},
		{"/", "302 Found\r\nLocation: /login\r\n", "", 0},
		{"/api/users", "200 OK\r\n" JSON, "[{\"name\":\"a\"}]", 0},
		{"/api/me", "401 No\r\n", "", 0},
		{"/login", "200 OK\r\n" HTML, PASSWORD, 0},
	};
	struct facts facts;

	(void)unused;
	play(exchanges, 2, &facts);
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	assert_int_equal(facts.data_read, ANSWER_NO);
	play(exchanges, COUNT(exchanges), &facts);
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
}

static bool login(const char *location)
{
	return http_pages_login(bytes_from(location, strlen(location)));
}

static void addresses_of_log_ins(void **unused)
{
	(void)unused;
	assert_true(login("/login"));
	assert_true(login("/Login.html?next=/"));
	assert_true(login("../auth/realms/a"));
	assert_true(login("https://login.example.org/"));
	assert_true(login("http://h:8080/oauth2/start"));
	assert_false(login("/logins/a"));
	assert_false(login("/dashboard#/login"));
	assert_false(login("/a?redirect=/login"));
	assert_false(login(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_an_answer_proves),
		cmocka_unit_test(the_door_hides_nothing_behind_it),
		cmocka_unit_test(addresses_of_log_ins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
