/* SPDX-License-Identifier: ISC */
/* See sandbox.h. The one file that sees libcap-ng and libseccomp. */
#include "sensor/run/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sensor/base/log.h"
#include "sensor/run/options.h"

/* Leak checkers trace their own process when it ends. */
#ifndef SPANWATCH_SANITIZED
#define SPANWATCH_SANITIZED 0
#endif

/*
 * A setuid that was refused and not noticed is how root daemons stay root: every step is verified.
 */
static void become(const char *name)
{
	const struct passwd *user = getpwnam(name);
	uid_t real, effective, saved;

	if (!user)
		fatalx(EXIT_USAGE, "--user: there is no user \"%s\"", name);
	if (initgroups(name, user->pw_gid) != 0 ||
	    setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
		fatal(EXIT_USAGE, "--user: cannot become %s", name);
	if (getresuid(&real, &effective, &saved) != 0 || real != user->pw_uid ||
	    effective != user->pw_uid || saved != user->pw_uid)
		fatalx(EXIT_USAGE, "--user: did not become %s", name);
}

static void drop_all_capabilities(void)
{
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		fatal(EXIT_USAGE, "cannot give up capabilities");
	if (capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE)
		fatalx(EXIT_USAGE, "capabilities are still there after they were given up");
}

static void forbid_calls(void)
{
	static const int forbidden[] = {
		SCMP_SYS(execve),
		SCMP_SYS(execveat),
		SCMP_SYS(ptrace),
		SCMP_SYS(fork),
		SCMP_SYS(vfork),
		SCMP_SYS(process_vm_readv),
		SCMP_SYS(process_vm_writev),
		SCMP_SYS(kexec_load),
		SCMP_SYS(kexec_file_load),
		SCMP_SYS(init_module),
		SCMP_SYS(finit_module),
		SCMP_SYS(delete_module),
		SCMP_SYS(mount),
		SCMP_SYS(umount2),
		SCMP_SYS(pivot_root),
		SCMP_SYS(chroot),
		SCMP_SYS(unshare),
		SCMP_SYS(setns),
		SCMP_SYS(reboot),
		SCMP_SYS(swapon),
		SCMP_SYS(bpf),
		SCMP_SYS(keyctl),
		SCMP_SYS(add_key),
		SCMP_SYS(userfaultfd),
		SCMP_SYS(perf_event_open),
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int result = filter ? 0 : -ENOMEM;

	for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden && result == 0; i++)
		result = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, forbidden[i], 0);
	if (result == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	if (result != 0) {
		errno = -result;
		fatal(EXIT_USAGE, "cannot install the system call filter");
	}
}

void sandbox_enter(const char *user, bool drop_capabilities)
{
	if (user)
		become(user);
	if (drop_capabilities)
		drop_all_capabilities();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		fatal(EXIT_USAGE, "PR_SET_NO_NEW_PRIVS");
	if (!SPANWATCH_SANITIZED)
		forbid_calls();
}
