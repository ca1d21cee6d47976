/* SPDX-License-Identifier: ISC */
/*
 * The operations inside of an NFS 4 COMPOUND (RFC 7530 section 15, RFC 8881 section 18): a tag, a
 * minor version, a count, and operations one after the other, each to be read to find the next.
 * A layout has one letter an item: u 32 bits, h 64 bits, s 16 bytes, o counted bytes, b a counted
 * array of 32-bit words. What has no layout ends the walk.
 */
#include "dissectors/rpc/rpc.h"

#define OPERATIONS_READ 16
#define COUNT_MAX	4096 /* bytes or words, in one item */
#define OPEN		18

struct row {
	uint8_t number;
	const char *layout; /* NULL: nothing can be read after it */
	struct nfs4_operation operation;
};

static const struct row rows[] = {
	{3, "u", {.name = NULL}},  /* ACCESS */
	{4, "us", {.name = NULL}}, /* CLOSE */
	{5, "hu", {.name = NULL}}, /* COMMIT */
	{6, NULL, {.name = "CREATE"}},
	{8, "s", {.name = NULL}}, /* DELEGRETURN */
	{9, "b", {.name = "GETATTR"}},
	{10, "", {.name = NULL}}, /* GETFH */
	{11, "o", {.name = "LINK"}},
	{15, "o", {.name = "LOOKUP"}},
	{16, "", {.name = NULL}},   /* LOOKUPP */
	{17, "bo", {.name = NULL}}, /* NVERIFY */
	{OPEN, NULL, {.name = "OPEN"}},
	{19, "u", {.name = NULL}},    /* OPENATTR */
	{20, "su", {.name = NULL}},   /* OPEN_CONFIRM */
	{21, "suuu", {.name = NULL}}, /* OPEN_DOWNGRADE */
	{22, "o", {.name = NULL}},    /* PUTFH */
	{23, "", {.name = NULL}},     /* PUTPUBFH */
	{24, "", {.name = NULL}},     /* PUTROOTFH */
	{25, "shu", {.name = "READ", .flags = COMMAND_LISTING, .data = true}},
	{26, "hhuub", {.name = "READDIR", .flags = COMMAND_LISTING, .data = true}},
	{27, "", {.name = "READLINK"}},
	{28, "o", {.name = "REMOVE", .flags = COMMAND_DESTRUCTIVE}},
	{29, "oo", {.name = "RENAME"}},
	{30, "h", {.name = NULL}}, /* RENEW */
	{31, "", {.name = NULL}},  /* RESTOREFH */
	{32, "", {.name = NULL}},  /* SAVEFH */
	{33, "o", {.name = NULL}}, /* SECINFO */
	{34, "sbo", {.name = "SETATTR"}},
	{37, "bo", {.name = NULL}}, /* VERIFY */
	{38, NULL, {.name = "WRITE"}},
	{44, "s", {.name = NULL}},     /* DESTROY_SESSION */
	{52, "u", {.name = NULL}},     /* SECINFO_NO_NAME */
	{53, "suuuu", {.name = NULL}}, /* SEQUENCE */
	{58, "u", {.name = NULL}},     /* RECLAIM_COMPLETE */
};

static void skip_counted(struct bytes *b, size_t unit)
{
	uint32_t count = bytes_be32(b);

	if (count > COUNT_MAX) {
		b->failed = true;
		b->left = 0;
		return;
	}
	bytes_skip(b, unit == 1 ? (count + 3u) & ~3u : (size_t)count * unit);
}

static void skip_items(struct bytes *b, const char *layout)
{
	for (; *layout != '\0' && !b->failed; layout++) {
		switch (*layout) {
		case 'u':
			bytes_skip(b, 4);
			break;
		case 'h':
			bytes_skip(b, 8);
			break;
		case 's':
			bytes_skip(b, 16);
			break;
		case 'o':
			skip_counted(b, 1);
			break;
		default:
			skip_counted(b, 4);
			break;
		}
	}
}

/* Sequence, access, deny, owner, how to create, and by which claim. */
static void skip_open(struct bytes *b)
{
	skip_items(b, "uuuho");
	if (bytes_be32(b) == 1) {
		uint32_t mode = bytes_be32(b);

		skip_items(b, mode <= 1 ? "bo" : mode == 2 ? "h" : "hbo");
	}
	switch (bytes_be32(b)) {
	case 0: /* by name */
	case 3: /* of the delegation that went before */
		skip_items(b, "o");
		break;
	case 1: /* the file at hand was open before */
		skip_items(b, "u");
		break;
	case 2:
		skip_items(b, "so");
		break;
	case 4: /* the file at hand */
		break;
	default:
		b->failed = true;
		b->left = 0;
		break;
	}
}

static const struct row *find_row(uint32_t number)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].number == number)
			return &rows[i];
	}
	return NULL;
}

size_t rpc_nfs4_operations(struct bytes b, const struct nfs4_operation *found[NFS4_OPERATIONS_MAX])
{
	uint32_t operations;
	size_t count = 0;

	skip_items(&b, "ou");
	operations = bytes_be32(&b);
	for (uint32_t i = 0; i < operations && i < OPERATIONS_READ; i++) {
		const struct row *row = find_row(bytes_be32(&b));

		if (b.failed || !row)
			break;
		if (row->operation.name && count < NFS4_OPERATIONS_MAX)
			found[count++] = &row->operation;
		if (row->number == OPEN)
			skip_open(&b);
		else if (row->layout)
			skip_items(&b, row->layout);
		else
			break;
	}
	return count;
}
