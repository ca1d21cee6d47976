/* SPDX-License-Identifier: ISC */
/* See cassandra_startup.h. */
#include "dissectors/cassandra/cassandra_startup.h"

#include "dissectors/read/unpacker.h"

static const char option[] = "COMPRESSION";

#define OPTION_LENGTH (sizeof option - 1)

static void end_text(struct cassandra_startup *startup)
{
	startup->value = !startup->value;
	startup->named &= startup->value && startup->at == OPTION_LENGTH;
	startup->have = 0;
}

static void on_number(struct cassandra_startup *startup, uint8_t byte)
{
	startup->number = (uint16_t)(startup->number << 8 | byte);
	if (++startup->have < 2)
		return;
	if (!startup->counted) {
		startup->counted = true;
		startup->have = 0;
		return;
	}
	startup->named |= !startup->value;
	startup->at = 0;
	if (startup->number == 0)
		end_text(startup);
}

static void on_text(struct cassandra_startup *startup, uint8_t byte)
{
	if (!startup->value)
		startup->named &=
			startup->at < OPTION_LENGTH && byte == (uint8_t)option[startup->at];
	else if (startup->named && startup->at == 0)
		startup->packing = (byte | 0x20) == 'l'	  ? PACKING_LZ4
				   : (byte | 0x20) == 's' ? PACKING_SNAPPY
							  : PACKING_UNKNOWN;
	if (startup->at < UINT8_MAX)
		startup->at++;
	if (--startup->number == 0)
		end_text(startup);
}

void cassandra_startup_feed(struct cassandra_startup *startup, struct bytes piece)
{
	while (piece.left != 0) {
		if (startup->have < 2)
			on_number(startup, bytes_u8(&piece));
		else
			on_text(startup, bytes_u8(&piece));
	}
}
