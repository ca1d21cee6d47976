/* SPDX-License-Identifier: ISC */
/* Names of what speaks VNC, and of its types of security (IANA's registry of RFB). */
#ifndef DISSECTORS_VNC_NAMES_H
#define DISSECTORS_VNC_NAMES_H

#include "dissectors/read/bytes.h"
#include "dissectors/read/facts.h"

enum vnc_security {
	VNC_NONE = 1,
	VNC_PASSWORD = 2,
	VNC_RSA_AES = 5,
	VNC_RSA_AES_FIRST = 6,
	VNC_TIGHT = 16,
	VNC_TLS = 18,
	VNC_VENCRYPT = 19,
	VNC_APPLE = 30,
};

/* Of "RFB 003.889\n": some products have a version of the protocol to themselves. */
void vnc_names_product(struct bytes version, struct facts *facts);
void vnc_names_mechanism(uint32_t type, struct facts *facts);

#endif
