/* SPDX-License-Identifier: ISC */
/* Is it LDAP? See ldap_recognise.c. */
#ifndef DISSECTORS_LDAP_RECOGNISE_H
#define DISSECTORS_LDAP_RECOGNISE_H

#include "dissectors/dissector.h"

enum ldap_operation {
	LDAP_BIND = 0x60,
	LDAP_BIND_RESPONSE = 0x61,
	LDAP_UNBIND = 0x42,
	LDAP_SEARCH = 0x63,
	LDAP_ENTRY = 0x64,
	LDAP_DONE = 0x65,
	LDAP_MODIFY = 0x66,
	LDAP_MODIFY_RESPONSE = 0x67,
	LDAP_ADD = 0x68,
	LDAP_ADD_RESPONSE = 0x69,
	LDAP_DELETE = 0x4a,
	LDAP_DELETE_RESPONSE = 0x6b,
	LDAP_RENAME = 0x6c,
	LDAP_RENAME_RESPONSE = 0x6d,
	LDAP_COMPARE = 0x6e,
	LDAP_COMPARE_RESPONSE = 0x6f,
	LDAP_ABANDON = 0x50,
	LDAP_REFERENCE = 0x73,
	LDAP_EXTENDED = 0x77,
	LDAP_EXTENDED_RESPONSE = 0x78,
	LDAP_INTERMEDIATE = 0x79,
};

#define LDAP_LENGTH_MAX (64u * 1024 * 1024)

enum recognised ldap_recognise(const struct opening *opening);

#endif
