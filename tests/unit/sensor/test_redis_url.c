/* SPDX-License-Identifier: ISC */
/* Where Redis is: every form of the URL, every way to get it wrong, and no password in messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sensor/redis/redis_errors.h"
#include "sensor/redis/redis_script.h"
#include "sensor/redis/redis_url.h"

static struct redis_url parsed(const char *text)
{
	struct redis_url url;
	char error[REDIS_URL_ERROR] = "";

	if (!redis_url_parse(text, &url, error))
		fail_msg("%s: %s", text, error);
	return url;
}

static void assert_tcp(const char *text, const char *host, uint16_t port, const char *user,
		       const char *password, uint32_t database)
{
	struct redis_url url = parsed(text);

	assert_false(url.hosts[0].unix_socket);
	assert_string_equal(url.hosts[0].host, host);
	assert_int_equal(url.hosts[0].port, port);
	assert_string_equal(url.login.user, user);
	assert_string_equal(url.login.password, password);
	assert_int_equal(url.database, database);
}

static void understands_hosts(void **state)
{
	(void)state;
	assert_tcp("redis://localhost", "localhost", 6379, "", "", 0);
	assert_tcp("redis://redis.example:7000/15", "redis.example", 7000, "", "", 15);
	assert_tcp("redis://10.0.0.1/", "10.0.0.1", 6379, "", "", 0);
	assert_tcp("redis://[2001:db8::1]:7000/2", "2001:db8::1", 7000, "", "", 2);
	assert_tcp("redis://[::1]", "::1", 6379, "", "", 0);
	assert_tcp("redis://user:secret@h:1", "h", 1, "user", "secret", 0);
	assert_tcp("redis://:secret@h", "h", 6379, "", "secret", 0);
	assert_tcp("redis://u:a%40b%3a%2F%25@h", "h", 6379, "u", "a@b:/%", 0);
	assert_tcp("redis://u:p@ss/word@h/3", "h", 6379, "u", "p@ss/word", 3);
	assert_string_equal(parsed("redis://u:secret@[::1]/3").shown, "redis://[::1]:6379/3");
}

static void understands_sockets(void **state)
{
	struct redis_url url = parsed("unix:///run/redis/redis.sock?db=7");

	(void)state;
	assert_true(url.hosts[0].unix_socket);
	assert_string_equal(url.hosts[0].host, "/run/redis/redis.sock");
	assert_int_equal(url.database, 7);
	url = parsed("unix://user:secret@/tmp/a@b");
	assert_string_equal(url.hosts[0].host, "/tmp/a@b");
	assert_string_equal(url.login.password, "secret");
	assert_string_equal(url.shown, "unix:///tmp/a@b?db=0");
}

static void understands_several_hosts(void **state)
{
	struct redis_url url = parsed("rediss+sentinel://u:@s1,s2:7000,[::1]/my%2Fmaster/3");

	(void)state;
	assert_int_equal(url.mode, REDIS_SENTINEL);
	assert_true(url.tls);
	assert_int_equal(url.host_count, 3);
	assert_int_equal(url.hosts[0].port, 26379);
	assert_string_equal(url.hosts[1].host, "s2");
	assert_int_equal(url.hosts[1].port, 7000);
	assert_string_equal(url.master, "my/master");
	assert_string_equal(url.login.user, "u");
	assert_int_equal(url.database, 3);
	assert_string_equal(url.shown,
			    "rediss+sentinel://s1:26379,s2:7000,[::1]:26379/my/master/3");
	url = parsed("redis+cluster://:p@c1,c2:7001/");
	assert_int_equal(url.mode, REDIS_CLUSTER);
	assert_false(url.tls);
	assert_int_equal(url.hosts[0].port, 6379);
	assert_string_equal(url.shown, "redis+cluster://c1:6379,c2:7001");
	assert_true(parsed("rediss://h").tls);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *word;
	} wrong[] = {
		{"", "begin with"},
		{"http://localhost", "begin with"},
		{"rediss+unix://localhost", "begin with"},
		{"redis://a,b", "several hosts"},
		{"redis+sentinel://a", "NAME of the master"},
		{"redis+sentinel://a//0", "NAME of the master"},
		{"redis+sentinel://a,/m", "no host"},
		{"redis+sentinel://a/m/x", "database"},
		{"redis+cluster://a/1", "database 0"},
		{"redis+cluster://a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", "16 hosts"},
		{"redis://", "no host"},
		{"redis://:6379", "no host"},
		{"redis://h:", "port"},
		{"redis://h:0", "port"},
		{"redis://h:65536", "port"},
		{"redis://h:6379x", "port"},
		{"redis://h:99999999999999999999", "port"},
		{"redis://h/x", "database"},
		{"redis://h/-1", "database"},
		{"redis://h/65536", "database"},
		{"redis://[::1", "bracket"},
		{"redis://[::1]x", "bracket"},
		{"redis://secret@h", "user:@"},
		{"redis://u:%zz@h", "encoded"},
		{"redis://u:%00@h", "encoded"},
		{"redis://u:%4@h", "encoded"},
		{"unix://relative", "absolute"},
		{"unix://", "absolute"},
		{"unix:///s?x=1", "?db="},
		{"unix:///s?db=x", "database"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct redis_url url = {.database = 1};
		char error[REDIS_URL_ERROR] = "";

		if (redis_url_parse(wrong[i].text, &url, error))
			fail_msg("accepted: %s", wrong[i].text);
		if (strstr(error, wrong[i].word) == NULL)
			fail_msg("%s: no \"%s\" in: %s", wrong[i].text, wrong[i].word, error);
		assert_null(strstr(error, "secret"));
		assert_int_equal(url.database, 1); /* written only on success */
	}
}

static void refuses_what_is_too_long(void **state)
{
	struct redis_url url;
	char text[400], error[REDIS_URL_ERROR];

	(void)state;
	snprintf(text, sizeof text, "redis://%0300d", 1);
	assert_false(redis_url_parse(text, &url, error));
	snprintf(text, sizeof text, "redis://u:%0300d@h", 1);
	assert_false(redis_url_parse(text, &url, error));
	snprintf(text, sizeof text, "unix:///%0120d", 1);
	assert_false(redis_url_parse(text, &url, error));
}

static void finds_the_password(void **state)
{
	struct redis_url url = parsed("redis://u:from-url@h");
	char path[] = "/tmp/spanwatch-password-XXXXXX", error[REDIS_URL_ERROR];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "from file\r\nsecond\n", 18), 18);
	close(fd);
	unsetenv("SPANWATCH_REDIS_PASSWORD");
	assert_true(redis_url_passwords(&url, NULL, NULL, error));
	assert_string_equal(url.login.password, "from-url");
	setenv("SPANWATCH_REDIS_PASSWORD", "from environment", 1);
	assert_true(redis_url_passwords(&url, NULL, NULL, error));
	assert_string_equal(url.login.password, "from environment");
	assert_true(redis_url_passwords(&url, path, NULL, error));
	assert_string_equal(url.login.password, "from file");
	assert_int_equal(truncate(path, 0), 0);
	assert_false(redis_url_passwords(&url, path, NULL, error));
	unlink(path);
	assert_false(redis_url_passwords(&url, path, NULL, error));
	assert_non_null(strstr(error, "No such file"));
}

static void knows_what_errors_mean(void **state)
{
	(void)state;
	assert_int_equal(redis_error_remedy("LOADING Redis is loading the dataset"), REDIS_RETRY);
	assert_int_equal(redis_error_remedy("OOM command not allowed when used memory"),
			 REDIS_RETRY);
	assert_int_equal(
		redis_error_remedy("ERR Error running script (call to f_1): @user_script:1:"
				   " @user_script: 1: -OOM command not allowed"),
		REDIS_RETRY);
	assert_int_equal(redis_error_remedy("NOSCRIPT No matching script."), REDIS_LOAD);
	assert_int_equal(redis_error_remedy("READONLY You can't write"), REDIS_RECONNECT);
	assert_int_equal(redis_error_remedy("MOVED 3999 127.0.0.1:6381"), REDIS_REDIRECT);
	assert_int_equal(redis_error_remedy("ASK 3999 127.0.0.1:6381"), REDIS_REDIRECT);
	assert_int_equal(redis_error_remedy("TRYAGAIN Multiple keys request"), REDIS_RETRY);
	assert_int_equal(redis_error_remedy("CLUSTERDOWN The cluster is down"), REDIS_RECONNECT);
	assert_int_equal(redis_error_remedy("MASTERDOWN Link with MASTER"), REDIS_RECONNECT);
	assert_int_equal(redis_error_remedy("NOREPLICAS Not enough good replicas"), REDIS_RETRY);
	assert_int_equal(redis_error_remedy("NOPERM this user has no permissions"), REDIS_RETRY);
	assert_int_equal(redis_error_remedy("WRONGTYPE Operation against a key"), REDIS_HOPELESS);
	assert_int_equal(redis_error_remedy("ERR user_script:9: attempt to index a nil value"),
			 REDIS_HOPELESS);
	assert_int_equal(redis_error_remedy("NEVERSEEN before"), REDIS_RETRY);
}

/* The program carries the files that people read, behind the lists of fields. */
static void carries_the_script(void **state)
{
	static const char *const files[] = {"apply.lua",       "apply_time.lua",  "apply_merge.lua",
					    "apply_index.lua", "apply_event.lua", "apply_say.lua",
					    "apply_sensor.lua"};
	size_t length;
	const char *script = redis_script(&length);

	(void)state;
	assert_int_equal(strlen(script), length);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char path[64], *text = calloc(1, length + 1);
		FILE *file;

		snprintf(path, sizeof path, "sensor/redis/%s", files[i]);
		file = fopen(path, "r");
		assert_non_null(file);
		assert_non_null(text);
		assert_true(fread(text, 1, length, file) != 0);
		fclose(file);
		assert_non_null(strstr(script, text));
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(understands_hosts),	     cmocka_unit_test(understands_sockets),
		cmocka_unit_test(understands_several_hosts), cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_what_is_too_long),  cmocka_unit_test(finds_the_password),
		cmocka_unit_test(knows_what_errors_mean),    cmocka_unit_test(carries_the_script),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
