/* SPDX-License-Identifier: ISC */
/* Setters of struct facts: bounded, sanitising, and moving `revision` only on a change. */
#include "dissectors/read/facts.h"

#include <string.h>

#include "dissectors/read/feed.h"

void facts_set_service(struct facts *facts, const struct service *service)
{
	if (facts->service == service)
		return;
	facts->service = service;
	facts->revision++;
}

void facts_set_auth(struct facts *facts, enum auth auth)
{
	bool was_let_in = facts->auth >= AUTH_NONE;

	if (facts->auth == auth || (was_let_in && auth < AUTH_NONE))
		return;
	if (facts->auth == AUTH_FAILED && auth == AUTH_REQUIRED)
		return;
	facts->auth = (uint8_t)auth;
	facts->revision++;
}

void facts_set_encryption(struct facts *facts, enum encryption encryption)
{
	if (facts->encryption == encryption)
		return;
	facts->encryption = (uint8_t)encryption;
	facts->revision++;
}

void facts_set_data_read(struct facts *facts, enum answer answer)
{
	if (facts->data_read == answer || facts->data_read == ANSWER_YES)
		return;
	facts->data_read = (uint8_t)answer;
	facts->revision++;
}

uint64_t facts_hash(const void *name, size_t length)
{
	const uint8_t *bytes = name;
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3u;
	/* FNV's upper bits are weak for short names: the finaliser of MurmurHash3. */
	hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdu;
	hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53u;
	hash ^= hash >> 33;
	return hash != 0 ? hash : 1;
}

static void note_seen(struct facts_seen *seen, uint64_t hash)
{
	for (unsigned i = 0; i < seen->count; i++) {
		if (seen->hashes[i] == hash)
			return;
	}
	if (seen->count < FACTS_SEEN)
		seen->hashes[seen->count++] = hash;
	else if (seen->lost != UINT16_MAX)
		seen->lost++;
}

void facts_object(struct facts *facts, uint64_t hash)
{
	note_seen(&facts->objects_read, hash);
}

void facts_limited(struct facts *facts)
{
	facts->revision += !facts->limited;
	facts->limited = true;
}

void facts_lying_length(struct facts *facts)
{
	facts->revision += !facts->lying_length;
	facts->lying_length = true;
}

void facts_leak(struct facts *facts, const char *command)
{
	int handle = facts_command(facts, command, strlen(command), COMMAND_LISTING);

	facts_command_result(facts, handle, true);
	facts_set_data_read(facts, ANSWER_YES);
}

void facts_message(struct facts *facts)
{
	if (facts->messages != UINT32_MAX)
		facts->messages++;
	facts->revision++;
}

void facts_login(struct facts *facts, bool accepted)
{
	uint32_t *count = accepted ? &facts->logins_succeeded : &facts->logins_failed;

	if (*count != UINT32_MAX)
		++*count;
	if (facts->user[0] != '\0')
		note_seen(&facts->users_tried, facts_hash(facts->user, strlen(facts->user)));
	facts->revision++;
	facts_set_auth(facts, accepted ? AUTH_SUCCEEDED : AUTH_FAILED);
}

static char printable(uint8_t byte)
{
	return byte >= 0x20 && byte < 0x7f ? (char)byte : '?';
}

void facts_set_text(struct facts *facts, char *field, size_t size, const void *text, size_t length)
{
	const uint8_t *from = text;
	bool changed = false;

	if (length > size - 1)
		length = size - 1;
	for (size_t i = 0; i < length; i++) {
		char c = printable(from[i]);

		changed |= field[i] != c;
		field[i] = c;
	}
	changed |= field[length] != '\0';
	field[length] = '\0';
	if (changed)
		facts->revision++;
}

static int find_command(const struct facts *facts, const char *text)
{
	for (int i = 0; i < facts->command_count; i++) {
		if (strcmp(facts->commands[i].text, text) == 0)
			return i;
	}
	return -1;
}

/* Fits a non-negative int: fifteen bits of serial, sixteen of index. */
static int handle_of(const struct facts *facts, int index)
{
	return (facts->commands[index].serial & 0x7fff) << 16 | index;
}

unsigned facts_command_weight(unsigned flags)
{
	if (flags & COMMAND_DESTRUCTIVE)
		return 2;
	return flags & COMMAND_EXECUTES ? 1 : 0;
}

/*
 * What a row is worth: harmless ones make room first, then those that were refused.
 */
static unsigned worth(const struct command *command)
{
	unsigned weight = facts_command_weight(command->flags);

	return weight != 0 && command->accepted != ANSWER_NO ? weight + 1 : weight != 0;
}

/* The row that is worth least, of equals the last, to be given up for a worse one; -1: none. */
static int find_harmless(const struct facts *facts, const struct command *command)
{
	unsigned least = worth(command);
	int found = -1;

	for (int i = FACTS_COMMANDS - 1; i >= 0; i--) {
		if (worth(&facts->commands[i]) >= least)
			continue;
		least = worth(&facts->commands[i]);
		found = i;
	}
	return found;
}

/*
 * Different texts of bad commands may be many, and the worst come last. Two rows are left to stand
 * for all that find none of their own, one for each kind: so that what is accepted is never lost.
 */
static void share_row(const struct facts *facts, struct command *command)
{
	static const char *const others[] = {"", "others that run code", "others that destroy"};
	unsigned weight = facts_command_weight(command->flags);
	int rows = 0;

	for (int i = 0; i < facts->command_count; i++)
		rows += worth(&facts->commands[i]) > 1;
	if (weight == 0 || rows < FACTS_COMMANDS - 2)
		return;
	memset(command->text, 0, sizeof command->text);
	memcpy(command->text, others[weight], strlen(others[weight]));
}

/* A command that was noted before may turn out to be more than it looked like. */
static void add_flags(struct facts *facts, int index, unsigned flags)
{
	uint8_t all = (uint8_t)(facts->commands[index].flags | flags);

	if (facts->commands[index].flags == all)
		return;
	facts->commands[index].flags = all;
	facts->revision++;
}

int facts_command(struct facts *facts, const void *text, size_t length, unsigned flags)
{
	const uint8_t *from = text;
	struct command command = {.flags = (uint8_t)flags};
	int index;

	if (length > sizeof command.text - 1)
		length = sizeof command.text - 1;
	for (size_t i = 0; i < length; i++)
		command.text[i] = printable(from[i]);
	if (facts->commands_seen != UINT32_MAX)
		facts->commands_seen++;
	index = find_command(facts, command.text);
	if (index < 0) {
		share_row(facts, &command);
		index = find_command(facts, command.text);
	}
	if (index >= 0) {
		add_flags(facts, index, flags);
		return handle_of(facts, index);
	}
	if (facts->command_count < FACTS_COMMANDS)
		index = facts->command_count++;
	else
		index = find_harmless(facts, &command);
	if (index < 0)
		return -1;
	command.serial = (uint16_t)facts->commands_seen;
	facts->commands[index] = command;
	facts->revision++;
	return handle_of(facts, index);
}

int facts_command_index(const struct facts *facts, int handle)
{
	int index = handle & 0xffff;

	if (handle < 0 || index >= facts->command_count || handle != handle_of(facts, index))
		return -1;
	return index;
}

void facts_command_result(struct facts *facts, int handle, bool accepted)
{
	struct command *command;
	int index = facts_command_index(facts, handle);

	if (index < 0)
		return;
	command = &facts->commands[index];
	if (command->accepted == ANSWER_YES ||
	    command->accepted == (accepted ? ANSWER_YES : ANSWER_NO))
		return;
	command->accepted = accepted ? ANSWER_YES : ANSWER_NO;
	facts->revision++;
}

void facts_begin(struct facts *facts, const struct service *service)
{
	facts_set_service(facts, service);
	facts_set_auth(facts, AUTH_NA);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_data_read(facts, ANSWER_NO);
}

void facts_agree_tls(struct facts *facts, struct feed *fed)
{
	facts_set_encryption(facts, ENCRYPTION_STARTTLS);
	fed->next = FEED_TLS;
	facts->revision++;
}

void facts_start_tls(struct facts *facts, struct feed *fed)
{
	facts_set_data_read(facts, ANSWER_UNKNOWN);
	facts_set_auth(facts, AUTH_UNKNOWN);
	facts_agree_tls(facts, fed);
}

void facts_claim(struct facts *facts, const uint8_t address[16], uint8_t by)
{
	if (facts->claims != UINT32_MAX)
		facts->claims++;
	memcpy(facts->claimed, address, sizeof facts->claimed);
	facts->claimed_by = by;
	facts->revision++;
}

const char *auth_name(enum auth auth)
{
	static const char *const names[] = {
		[AUTH_UNKNOWN] = "unknown",	[AUTH_NA] = "na",
		[AUTH_REQUIRED] = "required",	[AUTH_FAILED] = "failed",
		[AUTH_NONE] = "none",		[AUTH_ANONYMOUS] = "anonymous",
		[AUTH_SUCCEEDED] = "succeeded",
	};

	return names[auth];
}

const char *encryption_name(enum encryption encryption)
{
	static const char *const names[] = {
		[ENCRYPTION_UNKNOWN] = "unknown",     [ENCRYPTION_NA] = "na",
		[ENCRYPTION_CLEARTEXT] = "cleartext", [ENCRYPTION_TLS] = "tls",
		[ENCRYPTION_STARTTLS] = "starttls",   [ENCRYPTION_NATIVE] = "native",
	};

	return names[encryption];
}

const char *family_name(enum family family)
{
	static const char *const names[] = {
#define F(id, name) [FAMILY_##id] = (name),
		FAMILIES(F)
#undef F
	};

	return names[family];
}
