/* SPDX-License-Identifier: ISC */
/* See smtp_words.h. Commands: RFC 5321, 4954, 3207, 3030, 2033, 1985; XCLIENT is Postfix's. */
#include "dissectors/smtp/smtp_words.h"

#include "dissectors/read/banner.h"
#include "dissectors/read/lines.h"

static const struct smtp_command commands[] = {
	{"EHLO", "EHLO", SMTP_HELLO, 0},
	{"HELO", "HELO", SMTP_HELLO, 0},
	{"LHLO", "LHLO", SMTP_HELLO, 0},
	{"AUTH", "AUTH", SMTP_LOG_IN, 0},
	{"STARTTLS", "STARTTLS", SMTP_START_TLS, 0},
	{"MAIL", "MAIL FROM", SMTP_SENDER, 0},
	{"RCPT", "RCPT TO", SMTP_RECIPIENT, 0},
	{"DATA", "DATA", SMTP_DATA, 0},
	{"BDAT", "BDAT", SMTP_CHUNK, 0},
	{"RSET", "RSET", SMTP_RESET, 0},
	{"VRFY", "VRFY", SMTP_ANY, COMMAND_LISTING},
	{"EXPN", "EXPN", SMTP_LOOK_UP, COMMAND_LISTING},
	{"ETRN", "ETRN", SMTP_ANY, 0},
	{"ATRN", "ATRN", SMTP_ANY, 0},
	{"XCLIENT", "XCLIENT", SMTP_ANY, 0},
	{"XFORWARD", "XFORWARD", SMTP_ANY, 0},
	{"BURL", "BURL", SMTP_ANY, 0},
	{"HELP", "HELP", SMTP_ANY, 0},
	{"NOOP", "NOOP", SMTP_ANY, 0},
	{"QUIT", "QUIT", SMTP_ANY, 0},
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

const struct smtp_command *smtp_words_command(const struct bytes *word)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (lines_equal(word, commands[i].word))
			return &commands[i];
	}
	return NULL;
}

void smtp_words_product(struct bytes text, struct facts *facts)
{
	banner_product(text, products, sizeof products / sizeof *products, facts);
}
