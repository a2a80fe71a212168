/* SPDX-License-Identifier: MIT */
/* log/out/thread.c: see thread.h. */
#include "log/out/thread.h"

#include "stacks/own_threads.h"

#include <pthread.h>
#include <signal.h>

bool edoi_log_thread(void *(*fn)(void *arg), void *arg, const char *name) {
    sigset_t all, before;
    pthread_t thread;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    bool runs = edoi_own_thread_create(&thread, fn, arg) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!runs) return false;
    (void)pthread_setname_np(thread, name);
    (void)pthread_detach(thread); // it may hang in a write, or compress for long
    return true;
}
