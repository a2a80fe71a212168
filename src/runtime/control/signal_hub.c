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
#include "base/memory/alloc.h"
#include "runtime/blocking/world.h"
#include "runtime/control/handlers.h"
#include "runtime/control/last_resort.h"
#include "runtime/scope/ctx.h"
#include "runtime/worker/core.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct edoi_signal_hub {
    pthread_mutex_t mu;
    int wake;                    /* the eventfd; const once a handler is installed; -1: none */
    edo_atomic_u32 counts[NSIG]; /* atomic: SH1, SH2 */
    edoi_lock locks[NSIG];       /* leaves; one is taken by the handler: others block its signal */
    edoi_signal_from from[NSIG]; /* of the newest signal; lock: that of the signal in `locks` */
    bool is_heard[NSIG];         /* in a world: a program awaits it */
};

static edoi_signal_hub hub = { .mu = PTHREAD_MUTEX_INITIALIZER, .wake = -1 }; /* the process's */

/* That of the caller's runtime in a world; NULL: signals are the process's. */
static edoi_signal_hub *hub_of_world(void) {
    const edo_runtime *rt = edoi_runtime_here();
    return rt && rt->drive.world ? rt->drive.world->signals : NULL;
}

/* The descriptor is shared with the parent, whose tasks would be woken. */
static void signal_hub_begin_child(void) {
    if (hub.wake >= 0) (void)close(hub.wake);
    hub.wake = -1;
    for (int i = 0; i < NSIG; i++) hub.locks[i] = (edoi_lock)EDOI_LOCK_INIT;
}

EDOI_ON_FORK(.mutex = &hub.mu, .child = signal_hub_begin_child);

static void hub_count(edoi_signal_hub *at, int signo, const edoi_signal_from *from) {
    edoi_lock_acquire(&at->locks[signo]);
    at->from[signo] = *from;
    edoi_lock_release(&at->locks[signo]);
    // SH1: pairs with SH2: a thread that sees the event sees the count
    (void)edoi_add_acqrel_u32(&at->counts[signo], 1);
    uint64_t one = 1;
    ssize_t n = at->wake >= 0 ? write(at->wake, &one, sizeof one) : 0;
    (void)n; // if the eventfd is full its event is already set
}

static void signal_hub_on_signal(int signo, siginfo_t *info, void *context) {
    int saved = errno;
    (void)context;
    if (edoi_last_resort_sent(info)) { // edo_main()'s, which nobody else has sent
        edoi_last_resort_look(signo);
        errno = saved;
        return;
    }
    hub_count(&hub, signo,
              &(edoi_signal_from){ info->si_code, info->si_pid, info->si_uid,
                                   (intptr_t)info->si_value.sival_ptr });
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
static int open_wake(edoi_signal_hub *at) {
    if (at->wake >= 0) return 0;
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0) return -errno;
    at->wake = fd;
    return 0;
}

int edoi_signal_hub_open(edoi_source **out, int signo) {
    if (!can_be_awaited(signo)) return -EINVAL;
    edoi_signal_hub *of_world = hub_of_world(), *at = of_world ? of_world : &hub;
    edoi_mutex_acquire(&at->mu);
    int err = open_wake(at); // again after a fork
    edoi_mutex_release(&at->mu);
    if (of_world) of_world->is_heard[signo] = true;
    if (err == 0 && !of_world) err = edoi_handlers_install(signo, signal_hub_on_signal);
    if (err < 0) return err;
    int fd = fcntl(at->wake, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return -errno;
    err = edoi_source_new(out, fd);
    if (err < 0) (void)close(fd);
    return err;
}

uint32_t edoi_signal_hub_count(int signo) {
    edoi_signal_hub *of_world = hub_of_world();
    return edoi_load_acq_u32(&(of_world ? of_world : &hub)->counts[signo]); // SH2: pairs with SH1
}

edoi_signal_from edoi_signal_hub_from(int signo) {
    edoi_signal_hub *of_world = hub_of_world(), *at = of_world ? of_world : &hub;
    sigset_t only, before;
    (void)sigemptyset(&only);
    (void)sigaddset(&only, signo);
    (void)pthread_sigmask(SIG_BLOCK, &only, &before); // its handler here would wait for us
    edoi_lock_acquire(&at->locks[signo]);
    edoi_signal_from from = at->from[signo];
    edoi_lock_release(&at->locks[signo]);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return from;
}

int edoi_signal_hub_restore(int signo) {
    edoi_signal_hub *of_world = hub_of_world();
    if (!can_be_awaited(signo)) return -EINVAL;
    if (!of_world) return edoi_handlers_restore(signo, signal_hub_on_signal);
    of_world->is_heard[signo] = false;
    return 0;
}

/* ---- In a world ------------------------------------------------------------------------------ */

edoi_signal_hub *edoi_signal_hub_new(void) {
    edoi_signal_hub *self = edoi_calloc(1, sizeof *self);
    if (!self) return NULL;
    (void)pthread_mutex_init(&self->mu, NULL);
    self->wake = -1;
    return self;
}

void edoi_signal_hub_free(edoi_signal_hub *self) {
    if (!self) return;
    if (self->wake >= 0) (void)close(self->wake);
    (void)pthread_mutex_destroy(&self->mu);
    edoi_free(self);
}

bool edoi_signal_hub_raise(edoi_signal_hub *self, int signo) {
    if (!can_be_awaited(signo) || !self->is_heard[signo]) return false;
    hub_count(self, signo, &(edoi_signal_from){ .code = SI_USER });
    return true;
}
