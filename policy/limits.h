/* SPDX-License-Identifier: ISC */
/* How much one policy file may hold. Each bound has its message; spanwatch-policy(5) lists them. */
#ifndef POLICY_LIMITS_H
#define POLICY_LIMITS_H

#define LIMIT_FILE_BYTES   (8U * 1024 * 1024)
#define LIMIT_DEPTH	   8	   /* lists and mappings, or files, within each other */
#define LIMIT_FILES	   256	   /* that one policy includes */
#define LIMIT_VALUES	   1000000 /* keys, scalars, lists and mappings of one file */
#define LIMIT_MESSAGES	   500	   /* shown; the rest is counted */
#define LIMIT_SUGGESTIONS  32	   /* "did you mean" of one load: each looks at every name */
#define LIMIT_ZONES	   255	   /* of the file; `internet` comes on top */
#define LIMIT_GROUPS	   10000
#define LIMIT_RULES	   10000
#define LIMIT_EXCEPTIONS   4096
#define LIMIT_PREFIXES	   200000 /* of all zones and groups together */
#define LIMIT_PROXIES	   1024
#define LIMIT_HEADER_SETS  16U /* different sets of headers of proxies; a power of two */
#define LIMIT_TUNNELS	   256
#define LIMIT_TRANSLATIONS 16384
#define LIMIT_PORTS	   256	 /* entries of one list of ports */
#define LIMIT_NAMES	   256	 /* entries of one list of names */
#define LIMIT_TEXT_BYTES   255	 /* owner, reason, ticket, security-group, runbook, … */
#define LIMIT_HOST_GROUPS  64	 /* groups that hold the same address */
#define LIMIT_GROUP_SETS   65535 /* different sets of groups that hold some address */

#endif
