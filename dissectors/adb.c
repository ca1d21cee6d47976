/* SPDX-License-Identifier: ISC */
/*
 * The Android debug bridge: a shell on the device for whoever connects, or who is known to it.
 * Little-endian:
 *
 *	command:4 ("CNXN", ...) argument:4 argument:4 length:4 checksum:4 command ^ ffffffff:4 data
 *
 * CNXN greets; a device that wants proof sends AUTH 1 (a token), the host AUTH 2 (signed) or 3 (a
 * key to be accepted by hand). STLS turns to TLS. OPEN asks for a service ("shell:ls", "sync:"),
 * OKAY and CLSE answer it, WRTE carries data. packages/modules/adb/protocol.txt of Android.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"
#include "dissectors/read/walker.h"

#define HEADER	   24
#define LENGTH_MAX (1u << 24)
#define WORD(a, b, c, d)                                                                           \
	((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

#define CONNECT WORD('C', 'N', 'X', 'N')
#define AUTH	WORD('A', 'U', 'T', 'H')
#define OPEN	WORD('O', 'P', 'E', 'N')
#define OKAY	WORD('O', 'K', 'A', 'Y')
#define CLOSE	WORD('C', 'L', 'S', 'E')
#define WRITE	WORD('W', 'R', 'T', 'E')
#define TLS	WORD('S', 'T', 'L', 'S')
#define SYNC	WORD('S', 'Y', 'N', 'C')

static const uint16_t ports[] = {5555, 0};

static const struct service services[] = {
	{
		.name = "adb",
		.family = FAMILY_ADMIN,
		.about = "Android debug bridge: a shell on a device",
		.identifier = "accessible-adb",
		.ports = ports,
	},
};

struct adb_side {
	struct walker walker;
	uint32_t command, first, second, length;
};

struct adb {
	struct adb_side side[2]; /* by enum side */
	uint32_t stream;	 /* the host's number of what it opened last */
	int handle;
	bool asked, tried, greeted, spoken, lost;
};

_Static_assert(sizeof(struct adb) <= DISSECTOR_STATE_MAX, "state of adb");

static bool is_command(uint32_t command)
{
	static const uint32_t all[] = {CONNECT, AUTH, OPEN, OKAY, CLOSE, WRITE, TLS, SYNC};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		if (command == all[i])
			return true;
	}
	return false;
}

static enum recognised recognise_side(struct bytes b, uint32_t *command)
{
	*command = bytes_le32(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	if (!is_command(*command))
		return RECOGNISED_NO;
	bytes_skip(&b, 16);
	if ((bytes_le32(&b) ^ *command) != UINT32_MAX)
		return b.failed ? RECOGNISED_MORE : RECOGNISED_NO;
	return RECOGNISED_YES;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	uint32_t asked = 0, said = 0;
	enum recognised of_client = recognise_side(client, &asked);

	if (of_client == RECOGNISED_NO || (asked == AUTH && !opening->midstream))
		return RECOGNISED_NO;
	if (server.left != 0)
		return recognise_side(server, &said);
	return opening->one_sided ? of_client : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	struct adb *adb = state;

	for (int side = 0; side < 2; side++)
		walker_ask(&adb->side[side].walker, 0, 0, HEADER);
	adb->handle = -1;
	facts_begin(facts, &services[0]);
}

/* Services that run what the host says, or carry files either way. */
static unsigned flags_of(const struct bytes *name)
{
	static const char *const names[] = {"shell", "exec", "abb",	 "abb_exec",
					    "sync",  "root", "sideload", "remount"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (lines_equal(name, names[i]))
			return COMMAND_EXECUTES;
	}
	return 0;
}

/* "shell:rm -rf /data": the service, and of a shell's command that it deletes */
static void on_open(struct adb *adb, struct facts *facts, struct bytes data)
{
	const uint8_t *end = data.left != 0 ? memchr(data.at, ':', data.left) : NULL;
	struct bytes name = bytes_sub(&data, end ? (size_t)(end - data.at) : data.left);
	const uint8_t *comma = name.left != 0 ? memchr(name.at, ',', name.left) : NULL;
	bool shell;

	if (comma) /* "shell,v2,raw" */
		name.left = (size_t)(comma - name.at);
	shell = name.left == 5 && memcmp(name.at, "shell", 5) == 0;
	bytes_skip(&data, end ? 1 : 0);
	if (shell && bytes_start_with(&data, "rm "))
		adb->handle =
			FACTS_COMMAND(facts, "shell rm", COMMAND_DESTRUCTIVE | COMMAND_EXECUTES);
	else if (name.left != 0)
		adb->handle = facts_command(facts, name.at, name.left, flags_of(&name));
	adb->stream = adb->side[SIDE_CLIENT].first;
}

static void on_client(struct adb *adb, struct facts *facts, struct bytes data)
{
	const struct adb_side *side = &adb->side[SIDE_CLIENT];

	if (side->command == AUTH && (side->first == 2 || side->first == 3)) {
		adb->tried = true;
		FACTS_WORD(facts, mechanism, "RSA");
	} else if (side->command == OPEN) {
		on_open(adb, facts, data);
	}
}

/* "device::ro.product.name=...;ro.product.model=Pixel;..." */
static void on_banner(struct facts *facts, struct bytes data)
{
	static const char mark[] = "ro.product.model=";
	size_t length = 0;

	while (data.left != 0 && !bytes_start_with(&data, mark))
		bytes_skip(&data, 1);
	if (!bytes_skip(&data, sizeof mark - 1))
		return;
	while (length < data.left && data.at[length] != ';' && data.at[length] != '\0')
		length++;
	FACTS_TEXT(facts, product, data.at, length);
}

/* It asks for proof: again, after some was shown, means that this was not enough. */
static void on_token(struct adb *adb, struct facts *facts)
{
	if (adb->tried)
		facts_login(facts, false);
	else
		facts_set_auth(facts, AUTH_REQUIRED);
	adb->asked = true;
	adb->tried = false;
}

static void on_server(struct adb *adb, struct facts *facts, struct bytes data)
{
	const struct adb_side *side = &adb->side[SIDE_SERVER];

	if (side->command == AUTH) {
		on_token(adb, facts);
	} else if (side->command == CONNECT) {
		on_banner(facts, data);
		if (adb->asked)
			facts_login(facts, true);
		else
			facts_set_auth(facts, AUTH_NONE);
	} else if (side->command == TLS) {
		facts_set_encryption(facts, ENCRYPTION_STARTTLS);
		facts_set_auth(facts, AUTH_UNKNOWN);
	} else if ((side->command == OKAY || side->command == CLOSE) && adb->handle >= 0 &&
		   side->second == adb->stream) {
		facts_command_result(facts, adb->handle, side->command == OKAY);
		adb->handle = -1;
	} else if (side->command == WRITE && side->length != 0) {
		facts_set_data_read(facts, ANSWER_YES);
	}
}

static void on_part(struct adb *adb, struct facts *facts, struct feed *fed, enum side from)
{
	struct adb_side *side = &adb->side[from];
	struct walker *w = &side->walker;
	struct bytes b = walker_bytes(w);

	if (w->step == 0) {
		side->command = bytes_le32(&b);
		side->first = bytes_le32(&b);
		side->second = bytes_le32(&b);
		side->length = bytes_le32(&b);
		adb->lost |= !is_command(side->command) || side->length > LENGTH_MAX;
		walker_ask(w, 1, 0, side->length < WALKER_SCRATCH ? side->length : WALKER_SCRATCH);
		return;
	}
	if (from == SIDE_CLIENT)
		on_client(adb, facts, b);
	else
		on_server(adb, facts, b);
	walker_ask(w, 0, side->length - w->need, HEADER);
	if (from == SIDE_CLIENT && side->command == TLS) /* the answer to the device's */
		facts_agree_tls(facts, fed);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct adb *adb = state;
	struct bytes input = fed->bytes;

	adb->spoken = true;
	while (!adb->lost && fed->next == FEED_ON && walker_take(&adb->side[from].walker, &input))
		on_part(adb, facts, fed, from);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct adb *adb = state;
	struct walker *w = &adb->side[from].walker;

	if (!adb->spoken)
		facts_set_auth(facts, AUTH_UNKNOWN);
	else if (missing != 0 && missing <= w->skip)
		w->skip -= missing;
	else
		adb->lost = true;
}

const struct dissector adb_dissector = {
	.name = "adb",
	.transports = OVER_TCP,
	.state_size = sizeof(struct adb),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a CNXN or AUTH message of 24 bytes whose magic number fits its command",
	.reads = READS_PRODUCT | READS_AUTH | READS_MECHANISM | READS_COMMANDS | READS_EXECUTION |
		 READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION | READS_STARTTLS,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
