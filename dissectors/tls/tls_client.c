/* SPDX-License-Identifier: ISC */
/* See tls_client.h. */
#include "dissectors/tls/tls_client.h"

#include <ctype.h>
#include <stdio.h>

#include "dissectors/read/sha256.h"
#include "dissectors/tls/tls_services.h"

#define HASH_DIGITS 12

enum {
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_SIGNATURES = 13,
	EXTENSION_ALPN = 16,
	EXTENSION_VERSIONS = 43,
	EXTENSION_ECH = 0xfe0d, /* RFC 9849 */
};

enum step {
	STEP_FIXED,	  /* version, random, length of the session id */
	STEP_CIPHERS,	  /* length of the cipher suites */
	STEP_CIPHER,	  /* one of them */
	STEP_COMPRESSION, /* length of the compression methods */
	STEP_EXTENSIONS,  /* length of all */
	STEP_EXTENSION,	  /* type, length */
	STEP_SERVER_NAME,
	STEP_NAMES, /* ALPN: length of the list */
	STEP_NAME_LENGTH,
	STEP_NAME,
	STEP_SIGNATURES, /* length of the list */
	STEP_SIGNATURE,
	STEP_VERSIONS, /* length of the list */
	STEP_VERSION,
};

/* RFC 8701: values that mean nothing, so that servers learn to pass over what they do not know. */
static bool is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

static void keep(struct tls_client *client, uint16_t *list, uint8_t *count, size_t max,
		 uint16_t value)
{
	if (is_grease(value))
		return;
	if (*count < max)
		list[(*count)++] = value;
	else
		client->too_long = true;
}

/* The next `need` bytes of the extension at hand; when it has no more, the next extension. */
static void ask(struct tls_client *client, struct walker *w, enum step step, size_t need)
{
	if (need == 0 || need > client->left) {
		walker_ask(w, STEP_EXTENSION, client->left, 4);
		return;
	}
	client->left = (uint16_t)(client->left - need);
	walker_ask(w, (uint8_t)step, 0, need);
}

static void next_cipher(struct tls_client *client, struct walker *w)
{
	if (client->left < 2 || client->too_long) {
		walker_ask(w, STEP_COMPRESSION, client->left, 1);
		return;
	}
	client->left = (uint16_t)(client->left - 2);
	walker_ask(w, STEP_CIPHER, 0, 2);
}

static void take_extension(struct tls_client *client, struct walker *w, struct facts *facts)
{
	struct bytes b = walker_bytes(w);
	uint16_t type = bytes_be16(&b);

	client->left = bytes_be16(&b);
	keep(client, client->extensions, &client->extension_count, TLS_EXTENSIONS_MAX, type);
	switch (type) {
	case EXTENSION_SERVER_NAME:
		client->named = true;
		ask(client, w, STEP_SERVER_NAME,
		    client->left < WALKER_SCRATCH ? client->left : WALKER_SCRATCH);
		break;
	case EXTENSION_ALPN:
		ask(client, w, STEP_NAMES, 2);
		break;
	case EXTENSION_SIGNATURES:
		ask(client, w, STEP_SIGNATURES, 2);
		break;
	case EXTENSION_VERSIONS:
		ask(client, w, STEP_VERSIONS, 1);
		break;
	default:
		if (type == EXTENSION_ECH && !facts->tls_ech) {
			facts->tls_ech = true;
			facts->revision++;
		}
		ask(client, w, STEP_EXTENSION, 0);
		break;
	}
}

/* RFC 6066 section 3: u16 length of the list, u8 type (0: host name), u16 length, name. */
static void take_server_name(struct facts *facts, struct bytes b)
{
	uint16_t length;

	bytes_skip(&b, 2);
	if (bytes_u8(&b) != 0)
		return;
	length = bytes_be16(&b);
	if (length > b.left)
		length = (uint16_t)b.left;
	if (length != 0)
		FACTS_TEXT(facts, host, b.at, length);
}

/* RFC 7301 section 3.1. What only shares its beginning with a known name is another. */
static void take_name(struct tls_client *client, struct bytes name)
{
	bool grease = name.left == 2 && is_grease((uint16_t)(name.at[0] << 8 | name.at[1]));
	uint8_t service = name.left < WALKER_SCRATCH ? tls_service(name) : 0;

	if (!client->alpn && name.left != 0 && !grease) {
		client->alpn = true;
		client->alpn_ends[0] = (char)name.at[0];
		client->alpn_ends[1] = (char)name.at[name.left - 1];
		client->too_long |= name.left == WALKER_SCRATCH;
	}
	if (grease)
		return;
	client->mixed |= service == 0 || (client->offered != 0 && client->offered != service);
	client->offered = service;
}

static void take_version(struct tls_client *client, uint16_t version)
{
	if (!is_grease(version) && version > client->version)
		client->version = version;
}

/* Lists of which each step takes one. */
static void take_listed(struct tls_client *client, struct walker *w, struct bytes b)
{
	switch (w->step) {
	case STEP_SIGNATURE:
		keep(client, client->signatures, &client->signature_count, TLS_SIGNATURES_MAX,
		     bytes_be16(&b));
		ask(client, w, STEP_SIGNATURE, client->too_long ? 0 : 2);
		break;
	case STEP_NAME_LENGTH: {
		uint8_t length = bytes_u8(&b);
		size_t need = length < WALKER_SCRATCH ? length : WALKER_SCRATCH;

		client->name_rest = (uint8_t)(length - need);
		ask(client, w, STEP_NAME, need);
		break;
	}
	case STEP_NAME:
		take_name(client, b);
		if (client->name_rest !=
		    0) /* a name that long is none of ours, and ends the list */
			ask(client, w, STEP_EXTENSION, 0);
		else
			ask(client, w, STEP_NAME_LENGTH, 1);
		break;
	default:
		take_version(client, bytes_be16(&b));
		ask(client, w, STEP_VERSION, 2);
		break;
	}
}

static void take_step(struct tls_client *client, struct walker *w, struct facts *facts)
{
	struct bytes b = walker_bytes(w);

	switch (w->step) {
	case STEP_FIXED:
		client->version = bytes_be16(&b);
		walker_ask(w, STEP_CIPHERS, w->scratch[34], 2);
		break;
	case STEP_CIPHERS:
		client->left = bytes_be16(&b);
		next_cipher(client, w);
		break;
	case STEP_CIPHER:
		keep(client, client->ciphers, &client->cipher_count, TLS_CIPHERS_MAX,
		     bytes_be16(&b));
		next_cipher(client, w);
		break;
	case STEP_COMPRESSION:
		walker_ask(w, STEP_EXTENSIONS, bytes_u8(&b), 2);
		break;
	case STEP_EXTENSIONS:
		walker_ask(w, STEP_EXTENSION, 0, 4);
		break;
	case STEP_EXTENSION:
		take_extension(client, w, facts);
		break;
	case STEP_SERVER_NAME:
		take_server_name(facts, b);
		ask(client, w, STEP_EXTENSION, 0);
		break;
	case STEP_NAMES:
		ask(client, w, STEP_NAME_LENGTH, 1);
		break;
	case STEP_SIGNATURES:
		ask(client, w, STEP_SIGNATURE, 2);
		break;
	case STEP_VERSIONS:
		client->version = 0;
		ask(client, w, STEP_VERSION, 2);
		break;
	default:
		take_listed(client, w, b);
		break;
	}
}

void tls_client_begin(struct tls_client *client, struct walker *walker)
{
	*client = (struct tls_client){.left = 0};
	walker_ask(walker, STEP_FIXED, 0, 35);
}

void tls_client_feed(struct tls_client *client, struct walker *walker, struct facts *facts,
		     struct bytes body)
{
	while (walker_take(walker, &body))
		take_step(client, walker, facts);
}

static void sort(uint16_t *list, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		uint16_t value = list[i];
		size_t j = i;

		for (; j > 0 && list[j - 1] > value; j--)
			list[j] = list[j - 1];
		list[j] = value;
	}
}

/* "1301,1302"; `more`: something stands before it. */
static void add_list(struct sha256 *sha, const uint16_t *list, size_t count, const char *before)
{
	char text[6];

	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof text, "%s%04x", i == 0 ? before : ",", list[i]);
		sha256_add(sha, text, strlen(text));
	}
}

/* The first digits of the hash; zeros of nothing. */
static void end_list(struct sha256 *sha, char text[HASH_DIGITS + 1])
{
	uint8_t hash[SHA256_SIZE];

	if (sha->length == 0) {
		memcpy(text, "000000000000", HASH_DIGITS + 1);
		return;
	}
	sha256_end(sha, hash);
	sha256_text(hash, text, HASH_DIGITS);
}

static const char *version_code(uint16_t version)
{
	static const char *const codes[] = {"s3", "10", "11", "12", "13"};

	return version >= 0x300 && version <= 0x304 ? codes[version - 0x300] : "00";
}

static void alpn_code(const struct tls_client *client, char code[3])
{
	uint8_t first = (uint8_t)client->alpn_ends[0], last = (uint8_t)client->alpn_ends[1];

	if (!client->alpn)
		memcpy(code, "00", 3);
	else if (isalnum(first) && first < 0x80 && isalnum(last) && last < 0x80)
		snprintf(code, 3, "%c%c", first, last);
	else
		snprintf(code, 3, "%x%x", first >> 4, last & 15U);
}

static unsigned at_most_99(unsigned count)
{
	return count < 99 ? count : 99;
}

/* Server name and ALPN are told in front, and not hashed. */
static size_t hashed_extensions(struct tls_client *client)
{
	size_t n = 0;

	for (size_t i = 0; i < client->extension_count; i++) {
		if (client->extensions[i] != EXTENSION_SERVER_NAME &&
		    client->extensions[i] != EXTENSION_ALPN)
			client->extensions[n++] = client->extensions[i];
	}
	return n;
}

void tls_client_end(struct tls_client *client, struct facts *facts)
{
	char alpn[3], ciphers[HASH_DIGITS + 1], extensions[HASH_DIGITS + 1], ja4[48];
	unsigned count = at_most_99(client->extension_count);
	struct sha256 sha;
	size_t n;

	if (client->too_long || facts->ja4[0] != '\0')
		return;
	alpn_code(client, alpn);
	sort(client->ciphers, client->cipher_count);
	sha256_begin(&sha);
	add_list(&sha, client->ciphers, client->cipher_count, "");
	end_list(&sha, ciphers);
	n = hashed_extensions(client);
	sort(client->extensions, n);
	sha256_begin(&sha);
	add_list(&sha, client->extensions, n, "");
	if (n != 0)
		add_list(&sha, client->signatures, client->signature_count, "_");
	end_list(&sha, extensions);
	n = (size_t)snprintf(ja4, sizeof ja4, "t%s%c%02u%02u%s_%s_%s",
			     version_code(client->version), client->named ? 'd' : 'i',
			     at_most_99(client->cipher_count), count, alpn, ciphers, extensions);
	FACTS_TEXT(facts, ja4, ja4, n);
}
