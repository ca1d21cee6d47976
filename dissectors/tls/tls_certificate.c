/* SPDX-License-Identifier: ISC */
/*
 * A flat walk over DER: headers of what is of interest are entered, everything else is passed
 * over. The fields come in this order (RFC 5280 section 4.1):
 *
 *	Certificate ::= SEQUENCE { tbsCertificate SEQUENCE {
 *		[0] version OPTIONAL, serialNumber, signature, issuer Name,
 *		validity SEQUENCE { notBefore, notAfter }, subject Name, subjectPublicKeyInfo,
 *		… [3] extensions OPTIONAL }, … }
 *	Name ::= SEQUENCE OF SET OF SEQUENCE { type OBJECT IDENTIFIER, value }
 *
 * Anything unexpected ends the walk: no name is better than a wrong one.
 */
#include "dissectors/tls/tls_certificate.h"

#include <strings.h>

#include "dissectors/read/ber.h"

enum step {
	STEP_LIST,
	STEP_OUTER,
	STEP_TBS,
	STEP_VERSION,
	STEP_SERIAL,
	STEP_ALGORITHM,
	STEP_ISSUER,
	STEP_ISSUER_PART,
	STEP_ISSUER_TYPE,
	STEP_ISSUER_VALUE,
	STEP_VALIDITY,
	STEP_NOT_BEFORE,
	STEP_BEGIN,
	STEP_NOT_AFTER,
	STEP_TIME,
	STEP_SUBJECT,
	STEP_SUBJECT_PART,
	STEP_SUBJECT_TYPE,
	STEP_SUBJECT_VALUE,
	STEP_KEY,	     /* the subject's */
	STEP_TRAILER,	     /* what follows it: the extensions are [3] */
	STEP_EXTENSION_LIST, /* SEQUENCE OF */
	STEP_EXTENSION,	     /* SEQUENCE { type, critical DEFAULT FALSE, value OCTET STRING } */
	STEP_EXTENSION_TYPE,
	STEP_TYPE,
	STEP_OTHER_VALUE,    /* of an extension of no interest */
	STEP_HOSTS_CRITICAL, /* of subjectAltName (section 4.2.1.6), or its value */
	STEP_HOSTS,	     /* SEQUENCE OF GeneralName */
	STEP_HOST,
	STEP_HOST_NAME,
	STEP_DONE,
};

enum {
	TAG_OID = 0x06,
	TAG_UTC_TIME = 0x17,
	TAG_GENERALIZED_TIME = 0x18,
	TAG_BMP_STRING = 0x1e,
	TAG_SEQUENCE = 0x30,
	TAG_SET = 0x31,
	TAG_VERSION = 0xa0,
	TAG_BOOLEAN = 0x01,
	TAG_OCTET_STRING = 0x04,
	TAG_EXTENSIONS = 0xa3,
	TAG_DNS_NAME = 0x82, /* a GeneralName's */
};

enum attribute {
	ATTRIBUTE_OTHER,
	ATTRIBUTE_COMMON_NAME,
	ATTRIBUTE_ORGANIZATION,
};

#define HEADER_MAX	5     /* bytes: what is longer is no certificate */
#define LIST_HEAD	6     /* bytes in front of the first certificate */
#define CERTIFICATE_MAX 16384 /* bytes */
#define VALUE_MAX	64    /* ub-common-name, ub-organization-name of RFC 5280 appendix A */

struct der {
	uint8_t tag;
	uint8_t header; /* bytes that tag and length took */
	uint32_t length;
};

/* False if the header is not complete: then more bytes have been asked for, or the walk ended. */
static bool der_header(struct walker *w, struct der *der)
{
	size_t size = ber_head_size(w->scratch, w->have);
	struct bytes b = walker_bytes(w);

	if (size == 0 || size > HEADER_MAX) {
		w->step = STEP_DONE;
		return false;
	}
	if (w->have < size) {
		w->need = (uint8_t)size;
		return false;
	}
	der->tag = ber_head(&b, &der->length);
	der->header = w->have;
	return true;
}

/* Escapes as RFC 4514 section 2.4 wants; returns the length written, at most `size`. */
static size_t escape(char *out, size_t size, const uint8_t *value, size_t length, uint8_t tag)
{
	size_t n = 0;

	for (size_t i = 0; i < length; i++) {
		char c = (char)value[i];
		bool edge = (i == 0 && (c == ' ' || c == '#')) || (i + 1 == length && c == ' ');

		if (tag == TAG_BMP_STRING && c == '\0')
			continue;
		if (n + 2 > size)
			break;
		if (edge || (c != '\0' && strchr(",+\"\\<>;", c) != NULL))
			out[n++] = '\\';
		out[n++] = c;
	}
	return n;
}

/* RFC 4514 section 2.1: the last part of the name comes first, so each new one goes in front. */
static void prepend(struct tls_certificate *c, const struct walker *w)
{
	char part[2 + 1 + 2 * VALUE_MAX + 1];
	size_t n = 0;
	size_t kept;

	if (c->attribute == ATTRIBUTE_OTHER)
		return;
	if (c->attribute == ATTRIBUTE_COMMON_NAME)
		part[n++] = 'C';
	part[n++] = c->attribute == ATTRIBUTE_COMMON_NAME ? 'N' : 'O';
	part[n++] = '=';
	n += escape(part + n, 2 * VALUE_MAX, w->scratch, w->have, c->tag);
	if (c->name_length != 0)
		part[n++] = ',';
	if (n > sizeof c->name)
		n = sizeof c->name;
	kept = sizeof c->name - n < c->name_length ? sizeof c->name - n : c->name_length;
	memmove(c->name + n, c->name, kept);
	memcpy(c->name, part, n);
	c->name_length = (uint8_t)(n + kept);
	c->attribute = ATTRIBUTE_OTHER;
}

static void name_begin(struct tls_certificate *c, const struct der *der)
{
	c->from = c->seen;
	c->to = c->from + der->length;
	c->name_left = der->tag == TAG_SEQUENCE ? der->length : 0;
	c->name_length = 0;
	c->attribute = ATTRIBUTE_OTHER;
}

/* What follows one part of a name: the next part, or what follows the name. */
static void name_next(struct tls_certificate *c, struct walker *w, struct facts *facts,
		      uint64_t skip)
{
	bool issuer = w->step >= STEP_ISSUER && w->step <= STEP_ISSUER_VALUE;

	if (c->name_left != 0) {
		walker_ask(w, issuer ? STEP_ISSUER_PART : STEP_SUBJECT_PART, skip, 2);
	} else if (issuer) {
		FACTS_TEXT(facts, tls_issuer, c->name, c->name_length);
		walker_ask(w, STEP_VALIDITY, skip, 2);
	} else {
		FACTS_TEXT(facts, tls_subject, c->name, c->name_length);
		c->subject_known = true;
		walker_ask(w, STEP_KEY, skip, 2);
	}
}

static void name_part(struct tls_certificate *c, struct walker *w, struct facts *facts,
		      const struct der *der)
{
	bool enter = der->tag == TAG_SEQUENCE || der->tag == TAG_SET;
	uint64_t size = der->header + (enter ? 0 : (uint64_t)der->length);
	uint8_t step = (uint8_t)(w->step + (der->tag == TAG_OID ? 1 : 2));

	if (size > c->name_left) {
		w->step = STEP_DONE;
		return;
	}
	c->name_left -= (uint32_t)size;
	if (enter) {
		name_next(c, w, facts, 0);
		return;
	}
	c->tag = der->tag;
	walker_ask(w, step, 0, der->length < VALUE_MAX ? der->length : VALUE_MAX);
	/* The rest of a longer value is passed over in front of the next part. */
	c->value_rest = der->length - w->need;
}

static void name_type(struct tls_certificate *c, const struct walker *w)
{
	static const uint8_t common_name[] = {0x55, 0x04, 0x03};  /* 2.5.4.3 */
	static const uint8_t organization[] = {0x55, 0x04, 0x0a}; /* 2.5.4.10 */

	c->attribute = ATTRIBUTE_OTHER;
	if (w->have != sizeof common_name)
		return;
	if (memcmp(w->scratch, common_name, sizeof common_name) == 0)
		c->attribute = ATTRIBUTE_COMMON_NAME;
	else if (memcmp(w->scratch, organization, sizeof organization) == 0)
		c->attribute = ATTRIBUTE_ORGANIZATION;
}

/*
 * Days since 1970-01-01 in the Gregorian calendar; the year is shifted so that it ends in February.
 */
static int64_t days_from_date(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

/* "YYMMDDHHMMSSZ" or "YYYYMMDDHHMMSSZ" (RFC 5280 section 4.1.2.5); 0 if it is neither. */
static uint64_t parse_time(const uint8_t *text, size_t length, uint8_t tag)
{
	size_t digits = tag == TAG_UTC_TIME ? 12 : 14;
	int64_t pair[7], year, seconds;
	size_t from;

	if (length != digits + 1 || text[digits] != 'Z')
		return 0;
	from = 7 - digits / 2;
	for (size_t i = 0; i < digits / 2; i++) {
		if (text[2 * i] < '0' || text[2 * i] > '9' || text[2 * i + 1] < '0' ||
		    text[2 * i + 1] > '9')
			return 0;
		pair[from + i] = (text[2 * i] - '0') * 10 + (text[2 * i + 1] - '0');
	}
	if (from == 1)
		pair[0] = pair[1] < 50 ? 20 : 19;
	year = pair[0] * 100 + pair[1];
	if (pair[2] < 1 || pair[2] > 12 || pair[3] < 1 || pair[3] > 31 || pair[4] > 23 ||
	    pair[5] > 59 || pair[6] > 60)
		return 0;
	seconds = days_from_date(year, pair[2], pair[3]) * 86400 + pair[4] * 3600 + pair[5] * 60 +
		  pair[6];
	return seconds > 0 ? (uint64_t)seconds : 0;
}

static void take_time(struct tls_certificate *c, struct walker *w, struct facts *facts)
{
	uint64_t time_s = parse_time(w->scratch, w->have, c->tag);
	bool end = w->step == STEP_TIME;
	uint64_t *field = end ? &facts->tls_not_after_s : &facts->tls_not_before_s;

	if (time_s != 0 && time_s != *field) {
		*field = time_s;
		facts->revision++;
	}
	walker_ask(w, end ? STEP_SUBJECT : STEP_NOT_AFTER, 0, 2);
}

/* RFC 6125 section 6.4: upper and lower case are the same; "*." stands for one label. */
static bool is_host(struct bytes name, const char *host)
{
	const char *dot = strchr(host, '.');

	if (bytes_start_with(&name, "*.") && dot != NULL) {
		host = dot + 1;
		bytes_skip(&name, 2);
	}
	return strlen(host) == name.left && name.left != 0 &&
	       strncasecmp(host, (const char *)name.at, name.left) == 0;
}

static void take_host(struct tls_certificate *c, struct bytes name, const struct facts *facts)
{
	c->named = true;
	c->matches |= is_host(name, facts->host);
}

/* The next of the list at hand, which lies behind `skip` bytes. */
static void list_next(struct tls_certificate *c, struct walker *w, enum step step, uint64_t skip)
{
	if (c->list_left == 0)
		w->step = STEP_DONE;
	else
		walker_ask(w, (uint8_t)step, skip, 2);
}

/* A header of what is in the list: it must not go beyond it. */
static bool list_take(struct tls_certificate *c, struct walker *w, const struct der *der, bool all)
{
	uint64_t size = der->header + (all ? (uint64_t)der->length : 0);

	if (size > c->list_left) {
		w->step = STEP_DONE;
		return false;
	}
	c->list_left -= (uint32_t)size;
	return true;
}

/* The header of an extension's part. */
static void take_extension(struct tls_certificate *c, struct walker *w, const struct der *der)
{
	switch (w->step) {
	case STEP_EXTENSION: /* the whole of it is entered */
		if (list_take(c, w, der, false))
			walker_ask(w, STEP_EXTENSION_TYPE, 0, 2);
		break;
	case STEP_EXTENSION_TYPE:
		if (der->tag != TAG_OID || der->length == 0 || der->length > WALKER_SCRATCH)
			w->step = STEP_DONE;
		else if (list_take(c, w, der, true))
			walker_ask(w, STEP_TYPE, 0, der->length);
		break;
	case STEP_HOSTS_CRITICAL:
	case STEP_OTHER_VALUE: {
		bool hosts = w->step == STEP_HOSTS_CRITICAL;

		if (der->tag == TAG_OCTET_STRING && hosts)
			walker_ask(w, STEP_HOSTS, 0, 2);
		else if (!list_take(c, w, der, true))
			break;
		else if (der->tag == TAG_BOOLEAN)
			walker_ask(w, w->step, der->length, 2);
		else
			list_next(c, w, STEP_EXTENSION, der->length);
		break;
	}
	case STEP_HOSTS:
		c->list_left = der->length;
		list_next(c, w, STEP_HOST, 0);
		break;
	default: /* STEP_HOST */
		if (!list_take(c, w, der, true))
			break;
		if (der->tag == TAG_DNS_NAME && der->length != 0 && der->length <= WALKER_SCRATCH)
			walker_ask(w, STEP_HOST_NAME, 0, der->length);
		else
			list_next(c, w, STEP_HOST, der->length);
		break;
	}
}

static void take_trailer(struct tls_certificate *c, struct walker *w, const struct der *der)
{
	if (w->step == STEP_EXTENSION_LIST) {
		c->list_left = der->length;
		list_next(c, w, STEP_EXTENSION, 0);
	} else if (der->tag == TAG_EXTENSIONS) {
		walker_ask(w, STEP_EXTENSION_LIST, 0, 2);
	} else if (der->tag & 0x80) { /* unique identifiers */
		walker_ask(w, STEP_TRAILER, der->length, 2);
	} else {
		w->step = STEP_DONE;
	}
}

/* A header outside of names: which of them are entered, which passed over. */
static void take_field(struct tls_certificate *c, struct walker *w, struct facts *facts,
		       const struct der *der)
{
	switch (w->step) {
	case STEP_OUTER:
	case STEP_TBS:
	case STEP_VALIDITY:
		if (der->tag == TAG_SEQUENCE)
			walker_ask(w, (uint8_t)(w->step + 1), 0, 2);
		else
			w->step = STEP_DONE;
		break;
	case STEP_VERSION:
		walker_ask(w, der->tag == TAG_VERSION ? STEP_SERIAL : STEP_ALGORITHM, der->length,
			   2);
		break;
	case STEP_SERIAL:
	case STEP_ALGORITHM:
	case STEP_KEY:
		walker_ask(w, (uint8_t)(w->step + 1), der->length, 2);
		break;
	case STEP_NOT_BEFORE:
	case STEP_NOT_AFTER:
		c->tag = der->tag;
		if (der->length <= WALKER_SCRATCH)
			walker_ask(w, w->step == STEP_NOT_AFTER ? STEP_TIME : STEP_BEGIN, 0,
				   der->length);
		else
			w->step = STEP_DONE;
		break;
	case STEP_ISSUER:
	case STEP_SUBJECT:
		name_begin(c, der);
		name_next(c, w, facts, 0);
		break;
	case STEP_TRAILER:
	case STEP_EXTENSION_LIST:
		take_trailer(c, w, der);
		break;
	default:
		if (w->step > STEP_EXTENSION_LIST)
			take_extension(c, w, der);
		else
			name_part(c, w, facts, der);
		break;
	}
}

/* What is longer than any certificate is not hashed, and has no faults. */
static void take_list(struct tls_certificate *c, struct walker *w)
{
	struct bytes b = walker_bytes(w);
	uint32_t length;

	bytes_skip(&b, 3);
	length = bytes_be24(&b);
	if (length != 0 && length <= CERTIFICATE_MAX)
		c->end = LIST_HEAD + length;
	walker_ask(w, STEP_OUTER, 0, 2);
}

static bool is_hosts(const struct walker *w)
{
	static const uint8_t type[] = {0x55, 0x1d, 0x11}; /* 2.5.29.17 */

	return w->have == sizeof type && memcmp(w->scratch, type, sizeof type) == 0;
}

static void take_step(struct tls_certificate *c, struct walker *w, struct facts *facts)
{
	struct der der;

	switch (w->step) {
	case STEP_LIST: /* u24 length of the list, u24 length of the first certificate */
		take_list(c, w);
		break;
	case STEP_ISSUER_TYPE:
	case STEP_SUBJECT_TYPE:
		name_type(c, w);
		name_next(c, w, facts, c->value_rest);
		break;
	case STEP_ISSUER_VALUE:
	case STEP_SUBJECT_VALUE:
		prepend(c, w);
		name_next(c, w, facts, c->value_rest);
		break;
	case STEP_BEGIN:
	case STEP_TIME:
		take_time(c, w, facts);
		break;
	case STEP_TYPE:
		walker_ask(w, is_hosts(w) ? STEP_HOSTS_CRITICAL : STEP_OTHER_VALUE, 0, 2);
		break;
	case STEP_HOST_NAME:
		take_host(c, walker_bytes(w), facts);
		list_next(c, w, STEP_HOST, 0);
		break;
	default:
		if (der_header(w, &der))
			take_field(c, w, facts, &der);
		break;
	}
}

/* Does the part of [from, to) that these bytes are, which begin at `at`, lie in `*part`? */
static bool part_of(uint32_t from, uint32_t to, uint32_t at, struct bytes bytes, struct bytes *part)
{
	uint32_t end = at + (uint32_t)bytes.left;

	from = from > at ? from : at;
	to = to < end ? to : end;
	if (from >= to)
		return false;
	bytes_skip(&bytes, from - at);
	*part = bytes_sub(&bytes, to - from);
	return true;
}

/* FNV-1a. */
static void hash_name(uint64_t *hash, struct bytes part)
{
	for (size_t i = 0; i < part.left; i++)
		*hash = (*hash ^ part.at[i]) * 0x100000001b3u;
}

static void finish(const struct tls_certificate *c, struct facts *facts)
{
	const char *name = strstr(facts->tls_subject, "CN=");
	size_t n = name != NULL ? strcspn(name + 3, ",") : 0;
	bool matches = c->matches;
	uint8_t faults = 0;

	if (!c->named && name != NULL)
		matches = is_host(bytes_from(name + 3, n), facts->host);
	if (c->subject_known && c->issuer_hash == c->subject_hash)
		faults |= TLS_SELF_SIGNED;
	if (c->asked && c->subject_known && !matches && (c->named || name != NULL))
		faults |= TLS_OTHER_NAME;
	if (faults != facts->tls_faults) {
		facts->tls_faults = faults;
		facts->revision++;
	}
}

/* The bytes of the first certificate, wherever they were cut. */
static void hash_certificate(struct tls_certificate *c, struct facts *facts, struct bytes body)
{
	uint8_t sum[SHA256_SIZE];
	char text[2 * SHA256_SIZE + 1];
	struct bytes part;

	if (c->end == 0 || !part_of(LIST_HEAD, c->end, c->seen, body, &part))
		return;
	sha256_add(&c->sha, part.at, part.left);
	if (c->seen + body.left < c->end)
		return;
	sha256_end(&c->sha, sum);
	sha256_text(sum, text, 2 * SHA256_SIZE);
	FACTS_TEXT(facts, tls_sha256, text, 2 * SHA256_SIZE);
	finish(c, facts);
}

void tls_certificate_begin(struct tls_certificate *certificate, struct walker *walker, bool asked)
{
	*certificate = (struct tls_certificate){.asked = asked};
	sha256_begin(&certificate->sha);
	walker_ask(walker, STEP_LIST, 0, LIST_HEAD);
}

void tls_certificate_feed(struct tls_certificate *certificate, struct walker *walker,
			  struct facts *facts, struct bytes body)
{
	struct tls_certificate *c = certificate;
	bool more = walker->step != STEP_DONE;

	while (body.left != 0) {
		struct bytes taken = body, part;

		more = walker->step != STEP_DONE && walker_take(walker, &body);
		if (walker->step == STEP_DONE)
			body.left = 0;
		taken.left -= body.left;
		if (part_of(c->from, c->to, c->seen, taken, &part))
			hash_name(c->subject_known || walker->step >= STEP_SUBJECT
					  ? &c->subject_hash
					  : &c->issuer_hash,
				  part);
		hash_certificate(c, facts, taken);
		c->seen += (uint32_t)taken.left;
		if (more)
			take_step(c, walker, facts);
	}
}
