/* SPDX-License-Identifier: ISC */
/*
 * LDAP (RFC 4511) over TCP, and its connectionless form over UDP. Messages carry a number, by which
 * responses are matched to requests. A bind without a password is anonymous. A search, or any other
 * operation, that is answered without a bind is served without credentials.
 *
 * After a bind with SASL both sides may go on in wrapped buffers (four bytes of length, then what
 * cannot be read); they are told from messages by their first byte.
 */
#include "dissectors/ldap_probe.h"
#include "dissectors/ldap_products.h"

#define OUTSTANDING 16
#define BODY_KEPT   240
#define HEAD_MAX    6

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

/* How a bind was asked for. */
enum bind { BIND_NONE, BIND_ANONYMOUS, BIND_PASSWORD, BIND_SASL, BIND_STEP /* more must come */ };

static const uint16_t ports[] = {389, 3268, 0};
static const uint16_t cldap_ports[] = {389, 0};

static const struct service services[] = {
	{
		.name = "ldap",
		.family = FAMILY_DATABASE,
		.about = "LDAP directory",
		.identifier = "open-ldap",
		.ports = ports,
	},
};

static const struct service cldap_services[] = {
	{
		.name = "cldap",
		.family = FAMILY_DATABASE,
		.about = "connectionless LDAP",
		.identifier = "open-ldap",
		.ports = cldap_ports,
	},
};

struct stream {
	uint8_t head[HEAD_MAX];
	uint8_t have, kept;
	bool lost, wrapped;
	bool in_body, holed;
	uint32_t left, length;
	uint8_t body[BODY_KEPT];
};

struct pending {
	uint32_t id;
	int handle;
	uint8_t operation; /* enum ldap_operation; 0: free */
	bool start_tls;
};

struct ldap {
	struct stream side[2];
	struct pending pending[OUTSTANDING];
	struct ldap_products products;
	uint8_t next;
	uint8_t bind;	   /* enum bind of the latest request */
	uint8_t last_side; /* enum side + 1; 0 before the first byte */
	bool midstream, bound;
	bool asked; /* anything that has an answer */
};

_Static_assert(sizeof(struct ldap) <= DISSECTOR_STATE_MAX, "state of ldap");

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
}

static void begin_cldap(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &cldap_services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
}

static struct bytes take_element(struct bytes *b, uint8_t *tag)
{
	uint32_t length = 0;

	*tag = ldap_probe_element(b, &length);
	return bytes_sub(b, length);
}

/* version, name, and a password or a mechanism with its credentials */
static void on_bind(struct ldap *ldap, struct facts *facts, struct bytes b)
{
	struct bytes name, proof, mechanism;
	uint8_t tag = 0;
	uint32_t length = 0;

	ldap_probe_integer(&b, 0x02);
	name = take_element(&b, &tag);
	if (b.failed)
		return;
	if (name.left != 0)
		FACTS_TEXT(facts, user, name.at, name.left);
	tag = ldap_probe_element(&b, &length);
	if (b.failed)
		return;
	switch (tag) {
	case 0x80:
		ldap->bind = length != 0 ? BIND_PASSWORD : BIND_ANONYMOUS;
		FACTS_TEXT(facts, mechanism, "simple", 6);
		break;
	case 0xa3:
		proof = b;
		mechanism = take_element(&proof, &tag);
		ldap->bind = BIND_SASL;
		if (!proof.failed)
			FACTS_TEXT(facts, mechanism, mechanism.at, mechanism.left);
		break;
	case 0x8b: /* the last step of Microsoft's own way (Sicily) */
		ldap->bind = BIND_SASL;
		FACTS_TEXT(facts, mechanism, "NTLM", 4);
		break;
	default:
		ldap->bind = BIND_STEP;
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
	struct bytes name = take_element(&b, &tag);

	return tag == 0x80 && !name.failed && name.left == 22 &&
	       memcmp(name.at, "1.3.6.1.4.1.1466.20037", 22) == 0;
}

static void on_request(struct ldap *ldap, struct facts *facts, uint32_t id, uint8_t operation,
		       struct bytes b)
{
	struct pending pending = {.id = id, .operation = operation};
	unsigned flags = 0;
	const char *name = operation_name(operation, &flags);

	if (!name)
		return;
	pending.handle = facts_command(facts, name, strlen(name), flags);
	if (operation == LDAP_BIND)
		on_bind(ldap, facts, b);
	if (operation == LDAP_EXTENDED)
		pending.start_tls = is_start_tls(b);
	if (operation == LDAP_UNBIND || operation == LDAP_ABANDON) {
		if (ldap->bind == BIND_NONE && !ldap->midstream && !ldap->asked &&
		    facts->auth == AUTH_UNKNOWN)
			facts_set_auth(facts, AUTH_NA);
		return;
	}
	ldap->asked = true;
	ldap->pending[ldap->next] = pending;
	ldap->next = (uint8_t)((ldap->next + 1) % OUTSTANDING);
}

/* `proof`: the server has sent its own, as only SASL has it. */
static void on_bound(struct ldap *ldap, struct facts *facts, uint32_t code, bool proof)
{
	if (code == RESULT_SASL_IN_PROGRESS || (code == RESULT_SUCCESS && ldap->bind == BIND_STEP))
		return;
	switch ((enum bind)ldap->bind) {
	case BIND_ANONYMOUS:
		if (code == RESULT_SUCCESS)
			facts_set_auth(facts, AUTH_ANONYMOUS);
		else
			facts_set_auth(facts, AUTH_REQUIRED);
		break;
	case BIND_PASSWORD:
	case BIND_SASL:
	case BIND_STEP:
		facts_login(facts, code == RESULT_SUCCESS);
		ldap->bound |= code == RESULT_SUCCESS;
		break;
	case BIND_NONE: /* the request was not seen */
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
	if (!ldap->midstream && ldap->bind == BIND_NONE)
		facts_set_auth(facts, AUTH_NONE);
}

static struct pending take_pending(struct ldap *ldap, uint32_t id)
{
	struct pending found = {.handle = -1};

	for (size_t i = 0; i < OUTSTANDING; i++) {
		if (ldap->pending[i].operation == 0 || ldap->pending[i].id != id)
			continue;
		found = ldap->pending[i];
		ldap->pending[i].operation = 0;
		break;
	}
	return found;
}

/* Behind the code: matched name, message, referral, the server's SASL credentials. */
static bool has_proof(struct bytes b)
{
	uint8_t tag = 0;

	take_element(&b, &tag);
	take_element(&b, &tag);
	return b.left != 0 && b.at[0] == 0x87;
}

static void on_result(struct ldap *ldap, struct facts *facts, uint32_t id, uint8_t operation,
		      uint32_t code, struct bytes b)
{
	struct pending pending = take_pending(ldap, id);
	bool good = code == RESULT_SUCCESS || code == RESULT_SASL_IN_PROGRESS ||
		    (operation == LDAP_COMPARE_RESPONSE && (code == 5 || code == 6));

	facts_command_result(facts, pending.handle, good);
	switch (operation) {
	case LDAP_BIND_RESPONSE:
		on_bound(ldap, facts, code, has_proof(b));
		break;
	case LDAP_EXTENDED_RESPONSE:
		if (facts->auth == AUTH_UNKNOWN && !ldap->midstream)
			facts_set_auth(facts, AUTH_NA);
		if (pending.start_tls && good) {
			facts->starts_tls = true;
			facts->revision++;
		}
		break;
	default:
		if (good)
			on_served(ldap, facts);
		else if (asks_for_bind(code) && !ldap->bound && ldap->bind == BIND_NONE)
			facts_set_auth(facts, AUTH_REQUIRED);
		break;
	}
}

static void on_response(struct ldap *ldap, struct facts *facts, uint32_t id, uint8_t operation,
			struct bytes b)
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
		code = ldap_probe_integer(&b, 0x0a);
		if (!b.failed)
			on_result(ldap, facts, id, operation, code, b);
		return;
	}
}

/* The body of a message, as much of it as was kept. */
static void on_message(struct ldap *ldap, struct facts *facts, enum side from)
{
	struct stream *s = &ldap->side[from];
	struct bytes b = bytes_from(s->body, s->kept);
	uint32_t id = ldap_probe_integer(&b, 0x02), length = 0;
	uint8_t operation = ldap_probe_element(&b, &length);

	if (!b.failed && length < b.left)
		b.left = length;
	if (!b.failed && from == SIDE_CLIENT)
		on_request(ldap, facts, id, operation, b);
	else if (!b.failed)
		on_response(ldap, facts, id, operation, b);
	memset(s->body, 0, sizeof s->body); /* it may have been a password */
}

/* The head of a message: 30 and its length. */
static void take_head(struct ldap *ldap, struct facts *facts, struct stream *s, uint8_t c)
{
	struct bytes b;
	uint32_t length = 0;

	s->head[s->have++] = c;
	if (s->have == 1 && c != 0x30) {
		s->lost = true;
		if ((ldap->bound || ldap->bind == BIND_SASL) && c == 0) {
			s->wrapped = true;
			facts_set_encryption(facts, ENCRYPTION_NATIVE);
		}
		return;
	}
	if (s->have < 2 ||
	    (s->head[1] > 0x80 && s->have < 2 + (s->head[1] & 0x7f) && s->have < HEAD_MAX))
		return;
	b = bytes_from(s->head, s->have);
	ldap_probe_element(&b, &length);
	s->have = 0;
	if (b.failed || length == 0 || length > LDAP_LENGTH_MAX) {
		s->lost = true;
		return;
	}
	s->left = s->length = length;
	s->kept = 0;
	s->in_body = true;
	s->holed = false;
}

/* After a gap: when the sides take turns again, each begins with a message. */
static void resynchronise(struct ldap *ldap, enum side from)
{
	struct stream *s = &ldap->side[from];

	if (s->lost && !s->wrapped && ldap->last_side != from + 1)
		*s = (struct stream){.lost = false};
	ldap->last_side = (uint8_t)(from + 1);
}

static void end_body(struct ldap *ldap, struct facts *facts, enum side from)
{
	ldap->side[from].in_body = false;
	on_message(ldap, facts, from);
}

static void feed(void *state, struct facts *facts, enum side from, const uint8_t *bytes,
		 size_t length)
{
	struct ldap *ldap = state;
	struct stream *s = &ldap->side[from];
	struct bytes in = bytes_from(bytes, length), piece;

	resynchronise(ldap, from);
	while (in.left != 0 && !s->lost && !facts->starts_tls) {
		if (!s->in_body) {
			take_head(ldap, facts, s, bytes_u8(&in));
			continue;
		}
		piece = bytes_sub(&in, s->left < in.left ? s->left : in.left);
		s->left -= (uint32_t)piece.left;
		if (from == SIDE_SERVER)
			ldap_products_feed(&ldap->products, facts, piece);
		while (piece.left != 0 && s->kept < BODY_KEPT && !s->holed)
			s->body[s->kept++] = bytes_u8(&piece);
		if (s->left == 0)
			end_body(ldap, facts, from);
	}
	facts->tls_rest = facts->starts_tls ? (uint32_t)in.left : 0;
}

/* A datagram holds whole messages. */
static void feed_datagram(void *state, struct facts *facts, enum side from, const uint8_t *bytes,
			  size_t length)
{
	struct ldap *ldap = state;

	ldap->side[from] = (struct stream){.lost = false};
	feed(state, facts, from, bytes, length);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct ldap *ldap = state;
	struct stream *s = &ldap->side[from];

	ldap_products_cut(&ldap->products);
	if (ldap->last_side != 0 && !s->lost && missing != 0 && s->in_body && missing <= s->left) {
		s->holed = true;
		s->left -= (uint32_t)missing;
		if (s->left == 0)
			end_body(ldap, facts, from);
		return;
	}
	ldap->midstream = true;
	s->lost = ldap->last_side != 0;
}

const struct dissector ldap_dissector = {
	.name = "ldap",
	.transports = OVER_TCP,
	.upgrades = true,
	.state_size = sizeof(struct ldap),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a message in BER with an operation of that side, in its prescribed form",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION | READS_STARTTLS,
	.probe = ldap_probe,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};

const struct dissector cldap_dissector = {
	.name = "cldap",
	.transports = OVER_UDP,
	.state_size = sizeof(struct ldap),
	.service_count = sizeof cldap_services / sizeof *cldap_services,
	.services = cldap_services,
	.recognised = "one LDAP search or result in a datagram",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION | READS_STARTTLS,
	.probe = ldap_probe,
	.begin = begin_cldap,
	.feed = feed_datagram,
};
