/* SPDX-License-Identifier: ISC */
/* Is it TDS? And its constants. See mssql_recognise.c. */
#ifndef DISSECTORS_MSSQL_RECOGNISE_H
#define DISSECTORS_MSSQL_RECOGNISE_H

#include "dissectors/dissector.h"

enum mssql_type {
	MSSQL_BATCH = 0x01,
	MSSQL_RPC = 0x03,
	MSSQL_RESPONSE = 0x04,
	MSSQL_ATTENTION = 0x06,
	MSSQL_BULK = 0x07,
	MSSQL_TRANSACTION = 0x0e,
	MSSQL_LOGIN7 = 0x10,
	MSSQL_SSPI = 0x11,
	MSSQL_PRELOGIN = 0x12,
};

enum mssql_token {
	MSSQL_COLUMNS = 0x81,
	MSSQL_ERROR = 0xaa,
	MSSQL_INFO = 0xab,
	MSSQL_LOGINACK = 0xad,
	MSSQL_CHANGE = 0xe3,
	MSSQL_DONE = 0xfd,
	MSSQL_DONE_PROC = 0xfe,
	MSSQL_DONE_IN_PROC = 0xff,
};

enum { MSSQL_OPTION_VERSION = 0, MSSQL_OPTION_ENCRYPTION = 1, MSSQL_OPTION_END = 0xff };

#define MSSQL_HEADER 8 /* type, status, length:2, channel:2, number, window */

/* The bytes of an option of a PRELOGIN body; failed if it is not there. */
struct bytes mssql_prelogin_option(struct bytes body, uint8_t option);
enum recognised mssql_recognise(const struct opening *opening);

#endif
