/* SPDX-License-Identifier: MIT */
/* runtime/control/signal_hub.c: one handler, one eventfd, one count per signal.
 *
 * The eventfd is never read: each write to it makes a new edge for every driver that knows a copy
 * of it. A source belongs to one driver, which may belong to a runtime that no thread drives: so
 * each listener has its own source. */
#include "runtime/control/signal_hub.h"

#include "base/atomic.h"
#include "base/fork.h"
#include "base/held.h"
#include "base/lock.h"
#include "runtime/control/handlers.h"
#include "runtime/control/last_resort.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct {
    pthread_mutex_t mu;
    int wake;                    /* the eventfd; const once a handler is installed; -1: none */
    edo_atomic_u32 counts[NSIG]; /* atomic: SH1, SH2 */
    edoi_lock locks[NSIG];       /* leaves; one is taken by the handler: others block its signal */
    edoi_signal_from from[NSIG]; /* of the newest signal; lock: that of the signal in `locks` */
} hub = { .mu = PTHREAD_MUTEX_INITIALIZER, .wake = -1 };

/* The descriptor is shared with the parent, whose tasks would be woken. */
static void signal_hub_begin_child(void) {
    if (hub.wake >= 0) (void)close(hub.wake);
    hub.wake = -1;
    for (int i = 0; i < NSIG; i++) hub.locks[i] = (edoi_lock)EDOI_LOCK_INIT;
}

EDOI_ON_FORK(.mutex = &hub.mu, .child = signal_hub_begin_child);

static void signal_hub_on_signal(int signo, siginfo_t *info, void *context) {
    int saved = errno;
    (void)context;
    if (edoi_last_resort_sent(info)) { // edo_main()'s, which nobody else has sent
        edoi_last_resort_look(signo);
        errno = saved;
        return;
    }
    edoi_lock_acquire(&hub.locks[signo]);
    hub.from[signo] = (edoi_signal_from){ info->si_code, info->si_pid, info->si_uid,
                                          (intptr_t)info->si_value.sival_ptr };
    edoi_lock_release(&hub.locks[signo]);
    // SH1: pairs with SH2: a thread that sees the event sees the count
    (void)edoi_add_acqrel_u32(&hub.counts[signo], 1);
    uint64_t one = 1;
    ssize_t n = hub.wake >= 0 ? write(hub.wake, &one, sizeof one) : 0;
    (void)n; // if the eventfd is full its event is already set
    errno = saved;
}

static bool can_be_awaited(int signo) {
    switch (signo) {
    case SIGKILL:
    case SIGSTOP:
    case SIGILL:
    case SIGFPE:
    case SIGSEGV:
    case SIGBUS: return false; // refused by the kernel, or fatal to the thread that gets it
    default: return signo > 0 && signo < NSIG;
    }
}

/* Called with the lock held. */
static int open_wake(void) {
    if (hub.wake >= 0) return 0;
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) return -errno;
    hub.wake = fd;
    return 0;
}

int edoi_signal_hub_open(edoi_source **out, int signo) {
    if (!can_be_awaited(signo)) return -EINVAL;
    edoi_mutex_acquire(&hub.mu);
    int err = open_wake(); // again after a fork
    edoi_mutex_release(&hub.mu);
    if (err == 0) err = edoi_handlers_install(signo, signal_hub_on_signal);
    if (err < 0) return err;
    int fd = fcntl(hub.wake, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return -errno;
    err = edoi_source_new(out, fd);
    if (err < 0) (void)close(fd);
    return err;
}

uint32_t edoi_signal_hub_count(int signo) {
    return edoi_load_acq_u32(&hub.counts[signo]); // SH2: pairs with SH1
}

edoi_signal_from edoi_signal_hub_from(int signo) {
    sigset_t only, before;
    (void)sigemptyset(&only);
    (void)sigaddset(&only, signo);
    (void)pthread_sigmask(SIG_BLOCK, &only, &before); // its handler here would wait for us
    edoi_lock_acquire(&hub.locks[signo]);
    edoi_signal_from from = hub.from[signo];
    edoi_lock_release(&hub.locks[signo]);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return from;
}

int edoi_signal_hub_restore(int signo) {
    return can_be_awaited(signo) ? edoi_handlers_restore(signo, signal_hub_on_signal) : -EINVAL;
}
