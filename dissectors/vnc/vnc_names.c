/* SPDX-License-Identifier: ISC */
/* See vnc_names.h. */
#include "dissectors/vnc/vnc_names.h"

void vnc_names_product(struct bytes version, struct facts *facts)
{
	static const struct banner {
		const char *version, *product;
	} rows[] = {
		{"003.889", "Apple Remote Desktop"},
		{"004.000", "RealVNC"},
		{"004.001", "RealVNC"},
		{"005.000", "RealVNC"},
		{"006.000", "RealVNC"},
		{"003.004", "UltraVNC"},
		{"003.006", "UltraVNC"},
		{"003.014", "UltraVNC"},
		{"003.016", "UltraVNC"},
	};

	bytes_skip(&version, 4);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (bytes_start_with(&version, rows[i].version))
			FACTS_TEXT(facts, product, rows[i].product, strlen(rows[i].product));
	}
}

void vnc_names_mechanism(uint32_t type, struct facts *facts)
{
	static const struct {
		uint8_t type;
		const char *name;
	} rows[] = {
		{VNC_NONE, "None"},	      {VNC_PASSWORD, "VNC"}, {VNC_RSA_AES, "RA2"},
		{VNC_RSA_AES_FIRST, "RA2ne"}, {VNC_TIGHT, "Tight"},  {VNC_TLS, "TLS"},
		{VNC_VENCRYPT, "VeNCrypt"},   {VNC_APPLE, "ARD"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].type == type)
			FACTS_TEXT(facts, mechanism, rows[i].name, strlen(rows[i].name));
	}
}
