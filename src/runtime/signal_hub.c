/* SPDX-License-Identifier: MIT */
/* runtime/signal_hub.c: one handler, one eventfd, a count for each signal.
 *
 * The eventfd is never read: each write to it makes a new edge for the driver that knows it. */
#include "runtime/signal_hub.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct {
    pthread_mutex_t mu;
    edoi_source *source;         /* const once a handler is installed */
    int wake;                    /* its descriptor, for the handler; likewise */
    bool installed[NSIG];        /* lock: mu */
    edo_atomic_u32 users[NSIG];  /* written under mu */
    edo_atomic_u32 counts[NSIG]; /* atomic: C1, C2 */
} hub = { .mu = PTHREAD_MUTEX_INITIALIZER };

static void on_signal(int signo) {
    int saved = errno;
    // C1: pairs with C2, so that whoever sees the event sees the count
    (void)edoi_add_acqrel_u32(&hub.counts[signo], 1);
    uint64_t one = 1;
    ssize_t n = write(hub.wake, &one, sizeof one);
    (void)n; // it can only be full, and then the event is there already
    errno = saved;
}

static bool can_be_awaited(int signo) {
    switch (signo) {
    case SIGKILL:
    case SIGSTOP:
    case SIGILL:
    case SIGFPE:
    case SIGSEGV:
    case SIGBUS: return false; // refused by the kernel, or the end of the thread that gets it
    default: return signo > 0 && signo < NSIG;
    }
}

/* Under the lock. */
static int open_source(void) {
    if (hub.source) return 0;
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) return -errno;
    int err = edoi_source_new(&hub.source, fd);
    if (err < 0) {
        (void)close(fd);
        return err;
    }
    hub.wake = fd;
    return 0;
}

/* Under the lock. */
static int install(int signo) {
    if (hub.installed[signo]) return 0;
    int err = open_source();
    if (err < 0) return err;
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK };
    if (sigaction(signo, &action, NULL) < 0) return -errno;
    hub.installed[signo] = true;
    return 0;
}

int edoi_signal_hub_open(int signo) {
    if (!can_be_awaited(signo)) return -EINVAL;
    (void)pthread_mutex_lock(&hub.mu);
    int err = install(signo);
    if (err == 0) (void)edoi_add_rlx_u32(&hub.users[signo], 1);
    (void)pthread_mutex_unlock(&hub.mu);
    return err;
}

void edoi_signal_hub_close(int signo) {
    (void)pthread_mutex_lock(&hub.mu);
    uint32_t old = edoi_sub_rlx_u32(&hub.users[signo], 1);
    EDO_ASSERT(old > 0);
    (void)old;
    (void)pthread_mutex_unlock(&hub.mu);
}

bool edoi_signal_is_listened(int signo) {
    // relaxed: a listener of another thread may come or go at any moment anyway
    return signo > 0 && signo < NSIG && edoi_load_rlx_u32(&hub.users[signo]) != 0;
}

uint32_t edoi_signal_hub_count(int signo) {
    return edoi_load_acq_u32(&hub.counts[signo]); // C2: pairs with C1
}

edoi_source *edoi_signal_hub_source(void) {
    return hub.source;
}
