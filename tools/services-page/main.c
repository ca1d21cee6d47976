/* SPDX-License-Identifier: ISC */
/*
 * Prints spanwatch-services(7), in mdoc, from the table of dissectors: the page cannot differ from
 * the program. The build calls it; see the Makefile.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "dissectors/dissector.h"
#include "sensor/base/services.h"

static const struct {
	uint32_t flag;
	const char *word, *meaning;
} facts[] = {
	{READS_PRODUCT, "product", "what software answers"},
	{READS_VERSION, "version", "its version"},
	{READS_AUTH, "log-in",
	 "whether credentials were asked for, refused or accepted, or needless"},
	{READS_USER, "user", "who logged in or tried to; never the secret"},
	{READS_MECHANISM, "mechanism", "how"},
	{READS_COMMANDS, "commands", "what was asked for, and whether it was accepted"},
	{READS_LISTINGS, "listings", "which of these asked for lists or records"},
	{READS_DESTRUCTION, "destruction", "which of these delete or overwrite in bulk"},
	{READS_EXECUTION, "execution", "which of these run code, or reach files of the server"},
	{READS_DATA, "data", "whether stored data were returned"},
	{READS_ENCRYPTION, "encryption", "clear, TLS, or the protocol's own"},
	{READS_STARTTLS, "STARTTLS", "that a clear conversation turned into TLS"},
	{READS_HOST, "host", "the name under which the server was asked for"},
	{READS_PATH, "path", "the first path of note, without its query"},
	{READS_OPERATION, "operation", "of an object store or the like"},
	{READS_TLS, "TLS", "its version, and the certificate where it is visible"},
};

#define FACTS (sizeof facts / sizeof *facts)

static const enum family order[] = {
	FAMILY_LOGGING, FAMILY_MAIL,   FAMILY_DATABASE,	      FAMILY_QUEUE,
	FAMILY_STORAGE, FAMILY_BACKUP, FAMILY_ADMIN,	      FAMILY_ORCHESTRATION,
	FAMILY_AI,	FAMILY_WEB,    FAMILY_INFRASTRUCTURE, FAMILY_OTHER,
};

_Static_assert(sizeof order / sizeof *order == FAMILY_COUNT, "a family has no place on the page");

/* A line of text, whatever is in it. */
static void put_text(const char *text)
{
	if (*text == '.' || *text == '\'')
		printf("\\&");
	for (; *text; text++) {
		if (*text == '\\')
			printf("\\e");
		else
			putchar(*text);
	}
}

static void put_sentence(const char *start, const char *text)
{
	if (*start) {
		printf("%s ", start);
		put_text(text);
	} else {
		putchar(toupper((unsigned char)*text));
		put_text(text + 1);
	}
	puts(".");
}

static void put_ports(const struct service *service)
{
	if (!service->ports || !*service->ports)
		return;
	printf("Usual ports: ");
	for (const uint16_t *port = service->ports; *port; port++)
		printf("%s%u", port == service->ports ? "" : ", ", *port);
	puts(".");
}

static void put_names(const char *const *names)
{
	if (!names)
		return;
	printf("A policy may also write ");
	for (const char *const *also = names; *also; also++)
		printf("%s%s", also == names ? "" : ", ", *also);
	puts(".");
}

static void put_reads(uint32_t reads)
{
	const char *between = "Read: ";

	for (size_t i = 0; i < FACTS; i++) {
		if (reads & facts[i].flag) {
			printf("%s%s", between, facts[i].word);
			between = ", ";
		}
	}
	if (reads)
		puts(".");
}

static bool reports(const struct dissector *d, const char *name)
{
	for (size_t i = 0; i < d->service_count; i++) {
		if (strcmp(d->services[i].name, name) == 0)
			return true;
	}
	return false;
}

static void put_dissector(const struct dissector *d)
{
	static const char *const over[] = {
		[OVER_TCP] = "TCP",
		[OVER_UDP] = "UDP",
		[OVER_TCP | OVER_UDP] = "TCP and UDP",
		[OVER_SCTP] = "SCTP",
		[OVER_TCP | OVER_SCTP] = "TCP and SCTP",
		[OVER_UDP | OVER_SCTP] = "UDP and SCTP",
		[OVER_TCP | OVER_UDP | OVER_SCTP] = "TCP, UDP and SCTP",
	};

	printf("Recognised over %s by ", over[d->transports]);
	put_text(d->recognised ? d->recognised : "its own bytes");
	puts(".");
	put_reads(d->reads);
}

static void put_service(const struct services *services, uint16_t id)
{
	const struct service *service = services_get(services, id);

	printf(".It Sy %s\n", service->name);
	put_sentence("", service->about);
	put_names(services_also(services, id));
	put_ports(service);
	puts(services_met(services, id) ? "Met as a real server." : "Written from documents.");
	if (service->identifier)
		put_sentence("Shadowserver's name:", service->identifier);
	if (service->one_way)
		puts("On UDP it never answers.");
	for (size_t i = 0; i < dissector_count; i++) {
		if (reports(dissectors[i], service->name))
			put_dissector(dissectors[i]);
	}
}

static bool is_own(const struct service *service)
{
	for (size_t i = 0; i < dissector_count; i++) {
		if (reports(dissectors[i], service->name))
			return true;
	}
	return false;
}

static void put_family(const struct services *services, enum family family)
{
	bool first = true;

	for (uint16_t id = 0; id < services_count(services); id++) {
		const struct service *service = services_get(services, id);

		if (service->family != family || !is_own(service))
			continue;
		if (first)
			printf(".Ss %c%s\n.Bl -tag -width Ds\n",
			       toupper((unsigned char)*family_name(family)),
			       family_name(family) + 1);
		first = false;
		put_service(services, id);
	}
	if (!first)
		puts(".El");
}

static void put_others(const struct services *services)
{
	puts(".Sh SERVICES TOLD BY NDPI\n"
	     "These names may stand in a policy as well.\n"
	     "They are known by nDPI's deep inspection, or only guessed by a usual port; nothing "
	     "is\n"
	     "read of them.\n"
	     ".Bl -tag -width Ds");
	for (uint16_t id = 0; id < services_count(services); id++) {
		const struct service *service = services_get(services, id);

		if (is_own(service))
			continue;
		printf(".It Sy %s\n", service->name);
		put_sentence("", service->about);
		put_sentence("Family:", family_name(service->family));
		put_ports(service);
	}
	puts(".El");
}

/*
 * Of conversations with web products, those of the unit tests, how many are told by name, and of
 * how many products any is; per cent. tests/recast/test_recall.py measures it, with these bounds.
 */
static const struct {
	const char *way;
	int conversations, products;
} recall[] = {
	{"HTTP/1.1", 100, 100},
	{"HTTP/1.1, gzip", 100, 100},
	{"HTTP/1.1, client alone", 9, 12},
	{"HTTP/1.1, server alone", 82, 93},
	{"HTTP/1.1, server alone, gzip", 82, 93},
	{"h2c", 100, 100},
	{"h2c, gzip", 100, 100},
	{"h2c, client alone", 0, 0},
	{"h2c, server alone", 82, 93},
	{"TLS", 0, 0},
};

static void put_recall(void)
{
	puts(".Sh HOW SURE\n"
	     "A product over HTTP is told by what it answers, on any port, and by nothing else: a\n"
	     "request alone, without the answer, may go to anybody, and only a few are proof of\n"
	     "themselves.\n"
	     "Inside TLS no product is told; ALPN says that it is the web, and the name of the "
	     "server\n"
	     "and its certificate are facts of the exposure.\n"
	     "Of all the conversations that the tests have, on ports that say nothing, these are\n"
	     "told, in per cent; never as another product, but that an answer in the interface of\n"
	     "another (VictoriaMetrics in that of Prometheus) may be told as that one's when the\n"
	     "request is not to be seen.\n"
	     ".Bl -column \"HTTP/1.1, server alone, gzip\" \"conversations\" \"products\"\n"
	     ".It Sy what is seen Ta Sy conversations Ta Sy products");
	for (size_t i = 0; i < sizeof recall / sizeof *recall; i++)
		printf(".It %s Ta %d Ta %d\n", recall[i].way, recall[i].conversations,
		       recall[i].products);
	puts(".El");
}

static void put_head(void)
{
	puts(".\\\" Printed from the table of dissectors by the build; do not edit.\n"
	     ".\\\" SPDX-License-Identifier: ISC\n"
	     ".Dd November 21, 2026\n.Dt SPANWATCH-SERVICES 7\n.Os\n"
	     ".Sh NAME\n.Nm spanwatch-services\n.Nd services that spanwatch recognises\n"
	     ".Sh DESCRIPTION\n"
	     "These are the names of services in policies, events, Redis and the inventory of\n"
	     ".Xr spanwatch 8 ,\n"
	     "by family; a policy may name a family as well.\n"
	     "A service is recognised by its bytes, on any port.\n"
	     "The usual ports serve only for guesses, which are told as such.\n"
	     "A service that several ways lead to has a sentence for each.\n"
	     "Those that were met as a real server when this was written and tested are told\n"
	     "apart from those that are known from documents only: what these answer may have\n"
	     "been misread, so that they stay unrecognised.\n"
	     ".Pp\n"
	     "What is read, where the bytes show it:\n"
	     ".Bl -tag -width destruction -compact");
	for (size_t i = 0; i < FACTS; i++) {
		printf(".It %s\n", facts[i].word);
		put_text(facts[i].meaning);
		puts("");
	}
	puts(".El\n.Sh SERVICES");
}

int main(void)
{
	struct services *services = services_new();

	if (!services)
		return 1;
	put_head();
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		put_family(services, order[i]);
	put_others(services);
	put_recall();
	puts(".Sh SEE ALSO\n.Xr spanwatch-policy 5 ,\n.Xr spanwatch-events 7 ,\n"
	     ".Xr spanwatch-redis 7 ,\n.Xr spanwatch 8");
	services_free(services);
	return fflush(stdout) == 0 ? 0 : 1;
}
