/* SPDX-License-Identifier: MIT */
/* process/orphans.c: see orphans.h. A program is seldom left behind while it runs: so a thread each
 * is cheap enough, and needs no descriptor. */
#include "process/orphans.h"

#include <edo/process.h>

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>

#define STACK_BYTES (size_t)(64u * 1024u)

static int wait_for(idtype_t type, id_t id, int flags) {
    siginfo_t info = { .si_pid = 0 };
    int err;
    do {
        err = waitid(type, id, &info, WEXITED | flags);
    } while (err < 0 && errno == EINTR);
    if (err < 0) return -errno;
    if (info.si_pid == 0) return -EAGAIN;
    return info.si_code == CLD_EXITED ? info.si_status : EDO_PROCESS_SIGNALLED + info.si_status;
}

int edoi_reap(int pidfd, bool keep) {
    return wait_for(P_PIDFD, (id_t)pidfd, WNOHANG | (keep ? WNOWAIT : 0));
}

static void *wait_for_end(void *arg) {
    (void)wait_for(P_PID, (id_t)(intptr_t)arg, 0);
    return NULL;
}

/* The thread handles no signals of the program. */
static int start_thread(pid_t pid) {
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, before;
    int err = pthread_attr_init(&attr);
    if (err != 0) return -err;
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attr, STACK_BYTES);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    err = pthread_create(&thread, &attr, wait_for_end, (void *)(intptr_t)pid);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attr);
    return -err;
}

void edoi_orphan(pid_t pid, bool killed) {
    if (start_thread(pid) < 0 && killed) (void)wait_for(P_PID, (id_t)pid, 0);
}
