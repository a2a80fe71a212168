/* SPDX-License-Identifier: MIT */
/* Goal: a scripted sequence plays its steps in order, one by each read; a reader that waits is
 * woken by the next step and by the end; steps that are left are a failure that names the step.
 * Method: steps read by hand, and waits on a paused clock; the generic leaf test; failing scripts
 * in children; each allocation failing. */
#include <edo/test_seq.h>

#include "inside.h"
#include "last_words.h"
#include "leaf.h"

#include <string.h>

typedef struct played {
    edo_test_seq *script;
    edo_seq *s;
} played;

static played made(void) {
    played p;
    EDO_TEST_OK(edo_test_seq_new(&p.script, &p.s, sizeof(int), "sensor"));
    return p;
}

static void ended(played *p) {
    edo_test_seq_close(p->script);
    edo_seq_free(p->s);
}

static void read_gives(edo_seq *s, int want_rc, int want_item) {
    edo_seq_next_future next;
    edo_test_task t;
    int item = -1;
    edo_test_task_init(&t, edo_seq_next_init(&next, s, &item));
    EDO_TEST_READY(&t, want_rc);
    EDO_TEST_EQ(item, want_item);
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static void each_read_takes_one_step(void **state) {
    (void)state;
    played p = made();
    edo_test_seq_item(p.script, &(int){ 1 });
    edo_test_seq_error(p.script, -EIO);
    edo_test_seq_item(p.script, &(int){ 2 });
    edo_test_seq_close(p.script);
    read_gives(p.s, 1, 1);
    read_gives(p.s, -EIO, -1);
    read_gives(p.s, 1, 2);
    read_gives(p.s, 0, -1);
    read_gives(p.s, 0, -1);
    edo_seq_free(p.s);
    edo_test_seq_close(NULL);
}

static void an_item_may_have_no_bytes(void **state) {
    (void)state;
    played p;
    EDO_TEST_OK(edo_test_seq_new(&p.script, &p.s, 0, NULL));
    edo_test_seq_item(p.script, NULL);
    edo_test_seq_close(p.script);
    edo_seq_next_future next;
    edo_test_task t;
    edo_test_task_init(&t, edo_seq_next_init(&next, p.s, NULL));
    EDO_TEST_READY(&t, 1);
    edo_seq_free(p.s);
}

static void a_step_and_the_end_wake_the_reader(void **state) {
    (void)state;
    played p = made();
    edo_seq_next_future next;
    edo_test_task t;
    int item = 0;
    edo_test_task_init(&t, edo_seq_next_init(&next, p.s, &item));
    EDO_TEST_PENDING(&t);
    edo_test_seq_item(p.script, &(int){ 7 });
    EDO_TEST_EQ(edo_test_task_woken(&t), 1);
    EDO_TEST_READY(&t, 1);
    EDO_TEST_EQ(item, 7);
    edo_test_task_init(&t, edo_seq_next_init(&next, p.s, &item));
    EDO_TEST_PENDING(&t);
    edo_test_seq_close(p.script);
    EDO_TEST_EQ(edo_test_task_woken(&t), 1);
    EDO_TEST_READY(&t, 0);
    edo_seq_free(p.s);
}

static int waits(void *arg) {
    (void)arg;
    played p = made();
    int item = 0;
    edo_instant start = edo_now();
    edo_test_seq_wait(p.script, edo_s(5));
    edo_test_seq_wait(p.script, edo_s(5));
    edo_test_seq_item(p.script, &(int){ 1 });
    edo_test_seq_wait(p.script, edo_s(5));
    EDO_DEADLINE(d, edo_s(7));
    EDO_TEST_EQ(edo_deadline_end(&d, edo_seq_next(p.s, &item)), -ETIMEDOUT);
    EDO_TEST_OK(edo_sleep(edo_s(1)));
    EDO_TEST_EQ(edo_seq_next(p.s, &item), 1); // the second wait has run on
    EDO_TEST_ELAPSED(start, edo_s(10));
    EDO_TEST_EQ(item, 1);
    ended(&p); // a wait that is left is no failure
    return 0;
}

static void a_wait_takes_its_time_though_its_read_is_cut_short(void **state) {
    (void)state;
    assert_int_equal(inside(waits, NULL), 0);
}

static int reads_on(void *arg) {
    int item = 0;
    EDO_TEST_EQ(edo_seq_next(arg, &item), 1);
    return item;
}

static void a_wait_needs_a_runtime_and_stays(void **state) {
    (void)state;
    played p = made();
    edo_test_seq_wait(p.script, edo_hours(1));
    edo_test_seq_item(p.script, &(int){ 1 });
    for (int i = 0; i < 2; i++) read_gives(p.s, -EDO_ENORUNTIME, -1);
    assert_int_equal(inside(reads_on, p.s), 1);
    ended(&p);
}

/* ---- Cancelled, and without memory ----------------------------------------------------------- */

typedef struct next_env {
    played p;
    edo_seq_next_future next;
    int item;
} next_env;

static int make_next(void *arg, edo_future **f) {
    next_env *env = arg;
    int err = edo_test_seq_new(&env->p.script, &env->p.s, sizeof(int), NULL);
    if (err == 0) *f = edo_seq_next_init(&env->next, env->p.s, &env->item);
    return err;
}

static void add_item(void *arg) {
    edo_test_seq_item(((next_env *)arg)->p.script, &(int){ 3 });
}

/* The step is there for the next read, or was lost for want of memory. */
static void item_is_there(void *arg) {
    next_env *env = arg;
    edo_seq_next_future next;
    edo_test_task t;
    edo_test_task_init(&t, edo_seq_next_init(&next, env->p.s, &env->item));
    assert_int_equal(edo_test_task_poll(&t), EDO_READY);
    assert_true(edo_result(&next) == 1 || edo_result(&next) == -ENOMEM);
}

static void end_next(void *arg) {
    ended(&((next_env *)arg)->p);
}

static void a_read_is_a_good_leaf(void **state) {
    (void)state;
    static const leaf l = { .name = "edo_seq_next",
                            .env_bytes = sizeof(next_env),
                            .make = make_next,
                            .poke = add_item,
                            .undo = add_item,
                            .intact = item_is_there,
                            .cleanup = end_next,
                            .result = 1 };
    leaf_run(&l);
}

static void without_memory_for_a_step_the_script_ends_there(void **state) {
    (void)state;
    played p = made();
    edo_test_seq_item(p.script, &(int){ 1 });
    edoi_alloc_fail_at(1);
    edo_test_seq_item(p.script, &(int){ 2 });
    assert_true(edoi_alloc_fail_fired());
    edo_test_seq_item(p.script, &(int){ 3 });
    read_gives(p.s, 1, 1);
    for (int i = 0; i < 2; i++) read_gives(p.s, -ENOMEM, -1);
    ended(&p);
}

/* ---- Failures -------------------------------------------------------------------------------- */

static int leaves_items(void *arg) {
    (void)arg;
    played p = made();
    edo_test_seq_item(p.script, &(int){ 1 });
    edo_test_seq_wait(p.script, edo_s(1));
    edo_test_seq_item(p.script, &(int){ 2 });
    read_gives(p.s, 1, 1);
    ended(&p);
    return 0;
}

static int leaves_an_error(void *arg) {
    (void)arg;
    played p = made();
    edo_test_seq_error(p.script, -EPIPE);
    edo_seq_free(p.s); // the script is still open
    return 0;
}

static int adds_after_the_end(void *arg) {
    (void)arg;
    played p = made();
    edo_seq_free(p.s);
    edo_test_seq_item(p.script, &(int){ 1 });
    edo_test_seq_close(p.script);
    return 0;
}

static int leaves_a_lost_step(void *arg) {
    (void)arg;
    played p = made();
    edoi_alloc_fail_at(1);
    edo_test_seq_item(p.script, &(int){ 1 });
    edoi_alloc_fail_at(0);
    ended(&p);
    return 0;
}

static int adds_a_success(void *arg) {
    (void)arg;
    played p = made();
    edo_test_seq_error(p.script, 1);
    return 0;
}

static int adds_no_item(void *arg) {
    (void)arg;
    played p = made();
    edo_test_seq_item(p.script, NULL);
    return 0;
}

static void what_is_left_fails_the_test(void **state) {
    static const struct {
        int (*run)(void *);
        const char *says;
    } rows[] = {
        { leaves_items, "sensor: freed with 2 steps left: item 2 was not read" },
        { leaves_an_error, "sensor: freed with 1 step left: no read got the error EPIPE" },
        { adds_after_the_end, "sensor: freed with 1 step left: item 1 was not read" },
        { leaves_a_lost_step, "sensor: freed before a step for which there was no memory" },
        { adds_a_success, "an error is negative" },
        { adds_no_item, "an item is NULL, and has 4 bytes" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char said[1024];
        int status = last_words(rows[i].run, NULL, said, sizeof said);
        bool is_told = strstr(said, rows[i].says) && strstr(said, "script_seq_test.c:");
        if (!is_abort(status) || !is_told) fail_msg("%s: it said: %s", rows[i].says, said);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_fails_the_test), // first: it forks
        cmocka_unit_test(each_read_takes_one_step),
        cmocka_unit_test(an_item_may_have_no_bytes),
        cmocka_unit_test(a_step_and_the_end_wake_the_reader),
        cmocka_unit_test(a_wait_takes_its_time_though_its_read_is_cut_short),
        cmocka_unit_test(a_wait_needs_a_runtime_and_stays),
        cmocka_unit_test(a_read_is_a_good_leaf),
        cmocka_unit_test(without_memory_for_a_step_the_script_ends_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
