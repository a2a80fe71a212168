/* SPDX-License-Identifier: MIT */
/* runtime/debug/dump_signal.c: dumps when a signal comes, also when all workers are stuck.
 *
 * The handler posts a semaphore; a dedicated thread writes the dump. */
#include "runtime/control/handlers.h"
#include "runtime/watch/capture.h"

#include "base/fork.h"
#include "base/held.h"
#include "stacks/frames.h"

#include <edo/dump.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the rest */
static bool writes;                                       /* the writing thread exists */
static sem_t asked;                                       /* const once the thread exists */

static void dump_signal_on(int signo, siginfo_t *info, void *context) {
    (void)signo, (void)info, (void)context;
    int err = errno;
    (void)sem_post(&asked);
    errno = err;
}

/* The writing thread does not exist in the child. */
static void dump_signal_begin_child(void) {
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    writes = false;
}

EDOI_ON_FORK(.child = dump_signal_begin_child);

static void *write_dumps(void *arg) {
    (void)arg;
    for (;;) {
        if (sem_wait(&asked) < 0) continue; // EINTR
        edo_dump_tasks(stderr);
        (void)fflush(stderr);
    }
    return NULL;
}

/* The address sanitizer's look for leaks at exit fails at a thread that has used libdw's
 * thread-locals: there each dump makes and ends that thread. */
static void keep_frames(void) {
#ifndef EDOI_ASAN
    edoi_frames_begin();
#endif
}

static void leave_frames(void) {
#ifndef EDOI_ASAN
    edoi_frames_end();
#endif
}

/* Called with the mutex held. */
static int dump_signal_start_thread(void) {
    if (writes) return 0;
    if (sem_init(&asked, 0, 0) < 0) return -EAGAIN;
    sigset_t all, old;
    pthread_t thread;
    edoi_frames_load();
    keep_frames(); // a dump may be needed when no thread can be made
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old); // keeps the program's signals out
    int err = pthread_create(&thread, NULL, write_dumps, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (err != 0) {
        leave_frames();
        (void)sem_destroy(&asked);
        return -EAGAIN;
    }
    (void)pthread_setname_np(thread, "edo-dump");
    (void)pthread_detach(thread);
    writes = true;
    return 0;
}

int edo_dump_on_signal(int signo) {
    struct sigaction now;
    if (signo <= 0 || sigaction(signo, NULL, &now) < 0) return -EINVAL;
    edoi_mutex_acquire(&mutex);
    int err = dump_signal_start_thread();
    edoi_mutex_release(&mutex);
    return err < 0 ? err
                   : edoi_handlers_install(signo, dump_signal_on); // fails for SIGKILL, SIGSTOP
}

int edo_stacks_by_signal(int signo) {
    return edoi_capture_install(signo);
}
