/* SPDX-License-Identifier: ISC */
/* Versions compared, files read, and what is told of a product. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sensor/event/known_bad.h"
#include "sensor/event/known_products.h"
#include "sensor/event/known_version.h"

static void versions_are_ordered(void **state)
{
	static const struct {
		const char *older, *newer;
	} rows[] = {
		{"1.9", "1.10"},
		{"7.0.14", "7.0.15"},
		{"7.0", "7.0.1"},
		{"9.9", "10.0"},
		{"1.0.2", "1.0.2k"},
		{"1.0.2k", "1.0.2u"},
		{"9.2", "9.2p1"},
		{"9.2p1", "9.3"},
		{"7.0-rc1", "7.0"},
		{"7.0rc1", "7.0"},
		{"7.0~rc1", "7.0"},
		{"7.0-rc1", "7.0-rc2"},
		{"7.0-alpha3", "7.0-beta1"},
		{"7.0-beta1", "7.0-rc1"},
		{"5.4.0-SNAPSHOT", "5.4.0"},
		{"6.9.9", "7.0-rc1"},
		{"1.8.0_291", "1.8.0_292"},
		{"10.11.5-MariaDB-0+deb12u1", "10.11.6"},
		{"99999999999999999999999", "100000000000000000000000"},
		{"4.2.8p15", "4.2.8p18"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (known_version_compare(rows[i].older, rows[i].newer) >= 0 ||
		    known_version_compare(rows[i].newer, rows[i].older) <= 0)
			fail_msg("%s is not older than %s", rows[i].older, rows[i].newer);
	}
}

static void versions_are_equal(void **state)
{
	static const char *const rows[][2] = {
		{"7.0", "7.0.0"},
		{"v1.27.3", "1.27.3"},
		{"1.27.3+k3s1", "1.27.3"},
		{"15.20 (Debian 15.20-0+deb12u1)", "15.20"},
		{"8.0.36-0ubuntu0.22.04.1", "8.0.36"},
		{"10.11.6-MariaDB", "10.11.6"},
		{"007", "7"},
		{"1.0.2K", "1.0.2k"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (known_version_compare(rows[i][0], rows[i][1]) != 0)
			fail_msg("%s is not %s", rows[i][0], rows[i][1]);
	}
}

static void products_have_other_names(void **state)
{
	struct known_product names[KNOWN_PRODUCT_NAMES];

	(void)state;
	assert_int_equal(known_products_names("Apache Kafka", names), 1);
	assert_string_equal(names[0].vendor, "apache");
	assert_string_equal(names[0].product, "kafka");
	assert_int_equal(known_products_names("Couchbase Server", names), 1);
	assert_string_equal(names[0].vendor, "");
	assert_string_equal(names[0].product, "couchbase_server");
	assert_int_equal(known_products_names("MySQL", names), 3);
	assert_int_equal(known_products_names("", names), 0);
}

/* Writes a file, loads it, and removes it. */
static bool load_text(struct known_bad *known, const char *text)
{
	char path[] = "/tmp/known-XXXXXX";
	int fd = mkstemp(path);
	bool good;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	good = known_bad_load(known, path);
	unlink(path);
	return good;
}

static struct known_bad *loaded(const char *first, const char *second)
{
	struct known_bad *known = known_bad_new();

	assert_non_null(known);
	assert_true(load_text(known, first));
	if (second != NULL)
		assert_true(load_text(known, second));
	known_bad_seal(known);
	return known;
}

#define CATALOGUE                                                                                  \
	"{\"title\":\"CISA\",\"count\":2,\"vulnerabilities\":[{\"cveID\":\"CVE-2022-0543\","       \
	"\"vendorProject\":\"Redis\",\"product\":\"Debian-specific Redis Servers\","               \
	"\"notes\":\"a \\\"quoted\\\" \\u00e4 word\",\"cwes\":[\"CWE-862\"]},"                     \
	"{\"cveID\":\"CVE-2015-1427\",\"vendorProject\":\"Elastic\",\"product\":"                  \
	"\"Elasticsearch\",\"cwes\":[]}]}"
#define FEED                                                                                       \
	"{\"format\":\"NVD_CVE\",\"vulnerabilities\":[{\"cve\":{\"id\":\"CVE-2022-0543\","         \
	"\"weaknesses\":[{\"description\":[{\"id\":\"CWE-862\"}]}],\"configurations\":[{"          \
	"\"nodes\":[{\"operator\":\"OR\",\"negate\":false,\"cpeMatch\":[{\"vulnerable\":true,"     \
	"\"criteria\":\"cpe:2.3:a:redis:redis:*:*:*:*:*:*:*:*\",\"versionEndExcluding\":"          \
	"\"7.0.0\",\"matchCriteriaId\":\"X\"},{\"vulnerable\":false,\"criteria\":"                 \
	"\"cpe:2.3:o:debian:debian_linux:11:*:*:*:*:*:*:*\"}]}]}]}},"                              \
	"{\"cve\":{\"id\":\"CVE-2023-28425\",\"configurations\":[{\"nodes\":[{\"cpeMatch\":[{"     \
	"\"vulnerable\":true,\"criteria\":\"cpe:2.3:a:redis:redis:*:*:*:*:*:*:*:*\","              \
	"\"versionStartIncluding\":\"6.0.0\",\"versionEndIncluding\":\"7.0.9\"},{"                 \
	"\"vulnerable\":true,\"criteria\":\"cpe:2.3:a:other:redis\\\\:x:7.0.1:-:*:*:*:*:*:*\"}]}]" \
	"}]}}"                                                                                     \
	"]}"

static void catalogue_and_ranges_meet(void **state)
{
	struct known_bad *known = loaded(CATALOGUE, FEED);

	(void)state;
	assert_int_equal(known_bad_count(known), 5);
	assert_string_equal(known_bad_find(known, "Redis", "6.0.16"),
			    "CVE-2022-0543*, CVE-2023-28425");
	assert_string_equal(known_bad_find(known, "Redis", "5.0"), "CVE-2022-0543*");
	assert_string_equal(known_bad_find(known, "Redis", "7.0.9"), "CVE-2023-28425");
	assert_string_equal(known_bad_find(known, "Redis", "7.0.10"), "");
	assert_string_equal(known_bad_find(known, "Redis", ""), "");
	assert_string_equal(known_bad_find(known, "Elasticsearch", "8.1"), "CVE-2015-1427*?");
	assert_string_equal(known_bad_find(known, "OpenSearch", "1.3"), "");
	assert_string_equal(known_bad_find(known, "", ""), "");
	known_bad_free(known);
}

static void feeds_of_before_are_read(void **state)
{
	struct known_bad *known = loaded(
		"{\"CVE_Items\":[{\"cve\":{\"CVE_data_meta\":{\"ID\":\"CVE-2019-1\"}},"
		"\"configurations\":{\"nodes\":[{\"operator\":\"OR\",\"cpe_match\":[{"
		"\"vulnerable\":true,\"cpe23Uri\":\"cpe:2.3:a:mysql:mysql:5.7.1:*:*:*:*:*:*:*\"}]}"
		"]}}]}",
		NULL);

	(void)state;
	assert_string_equal(known_bad_find(known, "MySQL", "5.7.1-log"), "CVE-2019-1");
	assert_string_equal(known_bad_find(known, "MySQL", "5.7.2"), "");
	known_bad_free(known);
}

static void own_lines_are_read(void **state)
{
	struct known_bad *known = loaded("product,version-from,version-before,id,note\n"
					 "# a comment\n\n"
					 "Redis, 6.2, 7.0, OURS-1, never again, really\n"
					 "redis,,5.0.0,OURS-2,\n"
					 "couchbase server,,,OURS-3\n",
					 NULL);

	(void)state;
	assert_string_equal(known_bad_find(known, "Redis", "6.2"), "OURS-1");
	assert_string_equal(known_bad_find(known, "Redis", "7.0"), "");
	assert_string_equal(known_bad_find(known, "Redis", "2.8.17"), "OURS-2");
	assert_string_equal(known_bad_find(known, "Couchbase Server", "7.6.1"), "OURS-3");
	known_bad_free(known);
}

static void what_does_not_fit_is_counted(void **state)
{
	struct known_bad *known = known_bad_new();
	const char *text;

	(void)state;
	for (unsigned i = 0; i < 60; i++) {
		char id[KNOWN_BAD_ID];

		snprintf(id, sizeof id, "CVE-2024-%u", 1000 + i);
		assert_true(known_bad_add(
			known,
			&(struct known_range){
				.vendor = "", .product = "x", .id = id, .from = "", .to = "2"}));
	}
	known_bad_seal(known);
	text = known_bad_find(known, "x", "1");
	assert_true(strlen(text) < KNOWN_BAD_TEXT);
	assert_non_null(strstr(text, "CVE-2024-1059, CVE-2024-1058"));
	assert_non_null(strstr(text, ", 54 more"));
	known_bad_free(known);
}

static void wrong_files_are_refused(void **state)
{
	static const char *const files[] = {
		"{\"vulnerabilities\":[{\"cveID\":\"CVE-1\"",
		"{\"vulnerabilities\":[]}",
		"{\"a\":1} {}",
		"{\"a\" 1}",
		"{\"a\":\"text without end",
		"[1,]",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
		"Redis,6.2\n",
		"Redis,6.2,7.0,not an id,\n",
		",6.2,7.0,X-1,\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct known_bad *known = known_bad_new();

		if (load_text(known, files[i]))
			fail_msg("taken: %s", files[i]);
		known_bad_free(known);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_are_ordered),
		cmocka_unit_test(versions_are_equal),
		cmocka_unit_test(products_have_other_names),
		cmocka_unit_test(catalogue_and_ranges_meet),
		cmocka_unit_test(feeds_of_before_are_read),
		cmocka_unit_test(own_lines_are_read),
		cmocka_unit_test(what_does_not_fit_is_counted),
		cmocka_unit_test(wrong_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
