/* SPDX-License-Identifier: ISC */
/*
 * DNS over UDP and TCP (RFC 1035, 7766): which of the three is it that answers?
 *
 *	open-resolver	it has recursed, or would have: an answer that is not its own, to a client
 *			that asked for that (RD), from a server that offers it (RA)
 *	dns		it answers with authority (AA), or it refuses
 *
 * Who is given a zone (AXFR, RFC 5936) has the listing of its names. Updates (RFC 2136) may delete.
 * Products tell their versions to whoever asks for version.bind or version.server in class CHAOS.
 * TSIG (RFC 8945) signs with a named key: the nearest there is to a log-in.
 */
#include "dissectors/dns/dns_message.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/banner.h"
#include "dissectors/read/frames.h"
#include "dissectors/read/lines.h"

#define RECORDS 64 /* of a message, looked at */

enum {
	NOERROR = 0,
	NXDOMAIN = 3,
	REFUSED = 5,
	NOTAUTH = 9,
};

static const uint16_t ports[] = {53, 0};

enum {
	DNS,
	OPEN_RESOLVER,
};

static const struct service services[] = {
	[DNS] =
		{
			.name = "dns",
			.family = FAMILY_INFRASTRUCTURE,
			.met = true,
			.about = "DNS server that answers for its own zones, or refuses",
			.ports = ports,
		},
	[OPEN_RESOLVER] =
		{
			.name = "open-resolver",
			.family = FAMILY_INFRASTRUCTURE,
			.about = "DNS server that recursed for whoever asked",
			.identifier = "dns-open-resolver",
		},
};

enum kind {
	LOOK_UP,
	VERSION, /* version.bind, version.server */
	TRANSFER,
	CHANGE, /* NOTIFY, UPDATE */
};

struct query {
	uint8_t kind; /* enum kind */
	bool recurse, is_signed;
	bool doubtful; /* the end, with a signature, may have gone unseen */
	int handle, recursion;
};

struct dns {
	struct answers_table pending;
	struct query queries[ANSWERS_ROWS]; /* of its rows */
	bool spoken;
	bool holed;		/* bytes of the client were not seen */
	struct frame frames[2]; /* TCP only */
};

_Static_assert(sizeof(struct dns) <= DISSECTOR_STATE_MAX, "state of dns");

static const struct banner_product products[] = {
	{"unbound", "Unbound"},
	{"dnsmasq", "dnsmasq"},
	{"Knot Resolver", "Knot Resolver"},
	{"Knot DNS", "Knot DNS"},
	{"NSD", "NSD"},
	{"PowerDNS Recursor", "PowerDNS Recursor"},
	{"PowerDNS Authoritative Server", "PowerDNS"},
	{"PowerDNS", "PowerDNS"},
	{"Microsoft DNS", "Microsoft DNS"},
	{"BIND", "BIND"},
	{"CoreDNS", "CoreDNS"},
	{"Technitium", "Technitium DNS"},
};

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[DNS]);
}

static int command(struct facts *facts, const char *text, unsigned flags)
{
	return facts_command(facts, text, strlen(text), flags);
}

/* "AXFR example.org" */
static int transfer(struct facts *facts, const struct dns_message *m)
{
	char text[FACTS_COMMAND_TEXT] = "AXFR ";

	if (m->type == DNS_IXFR)
		text[0] = 'I';
	return facts_command(facts, text, 5 + dns_message_name(m->name, text + 5, sizeof text - 5),
			     COMMAND_LISTING);
}

/* Does an update delete what is there? */
static bool deletes(const struct dns_message *m)
{
	unsigned count = (unsigned)m->answers + m->authorities;
	struct bytes records = m->records;
	struct dns_record record;

	for (unsigned i = 0; i < count && i < RECORDS; i++) {
		if (!dns_message_record(&records, &record))
			return false;
		if (i >= m->answers && (record.class == DNS_ANY || record.class == DNS_NONE))
			return true;
	}
	return false;
}

/* The key that signs; its name is a user's, the rest a secret's. */
static bool find_signature(const struct dns_message *m, struct facts *facts)
{
	unsigned count = (unsigned)m->answers + m->authorities + m->additional;
	struct bytes records = m->records;
	struct dns_record record;
	char name[sizeof facts->user];

	for (unsigned i = 0; i < count && i < RECORDS; i++) {
		if (!dns_message_record(&records, &record))
			return false;
		if (record.type != DNS_TSIG || record.class != DNS_ANY)
			continue;
		FACTS_TEXT(facts, user, name, dns_message_name(record.name, name, sizeof name));
		FACTS_TEXT(facts, mechanism, name,
			   dns_message_name(record.data, name, sizeof facts->mechanism));
		return true;
	}
	return false;
}

static bool asks_for_version(const struct dns_message *m)
{
	char name[sizeof "version.server"];
	size_t length = dns_message_name(m->name, name, sizeof name);

	return m->class == DNS_CHAOS && m->type == DNS_TXT && length != 0 &&
	       (strcmp(name, "version.bind") == 0 || strcmp(name, "version.server") == 0);
}

static void on_lookup(struct query *query, struct facts *facts, const struct dns_message *m)
{
	if (m->type == DNS_AXFR || m->type == DNS_IXFR) {
		query->kind = TRANSFER;
		query->handle = transfer(facts, m);
	} else if (asks_for_version(m)) {
		query->kind = VERSION;
		query->handle = command(facts, "VERSION", 0);
	} else {
		query->handle = command(facts, "QUERY", 0);
		query->recurse = m->class == DNS_IN && (m->flags & DNS_RECURSION_DESIRED) != 0;
	}
	if (query->recurse)
		query->recursion = command(facts, "RECURSION", 0);
}

/* Returns it, and it waits. */
static struct query *on_query(struct dns *dns, struct facts *facts, const struct dns_message *m)
{
	struct answers_numbered *row = answers_put(&dns->pending, m->id, -1, 0);
	struct query *query = &dns->queries[answers_index(&dns->pending, row)];

	*query = (struct query){.handle = -1, .recursion = -1, .doubtful = dns->holed};
	query->is_signed = find_signature(m, facts);
	if (dns_opcode(m) == DNS_QUERY) {
		on_lookup(query, facts, m);
		return query;
	}
	query->kind = CHANGE;
	if (dns_opcode(m) == DNS_NOTIFY)
		query->handle = command(facts, "NOTIFY", 0);
	else if (deletes(m))
		query->handle = command(facts, "UPDATE DELETE", COMMAND_DESTRUCTIVE);
	else
		query->handle = command(facts, "UPDATE", 0);
	return query;
}

/* "9.18.49-1~deb12u3-Debian", "unbound 1.17.1", "dnsmasq-2.90", or whatever an operator likes */
static void on_version(struct facts *facts, struct bytes text)
{
	if (banner_product(text, products, sizeof products / sizeof *products, facts))
		return;
	if (text.left > 3 && text.at[0] == '9' && text.at[1] == '.' && text.at[2] >= '0' &&
	    text.at[2] <= '9') {
		FACTS_WORD(facts, product, "BIND");
		banner_version(text, facts);
	}
}

static void read_version(const struct dns_message *m, struct facts *facts)
{
	struct bytes records = m->records;
	struct dns_record record;

	if (m->answers == 0 || !dns_message_record(&records, &record) || record.type != DNS_TXT)
		return;
	on_version(facts, bytes_sub(&record.data, bytes_u8(&record.data)));
}

/* An answer that is not the server's own, or that there is none. */
static bool has_recursed(const struct dns_message *m)
{
	unsigned result = dns_result(m);

	return (m->flags & DNS_RECURSION_AVAILABLE) && (m->flags & DNS_RECURSION_DESIRED) &&
	       !(m->flags & (DNS_AUTHORITATIVE | DNS_TRUNCATED)) &&
	       ((result == NOERROR && m->answers != 0) || result == NXDOMAIN);
}

static void on_recursion(const struct query *query, struct facts *facts,
			 const struct dns_message *m)
{
	if (has_recursed(m)) {
		facts_set_service(facts, &services[OPEN_RESOLVER]);
		facts_command_result(facts, query->recursion, true);
		facts_set_auth(facts, AUTH_NONE);
	} else if (dns_result(m) == REFUSED || !(m->flags & DNS_RECURSION_AVAILABLE)) {
		facts_command_result(facts, query->recursion, false);
	}
}

static void on_lookup_answer(const struct query *query, struct facts *facts,
			     const struct dns_message *m)
{
	unsigned result = dns_result(m);
	bool ok = result == NOERROR || result == NXDOMAIN;

	facts_command_result(facts, query->handle, ok);
	if (query->recurse)
		on_recursion(query, facts, m);
	if (ok && !query->doubtful && (m->flags & DNS_AUTHORITATIVE))
		facts_set_auth(facts, AUTH_NONE);
}

/* Signed and not refused for that: the key was right. */
static void on_signed_answer(struct query *query, struct facts *facts, unsigned result)
{
	if (result == NOERROR || result == NOTAUTH)
		facts_login(facts, result == NOERROR);
	query->is_signed = false;
}

static void on_answer(struct query *query, struct facts *facts, const struct dns_message *m)
{
	unsigned result = dns_result(m);
	bool was_signed = query->is_signed;

	if (was_signed)
		on_signed_answer(query, facts, result);
	switch ((enum kind)query->kind) {
	case LOOK_UP:
		on_lookup_answer(query, facts, m);
		break;
	case VERSION:
		facts_command_result(facts, query->handle, result == NOERROR && m->answers != 0);
		if (result == NOERROR)
			read_version(m, facts);
		break;
	case TRANSFER:
		if (m->flags & DNS_TRUNCATED) /* over TCP, then */
			break;
		facts_command_result(facts, query->handle, result == NOERROR && m->answers != 0);
		if (result != NOERROR || m->answers == 0)
			break;
		facts_set_data_read(facts, ANSWER_YES);
		if (!was_signed && !query->doubtful && facts->logins_succeeded == 0)
			facts_set_auth(facts, AUTH_NONE);
		break;
	case CHANGE:
		facts_command_result(facts, query->handle, result == NOERROR);
		if (result == NOERROR && !was_signed && !query->doubtful &&
		    dns_opcode(m) == DNS_UPDATE)
			facts_set_auth(facts, AUTH_NONE);
		break;
	}
}

/* The question was not seen, but the answer repeats it. */
static void on_lone_answer(struct dns *dns, struct facts *facts, const struct dns_message *m)
{
	struct dns_message question = *m;

	if (m->questions == 0)
		return;
	question.answers = question.authorities = question.additional = 0;
	on_answer(on_query(dns, facts, &question), facts, m);
}

static void on_message(struct dns *dns, struct facts *facts, enum side from, struct bytes bytes)
{
	struct answers_numbered *row;
	struct dns_message m;
	struct query *query;

	if (dns_message_read(bytes, &m) != RECOGNISED_YES ||
	    ((m.flags & DNS_RESPONSE) != 0) != (from == SIDE_SERVER))
		return;
	if (from == SIDE_CLIENT) {
		on_query(dns, facts, &m);
		return;
	}
	row = answers_find(&dns->pending, m.id);
	if (row == NULL) {
		on_lone_answer(dns, facts, &m);
		return;
	}
	query = &dns->queries[answers_index(&dns->pending, row)];
	on_answer(query, facts, &m);
	row->waits = query->kind == TRANSFER; /* which takes many messages */
}

static void feed_datagram(void *state, struct facts *facts, struct feed *fed)
{
	on_message(state, facts, fed->from, fed->bytes);
}

static void feed_stream(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct dns *dns = state;
	struct frame *frame = &dns->frames[from];
	struct bytes input = fed->bytes, piece;

	dns->spoken = true;
	if (frame->lost)
		return;
	while (frames_header(frame, &input, 2)) {
		if (!frame->expected)
			frames_expect(frame, (uint32_t)(frame->header[0] << 8 | frame->header[1]));
		if (!frames_body(frame, &input, &piece))
			break;
		on_message(dns, facts, from, bytes_from(frame->body, frame->kept));
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct dns *dns = state;

	(void)facts;
	dns->holed |= from == SIDE_CLIENT;
	if (dns->spoken) /* before that, it began between two messages: the recogniser says so */
		frames_gap(&dns->frames[from], missing);
}

const struct dissector dns_dissector = {
	.name = "dns",
	.transports = OVER_TCP,
	.state_size = sizeof(struct dns),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a message with its length before it, whose names and counts add up",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = dns_message_recognise,
	.begin = begin,
	.feed = feed_stream,
	.gap = gap,
};

const struct dissector dns_udp_dissector = {
	.name = "dns-udp",
	.transports = OVER_UDP,
	.state_size = sizeof(struct dns),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a message whose names and counts add up to its end",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = dns_message_recognise,
	.begin = begin,
	.feed = feed_datagram,
};
