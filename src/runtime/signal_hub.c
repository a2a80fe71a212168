/* SPDX-License-Identifier: MIT */
/* runtime/signal_hub.c: one handler, one eventfd, one count per signal.
 *
 * The eventfd is never read: each write to it makes a new edge for every driver that knows a copy
 * of it. A source belongs to one driver, which may belong to a runtime that no thread drives: so
 * each listener has its own source. */
#include "runtime/signal_hub.h"

#include "base/atomic.h"
#include "base/fork.h"
#include "base/held.h"
#include "runtime/handlers.h"

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
} hub = { .mu = PTHREAD_MUTEX_INITIALIZER, .wake = -1 };

/* The descriptor is shared with the parent, whose tasks would be woken. */
static void begin_child(void) {
    if (hub.wake >= 0) (void)close(hub.wake);
    hub.wake = -1;
}

EDOI_ON_FORK(.mutex = &hub.mu, .child = begin_child);

static void on_signal(int signo) {
    int saved = errno;
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
    if (err == 0) err = edoi_handlers_install(signo, on_signal);
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
