/* SPDX-License-Identifier: ISC */
/*
 * What the bytes of one conversation have shown so far. A dissector writes, the sensor reads.
 * Fixed size, no pointers but to constant tables: it lives in a pool and is copied into
 * observations.
 *
 * The setters keep `revision` moving only on a real change, which is how the sensor knows that
 * there is something to tell. All text from the wire goes through them: they shorten it, replace
 * everything that is not printable ASCII by '?', and end it with a NUL. Secrets are never stored.
 */
#ifndef DISSECTORS_FACTS_H
#define DISSECTORS_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct feed;

#define FACTS_COMMANDS	   12
#define FACTS_COMMAND_TEXT 48
#define FACTS_SEEN	   16

enum auth {
	AUTH_UNKNOWN,	/* not visible */
	AUTH_NA,	/* the log-in stage was never reached, or the protocol has none */
	AUTH_REQUIRED,	/* demanded, and the client never tried */
	AUTH_FAILED,	/* tried, and never accepted */
	AUTH_NONE,	/* served without credentials */
	AUTH_ANONYMOUS, /* an anonymous, guest or null log-in was accepted */
	AUTH_SUCCEEDED, /* credentials were accepted */
};

enum encryption {
	ENCRYPTION_UNKNOWN,
	ENCRYPTION_NA,
	ENCRYPTION_CLEARTEXT,
	ENCRYPTION_TLS,
	ENCRYPTION_STARTTLS,
	ENCRYPTION_NATIVE, /* ssh, rdp, smb3: the protocol's own */
};

/* A question that the bytes may not have answered yet. */
enum answer {
	ANSWER_UNKNOWN,
	ANSWER_NO,
	ANSWER_YES,
};

/* What services are for, one row each: F(ID, "name"). The names are a contract: policy, events. */
/* clang-format off */
#define FAMILIES(F) \
	F(OTHER, "other") \
	F(DATABASE, "database") \
	F(LOGGING, "logging") \
	F(MAIL, "mail") \
	F(STORAGE, "storage") \
	F(BACKUP, "backup") \
	F(QUEUE, "queue") \
	F(ADMIN, "admin") \
	F(ORCHESTRATION, "orchestration") \
	F(AI, "ai") /* serves models, runs agents or their tools, notebooks */ \
	F(WEB, "web") \
	F(INFRASTRUCTURE, "infrastructure")

enum family {
#define F(id, name) FAMILY_##id,
	FAMILIES(F)
#undef F
	FAMILY_COUNT
};
/* clang-format on */

/* What answers. Rows are constant data beside the dissector that recognises them. */
struct service {
	const char *name; /* ours: lower case, hyphens; a contract (policy, events) */
	enum family family;
	const char *about;	 /* one line for people */
	const char *identifier;	 /* Shadowserver / IntelMQ classification.identifier, or NULL */
	bool one_way;		 /* on UDP it never answers: a datagram is all there is to see */
	const uint16_t *ports;	 /* usual ports, 0-terminated; NULL if none. Only for guesses */
	const char *const *also; /* other names that a policy may write for it; NULL-terminated, or
				  * NULL if none. Events have `name` only */
	bool met; /* the tests have met a real server; else: written from documents */
};

/* What is odd about the server's certificate. Is it still valid? That is for who has a clock. */
enum {
	TLS_SELF_SIGNED = 1 << 0,
	TLS_OTHER_NAME = 1 << 1, /* than the client asked for */
};

enum {
	COMMAND_LISTING = 1 << 0,     /* asks for a listing or for records: data-out if accepted */
	COMMAND_DESTRUCTIVE = 1 << 1, /* deletes or overwrites in bulk: destroyed if accepted */
	COMMAND_EXECUTES = 1 << 2,    /* runs code, or reads or writes files of the server:
					 executed if accepted */
};

struct command {
	char text[FACTS_COMMAND_TEXT]; /* as the field names it: "FLUSHALL", "DELETE /customers" */
	uint8_t accepted;	       /* enum answer */
	uint8_t flags;
	uint16_t serial; /* tells a row from the one that had its place before */
};

/*
 * Hashes of names (users, objects) for the sensor to count distinct ones of: it takes them away
 * after each feed(). The names themselves are not kept.
 */
struct facts_seen {
	uint64_t hashes[FACTS_SEEN];
	uint16_t count;
	uint16_t lost; /* that found no room since they were last taken away */
};

struct facts {
	const struct service *service; /* NULL until known; may be refined later */
	uint8_t auth;		       /* enum auth */
	uint8_t encryption;	       /* enum encryption */
	uint8_t data_read;	       /* enum answer: did the server return stored data */
	uint8_t command_count;
	bool directory_listing;
	/* What a peer that is not believed said about its client: how often, and the latest. */
	uint8_t claimed_by;  /* enum forwarded_by */
	uint8_t claimed[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint32_t claims;
	bool contradicted; /* set by the sensor: there are two versions of the same bytes */
	bool urgent;	   /* set by the sensor: a byte was sent out of band */
	bool limited;	   /* not all was read: compressed in such a way, or too much of it */
	bool lying_length; /* a frame of the client's states a size that cannot be true */
	uint32_t revision; /* moves on every change */
	uint32_t logins_failed, logins_succeeded;
	uint32_t messages;	/* mail taken in for delivery */
	uint32_t commands_seen; /* notable ones, including those that found no room below */
	char product[40], version[40];
	char user[48], mechanism[24]; /* who, and how (SCRAM-SHA-256, LOGIN); never the secret */
	char host[72];		      /* HTTP Host, or TLS server name */
	char path[96];		      /* first path of note, query cut off */
	char operation[32];	      /* object storage and the like: ListBlobs, GetObject */
	char tls_version[8];	      /* "1.2" */
	char tls_subject[96], tls_issuer[96]; /* RFC 4514 text of the leaf certificate */
	uint64_t tls_not_after_s;	      /* Unix seconds, 0 = not seen */
	uint64_t tls_not_before_s;
	char tls_sha256[65];   /* of that certificate */
	char tls_protocol[24]; /* that the server chose by ALPN */
	char ja4[37];	       /* the kind of TLS client: tls_client.h */
	uint8_t tls_faults;    /* TLS_… */
	bool tls_ech;	       /* its hello holds another one, encrypted: `host` may be a front */
	bool offered; /* what the service is, only the client says: nobody has contradicted */
	struct command commands[FACTS_COMMANDS]; /* in order of first use, each text once */
	struct facts_seen users_tried;		 /* of log-ins, whatever became of them */
	struct facts_seen objects_read;		 /* of an object store or a file tree */
};

void facts_set_service(struct facts *facts, const struct service *service);
/* Sets what the latest bytes show; AUTH_FAILED after AUTH_SUCCEEDED/NONE/ANONYMOUS is ignored. */
void facts_set_auth(struct facts *facts, enum auth auth);
void facts_set_encryption(struct facts *facts, enum encryption encryption);
/* ANSWER_YES stays. */
void facts_set_data_read(struct facts *facts, enum answer answer);
/* Clear text; no log-in was asked for yet, and no data were read. */
void facts_begin(struct facts *facts, const struct service *service);
/* Answers FEED_TLS; what is known of log-ins and data stays. */
void facts_agree_tls(struct facts *facts, struct feed *fed);
/* The same, and who logs in and what is read will not be seen. */
void facts_start_tls(struct facts *facts, struct feed *fed);
/* Counts it, and `user` as tried; sets auth. */
void facts_login(struct facts *facts, bool accepted);
/* The client was given this object: facts_hash() of its name. Revision stays: bytes tell. */
void facts_object(struct facts *facts, uint64_t hash);
void facts_message(struct facts *facts); /* one more mail was taken in */
void facts_limited(struct facts *facts); /* something compressed could not be read */
void facts_lying_length(struct facts *facts);
/* Such a frame was answered with what memory held: told as a command that gave data. */
void facts_leak(struct facts *facts, const char *command);
/* A hash of a name, the same on every machine (FNV-1a, 64 bits, mixed); never 0. */
uint64_t facts_hash(const void *name, size_t length);
/* `field` is one of the char arrays above, `size` its size; `text` need not end with a NUL. */
void facts_set_text(struct facts *facts, char *field, size_t size, const void *text, size_t length);
#define FACTS_TEXT(facts, field, text, length)                                                     \
	facts_set_text((facts), (facts)->field, sizeof(facts)->field, (text), (length))
/* The same of a literal: FACTS_WORD(facts, product, "PostgreSQL"). */
#define FACTS_WORD(facts, field, literal)                                                          \
	FACTS_TEXT(facts, field, "" literal "", sizeof(literal) - 1)

/*
 * Notes a command; the same text is kept once. Returns a handle for facts_command_result(), or -1
 * if there was no room (it is counted then). A destructive one, or one that executes, takes the
 * place of a harmless or refused one; where there is none it shares the last row of its kind.
 * A text that was refused before and is accepted later counts as accepted.
 */
int facts_command(struct facts *facts, const void *text, size_t length, unsigned flags);
/* The same of a literal: FACTS_COMMAND(facts, "FLUSHALL", COMMAND_DESTRUCTIVE). */
#define FACTS_COMMAND(facts, literal, flags)                                                       \
	facts_command((facts), "" literal "", sizeof(literal) - 1, (flags))
/* How bad such a command is: 2 destructive, 1 executing, 0 any other. */
unsigned facts_command_weight(unsigned flags);
/* A handle of -1, or of a command that has lost its place since, is ignored. */
void facts_command_result(struct facts *facts, int handle, bool accepted);
/* Where in commands[] it is; -1 for a handle of -1, or of a command that has lost its place. */
int facts_command_index(const struct facts *facts, int handle);

/* What the peer says about its client is not believed: the address and enum forwarded_by. */
void facts_claim(struct facts *facts, const uint8_t address[16], uint8_t by);

const char *auth_name(enum auth auth); /* "none", "anonymous", … */
const char *encryption_name(enum encryption encryption);
const char *family_name(enum family family); /* "database", … */

#endif
