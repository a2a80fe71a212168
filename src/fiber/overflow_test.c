/* SPDX-License-Identifier: MIT */
/* Goal: an overflow is reported with the task's name and the stack's size, then the process aborts;
 * other faults reach the previous handler.
 * Method: a child process overflows or faults; the parent reads its standard error and exit
 * status. */
#include "fiber/overflow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fiber/fiber.h"
#include "fiber/stack_os.h"

#include "last_words.h"

typedef struct outcome {
    char text[8192];
    int status;
} outcome;

static edoi_fiber thread_side, fiber;
static edoi_stack_pool pool;

static int call(void *body) {
    (*(void (**)(void))body)();
    return 0;
}

/* Runs `body` in a child and waits for its end. */
static void in_child(void (*body)(void), outcome *o) {
    o->status = last_words(call, &body, o->text, sizeof o->text);
}

EDOI_OPAQUE static uint64_t recurse(uint64_t depth) {
    volatile uint64_t pad[4] = { depth };
    return depth == UINT64_MAX ? 0 : recurse(depth + 1) + pad[0];
}

static edoi_fiber *small_frames(void *arg) {
    uint64_t *out = arg;
    *out = recurse(0);
    return &thread_side;
}

EDOI_OPAQUE static uint64_t recurse_in_leaps(uint64_t depth) {
    volatile char big[40 * 1024];
    big[0] = (char)depth;
    return depth == UINT64_MAX ? 0 : recurse_in_leaps(depth + 1) + (uint64_t)big[0];
}

static edoi_fiber *large_frames(void *arg) {
    uint64_t *out = arg;
    *out = recurse_in_leaps(0);
    return &thread_side;
}

/* The stack pointer is valid, the address is not. */
static edoi_fiber *wild_write(void *arg) {
    *(volatile char *)(uintptr_t)arg = 1;
    return &thread_side;
}

static void run_on_stack(edoi_fiber_fn fn, size_t size, const char *name) {
    edoi_stack *s = NULL;
    uint64_t out = 0;
    if (edoi_overflow_install() < 0 || edoi_overflow_thread_enter() < 0) _exit(90);
    if (edoi_stack_get(&pool, size, &s) < 0) _exit(91);
    s->name = name;
    edoi_fiber_adopt(&thread_side);
    edoi_fiber_start(&fiber, s, &thread_side, fn, &out);
    (void)edoi_fiber_switch(&thread_side, &fiber, 0);
}

static void overflow_small(void) {
    run_on_stack(small_frames, 0, "echo at server.c:12");
}

static void overflow_large(void) {
    run_on_stack(large_frames, (size_t)512 * 1024, "parse at config.c:7");
}

static void overflow_protected(void) {
    edoi_stack_os_force_protect(true);
    run_on_stack(small_frames, (size_t)1024 * 1024, "deep one");
}

static void overflow_long_name(void) {
    static char name[1000];
    memset(name, 'x', sizeof name - 1);
    run_on_stack(small_frames, 0, name);
}

static void assert_reported(const outcome *o, const char *message) {
    if (!strstr(o->text, message)) print_error("the report was: %s\n", o->text);
    assert_non_null(strstr(o->text, message));
    assert_true(WIFSIGNALED(o->status));
    assert_int_equal(WTERMSIG(o->status), SIGABRT);
}

static size_t count_lines(const char *text) {
    size_t n = 0;
    for (; *text; text++) n += *text == '\n';
    return n;
}

static void small_frames_overflow_with_a_report(void **state) {
    (void)state;
    outcome o;
    in_child(overflow_small, &o);
    assert_reported(&o, "edo: stack overflow in task echo at server.c:12, stack of 256 KiB\n");
    assert_true(count_lines(o.text) > 20); // the backtrace
}

static void large_frames_overflow_with_a_report(void **state) {
    (void)state;
    outcome o;
    in_child(overflow_large, &o);
    assert_reported(&o, "edo: stack overflow in task parse at config.c:7, stack of 512 KiB\n");
    assert_true(count_lines(o.text) > 3);
}

static void a_protected_guard_reports_as_well(void **state) {
    (void)state;
    outcome o;
    in_child(overflow_protected, &o);
    assert_reported(&o, "edo: stack overflow in task deep one, stack of 1024 KiB\n");
}

static void a_long_name_leaves_room_for_the_size(void **state) {
    (void)state;
    outcome o;
    in_child(overflow_long_name, &o);
    assert_reported(&o, "xxx, stack of 256 KiB\n");
}

static void exit_42(int sig) {
    (void)sig;
    _exit(42);
}

static void exit_43(int sig, siginfo_t *info, void *context) {
    (void)sig, (void)info, (void)context;
    _exit(43);
}

static char *no_access(void) {
    char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) _exit(92);
    return page;
}

static void fault_with_old_handler(void) {
    struct sigaction old = { .sa_handler = exit_42 };
    (void)sigaction(SIGSEGV, &old, NULL);
    if (edoi_overflow_install() < 0 || edoi_overflow_thread_enter() < 0) _exit(90);
    (void)wild_write(no_access());
}

static void fault_with_siginfo_handler(void) {
    struct sigaction old = { .sa_sigaction = exit_43, .sa_flags = SA_SIGINFO };
    (void)sigaction(SIGSEGV, &old, NULL);
    if (edoi_overflow_install() < 0 || edoi_overflow_thread_enter() < 0) _exit(90);
    (void)wild_write(no_access());
}

static void set_default(void) {
    struct sigaction deflt = { .sa_handler = SIG_DFL };
    (void)sigaction(SIGSEGV, &deflt, NULL);
    if (edoi_overflow_install() < 0 || edoi_overflow_thread_enter() < 0) _exit(90);
}

static void fault_by_default(void) {
    set_default();
    (void)wild_write(no_access());
}

static void killed_by_default(void) {
    set_default();
    (void)raise(SIGSEGV);
}

static void wild_write_into_a_guard(void) {
    set_default();
    edoi_stack *s = NULL;
    if (edoi_stack_get(&pool, 0, &s) < 0) _exit(91);
    (void)wild_write(s->lo - 1); // from the thread's own stack: no overflow
}

static void other_faults_go_where_they_went_before(void **state) {
    (void)state;
    outcome o;
    in_child(fault_with_old_handler, &o);
    assert_true(WIFEXITED(o.status));
    assert_int_equal(WEXITSTATUS(o.status), 42);
    in_child(fault_with_siginfo_handler, &o);
    assert_int_equal(WEXITSTATUS(o.status), 43);

    static void (*const fatal[])(void) = { fault_by_default, killed_by_default,
                                           wild_write_into_a_guard };
    for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++) {
        in_child(fatal[i], &o);
        assert_true(WIFSIGNALED(o.status));
        assert_int_equal(WTERMSIG(o.status), SIGSEGV);
        assert_null(strstr(o.text, "stack overflow in task"));
    }
}

static void alternate_stacks_nest_and_go(void **state) {
    (void)state;
    stack_t before, now;
    assert_int_equal(sigaltstack(NULL, &before), 0);
    edoi_overflow_thread_leave(); // without an enter: no effect
    assert_int_equal(edoi_overflow_thread_enter(), 0);
    assert_int_equal(edoi_overflow_thread_enter(), 0);
    edoi_overflow_thread_leave();
    assert_int_equal(sigaltstack(NULL, &now), 0);
    assert_false(now.ss_flags & SS_DISABLE);
    edoi_overflow_thread_leave();
    assert_int_equal(sigaltstack(NULL, &now), 0);
    assert_ptr_equal(now.ss_sp, before.ss_sp);
    assert_int_equal(now.ss_flags, before.ss_flags);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_frames_overflow_with_a_report),
        cmocka_unit_test(large_frames_overflow_with_a_report),
        cmocka_unit_test(a_protected_guard_reports_as_well),
        cmocka_unit_test(a_long_name_leaves_room_for_the_size),
        cmocka_unit_test(other_faults_go_where_they_went_before),
        cmocka_unit_test(alternate_stacks_nest_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
