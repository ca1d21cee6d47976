/* SPDX-License-Identifier: ISC */
/* See event_words.h. */
#include "sensor/event/event_words.h"

#include "sensor/base/clock.h"

#include <string.h>

struct ingress event_ingress(const struct event *event)
{
	if (event->has_exposure)
		return event->exposure.ingress;
	return event->has_incident ? event->incident.ingress : (struct ingress){NULL, NULL};
}

int event_severity_number(uint8_t severity)
{
	return 10 + 20 * severity;
}

/* Zeek's conn.log tells how a connection ended; an event comes earlier: S1 is "established, not
 * yet ended", OTH is "no SYN seen". */
const char *event_conn_state(uint8_t outcome)
{
	switch (outcome) {
	case OUTCOME_SYN_ONLY:
	case OUTCOME_UDP_REQUEST_ONLY:
		return "S0";
	case OUTCOME_REFUSED:
		return "REJ";
	case OUTCOME_ESTABLISHED:
		return "S1";
	case OUTCOME_UDP_ANSWERED:
		return "SF";
	case OUTCOME_UDP_RESPONSE_ONLY:
		return "SHR";
	case OUTCOME_MIDSTREAM:
	case OUTCOME_CLIENT_ONLY:
	case OUTCOME_SERVER_ONLY:
		return "OTH";
	default:
		return "";
	}
}

const char *event_service_name(const struct event_context *context, uint16_t service)
{
	const struct service *row = services_get(context->services, service);

	return row != NULL ? row->name : "";
}

static bool is_set(const struct address *address)
{
	static const struct address unset;

	return !address_equal(address, &unset);
}

const struct address *event_server_seen(const struct exposure_view *exposure)
{
	return is_set(&exposure->server_seen) ? &exposure->server_seen : &exposure->server.address;
}

bool event_has_client(const struct exposure_view *exposure)
{
	/* One whom a proxy does not name has no address. */
	return is_set(&exposure->client) || exposure->carrier.by != FORWARDED_NOT;
}

const struct address *event_source(const struct exposure_view *exposure)
{
	return exposure->carrier.by != FORWARDED_NOT ? &exposure->carrier.address
						     : &exposure->client;
}

uint16_t event_source_port(const struct exposure_view *exposure)
{
	return exposure->carrier.by != FORWARDED_NOT ? exposure->carrier.port
						     : exposure->client_port;
}

struct address event_claimed(const struct facts *facts)
{
	struct address address;

	memcpy(address.bytes, facts->claimed, sizeof address.bytes);
	return address;
}

bool event_community_id(const struct exposure_view *exposure, char text[COMMUNITY_ID_TEXT])
{
	const struct endpoint *server = &exposure->server;

	const struct address *client = event_source(exposure);
	uint16_t port = event_source_port(exposure);

	if (!event_has_client(exposure) || port == 0 || server->port == 0)
		return false;
	if (server->outgoing)
		community_id(event_server_seen(exposure), exposure->client_port, &exposure->client,
			     server->port, server->transport, 0, text);
	else
		community_id(client, port, event_server_seen(exposure), server->port,
			     server->transport, 0, text);
	return true;
}

const char *event_certificate(const struct facts *facts, uint64_t ts_ns, unsigned at)
{
	uint64_t now_s = ts_ns / NS_PER_S;
	const struct {
		bool holds;
		const char *word;
	} words[] = {
		{facts->tls_not_after_s != 0 && now_s > facts->tls_not_after_s, "expired"},
		{now_s < facts->tls_not_before_s, "not-yet-valid"},
		{facts->tls_faults & TLS_SELF_SIGNED, "self-signed"},
		{facts->tls_faults & TLS_OTHER_NAME, "other-name"},
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (words[i].holds && at-- == 0)
			return words[i].word;
	}
	return "";
}

bool event_is_tls(const struct facts *facts)
{
	return facts->encryption == ENCRYPTION_TLS || facts->encryption == ENCRYPTION_STARTTLS ||
	       facts->tls_version[0] != '\0';
}
