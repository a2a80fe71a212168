/* SPDX-License-Identifier: MIT */
/* runtime/watch/capture.c: see capture.h.
 *
 *     state    NONE      ASKED        TAKING       READY
 *     ask      ASKED     (never)      (never)      (never)
 *     handler  -         TAKING       -            -
 *     handler  -         -            READY        -
 *     asker    -         NONE, late   -            NONE
 *
 * While a handler is in TAKING no thread asks again: the handler may never return.
 *
 * The timer expires in the tick that finds the thread running. Since Linux 5.11 the signal is
 * raised when the thread leaves the kernel: so a call that the thread has just begun is not
 * interrupted. Older kernels raise it in the tick: a call that begins in that very tick may fail
 * with EINTR if SA_RESTART does not cover it. A child of fork() does not inherit the timer, and a
 * program started by exec finds no such signal pending. */
#include "runtime/watch/capture.h"

#include "base/atomic.h"
#include "base/backoff.h"
#include "base/fork.h"
#include "base/held.h"
#include "fiber/machine.h"
#include "runtime/worker/core.h"
#include "runtime/worker/worker.h"
#include "stacks/thread_state.h"

#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FRAMES_MAX 64
#define PAUSE_NS   200000
#define TURNS_MAX  500 /* of PAUSE_NS: how long the handler may take */
#define LOOK_EVERY 10  /* turns; checks whether the thread waits by now */

#ifndef sigev_notify_thread_id // libc does not name it
#    define sigev_notify_thread_id _sigev_un._tid
#endif

enum { NONE, ASKED, TAKING, READY };

static struct {
    edo_atomic_u32 state;      /* atomic: CP1, CP2 */
    edo_atomic_u32 tid;        /* atomic, relaxed: the thread that is asked */
    edo_atomic_u32 signo;      /* atomic, relaxed: our signal, 0: none */
    const edoi_worker *worker; /* of the request */
    edoi_seen_poll poll;       /* of the request */
    void *pcs[FRAMES_MAX];
    uint32_t from, n; /* of pcs */
} answer;

static pthread_mutex_t install_mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the next two */
static struct sigaction before;
static uint32_t installed_n;

static void capture_on_signal(int signo, siginfo_t *info, void *context) {
    (void)signo;
    (void)info;
    int err = errno;
    uint32_t want = ASKED;
    uint32_t me = (uint32_t)syscall(SYS_gettid);
    bool mine =
        edoi_load_rlx_u32(&answer.tid) == me &&
        edoi_cas_acqrel_u32(&answer.state, &want, TAKING); // CP1: pairs with CP1 in capture_ask()
    if (mine) {
        // Checked here: the poll may have ended because our signal interrupted its call. The tid is
        // checked again: between the two reads above the next request may have come.
        bool is_in =
            edoi_load_rlx_u32(&answer.tid) == me && edoi_worker_is_in(answer.worker, &answer.poll);
        int n = is_in ? backtrace(answer.pcs, FRAMES_MAX) : 0;
        answer.n = n > 0 ? (uint32_t)n : 0;
        answer.from = 0;
        for (uint32_t i = 0; i < answer.n; i++) // frames before the interrupted one are ours
            if ((uintptr_t)answer.pcs[i] == edoi_machine_pc(context)) answer.from = i;
        edoi_store_rel_u32(&answer.state, READY); // CP2: pairs with CP2 in edoi_capture()
    }
    errno = err;
}

bool edoi_capture_handles(const struct sigaction *a) {
    return (a->sa_flags & SA_SIGINFO) && a->sa_sigaction == capture_on_signal;
}

/* Does `signo` still have our handler? The program may have replaced it. */
static bool capture_is_ours(int signo) {
    struct sigaction now;
    return sigaction(signo, NULL, &now) == 0 && edoi_capture_handles(&now);
}

/* Installs the handler where it is not installed. Lock: install_mutex. */
static int capture_install(int signo) {
    struct sigaction mine = { .sa_sigaction = capture_on_signal,
                              .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART };
    struct sigaction old;
    if (sigaction(signo, NULL, &old) < 0) return -EINVAL;
    if ((old.sa_flags & SA_SIGINFO) || old.sa_handler != SIG_DFL) return -EBUSY;
    if (sigaction(signo, &mine, NULL) < 0) return -EINVAL;
    before = old;
    edoi_store_rlx_u32(&answer.signo, (uint32_t)signo); // relaxed: a number
    return 0;
}

int edoi_capture_install(int signo) {
    void *one[1];
    (void)backtrace(one, 1); // loads the unwinder, which allocates: inv. 1
    edoi_mutex_acquire(&install_mutex);
    int err = 0;
    if (installed_n > 0 && edoi_load_rlx_u32(&answer.signo) != (uint32_t)signo) {
        err = -EBUSY;
    } else if (installed_n == 0 || !capture_is_ours(signo)) {
        err = capture_install(signo);
    }
    if (err == 0) installed_n++;
    edoi_mutex_release(&install_mutex);
    return err;
}

/* The child installs it again if needed, like all handlers (handlers.h). */
static void capture_begin_child(void) {
    if (installed_n > 0 && capture_is_ours((int)edoi_load_rlx_u32(&answer.signo)))
        (void)sigaction((int)edoi_load_rlx_u32(&answer.signo), &before, NULL);
    installed_n = 0;
    edoi_store_rlx_u32(&answer.signo, 0);    // relaxed, both: the only thread
    edoi_store_rlx_u32(&answer.state, NONE); // no thread is asked
}

EDOI_ON_FORK(.mutex = &install_mutex, .child = capture_begin_child);

void edoi_capture_remove(int signo) {
    edoi_mutex_acquire(&install_mutex);
    if (--installed_n == 0) {
        edoi_store_rlx_u32(&answer.signo, 0);
        if (capture_is_ours(signo)) (void)sigaction(signo, &before, NULL);
    }
    edoi_mutex_release(&install_mutex);
}

/* Makes the signal come to the thread as soon as a tick finds it running. */
static bool capture_arm(timer_t *timer, uint32_t tid, int signo) {
    const struct itimerspec soon = { .it_value = { .tv_nsec = 1 } };
    struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = signo };
    event.sigev_notify_thread_id = (pid_t)tid;
    if (timer_create(edoi_thread_cpu_clock(tid), &event, timer) < 0) return false;
    if (timer_settime(*timer, 0, &soon, NULL) == 0) return true;
    (void)timer_delete(*timer);
    return false;
}

/* Waits for the result for at most `turns`; false: none came, or the thread waits. */
static bool wait_for_answer(uint32_t tid, uint32_t turns) {
    for (uint32_t i = 1; i <= turns; i++) {
        if (edoi_load_acq_u32(&answer.state) == READY) return true; // CP2: pairs with CP2
        if (i % LOOK_EVERY == 0 && edoi_thread_waits(tid) != 0) break;
        edoi_nap(PAUSE_NS);
    }
    uint32_t want = ASKED;
    if (edoi_cas_rlx_u32(&answer.state, &want, NONE)) return false; // relaxed: nothing was returned
    for (uint32_t i = 0; i < TURNS_MAX; i++) {                      // the handler is running
        if (edoi_load_acq_u32(&answer.state) == READY) return true; // CP2: pairs with CP2
        edoi_nap(PAUSE_NS);
    }
    return false;
}

/* Asks the thread; false: it did not reply in time. */
static bool capture_ask(uint32_t tid, int signo) {
    timer_t timer;
    if (!capture_is_ours(signo)) return false;
    edoi_store_rlx_u32(&answer.tid, tid);
    edoi_store_rel_u32(&answer.state, ASKED); // CP1: pairs with CP1 in the handler: the asked tid
    bool is_armed = capture_arm(&timer, tid, signo);
    bool has_answered = wait_for_answer(tid, is_armed ? TURNS_MAX : 0);
    if (is_armed) (void)timer_delete(timer);
    return has_answered;
}

/* The stack of a running thread. */
static size_t capture_running(const edoi_worker *w, const edoi_seen_poll *poll, void **pcs,
                              size_t max, uint32_t tid) {
    int signo = (int)edoi_load_rlx_u32(&answer.signo);
    bool is_free = edoi_load_acq_u32(&answer.state) != TAKING; // CP2: READY is a late result
    if (signo == 0 || !is_free) return 0;
    answer.worker = w;
    answer.poll = *poll;
    if (!capture_ask(tid, signo)) return 0;
    size_t n = answer.n - answer.from;
    if (n > max) n = max;
    for (size_t i = 0; i < n; i++) pcs[i] = answer.pcs[answer.from + i];
    edoi_store_rlx_u32(&answer.state, NONE); // relaxed: CP1 of the next request orders
    return n;
}

size_t edoi_capture(const edoi_worker *w, const edoi_seen_poll *poll, void **pcs, size_t max,
                    edoi_thread_call *call) {
    uint32_t tid =
        edoi_load_rlx_u32(&w->shown_thread.tid); // relaxed: any other thread ignores the request
    *call = (edoi_thread_call){ .waits = 0 };
    if (tid == 0) return 0;
    edoi_thread_find_call(call, tid);
    size_t n = call->waits == 0 ? capture_running(w, poll, pcs, max, tid) : 0;
    if (n > 0) return n;
    if (call->waits == 0) edoi_thread_find_call(call, tid); // it may wait by now
    n = edoi_frames_unwind(call->pc, call->sp, pcs, max);
    bool is_still = edoi_worker_is_in(w, poll) && edoi_thread_waits(tid) == call->waits;
    if (!is_still) *call = (edoi_thread_call){ .waits = 0 };
    return is_still ? n : 0;
}

edoi_seen_worker edoi_capture_see(const edoi_worker *w) {
    edoi_seen_worker seen = { .tid = edoi_load_rlx_u32(&w->shown_thread.tid), // relaxed: a number
                              .id = w->id,
                              .poll = edoi_worker_seen_poll(w) };
    seen.ran_from_ns = (int64_t)edoi_load_rlx_u64(&w->shown.ran_from_ns); // relaxed: a time
    return seen;
}

const char *edoi_capture_site(edo_runtime *rt, const edo_task *t) {
    const char *site = edoi_task_slab_site(&rt->spawn.slab, t);
    for (uint32_t i = 0; !site && i < rt->workers_n; i++)
        site = edoi_task_slab_site(&rt->workers[i]->slab, t);
    return site;
}
