/* SPDX-License-Identifier: ISC */
/* Which keys a type of channel needs and knows, addresses, files of secrets, quiet hours. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/notify/settings_rows.h"

#define BIT(type) (1U << CHANNEL_##type)
#define CHATS	  (BIT(SLACK) | BIT(MATTERMOST))

/* Keys that not every type knows. */
static const struct use {
	const char *key;
	unsigned needed, known;
} uses[] = {
	{"url", BIT(ALERTMANAGER) | BIT(MAIL),
	 CHATS | BIT(WEBHOOK) | BIT(ALERTMANAGER) | BIT(MAIL) | BIT(PAGERDUTY)},
	{"url-file", BIT(TEAMS), CHATS | BIT(WEBHOOK) | BIT(TEAMS)},
	{"token-file", 0, CHATS | BIT(WEBHOOK) | BIT(ALERTMANAGER)},
	{"channel", 0, CHATS},
	{"routing-key-file", BIT(PAGERDUTY), BIT(PAGERDUTY)},
	{"user", 0, BIT(MAIL)},
	{"password-file", 0, BIT(MAIL)},
	{"from", BIT(MAIL), BIT(MAIL)},
	{"to", BIT(MAIL), BIT(MAIL)},
};

struct check {
	const struct schema_context *context;
	const struct node *node;
	struct channel_settings *channel;
	bool good;
};

struct mark settings_mark(const struct node *map, const char *key)
{
	for (const struct node *child = map->first; child != NULL; child = child->next)
		if (strcmp(child->key, key) == 0)
			return child->at;
	return map->at;
}

/* Where `key` stands. What is said never holds what a file of secrets does. */
static void wrong(struct check *check, const char *key, const char *what)
{
	report_error(check->context->report, settings_mark(check->node, key), "%s: %s", key, what);
	check->good = false;
}

static void check_keys(struct check *check)
{
	unsigned type = 1U << check->channel->type;
	const char *name = channel_type_name(check->channel->type);

	for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
		bool there = schema_has_key(check->node, uses[i].key);

		if (there && (uses[i].known & type) == 0)
			report_error(
				check->context->report, settings_mark(check->node, uses[i].key),
				"\"%s\" means nothing to a channel of type %s", uses[i].key, name);
		else if (!there && (uses[i].needed & type) != 0)
			report_error(check->context->report, check->node->at,
				     "a channel of type %s needs \"%s\"", name, uses[i].key);
		else
			continue;
		check->good = false;
	}
}

static const char *read_open(int fd, char *to, size_t size)
{
	struct stat status;
	ssize_t got;

	if (fstat(fd, &status) != 0)
		return "cannot be looked at";
	if (!S_ISREG(status.st_mode))
		return "is no regular file";
	if ((status.st_mode & 077) != 0)
		return "can be read by others than its owner: chmod 0600";
	if (status.st_uid != geteuid() && status.st_uid != 0)
		return "belongs to somebody else";
	got = read(fd, to, size - 1);
	if (got < 0)
		return "cannot be read";
	to[got] = '\0';
	to[strcspn(to, "\r\n")] = '\0';
	if (to[0] == '\0')
		return "is empty";
	if ((size_t)got == size - 1 && strlen(to) == size - 1)
		return "has a first line that is too long";
	for (const char *c = to; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return "has a control character in it";
	return NULL;
}

/* The first line of a file that nobody else can read. */
static void read_secret(struct check *check, const char *key, const char *path, char *to)
{
	const char *why;
	char text[160];
	int fd;

	if (path == NULL)
		return;
	if (path[0] != '/') {
		wrong(check, key, "write the whole path, beginning with /");
		return;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0) {
		snprintf(text, sizeof text, "cannot open it: %s", strerror(errno));
		wrong(check, key, text);
		return;
	}
	why = read_open(fd, to, SETTINGS_SECRET);
	close(fd);
	if (why == NULL)
		return;
	explicit_bzero(to, SETTINGS_SECRET);
	snprintf(text, sizeof text, "the file %s", why);
	wrong(check, key, text);
}

bool settings_is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
	       strcmp(host, "[::1]") == 0;
}

/* "https://host:port/path" in `address`: finds the host, or says what is wrong. */
static const char *check_address(struct channel_settings *channel, bool mail)
{
	const char *plain = mail ? "smtp://" : "http://", *safe = mail ? "smtps://" : "https://";
	const char *address = channel->address, *rest;
	size_t length;

	for (const char *c = address; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || *c == '\\')
			return "has a character that an address cannot have";
	if (strncmp(address, safe, strlen(safe)) == 0)
		rest = address + strlen(safe);
	else if (strncmp(address, plain, strlen(plain)) == 0)
		rest = address + strlen(plain);
	else
		return mail ? "must begin with smtp:// or smtps://" : "must begin with https://";
	length = strcspn(rest, "/?#");
	if (memchr(rest, '@', length) != NULL)
		return "must not hold a user or password: there are files for those";
	length = rest[0] == '[' ? strcspn(rest, "]") + 1 : strcspn(rest, ":/?#");
	if (length == 0 || length >= sizeof channel->host)
		return "names no host";
	memcpy(channel->host, rest, length);
	channel->host[length] = '\0';
	if (!mail && strncmp(address, plain, strlen(plain)) == 0 && !channel->cleartext &&
	    !settings_is_loopback(channel->host))
		return "is not encrypted: write https://, or \"cleartext: true\" if that is meant";
	return NULL;
}

static void check_url(struct check *check)
{
	static const char *const standard[CHANNEL_TYPES] = {
		[CHANNEL_SLACK] = "https://slack.com/api/chat.postMessage",
		[CHANNEL_PAGERDUTY] = "https://events.pagerduty.com/v2/enqueue",
	};
	struct channel_settings *channel = check->channel;
	const char *key = channel->url_file != NULL ? "url-file" : "url", *why;
	const char *url = channel->url != NULL ? channel->url : standard[channel->type];

	if (channel->url != NULL && channel->url_file != NULL) {
		wrong(check, "url-file", "there is \"url\" as well");
		return;
	}
	if (channel->url_file != NULL)
		read_secret(check, "url-file", channel->url_file, channel->address);
	else if (url != NULL)
		snprintf(channel->address, sizeof channel->address, "%s", url);
	if (channel->address[0] == '\0')
		return;
	why = check_address(channel, channel->type == CHANNEL_MAIL);
	if (why != NULL)
		wrong(check, key, why);
}

/* Of Slack and Mattermost: an incoming webhook, or a user of the interface for programs. */
static void check_chat(struct check *check)
{
	struct channel_settings *channel = check->channel;
	bool hook = channel->url_file != NULL, user = channel->token_file != NULL;

	if (hook == user)
		wrong(check, "type",
		      "it needs either \"url-file\" (an incoming webhook, whose address is a "
		      "secret) or \"token-file\" and \"channel\"");
	else if (user && channel->room == NULL)
		wrong(check, "token-file", "\"channel\" must say where to");
	else if (user && channel->type == CHANNEL_MATTERMOST && channel->url == NULL)
		wrong(check, "token-file", "\"url\" must say which server");
	else if (hook && channel->room != NULL)
		wrong(check, "channel", "an incoming webhook has its own");
}

/* An address of mail, so plain that it cannot be two, nor a header. */
static bool is_mail_address(const char *text)
{
	const char *at = strchr(text, '@');

	if (at == NULL || at == text || at[1] == '\0' || strchr(at + 1, '@') != NULL)
		return false;
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f ||
		    strchr("<>()[]\\,;:\"", *c) != NULL)
			return false;
	return true;
}

static void check_mail(struct check *check)
{
	struct channel_settings *channel = check->channel;

	if (channel->from != NULL && !is_mail_address(channel->from))
		wrong(check, "from", "is no address like spanwatch@example.org");
	for (uint32_t i = 0; i < channel->to.count; i++)
		if (!is_mail_address(channel->to.list[i]))
			wrong(check, "to", "holds what is no address like noc@example.org");
	if ((channel->user != NULL) != (channel->password_file != NULL))
		wrong(check, channel->user != NULL ? "user" : "password-file",
		      "\"user\" and \"password-file\" need each other");
}

static void check_quiet(struct check *check)
{
	struct channel_settings *channel = check->channel;
	char text[320];

	for (uint32_t i = 0; i < channel->quiet.count; i++) {
		const char *why = quiet_parse(channel->quiet.list[i], &channel->hours[i]);

		if (why == NULL)
			continue;
		snprintf(text, sizeof text, "\"%.64s\" %s", channel->quiet.list[i], why);
		wrong(check, "quiet", text);
	}
}

bool settings_check_channel(const struct schema_context *context, const struct node *node,
			    struct channel_settings *channel)
{
	struct check check = {.context = context, .node = node, .channel = channel, .good = true};

	check_keys(&check);
	check_quiet(&check);
	if (!check.good)
		return false;
	check_url(&check);
	if (channel->type == CHANNEL_WEBHOOK && channel->url == NULL && channel->url_file == NULL)
		wrong(&check, "type", "it needs \"url\" or \"url-file\"");
	if (channel->type == CHANNEL_SLACK || channel->type == CHANNEL_MATTERMOST)
		check_chat(&check);
	if (channel->type == CHANNEL_MAIL)
		check_mail(&check);
	read_secret(&check, "token-file", channel->token_file, channel->secret);
	read_secret(&check, "routing-key-file", channel->routing_key_file, channel->secret);
	read_secret(&check, "password-file", channel->password_file, channel->secret);
	return check.good;
}
