/* SPDX-License-Identifier: ISC */
/*
 * See identify.h. The one file that sees nDPI: 4.2 as in Debian 12 and 13. Its protocol numbers
 * change with its releases; the names on the right are ours and do not.
 *
 * nDPI keeps host names and log-ins of what it inspects in its flow state (telnet passwords among
 * them): nothing but the protocol number is ever read from there. Its caches, by which one
 * conversation names another of the same hosts, know only protocols that have no name here
 * (BitTorrent, calls, mining, applications inside TLS): they change no answer of ours.
 */
#include "sensor/session/identify.h"

#include <limits.h>
#include <ndpi/ndpi_api.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/session/ruled_out.h"

/* nDPI's detection state, kept behind our own bookkeeping. */
struct ndpi_state {
	struct ndpi_state *next_free;
	struct ndpi_flow_struct *flow;
};

struct identify {
	struct ndpi_detection_module_struct *module;
	struct ndpi_state *states, *free_states;
	uint8_t *flows; /* ndpi_flows * flow_size bytes */
	size_t flow_size;
	struct identify_stats stats;
	struct ruled_out ruled_out;
	uint16_t services[NDPI_LAST_IMPLEMENTED_PROTOCOL]; /* nDPI's number → ours */
};

static const struct {
	uint16_t number;
	const char *name;
} names[] = {
	{NDPI_PROTOCOL_FTP_CONTROL, "ftp"},
	{NDPI_PROTOCOL_MAIL_POP, "pop3"},
	{NDPI_PROTOCOL_MAIL_POPS, "pop3"},
	{NDPI_PROTOCOL_MAIL_SMTP, "smtp"},
	{NDPI_PROTOCOL_MAIL_SMTPS, "smtp"},
	{NDPI_PROTOCOL_MAIL_IMAP, "imap"},
	{NDPI_PROTOCOL_MAIL_IMAPS, "imap"},
	{NDPI_PROTOCOL_DNS, "dns"},
	{NDPI_PROTOCOL_HTTP, "http"},
	{NDPI_PROTOCOL_NTP, "ntp"},
	{NDPI_PROTOCOL_NETBIOS, "netbios"},
	{NDPI_PROTOCOL_NFS, "nfs"},
	{NDPI_PROTOCOL_SNMP, "snmp"},
	{NDPI_PROTOCOL_SMBV1, "smb"},
	{NDPI_PROTOCOL_SMBV23, "smb"},
	{NDPI_PROTOCOL_SYSLOG, "syslog"},
	{NDPI_PROTOCOL_POSTGRES, "postgresql"},
	{NDPI_PROTOCOL_MYSQL, "mysql"},
	{NDPI_PROTOCOL_MSSQL_TDS, "mssql"},
	{NDPI_PROTOCOL_REDIS, "redis"},
	{NDPI_PROTOCOL_MONGODB, "mongodb"},
	{NDPI_PROTOCOL_MEMCACHED, "memcached"},
	{NDPI_PROTOCOL_LDAP, "ldap"},
	{NDPI_PROTOCOL_TELNET, "telnet"},
	{NDPI_PROTOCOL_SSH, "ssh"},
	{NDPI_PROTOCOL_RDP, "rdp"},
	{NDPI_PROTOCOL_VNC, "vnc"},
	{NDPI_PROTOCOL_RSYNC, "rsync"},
	{NDPI_PROTOCOL_TFTP, "tftp"},
	{NDPI_PROTOCOL_TLS, "tls"},
	{NDPI_PROTOCOL_AMQP, "amqp"},
	{NDPI_PROTOCOL_MQTT, "mqtt"},
	{NDPI_PROTOCOL_AJP, "ajp"},
	{NDPI_PROTOCOL_ZABBIX, "zabbix"},
	{NDPI_PROTOCOL_SIP, "sip"},
	{NDPI_PROTOCOL_SOCKS, "socks"},
	{NDPI_PROTOCOL_KERBEROS, "kerberos"},
	{NDPI_PROTOCOL_XDMCP, "xdmcp"},
	{NDPI_PROTOCOL_DRDA, "db2"},
	{NDPI_PROTOCOL_AFP, "afp"},
	{NDPI_PROTOCOL_COLLECTD, "collectd"},
};

static void map_services(struct identify *identify, const struct services *services)
{
	for (size_t i = 0; i < NDPI_LAST_IMPLEMENTED_PROTOCOL; i++)
		identify->services[i] = POLICY_NO_SERVICE;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		identify->services[names[i].number] = services_find(services, names[i].name);
}

static size_t flow_size(void)
{
	return ndpi_detection_get_sizeof_ndpi_flow_struct();
}

uint64_t identify_bytes(uint32_t ndpi_flows)
{
	const struct identify *identify = NULL;

	return sizeof *identify + ndpi_flows * (sizeof *identify->states + (uint64_t)flow_size());
}

static bool make_states(struct identify *identify, uint32_t count)
{
	identify->flow_size = flow_size();
	identify->states = calloc(count, sizeof *identify->states);
	identify->flows = calloc(count, identify->flow_size);
	if (!identify->states || !identify->flows)
		return false;
	for (uint32_t i = count; i-- > 0;) {
		struct ndpi_state *state = &identify->states[i];

		state->flow = (void *)(identify->flows + i * identify->flow_size);
		state->next_free = identify->free_states;
		identify->free_states = state;
	}
	return true;
}

/* Without the list of Tor's hosts: who somebody is known to be says nothing about the protocol. */
static bool make_module(struct identify *identify)
{
	NDPI_PROTOCOL_BITMASK all;

	identify->module = ndpi_init_detection_module(ndpi_dont_load_tor_hosts);
	if (!identify->module)
		return false;
	NDPI_BITMASK_SET_ALL(all);
	ndpi_set_protocol_detection_bitmask2(identify->module, &all);
	ndpi_finalize_initialization(identify->module);
	return true;
}

struct identify *identify_new(const struct services *services, uint32_t ndpi_flows, bool late)
{
	struct identify *identify = calloc(1, sizeof *identify);

	if (!identify)
		return NULL;
	if ((!late && !make_module(identify)) || !make_states(identify, ndpi_flows)) {
		identify_free(identify);
		return NULL;
	}
	map_services(identify, services);
	return identify;
}

void identify_free(struct identify *identify)
{
	if (!identify)
		return;
	if (identify->module)
		ndpi_exit_detection_module(identify->module);
	free(identify->states);
	free(identify->flows);
	free(identify);
}

void identity_begin(struct identity *identity)
{
	*identity = (struct identity){.ndpi_service = POLICY_NO_SERVICE};
}

/* The first from `i` on that has not refused; dissector_count or more: none. */
static size_t next_asked(const struct identity *identity, size_t i)
{
	while (i < dissector_count) {
		uint64_t asked = ~identity->refused[i / 64] >> (i % 64);

		if (asked != 0)
			return i + (size_t)__builtin_ctzll(asked);
		i = (i / 64 + 1) * 64;
	}
	return i;
}

void identify_rule_out(struct identify *identify, const struct opening *opening, enum side first,
		       uint64_t refused[DISSECTORS_MAX / 64])
{
	ruled_out(&identify->ruled_out, opening, first, refused);
}

const struct dissector *identify_own(struct identity *identity, const struct opening *opening)
{
	size_t shown = opening->side[SIDE_CLIENT].left + opening->side[SIDE_SERVER].left;

	for (size_t i = next_asked(identity, 0); i < dissector_count;
	     i = next_asked(identity, i + 1)) {
		uint64_t bit = 1ull << (i % 64);

		if (!(dissectors[i]->transports & opening->transport)) {
			identity->refused[i / 64] |= bit;
			continue;
		}
		identity->work += IDENTIFY_WORK + shown;
		switch (dissectors[i]->recognise(opening)) {
		case RECOGNISED_YES:
			return dissectors[i];
		case RECOGNISED_NO:
			identity->refused[i / 64] |= bit;
			break;
		case RECOGNISED_MORE:
			break;
		}
	}
	return NULL;
}

bool identify_own_refused(const struct identity *identity, const struct dissector *dissector)
{
	for (size_t i = 0; i < dissector_count; i++) {
		if (dissectors[i] == dissector)
			return (identity->refused[i / 64] & 1ull << (i % 64)) != 0;
	}
	return true;
}

bool identify_own_exhausted(const struct identity *identity)
{
	return next_asked(identity, 0) >= dissector_count;
}

static struct ndpi_state *take_state(struct identify *identify)
{
	struct ndpi_state *state = identify->free_states;

	if (!state || (!identify->module && !make_module(identify))) {
		identify->stats.ndpi_refused++;
		return NULL;
	}
	identify->free_states = state->next_free;
	memset(state->flow, 0, identify->flow_size);
	return state;
}

void identity_end(struct identify *identify, struct identity *identity)
{
	identity->ndpi_done = true;
	if (!identity->ndpi)
		return;
	ndpi_free_flow_data(identity->ndpi->flow);
	identity->ndpi->next_free = identify->free_states;
	identify->free_states = identity->ndpi;
	identity->ndpi = NULL;
}

/* Ours for nDPI's pair of numbers: the more special one first. */
static uint16_t service_of(const struct identify *identify, ndpi_protocol protocol)
{
	uint16_t numbers[] = {protocol.app_protocol, protocol.master_protocol};

	for (int i = 0; i < 2; i++) {
		if (numbers[i] < NDPI_LAST_IMPLEMENTED_PROTOCOL &&
		    identify->services[numbers[i]] != POLICY_NO_SERVICE)
			return identify->services[numbers[i]];
	}
	return POLICY_NO_SERVICE;
}

void identify_ndpi(struct identify *identify, struct identity *identity, struct bytes ip,
		   uint64_t ts_ns)
{
	ndpi_protocol protocol;
	uint16_t length;

	if (identity->ndpi_done)
		return;
	if (!identity->ndpi)
		identity->ndpi = take_state(identify);
	if (!identity->ndpi) {
		identity->ndpi_done = true;
		return;
	}
	length = ip.left > USHRT_MAX ? USHRT_MAX : (uint16_t)ip.left;
	identify->stats.ndpi_packets++;
	protocol = ndpi_detection_process_packet(identify->module, identity->ndpi->flow, ip.at,
						 length, ts_ns / NS_PER_MS);
	if ((protocol.app_protocol != NDPI_PROTOCOL_UNKNOWN ||
	     protocol.master_protocol != NDPI_PROTOCOL_UNKNOWN) &&
	    identity->ndpi->flow->confidence == NDPI_CONFIDENCE_DPI) {
		identity->ndpi_service = service_of(identify, protocol);
		identify->stats.ndpi_identified++;
		identity_end(identify, identity);
	} else if (identity->packets >= IDENTIFY_PACKETS) {
		identity_end(identify, identity);
	}
}

/* What TLS names runs inside of it, by ALPN: that says nothing about what is not encrypted. */
static bool is_known_in_clear(const struct dissector *dissector, size_t row)
{
	return dissector != &tls_dissector || row == 0;
}

bool identify_trusts_ndpi(const struct service *service)
{
	for (size_t i = 0; i < dissector_count; i++) {
		for (size_t j = 0; j < dissectors[i]->service_count; j++) {
			if (is_known_in_clear(dissectors[i], j) &&
			    strcmp(dissectors[i]->services[j].name, service->name) == 0)
				return false;
		}
	}
	return true;
}

void identify_stats(const struct identify *identify, struct identify_stats *stats)
{
	*stats = identify->stats;
}
