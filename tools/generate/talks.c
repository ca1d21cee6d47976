/* SPDX-License-Identifier: ISC */
/*
 * Small, well-formed exchanges. Every '#' stands for a digit, so no binary message here may hold
 * the byte 0x23. Sources: RFC 9112 (HTTP), the RESP specification, MySQL's and PostgreSQL's
 * protocol chapters, RFC 9051 (IMAP), RFC 8446 (TLS 1.3), RFC 4253 (SSH), RFC 5424 and 3164
 * (syslog), RFC 1035 (DNS), RFC 5321 (SMTP).
 */
#include "tools/generate/talks.h"

#include "tools/generate/frame.h"

#define SAY(side, text)                                                                            \
	{                                                                                          \
		STEP_SAY, FROM_##side, sizeof(text) - 1, 0, 0, text                                \
	}
#define FILL(side, least, most)                                                                    \
	{                                                                                          \
		STEP_FILL, FROM_##side, 0, least, most, NULL                                       \
	}
#define RECORD(side, least, most)                                                                  \
	{                                                                                          \
		STEP_RECORD, FROM_##side, 0, least, most, NULL                                     \
	}
#define AGAIN(step, times)                                                                         \
	{                                                                                          \
		STEP_AGAIN, 0, 0, step, times, NULL                                                \
	}
#define END                                                                                        \
	{                                                                                          \
		STEP_END, 0, 0, 0, 0, NULL                                                         \
	}

#define HTTP_REQUEST                                                                               \
	"GET /item/######## HTTP/1.1\r\nHost: www.example.net\r\n"                                 \
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n\r\n"
#define HTTP_ANSWER(type, length)                                                                  \
	"HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Type: " type                           \
	"\r\nContent-Length: " #length "\r\n\r\n"

static const struct step http[] = {
	SAY(CLIENT, HTTP_REQUEST),
	SAY(SERVER, HTTP_ANSWER("text/html", 8192)),
	FILL(SERVER, 8192, 8192),
	SAY(CLIENT, HTTP_REQUEST),
	SAY(SERVER, HTTP_ANSWER("application/octet-stream", 30000)),
	FILL(SERVER, 30000, 30000),
	AGAIN(0, 6),
	END,
};

/* What applications ask each other: small answers on a kept connection. */
static const struct step http_api[] = {
	SAY(CLIENT, "POST /v1/orders/######## HTTP/1.1\r\nHost: api.example.net\r\n"
		    "User-Agent: orders/2.1\r\nContent-Type: application/json\r\n"
		    "Content-Length: 31\r\n\r\n{\"state\":\"paid\",\"sum\":\"##.##\"}"),
	SAY(SERVER, HTTP_ANSWER("application/json", 420)),
	FILL(SERVER, 420, 420),
	AGAIN(0, 5),
	END,
};

/* One question, one answer, closed: monitoring, health checks, the short end of everything. */
static const struct step http_short[] = {
	SAY(CLIENT, "GET /health HTTP/1.1\r\nHost: www.example.net\r\n"
		    "User-Agent: check/1.####\r\nConnection: close\r\n\r\n"),
	SAY(SERVER, "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Type: text/plain\r\n"
		    "Content-Length: 3\r\nConnection: close\r\n\r\nok\n"),
	END,
};

static const struct step http_download[] = {
	SAY(CLIENT,
	    "GET /file/####.iso HTTP/1.1\r\nHost: files.example.net\r\nAccept: */*\r\n\r\n"),
	SAY(SERVER, HTTP_ANSWER("application/octet-stream", 6000000)),
	FILL(SERVER, 6000000, 6000000),
	END,
};

static const struct step elasticsearch[] = {
	SAY(CLIENT, "GET / HTTP/1.1\r\nHost: log.example.net:9200\r\nAccept: */*\r\n\r\n"),
	SAY(SERVER, "HTTP/1.1 200 OK\r\nX-elastic-product: Elasticsearch\r\n"
		    "content-type: application/json\r\ncontent-length: 114\r\n\r\n"
		    "{\"name\":\"node-####\",\"cluster_name\":\"logs\",\"version\":{\"number\":"
		    "\"8.11.3\"},\"tagline\":\"You Know, for Search\"        }\n"),
	SAY(CLIENT, "POST /logs-####/_search HTTP/1.1\r\nHost: log.example.net:9200\r\n"
		    "Content-Type: application/json\r\nContent-Length: 26\r\n\r\n"
		    "{\"query\":{\"match_all\":{}}}"),
	SAY(SERVER, "HTTP/1.1 200 OK\r\nX-elastic-product: Elasticsearch\r\n"
		    "content-type: application/json\r\ncontent-length: 6000\r\n\r\n"),
	FILL(SERVER, 6000, 6000),
	AGAIN(2, 4),
	END,
};

static const struct step redis[] = {
	SAY(CLIENT, "*1\r\n$4\r\nPING\r\n"),
	SAY(SERVER, "+PONG\r\n"),
	SAY(CLIENT, "*2\r\n$3\r\nGET\r\n$12\r\nuser:#######\r\n"),
	SAY(SERVER, "$16\r\n################\r\n"),
	SAY(CLIENT, "*3\r\n$3\r\nSET\r\n$8\r\nkey:####\r\n$6\r\n######\r\n"),
	SAY(SERVER, "+OK\r\n"),
	AGAIN(2, 12),
	END,
};

static const struct step mysql[] = {
	SAY(SERVER, "\x4a\0\0\0\x0a"
		    "8.0.36\0\x11\x02\0\0saltsalt\0\xff\xf7\xff\x02\0\xff\xc1\x15"
		    "\0\0\0\0\0\0\0\0\0\0saltsaltsalt\0mysql_native_password\0"),
	SAY(CLIENT, "\x4f\0\0\x01\x05\xa2\x08\0\0\0\0\x01\x21"
		    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		    "app\0\x14####################mysql_native_password\0"),
	SAY(SERVER, "\x07\0\0\x02\0\0\0\x02\0\0\0"),
	SAY(CLIENT, "\x26\0\0\0\x03SELECT body FROM notes WHERE id=#####"),
	SAY(SERVER, "\x01\0\0\x01\x01\x2b\0\0\x02\x03"
		    "def\x03"
		    "app\x05notes\x05notes\x04"
		    "body\x04"
		    "body\x0c\x21\0\0\x03\0\0\xfd\0\0\0\0\0"
		    "\x05\0\0\x03\xfe\0\0\x02\0\x11\0\0\x04\x10################"
		    "\x05\0\0\x05\xfe\0\0\x02\0"),
	AGAIN(3, 8),
	SAY(CLIENT, "\x01\0\0\0\x01"),
	END,
};

static const struct step postgresql[] = {
	SAY(CLIENT, "\0\0\0\x1f\0\x03\0\0user\0app\0database\0app\0\0"),
	SAY(SERVER, "R\0\0\0\x0c\0\0\0\x05salt"),
	SAY(CLIENT, "p\0\0\0\x28md5################################\0"),
	SAY(SERVER, "R\0\0\0\x08\0\0\0\0S\0\0\0\x18server_version\0"
		    "15.6\0K\0\0\0\x0c\0\0\x12\x34\x55\x66\x77\x78Z\0\0\0\x05I"),
	SAY(CLIENT, "Q\0\0\0\x2aSELECT body FROM notes WHERE id=#####\0"),
	SAY(SERVER, "T\0\0\0\x1d\0\x01"
		    "body\0\0\0\x40\x01\0\x02\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0"
		    "D\0\0\0\x1a\0\x01\0\0\0\x10################"
		    "C\0\0\0\x0dSELECT 1\0Z\0\0\0\x05I"),
	AGAIN(4, 8),
	SAY(CLIENT, "X\0\0\0\x04"),
	END,
};

static const struct step imap[] = {
	SAY(SERVER, "* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] Dovecot ready.\r\n"),
	SAY(CLIENT, "a1 LOGIN user#### secret####\r\n"),
	SAY(SERVER, "a1 OK [CAPABILITY IMAP4rev1 IDLE] Logged in\r\n"),
	SAY(CLIENT, "a2 SELECT INBOX\r\n"),
	SAY(SERVER, "* FLAGS (\\Answered \\Seen)\r\n* 9#1 EXISTS\r\n* 0 RECENT\r\n"
		    "a2 OK [READ-WRITE] Select completed.\r\n"),
	SAY(CLIENT, "a3 FETCH 1 (BODY[TEXT])\r\n"),
	SAY(SERVER, "* 1 FETCH (BODY[TEXT] {5000}\r\n"),
	FILL(SERVER, 5000, 5000),
	SAY(SERVER, ")\r\na3 OK Fetch completed.\r\n"),
	SAY(CLIENT, "a4 LOGOUT\r\n"),
	SAY(SERVER, "* BYE Logging out\r\na4 OK Logout completed.\r\n"),
	END,
};

static const struct step smtp[] = {
	SAY(SERVER, "220 mail.example.net ESMTP Postfix\r\n"),
	SAY(CLIENT, "EHLO host####.example.org\r\n"),
	SAY(SERVER, "250-mail.example.net\r\n250-SIZE 20480000\r\n250 8BITMIME\r\n"),
	SAY(CLIENT, "MAIL FROM:<a####@example.org>\r\n"),
	SAY(SERVER, "250 2.1.0 Ok\r\n"),
	SAY(CLIENT, "RCPT TO:<b####@example.net>\r\n"),
	SAY(SERVER, "250 2.1.5 Ok\r\n"),
	SAY(CLIENT, "DATA\r\n"),
	SAY(SERVER, "354 End data with <CR><LF>.<CR><LF>\r\n"),
	SAY(CLIENT, "Subject: note ####\r\n\r\n"),
	FILL(CLIENT, 400, 30000),
	SAY(CLIENT, "\r\n.\r\n"),
	SAY(SERVER, "250 2.0.0 Ok: queued as ########\r\n"),
	SAY(CLIENT, "QUIT\r\n"),
	SAY(SERVER, "221 2.0.0 Bye\r\n"),
	END,
};

/* ClientHello with SNI www.example.net, supported_versions 1.3, x25519 only; ServerHello. */
#define TLS_OPENING                                                                                \
	SAY(CLIENT, "\x16\x03\x01\0\x88\x01\0\0\x84\x03\x03"                                       \
		    "################################\0\0\x02\x13\x01\x01\0\0\x59"                 \
		    "\0\0\0\x14\0\x12\0\0\x0fwww.example.net"                                      \
		    "\0\x0a\0\x04\0\x02\0\x1d\0\x0d\0\x04\0\x02\x04\x03\0\x2b\0\x03\x02\x03\x04"   \
		    "\0\x33\0\x26\0\x24\0\x1d\0\x20################################"),             \
		SAY(SERVER, "\x16\x03\x03\0\x5a\x02\0\0\x56\x03\x03"                               \
			    "################################\0\x13\x01\0\0\x2e"                   \
			    "\0\x2b\0\x02\x03\x04\0\x33\0\x24\0\x1d\0\x20"                         \
			    "################################\x14\x03\x03\0\x01\x01"),             \
		RECORD(SERVER, 2400, 3600), SAY(CLIENT, "\x14\x03\x03\0\x01\x01"),                 \
		RECORD(CLIENT, 74, 74)

static const struct step tls[] = {
	TLS_OPENING, RECORD(CLIENT, 200, 900), RECORD(SERVER, 400, 24000),
	AGAIN(5, 6), RECORD(CLIENT, 24, 24),   END,
};

static const struct step tls_api[] = {
	TLS_OPENING, RECORD(CLIENT, 120, 700), RECORD(SERVER, 90, 1400),
	AGAIN(5, 5), RECORD(CLIENT, 24, 24),   END,
};

static const struct step tls_download[] = {
	TLS_OPENING,
	RECORD(CLIENT, 300, 600),
	RECORD(SERVER, 2000000, 9000000),
	END,
};

static const struct step backup_upload[] = {
	TLS_OPENING,
	RECORD(CLIENT, 2000000, 9000000),
	RECORD(SERVER, 60, 200),
	END,
};

static const struct step ssh[] = {
	SAY(SERVER, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
	SAY(CLIENT, "SSH-2.0-OpenSSH_9.6\r\n"),
	FILL(SERVER, 1080, 1080),
	FILL(CLIENT, 1500, 1540),
	FILL(CLIENT, 36, 36),
	FILL(SERVER, 36, 100),
	AGAIN(4, 20),
	END,
};

static const struct step syslog_udp[] = {
	SAY(CLIENT, "<134>Nov 21 12:0#:1# web#### app[####]: request ######## done\n"),
	AGAIN(0, 8),
	END,
};

static const struct step syslog_tcp[] = {
	SAY(CLIENT, "<165>1 2026-11-21T12:00:00.######Z web#### app #### - - request ####\n"),
	AGAIN(0, 30),
	END,
};

static const struct step dns[] = {
	SAY(CLIENT, "##\x01\0\0\x01\0\0\0\0\0\0\x08########\x07"
		    "example\x03net\0\0\x01\0\x01"),
	SAY(SERVER,
	    "##\x81\x80\0\x01\0\x01\0\0\0\0\x08########\x07"
	    "example\x03net\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc6\x12\x07\x09"),
	END,
};

const struct talk talks[] = {
	{"http", TRANSPORT_TCP, 80, 40, 20, 20, http},
	{"http-api", TRANSPORT_TCP, 8000, 120, 30, 160, http_api},
	{"http-short", TRANSPORT_TCP, 8081, 120, 30, 200, http_short},
	{"http-download", TRANSPORT_TCP, 8080, 1, 2, 1, http_download},
	{"elasticsearch", TRANSPORT_TCP, 9200, 60, 0, 60, elasticsearch},
	{"redis", TRANSPORT_TCP, 6379, 80, 0, 120, redis},
	{"mysql", TRANSPORT_TCP, 3306, 80, 0, 120, mysql},
	{"postgresql", TRANSPORT_TCP, 5432, 60, 0, 120, postgresql},
	{"imap", TRANSPORT_TCP, 143, 60, 5, 30, imap},
	{"smtp", TRANSPORT_TCP, 25, 60, 20, 10, smtp},
	{"tls", TRANSPORT_TCP, 443, 60, 60, 20, tls},
	{"tls-api", TRANSPORT_TCP, 4443, 240, 240, 120, tls_api},
	{"tls-download", TRANSPORT_TCP, 8443, 1, 3, 1, tls_download},
	{"backup", TRANSPORT_TCP, 9443, 0, 1, 1, backup_upload},
	{"ssh", TRANSPORT_TCP, 22, 60, 20, 40, ssh},
	{"syslog-udp", TRANSPORT_UDP, 514, 30, 0, 120, syslog_udp},
	{"syslog-tcp", TRANSPORT_TCP, 601, 20, 0, 60, syslog_tcp},
	{"dns", TRANSPORT_UDP, 53, 40, 400, 300, dns},
};

const size_t talk_count = sizeof talks / sizeof *talks;
