/* SPDX-License-Identifier: ISC */
/*
 * MongoDB's commands by name. Those that are answered without a log-in are the ones for which
 * mongod's requiresAuth() is false; all others prove something by their answer.
 */
#include "dissectors/mongodb/mongodb_commands.h"

#include "dissectors/read/lines.h"

const struct mongodb_command *mongodb_commands_find(const char *name)
{
	static const struct mongodb_command rows[] = {
		{"hello", MONGODB_ASKS_GREETING, false, 0},
		{"isMaster", MONGODB_ASKS_GREETING, false, 0},
		{"buildInfo", MONGODB_ASKS_BUILD, false, 0},
		{"saslStart", MONGODB_ASKS_LOGIN, false, 0},
		{"saslContinue", MONGODB_ASKS_LOGIN, true, 0},
		{"authenticate", MONGODB_ASKS_LOGIN_WHOLE, false, 0},
		{"getnonce", MONGODB_ASKS_PUBLIC, false, 0},
		{"ping", MONGODB_ASKS_PUBLIC, true, 0},
		{"endSessions", MONGODB_ASKS_PUBLIC, true, 0},
		{"logout", MONGODB_ASKS_PUBLIC, true, 0},
		{"whatsmyuri", MONGODB_ASKS_PUBLIC, true, 0},
		{"connectionStatus", MONGODB_ASKS_PUBLIC, true, 0},
		{"features", MONGODB_ASKS_PUBLIC, true, 0},
		{"isdbgrid", MONGODB_ASKS_PUBLIC, true, 0},
		{"availableQueryOptions", MONGODB_ASKS_PUBLIC, true, 0},
		{"listCommands", MONGODB_ASKS_PUBLIC, false, 0},
		{"getLastError", MONGODB_ASKS_PUBLIC, true, 0},
		{"getPrevError", MONGODB_ASKS_PUBLIC, true, 0},
		{"resetError", MONGODB_ASKS_PUBLIC, true, 0},
		{"_isSelf", MONGODB_ASKS_PUBLIC, true, 0},
		{"listDatabases", MONGODB_ASKS_GUARDED, false, COMMAND_LISTING},
		{"listCollections", MONGODB_ASKS_GUARDED, false, COMMAND_LISTING},
		{"find", MONGODB_ASKS_GUARDED, false, COMMAND_LISTING},
		{"aggregate", MONGODB_ASKS_GUARDED, false, COMMAND_LISTING},
		{"getMore", MONGODB_ASKS_GUARDED, false, COMMAND_LISTING},
		{"distinct", MONGODB_ASKS_GUARDED, false, COMMAND_LISTING},
		{"mapReduce", MONGODB_ASKS_GUARDED, false, COMMAND_LISTING | COMMAND_EXECUTES},
		{"eval", MONGODB_ASKS_GUARDED, false, COMMAND_EXECUTES},
		{"$eval", MONGODB_ASKS_GUARDED, false, COMMAND_EXECUTES},
		{"usersInfo", MONGODB_ASKS_GUARDED, false, COMMAND_LISTING},
		{"dropDatabase", MONGODB_ASKS_GUARDED, false, COMMAND_DESTRUCTIVE},
		{"drop", MONGODB_ASKS_GUARDED, false, COMMAND_DESTRUCTIVE},
		{"dropAllUsersFromDatabase", MONGODB_ASKS_GUARDED, false, COMMAND_DESTRUCTIVE},
	};
	static const struct mongodb_command other = {"", MONGODB_ASKS_GUARDED, false, 0};
	struct bytes word = bytes_from(name, strlen(name));

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (lines_equal(&word, rows[i].name)) /* old shells write it in lower case */
			return &rows[i];
	}
	return &other;
}

/* SCRAM: "n,,n=USER,r=NONCE"; PLAIN: "NUL USER NUL PASSWORD". Behind the user nothing is read. */
static void note_sasl_user(struct facts *facts, struct bytes b)
{
	size_t length = 0;

	if (bytes_start_with(&b, "n,,n=") || bytes_start_with(&b, "y,,n=")) {
		bytes_skip(&b, 5);
		while (length < b.left && b.at[length] != ',')
			length++;
		FACTS_TEXT(facts, user, b.at, length);
		return;
	}
	while (length < b.left && b.at[length] != 0) /* on whose behalf */
		length++;
	if (!bytes_skip(&b, length + 1))
		return;
	length = b.left != 0 ? strnlen((const char *)b.at, b.left) : 0;
	if (length != 0 && length < b.left)
		FACTS_TEXT(facts, user, b.at, length);
}

void mongodb_commands_login(const struct bson *bson, struct facts *facts)
{
	struct bytes value = bson_value(bson);

	if (bson_named(bson, "mechanism") && bson->type == BSON_STRING)
		FACTS_TEXT(facts, mechanism, value.at, value.left);
	else if (bson_named(bson, "user") && bson->type == BSON_STRING)
		FACTS_TEXT(facts, user, value.at, value.left);
	else if (bson_named(bson, "payload") && facts->user[0] == '\0')
		note_sasl_user(facts, value);
}
