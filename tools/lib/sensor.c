/* SPDX-License-Identifier: ISC */
#include "tools/lib/sensor.h"

#include <err.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/lib/status.h"

#define ARGUMENTS_MAX 65536

/* "spanwatch" in the folder of this program, or the bare name, for the PATH. */
static void find_sensor(char path[PATH_MAX])
{
	char self[PATH_MAX - 16];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

	if (length > 0) {
		self[length] = '\0';
		snprintf(path, PATH_MAX, "%s/spanwatch", dirname(self));
		if (access(path, X_OK) == 0)
			return;
	}
	strcpy(path, "spanwatch");
}

static _Noreturn void become_sensor(char *const *arguments, int out)
{
	static char *argv[ARGUMENTS_MAX + 2];
	char path[PATH_MAX];
	size_t count = 0;

	find_sensor(path);
	argv[count++] = path;
	for (; arguments[count - 1] != NULL; count++) {
		if (count == ARGUMENTS_MAX)
			errx(TOOL_USAGE, "more than %d captures", ARGUMENTS_MAX);
		argv[count] = arguments[count - 1];
	}
	if (dup2(out, STDOUT_FILENO) < 0)
		err(TOOL_INPUT, "the sensor's output");
	close(out);
	execvp(path, argv);
	err(TOOL_INPUT, "%s", path);
}

static void read_lines(int from, sensor_line_handler *handler, void *context)
{
	FILE *file = fdopen(from, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	if (file == NULL)
		err(TOOL_INPUT, "the sensor's output");
	while ((length = getline(&line, &room, file)) > 0) {
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		handler(context, line);
	}
	free(line);
	fclose(file);
}

void sensor_run(char *const *arguments, sensor_line_handler *handler, void *context)
{
	int ends[2], status;
	pid_t child;

	fflush(stdout);
	if (pipe(ends) != 0 || (child = fork()) < 0)
		err(TOOL_INPUT, "the sensor");
	if (child == 0) {
		close(ends[0]);
		become_sensor(arguments, ends[1]);
	}
	close(ends[1]);
	read_lines(ends[0], handler, context);
	if (waitpid(child, &status, 0) < 0)
		err(TOOL_INPUT, "the sensor");
	if (!WIFEXITED(status) || WEXITSTATUS(status) == 2 || WEXITSTATUS(status) == 3)
		errx(TOOL_INPUT, "the sensor could not read all of its input (see above)");
}
