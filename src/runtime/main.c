/* SPDX-License-Identifier: MIT */
/* runtime/main.c: a whole program: what an application wants of the process, and its exit status. */
#include "fiber/overflow.h"
#include "runtime/capture.h"
#include "runtime/crew.h"
#include "runtime/runtime.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#define STACKS_SIGNAL SIGURG /* ignored by default, and hardly ever used */

static edo_atomic_ptr program; /* atomic: the runtime that the handler speaks to, NULL if none */

/* SIGINT, SIGTERM: asks the runtime to cancel its root. The second one, of either kind, kills. A
 * program that listens to the signal itself has replaced this handler. */
static void on_signal(int signo) {
    int err = errno;
    edo_runtime *rt = edoi_load_acq_ptr(&program);      // M1: pairs with M2
    if (rt && edoi_load_rlx_u32(&rt->signalled) != 0) { // relaxed: a flag, no data
        struct sigaction deflt = { .sa_handler = SIG_DFL };
        (void)sigaction(signo, &deflt, NULL);
        (void)raise(signo); // blocked until we return
    } else if (rt) {
        edoi_store_rlx_u32(&rt->signalled, 1);
        edoi_crew_kick(rt); // all: some may be in a long poll
    }
    errno = err;
}

static void handle(int signo, struct sigaction *old) {
    struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK };
    (void)sigaction(signo, NULL, old);
    if (old->sa_handler != SIG_IGN) (void)sigaction(signo, &sa, NULL);
}

static void unhandle(int signo, const struct sigaction *old) {
    struct sigaction now;
    (void)sigaction(signo, NULL, &now);
    if (now.sa_handler == on_signal) (void)sigaction(signo, old, NULL);
}

static void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit); // the soft limit then stays as it was
}

static int status_of(int result, bool signalled) {
    if (result >= 0 && result <= 255) return result;
    if (result == -ECANCELED && signalled) return 0;
    if (result < 0) {
        edo_trail_print(stderr, result, EDO_TRAIL_LINE);
    } else {
        (void)fprintf(stderr, "edo: the root answered %d, which is no exit status\n", result);
    }
    return 1;
}

static int run_root(edo_runtime *rt, edo_task_fn *root, void *arg) {
    edo_task *t = edo_spawn_on_at(rt, root, arg, "root of edo_main");
    if (t) edoi_store_rel_ptr(&rt->root, edo_task_ref(t)); // M4: pairs with M3
    edoi_crew_kick(rt); // a worker may have seen a signal already, and no root
    edo_task_join_future f;
    return edo_block_on(rt, edo_task_join_init(&f, t));
}

int edo_main_with(edo_task_fn *root, void *arg, const edo_runtime_opts *opts) {
    edo_runtime *rt;
    int err = edo_runtime_new(&rt, opts);
    if (err < 0) return status_of(err, false);
    struct sigaction old_int, old_term, ignore = { .sa_handler = SIG_IGN };
    (void)sigaction(SIGPIPE, &ignore, NULL);
    raise_descriptor_limit();
    err = edoi_overflow_install();
    if (err == 0) err = edoi_overflow_thread_enter();
    if (err < 0)
        (void)fprintf(stderr, "edo: no report of stack overflows: %s\n", edo_strerror(err));
    bool captures = rt->opts.watchdog.ns >= 0 && edoi_capture_install(STACKS_SIGNAL) == 0;
    edoi_store_rel_ptr(&program, rt); // M2: pairs with M1
    handle(SIGINT, &old_int);
    handle(SIGTERM, &old_term);

    int result = run_root(rt, root, arg);
    int status = status_of(result, edoi_load_rlx_u32(&rt->signalled) != 0);
    (void)edo_runtime_shutdown(rt, rt->opts.shutdown); // who did not end was named
    edo_task_unref(edoi_load_rlx_ptr(&rt->root));      // nobody asks for it any more

    unhandle(SIGINT, &old_int);
    unhandle(SIGTERM, &old_term);
    edoi_store_rel_ptr(&program, NULL); // M2: pairs with M1
    edoi_overflow_thread_leave();
    edo_runtime_unref(rt);
    if (captures) edoi_capture_remove(STACKS_SIGNAL);
    return status;
}

int edo_main(edo_task_fn *root, void *arg) {
    return edo_main_with(root, arg, NULL);
}
