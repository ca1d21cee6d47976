/* SPDX-License-Identifier: ISC */
/* SHA-256 against the examples of FIPS 180-4 and of NIST's, in every cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "dissectors/read/sha256.h"

static void hash_in(const char *text, size_t length, size_t piece, char hex[65])
{
	struct sha256 sha;
	uint8_t hash[SHA256_SIZE];

	sha256_begin(&sha);
	for (size_t at = 0; at < length; at += piece)
		sha256_add(&sha, text + at, length - at < piece ? length - at : piece);
	sha256_end(&sha, hash);
	sha256_text(hash, hex, 64);
}

static void examples_are_right(void **unused)
{
	static const struct {
		const char *text, *hash;
	} examples[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
		{"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
		 "klmnopqrlmnopqrsmnopqrstnopqrstu",
		 "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
	};
	char hex[65];

	(void)unused;
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		for (size_t piece = 1; piece < 130; piece++) {
			hash_in(examples[i].text, strlen(examples[i].text), piece, hex);
			assert_string_equal(hex, examples[i].hash);
		}
	}
}

static void a_million_letters(void **unused)
{
	char letters[1000], hex[65];
	struct sha256 sha;
	uint8_t hash[SHA256_SIZE];

	(void)unused;
	memset(letters, 'a', sizeof letters);
	sha256_begin(&sha);
	for (size_t i = 0; i < 1000; i++)
		sha256_add(&sha, letters, sizeof letters);
	sha256_end(&sha, hash);
	sha256_text(hash, hex, 12);
	assert_string_equal(hex, "cdc76e5c9914");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_are_right),
		cmocka_unit_test(a_million_letters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
