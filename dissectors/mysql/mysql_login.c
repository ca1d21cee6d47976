/* SPDX-License-Identifier: ISC */
/*
 * Greeting and log-in request of MySQL's protocol 10.
 *
 *	greeting	0a version NUL thread:4 scramble:8 00 low:2 charset:1 status:2 high:2 ...
 *	request		capabilities:4 max:4 charset:1 zero:23 user NUL password database plugin
 *
 * The password field is counted and skipped. MariaDB calls itself 5.5.5-10.11.19-MariaDB since
 * old replicas took only version 5 for new enough.
 *
 * dev.mysql.com/doc/dev/mysql-server: HandshakeV10, HandshakeResponse41; mariadb.com/kb.
 */
#include "dissectors/mysql/mysql_login.h"

#include "dissectors/read/lines.h"

#define ATTRIBUTES_MAX 16

struct bytes mysql_login_text(struct bytes *body)
{
	size_t length = body->left != 0 ? strnlen((const char *)body->at, body->left) : 0;
	struct bytes text = bytes_sub(body, length);

	if (body->left != 0)
		bytes_skip(body, 1);
	return text;
}

uint64_t mysql_login_number(struct bytes *body)
{
	uint8_t first = bytes_u8(body);
	uint64_t low;

	switch (first) {
	case 0xfc:
		return bytes_le16(body);
	case 0xfd:
		return bytes_le24(body);
	case 0xfe:
		low = bytes_le32(body);
		return low | (uint64_t)bytes_le32(body) << 32;
	default:
		return first;
	}
}

static size_t count_plain(const struct bytes *version)
{
	size_t length = 0;

	while (length < version->left &&
	       (version->at[length] == '.' ||
		(version->at[length] >= '0' && version->at[length] <= '9')))
		length++;
	return length;
}

static void note_version(struct facts *facts, struct bytes version)
{
	static const struct {
		const char *mark, *product;
	} rows[] = {
		{"MariaDB", "MariaDB"},	    {"TiDB", "TiDB"},
		{"Vitess", "Vitess"},	    {"Percona", "Percona Server"},
		{"MaxScale", "MaxScale"},   {"ProxySQL", "ProxySQL"},
		{"OceanBase", "OceanBase"}, {"Doris", "Doris"},
		{"id64", "SphinxSearch"},   {"release (", "SphinxSearch"},
		{"manticore", "Manticore"}, {"columnar", "Manticore"},
	};
	const char *product = "MySQL";
	size_t length = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (lines_contain(&version, rows[i].mark)) {
			product = rows[i].product;
			break;
		}
	}
	if (strcmp(product, "MariaDB") == 0 && bytes_start_with(&version, "5.5.5-"))
		bytes_skip(&version, 6);
	if (strcmp(product, "MySQL") != 0)
		length = count_plain(&version);
	else
		while (length < version.left && version.at[length] != ' ')
			length++;
	FACTS_TEXT(facts, product, product, strlen(product));
	FACTS_TEXT(facts, version, version.at, length);
}

uint32_t mysql_login_greeting(struct bytes body, struct facts *facts)
{
	uint32_t low, high;

	note_version(facts, mysql_login_text(&body));
	bytes_skip(&body, 4 + 8 + 1);
	low = bytes_le16(&body);
	bytes_skip(&body, 1 + 2);
	high = bytes_le16(&body);
	return low | high << 16;
}

/* True if the field that holds the password is not empty. */
static bool skip_password(struct bytes *body, uint32_t capabilities)
{
	uint64_t length;

	if (capabilities & MYSQL_LONG_PASSWORDS)
		length = mysql_login_number(body);
	else if (capabilities & MYSQL_SECURE_PASSWORD)
		length = bytes_u8(body);
	else
		return mysql_login_text(body).left != 0;
	if (length > body->left)
		length = body->left;
	bytes_skip(body, (size_t)length);
	return length != 0;
}

static void note_mechanism(struct facts *facts, struct bytes name)
{
	if (name.left != 0)
		FACTS_TEXT(facts, mechanism, name.at, name.left);
}

struct mysql_login mysql_login_request(struct bytes body, struct facts *facts)
{
	size_t length = body.left;
	uint32_t capabilities = bytes_le16(&body);
	struct mysql_login login = {.capabilities = capabilities};
	struct bytes user;

	if (capabilities & MYSQL_PROTOCOL_41) {
		login.capabilities |= (uint32_t)bytes_le16(&body) << 16;
		bytes_skip(&body, 4 + 1 + 23);
	} else {
		bytes_skip(&body, 3);
	}
	login.asks_tls = capabilities & MYSQL_TLS && (length == 32 || length == 5);
	if (login.asks_tls)
		return login;
	user = mysql_login_text(&body);
	FACTS_TEXT(facts, user, user.at, user.left);
	login.password = skip_password(&body, login.capabilities);
	if (capabilities & MYSQL_WITH_DATABASE)
		mysql_login_text(&body);
	if (login.capabilities & MYSQL_PLUGINS)
		note_mechanism(facts, mysql_login_text(&body));
	return login;
}

bool mysql_login_change(struct bytes body, struct facts *facts)
{
	struct bytes user = mysql_login_text(&body);
	bool password;

	FACTS_TEXT(facts, user, user.at, user.left);
	password = skip_password(&body, MYSQL_SECURE_PASSWORD);
	mysql_login_text(&body);
	bytes_skip(&body, 2);
	note_mechanism(facts, mysql_login_text(&body));
	return password;
}

/* The bytes of an attribute's value, by its type. */
static void skip_value(struct bytes *b, uint8_t type)
{
	uint64_t length;

	switch (type) {
	case 0x06:
		length = 0;
		break;
	case 0x01:
		length = 1;
		break;
	case 0x02:
	case 0x0d:
		length = 2;
		break;
	case 0x03:
	case 0x04:
	case 0x09:
		length = 4;
		break;
	case 0x05:
	case 0x08:
		length = 8;
		break;
	default: /* dates and strings carry their length */
		length = mysql_login_number(b);
	}
	bytes_skip(b, length < SIZE_MAX ? (size_t)length : SIZE_MAX);
}

/* count, 1, which are null, 1, types and names, values */
struct bytes mysql_login_attributes(struct bytes b)
{
	uint8_t types[ATTRIBUTES_MAX];
	uint64_t count = mysql_login_number(&b);
	const uint8_t *nulls;

	mysql_login_number(&b);
	if (count == 0)
		return b;
	nulls = bytes_take(&b, (size_t)(count + 7) / 8);
	if (count > ATTRIBUTES_MAX || !nulls || bytes_u8(&b) != 1)
		return (struct bytes){.failed = true};
	for (uint64_t i = 0; i < count; i++) {
		types[i] = bytes_u8(&b);
		bytes_skip(&b, 1);
		bytes_skip(&b, (size_t)mysql_login_number(&b));
	}
	for (uint64_t i = 0; i < count; i++) {
		if (!(nulls[i / 8] >> (i % 8) & 1))
			skip_value(&b, types[i]);
	}
	return b;
}
