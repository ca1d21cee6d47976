/* SPDX-License-Identifier: ISC */
/* See ftp_words.h. Commands: RFC 959, 2228, 2389, 2428, 3659. */
#include "dissectors/ftp/ftp_words.h"

#include "dissectors/read/banner.h"
#include "dissectors/read/lines.h"

#define LIST COMMAND_LISTING
#define DROP COMMAND_DESTRUCTIVE

static const struct command_word commands[] = {
	{"USER", FTP_USER, 0},	      {"PASS", FTP_PASS, 0},	    {"ACCT", FTP_PASS, 0},
	{"AUTH", FTP_AUTH, 0},	      {"RETR", FTP_TRANSFER, LIST}, {"LIST", FTP_TRANSFER, LIST},
	{"NLST", FTP_TRANSFER, LIST}, {"MLSD", FTP_TRANSFER, LIST}, {"MLST", FTP_LOOK, LIST},
	{"STAT", FTP_LOOK, 0},	      {"STOR", FTP_FILE, 0},	    {"STOU", FTP_FILE, 0},
	{"APPE", FTP_FILE, 0},	      {"DELE", FTP_FILE, DROP},	    {"RMD", FTP_FILE, DROP},
	{"XRMD", FTP_FILE, DROP},     {"RMDA", FTP_FILE, DROP},	    {"MKD", FTP_FILE, 0},
	{"XMKD", FTP_FILE, 0},	      {"RNFR", FTP_FILE, 0},	    {"RNTO", FTP_FILE, 0},
	{"CWD", FTP_FILE, 0},	      {"XCWD", FTP_FILE, 0},	    {"CDUP", FTP_FILE, 0},
	{"PWD", FTP_FILE, 0},	      {"XPWD", FTP_FILE, 0},	    {"SIZE", FTP_FILE, 0},
	{"MDTM", FTP_FILE, 0},	      {"SITE", FTP_FILE, 0},	    {"PORT", FTP_FILE, 0},
	{"EPRT", FTP_FILE, 0},	      {"PASV", FTP_FILE, 0},	    {"EPSV", FTP_FILE, 0},
	{"TYPE", FTP_ANY, 0},	      {"MODE", FTP_ANY, 0},	    {"STRU", FTP_ANY, 0},
	{"REST", FTP_ANY, 0},	      {"ALLO", FTP_ANY, 0},	    {"ABOR", FTP_ANY, 0},
	{"SYST", FTP_ANY, 0},	      {"FEAT", FTP_ANY, 0},	    {"OPTS", FTP_ANY, 0},
	{"CLNT", FTP_ANY, 0},	      {"HELP", FTP_ANY, 0},	    {"NOOP", FTP_ANY, 0},
	{"PBSZ", FTP_ANY, 0},	      {"PROT", FTP_ANY, 0},	    {"REIN", FTP_ANY, 0},
	{"QUIT", FTP_ANY, 0},
};

static const struct banner_product products[] = {
	{"vsFTPd", "vsftpd"},
	{"ProFTPD", "ProFTPD"},
	{"Pure-FTPd", "Pure-FTPd"},
	{"FileZilla Server", "FileZilla Server"},
	{"Microsoft FTP Service", "Microsoft FTP Service"},
	{"pyftpdlib", "pyftpdlib"},
	{"Serv-U FTP Server", "Serv-U"},
	{"Serv-U", "Serv-U"},
	{"WS_FTP Server", "WS_FTP"},
	{"wu-", "WU-FTPD"},
	{"glFTPd", "glFTPd"},
	{"bftpd", "bftpd"},
	{"CrushFTP", "CrushFTP"},
	{"Cerberus FTP Server", "Cerberus FTP Server"},
	{"Titan FTP Server", "Titan FTP Server"},
	{"Wing FTP Server", "Wing FTP Server"},
	{"Xlight FTP Server", "Xlight FTP Server"},
	{"GlobalSCAPE", "GlobalSCAPE"},
	{"Gene6 FTP Server", "Gene6"},
	{"MikroTik FTP server", "MikroTik"},
	{"MikroTik", "MikroTik"},
	{"Ready-To-Run FTP", "Ready-To-Run"},
	{"SFTPGo", "SFTPGo"},
	{"Rumpus", "Rumpus"},
	{"inetutils", "GNU inetutils"},
	{"Apache FTP Server", "Apache FtpServer"},
	{"TYPSoft FTP Server", "TYPSoft FTP Server"},
	{"warFTPd", "WarFTPd"},
	{"NcFTPd", "NcFTPd"},
	{"Synology", "Synology"},
	{"QNAP", "QNAP"},
	{"ftpd-BSD", "ftpd-BSD"},
	{"VxWorks FTP", "VxWorks"},
};

const struct command_word *ftp_words_command(const struct bytes *word)
{
	return COMMAND_WORDS_FIND(commands, word);
}

void ftp_words_product(struct bytes text, struct facts *facts)
{
	banner_product(text, products, sizeof products / sizeof *products, facts);
}

bool ftp_words_is_anonymous(const struct bytes *user)
{
	return lines_equal(user, "anonymous") || lines_equal(user, "ftp") ||
	       lines_equal(user, "guest");
}
