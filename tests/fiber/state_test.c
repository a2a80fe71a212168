/* SPDX-License-Identifier: MIT */
/* Goal: errno is a fiber's own across awaits, and a bracket against awaits is kept, on one thread
 * and on several. Method: public API only; fibers of one worker take turns, each with an errno of
 * its own. */
#include <edo/edo.h>

#include <errno.h>
#include <string.h>

#include "last_words.h"
#include "own_errno.h"

#define FIBERS 8
#define TURNS  300

typedef struct keeper {
    int number;
    int wrong;
} keeper;

static int keep_errno(void *arg) {
    keeper *self = arg;
    self->wrong += ask_errno() != 0; // a fresh one has none
    for (int i = 0; i < TURNS; i++) {
        int err = self->number * TURNS + i + 1;
        set_errno(err);
        int yielded = i % 10 ? edo_yield() : edo_sleep(edo_us(10));
        self->wrong += yielded != 0 || ask_errno() != err;
    }
    return 0;
}

static int keep_errnos(keeper *keepers, const edo_spawn_opts *opts) {
    edo_task *tasks[FIBERS];
    set_errno(EDOM);
    for (int i = 0; i < FIBERS; i++) {
        keepers[i].number = i;
        tasks[i] = edo_spawn_with(keep_errno, &keepers[i], opts);
    }
    int err = ask_errno() == EDOM ? 0 : -EIO;
    for (int i = 0; i < FIBERS; i++)
        if (edo_task_join(tasks[i]) < 0 || ask_errno() != EDOM) err = -EIO;
    return err;
}

static int keep_and_stay(void *arg) {
    return keep_errnos(arg, NULL);
}

static int keep_and_migrate(void *arg) {
    return keep_errnos(arg, &(edo_spawn_opts){ .migrate = true });
}

static void keeps_errno(uint32_t workers, edo_task_fn *root) {
    edo_runtime *rt = NULL;
    const edo_runtime_opts opts = { .flavor = workers > 0 ? EDO_RUNTIME_MULTI : EDO_RUNTIME_CURRENT,
                                    .workers = workers };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    keeper keepers[FIBERS] = { { 0 } };
    assert_int_equal(edo_run(rt, root, keepers), 0);
    for (int i = 0; i < FIBERS; i++) assert_int_equal(keepers[i].wrong, 0);
    edo_runtime_free(rt);
}

static void errno_is_a_fibers_own(void **state) {
    (void)state;
    for (uint32_t workers = 0; workers <= 3; workers++) keeps_errno(workers, keep_and_stay);
}

static void errno_travels_with_a_migrating_fiber(void **state) {
    (void)state;
    for (uint32_t workers = 0; workers <= 3; workers++) keeps_errno(workers, keep_and_migrate);
}

/* ---- Brackets -------------------------------------------------------------------------------- */

static int await_in_bracket(void *arg) {
    (void)arg;
    (void)edo_yield(); // it has been elsewhere
    edo_no_await_begin();
    int err = edo_yield();
    edo_no_await_end();
    return err;
}

static int spawn_one_with(void *arg) {
    return edo_task_join(edo_spawn_with(await_in_bracket, NULL, arg));
}

/* In a child. */
static int run_bracket(void *opts) {
    edo_runtime *rt = NULL;
    const edo_runtime_opts multi = { .flavor = EDO_RUNTIME_MULTI, .workers = 2 };
    if (edo_runtime_new(&rt, &multi) < 0) return 4;
    int err = edo_run(rt, spawn_one_with, opts);
    edo_runtime_free(rt);
    return err == -EDO_EMISUSE ? 3 : 4;
}

static void an_await_inside_a_bracket_is_named_on_any_worker(void **state) {
    (void)state;
    edo_spawn_opts kinds[] = { { 0 }, { .spread = true }, { .migrate = true } };
    for (size_t i = 0; i < EDO_COUNT(kinds); i++) {
        char said[4096];
        int status = last_words(run_bracket, &kinds[i], said, sizeof said);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 3) continue; // a release: an error
        assert_true(is_abort(status));
        assert_non_null(strstr(said, "an await between edo_no_await_begin() and its end"));
        assert_non_null(strstr(said, "await_in_bracket at"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        // first: a process that has had threads cannot fork well under thread-sanitizer
        cmocka_unit_test(an_await_inside_a_bracket_is_named_on_any_worker),
        cmocka_unit_test(errno_is_a_fibers_own),
        cmocka_unit_test(errno_travels_with_a_migrating_fiber),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
