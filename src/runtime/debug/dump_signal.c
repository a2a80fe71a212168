/* SPDX-License-Identifier: MIT */
/* runtime/debug/dump_signal.c: dumps when a signal comes, also when all workers are stuck.
 *
 * The handler posts a semaphore; a dedicated thread writes the dump. */
#include "runtime/debug/capture.h"

#include "base/fork.h"
#include "base/held.h"
#include "runtime/handlers.h"

#include <edo/dump.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the rest */
static bool writes;                                       /* the writing thread exists */
static sem_t asked;                                       /* const once the thread exists */

static void on_signal(int signo, siginfo_t *info, void *context) {
    (void)signo, (void)info, (void)context;
    int err = errno;
    (void)sem_post(&asked);
    errno = err;
}

/* The writing thread does not exist in the child. */
static void begin_child(void) {
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    writes = false;
}

EDOI_ON_FORK(.child = begin_child);

static void *write_dumps(void *arg) {
    (void)arg;
    for (;;) {
        if (sem_wait(&asked) < 0) continue; // EINTR
        edo_dump_tasks(stderr);
        (void)fflush(stderr);
    }
    return NULL;
}

/* Called with the mutex held. */
static int start_thread(void) {
    if (writes) return 0;
    if (sem_init(&asked, 0, 0) < 0) return -EAGAIN;
    sigset_t all, old;
    pthread_t thread;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old); // keeps the program's signals out
    int err = pthread_create(&thread, NULL, write_dumps, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (err != 0) {
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
    int err = start_thread();
    edoi_mutex_release(&mutex);
    return err < 0 ? err : edoi_handlers_install(signo, on_signal); // fails for SIGKILL, SIGSTOP
}

int edo_stacks_by_signal(int signo) {
    return edoi_capture_install(signo);
}
