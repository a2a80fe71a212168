/* SPDX-License-Identifier: MIT */
/* runtime/control/handlers.c: see handlers.h. */
#include "runtime/control/handlers.h"

#include "base/assert.h"
#include "base/fork.h"
#include "base/held.h"
#include "runtime/watch/all_wait.h"
#include "runtime/watch/capture.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#define FNS_MAX 3 /* edo_main(), listeners, dumps */

static struct {
    pthread_mutex_t mu; /* guards the rest */
    edoi_handler *fns[FNS_MAX];
    uint32_t fns_n;
    edoi_handler *kept[NSIG]; /* by edoi_handlers_keep(); NULL: none */
    bool installed[NSIG];
    struct sigaction before[NSIG]; /* the program's handlers for those signals */
} table = { .mu = PTHREAD_MUTEX_INITIALIZER };

static bool handler_is_known(edoi_handler *fn) {
    for (uint32_t i = 0; i < table.fns_n; i++)
        if (table.fns[i] == fn) return true;
    return false;
}

static bool handlers_is_ours(const struct sigaction *a) {
    return (a->sa_flags & SA_SIGINFO) && handler_is_known(a->sa_sigaction);
}

/* Any thread, with no lock that fork() waits for. */
static bool handlers_know(const struct sigaction *a) {
    edoi_mutex_acquire(&table.mu);
    bool is_ours = handlers_is_ours(a);
    edoi_mutex_release(&table.mu);
    return is_ours;
}

static void handlers_begin_child(void) {
    for (int signo = 1; signo < NSIG; signo++) {
        struct sigaction now;
        table.kept[signo] = NULL;
        if (!table.installed[signo]) continue;
        table.installed[signo] = false;
        if (sigaction(signo, NULL, &now) == 0 && handlers_is_ours(&now))
            (void)sigaction(signo, &table.before[signo], NULL);
    }
}

EDOI_ON_FORK(.mutex = &table.mu, .child = handlers_begin_child);

/* Called with the lock held. */
static int handlers_install(int signo, edoi_handler *fn) {
    struct sigaction now,
        mine = { .sa_sigaction = fn, .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK };
    if (sigaction(signo, NULL, &now) < 0) return -errno;
    if ((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == fn) return 0;
    if (edoi_capture_handles(&now)) now = (struct sigaction){ .sa_handler = SIG_DFL };
    if (!handlers_is_ours(&now)) {
        table.before[signo] = now;
        table.installed[signo] = true;
        table.kept[signo] = NULL; // the program's choice is newer
    }
    if (!handler_is_known(fn)) {
        EDO_ASSERT(table.fns_n < FNS_MAX);
        edoi_all_wait_knows(handlers_know);
        table.fns[table.fns_n++] = fn;
    }
    return sigaction(signo, &mine, NULL) < 0 ? -errno : 0;
}

int edoi_handlers_install(int signo, edoi_handler *fn) {
    if (signo <= 0 || signo >= NSIG) return -EINVAL;
    edoi_mutex_acquire(&table.mu);
    int err = handlers_install(signo, fn);
    edoi_mutex_release(&table.mu);
    return err;
}

int edoi_handlers_keep(int signo, edoi_handler *fn) {
    if (signo <= 0 || signo >= NSIG) return -EINVAL;
    edoi_mutex_acquire(&table.mu);
    int err = handlers_install(signo, fn);
    if (err == 0) table.kept[signo] = fn;
    edoi_mutex_release(&table.mu);
    return err;
}

/* Called with the lock held. */
static int handlers_restore(int signo, edoi_handler *fn) {
    struct sigaction now;
    if (table.kept[signo] == fn) table.kept[signo] = NULL;
    if (sigaction(signo, NULL, &now) < 0) return -errno;
    if (!table.installed[signo] || !(now.sa_flags & SA_SIGINFO) || now.sa_sigaction != fn) return 0;
    if (table.kept[signo]) return handlers_install(signo, table.kept[signo]);
    if (sigaction(signo, &table.before[signo], NULL) < 0) return -errno;
    table.installed[signo] = false;
    return 0;
}

int edoi_handlers_restore(int signo, edoi_handler *fn) {
    if (signo <= 0 || signo >= NSIG) return -EINVAL;
    edoi_mutex_acquire(&table.mu);
    int err = handlers_restore(signo, fn);
    edoi_mutex_release(&table.mu);
    return err;
}
