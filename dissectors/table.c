/* SPDX-License-Identifier: ISC */
/*
 * Every dissector, one line each, in the order in which their recognisers are asked: strict
 * openings before generous ones.
 */
#include "dissectors/dissector.h"

#define DISSECTORS(D)                                                                              \
	D(tls)                                                                                     \
	D(postgresql)                                                                              \
	D(mysql)                                                                                   \
	D(mysqlx)                                                                                  \
	D(hadoop_ipc)                                                                              \
	D(http2)                                                                                   \
	D(http)                                                                                    \
	D(websocket)                                                                               \
	D(mongodb)                                                                                 \
	D(memcached)                                                                               \
	D(memcached_udp)                                                                           \
	D(smb)                                                                                     \
	D(ldap)                                                                                    \
	D(cldap)                                                                                   \
	D(ndmp)                                                                                    \
	D(rpc)                                                                                     \
	D(rpc_udp)                                                                                 \
	D(mssql)                                                                                   \
	D(mssql_browser)                                                                           \
	D(radmin)                                                                                  \
	D(citrix)                                                                                  \
	D(xdmcp)                                                                                   \
	D(fastcgi)                                                                                 \
	D(giop)                                                                                    \
	D(bacula)                                                                                  \
	D(amanda)                                                                                  \
	D(rsh)                                                                                     \
	D(distcc)                                                                                  \
	D(gdbserver)                                                                               \
	D(git)                                                                                     \
	D(svn)                                                                                     \
	D(libvirt)                                                                                 \
	D(dovecot)                                                                                 \
	D(jdwp)                                                                                    \
	D(adb)                                                                                     \
	D(nomachine)                                                                               \
	D(nomachine_udp)                                                                           \
	D(x11)                                                                                     \
	D(nrpe)                                                                                    \
	D(zabbix)                                                                                  \
	D(java_rmi)                                                                                \
	D(munin)                                                                                   \
	D(checkmk)                                                                                 \
	D(ganglia)                                                                                 \
	D(nut)                                                                                     \
	D(rdp)                                                                                     \
	D(rdpudp)                                                                                  \
	D(ipmi)                                                                                    \
	D(snmp)                                                                                    \
	D(ssh)                                                                                     \
	D(zookeeper)                                                                               \
	D(dcerpc)                                                                                  \
	D(dcerpc_udp)                                                                              \
	D(tftp)                                                                                    \
	D(tftp_data)                                                                               \
	D(rsync)                                                                                   \
	D(clickhouse)                                                                              \
	D(cassandra)                                                                               \
	D(cassandra_internode)                                                                     \
	D(vnc)                                                                                     \
	D(oracle)                                                                                  \
	D(openflow)                                                                                \
	D(elasticsearch_transport)                                                                 \
	D(iscsi)                                                                                   \
	D(lustre)                                                                                  \
	D(ncp)                                                                                     \
	D(afp)                                                                                     \
	D(nbd)                                                                                     \
	D(telnet)                                                                                  \
	D(managesieve)                                                                             \
	D(drda)                                                                                    \
	D(db2_discovery)                                                                           \
	D(bolt)                                                                                    \
	D(tarantool)                                                                               \
	D(firebird)                                                                                \
	D(rethinkdb)                                                                               \
	D(hazelcast)                                                                               \
	D(ignite)                                                                                  \
	D(nvme_tcp)                                                                                \
	D(hana)                                                                                    \
	D(hbase)                                                                                   \
	D(arangodb)                                                                                \
	D(informix)                                                                                \
	D(orientdb)                                                                                \
	D(aerospike)                                                                               \
	D(nsq)                                                                                     \
	D(wazuh)                                                                                   \
	D(rabbitmq_stream)                                                                         \
	D(pulsar)                                                                                  \
	D(riak)                                                                                    \
	D(redis_cluster_bus)                                                                       \
	D(ajp)                                                                                     \
	D(ceph)                                                                                    \
	D(nbns)                                                                                    \
	D(smart_install)                                                                           \
	D(ubiquiti)                                                                                \
	D(slp)                                                                                     \
	D(ard)                                                                                     \
	D(dvr)                                                                                     \
	D(natpmp)                                                                                  \
	D(chargen)                                                                                 \
	D(netis)                                                                                   \
	D(ntp_control)                                                                             \
	D(dns)                                                                                     \
	D(dns_udp)                                                                                 \
	D(ident)                                                                                   \
	D(vmware)                                                                                  \
	D(erlang)                                                                                  \
	D(imap)                                                                                    \
	D(smtp)                                                                                    \
	D(pop3)                                                                                    \
	D(ftp)                                                                                     \
	D(nntp)                                                                                    \
	D(redis)                                                                                   \
	D(beats)                                                                                   \
	D(fluentd)                                                                                 \
	D(relp)                                                                                    \
	D(gelf)                                                                                    \
	D(collectd)                                                                                \
	D(diameter)                                                                                \
	D(diameter_sctp)                                                                           \
	D(sctp_users)                                                                              \
	D(netflow)                                                                                 \
	D(sflow)                                                                                   \
	D(statsd)                                                                                  \
	D(graphite)                                                                                \
	D(splunk)                                                                                  \
	D(openwire)                                                                                \
	D(zmtp)                                                                                    \
	D(gearman)                                                                                 \
	D(gearman_admin)                                                                           \
	D(amqp)                                                                                    \
	D(mqtt)                                                                                    \
	D(kafka)                                                                                   \
	D(nats)                                                                                    \
	D(stomp)                                                                                   \
	D(beanstalkd)                                                                              \
	D(socks)                                                                                   \
	D(thrift)                                                                                  \
	D(epmd)                                                                                    \
	D(rocketmq)                                                                                \
	D(msmq)                                                                                    \
	D(syslog)

#define DECLARE(name) extern const struct dissector name##_dissector;
DISSECTORS(DECLARE)

#define ROW(name) &name##_dissector,
const struct dissector *const dissectors[] = {DISSECTORS(ROW)};
_Static_assert(sizeof dissectors / sizeof *dissectors <= DISSECTORS_MAX, "more than fit");
const size_t dissector_count = sizeof dissectors / sizeof *dissectors;
