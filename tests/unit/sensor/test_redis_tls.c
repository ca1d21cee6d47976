/* SPDX-License-Identifier: ISC */
/*
 * TLS to a real redis-server, with certificates made here: what is good is delivered, and each way
 * to be wrong has its sentence. Needs the openssl command.
 */
#include "tests/unit/redis_sensor.h"

#define FILE_TEXT 120

static char port[8], plain[8];
static bool ready;

static char *in_folder(char to[FILE_TEXT], const char *name)
{
	snprintf(to, FILE_TEXT, "%s/%s", server.directory, name);
	return to;
}

static bool sh(const char *command)
{
	char whole[1200];

	snprintf(whole, sizeof whole, "cd '%s' && { %s; } >>openssl.log 2>&1", server.directory,
		 command);
	return system(whole) == 0;
}

/* One key for all that the server shows, so that only the certificate is exchanged. */
static bool make_certificates(void)
{
	static const char *const commands[] = {
		"for n in ca other; do openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "
		"/CN=$n"
		" -keyout $n.key -out $n.crt; done",
		"for n in server client; do openssl req -newkey rsa:2048 -nodes -subj /CN=$n"
		" -keyout $n.key -out $n.csr; done",
		"sign() { who=$1 by=$2 name=$3; shift 3; openssl x509 -req -in $who.csr -CA $by.crt"
		" -CAkey $by.key -CAcreateserial \"$@\" -extfile $name.ext -out $name.crt; }; "
		"echo subjectAltName=DNS:localhost,IP:127.0.0.1 >good.ext; "
		"echo subjectAltName=DNS:elsewhere.example >elsewhere.ext; "
		"cp good.ext expired.ext; cp good.ext stranger.ext; "
		"echo extendedKeyUsage=clientAuth >client.ext; "
		"sign server ca good -days 2; sign server ca elsewhere -days 2; "
		"sign server other stranger -days 2; sign client ca client -days 2; "
		/* OpenSSL 3.5 refuses negative days, 3.0 knows no dates. */
		"{ sign server ca expired -days -1 || sign server ca expired "
		"-not_before 20200101000000Z -not_after 20200102000000Z; } && "
		"openssl rsa -aes128 -passout pass:x -in client.key -out locked.key",
	};

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (!sh(commands[i]))
			return false;
	}
	return true;
}

static bool start(void)
{
	const char *const more[] = {"--port",
				    redis_server_free_port(plain),
				    "--tls-port",
				    redis_server_free_port(port),
				    "--tls-cert-file",
				    "good.crt",
				    "--tls-key-file",
				    "server.key",
				    "--tls-ca-cert-file",
				    "ca.crt",
				    NULL};

	return redis_server_place(&server) && make_certificates() &&
	       redis_server_start_with(&server, more);
}

static void show(const char *certificate)
{
	char file[FILE_TEXT];

	if (!ready)
		skip();
	fresh();
	ASSERT_ANSWER("OK", "CONFIG SET tls-cert-file %s", in_folder(file, certificate));
}

static struct redis_tls *tls_with(const char *ca, const char *cert, const char *key,
				  const char *name)
{
	char files[3][FILE_TEXT], error[REDIS_TLS_ERROR];
	struct redis_tls_options options = {
		.ca = in_folder(files[0], ca),
		.cert = cert != NULL ? in_folder(files[1], cert) : NULL,
		.key = key != NULL ? in_folder(files[2], key) : NULL,
		.name = name,
	};
	struct redis_tls *tls = redis_tls_new(&options, error);

	if (tls == NULL)
		fail_msg("%s", error);
	return tls;
}

static struct sensor *begin(const char *scheme, const char *host, const char *where,
			    const struct redis_tls *tls)
{
	char url[100];

	snprintf(url, sizeof url, "%s://%s:%s", scheme, host, where);
	return sensor_begin_at("span-a", url, tls, NULL, NULL);
}

static void deliver(const char *host, struct redis_tls *tls)
{
	struct sensor *sensor = begin("rediss", host, port, tls);

	for (int i = 0; i < 300; i++)
		publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
	drain(sensor);
	ASSERT_ANSWER("300", "XLEN " LIVE "events");
	sensor_end(sensor);
	redis_tls_free(tls);
}

static void refuse(const char *scheme, const char *host, const char *where, struct redis_tls *tls,
		   const char *sentence)
{
	struct sensor *sensor = begin(scheme, host, where, tls);

	publish_next(sensor, EVENT_EXPOSURE_OPENED);
	pump_until_said(sensor, sentence);
	assert_int_equal(waiting(sensor), 1);
	ASSERT_ANSWER("0", "EXISTS " LIVE "events");
	sensor_end(sensor);
	redis_tls_free(tls);
}

static void delivers(void **state)
{
	(void)state;
	show("good.crt");
	deliver("127.0.0.1", tls_with("ca.crt", "client.crt", "client.key", NULL));
	fresh();
	deliver("localhost", tls_with("ca.crt", "client.crt", "client.key", NULL));
}

static void expects_the_name_that_it_is_told(void **state)
{
	(void)state;
	show("elsewhere.crt");
	deliver("127.0.0.1", tls_with("ca.crt", "client.crt", "client.key", "elsewhere.example"));
}

static void refuses_another_name(void **state)
{
	(void)state;
	show("elsewhere.crt");
	refuse("rediss", "localhost", port, tls_with("ca.crt", NULL, NULL, NULL),
	       "certificate is for another name");
	refuse("rediss", "127.0.0.1", port, tls_with("ca.crt", NULL, NULL, NULL),
	       "certificate is for another name");
	show("good.crt");
	refuse("rediss", "127.0.0.1", port, tls_with("ca.crt", NULL, NULL, "redis.example"),
	       "certificate is for another name");
}

static void refuses_what_has_expired(void **state)
{
	(void)state;
	show("expired.crt");
	refuse("rediss", "127.0.0.1", port, tls_with("ca.crt", NULL, NULL, NULL), "has expired");
}

static void refuses_a_stranger(void **state)
{
	(void)state;
	show("stranger.crt");
	refuse("rediss", "127.0.0.1", port, tls_with("ca.crt", NULL, NULL, NULL),
	       "signed by nobody who is trusted (--redis-tls-ca)");
}

static void tells_that_a_certificate_is_wanted(void **state)
{
	(void)state;
	show("good.crt");
	refuse("rediss", "127.0.0.1", port, tls_with("ca.crt", NULL, NULL, NULL),
	       "wants a certificate of the client");
}

static void tells_that_ours_is_not_accepted(void **state)
{
	(void)state;
	show("good.crt");
	refuse("rediss", "127.0.0.1", port, tls_with("ca.crt", "other.crt", "other.key", NULL),
	       "does not accept our certificate");
}

static void tells_who_does_not_speak_it(void **state)
{
	(void)state;
	show("good.crt");
	refuse("rediss", "127.0.0.1", plain, tls_with("ca.crt", NULL, NULL, NULL),
	       "does this port speak TLS?");
	refuse("redis", "127.0.0.1", port, NULL, "that is rediss://");
}

/* The connection breaks and comes back: nothing is lost, nothing twice. */
static void comes_back(void **state)
{
	struct redis_tls *tls;
	struct sensor *sensor;

	(void)state;
	show("good.crt");
	tls = tls_with("ca.crt", "client.crt", "client.key", NULL);
	sensor = begin("rediss", "127.0.0.1", port, tls);
	connect_sensor(sensor);
	for (int i = 0; i < 400; i++) {
		publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
		loop_pump(sensor->loop, 0);
		if (i % 100 == 50)
			ASK("CLIENT KILL TYPE normal");
	}
	drain(sensor);
	assert_true(stats_of(sensor).reconnects >= 1);
	ASSERT_ANSWER("400", "XLEN " LIVE "events");
	sensor_end(sensor);
	redis_tls_free(tls);
}

static void assert_no_tls(const char *ca, const char *cert, const char *key, const char *word)
{
	char files[3][FILE_TEXT], error[REDIS_TLS_ERROR] = "";
	struct redis_tls_options options = {
		.ca = in_folder(files[0], ca),
		.cert = cert != NULL ? in_folder(files[1], cert) : NULL,
		.key = key != NULL ? in_folder(files[2], key) : NULL,
	};

	assert_null(redis_tls_new(&options, error));
	if (strstr(error, word) == NULL)
		fail_msg("no \"%s\" in: %s", word, error);
}

static void says_which_file_is_wrong(void **state)
{
	(void)state;
	if (!ready)
		skip();
	assert_no_tls("missing", NULL, NULL, "missing: no certificates");
	assert_no_tls("ca.key", NULL, NULL, "ca.key: no certificates");
	assert_no_tls("ca.crt", "client.crt", NULL, "go together");
	assert_no_tls("ca.crt", "client.key", "client.key", "client.key: no certificate");
	assert_no_tls("ca.crt", "client.crt", "other.key", "other.key: no key");
	assert_no_tls("ca.crt", "client.crt", "locked.key", "locked.key: no key without a pass");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delivers),
		cmocka_unit_test(expects_the_name_that_it_is_told),
		cmocka_unit_test(refuses_another_name),
		cmocka_unit_test(refuses_what_has_expired),
		cmocka_unit_test(refuses_a_stranger),
		cmocka_unit_test(tells_that_a_certificate_is_wanted),
		cmocka_unit_test(tells_that_ours_is_not_accepted),
		cmocka_unit_test(tells_who_does_not_speak_it),
		cmocka_unit_test(comes_back),
		cmocka_unit_test(says_which_file_is_wrong),
	};
	int failed;

	ready = redis_server_exists();
	if (ready)
		assert_true(start());
	services = services_new();
	failed = cmocka_run_group_tests_name("test_redis_tls", tests, NULL, NULL);
	services_free(services);
	redis_server_remove(&server);
	return failed;
}
