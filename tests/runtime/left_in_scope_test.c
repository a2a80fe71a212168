/* SPDX-License-Identifier: MIT */
/* Goal: a scope with `leaves_nothing` names what its tasks have made and left open when it ends,
 * with the place, once; nothing else is named: not what was made before or outside it, given up in
 * time, or made in a scope inside it, and nothing without the option.
 * Method: each in a child of its own, whose standard error is read. */
#include <edo/edo.h>

#include <string.h>

#include "last_words.h"

static edo_cancel_token *tokens[5];

static int make(void *arg) {
    return edo_cancel_new(arg);
}

static int make_and_free(void *arg) {
    edo_cancel_token *t;
    (void)arg;
    int err = edo_cancel_new(&t);
    if (err == 0) edo_cancel_unref(t);
    return err;
}

static int free_tokens(void) {
    for (size_t i = 0; i < EDO_COUNT(tokens); i++) {
        if (tokens[i]) edo_cancel_unref(tokens[i]);
        tokens[i] = NULL;
    }
    return 0;
}

static int scope_of(const edo_scope_opts *opts, edo_task_fn *child) {
    edo_scope s;
    edo_scope_begin(&s, opts);
    (void)edo_scope_spawn(&s, child, &tokens[0]);
    return edo_scope_end(&s, 0);
}

static const edo_scope_opts clean = { .leaves_nothing = true };

static int child_leaves(void *arg) {
    (void)arg;
    return scope_of(&clean, make);
}

static int owner_leaves(void *arg) {
    (void)arg;
    edo_scope s;
    edo_scope_begin(&s, &clean);
    int err = make(&tokens[1]);
    int end = edo_scope_end(&s, 0);
    return err < 0 ? err : end;
}

static edo_sleep_future sleep_left;

static int begin_timer(void *arg) {
    (void)arg;
    (void)edo_poll_once(edo_sleep_init(&sleep_left, edo_s(60)));
    return 0;
}

static int timer_is_left(void *arg) {
    (void)arg;
    int err = scope_of(&clean, begin_timer);
    edo_drop(&sleep_left.base);
    return err;
}

static int nested_without_option(void *arg) {
    (void)arg;
    return scope_of(NULL, make);
}

static int made_elsewhere(void *arg) {
    (void)arg;
    edo_scope s;
    if (make(&tokens[1]) < 0) return 1;
    edo_scope_begin(&s, &clean);
    (void)edo_scope_spawn(&s, make_and_free, NULL);
    (void)edo_scope_spawn(&s, nested_without_option, NULL);
    int err = edo_task_join(edo_spawn(make, &tokens[2])); // a task of no scope
    edo_scope inner;
    edo_scope_begin(&inner, NULL);
    if (make(&tokens[4]) < 0) return 1;
    if (edo_scope_end(&inner, 0) < 0) return 1;
    int end = edo_scope_end(&s, 0);
    if (make(&tokens[3]) < 0) return 1; // after it
    free_tokens();
    return err < 0 ? err : end;
}

static int has_no_option(void *arg) {
    (void)arg;
    int err = scope_of(NULL, make);
    free_tokens();
    return err;
}

static int wait_for_the_end(void *arg) {
    (void)arg;
    return edo_sleep(edo_hours(1));
}

/* The runtime ends it, and what edo has made for it is no thing of the scope's. */
static int a_thread_without_a_handle(void *arg) {
    (void)arg;
    edo_scope s;
    edo_scope_begin(&s, &clean);
    int err = edo_thread_start(NULL, wait_for_the_end, NULL, NULL);
    int end = edo_scope_end(&s, 0);
    return err < 0 ? err : end;
}

static int run(void *fn) {
    return edo_main(*(edo_task_fn **)fn, NULL);
}

static void hear(edo_task_fn *fn, char *said, size_t bytes) {
#if !defined(EDO_DEBUG) || defined(EDOI_TSAN)
    print_message("skipped: only a debug build remembers\n");
    skip();
#endif
    int status = last_words(run, &fn, said, bytes);
    if (status != 0) fail_msg("status %x, said: %s", (unsigned)status, said);
}

/* One line, with this file and the task. */
static void assert_named_once(edo_task_fn *fn, const char *what, const char *task) {
    char said[4096];
    hear(fn, said, sizeof said);
    const char *line = strstr(said, "edo: left at the scope's end: ");
    if (!line || strstr(line + 1, "edo: left")) fail_msg("not once: %s", said);
    if (!strstr(line, what) || !strstr(line, task)) fail_msg("said: %s", said);
}

static void things_of_children_are_named(void **state) {
    (void)state;
    assert_named_once(child_leaves, "a cancel token made at ", "[task child at ");
    assert_named_once(child_leaves, "tests/runtime/left_in_scope_test.c:", "[task child at ");
}

static void things_of_the_owner_are_named(void **state) {
    (void)state;
    assert_named_once(owner_leaves, "a cancel token made at ", "[task root of edo_main]");
}

static void timers_are_named(void **state) {
    (void)state;
    assert_named_once(timer_is_left, "a timer of child at ", "left_in_scope_test.c:");
}

static void nothing_else_is_named(void **state) {
    (void)state;
    char said[4096];
    hear(made_elsewhere, said, sizeof said);
    if (strstr(said, "edo: left")) fail_msg("said: %s", said);
    hear(has_no_option, said, sizeof said);
    if (strstr(said, "edo: left")) fail_msg("said: %s", said);
    hear(a_thread_without_a_handle, said, sizeof said);
    if (strstr(said, "edo: left")) fail_msg("said: %s", said);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(things_of_children_are_named),
        cmocka_unit_test(things_of_the_owner_are_named),
        cmocka_unit_test(timers_are_named),
        cmocka_unit_test(nothing_else_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
