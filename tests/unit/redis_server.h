/* SPDX-License-Identifier: ISC */
/*
 * A real redis-server of one's own, on a Unix socket in a directory of its own, and a client that
 * waits: independent of the code under test. For tests only.
 */
#ifndef TESTS_UNIT_REDIS_SERVER_H
#define TESTS_UNIT_REDIS_SERVER_H

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Starts it, with one more configuration argument pair unless NULL; false: there is none. */
static inline bool redis_server_start(struct redis_server *server, const char *option,
				      const char *value)
{
	FILE *stream = NULL;

	if (server->directory[0] == '\0') {
		strcpy(server->directory, "/tmp/spanwatch-redis-XXXXXX");
		if (mkdtemp(server->directory) == NULL)
			return false;
		snprintf(server->socket, sizeof server->socket, "%s/redis.sock", server->directory);
	}
	server->pid = fork();
	if (server->pid == 0) {
		if (chdir(server->directory) != 0 || freopen("log", "a", stdout) == NULL)
			_exit(126);
		execlp("redis-server", "redis-server", "--port", "0", "--unixsocket",
		       server->socket, "--appendonly", "yes", "--appendfsync", "no", "--save", "",
		       option, value, (char *)NULL);
		_exit(127);
	}
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
	snprintf(command, sizeof command, "rm -rf '%s'", server->directory);
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

	if (line == NULL || fgets(line, (int)line_max, stream) == NULL)
		abort();
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

/* Asks (an inline command: words and spaces) and returns the answer without its last newline. */
__attribute__((format(printf, 2, 3))) static inline const char *redis_server_ask(
	struct redis_server *server, const char *format, ...)
{
	FILE *stream = redis_server_connect(server);
	va_list arguments;

	if (stream == NULL)
		abort();
	va_start(arguments, format);
	vfprintf(stream, format, arguments);
	va_end(arguments);
	fputs("\r\n", stream);
	fflush(stream);
	server->answer[0] = '\0';
	redis_server_reply(stream, server->answer, sizeof server->answer);
	fclose(stream);
	server->answer[strlen(server->answer) - (server->answer[0] != '\0')] = '\0';
	return server->answer;
}

#endif
