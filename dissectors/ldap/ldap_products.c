/* SPDX-License-Identifier: ISC */
/*
 * See ldap_products.h. Active Directory: its capability (MS-ADTS 3.1.1.3.4.3), the partitions that
 * its references lead to, and its errors. Samba's domain controller says all of that as well, and
 * its vendor's name besides. The others: objectClass or vendorName of the root entry (RFC 3045).
 */
#include "dissectors/ldap/ldap_products.h"

static const struct {
	const char *sign, *product;
} rows[] = {
	{"1.2.840.113556.1.4.800", "Microsoft Active Directory"},
	{"ldap://ForestDnsZones.", "Microsoft Active Directory"},
	{"ldap://DomainDnsZones.", "Microsoft Active Directory"},
	{"LdapErr: DSID-", "Microsoft Active Directory"},
	{"CN=NTDS Settings,CN=", "Microsoft Active Directory"},
	{"OpenLDAProotDSE", "OpenLDAP"},
	{"389-Directory/", "389 Directory Server"},
	{"389 Project", "389 Directory Server"},
	{"Apache Software Found", "ApacheDS"},
	{"ForgeRock", "OpenDJ"},
	{"Samba Team (https://", "Samba"},
};

#define ROWS (sizeof rows / sizeof *rows)

static void look(struct ldap_products *products, struct facts *facts, struct bytes text)
{
	for (size_t i = ROWS; i > products->found && text.left != 0; i--) {
		const char *sign = rows[i - 1].sign, *product = rows[i - 1].product;

		if (!memmem(text.at, text.left, sign, strlen(sign)))
			continue;
		FACTS_TEXT(facts, product, product, strlen(product));
		products->found = (uint8_t)i;
		return;
	}
}

void ldap_products_feed(struct ldap_products *products, struct facts *facts, struct bytes piece)
{
	uint8_t seam[2 * LDAP_PRODUCTS_TAIL];
	size_t head = piece.left < LDAP_PRODUCTS_TAIL ? piece.left : LDAP_PRODUCTS_TAIL;
	size_t together = products->kept + head;

	if (piece.left == 0 || products->found == ROWS)
		return;
	memcpy(seam, products->tail, products->kept);
	memcpy(seam + products->kept, piece.at, head);
	look(products, facts, bytes_from(seam, together));
	look(products, facts, piece);
	if (piece.left >= LDAP_PRODUCTS_TAIL) {
		products->kept = LDAP_PRODUCTS_TAIL;
		memcpy(products->tail, piece.at + piece.left - LDAP_PRODUCTS_TAIL,
		       LDAP_PRODUCTS_TAIL);
		return;
	}
	products->kept = (uint8_t)(together < LDAP_PRODUCTS_TAIL ? together : LDAP_PRODUCTS_TAIL);
	memcpy(products->tail, seam + together - products->kept, products->kept);
}

void ldap_products_cut(struct ldap_products *products)
{
	products->kept = 0;
}
