/* SPDX-License-Identifier: ISC */
/*
 * Is it ZooKeeper? Four letters with the text that answers them, or the connection's first frames.
 */
#include "dissectors/zookeeper/zookeeper_recognise.h"

static bool is_word(struct bytes b, bool *may_become)
{
	static const char *const words[] = {"ruok", "stat", "srvr", "envi", "dump", "conf",
					    "cons", "mntr", "isro", "wchs", "wchc", "wchp",
					    "dirs", "crst", "srst", "hash", "gtmk"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		*may_become |= bytes_agree_with(&b, words[i]);
		if (!bytes_start_with(&b, words[i]))
			continue;
		bytes_skip(&b, 4);
		for (size_t k = 0; k < b.left; k++) {
			if (b.at[k] != '\n' && b.at[k] != '\r')
				return false;
		}
		return true;
	}
	return false;
}

/* What only ZooKeeper says. */
static enum recognised recognise_text(struct bytes b)
{
	static const char *const texts[] = {
		"Zookeeper version: ",
		"Environment:\nzookeeper.version=",
		"SessionTracker dump:\n",
		"zk_version\t",
		"This ZooKeeper instance is not currently serving",
	};
	enum recognised result = RECOGNISED_NO;

	if (bytes_start_with(&b, "imok"))
		return RECOGNISED_YES;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (bytes_start_with(&b, texts[i]))
			return RECOGNISED_YES;
		if (bytes_agree_with(&b, texts[i]))
			result = RECOGNISED_MORE;
	}
	return bytes_agree_with(&b, "imok") ? RECOGNISED_MORE : result;
}

/* What it says to these four letters. */
static enum recognised recognise_answer(struct bytes b)
{
	static const char *const texts[] = {"clientPort=", "secureClientPort=", " /"};
	static const char refusal[] = " is not executed because it is not in the whitelist.";
	enum recognised result = recognise_text(b);

	for (size_t i = 0; i < sizeof texts / sizeof *texts && result != RECOGNISED_YES; i++) {
		if (bytes_start_with(&b, texts[i]))
			return RECOGNISED_YES;
		if (bytes_agree_with(&b, texts[i]))
			result = RECOGNISED_MORE;
	}
	if (result == RECOGNISED_NO && b.left >= 4) {
		bytes_skip(&b, 4);
		if (bytes_start_with(&b, refusal))
			return RECOGNISED_YES;
		return bytes_agree_with(&b, refusal) ? RECOGNISED_MORE : RECOGNISED_NO;
	}
	return result == RECOGNISED_NO && b.left < 4 ? RECOGNISED_MORE : result;
}

/* A frame's length, a version of 0, and at `place` the length of a password: 16 */
static enum recognised recognise_connect(struct bytes b, uint32_t least, size_t place)
{
	uint32_t length = bytes_be32(&b), version, password;

	if (b.failed)
		return RECOGNISED_MORE;
	if (length != least && length != least + 1)
		return RECOGNISED_NO;
	version = bytes_be32(&b);
	bytes_skip(&b, place);
	password = bytes_be32(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	return version == 0 && password == 16 ? RECOGNISED_YES : RECOGNISED_NO;
}

enum recognised zookeeper_recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	bool may_become = client.left == 0;
	bool word = is_word(client, &may_become);
	enum recognised connect = recognise_connect(client, 44, 20);

	if (client.left != 0 && !may_become && connect == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (server.left == 0) {
		word = bytes_start_with(&client, "ruok") || bytes_start_with(&client, "mntr");
		if (word && !is_word(client, &may_become))
			return RECOGNISED_NO;
		return (connect == RECOGNISED_YES || word) && opening->one_sided ? RECOGNISED_YES
										 : RECOGNISED_MORE;
	}
	if (server.at[0] == 0)
		return connect != RECOGNISED_NO ? recognise_connect(server, 36, 12) : RECOGNISED_NO;
	if (word)
		return recognise_answer(server);
	/* Four letters without the question are enough only if nothing follows. */
	if (bytes_start_with(&server, "imok") &&
	    (server.left > 5 || (server.left == 5 && server.at[4] != '\n')))
		return RECOGNISED_NO;
	if (bytes_start_with(&server, "imok") && !opening->one_sided)
		return RECOGNISED_MORE;
	return recognise_text(server);
}
