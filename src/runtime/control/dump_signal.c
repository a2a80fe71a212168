/* SPDX-License-Identifier: MIT */
/* runtime/control/dump_signal.c: dumps when a signal comes, also when all workers are stuck.
 *
 * The handler posts a semaphore; a dedicated thread writes the dump. It writes through a file of
 * its own, not through `stderr`, whose lock others need, and in the way of reports, so that it
 * waits for a reader no longer than the log does: runtimes that end, and the watchdog, wait for the
 * dump. */
#include "runtime/control/dump_signal.h"

#include "base/atomic.h"
#include "base/fork.h"
#include "base/held.h"
#include "driver/clock.h"
#include "log/recorder_report.h"
#include "log/tell.h"
#include "runtime/control/ask.h"
#include "runtime/control/handlers.h"
#include "runtime/look/growth.h"
#include "runtime/watch/capture.h"
#include "stacks/frames.h"
#include "stacks/own_threads.h"

#include <edo/dump.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)

static pthread_mutex_t life = PTHREAD_MUTEX_INITIALIZER; /* guards the next seven */
static uint32_t users_n;    /* edo_main(), and one each for all calls of these two */
static bool is_asked;       /* by edo_dump_on_signal(): the thread stays */
static bool watches_growth; /* the same by edo_dump_growth() */
static sigset_t by_program; /* the signals of those calls */
static pthread_t thread;
static bool is_joinable; /* it is there, and was not given up */
static FILE *file;       /* the thread's; stays for the next one */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the next two */
static enum { NONE, IDLE, BUSY } now;                     /* of the thread */
static bool stops;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t wake;               /* const after `once`; posted by a signal, and for `stops` */
static edo_atomic_u32 signalled; /* relaxed: the semaphore orders */

static void wake_make(void) {
    (void)sem_init(&wake, 0, 0); // fails for a large value only
    (void)sigemptyset(&by_program);
}

static void dump_signal_on(int signo, siginfo_t *info, void *context) {
    (void)signo, (void)context;
    const uint64_t value = info->si_code == SI_QUEUE ? (uintptr_t)info->si_value.sival_ptr : 0;
    int err = errno;
    if (edoi_ask_is_one(value)) {
        edoi_ask_put(value);
    } else {
        edoi_store_rlx_u32(&signalled, 1);
    }
    (void)sem_post(&wake);
    errno = err;
}

/* The writing thread does not exist in the child. */
static void dump_signal_begin_child(void) {
    life = mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    users_n = 0;
    is_asked = watches_growth = is_joinable = stops = false;
    now = NONE;
    (void)sigemptyset(&by_program);
    file = NULL; // the parent's thread may have been in it
    edoi_store_rlx_u32(&signalled, 0);
}

EDOI_ON_FORK(.child = dump_signal_begin_child);

/* ---- Writing --------------------------------------------------------------------------------- */

/* The thread's only. */
static struct {
    int answer;  /* the file in memory into which is written; -1: as reports */
    bool is_cut; /* the reader has not taken a part: the rest of this dump is left out */
    size_t n;
    char bytes[4096]; /* lines, for one write */
} out = { .answer = -1 };

static void out_flush(size_t n) {
    if (!out.is_cut && n > 0 && out.answer >= 0) {
        out.is_cut = write(out.answer, out.bytes, n) != (ssize_t)n;
    } else if (!out.is_cut && n > 0) {
        out.is_cut = !edoi_tell_text((edo_str){ out.bytes, n });
    }
    out.n -= n;
    memmove(out.bytes, out.bytes + n, out.n);
}

/* The bytes that end with the last whole line; all, if there is none. */
static size_t whole_lines(void) {
    const char *end = memrchr(out.bytes, '\n', out.n);
    return end ? (size_t)(end + 1 - out.bytes) : out.n;
}

static ssize_t out_write(void *cookie, const char *bytes, size_t n) {
    (void)cookie;
    for (size_t done = 0; done < n;) {
        size_t room = sizeof out.bytes - out.n, piece = n - done < room ? n - done : room;
        memcpy(out.bytes + out.n, bytes + done, piece);
        out.n += piece;
        done += piece;
        if (out.n == sizeof out.bytes) out_flush(whole_lines());
    }
    return out.is_cut ? 0 : (ssize_t)n; // 0: the file is in error, and the dump ends
}

static void write_dump(FILE *to) {
    out.is_cut = false;
    clearerr(to);
    edo_dump_tasks(to);
    out_flush(out.n);
    if (out.is_cut) edoi_tell("edo: the rest of this dump is left out: nothing reads it\n");
    edoi_recorder_report("a signal");
}

/* False: the thread is to end. */
static bool set_now(bool is_busy) {
    edoi_mutex_acquire(&mutex);
    bool ends = stops;
    now = ends ? NONE : is_busy ? BUSY : IDLE;
    edoi_mutex_release(&mutex);
    return !ends;
}

/* When what is open is looked at next; the thread's only. */
static struct {
    int64_t every_ns; /* of the last wait; negative: not at all */
    int64_t at_ns;    /* of the monotonic clock */
} growth = { .every_ns = -1 };

/* Is it time for a look? Then the next one is later by the interval. */
static bool growth_is_due(void) {
    int64_t every_ns = edoi_growth_every_ns(), now_ns = edoi_clock_monotonic();
    bool is_due = every_ns >= 0 && every_ns == growth.every_ns && now_ns >= growth.at_ns;
    if (is_due || every_ns != growth.every_ns) growth.at_ns = edoi_time_after(now_ns, every_ns);
    growth.every_ns = every_ns;
    return is_due;
}

/* Returns sooner, too. */
static void dump_wait(void) {
    const int64_t answers_ns = edoi_answers_until_ns();
    int64_t at_ns = growth.every_ns < 0 ? INT64_MAX : growth.at_ns;
    if (answers_ns < at_ns) at_ns = answers_ns;
    const struct timespec until = { .tv_sec = (time_t)(at_ns / SECOND_NS),
                                    .tv_nsec = (long)(at_ns % SECOND_NS) };
    (void)(at_ns == INT64_MAX ? sem_wait(&wake) : sem_clockwait(&wake, CLOCK_MONOTONIC, &until));
}

/* What is due at once. One dump is for all signals that came before it. False: the thread is to
 * end. */
static bool dump_attend(void *to) {
    edoi_asks_take(edoi_clock_monotonic());
    if (edoi_swap_rlx_u32(&signalled, 0)) write_dump(to);
    if (growth_is_due()) edoi_growth_look();
    edoi_mutex_acquire(&mutex);
    bool ends = stops;
    edoi_mutex_release(&mutex);
    return !ends;
}

/* While it looks at what edo look has asked for: nothing of the answer is written then. */
static bool dump_attend_aside(void *to) {
    const int answer = out.answer;
    out.answer = -1;
    bool goes_on = dump_attend(to);
    clearerr(to);
    out.is_cut = false;
    out.answer = answer;
    return goes_on;
}

static void write_faults(FILE *to, const edoi_answer *a) {
    out.answer = a->fd;
    out.is_cut = false;
    clearerr(to);
    int n = edoi_dump_faults_while(to, edo_ms(edoi_ask_wait_ms(a->value)), dump_attend_aside, to);
    if (n == -EINVAL) (void)fputs("the time is less than 100 ms, or more than ten minutes\n", to);
    out_flush(out.n);
    out.answer = -1;
    edoi_answer_end(edoi_clock_monotonic(), n != -ECANCELED);
}

static void *write_dumps(void *arg) {
    const edoi_answer *a;
    out.answer = -1; // in the child of a fork the parent's thread may have been in it
    out.n = 0;
    edoi_own_thread_begin();
    do {
        dump_wait();
        if (!set_now(true)) break;
        while (dump_attend(arg) && (a = edoi_answer_next())) write_faults(arg, a);
    } while (set_now(false));
    edoi_answers_close();
    edoi_own_thread_end();
    return NULL;
}

/* ---- The thread ------------------------------------------------------------------------------ */

/* Called with `life` held. */
static int thread_start(void) {
    static const cookie_io_functions_t fns = { .write = out_write };
    if (!file) file = fopencookie(NULL, "w", fns);
    if (!file) return -EAGAIN;
    (void)setvbuf(file, NULL, _IONBF, 0); // a child of fork() finds nothing in it
    sigset_t all, old;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old); // keeps the program's signals out
    is_joinable = pthread_create(&thread, NULL, write_dumps, file) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!is_joinable) return -EAGAIN;
    (void)pthread_setname_np(thread, "edo-dump");
    return 0;
}

/* Called with `life` held. A thread that was about to end after its dump goes on. */
static int thread_use(void) {
    (void)pthread_once(&once, wake_make);
    if (users_n == 0) edoi_growth_read_environment();
    edoi_mutex_acquire(&mutex);
    stops = false;
    bool is_there = now != NONE;
    if (!is_there) now = IDLE;
    edoi_mutex_release(&mutex);
    int err = is_there ? 0 : thread_start();
    if (err < 0) now = NONE; // there is no thread
    if (err == 0) users_n++;
    return err;
}

/* Called with `life` held. A thread that dumps is not waited for. */
static void thread_leave(void) {
    if (--users_n > 0) return;
    edoi_mutex_acquire(&mutex);
    stops = true;
    bool is_busy = now == BUSY;
    edoi_mutex_release(&mutex);
    (void)sem_post(&wake);
    if (is_joinable) (void)(is_busy ? pthread_detach(thread) : pthread_join(thread, NULL));
    is_joinable = false;
}

/* The address sanitizer's look for leaks at exit fails at a thread that has used libdw's
 * thread-locals: there each dump makes and ends that thread. */
static void keep_frames(void) {
    edoi_frames_load();
#ifndef EDOI_ASAN
    edoi_frames_keep_begin(); // a dump may be needed when no thread can be made
#endif
}

/* ---- Signals --------------------------------------------------------------------------------- */

static bool is_default(int signo) {
    struct sigaction now_is;
    if (sigaction(signo, NULL, &now_is) < 0) return false;
    return !(now_is.sa_flags & SA_SIGINFO) && now_is.sa_handler == SIG_DFL;
}

bool edoi_dump_signal_begin(int signo) {
    if (!is_default(signo)) return false;
    edoi_mutex_acquire(&life);
    bool does = thread_use() == 0;
    if (does && edoi_handlers_keep(signo, dump_signal_on) < 0) {
        thread_leave();
        does = false;
    }
    edoi_mutex_release(&life);
    return does;
}

void edoi_dump_signal_end(int signo) {
    edoi_mutex_acquire(&life);
    if (sigismember(&by_program, signo) != 1) (void)edoi_handlers_restore(signo, dump_signal_on);
    thread_leave();
    edoi_mutex_release(&life);
}

/* Called with `life` held. */
static int dump_on_signal(int signo) {
    int err = is_asked ? 0 : thread_use();
    if (err < 0) return err;
    if (!is_asked) keep_frames();
    is_asked = true;
    err = edoi_handlers_keep(signo, dump_signal_on); // fails for SIGKILL, SIGSTOP
    if (err == 0) (void)sigaddset(&by_program, signo);
    return err;
}

int edo_dump_on_signal(int signo) {
    struct sigaction now_is;
    if (signo <= 0 || sigaction(signo, NULL, &now_is) < 0) return -EINVAL;
    edoi_mutex_acquire(&life);
    int err = dump_on_signal(signo);
    edoi_mutex_release(&life);
    return err;
}

int edo_dump_growth(edo_duration every) {
    int err = 0;
    edoi_mutex_acquire(&life);
    edoi_growth_set_every_ns(every.ns);
    if (every.ns >= 0 && !watches_growth) {
        err = thread_use();
        watches_growth = err == 0;
    } else if (every.ns < 0 && watches_growth) {
        watches_growth = false;
        thread_leave();
    }
    if (users_n > 0) (void)sem_post(&wake); // it waits as long as was said before
    edoi_mutex_release(&life);
    return err;
}

int edo_stacks_by_signal(int signo) {
    return edoi_capture_install(signo);
}
