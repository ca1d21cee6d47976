/* SPDX-License-Identifier: ISC */
/*
 * What SCTP carries: telephony's and mobile networks' signalling, told by the payload protocol
 * identifier (PPID) that stands before every message (RFC 9260 section 3.3.1; IANA, "SCTP Payload
 * Protocol Identifiers"; 3GPP TS 36.412, 36.422, 38.412, 38.422, 38.472). The messages are not
 * read; none of these protocols has a log-in of its own. Diameter has a file of its own.
 */
#include "dissectors/dissector.h"

enum user {
	USER_S1AP,
	USER_NGAP,
	USER_X2AP,
	USER_XNAP,
	USER_F1AP,
	USER_E1AP,
	USER_M3UA,
	USER_M2UA,
	USER_M2PA,
	USER_SUA,
	USER_IUA,
	USER_MEGACO,
	USER_LCSAP,
	USER_SBCAP,
	USER_SGSAP,
	USER_HNBAP,
	USER_COUNT
};

#define PORTS(...) ((const uint16_t[]){__VA_ARGS__, 0})
#define USER(id, NAME, ABOUT, ...)                                                                 \
	[USER_##id] = {                                                                            \
		.name = (NAME),                                                                    \
		.family = FAMILY_INFRASTRUCTURE,                                                   \
		.about = (ABOUT),                                                                  \
		.ports = PORTS(__VA_ARGS__),                                                       \
	}

static const struct service services[USER_COUNT] = {
	USER(S1AP, "s1ap", "4G: base stations to the core (MME)", 36412),
	USER(NGAP, "ngap", "5G: base stations to the core (AMF)", 38412),
	USER(X2AP, "x2ap", "4G: between base stations", 36422),
	USER(XNAP, "xnap", "5G: between base stations", 38422),
	USER(F1AP, "f1ap", "5G: the two halves of a base station", 38472),
	USER(E1AP, "e1ap", "5G: control and user part of a base station", 38462),
	USER(M3UA, "m3ua", "SS7 over IP: MTP3 users", 2905),
	USER(M2UA, "m2ua", "SS7 over IP: MTP2 users", 2904),
	USER(M2PA, "m2pa", "SS7 over IP: MTP2 peers", 3565),
	USER(SUA, "sua", "SS7 over IP: SCCP users", 14001),
	USER(IUA, "iua", "ISDN over IP", 9900),
	USER(MEGACO, "megaco", "control of media gateways: H.248", 2944, 2945),
	USER(LCSAP, "lcsap", "4G: where subscribers are", 9082),
	USER(SBCAP, "sbcap", "4G: broadcasts of warnings", 29168),
	USER(SGSAP, "sgsap", "4G and 3G: circuit-switched calls", 29118),
	USER(HNBAP, "hnbap", "3G: home base stations", 29169),
};

/* Those under DTLS have a number of their own in some cases. */
static const struct {
	uint32_t ppid;
	uint8_t user;
} ppids[] = {
	{1, USER_IUA},	  {2, USER_M2UA},  {3, USER_M3UA},   {4, USER_SUA},    {5, USER_M2PA},
	{7, USER_MEGACO}, {18, USER_S1AP}, {20, USER_HNBAP}, {24, USER_SBCAP}, {27, USER_X2AP},
	{29, USER_LCSAP}, {60, USER_NGAP}, {61, USER_XNAP},  {62, USER_F1AP},  {64, USER_E1AP},
	{66, USER_NGAP},  {68, USER_F1AP},
};

static const struct service *user_of(struct bytes message)
{
	uint32_t ppid = bytes_be32(&message);

	for (size_t i = 0; i < sizeof ppids / sizeof *ppids && !message.failed; i++) {
		if (ppids[i].ppid == ppid)
			return &services[ppids[i].user];
	}
	return NULL;
}

static enum recognised recognise_side(struct bytes message)
{
	if (message.left == 0)
		return RECOGNISED_MORE;
	return user_of(message) != NULL ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	return dissector_by_both(recognise_side(opening->side[SIDE_CLIENT]),
				 recognise_side(opening->side[SIDE_SERVER]), opening->one_sided);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	const struct service *user = user_of(fed->bytes);

	(void)state;
	if (user == NULL)
		return;
	if (facts->service == NULL)
		facts_begin(facts, user);
	else
		facts_set_service(facts, user);
}

const struct dissector sctp_users_dissector = {
	.name = "sctp_users",
	.transports = OVER_SCTP,
	.service_count = USER_COUNT,
	.services = services,
	.recognised = "the payload protocol identifier of SCTP's messages",
	.reads = READS_ENCRYPTION,
	.recognise = recognise,
	.feed = feed,
};
