/* SPDX-License-Identifier: ISC */
/* The small parts of IMAP, without state; see imap_login.h. */
#include "dissectors/imap/imap_login.h"

#include "dissectors/read/lines.h"

#define USER_SIZE 48

void imap_login_user(struct bytes arguments, struct facts *facts)
{
	char user[USER_SIZE];
	size_t length = 0;
	bool quoted = arguments.left != 0 && arguments.at[0] == '"';

	if (quoted)
		bytes_skip(&arguments, 1);
	while (arguments.left != 0 && length < sizeof user) {
		uint8_t c = bytes_u8(&arguments);

		if (quoted ? c == '"' : c == ' ')
			break;
		if (quoted && c == '\\')
			c = bytes_u8(&arguments);
		user[length++] = (char)c;
	}
	FACTS_TEXT(facts, user, user, length);
}

static struct bytes find(struct bytes text, const char *mark)
{
	while (text.left != 0 && !lines_start_with(&text, mark))
		bytes_skip(&text, 1);
	return text;
}

/* Digits and dots behind the first digit of what follows the product's name. */
static void note_version(struct bytes text, struct facts *facts)
{
	size_t length = 0;

	while (text.left != 0 && (text.at[0] == ' ' || text.at[0] == 'v' || text.at[0] == '('))
		bytes_skip(&text, 1);
	while (length < text.left &&
	       (text.at[length] == '.' || (text.at[length] >= '0' && text.at[length] <= '9')))
		length++;
	while (length != 0 && text.at[length - 1] == '.')
		length--;
	if (length > 1)
		FACTS_TEXT(facts, version, text.at, length);
}

void imap_login_tail(struct imap_tail *tail, struct bytes piece)
{
	if (piece.left > IMAP_TAIL)
		bytes_skip(&piece, piece.left - IMAP_TAIL);
	while (piece.left != 0) {
		if (tail->kept == IMAP_TAIL)
			memmove(tail->text, tail->text + 1, --tail->kept);
		tail->text[tail->kept++] = bytes_u8(&piece);
	}
}

void imap_login_product(struct bytes text, struct facts *facts)
{
	static const struct {
		const char *mark, *product;
	} rows[] = {
		{"Dovecot", "Dovecot"},
		{"Cyrus IMAP", "Cyrus IMAP"},
		{"Cyrus", "Cyrus IMAP"},
		{"Courier-IMAP", "Courier-IMAP"},
		{"Microsoft Exchange", "Microsoft Exchange"},
		{"MDaemon", "MDaemon"},
		{"Kerio Connect", "Kerio Connect"},
		{"Zimbra", "Zimbra"},
		{"hMailServer", "hMailServer"},
		{"MailEnable", "MailEnable"},
		{"Gimap", "Gmail"},
		{"IceWarp", "IceWarp"},
		{"Axigen", "Axigen"},
		{"CommuniGate Pro", "CommuniGate Pro"},
		{"Domino", "IBM Domino"},
		{"SmarterMail", "SmarterMail"},
		{"UW IMAP", "UW IMAP"},
		{"Perdition", "Perdition"},
		{"ProtonMail Bridge", "Proton Mail Bridge"},
		{"GroupWise", "GroupWise"},
		{"Apache James", "Apache James"},
		{"JAMES", "Apache James"},
		{"Stalwart", "Stalwart"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct bytes found = find(text, rows[i].mark);

		if (found.left == 0)
			continue;
		FACTS_TEXT(facts, product, rows[i].product, strlen(rows[i].product));
		bytes_skip(&found, strlen(rows[i].mark));
		note_version(found, facts);
		return;
	}
}

/* The quoted string behind this key. */
static struct bytes id_value(struct bytes text, const char *key)
{
	struct bytes value = find(text, key);
	const uint8_t *end;

	bytes_skip(&value, strlen(key));
	while (value.left != 0 && value.at[0] == ' ')
		bytes_skip(&value, 1);
	if (bytes_u8(&value) != '"')
		return bytes_from(NULL, 0);
	end = value.left != 0 ? memchr(value.at, '"', value.left) : NULL;
	return end ? bytes_from(value.at, (size_t)(end - value.at)) : bytes_from(NULL, 0);
}

void imap_login_id(struct bytes text, struct facts *facts)
{
	struct bytes name = id_value(text, "\"name\""), version = id_value(text, "\"version\"");

	if (name.left != 0)
		FACTS_TEXT(facts, product, name.at, name.left);
	if (version.left != 0)
		FACTS_TEXT(facts, version, version.at, version.left);
}
