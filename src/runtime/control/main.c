/* SPDX-License-Identifier: MIT */
/* runtime/control/main.c: edo_main(): sets up the process for a program; its exit status. */
#include "base/files/limit.h"
#include "driver/clock.h"
#include "fiber/overflow.h"
#include "log/start.h"
#include "log/tell.h"
#include "records/unfinished.h"
#include "runtime/control/dump_signal.h"
#include "runtime/control/handlers.h"
#include "runtime/control/last_resort.h"
#include "runtime/control/log_jobs.h"
#include "runtime/control/program.h"
#include "runtime/end/lifetime.h"
#include "runtime/end/shutdown.h"
#include "runtime/end/threads.h"
#include "runtime/scheduler/root.h"
#include "runtime/scope/ctx.h"
#include "runtime/task/fiber_ctx.h"
#include "runtime/thread/drive.h"
#include "runtime/thread/thread_driver.h"
#include "runtime/watch/capture.h"
#include "runtime/worker/core.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#define TRAIL_BYTES   16384u /* of a trail as a line: 9 failures, 8 texts of 160 bytes each */
#define STACKS_SIGNAL SIGURG /* ignored by default, and rarely used */

/* SIGINT, SIGTERM: asks the runtime to cancel its root. The second signal, of either kind, kills,
 * as does one for which there is no runtime any more. A program that listens to the signal itself
 * has replaced this handler. */
static void main_on_signal(int signo, siginfo_t *info, void *context) {
    (void)context;
    int err = errno;
    if (edoi_last_resort_sent(info) || !edoi_program_signal()) {
        edoi_last_resort_look(signo);
    } else {
        struct sigaction deflt = { .sa_handler = SIG_DFL };
        (void)sigaction(signo, &deflt, NULL);
        (void)raise(signo); // blocked until we return
    }
    errno = err;
}

/* `old`: what was there before, and stays if a program before has left something. */
static void handle(int signo, struct sigaction *old) {
    struct sigaction now;
    (void)sigaction(signo, NULL, &now);
    if (!(now.sa_flags & SA_SIGINFO) || now.sa_sigaction != main_on_signal) *old = now;
    if (old->sa_handler != SIG_IGN) (void)edoi_handlers_install(signo, main_on_signal);
}

static void unhandle(int signo, const struct sigaction *old) {
    struct sigaction now;
    (void)sigaction(signo, NULL, &now);
    if ((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == main_on_signal)
        (void)sigaction(signo, old, NULL);
}

/* A descriptor that is opened where standard input, output or error is missing would be taken for
 * it: a line for standard error would go to a client. */
static void fill_standard_streams(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        while (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            if (open("/dev/null", O_RDWR) != fd) return; // the lowest one that is free
}

/* As edo_trail_print() does, but without a wait for one who does not read standard error. */
static void tell_trail(int err) {
    static char text[TRAIL_BYTES]; // of the one thread in edo_main(): a large frame is for no fiber
    size_t n = edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    if (n > sizeof text - 1) n = sizeof text - 1; // it is cut
    text[n] = '\n';
    (void)edoi_tell_text((edo_str){ text, n + 1 });
}

static int main_status_of(int result, bool signalled) {
    if (result >= 0 && result <= 255) return result;
    if (result == -ECANCELED && signalled) return 0; // if all else ended: edo_main_with()
    if (result < 0) {
        tell_trail(result);
    } else {
        edoi_tell("edo: the root returned %d, which is no exit status\n", result);
    }
    return 1;
}

/* The end of the runtime's bound for the root and all others; the bound begins when a signal is
 * taken. */
typedef struct bound {
    int64_t real_ns;  /* of the monotonic clock; INT64_MAX: none */
    int64_t clock_ns; /* of the runtime's clock, which may be virtual */
} bound;

/* False: no signal was taken. */
static bool bound_after_signal(bound *out, edo_runtime *rt) {
    uint64_t taken_ns = edoi_load_acq_u64(&rt->signal.at_ns); // SR4: pairs with SR4 in root.c
    if (taken_ns == 0) return false;
    int64_t clock_ns = (int64_t)edoi_load_rlx_u64(&rt->signal.at_clock_ns); // relaxed: SR4 orders
    out->real_ns = edoi_shutdown_bound_ns((int64_t)taken_ns, edoi_shutdown_limit(rt));
    out->clock_ns = edoi_shutdown_bound_ns(clock_ns, edoi_shutdown_limit(rt));
    return true;
}

/* The time that the root has left of the bound for the others: the smaller rest of the two clocks.
 * Called while no thread drives. */
static edo_duration time_left(edo_runtime *rt) {
    bound until;
    if (!bound_after_signal(&until, rt) || until.real_ns == INT64_MAX)
        return edoi_shutdown_limit(rt);
    int64_t left_ns = until.real_ns - edoi_clock_monotonic();
    int64_t clock_left_ns = until.clock_ns - edoi_drive_now(rt);
    if (clock_left_ns < left_ns) left_ns = clock_left_ns;
    return edo_ns(left_ns > 0 ? left_ns : 0);
}

/* The wait for the root. After a signal the bound becomes a deadline of this thread. */
typedef struct root_wait {
    edo_runtime *runtime;
    edo_task_join_future root;
    int64_t real_until_ns; /* of the monotonic clock; INT64_MAX before a signal */
} root_wait;

static edo_polled root_wait_poll(void *arg, edo_cx *cx, int *result) {
    root_wait *self = arg;
    edo_runtime *rt = self->runtime;
    if (edo_poll(&self->root.base, cx) == EDO_READY) {
        *result = edo_result(&self->root);
        return EDO_READY;
    }
    // a worker takes the signal, or this thread, which also does when no worker returns from a poll
    if (rt->signal.driver) edoi_runtime_look_at_signal(rt);
    // SR3: pairs with SR3 in root.c: either the signal is seen here, or the thread that takes it
    //     finds the waker
    (void)edoi_swap_acqrel_ptr(&rt->signal.waiter, edo_cx_waker(cx));
    bound until;
    if (!bound_after_signal(&until, rt)) return EDO_PENDING;
    self->real_until_ns = until.real_ns;
    edoi_thread_here()->ctx.deadline_ns = until.clock_ns;
    *result = -ECANCELED;
    return edoi_clock_monotonic() >= self->real_until_ns ? EDO_READY : EDO_PENDING;
}

/* Lets the signal handler wake this thread when it waits for the root: the handler may take no
 * lock, and so wakes no parker, but it may kick a driver. Without one the workers alone hear a
 * signal. A thread that drives the runtime itself is the worker. True: the thread had no driver
 * before, and free_driver() frees the one that it has now, if there is memory for one. */
static bool sleep_in_driver(edo_runtime *rt) {
    edoi_thread *t = edoi_thread_here();
    if (rt->opts.flavor == EDO_RUNTIME_CURRENT || !edoi_thread_parker(t)) return false;
    bool had_one = t->own_driver;
    if (!had_one) t->own_driver = edoi_thread_driver_new();
    if (t->own_driver) rt->signal.driver = t->own_driver->driver;
    return !had_one;
}

/* No handler kicks the driver any more. */
static void free_driver(void) {
    edoi_thread *t = edoi_thread_here();
    edoi_thread_driver_free(t->own_driver);
    t->own_driver = NULL;
}

/* True: the root has ended; false: it was given up at the end of the bound after a signal. */
static bool run_root(edo_runtime *rt, edo_task_fn *root, void *arg, int *result) {
    edo_task *t = edo_spawn_on_at(rt, root, arg, "root of edo_main");
    if (t) edoi_store_rel_ptr(&rt->signal.root, edo_task_ref(t)); // SR2: pairs with SR1
    edoi_runtime_kick(rt); // a worker may have seen a signal already, but no root
    edoi_ctx *c = &edoi_thread_here()->ctx;
    int64_t outer_ns = c->deadline_ns;
    root_wait wait = { .runtime = rt, .real_until_ns = INT64_MAX };
    (void)edo_task_join_init(&wait.root, t);
    edo_poll_fn_future f;
    *result = edo_block_on(rt, edo_poll_fn_init(&f, root_wait_poll, &wait));
    c->deadline_ns = outer_ns;
    bool ended = edo_future_is_over(&wait.root.base);
    edo_drop(&wait.root.base);
    (void)edoi_swap_acqrel_ptr(&rt->signal.waiter, NULL); // SR3: this thread does not wait any more
    return ended;
}

int edo_main_with(edo_task_fn *root, void *arg, const edo_runtime_opts *opts) {
    edo_runtime *rt;
    fill_standard_streams();
    edoi_log_begin();
    int err = edo_runtime_new(&rt, opts);
    if (err < 0) return main_status_of(err, false);
    static struct sigaction old_int, old_term; // one edo_main() at a time
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    (void)sigaction(SIGPIPE, &ignore, NULL);
    edoi_file_limit_raise();
    err = edoi_overflow_install();
    if (err == 0) err = edoi_overflow_thread_enter();
    if (err < 0) edoi_tell("edo: no report of stack overflows: %s\n", edo_strerror(err));
    bool captures = edoi_capture_install(STACKS_SIGNAL) == 0; // for dumps, too
    bool dumps = !rt->opts.no_sigquit_dump && edoi_dump_signal_begin(SIGQUIT);
    bool drives = sleep_in_driver(rt);
    edoi_last_resort_begin();
    edoi_program_begin(rt);
    edoi_log_jobs_begin();
    handle(SIGINT, &old_int);
    handle(SIGTERM, &old_term);

    int result;
    bool ended = run_root(rt, root, arg, &result);
    bool signalled = edoi_load_rlx_u32(&rt->signal.state) != 0; // relaxed: a flag, no data
    int status = main_status_of(result, signalled);
    if (result >= 0 && !signalled) edoi_unfinished_begin(rt); // otherwise what it cuts is expected
    // Names what does not end. A root that was given up has used up the whole bound.
    int left_n = edo_runtime_shutdown(rt, ended ? time_left(rt) : edo_ns(0));
    edoi_unfinished_tell();
    if (signalled && !ended && left_n == 0)
        edoi_tell("edo: task root of edo_main ended after the bound of its shutdown\n");
    bool all_ended = ended && left_n == 0;
    // SR2: pairs with SR1: a worker that comes back from a poll only now finds no root
    edo_task_unref(edoi_swap_acqrel_ptr(&rt->signal.root, NULL));

    edoi_log_jobs_end();
    edoi_program_end();
    if (drives) free_driver();
    edoi_overflow_thread_leave();
    if (!edoi_runtime_free_within(rt, time_left(rt))) all_ended = false;
    if (captures) edoi_capture_remove(STACKS_SIGNAL);
    edoi_log_end();
    if (signalled && !all_ended) return EDOI_STATUS_LEFT; // the last resort stays, for exit()
    edoi_last_resort_end();
    unhandle(SIGINT, &old_int);
    unhandle(SIGTERM, &old_term);
    if (dumps) edoi_dump_signal_end(SIGQUIT);
    return status;
}

int edo_main(edo_task_fn *root, void *arg) {
    return edo_main_with(root, arg, NULL);
}
