/* SPDX-License-Identifier: ISC */
/* By what a client was named, in the order in which one header wins over another. */
#ifndef DISSECTORS_FORWARDED_BY_H
#define DISSECTORS_FORWARDED_BY_H

enum forwarded_by {
	FORWARDED_NOT,
	FORWARDED_X_CLUSTER_CLIENT_IP,
	FORWARDED_X_AZURE_CLIENTIP,
	FORWARDED_X_ENVOY_EXTERNAL_ADDRESS,
	FORWARDED_X_CLIENT_IP,
	FORWARDED_TRUE_CLIENT_IP,
	FORWARDED_CF_CONNECTING_IP,
	FORWARDED_X_REAL_IP,
	FORWARDED_FORWARDED,
	FORWARDED_X_FORWARDED_FOR,
	FORWARDED_XCLIENT,
	FORWARDED_ID, /* of IMAP, with x-originating-ip */
	FORWARDED_PROXY_V1,
	FORWARDED_PROXY_V2,
	FORWARDED_BY_COUNT
};

const char *forwarded_by_name(enum forwarded_by by); /* "x-forwarded-for", …; "" */

#endif
