/* SPDX-License-Identifier: ISC */
/* See known_products.h. Names of CPE: nvd.nist.gov/products/cpe. */
#include "sensor/event/known_products.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *ours, *vendor, *product;
} rows[] = {
	{"Apache", "apache", "http_server"},
	{"Apache httpd", "apache", "http_server"},
	{"Apache-Coyote", "apache", "tomcat"},
	{"BIND", "isc", "bind"},
	{"Cassandra", "apache", "cassandra"},
	{"CouchDB", "apache", "couchdb"},
	{"HashiCorp Vault", "hashicorp", "vault"},
	{"IBM Db2", "ibm", "db2"},
	{"JBossWeb", "redhat", "jboss_enterprise_application_platform"},
	{"memcached", "memcached", "memcached"},
	{"Microsoft-HTTPAPI", "microsoft", "http.sys"},
	{"Microsoft-IIS", "microsoft", "internet_information_services"},
	{"Microsoft-IIS", "microsoft", "internet_information_server"},
	{"Microsoft SQL Server", "microsoft", "sql_server"},
	{"MySQL", "oracle", "mysql"},
	{"MySQL", "oracle", "mysql_server"},
	{"MySQL", "mysql", "mysql"},
	{"NATS", "nats", "nats_server"},
	{"NATS", "linuxfoundation", "nats-server"},
	{"Network UPS Tools", "networkupstools", "network_ups_tools"},
	{"ntpd", "ntp", "ntp"},
	{"Oracle Database", "oracle", "database_server"},
	{"Percona Server", "percona", "percona_server"},
	{"PostgreSQL", "postgresql", "postgresql"},
	{"RabbitMQ", "vmware", "rabbitmq"},
	{"RabbitMQ", "pivotal_software", "rabbitmq"},
	{"Redis", "redis", "redis"},
	{"Redis", "redislabs", "redis"},
	{"SAP HANA", "sap", "hana"},
	{"SAP HANA", "sap", "hana_database"},
	{"Splunk", "splunk", "splunk"},
	{"svnserve", "apache", "subversion"},
	{"Zabbix agent", "zabbix", "zabbix"},
	{"Zabbix server", "zabbix", "zabbix"},
	{"ZooKeeper", "apache", "zookeeper"},
};

void known_products_fold(char to[KNOWN_PRODUCT_NAME], const char *from)
{
	size_t length = 0;

	for (; *from != '\0' && length < KNOWN_PRODUCT_NAME - 1; from++) {
		unsigned char c = (unsigned char)*from;

		to[length++] = isalnum(c)			  ? (char)tolower(c)
			       : c == '.' || c == '+' || c == '-' ? (char)c
								  : '_';
	}
	to[length] = '\0';
}

size_t known_products_names(const char *ours, struct known_product names[KNOWN_PRODUCT_NAMES])
{
	static const char apache[] = "apache ";
	size_t count = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows && count < KNOWN_PRODUCT_NAMES; i++) {
		if (strcasecmp(rows[i].ours, ours) != 0)
			continue;
		known_products_fold(names[count].vendor, rows[i].vendor);
		known_products_fold(names[count++].product, rows[i].product);
	}
	if (count != 0 || ours[0] == '\0')
		return count;
	names[0].vendor[0] = '\0';
	if (strncasecmp(ours, apache, sizeof apache - 1) == 0) {
		memcpy(names[0].vendor, "apache", sizeof "apache");
		ours += sizeof apache - 1;
	}
	known_products_fold(names[0].product, ours);
	return 1;
}
