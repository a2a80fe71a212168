/* SPDX-License-Identifier: MIT */
/* process/exec.c: see exec.h.
 *
 * The new process shares our memory, and our thread waits until it has become the program or has
 * ended (CLONE_VM | CLONE_VFORK): no page table is copied, and an error comes back in a variable.
 * Meanwhile it has a stack of its own, makes system calls only, and runs no signal handler: all
 * signals are blocked until the handlers are gone. The sanitizers must not see it: they would take
 * it for our thread. */
#include "process/exec.h"

#include "base/files/limit.h"
#include "base/fork.h"
#include "base/memory/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_PIDFD
#    define CLONE_PIDFD 0x1000
#endif

#ifdef EDOI_TSAN // whose clone() takes this for a fork
extern int __clone(int (*fn)(void *), void *stack, int flags, void *arg, ...);
#    define clone __clone
#endif

#define STACK_BYTES   32768u
#define SIGNALS_N     64 /* of the kernel */
#define SIGNALS_BYTES 8u /* the kernel's set of them */

#define UNSEEN __attribute__((no_sanitize("address", "thread", "undefined"), noinline))

typedef struct start {
    _Alignas(16) char stack[STACK_BYTES];
    const edoi_exec *exec;
    uint64_t mask;     /* of the calling thread */
    bool lowers_files; /* to `files`, soft and hard: edo_main() has raised the limit */
    uint64_t files[2];
    int failure;              /* set by the new process */
    char candidate[PATH_MAX]; /* first the file of the control group, then names to execute */
} start;

/* ---- In the new process ---------------------------------------------------------------------- */

/* The kernel's struct sigaction begins with the handler; zeros are the default action. libc's call
 * is not used: a sanitizer's version would change the records of this process. A SIGPIPE that is
 * ignored here, as edo_main() does, would surprise most programs. */
UNSEEN static void drop_handlers(void) {
    for (int signo = 1; signo <= SIGNALS_N; signo++) {
        unsigned long none[8] = { 0 }, now[8] = { 0 };
        if (syscall(SYS_rt_sigaction, signo, NULL, now, SIGNALS_BYTES) == 0 &&
            now[0] != (unsigned long)SIG_DFL &&
            (now[0] != (unsigned long)SIG_IGN || signo == SIGPIPE))
            (void)syscall(SYS_rt_sigaction, signo, none, NULL, SIGNALS_BYTES);
    }
}

UNSEEN static bool set_stdio(const edoi_exec *e) {
    for (int i = 0; i < 3; i++)
        if (e->stdio[i] >= 0 && syscall(SYS_dup3, e->stdio[i], i, 0) < 0) return false;
    return !e->err_goes_out || syscall(SYS_dup3, 1, 2, 0) >= 0;
}

UNSEEN static bool set_user(const edo_process_user *user) {
    return !user || (syscall(SYS_setgroups, user->groups_n, user->groups) == 0 &&
                     syscall(SYS_setgid, user->gid) == 0 && syscall(SYS_setuid, user->uid) == 0);
}

/* Moves this process alone: 0 stands for the writer, which is no thread of ours. */
UNSEEN static bool enter_cgroup(const start *s) {
    if (!s->exec->cgroup) return true;
    long fd = syscall(SYS_openat, AT_FDCWD, s->candidate, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) return false;
    bool entered = syscall(SYS_write, (int)fd, "0", (size_t)1) == 1;
    int err = errno;
    (void)syscall(SYS_close, (int)fd);
    errno = err;
    return entered;
}

/* After all that needs a descriptor, which a limit may refuse. */
UNSEEN static bool set_limits(const start *s) {
    const edoi_exec *e = s->exec;
    if (s->lowers_files && syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, s->files, NULL) != 0)
        return false;
    for (size_t i = 0; i < e->limits_n; i++) {
        const uint64_t pair[2] = { e->limits[i].soft, e->limits[i].hard }; // as the kernel's struct
        if (syscall(SYS_prlimit64, 0, e->limits[i].resource, pair, NULL) != 0) return false;
    }
    return true;
}

/* Writes the next folder of `*path`, a slash and the program to `to`; false: there is none, or no
 * room (then `to` is empty). */
UNSEEN static bool next_candidate(char *to, const char **path, const char *program) {
    const char *from = *path;
    size_t n = 0;
    if (!from) return false;
    for (; *from && *from != ':'; from++)
        if (n < PATH_MAX) to[n++] = *from;
    *path = *from ? from + 1 : NULL;
    if (n > 0 && n < PATH_MAX) to[n++] = '/';
    while (*program && n < PATH_MAX) to[n++] = *program++;
    to[n < PATH_MAX ? n : 0] = '\0';
    return true;
}

/* Returns only if the program cannot be run. */
UNSEEN static void become(start *s) {
    const edoi_exec *e = s->exec;
    bool is_denied = false, is_bare = true;
    for (const char *c = e->program; *c; c++)
        if (*c == '/') is_bare = false;
    const char *path = *e->program ? e->path : NULL;
    errno = ENOENT;
    if (!is_bare) (void)syscall(SYS_execve, e->program, e->argv, e->env);
    if (!is_bare) return;
    while (next_candidate(s->candidate, &path, e->program)) {
        (void)syscall(SYS_execve, s->candidate, e->argv, e->env);
        if (errno == EACCES) is_denied = true;
        if (errno != EACCES && errno != ENOENT && errno != ENOTDIR) return;
    }
    errno = is_denied ? EACCES : ENOENT;
}

UNSEEN static int new_process(void *arg) {
    start *s = (start *)arg;
    const edoi_exec *e = s->exec;
    drop_handlers();
    if (enter_cgroup(s) && (!e->session || syscall(SYS_setsid) >= 0) &&
        (!e->group || e->session || syscall(SYS_setpgid, 0, 0) == 0) && set_stdio(e) &&
        (!e->terminal || syscall(SYS_ioctl, 0, TIOCSCTTY, 0) == 0) &&
        (!e->dir || syscall(SYS_chdir, e->dir) == 0) && set_limits(s) && set_user(e->user)) {
        (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &s->mask, NULL, SIGNALS_BYTES);
        int refused = e->before_exec ? e->before_exec(e->before_exec_arg) : 0;
        if (refused >= 0) become(s);
        if (refused < 0) errno = -refused;
    }
    s->failure = errno;
    (void)syscall(SYS_exit_group, 127);
    return 127;
}

/* ---- In this one ----------------------------------------------------------------------------- */

static void take_status(int pidfd) {
    siginfo_t info;
    while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0 && errno == EINTR) {
    }
}

/* 0, or -ENOSYS from a kernel before 5.4, which cannot wait for the descriptor of a process: there
 * P_PIDFD is an unknown kind (EINVAL), later ones look for the descriptor first. */
static int check_kernel(void) {
    siginfo_t info;
    int rc = waitid(P_PIDFD, INT_MAX, &info, WEXITED | WNOHANG);
    return rc < 0 && (errno == EINVAL || errno == ENOSYS) ? -ENOSYS : 0;
}

/* The file that takes processes into the control group, if one is wanted, in `candidate`. */
static int name_cgroup(start *s) {
    if (!s->exec->cgroup) return 0;
    int n = snprintf(s->candidate, sizeof s->candidate, "%s/cgroup.procs", s->exec->cgroup);
    return n < 0 || (size_t)n >= sizeof s->candidate ? -ENAMETOOLONG : 0;
}

/* While a new process that changes its user shares the memory. */
static pthread_mutex_t user_mutex = PTHREAD_MUTEX_INITIALIZER;

static void exec_begin_child(void) {
    user_mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

EDOI_ON_FORK(.child = exec_begin_child);

/* When the new process changes its user the kernel makes the memory that both share undumpable,
 * which keeps that user's debuggers out of it. Once the program has memory of its own, ours becomes
 * as before; but not while another such process shares it. */
static int clone_process(start *s, int *pidfd) {
    if (s->exec->user) (void)pthread_mutex_lock(&user_mutex);
    int dumpable = prctl(PR_GET_DUMPABLE);
    int pid = clone(new_process, s->stack + STACK_BYTES,
                    CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, s, pidfd),
        err = errno;
    if (s->exec->user && dumpable == 1) (void)prctl(PR_SET_DUMPABLE, 1);
    if (s->exec->user) (void)pthread_mutex_unlock(&user_mutex);
    return pid < 0 ? -err : pid;
}

int edoi_exec_start(const edoi_exec *e, int *pidfd) {
    int err = check_kernel();
    if (err < 0) return err;
    start *s = (start *)edoi_alloc(sizeof *s);
    if (!s) return -ENOMEM;
    s->exec = e;
    s->failure = 0;
    s->lowers_files = edoi_file_limit_before(s->files);
    err = name_cgroup(s);
    if (err < 0) {
        edoi_free(s);
        return err;
    }
    *pidfd = -1;
    const uint64_t all = UINT64_MAX;
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &s->mask, SIGNALS_BYTES);
    int pid = clone_process(s, pidfd);
    err = pid < 0 ? pid : -s->failure;
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &s->mask, NULL, SIGNALS_BYTES);
    edoi_free(s);
    if (pid < 0) return err;
    if (*pidfd < 0) { // an emulated kernel has passed over the flag: it started, unless it failed
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
        return err < 0 ? err : -ENOSYS;
    }
    if (err < 0) {
        take_status(*pidfd);
        (void)close(*pidfd);
        return err;
    }
    return pid;
}
