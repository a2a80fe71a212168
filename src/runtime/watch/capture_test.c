/* SPDX-License-Identifier: MIT */
/* Goal: a handler that runs late, after the asker gave up, replies to no request, not even to the
 * next one, which is for another thread; and no other handler gets the signal. Method: the handler
 * called directly between two requests, and a thread that computes, with the signal blocked or not,
 * or waits in a call. */
#include "runtime/watch/capture.h"
#include "runtime/worker/here.h"
#include "runtime/worker/worker.h"
#include "stacks/thread_state.h"

#include "base/atomic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/resource.h>

#include <cmocka.h>

/* Runs once, between the handler's first check of the tid and its claim of the request. */
static void (*meanwhile)(void);

static bool claim(edo_atomic_u32 *state, uint32_t *want, uint32_t word) {
    if (meanwhile) meanwhile();
    meanwhile = NULL;
    return edoi_cas_acqrel_u32(state, want, word);
}

#define edoi_cas_acqrel_u32 claim
#include "runtime/watch/capture.c"

#include "patience.h"
#undef edoi_cas_acqrel_u32

static edoi_worker worker;
static edo_task task;

/* Requests the stack of `tid` in the poll that runs. */
static void question(uint32_t tid) {
    answer.worker = &worker;
    answer.poll = edoi_worker_seen_poll(&worker);
    answer.n = 0;
    edoi_store_rlx_u32(&answer.tid, tid);
    edoi_store_rlx_u32(&answer.state, ASKED);
}

static void handle(void) {
    ucontext_t context;
    assert_int_equal(getcontext(&context), 0);
    capture_on_signal(SIGURG, NULL, &context);
}

static int setup(void **state) {
    (void)state;
    void *one[1];
    (void)backtrace(one, 1);
    edoi_worker_set_running(&worker, &task.waker);
    edoi_store_rlx_u32(&answer.state, NONE);
    return 0;
}

static void asked_thread_records_its_stack(void **state) {
    (void)state;
    question((uint32_t)syscall(SYS_gettid));
    handle();
    assert_int_equal(edoi_load_acq_u32(&answer.state), READY);
    assert_true(answer.n > 0);
}

static void handler_ignores_a_request_that_was_given_up(void **state) {
    (void)state;
    question((uint32_t)syscall(SYS_gettid));
    edoi_store_rlx_u32(&answer.state, NONE); // the asker has given up
    handle();
    assert_int_equal(edoi_load_acq_u32(&answer.state), NONE);
    question((uint32_t)syscall(SYS_gettid) + 1); // and has made another request
    handle();
    assert_int_equal(edoi_load_acq_u32(&answer.state), ASKED);
    assert_int_equal(answer.n, 0);
}

static void ask_another(void) {
    question((uint32_t)syscall(SYS_gettid) + 1);
}

static void handler_ignores_a_request_that_came_during_its_check(void **state) {
    (void)state;
    question((uint32_t)syscall(SYS_gettid));
    meanwhile = ask_another;
    handle();
    assert_null(meanwhile);
    assert_int_equal(edoi_load_acq_u32(&answer.state), READY); // claimed by the handler
    assert_int_equal(answer.n, 0);                             // and has recorded no frames
}

static void poll_that_is_over_is_not_shown(void **state) {
    (void)state;
    question((uint32_t)syscall(SYS_gettid));
    edoi_store_rlx_u64(&worker.count.polls, edoi_load_rlx_u64(&worker.count.polls) + 1);
    handle();
    assert_int_equal(edoi_load_acq_u32(&answer.state), READY);
    assert_int_equal(answer.n, 0);
}

static void no_request_is_made_while_a_handler_runs(void **state) {
    (void)state;
    edoi_seen_poll poll = edoi_worker_seen_poll(&worker);
    void *pcs[4];
    edoi_thread_call call;
    assert_int_equal(edoi_capture_install(SIGURG), 0);
    edoi_store_rlx_u32(&worker.shown_thread.tid, (uint32_t)syscall(SYS_gettid));
    edoi_store_rlx_u32(&answer.tid, 0);
    edoi_store_rlx_u32(&answer.state, TAKING);
    assert_int_equal(edoi_capture(&worker, &poll, pcs, 4, &call), 0);
    assert_int_equal(edoi_load_rlx_u32(&answer.tid), 0);
    edoi_capture_remove(SIGURG);
}

/* ---- A thread that computes ------------------------------------------------------------------ */

/* The thread runs until it is told to end, with our signal blocked or not. */
static struct {
    pthread_t thread;
    bool blocks;
    edo_atomic_u32 begun, ends; /* atomic, acquire and release */
} computer;

static void *compute(void *arg) {
    sigset_t ours;
    (void)arg;
    (void)sigemptyset(&ours);
    (void)sigaddset(&ours, SIGURG);
    if (computer.blocks) (void)pthread_sigmask(SIG_BLOCK, &ours, NULL);
    edoi_store_rlx_u32(&worker.shown_thread.tid, (uint32_t)syscall(SYS_gettid));
    edoi_store_rel_u32(&computer.begun, 1);
    while (!edoi_load_acq_u32(&computer.ends)) EDOI_COMPILER_BARRIER();
    (void)pthread_sigmask(SIG_UNBLOCK, &ours, NULL); // a late handler runs here
    return NULL;
}

static void begin_to_compute(bool blocks) {
    computer.blocks = blocks;
    answer.n = 0;
    edoi_store_rlx_u32(&computer.begun, 0);
    edoi_store_rlx_u32(&computer.ends, 0);
    assert_int_equal(pthread_create(&computer.thread, NULL, compute, NULL), 0);
    WAIT_FOR(edoi_load_acq_u32(&computer.begun));
}

static void end_computing(void) {
    edoi_store_rel_u32(&computer.ends, 1);
    assert_int_equal(pthread_join(computer.thread, NULL), 0);
}

static size_t capture(edoi_thread_call *call) {
    edoi_seen_poll poll = edoi_worker_seen_poll(&worker);
    void *pcs[4];
    return edoi_capture(&worker, &poll, pcs, 4, call);
}

static void requester_that_gives_up_gets_no_late_answer(void **state) {
    (void)state;
    edoi_thread_call call;
    assert_int_equal(edoi_capture_install(SIGURG), 0);
    begin_to_compute(true);
    assert_int_equal(capture(&call), 0);
    assert_int_equal(call.waits, 0);
    end_computing();
    assert_int_equal(edoi_load_acq_u32(&answer.state), NONE);
    assert_int_equal(answer.n, 0);
    edoi_capture_remove(SIGURG);
}

/* The limit of pending signals leaves no room for a timer. */
static void no_request_is_made_without_a_timer(void **state) {
    (void)state;
    struct rlimit before_ours, none;
    edoi_thread_call call;
    assert_int_equal(getrlimit(RLIMIT_SIGPENDING, &before_ours), 0);
    none = (struct rlimit){ .rlim_cur = 0, .rlim_max = before_ours.rlim_max };
    assert_int_equal(edoi_capture_install(SIGURG), 0);
    begin_to_compute(false);
    assert_int_equal(setrlimit(RLIMIT_SIGPENDING, &none), 0);
    assert_int_equal(capture(&call), 0);
    assert_int_equal(setrlimit(RLIMIT_SIGPENDING, &before_ours), 0);
    assert_int_equal(edoi_load_acq_u32(&answer.state), NONE);
    end_computing();
    assert_int_equal(answer.n, 0);
    edoi_capture_remove(SIGURG);
}

static edo_atomic_u32 heard_n; /* atomic, relaxed: signals delivered to the program's own handler */

static void hear(int signo) {
    (void)signo;
    (void)edoi_add_rlx_u32(&heard_n, 1);
}

static void handler_set_later_by_the_program_gets_no_signal(void **state) {
    (void)state;
    const struct sigaction its = { .sa_handler = hear };
    struct sigaction ours;
    edoi_thread_call call;
    assert_int_equal(edoi_capture_install(SIGURG), 0);
    assert_int_equal(sigaction(SIGURG, &its, &ours), 0);
    begin_to_compute(false);
    assert_int_equal(capture(&call), 0);
    end_computing();
    assert_int_equal(edoi_load_rlx_u32(&heard_n), 0);
    assert_int_equal(sigaction(SIGURG, &ours, NULL), 0);
    edoi_capture_remove(SIGURG);
}

/* ---- A thread that waits in the kernel ------------------------------------------------------- */

/* Reads one byte; our signal arrives in the middle. */
static struct {
    int ends[2];
    edo_atomic_u32 tid; /* atomic, acquire and release */
    ssize_t got;
    int err;
} reader;

static void *read_one(void *arg) {
    char byte;
    (void)arg;
    edoi_store_rel_u32(&reader.tid, (uint32_t)syscall(SYS_gettid));
    reader.got = read(reader.ends[0], &byte, 1);
    reader.err = errno;
    return NULL;
}

static void a_call_that_the_signal_meets_goes_on(void **state) {
    (void)state;
#ifdef EDOI_TSAN
    print_message(
        "skipped: thread-sanitizer keeps a signal until the call that it meets is over\n");
    skip();
#endif
    pthread_t thread;
    uint32_t tid;
    assert_int_equal(edoi_capture_install(SIGURG), 0);
    assert_int_equal(pipe(reader.ends), 0);
    assert_int_equal(pthread_create(&thread, NULL, read_one, NULL), 0);
    WAIT_FOR((tid = edoi_load_acq_u32(&reader.tid)) != 0);
    WAIT_FOR(edoi_thread_waits(tid) != 0);
    question(tid); // so that the handler records its run
    assert_int_equal(pthread_kill(thread, SIGURG), 0);
    WAIT_FOR(edoi_load_acq_u32(&answer.state) == READY);
    assert_int_equal(write(reader.ends[1], "x", 1), 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    if (reader.got != 1) fail_msg("read() returned %zd, errno %d", reader.got, reader.err);
    (void)close(reader.ends[0]);
    (void)close(reader.ends[1]);
    edoi_capture_remove(SIGURG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(asked_thread_records_its_stack, setup),
        cmocka_unit_test_setup(handler_ignores_a_request_that_was_given_up, setup),
        cmocka_unit_test_setup(handler_ignores_a_request_that_came_during_its_check, setup),
        cmocka_unit_test_setup(poll_that_is_over_is_not_shown, setup),
        cmocka_unit_test_setup(no_request_is_made_while_a_handler_runs, setup),
        cmocka_unit_test_setup(requester_that_gives_up_gets_no_late_answer, setup),
        cmocka_unit_test_setup(no_request_is_made_without_a_timer, setup),
        cmocka_unit_test_setup(handler_set_later_by_the_program_gets_no_signal, setup),
        cmocka_unit_test_setup(a_call_that_the_signal_meets_goes_on, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
