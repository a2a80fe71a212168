/* SPDX-License-Identifier: MIT */
/* Goal: a call that the ring makes returns when the operation is over and not before, with its
 * result; where nothing was done it says so, and another way is taken.
 * Method: call.c is included; the kernel's part of the ring is a fake one, which holds operations
 * until the test ends them. */
#include "driver/ring/held_kernel_test.h"

#include "inside.h"
#include "leftovers.h"

#include <edo/edo.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fs/ring/call.c"

#define PENDING 1000 /* no result of a call */

typedef struct caller {
    edoi_kring_op op;
    edo_task *task;
    edo_duration limit; /* 0: none */
    bool waits_first;   /* for its cancellation */
    int result;
    int later; /* of an await after the call, within its limit */
} caller;

static int call_main(void *arg) {
    caller *c = arg;
    edo_deadline d;
    bool has_limit = c->limit.ns > 0;
    while (c->waits_first && edo_yield() == 0) {
    }
    if (has_limit) edo_deadline_begin(&d, c->limit);
    int result = edoi_fs_ring_call(&c->op);
    if (has_limit) c->later = edo_yield();
    c->result = has_limit ? edo_deadline_end(&d, result) : result;
    return 0;
}

static void call_begin_with(caller *c, edoi_kring_op op) {
    c->op = op;
    c->result = PENDING;
    c->task = edo_spawn(call_main, c);
    CHECK(c->task != NULL);
}

static void call_begin(caller *c) {
    call_begin_with(c, (edoi_kring_op){ .code = IORING_OP_READ, .fd = 3 });
}

static int call_end(caller *c) {
    CHECK_EQ(edo_task_join(c->task), 0);
    return c->result;
}

static void until_held(uint32_t n) {
    while (held_n() < n) CHECK_EQ(edo_yield(), 0);
}

/* Whatever is to run has run. */
static void run_others(void) {
    for (int i = 0; i < 300; i++) CHECK_EQ(edo_yield(), 0);
}

static bool cancels(const struct io_uring_sqe *e, const caller *c) {
    return e->opcode == IORING_OP_ASYNC_CANCEL && e->addr == (uint64_t)(uintptr_t)&c->op;
}

static void run_with_kernel(edo_task_fn *body, void *arg) {
    held_none();
    held_open_fails = held_refuses = 0;
    assert_int_equal(inside_real(body, arg), 0);
}

/* ---- Results --------------------------------------------------------------------------------- */

static int ends_in_each_order(void *arg) {
    (void)arg;
    for (uint32_t first = 0; first < 2; first++) {
        caller c[2] = { 0 };
        call_begin(&c[0]);
        call_begin(&c[1]);
        until_held(2);
        run_others();
        CHECK_EQ(c[0].result, PENDING);
        held_end(first, (int)first + 10);
        CHECK_EQ(call_end(&c[first]), (int)first + 10);
        run_others();
        CHECK_EQ(c[!first].result, PENDING);
        held_end(0, -EIO);
        CHECK_EQ(call_end(&c[!first]), -EIO);
    }
    return 0;
}

static void call_returns_its_own_result(void **state) {
    (void)state;
    run_with_kernel(ends_in_each_order, NULL);
}

/* The kernel ends operations so when a thread that asked for them ends, or a signal comes. */
static int ends_with_nothing_done(void *arg) {
    static const int codes[] = { -ECANCELED, -EINTR, -EAGAIN, -EFAULT, EDOI_KRING_REFUSES };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(codes); i++) {
        caller c = { 0 };
        call_begin(&c);
        until_held(1);
        held_end(0, codes[i]);
        CHECK_EQ(call_end(&c), EDOI_FS_NO_RING);
    }
    return 0;
}

typedef struct once_row {
    edoi_kring_op op;
    int expected;
} once_row;

/* A signal ends them amid the work of a file system of a process or a network. */
static int ends_by_a_signal(void *arg) {
    static const int codes[] = { -EINTR, -512, -516 };
    static const once_row rows[] = {
        { { .code = IORING_OP_RENAMEAT }, -EINTR },
        { { .code = IORING_OP_UNLINKAT }, -EINTR },
        { { .code = IORING_OP_MKDIRAT }, -EINTR },
        { { .code = IORING_OP_LINKAT }, -EINTR },
        { { .code = IORING_OP_SYMLINKAT }, -EINTR },
        { { .code = IORING_OP_OPENAT, .flags = O_CREAT | O_EXCL }, -EINTR },
        { { .code = IORING_OP_WRITE, .flags = RWF_APPEND }, -EINTR },
        { { .code = IORING_OP_WRITEV, .flags = RWF_APPEND }, -EINTR },
        { { .code = IORING_OP_OPENAT, .flags = O_CREAT }, EDOI_FS_NO_RING },
        { { .code = IORING_OP_WRITE }, EDOI_FS_NO_RING },
    };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows) * EDO_COUNT(codes); i++) {
        const once_row *row = &rows[i / EDO_COUNT(codes)];
        caller c = { 0 };
        call_begin_with(&c, row->op);
        until_held(1);
        held_end(0, codes[i % EDO_COUNT(codes)]);
        CHECK_EQ(call_end(&c), row->expected);
    }
    return 0;
}

static void what_a_signal_may_have_let_happen_is_not_done_again(void **state) {
    (void)state;
    run_with_kernel(ends_by_a_signal, NULL);
}

static void where_nothing_was_done_another_way_is_taken(void **state) {
    (void)state;
    run_with_kernel(ends_with_nothing_done, NULL);
}

static int is_done_otherwise(void *arg) {
    (void)arg;
    caller c = { 0 };
    call_begin(&c);
    CHECK_EQ(call_end(&c), EDOI_FS_NO_RING);
    CHECK_EQ(held_n(), 0);
    return 0;
}

static int is_refused(void *arg) {
    (void)arg;
    held_refuses = -EPERM;
    for (int i = 0; i < 3; i++) (void)is_done_otherwise(NULL);
    held_refuses = 0;
    return is_done_otherwise(NULL); // for good
}

static int cannot_be_opened(void *arg) {
    held_open_fails = *(const int *)arg;
    return is_done_otherwise(NULL);
}

static void where_there_is_no_ring_another_way_is_taken(void **state) {
    static int codes[] = { -EPERM, -ENOSYS, -ENOTSUP, -EMFILE, -ENOMEM };
    edoi_kring_op op = { .code = IORING_OP_READ };
    (void)state;
    assert_int_equal(edoi_fs_ring_call(&op), EDOI_FS_NO_RING); // outside of a runtime
    run_with_kernel(is_refused, NULL);
    for (size_t i = 0; i < EDO_COUNT(codes); i++) run_with_kernel(cannot_be_opened, &codes[i]);
}

/* The first refusal of this process, which comes amid a run. */
static void refusal_is_said_once(void **state) {
    static const char said[] = "as io_uring is not to be had: EPERM";
    char lines[1000] = "";
    int fd = memfd_create("lines", MFD_CLOEXEC);
    (void)state;
    assert_true(fd >= 0);
    const edo_log_opts opts = { .fd = fd, .ignore_env = true, .at_once = true };
    assert_int_equal(edo_log_start(&opts), 0);
    run_with_kernel(is_refused, NULL);
    run_with_kernel(is_refused, NULL);
    edo_log_stop();
    assert_true(pread(fd, lines, sizeof lines - 1, 0) > 0);
    const char *first = strstr(lines, said);
    assert_non_null(first);
    assert_null(strstr(first + 1, said));
    assert_int_equal(close(fd), 0);
}

static int more_than_there_is_room_for(void *arg) {
    static caller c[2 * HELD_N + 10];
    uint32_t refused_n = 0;
    (void)arg;
    memset(c, 0, sizeof c);
    for (size_t i = 0; i < EDO_COUNT(c); i++) call_begin(&c[i]);
    run_others();
    CHECK(0 < held_n() && held_n() <= 2 * HELD_N);
    while (held_n() > 0) held_end(held_n() - 1, 6);
    for (size_t i = 0; i < EDO_COUNT(c); i++) {
        int result = call_end(&c[i]);
        CHECK(result == 6 || result == EDOI_FS_NO_RING);
        refused_n += result != 6;
    }
    CHECK(refused_n >= 10);
    return 0;
}

static void what_has_no_room_is_done_otherwise(void **state) {
    (void)state;
    run_with_kernel(more_than_there_is_room_for, NULL);
}

/* ---- Cancellations --------------------------------------------------------------------------- */

typedef struct cut_row {
    int result, expected; /* of the kernel, of the call */
} cut_row;

static const cut_row cut_rows[] = {
    { 5, 5 },
    { 0, 0 },
    { -ECANCELED, -ECANCELED },
    { -EINTR, -ECANCELED },
    { -EFAULT, -ECANCELED },
    { -EIO, -EIO },
};

/* The kernel goes on for as long as it likes. */
static int is_cut_in_the_kernel(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(cut_rows); i++) {
        caller c = { 0 };
        call_begin(&c);
        until_held(1);
        edo_task_cancel(c.task);
        until_held(2);
        CHECK(cancels(&held[1], &c));
        held_end(1, -EALREADY);
        run_others();
        CHECK_EQ(c.result, PENDING);
        held_end(0, cut_rows[i].result);
        CHECK_EQ(call_end(&c), cut_rows[i].expected);
    }
    return 0;
}

static int is_cut_before_it_is_taken(void *arg) {
    (void)arg;
    for (int yields = 0; yields < 70; yields++) {
        caller c = { 0 };
        call_begin(&c);
        for (int i = 0; i < yields % 3; i++) CHECK_EQ(edo_yield(), 0);
        edo_task_cancel(c.task);
        run_others();
        while (held_n() > 0) held_end(0, -ECANCELED);
        CHECK_EQ(call_end(&c), -ECANCELED);
    }
    return 0;
}

static int is_cut_before_it_begins(void *arg) {
    (void)arg;
    caller c = { .waits_first = true };
    call_begin(&c);
    run_others();
    edo_task_cancel(c.task);
    CHECK_EQ(call_end(&c), -ECANCELED);
    CHECK_EQ(held_n(), 0);
    return 0;
}

/* The limit holds for what comes later, too. */
static int is_cut_by_its_limit(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(cut_rows); i++) {
        caller c = { .limit = edo_ms(1) };
        call_begin(&c);
        until_held(1);
        CHECK_EQ(edo_time_advance(edo_ms(1)), 0);
        until_held(2); // its cancellation
        CHECK(cancels(&held[1], &c));
        held_end(1, 0);
        run_others();
        CHECK_EQ(c.result, PENDING);
        held_end(0, cut_rows[i].result);
        bool timed_out = cut_rows[i].expected == -ECANCELED;
        CHECK_EQ(call_end(&c), timed_out ? -ETIMEDOUT : cut_rows[i].expected);
        CHECK_EQ(c.later, -ECANCELED);
    }
    return 0;
}

/* It was refused while its task was cancelled: it is not done at all. */
static int is_cut_and_refused(void *arg) {
    (void)arg;
    caller c = { 0 };
    call_begin(&c);
    until_held(1);
    edo_task_cancel(c.task);
    until_held(2);
    held_end(1, 0);
    held_end(0, EDOI_KRING_REFUSES);
    int result = call_end(&c);
    CHECK(result == EDOI_FS_NO_RING || result == -ECANCELED);
    return 0;
}

static void call_that_is_cut_short_returns_when_it_is_over(void **state) {
    (void)state;
    run_with_kernel(is_cut_in_the_kernel, NULL);
    run_with_kernel(is_cut_before_it_is_taken, NULL);
    run_with_kernel(is_cut_before_it_begins, NULL);
    run_with_kernel(is_cut_and_refused, NULL);
}

static void call_that_takes_too_long_returns_when_it_is_over(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(is_cut_by_its_limit, NULL), 0);
}

/* ---- The end of the runtime ------------------------------------------------------------------ */

static int await_held(void *arg) {
    (void)arg;
    until_held(1);
    return 0;
}

/* A thread that the kernel does not let end would never be joined. */
static int joins_n, detaches_n;
int __real_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_join(pthread_t thread, void **result);
int __real_pthread_detach(pthread_t thread);
int __wrap_pthread_detach(pthread_t thread);

int __wrap_pthread_join(pthread_t thread, void **result) {
    joins_n++;
    return __real_pthread_join(thread, result);
}

int __wrap_pthread_detach(pthread_t thread) {
    detaches_n++;
    return __real_pthread_detach(thread);
}

static void end_beside_a_device(const edo_runtime_opts *kind, caller *c) {
    edo_runtime *rt;
    held_none();
    c->op = (edoi_kring_op){ .code = IORING_OP_READ };
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_spawn_detached_on(rt, call_main, c), 0);
    assert_int_equal(edo_run(rt, await_held, NULL), 0);
    assert_int_equal(edo_runtime_shutdown(rt, edo_ms(1)), 1);
    edo_runtime_free(rt);
    assert_int_equal(held_n(), 2); // and its cancellation: the ring is left, as the task is
}

/* Its task is abandoned as others are that do not end. A thread whose kernel has yet to end
 * something is not awaited. */
static void device_that_never_answers_does_not_hold_up_the_end(void **state) {
    static caller callers[2]; // the abandoned fibers go on using them
    (void)state;
    may_leave(LEFT_FIBERS, 2, "the abandoned tasks");
    may_leave(LEFT_MAPPINGS, 2 * PAGES_OF_RUNTIME, "those of their runtimes");
    may_leave(LEFT_DESCRIPTORS, 9, "those of their runtimes' drivers");
    end_beside_a_device(&one_thread, &callers[0]);
    const edo_runtime_opts multi = { .flavor = EDO_RUNTIME_MULTI,
                                     .workers = 2,
                                     .watchdog = EDO_OFF };
    joins_n = detaches_n = 0;
    end_beside_a_device(&multi, &callers[1]);
    assert_int_equal(joins_n, 0);
    assert_int_equal(detaches_n, 2);
    assert_int_equal(inside_with(ends_in_each_order, NULL, &multi), 0);
    assert_int_equal(joins_n, 2);
    assert_int_equal(detaches_n, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusal_is_said_once), // before there are others
        cmocka_unit_test(call_returns_its_own_result),
        cmocka_unit_test(where_nothing_was_done_another_way_is_taken),
        cmocka_unit_test(what_a_signal_may_have_let_happen_is_not_done_again),
        cmocka_unit_test(where_there_is_no_ring_another_way_is_taken),
        cmocka_unit_test(what_has_no_room_is_done_otherwise),
        cmocka_unit_test(call_that_is_cut_short_returns_when_it_is_over),
        cmocka_unit_test(call_that_takes_too_long_returns_when_it_is_over),
        cmocka_unit_test(device_that_never_answers_does_not_hold_up_the_end),
    };
    assert_int_equal(setenv("EDO_FILES", "uring", 1), 0); // else one call at a time is a thread's
    return cmocka_run_group_tests(tests, NULL, NULL);
}
