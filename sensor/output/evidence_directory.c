/* SPDX-License-Identifier: ISC */
/* See evidence_directory.h. */
#include "sensor/output/evidence_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool make_directory(const char *path, const char *user_name)
{
	const struct passwd *user = user_name ? getpwnam(user_name) : NULL;

	if (mkdir(path, 0700) != 0)
		return errno == EEXIST;
	return !user || chown(path, user->pw_uid, user->pw_gid) == 0;
}

int evidence_directory_open(const char *path, const char *user)
{
	return make_directory(path, user) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
}

static bool is_ours(const char *name)
{
	return strspn(name, "0123456789abcdef") == EXPOSURE_ID_TEXT - 1 &&
	       strcmp(name + EXPOSURE_ID_TEXT - 1, EVIDENCE_SUFFIX) == 0;
}

static int by_age(const void *left, const void *right)
{
	const struct evidence_found *a = left, *b = right;

	if (a->written.tv_sec != b->written.tv_sec)
		return a->written.tv_sec < b->written.tv_sec ? -1 : 1;
	if (a->written.tv_nsec != b->written.tv_nsec)
		return a->written.tv_nsec < b->written.tv_nsec ? -1 : 1;
	return strcmp(a->id, b->id);
}

size_t evidence_directory_list(int fd, struct evidence_found **list)
{
	DIR *directory = fdopendir(dup(fd));
	const struct dirent *entry;
	struct stat status;
	size_t count = 0;

	*list = NULL;
	while (directory && (entry = readdir(directory)) != NULL) {
		struct evidence_found *more;

		if (!is_ours(entry->d_name) ||
		    fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		more = realloc(*list, (count + 1) * sizeof **list);
		if (!more)
			break;
		*list = more;
		more[count] = (struct evidence_found){.size = (uint64_t)status.st_size,
						      .written = status.st_mtim};
		memcpy(more[count++].id, entry->d_name, EXPOSURE_ID_TEXT - 1);
	}
	if (directory)
		closedir(directory);
	if (count > 1)
		qsort(*list, count, sizeof **list, by_age);
	return count;
}
