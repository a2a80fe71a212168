/* SPDX-License-Identifier: MIT */
/* base/assert_test.c: broken contracts and invariants are named, in a child that may abort. */
#include "base/assert.h"

#include "base/trail.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Runs `fn` in a child; answers its wait status, what it said in `said`. */
static int run_apart(void (*fn)(void), char *said, size_t room) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit no_core = { 0, 0 };
        setrlimit(RLIMIT_CORE, &no_core);
        dup2(ends[1], STDERR_FILENO);
        fn();
        _exit(0);
    }
    close(ends[1]);
    size_t n = 0;
    for (;;) {
        ssize_t got = read(ends[0], said + n, room - 1 - n);
        if (got <= 0) break;
        n += (size_t)got;
    }
    said[n] = '\0';
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static const char *name_of_task(void) {
    return "main at x.c:1";
}

static void break_contract(void) {
    edoi_task_hooks_set(NULL, name_of_task);
    _exit(EDO_MISUSE(1 + 1 == 2, "two is given") ? 7 : 8);
}

static void break_invariant(void) {
    edoi_assert_failed("some.c", 12, "count", "n > 0");
}

static void a_kept_contract_is_no_misuse(void **state) {
    (void)state;
    assert_false(EDO_MISUSE(1 + 1 == 3, "never said"));
    EDO_ASSERT(1 + 1 == 2);
    assert_false(EDO_NEVER(1 + 1 == 3));
}

static void misuse_aborts_by_name_in_debug_and_is_answered_in_release(void **state) {
    (void)state;
    char said[512];
    int status = run_apart(break_contract, said, sizeof said);
#ifdef EDO_DEBUG
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_non_null(strstr(said, "edo: misuse in break_contract ("));
    assert_non_null(strstr(said, "): two is given [task main at x.c:1]\n"));
#else
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_string_equal(said, "");
#endif
}

static void a_broken_invariant_is_named(void **state) {
    (void)state;
    char said[512];
    int status = run_apart(break_invariant, said, sizeof said);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_string_equal(said, "edo: broken invariant in count (some.c:12): n > 0\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_contract_is_no_misuse),
        cmocka_unit_test(misuse_aborts_by_name_in_debug_and_is_answered_in_release),
        cmocka_unit_test(a_broken_invariant_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
