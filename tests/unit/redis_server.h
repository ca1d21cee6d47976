/* SPDX-License-Identifier: ISC */
/*
 * A real redis-server of one's own, on a Unix socket in a directory of its own, and a client that
 * waits: independent of the code under test. For tests only.
 */
#ifndef TESTS_UNIT_REDIS_SERVER_H
#define TESTS_UNIT_REDIS_SERVER_H

#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct redis_server {
	char directory[64], socket[96];
	pid_t pid;
	char answer[1 << 16]; /* of the last question */
};

static inline bool redis_server_exists(void)
{
	return system("command -v redis-server >/dev/null") == 0;
}

static inline void redis_server_nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static inline FILE *redis_server_connect(const struct redis_server *server)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", server->socket);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fdopen(fd, "r+");
	close(fd);
	return NULL;
}

#define REDIS_SERVER_OPTIONS 24

/* Never returns. The process ends with the test, whatever becomes of that. */
static inline void redis_server_exec(const struct redis_server *server, const char *const *more)
{
	const char *arguments[16 + REDIS_SERVER_OPTIONS] = {
		"redis-server", "--port",	"0",   "--unixsocket",
		server->socket, "--appendonly", "yes", "--appendfsync",
		"no",		"--save",	""};
	size_t count = 11;

	for (size_t i = 0; more != NULL && more[i] != NULL && i < REDIS_SERVER_OPTIONS; i++)
		arguments[count++] = more[i];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (chdir(server->directory) != 0 || freopen("log", "a", stdout) == NULL)
		_exit(126);
	execvp(arguments[0], (char *const *)(uintptr_t)arguments);
	_exit(127);
}

static inline bool redis_server_place(struct redis_server *server)
{
	if (server->directory[0] != '\0')
		return true;
	strcpy(server->directory, "/tmp/spanwatch-redis-XXXXXX");
	if (mkdtemp(server->directory) == NULL)
		return false;
	memcpy(server->socket, server->directory, sizeof server->directory);
	strcat(server->socket, "/redis.sock");
	return true;
}

/* Starts it with these options more, NULL at the end (or NULL); false: there is none. */
static inline bool redis_server_start_with(struct redis_server *server, const char *const *more)
{
	FILE *stream = NULL;

	if (!redis_server_place(server))
		return false;
	unlink(server->socket);
	server->pid = fork();
	if (server->pid == 0)
		redis_server_exec(server, more);
	for (int i = 0; i < 500 && stream == NULL; i++) {
		if (waitpid(server->pid, NULL, WNOHANG) != 0)
			return false;
		redis_server_nap();
		stream = redis_server_connect(server);
	}
	if (stream != NULL)
		fclose(stream);
	return stream != NULL;
}

/* Starts it, with one more configuration argument pair unless NULL; false: there is none. */
static inline bool redis_server_start(struct redis_server *server, const char *option,
				      const char *value)
{
	const char *const more[] = {option, value, NULL};

	return redis_server_start_with(server, more);
}

/* A port of the loopback that nobody uses at this moment, as text in `to`. */
static inline const char *redis_server_free_port(char to[8])
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&address, length) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) != 0)
		abort();
	close(fd);
	snprintf(to, 8, "%u", ntohs(address.sin_port));
	return to;
}

static inline void redis_server_kill(struct redis_server *server)
{
	if (server->pid > 0) {
		kill(server->pid, SIGKILL);
		waitpid(server->pid, NULL, 0);
	}
	server->pid = 0;
}

static inline void redis_server_remove(struct redis_server *server)
{
	char command[128];

	redis_server_kill(server);
	snprintf(command, sizeof command, "rm -rf '%.63s'", server->directory);
	if (server->directory[0] != '\0' && system(command) != 0)
		abort();
	server->directory[0] = '\0';
}

/* Appends one reply to `to`: scalars as they are, lists as their elements, each with a newline. */
static inline void redis_server_reply(FILE *stream, char *to, size_t size)
{
	static const size_t line_max = 4096;
	char *line = calloc(1, line_max);
	size_t used = strlen(to);
	long count;

	if (line == NULL || fgets(line, (int)line_max, stream) == NULL) {
		free(line);
		return; /* hung up: an answer that is too short is for the test to notice */
	}
	line[strcspn(line, "\r\n")] = '\0';
	count = strtol(line + 1, NULL, 10);
	if (line[0] == '*') {
		for (long i = 0; i < count; i++)
			redis_server_reply(stream, to, size);
	} else if (line[0] == '$' && count >= 0) {
		if (used + (size_t)count + 3 > size ||
		    fread(to + used, 1, (size_t)count + 2, stream) != (size_t)count + 2)
			abort();
		strcpy(to + used + count, "\n");
	} else {
		snprintf(to + used, size - used, "%s\n",
			 line[0] == '$'	  ? "(nil)"
			 : line[0] == '-' ? line
					  : line + 1);
	}
	free(line);
}

static inline FILE *redis_server_connect_port(const char *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)atoi(port)),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fdopen(fd, "r+");
	close(fd);
	return NULL;
}

/* One inline command; its reply, added to the answer. */
static inline void redis_server_say(struct redis_server *server, FILE *stream, const char *command)
{
	fprintf(stream, "%s\r\n", command);
	fflush(stream);
	server->answer[0] = '\0';
	redis_server_reply(stream, server->answer, sizeof server->answer);
}

/* Asks at this port, or at the socket if that is NULL, after `first` (a log-in) if that is not
 * NULL. Returns the answer without its last newline. */
static inline const char *redis_port_ask(struct redis_server *server, const char *port,
					 const char *first, const char *command)
{
	FILE *stream =
		port != NULL ? redis_server_connect_port(port) : redis_server_connect(server);

	if (stream == NULL)
		return strcpy(server->answer, "(no connection)");
	if (first != NULL)
		redis_server_say(server, stream, first);
	redis_server_say(server, stream, command);
	fclose(stream);
	if (server->answer[0] != '\0')
		server->answer[strlen(server->answer) - 1] = '\0';
	return server->answer;
}

/* Asks (an inline command: words and spaces) and returns the answer without its last newline. */
__attribute__((format(printf, 2, 3))) static inline const char *redis_server_ask(
	struct redis_server *server, const char *format, ...)
{
	char command[4096];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof command, format, arguments);
	va_end(arguments);
	return redis_port_ask(server, NULL, NULL, command);
}

#endif
