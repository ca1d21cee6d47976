/* SPDX-License-Identifier: ISC */
/*
 * Preloaded into a sensor by the fault run: writes to a place in a file, and syncs, stand still
 * while the file named by STALLED_DISK is there, as on a disk or a network file system that hangs.
 * While the file named by SLOW_DISK is there each sync takes a second and a half, as on a disk that
 * is slow.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static void stand_still(void)
{
	const char *flag = getenv("STALLED_DISK");

	while (flag != NULL && access(flag, F_OK) == 0)
		usleep(1000);
}

static void take_long(void)
{
	const char *flag = getenv("SLOW_DISK");

	if (flag != NULL && access(flag, F_OK) == 0)
		usleep(1500000);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at)
{
	ssize_t (*real)(int, const void *, size_t, off64_t);

	*(void **)&real = dlsym(RTLD_NEXT, "pwrite64");
	stand_still();
	return real(fd, bytes, length, at);
}

int fdatasync(int fd)
{
	int (*real)(int);

	*(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
	stand_still();
	take_long();
	return real(fd);
}

int fsync(int fd)
{
	int (*real)(int);

	*(void **)&real = dlsym(RTLD_NEXT, "fsync");
	stand_still();
	take_long();
	return real(fd);
}
