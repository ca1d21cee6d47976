/* SPDX-License-Identifier: ISC */
/*
 * Every recogniser over everybody's opening: only its owner says YES, whichever sides are seen,
 * whatever has come so far. Openings without an owner are those of protocols that look alike.
 */
#include "tests/unit/conversation.h"

struct opening_sample {
	const char *owner; /* of dissectors[]; NULL: none of them */
	const char *client;
	size_t client_length;
	const char *server;
	size_t server_length;
};
#define SAMPLE(owner, client, server)                                                              \
	{                                                                                          \
		(owner), (client), sizeof(client) - 1, (server), sizeof(server) - 1                \
	}

static const struct opening_sample samples[] = {
	SAMPLE("redis", "*1\r\n$4\r\nINFO\r\n", "$60\r\n# Server\r\nredis_version:7.0.15\r\n"),
	SAMPLE("redis", "PING\r\n", "+PONG\r\n"),
	SAMPLE("redis", "*2\r\n$4\r\nkeys\r\n$1\r\n*\r\n", "-NOAUTH Authentication required.\r\n"),
	SAMPLE("redis", "", "-DENIED Redis is running in protected mode because\r\n"),
	SAMPLE("redis", "INFO\r\n", "$3000\r\n# Server\r\n"),
	SAMPLE("imap", "", "* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n"),
	SAMPLE("imap", "", "* PREAUTH IMAP4rev1 ready\r\n"),
	SAMPLE("mysql", "",
	       "J\0\0\0\n8.0.36\0\7\0\0\0abcdefgh\0\xff\xff\xff\2\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0"
	       "ijklmnopqrst\0caching_sha2_password\0"),
	SAMPLE("mysql", "", "\x25\0\0\0\xff\x6a\4Host '192.0.2.1' is not allowed to"),
	SAMPLE("postgresql", "\0\0\0\x08\x04\xd2\x16\x2f", "N"),
	SAMPLE("postgresql", "\0\0\0\x14\0\3\0\0user\0alice\0\0", "R\0\0\0\x08\0\0\0\0"),
	SAMPLE("postgresql", "", "E\0\0\0\x40SFATAL\0VFATAL\0C28000\0Mno pg_hba.conf entry\0"),
	SAMPLE("syslog", "<34>1 2003-10-11T22:14:15.003Z host su - - - text\n", ""),
	SAMPLE("syslog", "56 <34>1 2003-10-11T22:14:15.003Z host su - - - text", ""),
	SAMPLE("http", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"),
	SAMPLE("http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
	       "\0\0\6\4\0\0\0\0\0\0\3\0\0\0\x64"),
	SAMPLE("smb",
	       "\0\0\0\x40\xfeSMB\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
	       "\0\0\0\x40\xfeSMB\x40\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	SAMPLE("smb", "\0\0\0\x2d\xffSMBr\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
	       "\0\0\0\x2d\xffSMBr\0\0\0\0\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	SAMPLE("rpc",
	       "\x80\0\0\x28\0\0\0\7\0\0\0\0\0\0\0\2\0\1\x86\xa0\0\0\0\2\0\0\0\4\0\0\0\0\0\0\0\0\0"
	       "\0\0\0\0\0\0\0",
	       "\x80\0\0\x1c\0\0\0\7\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	SAMPLE("dcerpc", "\5\0\x0b\3\x10\0\0\0\x48\0\0\0\1\0\0\0",
	       "\5\0\x0c\3\x10\0\0\0\x3c\0\0\0\1\0\0\0"),
	SAMPLE("nbd", "\0\0\0\3IHAVEOPT\0\0\0\3\0\0\0\0", "NBDMAGICIHAVEOPT\0\3"),
	SAMPLE("ajp", "\x12\x34\0\1\x0a", "AB\0\1\x09"),
	SAMPLE("ceph", "", "ceph v2\n\x10\0\0\0"),
	/* POP3, with and without greeting words that others have */
	SAMPLE("pop3", "", "+OK POP3 ready <1.2@example>\r\n"),
	SAMPLE("pop3", "USER a\r\n", "+OK\r\n+OK\r\n"),
	SAMPLE("pop3", "AUTH PLAIN\r\n", "+OK\r\n+ \r\n"),
	SAMPLE("pop3", "CAPA\r\nQUIT\r\n", "+OK hello\r\n-ERR unknown command\r\n"),
	/* NATS, memcached, beanstalkd, ZooKeeper, Gearman */
	SAMPLE("nats", "PING\r\n", "INFO {\"server_id\":\"x\"}\r\nPONG\r\n"),
	SAMPLE("nats", "CONNECT {}\r\nPING\r\n", "+OK\r\nPONG\r\n"),
	SAMPLE("memcached", "get a\r\n", "VALUE a 0 1\r\nx\r\nEND\r\n"),
	SAMPLE("memcached", "stats\r\n", "STAT pid 1\r\nEND\r\n"),
	SAMPLE("beanstalkd", "stats\r\n", "OK 10\r\n---\nabc: 1\n\r\n"),
	SAMPLE("gearman-admin", "version\n", "OK 1.1.20\n"),
	SAMPLE("citrix", "\x7f\x7fICA\0", "\x7f\x7fICA\0\x7f\x7fICA\0"),
	SAMPLE("citrix",
	       "\x1a"
	       "CGP/01\1\2",
	       "\x1a\3"),
	SAMPLE("zookeeper", "ruok", "imok"),
	/* SMTP, FTP, ManageSieve, ACAP, NNTP, SSH, VNC, rsync, telnet, RELP */
	SAMPLE("smtp", "EHLO a\r\n", "220 mail.example ESMTP Postfix\r\n250 OK\r\n"),
	SAMPLE("ftp", "USER anonymous\r\n", "220 (vsFTPd 3.0.3)\r\n331 please\r\n"),
	SAMPLE("managesieve", "", "\"IMPLEMENTATION\" \"Dovecot Pigeonhole\"\r\nOK ready\r\n"),
	SAMPLE(NULL, "", "* ACAP (IMPLEMENTATION \"x\")\r\n"),
	SAMPLE(NULL, "", "200 news ready\r\n"),
	SAMPLE("nntp", "", "200 news.example InterNetNews NNRP server INN 2.7.1 ready\r\n"),
	SAMPLE("nntp", "MODE READER\r\nGROUP a.b\r\n",
	       "200 news ready\r\n201 no posting here\r\n211 0 1 0 a.b\r\n"),
	SAMPLE("nntp", "AUTHINFO USER a\r\n", "200 news ready\r\n381 password, please\r\n"),
	SAMPLE("ssh", "SSH-2.0-a\r\n", "SSH-2.0-OpenSSH_9.2\r\n"),
	SAMPLE("vnc", "", "RFB 003.008\n"),
	SAMPLE("rsync", "@RSYNCD: 31.0\n", "@RSYNCD: 31.0\nbackup\tall\n"),
	SAMPLE("telnet", "", "\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23"),
	SAMPLE("relp", "1 open 85 relp_version=0\n", "1 rsp 92 200 OK\n"),
	/* Kafka's Metadata v0 begins as a PostgreSQL start does; ApiVersions */
	SAMPLE("kafka",
	       "\0\0\0\x16\0\3\0\0\0\0\0\1\0\x0c"
	       "consumer-123",
	       "\0\0\0\x20\0\0\0\1\0\0"),
	SAMPLE("kafka",
	       "\0\0\0\x16\0\x12\0\0\0\0\0\1\0\x0c"
	       "consumer-123",
	       "\0\0\0\x20\0\0\0\1\0\0"),
	/* XML that begins with a bracket: XMPP, SOAP, Ganglia */
	SAMPLE(NULL, "<?xml version='1.0'?><stream:stream to='a'>", "<?xml version='1.0'?>"),
	SAMPLE("ganglia", "", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<!DOCTYPE GANGLIA"),
	/* Graphite lines, JSON (GELF), Lumberjack */
	SAMPLE("graphite", "servers.a.load 0.5 1700000000\n", ""),
	SAMPLE("gelf", "{\"version\":\"1.1\",\"short_message\":\"x\"}\0", ""),
	SAMPLE("beats",
	       "2W\0\0\0\1"
	       "2C\0\0\0\5",
	       "2A\0\0\0\1"),
	/* MongoDB OP_MSG, SMB, RDP, AMQP, MQTT, LDAP, X11, DNS over TCP */
	SAMPLE("mongodb", "\x26\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0",
	       "\x26\0\0\0\2\0\0\0\1\0\0\0"),
	SAMPLE("smb", "\0\0\0\x2d\xffSMBr\0\0\0\0", "\0\0\0\x2d\xffSMBr\0\0\0\0"),
	SAMPLE("rdp", "\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\0\0\0\0",
	       "\3\0\0\x0b\x06\xd0\0\0\x12\x34"),
	SAMPLE("amqp", "AMQP\0\0\x09\1", "\1\0\0\0\0\1\xe0\0\x0a\0\x0a"),
	SAMPLE("mqtt", "\x10\x10\0\4MQTT\4\2\0\x3c\0\4abcd", "\x20\2\0\0"),
	/* Databases with openings of their own; raft, which was taken for Cassandra */
	SAMPLE("mssql", "\x12\1\0\x1a\0\0\1\0\0\0\x0b\0\6\1\0\x11\0\1\xff\x11\0\0\0\0\0\2",
	       "\4\1\0\x1a\0\0\1\0\0\0\x0b\0\6\1\0\x11\0\1\xff\x0f\0\x07\xd0\0\0\2"),
	SAMPLE("cassandra",
	       "\4\0\0\1\1\0\0\0\x16\0\1\0\x0b"
	       "CQL_VERSION\0\5"
	       "3.0.0",
	       "\x84\0\0\1\3\0\0\0\x18\0\x16org.apache.cassandra.X"),
	SAMPLE(NULL, "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0", "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0"),
	SAMPLE("clickhouse",
	       "\0\x11"
	       "ClickHouse client\x12\x10",
	       "\0\x0a"
	       "ClickHouse\x12\x10"),
	SAMPLE("elasticsearch-transport",
	       "ES\0\0\0\x13\0\0\0\0\0\0\0\1\0\0\x6b\xbb\x4b\0\0\0\2\0\0",
	       "ES\0\0\0\x13\0\0\0\0\0\0\0\1\1\0\x6b\xbb\x4b\0\0\0\2\0\0"),
	SAMPLE("neo4j-bolt", "\x60\x60\xb0\x17\0\0\4\4\0\0\0\0\0\0\0\0\0\0\0\0", "\0\0\4\4"),
	SAMPLE("drda", "\0\x0f\xd0\1\0\1\0\x09\x10\x41\0\5\x11\x6d\xc1",
	       "\0\x0f\xd0\1\0\1\0\x09\x14\x43\0\5\x11\x6d\xc1"),
	SAMPLE("tarantool", "", "Tarantool 2.11.0 (Binary) 7170b4be\n"),
	SAMPLE("redis-cluster-bus", "RCmb\0\0\x08\xa0\0\1", "RCmb\0\0\x08\xa0\0\1"),
	SAMPLE("ldap", "\x30\x0c\2\1\1\x60\7\2\1\3\4\0\x80\0",
	       "\x30\x0c\2\1\1\x61\7\x0a\1\0\4\0\4\0"),
	SAMPLE("x11", "l\0\x0b\0\0\0\0\0\0\0\0\0", "\0\1\x0b\0\0\0\4\0no!!"),
	SAMPLE("dns", "\0\x1d\x12\x34\1\0\0\1\0\0\0\0\0\0", "\0\x1d\x12\x34\x81\x80\0\1"),
	SAMPLE("dns", "\0\x1d\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\7example\0\0\1\0\1",
	       "\0\x1d\x12\x34\x81\5\0\1\0\0\0\0\0\0\3www\7example\0\0\1\0\1"),
	SAMPLE("svn", "( 2 ( edit-pipeline svndiff1 ) 12:svn://a/repo ) ",
	       "( success ( 2 2 ( ) ( a ) ) ) "),
	SAMPLE("socks", "\5\1\0\5\1\0\1\x7f\0\0\1\x1f@", "\5\0\5\0\0\1\0\0\0\0\0\0"),
	SAMPLE("socks", "\4\1\0\x19\xc0\0\2\1alice\0", "\0\x5b\0\0\0\0\0\0"),
	SAMPLE("libvirt", "\0\0\0\x1c\x20\0\x80\x86\0\0\0\1\0\0\0\x42\0\0\0\0\0\0\0\0\0\0\0\0",
	       "\0\0\0\x24\x20\0\x80\x86\0\0\0\1\0\0\0\x42\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0"
	       "\0"),
	SAMPLE("dovecot", "VERSION\tdoveadm-server\t1\t2\n", "VERSION\tdoveadm-client\t1\t2\n-\n"),
	SAMPLE("dovecot", "VERSION\t1\t2\nCPID\t4\n",
	       "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nDONE\n"),
	SAMPLE("openflow", "\1\0\0\x08\0\0\0\1\1\5\0\x08\0\0\0\2",
	       "\4\0\0\x10\0\0\0\1\0\1\0\x08\0\0\0\x12"),
	SAMPLE("adb", "CNXN\1\0\0\1\0\0\x10\0\0\0\0\0\0\0\0\0\xbc\xb1\xa7\xb1",
	       "AUTH\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xbe\xaa\xab\xb7"),
	SAMPLE("afp", "\0\3\0\1\0\0\0\0\0\0\0\0\0\0\0\0", "\1\3\0\1\0\0\0\0\0\0\0\3\0\0\0\0abc"),
	SAMPLE("ndmp", "\x80\0\0\x1c\0\0\0\1\x65\0\0\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\0\4",
	       "\x80\0\0\x24\0\0\0\1\x65\0\0\0\0\0\0\0\0\0\5\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\4\0\0"
	       "\0\0"),
	SAMPLE("ncp", "DmdT\0\0\0\x18\0\0\0\1\0\0\x10\0\x22\x22\1\2\3\0\x57\x08",
	       "tNcP\0\0\0\x10\x33\x33\1\2\3\0\0\0"),
	SAMPLE("lustre", "\0\x71\xce\xac\1\0\0\0\1\2\3\4\0\0\2\0cirE\3\0\0\0",
	       "cirE\3\0\0\0\1\2\3\4\0\0\2\0\5\6\7\x08\0\0\2\0\x39\x30\0\0"),
	SAMPLE("nomachine", "NXSH-8.10.1\n", "NXD-8.10.1\n"),
	SAMPLE("mysqlx", "\1\0\0\0\1", "\5\0\0\0\x0b\x08\5\x1a\0"),
	SAMPLE("hadoop-ipc", "hrpc\x09\0\0\0\0\0\4abcd", "\0\0\0\6\5\x08\2\x10\0\0"),
	SAMPLE("vmware", "", "220 VMware Authentication Daemon Version 1.10: SSL Required\r\n"),
	SAMPLE("erlang-dist", "\0\x0en\0\5\0\0\0\0a@local", "\0\3sok"),
	SAMPLE("amanda", "\0\0\0\x1a\0\0\0\1\0SERVICE noop\n\0", "\0\0\0\2\0\0\0\1\3\0"),
	SAMPLE("cassandra-internode", "\xca\x55\x2d\xfa\0\0\x0b\0", "\0\0\0\x0b"),
	SAMPLE("chargen", "",
	       " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg\r\n"
	       "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefgh\r\n"),
	/* Of 2023 and later: played-*.pcap holds whole conversations of them. */
	SAMPLE("rabbitmq-stream",
	       "\x00\x00\x00\x1d\x00\x11\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x07product\x00"
	       "\x06"
	       "client",
	       "\x00\x00\x00\x87\x80\x11\x00\x01\x00\x00\x00\x01\x00\x01\x00\x00\x00\x03\x00\x09"
	       "copyright\x00HCopyright (c) 2007-2024 Broad"),
	SAMPLE("pulsar", "\x00\x00\x00\x13\x00\x00\x00\x0f\x08\x02\x12\x0b\x0a\x05Go-26 \x13*\x00",
	       "\x00\x00\x00\x1f\x00\x00\x00\x1b\x08\x03\x1a\x17\x0a\x13Pulsar "
	       "Server3.0.10\x10\x13"),
	SAMPLE("nsq",
	       "  V2IDENTIFY\x0a\x00\x00\x00,{\"client_id\":\"a\",\"feature_negotiation\":true",
	       "\x00\x00\x00Q\x00\x00\x00\x00{\"max_rdy_count\":2500,\"version\":\"1.2.1\",\"auth_"
	       "requir"),
	SAMPLE("nvme-tcp",
	       "\x00\x00\x80\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	       "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	       "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
	       "\x01\x00\x80\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	       "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	       "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
	SAMPLE("wazuh",
	       "J\x00\x00\x00!001!#AES:"
	       "\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93"
	       "\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9d\x9e\x9f\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7"
	       "\xa8\xa9\xaa\xab\xac\xad",
	       "E\x00\x00\x00#AES:@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqr"),
	SAMPLE("rethinkdb", " -\x0c@\x00\x00\x00\x00\xc7pi~", "SUCCESS\x00"),
	SAMPLE("aerospike",
	       "\x02\x01\x00\x00\x00\x00\x00\x19"
	       "build\x0a"
	       "edition\x0anamespaces\x0a",
	       "\x02\x01\x00\x00\x00\x00\x00"
	       "Fbuild\x09"
	       "6.4.0.1\x0a"
	       "edition\x09"
	       "Aerospike Community Edition\x0ana"),
	SAMPLE("hazelcast",
	       "CP2\x16\x00\x00\x00\x00\xc0\x00\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xff\xff"
	       "\xff\xff\x09\x00\x00\x00\x00\x00"
	       "dev\x06\x00\x00\x00\x00\x04\x06\x00\x00\x00\x00\x04\x09\x00\x00\x00\x00 PYH",
	       "\x14\x00\x00\x00\x00\xc0\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	       "\x06\x00\x00\x00\x00\x10\x0f\x00\x00\x00\x00\x00"
	       "10.20.9.9\x06\x00\x00\x00\x00\x08\x0b\x00\x00\x00\x00 5.3.6"),
	SAMPLE("ignite", "\x0e\x00\x00\x00\x01\x01\x00\x07\x00\x00\x00\x02\x0c\x01\x00\x00\x00\x03",
	       "\x18\x00\x00\x00\x01\x0c\x01\x00\x00\x00\x03\x0a"
	       "0123456789abcdef"),
	SAMPLE("hana", "\xff\xff\xff\xff\x04\x14\x00\x04\x01\x00\x00\x01\x01\x01",
	       "\x04\x14\x00\x04\x01\x00\x00\x00"),
	SAMPLE("hbase",
	       "HBas\x00P\x00\x00\x00\x17\x0a\x06\x0a\x04root\x12\x0dMasterService\x00\x00\x00\x15"
	       "\x13\x08\x01\x1a\x0dGetTableNames \x01\x00",
	       "\x00\x00\x00\x18\x02\x08\x01\x14\x0a\x12\x0a\x07"
	       "default\x12\x07people_"),
	SAMPLE("arangodb",
	       "VST/1.1\x0d\x0a\x0d\x0a"
	       "5\x00\x00\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x1d\x00\x00\x00\x00"
	       "\x00\x00\x00\x02\x1d"
	       "11G_system1M/_api/versi",
	       "2\x00\x00\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x1a\x00\x00\x00\x00"
	       "\x00\x00\x00\x06\x07\x04"
	       "12(\xc8\x0a\x0b\x10\x01GversionF3.11.4"),
	SAMPLE("riak", "\x00\x00\x00\x01\x07",
	       "\x00\x00\x00\x18\x08\x0a\x0eriak@127.0.0.1\x12\x05"
	       "2.2.3"),
	SAMPLE("orientdb",
	       "\x02\xff\xff\xff\xff\x00\x00\x00\x0fOrientDB Client\x00\x00\x00\x03"
	       "3.2\x00%"
	       "\xff\xff\xff\xff\x00\x00\x00\x01x\x00\x01\x01\x00\x00\x00\x04root\x00\x00\x00\x06hi"
	       "d",
	       "\x00%"),
	SAMPLE("informix", "sqAYABPQAAsqlexec app -p9.280 RDS#N000000 -dsysmaster -fIEEE",
	       "\x00@\x02\x00IEEEI\x00lsrvinfx\x00IBM Informix Dynamic Server Version 12.10"),
	/* Nothing but noise: a hexadecimal counter, blank lines */
	SAMPLE(NULL, "\r\n\r\n", "\r\n\r\n"),
	SAMPLE(NULL, "0123456789abcdef", "0123456789abcdef"),
};

/* False, once for each pair, if a dissector takes what is not its own. */
static bool check(const struct opening_sample *sample, const struct dissector *d, size_t client,
		  size_t server, bool one_sided)
{
	bool owner = sample->owner && strcmp(sample->owner, d->name) == 0;
	enum recognised result = dissect_recognise(d, OVER_TCP, sample->client, client,
						   sample->server, server, one_sided);

	if (owner || result != RECOGNISED_YES)
		return true;
	print_error("%s says YES to sample %zu (%s), %zu and %zu bytes\n", d->name,
		    (size_t)(sample - samples), sample->owner ? sample->owner : "nobody's", client,
		    server);
	return false;
}

/* All lengths of both sides. */
static bool leaves_alone(const struct opening_sample *sample, const struct dissector *d)
{
	for (size_t c = 0; c <= sample->client_length; c++) {
		if (!check(sample, d, c, sample->server_length, false) ||
		    !check(sample, d, c, 0, true))
			return false;
	}
	for (size_t s = 0; s <= sample->server_length; s++) {
		if (!check(sample, d, sample->client_length, s, false) ||
		    !check(sample, d, 0, s, true))
			return false;
	}
	return true;
}

static void no_dissector_takes_the_opening_of_another(void **state)
{
	size_t collisions = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		for (size_t d = 0; d < dissector_count; d++)
			collisions += (dissectors[d]->transports & OVER_TCP) &&
				      !leaves_alone(&samples[i], dissectors[d]);
	}
	assert_int_equal(collisions, 0);
}

static const struct dissector *find(const char *name)
{
	for (size_t i = 0; i < dissector_count; i++) {
		if (strcmp(dissectors[i]->name, name) == 0)
			return dissectors[i];
	}
	return NULL; /* nobody's yet: only what others must leave alone */
}

static void every_opening_is_recognised_by_its_owner(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		const struct opening_sample *s = &samples[i];
		bool one_sided = s->client_length == 0 || s->server_length == 0;

		const struct dissector *owner = s->owner ? find(s->owner) : NULL;

		/* Several samples are too short to be sure of: the owner may ask for more. */
		if (owner &&
		    dissect_recognise(owner, OVER_TCP, s->client, s->client_length, s->server,
				      s->server_length, one_sided) == RECOGNISED_NO)
			fail_msg("%s says NO to its sample %zu", owner->name, i);
	}
}

/* spanwatch-services(7) is written from the table. */
static void every_dissector_says_how_it_is_recognised(void **state)
{
	(void)state;
	for (size_t i = 0; i < dissector_count; i++) {
		const struct dissector *d = dissectors[i];

		if (!d->recognised || d->recognised[0] == '\0' || d->reads == 0)
			fail_msg("%s has no .recognised, or no .reads", d->name);
		for (size_t j = 0; j < d->service_count; j++)
			assert_non_null(d->services[j].about);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_dissector_says_how_it_is_recognised),
		cmocka_unit_test(no_dissector_takes_the_opening_of_another),
		cmocka_unit_test(every_opening_is_recognised_by_its_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
