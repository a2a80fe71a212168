/* SPDX-License-Identifier: MIT */
/* process/reap.c: see reap.h. A program is seldom left behind while it runs: so a thread each
 * is cheap enough. All goes by descriptors: a foreign wait may take the status, and the number may
 * then be that of another child. */
#include "process/reap.h"

#include "base/fork.h"
#include "base/lock.h"
#include "base/memory/alloc.h"

#include <edo/process.h>

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_BYTES (size_t)(64u * 1024u)

static edoi_lock list_lock; /* leaf */
static edoi_orphan *list;   /* those without a thread; lock: list_lock */

EDOI_ON_FORK(.lock = &list_lock);

static int reap_wait_for(int pidfd, int flags) {
    siginfo_t info = { .si_pid = 0 };
    int err;
    do {
        err = waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | flags);
    } while (err < 0 && errno == EINTR);
    if (err < 0) return -errno;
    if (info.si_pid == 0) return -EAGAIN;
    return info.si_code == CLD_EXITED ? info.si_status : EDO_PROCESS_SIGNALLED + info.si_status;
}

int edoi_reap(int pidfd, bool keep) {
    return reap_wait_for(pidfd, WNOHANG | (keep ? WNOWAIT : 0));
}

static void orphan_free(edoi_orphan *o) {
    (void)close(o->pidfd);
    edoi_free(o);
}

static void *wait_for_end(void *arg) {
    edoi_orphan *o = (edoi_orphan *)arg;
    (void)reap_wait_for(o->pidfd, 0);
    orphan_free(o);
    return NULL;
}

/* The thread handles no signals of the program. */
static int orphan_start_thread(edoi_orphan *o) {
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, before;
    int err = pthread_attr_init(&attr);
    if (err != 0) return -err;
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attr, STACK_BYTES);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    err = pthread_create(&thread, &attr, wait_for_end, o);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attr);
    return -err;
}

void edoi_give_up(edoi_orphan *o, int pidfd, bool killed) {
    o->pidfd = pidfd;
    if (orphan_start_thread(o) == 0) return;
    if (killed) {
        (void)reap_wait_for(pidfd, 0);
        orphan_free(o);
    } else {
        edoi_lock_acquire(&list_lock);
        o->next = list;
        list = o;
        edoi_lock_release(&list_lock);
    }
}

/* Takes one that has ended, or was taken by a foreign wait, from the list; NULL: there is none. */
static edoi_orphan *take_ended(void) {
    edoi_lock_acquire(&list_lock);
    edoi_orphan **at = &list, *found;
    while (*at && edoi_reap((*at)->pidfd, false) == -EAGAIN) at = &(*at)->next;
    found = *at;
    if (found) *at = found->next;
    edoi_lock_release(&list_lock);
    return found;
}

void edoi_reap_orphans(void) {
    for (edoi_orphan *o; (o = take_ended()) != NULL;) orphan_free(o);
}
