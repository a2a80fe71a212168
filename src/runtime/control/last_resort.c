/* SPDX-License-Identifier: MIT */
/* runtime/control/last_resort.c: see last_resort.h. What the handler calls is async-signal-safe. */
#include "runtime/control/last_resort.h"

#include "base/fork.h"
#include "driver/clock.h"
#include "log/out/crash.h"
#include "runtime/control/program.h"
#include "runtime/end/shutdown.h"
#include "runtime/worker/core.h"

#include <poll.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

/* What the orderly end may take after its bound: a second for a poll that does not return, a second
 * for a computation, and the reports. */
#define GRACE_NS INT64_C(3000000000)
#define SAY_NS   INT64_C(100000000) /* that the last line may take */

typedef struct resort {
    int signo; /* const */
    bool made; /* const between begin and end */
    timer_t timer;
} resort;

static resort resorts[] = { { .signo = SIGINT }, { .signo = SIGTERM } };
/* relaxed, as both are numbers: when the first signal came; when the process ends at the latest, as
 * of the last look at the runtime; 0: no signal has come */
static edo_atomic_u64 asked_ns, until_ns;
static edo_atomic_u32 ending; /* relaxed: a flag; a thread says the last line */

/* A child has none of its parent's timers. */
static void last_resort_begin_child(void) {
    for (size_t i = 0; i < EDO_COUNT(resorts); i++) resorts[i].made = false;
    edoi_store_rlx_u64(&asked_ns, 0);
    edoi_store_rlx_u64(&until_ns, 0);
}

EDOI_ON_FORK(.child = last_resort_begin_child);

void edoi_last_resort_begin(void) {
    edoi_last_resort_end(); // of a program before, which has left something
    edoi_store_rlx_u64(&asked_ns, 0);
    edoi_store_rlx_u64(&until_ns, 0);
    for (size_t i = 0; i < EDO_COUNT(resorts); i++) {
        struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = resorts[i].signo };
        event.sigev_value.sival_ptr = &resorts;
        resorts[i].made = timer_create(CLOCK_MONOTONIC, &event, &resorts[i].timer) == 0;
    }
}

void edoi_last_resort_end(void) {
    for (size_t i = 0; i < EDO_COUNT(resorts); i++) {
        if (resorts[i].made) (void)timer_delete(resorts[i].timer);
        resorts[i].made = false;
    }
}

bool edoi_last_resort_sent(const siginfo_t *info) {
    return info->si_code == SI_TIMER && info->si_value.sival_ptr == &resorts;
}

/* When the process ends at the latest, of the monotonic clock; INT64_MAX: never. */
static int64_t due_ns(const edo_runtime *rt) {
    uint64_t from_ns = edoi_load_rlx_u64(&rt->signal.at_ns); // relaxed: a number
    if (from_ns == 0) from_ns = edoi_load_rlx_u64(&asked_ns);
    int64_t bound_ns = edoi_shutdown_bound_ns((int64_t)from_ns, edoi_shutdown_limit(rt));
    return bound_ns > INT64_MAX - GRACE_NS ? INT64_MAX : bound_ns + GRACE_NS;
}

/* The same, also behind the end of the runtime; 0: no signal has come. */
static int64_t look_at_runtime(int64_t now_ns) {
    const edo_runtime *rt = edoi_program_enter();
    if (rt) {
        if (edoi_load_rlx_u64(&asked_ns) == 0) edoi_store_rlx_u64(&asked_ns, (uint64_t)now_ns);
        edoi_store_rlx_u64(&until_ns, (uint64_t)due_ns(rt));
    }
    edoi_program_leave();
    return (int64_t)edoi_load_rlx_u64(&until_ns);
}

static void last_resort_set(int signo, int64_t at_ns) {
    struct itimerspec at = { .it_value = { .tv_sec = (time_t)(at_ns / 1000000000),
                                           .tv_nsec = (long)(at_ns % 1000000000) } };
    for (size_t i = 0; i < EDO_COUNT(resorts); i++)
        if (resorts[i].signo == signo && resorts[i].made)
            (void)timer_settime(resorts[i].timer, TIMER_ABSTIME, &at, NULL);
}

/* A pipe that is full would keep this thread; another writer may fill it between the look and the
 * write. So the timer's next signal, here or on another thread, ends the process meanwhile. */
static void last_resort_say(int signo, int64_t now_ns, const char *line, size_t bytes) {
    sigset_t only;
    (void)sigemptyset(&only);
    (void)sigaddset(&only, signo);
    (void)pthread_sigmask(SIG_UNBLOCK, &only, NULL);
    last_resort_set(signo, edoi_time_after(now_ns, SAY_NS));
    struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
    if (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT)) {
        ssize_t n = write(STDERR_FILENO, line, bytes);
        (void)n; // the process ends
    }
}

void edoi_last_resort_look(int signo) {
    static const char line[] = "edo: the program has not ended 3 s after the bound of its shutdown "
                               "by a signal: it ends with status 3\n";
    int64_t now_ns = edoi_clock_monotonic(), at_ns = look_at_runtime(now_ns);
    if (at_ns == 0 || at_ns == INT64_MAX) return;
    if (now_ns < at_ns) {
        last_resort_set(signo, at_ns);
        return;
    }
    if (edoi_swap_rlx_u32(&ending, 1) == 0) last_resort_say(signo, now_ns, line, sizeof line - 1);
    edoi_log_crash_tell("the program has not ended after its shutdown");
    _exit(EDOI_STATUS_LEFT);
}
