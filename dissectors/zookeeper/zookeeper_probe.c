/* SPDX-License-Identifier: ISC */
/* Is it ZooKeeper? Four letters with the text that answers them, or the connection's first frames. */
#include "dissectors/zookeeper/zookeeper_probe.h"

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
static enum probe_result probe_text(struct bytes b)
{
	static const char *const texts[] = {
		"Zookeeper version: ",
		"Environment:\nzookeeper.version=",
		"SessionTracker dump:\n",
		"zk_version\t",
		"This ZooKeeper instance is not currently serving",
	};
	enum probe_result result = PROBE_NO;

	if (bytes_start_with(&b, "imok"))
		return PROBE_YES;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (bytes_start_with(&b, texts[i]))
			return PROBE_YES;
		if (bytes_agree_with(&b, texts[i]))
			result = PROBE_MORE;
	}
	return bytes_agree_with(&b, "imok") ? PROBE_MORE : result;
}

/* What it says to these four letters. */
static enum probe_result probe_answer(struct bytes b)
{
	static const char *const texts[] = {"clientPort=", "secureClientPort=", " /"};
	static const char refusal[] = " is not executed because it is not in the whitelist.";
	enum probe_result result = probe_text(b);

	for (size_t i = 0; i < sizeof texts / sizeof *texts && result != PROBE_YES; i++) {
		if (bytes_start_with(&b, texts[i]))
			return PROBE_YES;
		if (bytes_agree_with(&b, texts[i]))
			result = PROBE_MORE;
	}
	if (result == PROBE_NO && b.left >= 4) {
		bytes_skip(&b, 4);
		if (bytes_start_with(&b, refusal))
			return PROBE_YES;
		return bytes_agree_with(&b, refusal) ? PROBE_MORE : PROBE_NO;
	}
	return result == PROBE_NO && b.left < 4 ? PROBE_MORE : result;
}

/* A frame's length, a version of 0, and at `place` the length of a password: 16 */
static enum probe_result probe_connect(struct bytes b, uint32_t least, size_t place)
{
	uint32_t length = bytes_be32(&b), version, password;

	if (b.failed)
		return PROBE_MORE;
	if (length != least && length != least + 1)
		return PROBE_NO;
	version = bytes_be32(&b);
	bytes_skip(&b, place);
	password = bytes_be32(&b);
	if (b.failed)
		return PROBE_MORE;
	return version == 0 && password == 16 ? PROBE_YES : PROBE_NO;
}

enum probe_result zookeeper_probe(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	bool may_become = client.left == 0;
	bool word = is_word(client, &may_become);
	enum probe_result connect = probe_connect(client, 44, 20);

	if (client.left != 0 && !may_become && connect == PROBE_NO)
		return PROBE_NO;
	if (server.left == 0) {
		word = bytes_start_with(&client, "ruok") || bytes_start_with(&client, "mntr");
		if (word && !is_word(client, &may_become))
			return PROBE_NO;
		return (connect == PROBE_YES || word) && opening->one_sided ? PROBE_YES
									    : PROBE_MORE;
	}
	if (server.at[0] == 0)
		return connect != PROBE_NO ? probe_connect(server, 36, 12) : PROBE_NO;
	if (word)
		return probe_answer(server);
	/* Four letters without the question are enough only if nothing follows. */
	if (bytes_start_with(&server, "imok") &&
	    (server.left > 5 || (server.left == 5 && server.at[4] != '\n')))
		return PROBE_NO;
	if (bytes_start_with(&server, "imok") && !opening->one_sided)
		return PROBE_MORE;
	return probe_text(server);
}
