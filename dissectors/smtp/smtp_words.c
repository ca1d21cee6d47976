/* SPDX-License-Identifier: ISC */
/* See smtp_words.h. Commands: RFC 5321, 4954, 3207, 3030, 2033, 1985; XCLIENT is Postfix's. */
#include "dissectors/smtp/smtp_words.h"

#include "dissectors/read/banner.h"
#include "dissectors/read/lines.h"

static const struct command_word commands[] = {
	{"EHLO", SMTP_HELLO, 0},
	{"HELO", SMTP_HELLO, 0},
	{"LHLO", SMTP_HELLO, 0},
	{"AUTH", SMTP_LOG_IN, 0},
	{"STARTTLS", SMTP_START_TLS, 0},
	{"MAIL", SMTP_SENDER, 0},
	{"RCPT", SMTP_RECIPIENT, 0},
	{"DATA", SMTP_DATA, 0},
	{"BDAT", SMTP_CHUNK, 0},
	{"RSET", SMTP_RESET, 0},
	{"VRFY", SMTP_ANY, COMMAND_LISTING},
	{"EXPN", SMTP_LOOK_UP, COMMAND_LISTING},
	{"ETRN", SMTP_ANY, 0},
	{"ATRN", SMTP_ANY, 0},
	{"XCLIENT", SMTP_ANY, 0},
	{"XFORWARD", SMTP_ANY, 0},
	{"BURL", SMTP_ANY, 0},
	{"HELP", SMTP_ANY, 0},
	{"NOOP", SMTP_ANY, 0},
	{"QUIT", SMTP_ANY, 0},
};

static const struct banner_product products[] = {
	{"Postfix", "Postfix"},
	{"Exim", "Exim"},
	{"Sendmail", "Sendmail"},
	{"Microsoft ESMTP MAIL Service", "Microsoft ESMTP MAIL Service"},
	{"gsmtp", "Google"},
	{"OpenSMTPD", "OpenSMTPD"},
	{"Haraka", "Haraka"},
	{"hMailServer", "hMailServer"},
	{"MailEnable Service", "MailEnable"},
	{"MDaemon", "MDaemon"},
	{"Kerio Connect", "Kerio Connect"},
	{"Zimbra", "Zimbra"},
	{"IceWarp", "IceWarp"},
	{"CommuniGate Pro", "CommuniGate Pro"},
	{"Lotus Domino", "IBM Domino"},
	{"HCL Domino", "HCL Domino"},
	{"SmarterMail", "SmarterMail"},
	{"Apache James", "Apache James"},
	{"JAMES SMTP Server", "Apache James"},
	{"Dovecot", "Dovecot"},
	{"Cyrus LMTP", "Cyrus IMAP"},
	{"Cyrus", "Cyrus IMAP"},
	{"Stalwart", "Stalwart"},
	{"maddy", "maddy"},
	{"MailHog", "MailHog"},
	{"Mailpit", "Mailpit"},
	{"Python SMTP", "aiosmtpd"},
	{"Python SMTP proxy", "Python smtpd"},
	{"PowerMTA", "PowerMTA"},
	{"ArGoSoft", "ArGoSoft Mail Server"},
	{"Mercury", "Mercury"},
	{"GroupWise", "GroupWise"},
	{"qmail", "qmail"},
	{"Axigen", "Axigen"},
};

const struct command_word *smtp_words_command(const struct bytes *word)
{
	return COMMAND_WORDS_FIND(commands, word);
}

void smtp_words_product(struct bytes text, struct facts *facts)
{
	banner_product(text, products, sizeof products / sizeof *products, facts);
}

int smtp_words_note(const struct command_word *row, struct facts *facts)
{
	if (row->kind == SMTP_SENDER)
		return FACTS_COMMAND(facts, "MAIL FROM", 0);
	if (row->kind == SMTP_RECIPIENT)
		return FACTS_COMMAND(facts, "RCPT TO", 0);
	return command_words_note(row, facts);
}
