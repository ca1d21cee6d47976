/* SPDX-License-Identifier: ISC */
/*
 * See formats.h. Sources: RFC 1761 (snoop), the file formats of Wireshark's wiretap library, and
 * the magic numbers of archives.
 */
#include "sensor/capture/formats.h"

#include <string.h>

struct format {
	const char *bytes;
	size_t length;
	const char *name; /* NULL: pcap or pcapng */
};

#define FORMAT(bytes, name)                                                                        \
	{                                                                                          \
		bytes, sizeof(bytes) - 1, name                                                     \
	}

static const struct format formats[] = {
	FORMAT("\xa1\xb2\xc3\xd4", NULL),
	FORMAT("\xd4\xc3\xb2\xa1", NULL),
	FORMAT("\xa1\xb2\x3c\x4d", NULL),
	FORMAT("\x4d\x3c\xb2\xa1", NULL),
	FORMAT("\xa1\xb2\xcd\x34", NULL), /* tcpdump with Kuznetzov's patches */
	FORMAT("\x34\xcd\xb2\xa1", NULL),
	FORMAT("\xa1\xe2\xcb\x12", NULL), /* Navtel */
	FORMAT("\x12\xcb\xe2\xa1", NULL),
	FORMAT("\x0a\x0d\x0d\x0a", NULL),
	FORMAT("snoop\0\0\0", "a snoop capture"),
	FORMAT("btsnoop\0", "a Bluetooth (btsnoop) capture"),
	FORMAT("GMBU", "a capture of Microsoft Network Monitor"),
	FORMAT("RTSS", "a capture of Microsoft Network Monitor 1"),
	FORMAT("TRSNIFF data    \x1a", "a capture of Network General's Sniffer"),
	FORMAT("XCP\0", "a capture of NetXray or Sniffer"),
	FORMAT("iptrace ", "a capture of AIX's iptrace"),
	FORMAT("PK\x03\x04", "a zip archive"),
	FORMAT("7z\xbc\xaf\x27\x1c", "a 7z archive"),
	FORMAT("Rar!\x1a\x07", "a rar archive"),
	FORMAT("LZIP", "lzip"),
	FORMAT("\x89LZO", "lzop"),
	FORMAT("\177ELF", "a program"),
	FORMAT("SQLite format 3", "a database of SQLite"),
	FORMAT("{", "text"),
	FORMAT("#", "text"),
};

static const struct format *find(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		size_t most = length < formats[i].length ? length : formats[i].length;

		/* What is there of a cut header of pcap. */
		if (most != 0 && (most == formats[i].length || !formats[i].name) &&
		    memcmp(bytes, formats[i].bytes, most) == 0)
			return &formats[i];
	}
	return NULL;
}

bool formats_is_capture(const uint8_t *bytes, size_t length)
{
	const struct format *format = find(bytes, length);

	return format && !format->name;
}

const char *formats_name(const uint8_t *bytes, size_t length)
{
	const struct format *format = find(bytes, length);

	return format ? format->name : NULL;
}
