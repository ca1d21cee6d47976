/* SPDX-License-Identifier: ISC */
/*
 * LDAP (RFC 4511) over TCP, and its connectionless form over UDP. Messages carry a number, by which
 * responses are matched to requests. A bind without a password is anonymous. A search, or any other
 * operation, that is answered without a bind is served without credentials.
 *
 * After a bind with SASL both sides may go on in wrapped buffers (four bytes of length, then what
 * cannot be read); they are told from messages by their first byte.
 */
#include "dissectors/ldap/ldap_session.h"

static const uint16_t ports[] = {389, 3268, 0};
static const uint16_t cldap_ports[] = {389, 0};

static const struct service services[] = {
	{
		.name = "ldap",
		.family = FAMILY_DATABASE,
		.met = true,
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

/* The head of a message: 30 and its length. */
static void take_head(struct ldap *ldap, struct facts *facts, struct ldap_stream *s, uint8_t c)
{
	struct bytes b;
	uint32_t length = 0;

	s->head[s->have++] = c;
	if (s->have == 1 && c != 0x30) {
		s->lost = true;
		if ((ldap->bound || ldap->bind == LDAP_BY_SASL) && c == 0) {
			s->wrapped = true;
			facts_set_encryption(facts, ENCRYPTION_NATIVE);
		}
		return;
	}
	if (s->have < ber_head_size(s->head, s->have))
		return;
	b = bytes_from(s->head, s->have);
	ber_head(&b, &length);
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
	struct ldap_stream *s = &ldap->side[from];

	if (turns_begin(&ldap->turns, from) && s->lost && !s->wrapped)
		*s = (struct ldap_stream){.lost = false};
}

static void end_body(struct ldap *ldap, struct facts *facts, struct feed *fed)
{
	ldap->side[fed->from].in_body = false;
	ldap_session_message(ldap, facts, fed);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct ldap *ldap = state;
	struct ldap_stream *s = &ldap->side[from];
	struct bytes in = fed->bytes, piece;

	resynchronise(ldap, from);
	while (in.left != 0 && !s->lost && fed->next == FEED_ON) {
		if (!s->in_body) {
			take_head(ldap, facts, s, bytes_u8(&in));
			continue;
		}
		piece = bytes_sub(&in, s->left < in.left ? s->left : in.left);
		s->left -= (uint32_t)piece.left;
		if (from == SIDE_SERVER)
			ldap_products_feed(&ldap->products, facts, piece);
		while (piece.left != 0 && s->kept < LDAP_BODY && !s->holed)
			s->body[s->kept++] = bytes_u8(&piece);
		if (s->left == 0)
			end_body(ldap, facts, fed);
	}
	fed->rest = in.left;
}

/* A datagram holds whole messages. */
static void feed_datagram(void *state, struct facts *facts, struct feed *fed)
{
	struct ldap *ldap = state;

	ldap->side[fed->from] = (struct ldap_stream){.lost = false};
	feed(state, facts, fed);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct ldap *ldap = state;
	struct ldap_stream *s = &ldap->side[from];
	struct feed none = {.from = from}; /* TLS is seen by its hello (.upgrades) */

	ldap_products_cut(&ldap->products);
	if (turns_begun(&ldap->turns) && !s->lost && missing != 0 && s->in_body &&
	    missing <= s->left) {
		s->holed = true;
		s->left -= (uint32_t)missing;
		if (s->left == 0)
			end_body(ldap, facts, &none);
		return;
	}
	ldap->midstream = true;
	s->lost = turns_begun(&ldap->turns);
}

const struct dissector ldap_dissector = {
	.name = "ldap",
	.transports = OVER_TCP,
	.upgrades = true,
	.state_size = sizeof(struct ldap),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a message in BER with an operation of that side, in its prescribed form",
	.reads = READS_PRODUCT | READS_AUTH | READS_USER | READS_MECHANISM | READS_COMMANDS |
		 READS_LISTINGS | READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION |
		 READS_STARTTLS,
	.recognise = ldap_recognise,
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
	.reads = READS_PRODUCT | READS_AUTH | READS_USER | READS_MECHANISM | READS_COMMANDS |
		 READS_LISTINGS | READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION |
		 READS_STARTTLS,
	.recognise = ldap_recognise,
	.begin = begin_cldap,
	.feed = feed_datagram,
};
