/* SPDX-License-Identifier: ISC */
/*
 * One conversation with a file server, SMB 1 or 2/3, and what its files share. Only the beginning
 * of each message is kept; what lies deeper in a log-in (user name, versions) is picked out of the
 * passing bytes by smb_setup.c.
 */
#ifndef DISSECTORS_SMB_H
#define DISSECTORS_SMB_H

#include "dissectors/dissector.h"
#include "dissectors/read/answers.h"

#define SMB_KEPT 172 /* bytes of a message */
#define SMB_NTLM 64  /* bytes of an NTLMSSP message before its payload */
#define SMB_TEXT 47

#define SMB1_SESSION_SETUP 0x73
#define SMB2_SESSION_SETUP 1

#define SMB_STATUS_PENDING	   0x00000103u
#define SMB_STATUS_BUFFER_OVERFLOW 0x80000005u
#define SMB_STATUS_MORE_PROCESSING 0xc0000016u

enum smb_text_kind {
	SMB_TEXT_NOTHING,
	SMB_TEXT_USER,
	SMB_TEXT_SYSTEM,  /* "Windows 5.1", "Unix" */
	SMB_TEXT_MANAGER, /* "Samba 4.4.16" */
};

/* A text that begins `skip` bytes further on. */
struct smb_text {
	uint32_t skip;
	uint16_t left; /* bytes; UINT16_MAX: it ends with a NUL */
	uint8_t kind;
	bool wide; /* UTF-16, little endian */
	bool half; /* between the two bytes of a character */
	uint8_t low;
	uint8_t length;
	char text[SMB_TEXT];
};

/* What a pipe's calls are for: smb_pipes.c. */
enum smb_interface { SMB_RPC_OTHER, SMB_RPC_SERVICES, SMB_RPC_JOBS, SMB_RPC_TASKS };

struct smb_stream {
	uint8_t nbss[4];
	uint8_t have; /* of nbss */
	uint8_t kept;
	uint8_t ntlm_have;
	bool lost;	 /* not at a known place */
	bool holed;	 /* bytes of this message were not seen */
	uint32_t left;	 /* of the frame, not yet seen */
	uint32_t at;	 /* bytes of this message that have passed */
	uint32_t length; /* of this message, known once SMB_SIZED bytes have passed */
	uint8_t body[SMB_KEPT];
	uint8_t ntlm[SMB_NTLM];
	struct smb_text text;
};

struct smb {
	struct smb_stream side[2];
	struct answers_table pending; /* kind: is it a listing */
	uint32_t pipes;		      /* tree of the last share that held pipes, no files */
	int call;		      /* handle of the last call in a pipe that runs something */
	uint32_t call_number;
	uint8_t interface; /* enum smb_interface of the pipe that was bound last */
	bool begun;
	bool null_user; /* the latest log-in had no name: a null session */
	bool asked;	/* the last step of a log-in was seen, and awaits its answer */
};

/* smb_exchange.c */
void smb_note(struct smb *smb, struct facts *facts, uint32_t id, const char *name, unsigned flags);
/* Gives the answer to everything that waits under this number; says if that asked for a listing. */
bool smb_settle(struct smb *smb, struct facts *facts, uint32_t id, bool accepted);
/* `signed_answer`: the server has a key; a null session has none. */
void smb_let_in(struct smb *smb, struct facts *facts, bool guest, bool signed_answer);

/* smb_pipes.c: what goes into a pipe, and what comes out of it, from its first byte */
void smb_pipes_asked(struct smb *smb, struct facts *facts, struct bytes b);
void smb_pipes_told(struct smb *smb, struct facts *facts, struct bytes b);

/* smb_setup.c: one more byte of a log-in message, number `at` of it */
void smb_setup_byte(struct smb *smb, struct facts *facts, enum side from, uint8_t byte);

/* smb1.c, smb2.c: a whole message, its beginning in the stream's body[] */
void smb1_message(struct smb *smb, struct facts *facts, enum side from);
void smb2_message(struct smb *smb, struct facts *facts, enum side from);

/* smb_recognise.c */
enum recognised smb_recognise(const struct opening *opening);

static inline bool smb_is_smb2(const struct smb_stream *stream)
{
	return stream->kept >= 4 && memcmp(stream->body, "\xfeSMB", 4) == 0;
}

static inline bool smb_is_smb1(const struct smb_stream *stream)
{
	return stream->kept >= 4 && memcmp(stream->body, "\xffSMB", 4) == 0;
}

#endif
