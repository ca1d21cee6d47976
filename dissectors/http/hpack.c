/* SPDX-License-Identifier: ISC */
/*
 * The reader of hpack.h, one byte at a time. Of the Huffman code (RFC 7541, appendix B) only the
 * codes of up to 15 bits are known, which are those of text: within a length they are consecutive,
 * in the order of the symbols. A string with others is skipped, and its entry's size unknown.
 *
 *	1xxxxxxx  index                  01xxxxxx  literal, to be inserted; 0: with a new name
 *	001xxxxx  new size of the table  000xxxxx  literal
 */
#include "dissectors/http/hpack.h"

#define TABLE_MAX    4096u /* bytes, unless the peer says otherwise */
#define STATIC_COUNT 61u
#define NUMBER_MAX   (1u << 24)

enum place {
	AT_HEADER,
	IN_INDEX,
	IN_NAME_INDEX,
	IN_SIZE,
	AT_NAME_LENGTH,
	IN_NAME_LENGTH,
	IN_NAME,
	AT_VALUE_LENGTH,
	IN_VALUE_LENGTH,
	IN_VALUE,
};

static const char code_5[] = "012aceiost";
static const char code_6[] = " %-./3456789=A_bdfghlmnpru";
static const char code_7[] = ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz";
static const char code_8[] = "&*,;XZ";
static const char code_10[] = "!\"()?";
static const char code_11[] = "'+|";
static const char code_12[] = "#>";
static const char code_13[] = "\0$@[]~";
static const char code_14[] = "^}";
static const char code_15[] = "<`{";

static const struct {
	uint8_t bits, count;
	uint16_t first;
	const char *symbols;
} codes[] = {
	{5, sizeof code_5 - 1, 0x0, code_5},	   {6, sizeof code_6 - 1, 0x14, code_6},
	{7, sizeof code_7 - 1, 0x5c, code_7},	   {8, sizeof code_8 - 1, 0xf8, code_8},
	{10, sizeof code_10 - 1, 0x3f8, code_10},  {11, sizeof code_11 - 1, 0x7fa, code_11},
	{12, sizeof code_12 - 1, 0xffa, code_12},  {13, sizeof code_13 - 1, 0x1ff8, code_13},
	{14, sizeof code_14 - 1, 0x3ffc, code_14}, {15, sizeof code_15 - 1, 0x7ffc, code_15},
};

/* The names of which an entry of the table is remembered. */
static const struct {
	const char *name;
	uint8_t kind;
} names[] = {
	{":method", HPACK_METHOD},
	{":path", HPACK_PATH},
	{":status", HPACK_STATUS},
	{":authority", HPACK_AUTHORITY},
	{"content-type", HPACK_CONTENT_TYPE},
	{"content-encoding", HPACK_CONTENT_ENCODING},
	{"grpc-status", HPACK_GRPC_STATUS},
	{"grpc-message", HPACK_GRPC_MESSAGE},
};

/* The static table (appendix A), from its first entry on. */
static const struct {
	const char *name, *value;
} statics[STATIC_COUNT] = {
	{":authority", ""},
	{":method", "GET"},
	{":method", "POST"},
	{":path", "/"},
	{":path", "/index.html"},
	{":scheme", "http"},
	{":scheme", "https"},
	{":status", "200"},
	{":status", "204"},
	{":status", "206"},
	{":status", "304"},
	{":status", "400"},
	{":status", "404"},
	{":status", "500"},
	{"accept-charset", ""},
	{"accept-encoding", "gzip, deflate"},
	{"accept-language", ""},
	{"accept-ranges", ""},
	{"accept", ""},
	{"access-control-allow-origin", ""},
	{"age", ""},
	{"allow", ""},
	{"authorization", ""},
	{"cache-control", ""},
	{"content-disposition", ""},
	{"content-encoding", ""},
	{"content-language", ""},
	{"content-length", ""},
	{"content-location", ""},
	{"content-range", ""},
	{"content-type", ""},
	{"cookie", ""},
	{"date", ""},
	{"etag", ""},
	{"expect", ""},
	{"expires", ""},
	{"from", ""},
	{"host", ""},
	{"if-match", ""},
	{"if-modified-since", ""},
	{"if-none-match", ""},
	{"if-range", ""},
	{"if-unmodified-since", ""},
	{"last-modified", ""},
	{"link", ""},
	{"location", ""},
	{"max-forwards", ""},
	{"proxy-authenticate", ""},
	{"proxy-authorization", ""},
	{"range", ""},
	{"referer", ""},
	{"refresh", ""},
	{"retry-after", ""},
	{"server", ""},
	{"set-cookie", ""},
	{"strict-transport-security", ""},
	{"transfer-encoding", ""},
	{"user-agent", ""},
	{"vary", ""},
	{"via", ""},
	{"www-authenticate", ""},
};

void hpack_begin(struct hpack *hpack)
{
	*hpack = (struct hpack){.max = TABLE_MAX};
}

static void evict(struct hpack *hpack)
{
	while (hpack->count != 0 && hpack->size > hpack->max) {
		uint8_t last = (uint8_t)((hpack->first + hpack->count - 1) % HPACK_ENTRIES);

		hpack->size -= hpack->entries[last].size;
		hpack->count--;
	}
	if (hpack->count == 0)
		hpack->size = 0;
}

static struct hpack_entry *insert(struct hpack *hpack, uint32_t size)
{
	struct hpack_entry *entry;

	hpack->inserted++;
	if (size > hpack->max) { /* empties the table */
		hpack->count = 0;
		hpack->size = 0;
		return NULL;
	}
	if (hpack->count == HPACK_ENTRIES) /* the oldest is forgotten, though not evicted */
		hpack->size -=
			hpack->entries[(hpack->first + HPACK_ENTRIES - 1) % HPACK_ENTRIES].size;
	else
		hpack->count++;
	hpack->first = (uint8_t)((hpack->first + HPACK_ENTRIES - 1) % HPACK_ENTRIES);
	entry = &hpack->entries[hpack->first];
	*entry = (struct hpack_entry){
		.size = (uint16_t)size,
		.kind = hpack->kind,
		.name_length = (uint8_t)(hpack->name_length < 255 ? hpack->name_length : 255),
	};
	hpack->size += size;
	evict(hpack);
	return hpack->count != 0 ? entry : NULL;
}

/* NULL: not in the dynamic table, or forgotten. */
static struct hpack_entry *dynamic(struct hpack *hpack, uint32_t index)
{
	if (index <= STATIC_COUNT || index - STATIC_COUNT > hpack->count)
		return NULL;
	return &hpack->entries[(hpack->first + index - STATIC_COUNT - 1) % HPACK_ENTRIES];
}

/* "" stays where the name is not known. */
static void name_kind(struct hpack *hpack)
{
	hpack->kind = HPACK_OTHER;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(names[i].name, hpack->name) == 0)
			hpack->kind = names[i].kind;
	}
}

static void set_name(struct hpack *hpack, const char *name)
{
	hpack->name_length = (uint32_t)strlen(name);
	memcpy(hpack->name, name, hpack->name_length + 1);
	name_kind(hpack);
}

/* Of an entry only the kind is known, and how long its name is. */
static void take_entry_name(struct hpack *hpack, const struct hpack_entry *entry)
{
	hpack->kind = entry != NULL ? entry->kind : HPACK_OTHER;
	hpack->name_length = entry != NULL ? entry->name_length : 0;
	hpack->name[0] = '\0';
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (hpack->kind == names[i].kind)
			memcpy(hpack->name, names[i].name, strlen(names[i].name) + 1);
	}
}

static void give(struct hpack *hpack, struct hpack_header *header, uint32_t *memo, uint32_t entry)
{
	*header = (struct hpack_header){.kind = hpack->kind,
					.name = hpack->name,
					.text = bytes_from(hpack->text, hpack->text_length),
					.cut = hpack->cut,
					.memo = memo,
					.entry = entry};
	hpack->place = AT_HEADER;
}

static void give_index(struct hpack *hpack, struct hpack_header *header)
{
	struct hpack_entry *entry = dynamic(hpack, hpack->number);
	uint32_t index = hpack->number;

	hpack->memo = 0;
	hpack->text_length = 0;
	hpack->cut = false;
	if (entry != NULL) {
		take_entry_name(hpack, entry);
		give(hpack, header, &entry->memo, hpack->inserted - (index - STATIC_COUNT - 1));
		header->known = true;
		return;
	}
	take_entry_name(hpack, NULL);
	if (index != 0 && index <= STATIC_COUNT) {
		set_name(hpack, statics[index - 1].name);
		hpack->text_length = (uint8_t)strlen(statics[index - 1].value);
		memcpy(hpack->text, statics[index - 1].value, hpack->text_length);
	}
	give(hpack, header, &hpack->memo, 0);
}

uint32_t *hpack_memo(struct hpack *hpack, uint32_t entry)
{
	uint32_t age = hpack->inserted - entry;

	if (entry == 0 || age >= hpack->count)
		return NULL;
	return &hpack->entries[(hpack->first + age) % HPACK_ENTRIES].memo;
}

/* The name of a literal is known by its index. */
static void take_name_index(struct hpack *hpack)
{
	if (hpack->number != 0 && hpack->number <= STATIC_COUNT)
		set_name(hpack, statics[hpack->number - 1].name);
	else
		take_entry_name(hpack, dynamic(hpack, hpack->number));
	hpack->place = hpack->number != 0 ? AT_VALUE_LENGTH : AT_NAME_LENGTH;
}

static void take_name(struct hpack *hpack)
{
	bool fits = hpack->decoded < HPACK_NAME && !hpack->cut;

	hpack->name_length = hpack->decoded;
	if (fits)
		memcpy(hpack->name, hpack->text, hpack->decoded);
	hpack->name[fits ? hpack->decoded : 0] = '\0';
	name_kind(hpack);
	hpack->place = AT_VALUE_LENGTH;
}

static void append(struct hpack *hpack, char c)
{
	if (hpack->text_length < HPACK_TEXT)
		hpack->text[hpack->text_length++] = c;
	else
		hpack->cut = true;
	hpack->decoded++;
}

static void decode(struct hpack *hpack, uint8_t byte)
{
	for (unsigned bit = 8; bit-- != 0;) {
		if (hpack->code_length > 15) { /* lost in this string */
			hpack->cut = true;
			return;
		}
		hpack->code = hpack->code << 1 | ((uint32_t)byte >> bit & 1u);
		hpack->code_length++;
		for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
			if (codes[i].bits != hpack->code_length || hpack->code < codes[i].first ||
			    hpack->code - codes[i].first >= codes[i].count)
				continue;
			append(hpack, codes[i].symbols[hpack->code - codes[i].first]);
			hpack->code = 0;
			hpack->code_length = 0;
			break;
		}
	}
}

/* True if the integer has ended with this byte. */
static bool more_number(struct hpack *hpack, uint8_t byte)
{
	uint32_t part = byte & 0x7fu;

	if (hpack->shift > 21 || part << hpack->shift > NUMBER_MAX) {
		hpack->broken = true;
		return false;
	}
	hpack->number += part << hpack->shift;
	hpack->shift = (uint8_t)(hpack->shift + 7);
	return !(byte & 0x80);
}

/* The first byte of an integer that has `bits` bits there; true if that was all. */
static bool first_number(struct hpack *hpack, uint8_t byte, unsigned bits, enum place place)
{
	uint32_t mask = (1u << bits) - 1;

	hpack->number = byte & mask;
	hpack->shift = 0;
	hpack->place = (uint8_t)place;
	return hpack->number != mask;
}

/* The integer at hand is complete; true if that completes a header. */
static bool number_done(struct hpack *hpack, struct hpack_header *header)
{
	switch ((enum place)hpack->place) {
	case IN_INDEX:
		give_index(hpack, header);
		return true;
	case IN_NAME_INDEX:
		take_name_index(hpack);
		return false;
	case IN_SIZE:
		hpack->max = hpack->number < UINT16_MAX ? hpack->number : UINT16_MAX;
		evict(hpack);
		hpack->place = AT_HEADER;
		return false;
	default:
		hpack->place = hpack->place == IN_NAME_LENGTH ? IN_NAME : IN_VALUE;
		return false;
	}
}

static bool string_done(struct hpack *hpack, struct hpack_header *header)
{
	struct hpack_entry *entry = NULL;

	if (hpack->place == IN_NAME) {
		take_name(hpack);
		return false;
	}
	hpack->memo = 0;
	if (hpack->insert)
		entry = insert(hpack, hpack->name_length + hpack->decoded + 32);
	give(hpack, header, entry != NULL ? &entry->memo : &hpack->memo,
	     entry != NULL ? hpack->inserted : 0);
	return true;
}

static bool start(struct hpack *hpack, uint8_t byte)
{
	hpack->insert = (byte & 0xc0) == 0x40;
	if (byte & 0x80)
		return first_number(hpack, byte, 7, IN_INDEX);
	if (byte & 0x40)
		return first_number(hpack, byte, 6, IN_NAME_INDEX);
	if (byte & 0x20)
		return first_number(hpack, byte, 5, IN_SIZE);
	return first_number(hpack, byte, 4, IN_NAME_INDEX);
}

static bool start_string(struct hpack *hpack, uint8_t byte)
{
	hpack->huffman = byte & 0x80;
	hpack->code = 0;
	hpack->code_length = 0;
	hpack->decoded = 0;
	hpack->text_length = 0;
	hpack->cut = false;
	return first_number(hpack, byte, 7,
			    hpack->place == AT_NAME_LENGTH ? IN_NAME_LENGTH : IN_VALUE_LENGTH);
}

static bool take(struct hpack *hpack, uint8_t byte, struct hpack_header *header)
{
	bool done;

	switch ((enum place)hpack->place) {
	case AT_HEADER:
		done = start(hpack, byte);
		break;
	case AT_NAME_LENGTH:
	case AT_VALUE_LENGTH:
		done = start_string(hpack, byte);
		break;
	case IN_NAME:
	case IN_VALUE:
		if (hpack->huffman)
			decode(hpack, byte);
		else
			append(hpack, (char)byte);
		return --hpack->number == 0 && string_done(hpack, header);
	default:
		done = more_number(hpack, byte);
		break;
	}
	if (!done || hpack->broken)
		return false;
	if (number_done(hpack, header))
		return true;
	/* A string of no length ends where it begins. */
	return (hpack->place == IN_NAME || hpack->place == IN_VALUE) && hpack->number == 0 &&
	       string_done(hpack, header);
}

bool hpack_next(struct hpack *hpack, struct bytes *block, struct hpack_header *header)
{
	while (block->left != 0 && !hpack->broken) {
		if (take(hpack, bytes_u8(block), header))
			return true;
	}
	return false;
}

void hpack_end(struct hpack *hpack)
{
	hpack->broken |= hpack->place != AT_HEADER;
	memset(hpack->text, 0, sizeof hpack->text);
	hpack->text_length = 0;
	hpack->name[0] = '\0';
}
