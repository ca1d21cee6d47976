/* SPDX-License-Identifier: ISC */
/*
 * See ldap_session.h. Responses belong to requests by their number. The latest bind decides what an
 * operation that is answered says about credentials.
 */
#include "dissectors/ldap/ldap_session.h"

enum result_code {
	RESULT_SUCCESS = 0,
	RESULT_OPERATIONS_ERROR = 1,
	RESULT_METHOD_NOT_SUPPORTED = 7,
	RESULT_STRONGER_AUTH = 8,
	RESULT_SASL_IN_PROGRESS = 14,
	RESULT_INAPPROPRIATE_AUTH = 48,
	RESULT_INVALID_CREDENTIALS = 49,
	RESULT_INSUFFICIENT_ACCESS = 50,
	RESULT_UNWILLING = 53,
};

/* version, name, and a password or a mechanism with its credentials */
static void on_bind(struct ldap *ldap, struct facts *facts, struct bytes b)
{
	struct bytes name, proof, mechanism;
	uint8_t tag = 0;
	uint32_t length = 0;

	ber_integer(&b, 0x02);
	name = ber_element(&b, &tag);
	if (b.failed)
		return;
	if (name.left != 0)
		FACTS_TEXT(facts, user, name.at, name.left);
	tag = ber_head(&b, &length);
	if (b.failed)
		return;
	switch (tag) {
	case 0x80:
		ldap->bind = length != 0 ? LDAP_BY_PASSWORD : LDAP_BY_ANONYMOUS;
		FACTS_WORD(facts, mechanism, "simple");
		break;
	case 0xa3:
		proof = b;
		mechanism = ber_element(&proof, &tag);
		ldap->bind = LDAP_BY_SASL;
		if (!proof.failed)
			FACTS_TEXT(facts, mechanism, mechanism.at, mechanism.left);
		break;
	case 0x8b: /* the last step of Microsoft's own way (Sicily) */
		ldap->bind = LDAP_BY_SASL;
		FACTS_WORD(facts, mechanism, "NTLM");
		break;
	default:
		ldap->bind = LDAP_BY_STEP;
		break;
	}
}

static const char *operation_name(uint8_t operation, unsigned *flags)
{
	static const struct {
		uint8_t operation, flags;
		const char *name;
	} rows[] = {
		{LDAP_BIND, 0, "BIND"},
		{LDAP_UNBIND, 0, "UNBIND"},
		{LDAP_SEARCH, COMMAND_LISTING, "SEARCH"},
		{LDAP_MODIFY, 0, "MODIFY"},
		{LDAP_ADD, 0, "ADD"},
		{LDAP_DELETE, COMMAND_DESTRUCTIVE, "DELETE"},
		{LDAP_RENAME, 0, "MODDN"},
		{LDAP_COMPARE, 0, "COMPARE"},
		{LDAP_ABANDON, 0, "ABANDON"},
		{LDAP_EXTENDED, 0, "EXTENDED"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].operation == operation) {
			*flags = rows[i].flags;
			return rows[i].name;
		}
	}
	return NULL;
}

static bool is_start_tls(struct bytes b)
{
	uint8_t tag;
	struct bytes name = ber_element(&b, &tag);

	return tag == 0x80 && !name.failed && name.left == 22 &&
	       memcmp(name.at, "1.3.6.1.4.1.1466.20037", 22) == 0;
}

static void on_request(struct ldap *ldap, struct facts *facts, uint32_t id, uint8_t operation,
		       struct bytes b)
{
	unsigned flags = 0;
	const char *name = operation_name(operation, &flags);
	int handle;

	if (!name)
		return;
	handle = facts_command(facts, name, strlen(name), flags);
	if (operation == LDAP_BIND)
		on_bind(ldap, facts, b);
	if (operation == LDAP_UNBIND || operation == LDAP_ABANDON) {
		if (ldap->bind == LDAP_BY_NONE && !ldap->midstream && !ldap->asked &&
		    facts->auth == AUTH_UNKNOWN)
			facts_set_auth(facts, AUTH_NA);
		return;
	}
	ldap->asked = true;
	answers_put(&ldap->pending, id, handle, operation == LDAP_EXTENDED && is_start_tls(b));
}

/* `proof`: the server has sent its own, as only SASL has it. */
static void on_bound(struct ldap *ldap, struct facts *facts, uint32_t code, bool proof)
{
	if (code == RESULT_SASL_IN_PROGRESS ||
	    (code == RESULT_SUCCESS && ldap->bind == LDAP_BY_STEP))
		return;
	switch ((enum ldap_by)ldap->bind) {
	case LDAP_BY_ANONYMOUS:
		if (code == RESULT_SUCCESS)
			facts_set_auth(facts, AUTH_ANONYMOUS);
		else
			facts_set_auth(facts, AUTH_REQUIRED);
		break;
	case LDAP_BY_PASSWORD:
	case LDAP_BY_SASL:
	case LDAP_BY_STEP:
		facts_login(facts, code == RESULT_SUCCESS);
		ldap->bound |= code == RESULT_SUCCESS;
		break;
	case LDAP_BY_NONE: /* the request was not seen */
		ldap->midstream = true;
		if (code == RESULT_INVALID_CREDENTIALS)
			facts_login(facts, false);
		if (code == RESULT_SUCCESS && proof) {
			facts_login(facts, true);
			ldap->bound = true;
		}
		break;
	}
}

static bool asks_for_bind(uint32_t code)
{
	return code == RESULT_OPERATIONS_ERROR || code == RESULT_STRONGER_AUTH ||
	       code == RESULT_INAPPROPRIATE_AUTH || code == RESULT_INSUFFICIENT_ACCESS;
}

/* Answered without any log-in before? */
static void on_served(const struct ldap *ldap, struct facts *facts)
{
	if (!ldap->midstream && ldap->bind == LDAP_BY_NONE)
		facts_set_auth(facts, AUTH_NONE);
}

/* Behind the code: matched name, message, referral, the server's SASL credentials. */
static bool has_proof(struct bytes b)
{
	uint8_t tag = 0;

	ber_element(&b, &tag);
	ber_element(&b, &tag);
	return b.left != 0 && b.at[0] == 0x87;
}

/* True: TLS begins behind it. */
static bool on_result(struct ldap *ldap, struct facts *facts, uint32_t id, uint8_t operation,
		      uint32_t code, struct bytes b)
{
	struct answers_numbered pending = {.handle = -1};
	bool good = code == RESULT_SUCCESS || code == RESULT_SASL_IN_PROGRESS ||
		    (operation == LDAP_COMPARE_RESPONSE && (code == 5 || code == 6));

	answers_take(&ldap->pending, id, &pending);
	facts_command_result(facts, pending.handle, good);
	switch (operation) {
	case LDAP_BIND_RESPONSE:
		on_bound(ldap, facts, code, has_proof(b));
		break;
	case LDAP_EXTENDED_RESPONSE:
		if (facts->auth == AUTH_UNKNOWN && !ldap->midstream)
			facts_set_auth(facts, AUTH_NA);
		return pending.kind != 0 && good; /* encrypted when the hello is seen */
	default:
		if (good)
			on_served(ldap, facts);
		else if (asks_for_bind(code) && !ldap->bound && ldap->bind == LDAP_BY_NONE)
			facts_set_auth(facts, AUTH_REQUIRED);
		break;
	}
	return false;
}

static void on_response(struct ldap *ldap, struct facts *facts, struct feed *fed, uint32_t id,
			uint8_t operation, struct bytes b)
{
	uint32_t code;

	facts_set_data_read(facts, ANSWER_NO);
	switch (operation) {
	case LDAP_ENTRY:
		facts_set_data_read(facts, ANSWER_YES);
		on_served(ldap, facts);
		return;
	case LDAP_REFERENCE:
		facts_set_data_read(facts, ANSWER_YES);
		return;
	case LDAP_INTERMEDIATE:
		return;
	default:
		code = ber_integer(&b, 0x0a);
		if (!b.failed && on_result(ldap, facts, id, operation, code, b)) {
			fed->next = FEED_TLS;
			facts->revision++;
		}
		return;
	}
}

void ldap_session_message(struct ldap *ldap, struct facts *facts, struct feed *fed)
{
	struct ldap_stream *s = &ldap->side[fed->from];
	struct bytes b = bytes_from(s->body, s->kept);
	uint32_t id = ber_integer(&b, 0x02), length = 0;
	uint8_t operation = ber_head(&b, &length);

	if (!b.failed && length < b.left)
		b.left = length;
	if (!b.failed && fed->from == SIDE_CLIENT)
		on_request(ldap, facts, id, operation, b);
	else if (!b.failed)
		on_response(ldap, facts, fed, id, operation, b);
	memset(s->body, 0, sizeof s->body); /* it may have been a password */
}
