/* SPDX-License-Identifier: MIT */
/* console/console.c: the console of the process: a thread that drives a runtime of its own.
 *
 * The console that `now` points to has a thread that runs and listens.
 *
 * Threads: edo_console_start() and edo_console_stop() may be called by any. They hold `life`, one
 * at a time, while they wait for the console's thread, which never takes `life`. `shown` is a leaf:
 * a thread that only asks where the console listens takes it alone. */
#include "base/fork.h"
#include "console/serve.h"

#include <edo/cancel.h>
#include <edo/error.h>
#include <edo/log.h>
#include <edo/runtime.h>
#include <edo/value.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>

static const edo_duration stop_max = EDO_S(2); /* for what clients have left behind */

typedef struct console {
    edoi_console_settings settings;
    edoi_live live;         /* the thread's */
    edoi_tokio tokio;       /* the same */
    edo_runtime *rt;        /* the thread's */
    edo_cancel_token *stop; /* const from `listens` on */
    pthread_t thread;
    bool has_told;  /* the thread's: `listens` was posted */
    sem_t listens;  /* posted once, when the next two are set */
    int listen_err; /* why it does not listen; 0: it does */
    edo_addr addr;  /* const from then on */
} console;

static pthread_mutex_t life = PTHREAD_MUTEX_INITIALIZER; /* guards the next one */
static console *now;
static pthread_mutex_t shown = PTHREAD_MUTEX_INITIALIZER; /* guards the next two */
static bool is_shown;
static edo_addr shown_addr;

/* The thread does not exist in the child, whose copy of its memory stays as it is. */
static void console_begin_child(void) {
    life = shown = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    now = NULL;
    is_shown = false;
}

EDOI_ON_FORK(.child = console_begin_child);

/* ---- The thread ------------------------------------------------------------------------------ */

static void on_listens(void *arg, int err, const edo_addr *addr) {
    console *c = arg;
    c->listen_err = err;
    c->addr = *addr;
    c->has_told = true;
    (void)sem_post(&c->listens); // overflows never: once
}

static int console_root(void *arg) {
    console *c = arg;
    return edoi_console_serve(&c->settings, &c->tokio, c->stop, on_listens, c);
}

/* On this thread: a runtime cannot be freed in a task of another one, and the caller may be one. */
static int console_serve(console *c) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT,
                                    .name = "edo-console",
                                    .watchdog = edo_ns(-1) };
    int err = edo_cancel_new(&c->stop);
    if (err == 0) err = edo_runtime_new(&c->rt, &opts);
    c->live.own = c->rt;
    return err == 0 ? edo_run(c->rt, console_root, c) : err;
}

static void *console_thread_main(void *arg) {
    console *c = arg;
    int err = console_serve(c);
    if (!c->has_told)
        on_listens(c, err < 0 ? err : -EIO, &c->addr); // no memory: the root never ran
    else if (err < 0 && c->listen_err == 0)
        edo_log_event(EDO_LEVEL_WARN, "edo.console", (EDO_KV("why", edo_strerror(err))),
                      "the console has ended");
    edo_trail_clear();
    if (c->rt) (void)edo_runtime_shutdown(c->rt, stop_max);
    edo_runtime_free(c->rt);
    return NULL;
}

/* No signal of the program's is for this thread. Faults are its own: where a fiber's stack is at
 * its end, or the recorder's file was cut, a handler has to be called. */
static int console_thread_start(console *c) {
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
    sigset_t all, before;
    (void)sigfillset(&all);
    for (size_t i = 0; i < EDO_COUNT(faults); i++) (void)sigdelset(&all, faults[i]);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = pthread_create(&c->thread, NULL, console_thread_main, c);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return err == 0 ? 0 : -EAGAIN;
}

/* ---- Its life -------------------------------------------------------------------------------- */

/* What edo_console_addr() returns from now on; NULL: there is no console. */
static void console_show(const console *c) {
    (void)pthread_mutex_lock(&shown);
    is_shown = c != NULL;
    if (c) shown_addr = c->addr;
    (void)pthread_mutex_unlock(&shown);
}

static void console_free(console *c) {
    edo_cancel_unref(c->stop);
    (void)sem_destroy(&c->listens);
    edoi_console_settings_deinit(&c->settings);
    free(c);
}

/* Waits until the thread listens; if it does not it has ended. */
static int console_run(console *c) {
    int err = console_thread_start(c);
    if (err < 0) return edo_fail(err, "the console's thread");
    while (sem_wait(&c->listens) < 0) continue; // EINTR
    if (c->listen_err == 0) return 0;
    (void)pthread_join(c->thread, NULL);
    return edo_fail(c->listen_err, "the console cannot listen on %s", c->settings.bind);
}

/* What is left at the exit would be reported. */
static void stop_at_exit(void) {
    (void)atexit(edo_console_stop); // without memory there is a report
}

static int console_begin(const edoi_console_settings *s) {
    console *c = calloc(1, sizeof *c);
    if (!c) return -ENOMEM;
    (void)sem_init(&c->listens, 0, 0); // fails for a large value only
    c->settings = *s;
    edoi_live_init(&c->live, s->tasks_max);
    c->tokio = (edoi_tokio){ .live = &c->live, .publish = s->publish };
    int err = console_run(c);
    if (err < 0) {
        c->settings = (edoi_console_settings){ .is_on = false }; // the caller's again
        console_free(c);
    }
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (err == 0) (void)pthread_once(&once, stop_at_exit);
    if (err == 0) console_show(now = c);
    return err;
}

int edo_console_start(const edo_console_opts *opts) {
    static const edo_console_opts defaults;
    edoi_console_settings s;
    int err = edoi_console_settings_read(&s, opts ? opts : &defaults);
    if (err < 0 || !s.is_on) return err;
    (void)pthread_mutex_lock(&life);
    err = now ? -EBUSY : console_begin(&s);
    (void)pthread_mutex_unlock(&life);
    if (err < 0) edoi_console_settings_deinit(&s);
    return err;
}

int edo_console_addr(edo_addr *out) {
    (void)pthread_mutex_lock(&shown);
    int err = is_shown ? 0 : -ENOENT;
    if (is_shown) *out = shown_addr;
    (void)pthread_mutex_unlock(&shown);
    return err;
}

void edo_console_stop(void) {
    (void)pthread_mutex_lock(&life);
    console *c = now;
    now = NULL;
    console_show(NULL);
    if (c) {
        edo_cancel(c->stop, EDO_CANCEL_SHUTDOWN);
        (void)pthread_join(c->thread, NULL);
        console_free(c);
    }
    (void)pthread_mutex_unlock(&life);
}
