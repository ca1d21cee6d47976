/* SPDX-License-Identifier: ISC */
/* See sasl.h. Mechanisms: RFC 4616, 2195, 5802, 4505; LOGIN and XOAUTH2 have no standard. */
#include "dissectors/read/sasl.h"

#include "dissectors/read/base64.h"
#include "dissectors/read/lines.h"

#define DECODED_MAX 96 /* bytes: more than any name needs */

enum mechanism {
	OTHER,
	PLAIN,	   /* authorisation NUL user NUL password */
	LOGIN,	   /* user, then password */
	CRAM,	   /* "user digest" */
	SCRAM,	   /* "n,,n=user,r=..." */
	OAUTH,	   /* "user=name^Aauth=..." */
	ANONYMOUS, /* a trace, or nothing */
};

static const struct mechanism_row {
	const char *prefix;
	uint8_t mechanism;
	uint8_t lines;
} mechanisms[] = {
	{"PLAIN", PLAIN, 1},  {"LOGIN", LOGIN, 2},   {"CRAM-MD5", CRAM, 1},
	{"SCRAM-", SCRAM, 0}, {"XOAUTH2", OAUTH, 1}, {"ANONYMOUS", ANONYMOUS, 1},
};

static size_t decode(uint8_t to[DECODED_MAX], struct bytes from)
{
	struct base64 base64 = base64_from(from);
	size_t length = 0;
	int c;

	while (length < DECODED_MAX && (c = base64_next(&base64)) >= 0)
		to[length++] = (uint8_t)c;
	return length;
}

/* What lies between the mark and the end: nothing if the end does not come. */
static struct bytes between(struct bytes text, const char *mark, uint8_t end)
{
	const uint8_t *found;

	while (text.left != 0 && !bytes_start_with(&text, mark))
		bytes_skip(&text, 1);
	bytes_skip(&text, strlen(mark));
	found = text.left != 0 ? memchr(text.at, end, text.left) : NULL;
	return bytes_from(text.at, found ? (size_t)(found - text.at) : 0);
}

static struct bytes plain_user(struct bytes text)
{
	const uint8_t *nul = text.left != 0 ? memchr(text.at, 0, text.left) : NULL;

	if (nul == NULL)
		return bytes_from(NULL, 0);
	bytes_skip(&text, (size_t)(nul - text.at) + 1);
	nul = text.left != 0 ? memchr(text.at, 0, text.left) : NULL;
	return bytes_from(text.at, nul ? (size_t)(nul - text.at) : 0);
}

static struct bytes user_in(uint8_t mechanism, struct bytes text)
{
	switch ((enum mechanism)mechanism) {
	case PLAIN:
		return plain_user(text);
	case LOGIN:
		return text;
	case CRAM:
		return between(text, "", ' ');
	case SCRAM:
		return between(text, ",n=", ',');
	case OAUTH:
		return between(text, "user=", 1);
	case ANONYMOUS:
	case OTHER:
		break;
	}
	return bytes_from(NULL, 0);
}

static void note_user(struct sasl *sasl, struct facts *facts, struct bytes encoded)
{
	uint8_t decoded[DECODED_MAX];
	struct bytes user;

	if (sasl->user_known)
		return;
	sasl->user_known = true;
	user = user_in(sasl->mechanism, bytes_from(decoded, decode(decoded, encoded)));
	if (user.left != 0)
		FACTS_TEXT(facts, user, user.at, user.left);
	explicit_bzero(decoded, sizeof decoded);
}

void sasl_begin(struct sasl *sasl, struct facts *facts, struct bytes name, struct bytes initial)
{
	char text[24];
	size_t length = lines_upper(text, sizeof text, &name);
	struct bytes upper = bytes_from(text, length);

	*sasl = (struct sasl){.active = true};
	for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++) {
		if (!bytes_start_with(&upper, mechanisms[i].prefix))
			continue;
		sasl->mechanism = mechanisms[i].mechanism;
		sasl->expected = mechanisms[i].lines;
	}
	FACTS_TEXT(facts, mechanism, text, length);
	if (initial.left != 0) {
		note_user(sasl, facts, initial);
		if (sasl->expected != 0)
			sasl->expected--;
	}
	if (facts->auth == AUTH_NA || facts->auth == AUTH_REQUIRED)
		facts_set_auth(facts, AUTH_UNKNOWN);
}

bool sasl_takes_line(const struct sasl *sasl)
{
	uint16_t lines = sasl->challenges > sasl->expected ? sasl->challenges : sasl->expected;

	return sasl->active && sasl->responses < lines;
}

void sasl_line(struct sasl *sasl, struct facts *facts, struct bytes line)
{
	if (sasl->responses != UINT16_MAX)
		sasl->responses++;
	if (line.left == 1 && line.at[0] == '*') /* the client has changed its mind */
		sasl->expected = 0;
	else
		note_user(sasl, facts, line);
}

void sasl_challenge(struct sasl *sasl)
{
	if (sasl->challenges != UINT16_MAX)
		sasl->challenges++;
}

void sasl_end(struct sasl *sasl, struct facts *facts, bool accepted)
{
	if (accepted && sasl->mechanism == ANONYMOUS)
		facts_set_auth(facts, AUTH_ANONYMOUS);
	else
		facts_login(facts, accepted);
	sasl->active = false;
}
