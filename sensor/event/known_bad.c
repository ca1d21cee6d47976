/* SPDX-License-Identifier: ISC */
/* The ranges and the question; see known_bad.h. Reading the files: known_bad_load.c. */
#include "sensor/event/known_bad.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/hash.h"
#include "sensor/event/known_products.h"
#include "sensor/event/known_version.h"

#define LISTED	32 /* ids that are ordered; further ones are counted */
#define ANSWERS 64 /* that are kept: a power of two */

enum {
	FROM_EXCLUDED = 1 << 0,
	TO_INCLUDED = 1 << 1,
	OF_CATALOGUE = 1 << 2, /* no versions */
	EXPLOITED = 1 << 3,    /* its id is in the catalogue */
	HAS_RANGES = 1 << 4,   /* of the catalogue, and a range has its id */
};

/* Texts stand in one pool, by their offsets. */
struct range {
	uint64_t key; /* hash of the product's name */
	uint32_t vendor, product, id, from, to;
	uint8_t flags;
};

struct answer {
	uint64_t key; /* hash of the question; 0: none */
	char text[KNOWN_BAD_TEXT];
};

struct known_bad {
	struct range *ranges;
	uint32_t count, room;
	char *pool;
	uint32_t used, size;
	struct answer answers[ANSWERS];
};

/* What was found: ids in the order in which they are told. */
struct found {
	const char *ids[LISTED];
	uint8_t flags[LISTED];
	uint32_t count, more;
};

struct known_bad *known_bad_new(void)
{
	return calloc(1, sizeof(struct known_bad));
}

void known_bad_free(struct known_bad *known)
{
	if (known == NULL)
		return;
	free(known->ranges);
	free(known->pool);
	free(known);
}

static uint64_t hash_text(const char *text)
{
	return hash_bytes(text, strlen(text), 0);
}

static const char *text_at(const struct known_bad *known, uint32_t offset)
{
	return known->pool + offset;
}

/* Offset of the text's copy; the range before it mostly has the same. UINT32_MAX: no memory. */
static uint32_t keep(struct known_bad *known, uint32_t before, const char *text)
{
	size_t length = strlen(text) + 1;
	uint32_t offset = known->used;

	if (known->count != 0 && strcmp(text_at(known, before), text) == 0)
		return before;
	if (length > known->size - known->used) {
		uint64_t size = 2 * (uint64_t)known->size + length + 4096;
		char *pool = size < UINT32_MAX ? realloc(known->pool, size) : NULL;

		if (pool == NULL)
			return UINT32_MAX;
		known->pool = pool;
		known->size = (uint32_t)size;
	}
	memcpy(known->pool + offset, text, length);
	known->used += (uint32_t)length;
	return offset;
}

static bool make_room(struct known_bad *known)
{
	uint32_t room = known->room != 0 ? 2 * known->room : 1024;
	struct range *ranges;

	if (known->count < known->room)
		return true;
	if (known->count >= KNOWN_BAD_RANGES)
		return false;
	ranges = reallocarray(known->ranges, room, sizeof *ranges);
	if (ranges == NULL)
		return false;
	known->ranges = ranges;
	known->room = room;
	return true;
}

bool known_bad_add(struct known_bad *known, const struct known_range *range)
{
	struct range last = {.key = 0}, *to;
	char vendor[KNOWN_PRODUCT_NAME], product[KNOWN_PRODUCT_NAME];

	if (!make_room(known))
		return false;
	if (known->count != 0)
		last = known->ranges[known->count - 1];
	known_products_fold(vendor, range->vendor);
	known_products_fold(product, range->product);
	to = &known->ranges[known->count];
	*to = (struct range){
		.key = hash_text(product),
		.vendor = keep(known, last.vendor, vendor),
		.product = keep(known, last.product, product),
		.id = keep(known, last.id, range->id),
		.from = keep(known, last.from, range->from),
		.to = keep(known, last.to, range->to),
		.flags = (uint8_t)((range->from_excluded ? FROM_EXCLUDED : 0) |
				   (range->to_included ? TO_INCLUDED : 0) |
				   (range->exploited ? OF_CATALOGUE | EXPLOITED : 0)),
	};
	if (to->vendor == UINT32_MAX || to->product == UINT32_MAX || to->id == UINT32_MAX ||
	    to->from == UINT32_MAX || to->to == UINT32_MAX)
		return false;
	known->count++;
	return true;
}

static int by_key(const void *a, const void *b)
{
	const struct range *left = a, *right = b;

	return (left->key > right->key) - (left->key < right->key);
}

/* An id of the catalogue, or of a range: which of the two a range is, decides what it looks up. */
struct mark {
	uint64_t id;
	uint32_t range;
};

static int by_id(const void *a, const void *b)
{
	const struct mark *left = a, *right = b;

	return (left->id > right->id) - (left->id < right->id);
}

/* Of equal ids: what the catalogue has is exploited, and what has ranges is decided by them. */
static void join(struct known_bad *known, const struct mark *marks, uint32_t count)
{
	uint8_t all = 0;

	for (uint32_t i = 0; i < count; i++)
		all |= known->ranges[marks[i].range].flags & OF_CATALOGUE ? EXPLOITED : HAS_RANGES;
	for (uint32_t i = 0; i < count; i++)
		known->ranges[marks[i].range].flags |= all;
}

/* Without memory for it the stars are missing, and catalogue and ranges are told side by side. */
static void join_ids(struct known_bad *known)
{
	struct mark *marks = calloc(known->count != 0 ? known->count : 1, sizeof *marks);
	uint32_t first = 0;

	if (marks == NULL)
		return;
	for (uint32_t i = 0; i < known->count; i++)
		marks[i] = (struct mark){.id = hash_text(text_at(known, known->ranges[i].id)),
					 .range = i};
	qsort(marks, known->count, sizeof *marks, by_id);
	for (uint32_t i = 1; i <= known->count; i++) {
		if (i < known->count && marks[i].id == marks[first].id)
			continue;
		join(known, marks + first, i - first);
		first = i;
	}
	free(marks);
}

void known_bad_seal(struct known_bad *known)
{
	if (known->count != 0)
		qsort(known->ranges, known->count, sizeof *known->ranges, by_key);
	join_ids(known);
}

uint32_t known_bad_count(const struct known_bad *known)
{
	return known->count;
}

static bool holds(const struct known_bad *known, const struct range *range, const char *version)
{
	const char *from = text_at(known, range->from), *to = text_at(known, range->to);
	int order;

	if (range->flags & OF_CATALOGUE)
		return !(range->flags & HAS_RANGES);
	if (version[0] == '\0')
		return false;
	order = from[0] != '\0' ? known_version_compare(version, from) : 1;
	if (order < 0 || (order == 0 && (range->flags & FROM_EXCLUDED)))
		return false;
	order = to[0] != '\0' ? known_version_compare(version, to) : -1;
	return order < 0 || (order == 0 && (range->flags & TO_INCLUDED));
}

/* "CVE-2023-1" is newer than "CVE-2022-99999"; exploited ones come before all others. */
static bool goes_before(const char *id, uint8_t flags, const struct found *found, uint32_t i)
{
	if ((flags ^ found->flags[i]) & EXPLOITED)
		return (flags & EXPLOITED) != 0;
	return strverscmp(id, found->ids[i]) > 0;
}

static void insert(struct found *found, const char *id, uint8_t flags)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < found->count; i++) {
		if (strcmp(found->ids[i], id) == 0)
			return;
	}
	while (at < found->count && !goes_before(id, flags, found, at))
		at++;
	if (found->count == LISTED) {
		found->more++;
		if (at == LISTED)
			return;
		found->count--;
	}
	memmove(found->ids + at + 1, found->ids + at, (found->count - at) * sizeof *found->ids);
	memmove(found->flags + at + 1, found->flags + at, found->count - at);
	found->ids[at] = id;
	found->flags[at] = flags;
	found->count++;
}

static uint32_t first_of(const struct known_bad *known, uint64_t key)
{
	uint32_t low = 0, high = known->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (known->ranges[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void search(const struct known_bad *known, const struct known_product *name,
		   const char *version, struct found *found)
{
	uint64_t key = hash_text(name->product);

	for (uint32_t i = first_of(known, key); i < known->count && known->ranges[i].key == key;
	     i++) {
		const struct range *range = &known->ranges[i];
		const char *vendor = text_at(known, range->vendor);

		if (strcmp(text_at(known, range->product), name->product) != 0 ||
		    (name->vendor[0] != '\0' && vendor[0] != '\0' &&
		     strcmp(vendor, name->vendor) != 0))
			continue;
		if (holds(known, range, version))
			insert(found, text_at(known, range->id), range->flags);
	}
}

/* As many ids as fit, and how many more there are. */
static void tell(const struct found *found, char text[KNOWN_BAD_TEXT])
{
	static const size_t tail = sizeof ", 4294967295 more";
	size_t used = 0;
	uint32_t told = 0;

	text[0] = '\0';
	for (; told < found->count; told++) {
		const char *id = found->ids[told];
		uint8_t flags = found->flags[told];

		if (used + strlen(id) + 4 + tail > KNOWN_BAD_TEXT)
			break;
		used += (size_t)snprintf(text + used, KNOWN_BAD_TEXT - used, "%s%s%s%s",
					 told != 0 ? ", " : "", id, flags & EXPLOITED ? "*" : "",
					 flags & OF_CATALOGUE ? "?" : "");
	}
	if (told < found->count || found->more != 0)
		snprintf(text + used, KNOWN_BAD_TEXT - used, ", %u more",
			 (unsigned)(found->count - told + found->more));
}

const char *known_bad_find(struct known_bad *known, const char *product, const char *version)
{
	struct known_product names[KNOWN_PRODUCT_NAMES];
	uint64_t key = hash_bytes(version, strlen(version), hash_text(product)) | 1;
	struct answer *answer = &known->answers[key >> 1 & (ANSWERS - 1)];
	struct found found = {.count = 0};
	size_t count;

	if (answer->key == key)
		return answer->text;
	count = known_products_names(product, names);
	for (size_t i = 0; i < count; i++)
		search(known, &names[i], version, &found);
	answer->key = key;
	tell(&found, answer->text);
	return answer->text;
}
