/* SPDX-License-Identifier: MIT */
/* Goal: what was asked for at the end of a runtime is called once, the newest first, when no task
 * is there any more; what it frees is not named as left.
 * Method: a runtime with tasks that wait without end, and calls that note the order. */
#include <edo/edo.h>

#include "inside.h"
#include "last_words.h"

#include <errno.h>
#include <string.h>

static char order[16];
static int alive;

typedef struct noted {
    edo_runtime_ending ending;
    char name;
} noted;

static void note(void *arg) {
    const noted *n = arg;
    size_t len = strlen(order);
    assert_int_equal(alive, 0);
    order[len] = n->name;
    order[len + 1] = 0;
}

static int wait_long(void *arg) {
    (void)arg;
    alive++;
    int err = edo_sleep(edo_s(600));
    alive--;
    return err;
}

static int ask_for_calls(void *arg) {
    noted *calls = arg;
    int err = edo_spawn_detached(wait_long, NULL);
    for (int i = 0; i < 3; i++) edo_runtime_at_end(edo_runtime_current(), &calls[i].ending);
    while (err == 0 && alive == 0) err = edo_yield();
    return err;
}

static void calls_come_after_the_last_task_and_the_newest_first(void **state) {
    (void)state;
    noted calls[3];
    edo_runtime *rt;
    for (int i = 0; i < 3; i++)
        calls[i] = (noted){ .ending = { note, &calls[i], NULL }, .name = (char)('a' + i) };
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }), 0);
    assert_int_equal(edo_run(rt, ask_for_calls, calls), 0);
    assert_string_equal(order, "");
    edo_runtime_free(rt);
    assert_string_equal(order, "cba");
}

static edo_runtime_ending of_kept;

static int keep_until_the_end(void *arg) {
    (void)arg;
    void *kept = edo_rc_new(16, NULL);
    if (!kept) return -ENOMEM;
    of_kept = (edo_runtime_ending){ edo_rc_unref, kept, NULL };
    edo_runtime_at_end(edo_runtime_current(), &of_kept);
    return 0;
}

static int run_with_kept(void *arg) {
    return edo_main(keep_until_the_end, arg);
}

static void what_is_freed_at_the_end_is_not_named_as_left(void **state) {
    (void)state;
    char said[2000];
    assert_int_equal(last_words(run_with_kept, NULL, said, sizeof said), 0);
    assert_string_equal(said, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_freed_at_the_end_is_not_named_as_left),
        cmocka_unit_test(calls_come_after_the_last_task_and_the_newest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
