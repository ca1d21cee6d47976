/* SPDX-License-Identifier: ISC */
/*
 * See numeric_recognise.h. First the greeting's own words count ("ESMTP", "FTP", a product), then
 * what the server answered to a command that only one of the protocols has, then answers that only
 * one of them gives. A greeting alone that says nothing ("220 ready") stays unknown.
 */
#include "dissectors/read/numeric_recognise.h"

#include "dissectors/read/banner.h"
#include "dissectors/read/lines.h"

#define LINES_MAX 40 /* of each side's opening that are looked at */

static bool is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "(vsFTPd" -> "vsFTPd" */
static struct bytes trim(struct bytes word)
{
	while (word.left != 0 && !is_letter(word.at[0]))
		bytes_skip(&word, 1);
	while (word.left != 0 && !is_letter(word.at[word.left - 1]))
		word.left--;
	return word;
}

static enum numeric of_word(struct bytes word)
{
	static const char *const smtp[] = {"SMTP",	"ESMTP", "ESMTPS",    "ESMTPSA",  "ESMTPA",
					   "SMTPSVC",	"gsmtp", "Postfix",   "Sendmail", "Exim",
					   "OpenSMTPD", "qmail", "MailEnable"};
	static const char *const nntp[] = {"NNTP", "InterNetNews", "INN", "NNRP", "leafnode"};
	static const char *const ftp[] = {"FileZilla", "Serv-U"};

	word = trim(word);
	for (size_t i = 0; i < sizeof smtp / sizeof *smtp; i++) {
		if (lines_equal(&word, smtp[i]))
			return NUMERIC_SMTP;
	}
	for (size_t i = 0; i < sizeof nntp / sizeof *nntp; i++) {
		if (lines_equal(&word, nntp[i]))
			return NUMERIC_NNTP;
	}
	for (size_t i = 0; i < sizeof ftp / sizeof *ftp; i++) {
		if (lines_equal(&word, ftp[i]))
			return NUMERIC_FTP;
	}
	if (lines_equal(&word, "LMTP"))
		return NUMERIC_LMTP;
	return lines_contain(&word, "FTP") ? NUMERIC_FTP : NUMERIC_MORE;
}

enum numeric numeric_greeting(struct bytes text)
{
	enum numeric is = NUMERIC_MORE;
	bool first = true;

	if (lines_start_with(&text, "VMware Authentication Daemon"))
		return NUMERIC_NONE;
	while (text.left != 0 && is == NUMERIC_MORE) {
		struct bytes word = lines_word(&text);
		bool is_name = memchr(word.at, '.', word.left) != NULL ||
			       memchr(word.at, '@', word.left) != NULL;

		/* A host's name says nothing, and neither does one among the words. */
		if (!(is_name && (first || lines_contain(&word, "ftp."))))
			is = of_word(word);
		first = false;
	}
	return is;
}

/* What the client's first lines mean if the server answers them kindly. */
static enum numeric of_command(struct bytes text)
{
	static const struct {
		const char *start;
		enum numeric is;
	} rows[] = {
		{"EHLO ", NUMERIC_SMTP},       {"HELO ", NUMERIC_SMTP},
		{"LHLO ", NUMERIC_LMTP},       {"MAIL FROM:", NUMERIC_SMTP},
		{"RCPT TO:", NUMERIC_SMTP},    {"STARTTLS", NUMERIC_SMTP},
		{"VRFY ", NUMERIC_SMTP},       {"EXPN ", NUMERIC_SMTP},
		{"USER ", NUMERIC_FTP},	       {"PASS ", NUMERIC_FTP},
		{"SYST", NUMERIC_FTP},	       {"FEAT", NUMERIC_FTP},
		{"PASV", NUMERIC_FTP},	       {"EPSV", NUMERIC_FTP},
		{"EPRT ", NUMERIC_FTP},	       {"PORT ", NUMERIC_FTP},
		{"AUTH TLS", NUMERIC_FTP},     {"AUTH SSL", NUMERIC_FTP},
		{"PWD", NUMERIC_FTP},	       {"CWD ", NUMERIC_FTP},
		{"RETR ", NUMERIC_FTP},	       {"STOR ", NUMERIC_FTP},
		{"NLST", NUMERIC_FTP},	       {"CLNT ", NUMERIC_FTP},
		{"MODE READER", NUMERIC_NNTP}, {"CAPABILITIES", NUMERIC_NNTP},
		{"GROUP ", NUMERIC_NNTP},      {"AUTHINFO ", NUMERIC_NNTP},
		{"ARTICLE ", NUMERIC_NNTP},    {"LISTGROUP", NUMERIC_NNTP},
		{"LIST ACTIVE", NUMERIC_NNTP}, {"LIST NEWSGROUPS", NUMERIC_NNTP},
		{"NEWNEWS ", NUMERIC_NNTP},    {"NEWGROUPS ", NUMERIC_NNTP},
		{"XOVER ", NUMERIC_NNTP},      {"MODE STREAM", NUMERIC_NNTP},
		{"IHAVE <", NUMERIC_NNTP},     {"CHECK <", NUMERIC_NNTP},
	};

	if (text.left == 0 || !is_letter(text.at[0]))
		return NUMERIC_MORE;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (lines_start_with(&text, rows[i].start))
			return rows[i].is;
	}
	return NUMERIC_MORE;
}

static enum numeric of_client(struct bytes client)
{
	struct line line = {.length = 0};
	enum numeric is = NUMERIC_MORE;

	for (int i = 0; i < LINES_MAX && is == NUMERIC_MORE && lines_next(&line, &client); i++)
		is = of_command(bytes_from(line.text, line.length));
	return is;
}

/* Answers that only one of them gives; `to` is what the client's command would mean. */
static enum numeric of_answer(unsigned code, const struct bytes *text, enum numeric to)
{
	switch (code) {
	case 331:
	case 332:
	case 227:
	case 229:
	case 234:
	case 257:
		return NUMERIC_FTP;
	case 235:
	case 334:
	case 354:
		return to == NUMERIC_LMTP ? NUMERIC_LMTP : NUMERIC_SMTP;
	case 211:
	case 215:
		return to == NUMERIC_FTP || to == NUMERIC_NNTP ? to : NUMERIC_MORE;
	case 230:
	case 150:
	case 226:
	case 530:
		return to == NUMERIC_FTP ? to : NUMERIC_MORE;
	case 101:
	case 281:
	case 335:
	case 381:
	case 411:
	case 430:
	case 480:
	case 481:
		return to == NUMERIC_NNTP ? to : NUMERIC_MORE;
	case 250:
		if (lines_start_with(text, "PIPELINING") || lines_start_with(text, "8BITMIME") ||
		    lines_start_with(text, "STARTTLS"))
			return to == NUMERIC_LMTP ? NUMERIC_LMTP : NUMERIC_SMTP;
		break;
	default:
		break;
	}
	if (banner_is_enhanced(text) && code >= 200 && (code < 300 || code >= 400) &&
	    text->at[0] == '0' + code / 100)
		return to == NUMERIC_LMTP ? NUMERIC_LMTP : NUMERIC_SMTP;
	/* HELO is answered by 250 in both, but an FTP server knows none of mail's commands; 220 is
	 * the answer to STARTTLS. */
	if ((code == 250 || code == 220) && (to == NUMERIC_SMTP || to == NUMERIC_LMTP))
		return to;
	/* "posting allowed", or not: MODE READER greets once more. */
	if ((code == 200 || code == 201) && to == NUMERIC_NNTP)
		return lines_contain(text, "posting") ? to : NUMERIC_MORE;
	return code >= 200 && code < 300 && to == NUMERIC_FTP ? to : NUMERIC_MORE;
}

static bool is_greeting(unsigned code)
{
	return code == 220 || code == 120 || code == 200 || code == 201 || code == 421 ||
	       code == 530 || code == 550 || code == 554 || code == 521 || code == 450 ||
	       code == 400 || code == 502;
}

static bool is_plain_text(const struct bytes *line)
{
	for (size_t i = 0; i < line->left; i++) {
		if (line->at[i] < 0x20 && line->at[i] != '\t' && line->at[i] != '\r')
			return false;
	}
	return true;
}

/* News are greeted with 200 and 201, and turned away with 400 and 502. */
static bool is_code_of(unsigned code, enum numeric is)
{
	bool news = code == 200 || code == 201;

	return is == NUMERIC_NNTP ? news || code == 400 || code == 502 : !news;
}

/* Where the reading of the server's answers stands. */
struct reading {
	unsigned code; /* of the answer whose last line has not come; 0: a new one is due */
	bool greeted;
	enum numeric to;
};

static enum numeric on_line(struct reading *reading, struct bytes line)
{
	struct bytes text = line;
	enum numeric is;
	bool last = false;
	unsigned code = banner_reply(line, &last, &text);

	if (!is_plain_text(&line))
		return NUMERIC_NONE;
	if (reading->code != 0 && code != reading->code) { /* inside of several lines */
		code = reading->code;
		text = line;
		last = false;
	}
	if (code == 0 || (!reading->greeted && !is_greeting(code)))
		return NUMERIC_NONE;
	if (reading->greeted) {
		is = of_answer(code, &text, reading->to);
	} else {
		is = numeric_greeting(text);
		if (is == NUMERIC_MORE && banner_is_enhanced(&text) && code > 400)
			is = NUMERIC_SMTP;
		if (is != NUMERIC_MORE && !is_code_of(code, is))
			is = NUMERIC_NONE;
	}
	reading->code = last ? 0 : code;
	reading->greeted |= last;
	return is;
}

static enum numeric of_server(struct bytes server, enum numeric to, bool midstream)
{
	struct reading reading = {.greeted = midstream, .to = to};
	struct line line = {.length = 0};
	enum numeric is = NUMERIC_MORE;

	for (int i = 0; i < LINES_MAX && is == NUMERIC_MORE; i++) {
		if (!lines_next(&line, &server)) {
			/* A line that goes on and on has said enough, too. */
			if (server.left != 0 || !line.cut)
				break;
			return on_line(&reading, bytes_from(line.text, line.length));
		}
		is = on_line(&reading, bytes_from(line.text, line.length));
	}
	return is;
}

/* Three digits, as far as they have come. */
static bool may_be_answer(struct bytes b)
{
	for (size_t i = 0; i < 3 && i < b.left; i++) {
		if (b.at[i] < '0' || b.at[i] > '9')
			return false;
	}
	return b.left < 4 || b.at[3] == ' ' || b.at[3] == '-' || b.at[3] == '\r' || b.at[3] == '\n';
}

enum numeric numeric_recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum numeric to;

	if (client.left >= 4 && may_be_answer(client))
		return NUMERIC_NONE; /* the roles are the wrong way round */
	if (server.left == 0 && !opening->one_sided)
		return NUMERIC_MORE;
	if (server.left != 0 && !may_be_answer(server))
		return NUMERIC_NONE;
	to = of_client(client);
	if (server.left == 0) {
		/* POP3 has USER and PASS as well, IMAP has STARTTLS behind a tag. */
		return to == NUMERIC_SMTP || to == NUMERIC_LMTP ? to : NUMERIC_MORE;
	}
	return of_server(server, to, opening->midstream);
}
