/* SPDX-License-Identifier: MIT */
/* base/fork.c: see fork.h. */
#include "base/fork.h"

#include "base/lock.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#define SAY_MS 1000 /* that a reader of standard error is waited for */

edo_atomic_u32 edoi_fork_n;
edo_atomic_u32 edoi_fork_any;

static edoi_fork_hook *hooks; /* const once main() runs */

static sigset_t outer_mask; /* of the thread that forks; guarded by the locks of all hooks */

/* Signals stay blocked until the child's functions have run: a handler of the parent's would
 * swallow in the child what is to end it. */
static void acquire_all(void) {
    sigset_t all, mask;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &mask);
    edoi_store_rlx_u32(&edoi_fork_any, 1); // relaxed: a flag, no data
    for (edoi_fork_hook *h = hooks; h; h = h->next) {
        if (h->mutex) edoi_mutex_acquire(h->mutex);
        if (h->lock) edoi_lock_acquire(h->lock);
    }
    outer_mask = mask;
}

static void release_all(void) {
    for (edoi_fork_hook *h = hooks; h; h = h->next) {
        if (h->lock) edoi_lock_release(h->lock);
        if (h->mutex) edoi_mutex_release(h->mutex);
    }
}

static void go_on_in_parent(void) {
    sigset_t mask = outer_mask;
    release_all();
    (void)pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

static void fork_begin_child(void) {
    release_all();
    edoi_store_rlx_u32(&edoi_fork_n, edoi_forks() + 1); // relaxed: the only thread
    for (edoi_fork_hook *h = hooks; h; h = h->next)
        if (h->child) h->child();
    (void)pthread_sigmask(SIG_SETMASK, &outer_mask, NULL);
}

void edoi_fork_add(edoi_fork_hook *hook) {
    // Without memory for this a child must not use edo: before main() nothing else can be done.
    if (!hooks) (void)pthread_atfork(acquire_all, go_on_in_parent, fork_begin_child);
    hook->next = hooks;
    hooks = hook;
}

void edoi_fork_task_returned(void) {
    static const char line[] =
        "edo: a task that forked returned in the child: end that by _exit() or exec\n";
    // Not by stdio: a thread of the parent may have had its lock, and nobody may read the pipe.
    struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
    if (poll(&out, 1, SAY_MS) == 1) {
        ssize_t n = write(STDERR_FILENO, line, sizeof line - 1);
        (void)n; // the process ends
    }
    _exit(1);
}
