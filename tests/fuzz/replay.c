/* SPDX-License-Identifier: ISC */
/*
 * Feeds kept inputs to a fuzz target without libFuzzer, so that the test suite replays them with
 * any compiler under ASan and UBSan. Arguments: files and folders. Every input lies in a heap
 * block of exactly its size, and is also given truncated to each of its first lengths, where
 * most parsers' bounds errors live. Prints TAP: the program fails by crashing or by status.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX    (1U << 20) /* bytes; more is cut */
#define TRUNCATE_MAX 64U	/* lengths below this are all tried */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	if (size)
		memcpy(copy, bytes, size);
	(void)LLVMFuzzerTestOneInput(size ? copy : copy + 1, size);
	free(copy);
}

static void replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(INPUT_MAX);
	size_t size;

	if (!file || !bytes) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(2);
	}
	size = fread(bytes, 1, INPUT_MAX, file);
	fclose(file);
	for (size_t length = 0; length < size && length < TRUNCATE_MAX; length++)
		feed(bytes, length);
	feed(bytes, size);
	free(bytes);
}

static unsigned replay_path(const char *path)
{
	struct stat info;
	struct dirent **names;
	unsigned inputs = 0;
	int count;

	if (stat(path, &info) != 0)
		return 0;
	if (!S_ISDIR(info.st_mode)) {
		replay_file(path);
		return 1;
	}
	count = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		char child[4096];

		if (names[i]->d_name[0] != '.') {
			snprintf(child, sizeof child, "%s/%s", path, names[i]->d_name);
			inputs += replay_path(child);
		}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return inputs;
}

int main(int argc, char **argv)
{
	unsigned inputs = 0;

	printf("1..1\n");
	fflush(stdout);
	feed((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		inputs += replay_path(argv[i]);
	printf("%s 1 - %u kept inputs\n", inputs ? "ok" : "not ok", inputs);
	return inputs ? 0 : 1;
}
