/* SPDX-License-Identifier: MIT */
/* Goal: a value that is bound to a block is seen in it and in all that is started there, as long as
 * that lives, and nowhere else. Method: programs on every kind of runtime; counted values tell when
 * the last one has let go; spawns without memory. */
#include <edo/compute.h>
#include <edo/edo.h>

#include "fail_alloc.h"
#include "inside.h"

#include <pthread.h>
#include <string.h>

static const edo_context_key number_key = { .name = "number", .bytes = sizeof(int) };
static const edo_context_key pair_key = { .name = "pair", .bytes = 16 };
static const edo_context_key own_key = { .name = "own", .bytes = sizeof(int), .no_inherit = true };
static const edo_context_key text_key = { .name = "text" };

static _Atomic int texts_n; /* counted texts that live */

static void text_gone(void *text) {
    (void)text;
    texts_n--;
}

static char *text_new(const char *s) {
    char *text = edo_rc_new(strlen(s) + 1, text_gone);
    CHECK(text != NULL);
    memcpy(text, s, strlen(s) + 1);
    texts_n++;
    return text;
}

/* The number that is bound here; -1: none. */
static int number(void) {
    const int *n = edo_context_get(&number_key);
    return n ? *n : -1;
}

static bool text_is(const char *s) {
    const char *text = edo_context_get(&text_key);
    return s ? text && strcmp(text, s) == 0 : !text;
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

static int leaves_early(int n) {
    EDO_CONTEXT(b, &number_key, &n);
    CHECK_EQ(number(), n);
    if (n == 3) return -EIO;
    return edo_context_end(&b, n);
}

static int blocks(void *arg) {
    const uint64_t pair[2] = { 7, UINT64_MAX };
    edo_context_block outer, inner, hides, counted;
    char *text = text_new("hello");
    (void)arg;
    CHECK_EQ(number(), -1);
    edo_context_begin(&outer, &number_key, &(int){ 1 });
    edo_context_begin(&counted, &text_key, text);
    edo_rc_unref(text);
    CHECK_EQ(number(), 1);
    CHECK(text_is("hello"));
    edo_context_begin(&inner, &number_key, &(int){ 2 });
    CHECK_EQ(number(), 2);
    edo_context_begin(&hides, &number_key, NULL);
    CHECK_EQ(number(), -1);
    CHECK_EQ(edo_context_end(&hides, 5), 5);
    CHECK_EQ(leaves_early(3), -EIO);
    CHECK_EQ(leaves_early(4), 4);
    CHECK_EQ(number(), 2);
    CHECK_EQ(edo_context_end(&inner, -EIO), -EIO);
    CHECK_EQ(number(), 1);
    CHECK_EQ(edo_context_end(&counted, 0), 0);
    CHECK_EQ(texts_n, 0);
    CHECK_EQ(edo_context_end(&outer, 0), 0);
    CHECK_EQ(number(), -1);
    EDO_CONTEXT(b, &pair_key, pair);
    CHECK(memcmp(edo_context_get(&pair_key), pair, sizeof pair) == 0);
    return 0;
}

static void a_block_binds_hides_and_gives_back(void **state) {
    (void)state;
    assert_int_equal(inside_each(blocks, NULL), 0);
    assert_int_equal(blocks(NULL), 0); // a plain thread
}

/* ---- What is started in a block -------------------------------------------------------------- */

static int sees(void *arg) {
    const int *expected = arg;
    CHECK_EQ(edo_yield(), 0); // over a wait, too
    CHECK(text_is("kept"));
    CHECK(edo_context_get(&own_key) == NULL);
    return number() == *expected ? 0 : -EINVAL;
}

static int job_sees(void *arg) {
    const int *expected = arg;
    CHECK(text_is("kept"));
    return number() == *expected ? 0 : -EINVAL;
}

static int job_starts(void *arg) {
    int nine = 9;
    CHECK_EQ(job_sees(arg), 0);
    EDO_CONTEXT(b, &number_key, &nine);
    CHECK_EQ(edo_task_join(edo_spawn(sees, &nine)), 0);
    return edo_context_end(&b, job_sees(&nine));
}

static edo_polled machine_poll(void *arg, edo_cx *cx, int *result) {
    int *left = arg;
    CHECK_EQ(number(), 2);
    CHECK(text_is("kept"));
    { // a block within the poll
        EDO_CONTEXT(b, &number_key, &(int){ 5 });
        CHECK_EQ(number(), 5);
    }
    *result = 0;
    if ((*left)-- == 0) return EDO_READY;
    edo_waker_wake(edo_cx_waker(cx));
    return EDO_PENDING;
}

static void tasks(void) {
    int two = 2;
    CHECK_EQ(edo_task_join(edo_spawn(sees, &two)), 0);
    CHECK_EQ(edo_task_join(edo_spawn_with(sees, &two, &(edo_spawn_opts){ .migrate = true })), 0);
    CHECK_EQ(edo_task_join(edo_spawn_with(sees, &two, &(edo_spawn_opts){ .spread = true })), 0);
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_scope_spawn(&s, sees, &two), 0);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    edo_task_set set;
    edo_task_set_init(&set, NULL);
    CHECK_EQ(edo_task_set_spawn(&set, sees, &two), 0);
    CHECK_EQ(edo_task_set_join_all(&set), 0);
    edo_task_set_deinit(&set);
}

static void machines(void) {
    int left = 3;
    edo_poll_fn_future f;
    CHECK_EQ(edo_task_join(edo_spawn_future(edo_poll_fn_init(&f, machine_poll, &left))), 0);
    left = 3;
    CHECK_EQ(edo_await(edo_poll_fn_init(&f, machine_poll, &left)), 0);
}

static int starts(void *arg) {
    int two = 2;
    char *text = text_new("kept");
    (void)arg;
    EDO_CONTEXT(a, &text_key, text);
    edo_rc_unref(text);
    EDO_CONTEXT(b, &own_key, &two);
    EDO_CONTEXT(c, &number_key, &(int){ 1 });
    EDO_CONTEXT(d, &number_key, &two);
    tasks();
    machines();
    CHECK_EQ(edo_blocking(job_sees, &two), 0);
    CHECK_EQ(edo_blocking(job_starts, &two), 0);
    CHECK_EQ(edo_compute(job_sees, &two), 0);
    CHECK_EQ(number(), 2);
    CHECK(edo_context_get(&own_key) != NULL);
    return 0;
}

static void what_is_started_in_a_block_sees_its_values(void **state) {
    (void)state;
    assert_int_equal(inside_each(starts, NULL), 0);
    assert_int_equal(texts_n, 0);
}

/* ---- What is dropped there ------------------------------------------------------------------- */

static int dropped_with; /* the number that is bound where a future is dropped */

static edo_polled never_poll(edo_future *base, edo_cx *cx) {
    (void)base;
    (void)edo_cx_waker(cx);
    return EDO_PENDING;
}

static void never_drop(edo_future *base) {
    dropped_with = number();
    edo_future_retire(base);
}

static const edo_future_ops never_ops = {
    .poll = never_poll, .drop = never_drop, .name = "never", .size = sizeof(edo_future)
};

static int awaits_in_a_block(void *arg) {
    edo_future f;
    EDO_CONTEXT(b, &number_key, &(int){ 6 });
    edo_sem_release(arg, 1);
    return edo_context_end(&b, edo_await(edo_future_init(&f, &never_ops)));
}

static int cancels_in_a_block(void *arg) {
    edo_sem begun = EDO_SEM_INIT(0);
    (void)arg;
    edo_task *t = edo_spawn(awaits_in_a_block, &begun);
    CHECK_EQ(edo_sem_acquire(&begun, 1), 0);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0); // so that it waits, as a rule
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK_EQ(dropped_with, 6);
    return 0;
}

static void what_a_cut_await_drops_sees_the_values_of_the_block(void **state) {
    (void)state;
    assert_int_equal(inside_each(cancels_in_a_block, NULL), 0);
}

/* ---- What is not ----------------------------------------------------------------------------- */

static int sees_none(void *arg) {
    (void)arg;
    CHECK_EQ(edo_yield(), 0);
    CHECK(text_is(NULL));
    return number() == -1 ? 0 : -EINVAL;
}

static edo_polled sees_none_poll(void *arg, edo_cx *cx, int *result) {
    int *left = arg;
    *result = number() == -1 && text_is(NULL) ? 0 : -EINVAL;
    if (*result < 0 || (*left)-- == 0) return EDO_READY;
    edo_waker_wake(edo_cx_waker(cx));
    return EDO_PENDING;
}

static int others(void *arg) {
    int left = 5;
    edo_poll_fn_future f;
    (void)arg;
    edo_task *fiber = edo_spawn(sees_none, NULL);
    edo_task *machine = edo_spawn_future(edo_poll_fn_init(&f, sees_none_poll, &left));
    EDO_CONTEXT(b, &number_key, &(int){ 1 });
    EDO_CONTEXT(hidden, &text_key, NULL);
    CHECK_EQ(
        edo_task_join(edo_spawn_with(sees_none, NULL, &(edo_spawn_opts){ .no_context = true })), 0);
    for (int i = 0; i < 8; i++) CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_task_join(fiber), 0);
    CHECK_EQ(edo_task_join(machine), 0);
    EDO_CONTEXT(hides, &number_key, NULL);
    return edo_task_join(edo_spawn(sees_none, NULL));
}

static void who_was_started_elsewhere_sees_nothing(void **state) {
    (void)state;
    assert_int_equal(inside_each(others, NULL), 0);
}

static int machine_beside(void *arg) {
    int left = 3;
    edo_poll_fn_future f;
    (void)arg;
    return edo_task_join(edo_spawn_future(edo_poll_fn_init(&f, sees_none_poll, &left)));
}

/* A thread that drives has values of its own, which the tasks that it runs do not see. */
static void a_thread_keeps_its_values_from_the_tasks_that_it_drives(void **state) {
    (void)state;
    edo_runtime *rt;
    int left = 3;
    edo_poll_fn_future f;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }), 0);
    edo_task *t = edo_spawn_future_on(rt, edo_poll_fn_init(&f, sees_none_poll, &left));
    edo_task *fiber = edo_spawn_on(rt, machine_beside, NULL);
    assert_int_equal(edo_runtime_enter(rt), 0);
    {
        EDO_CONTEXT(b, &number_key, &(int){ 4 });
        edo_task *mine = edo_spawn(machine_beside, NULL);
        assert_int_equal(edo_task_join(mine), -EINVAL); // it has inherited
        assert_int_equal(edo_task_join(t), 0);
        assert_int_equal(edo_task_join(fiber), 0);
        assert_int_equal(number(), 4);
    }
    edo_runtime_leave(rt);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
    edo_runtime_free(rt);
}

/* ---- Those who outlive it -------------------------------------------------------------------- */

typedef struct late {
    edo_oneshot_rx *gate;
    int expected;
} late;

static int sees_late(void *arg) {
    const late *l = arg;
    int err = edo_oneshot_recv(l->gate, NULL);
    edo_oneshot_rx_free(l->gate);
    CHECK(text_is("late"));
    CHECK_EQ(number(), l->expected);
    return err;
}

static edo_task *start_late(late *l) {
    char *text = text_new("late");
    EDO_CONTEXT(a, &text_key, text);
    edo_rc_unref(text);
    EDO_CONTEXT(b, &number_key, &l->expected);
    return edo_spawn(sees_late, l);
}

static int outlives(void *arg) {
    late l = { .expected = 3 };
    (void)arg;
    edo_oneshot_tx *opens;
    CHECK_EQ(edo_oneshot_new(&opens, &l.gate, 0, NULL), 0);
    edo_task *t = start_late(&l);
    CHECK_EQ(number(), -1);
    CHECK_EQ(texts_n, 1);
    CHECK_EQ(edo_oneshot_send(opens, NULL), 0);
    int err = edo_task_join(t);
    CHECK_EQ(texts_n, 0);
    return err;
}

static void a_task_holds_what_it_has_inherited_until_it_ends(void **state) {
    (void)state;
    assert_int_equal(inside_each(outlives, NULL), 0);
}

static int sleeps(void *arg) {
    (void)arg;
    return edo_sleep(edo_s(1000));
}

static int leaves_running(void *arg) {
    char *text = text_new("left");
    (void)arg;
    EDO_CONTEXT(a, &text_key, text);
    edo_rc_unref(text);
    CHECK_EQ(edo_spawn_detached(sleeps, NULL), 0);
    return edo_yield();
}

static void tasks_that_the_end_of_the_runtime_cuts_short_let_go(void **state) {
    (void)state;
    assert_int_equal(inside_each(leaves_running, NULL), 0);
    assert_int_equal(texts_n, 0);
}

/* ---- A day of ordinary life ------------------------------------------------------------------ */

static int request_part(void *arg) {
    CHECK(text_is("request"));
    return number() == *(const int *)arg ? 0 : -EINVAL;
}

static int request(void *arg) {
    int n = (int)(intptr_t)arg;
    char *text = text_new("request");
    EDO_CONTEXT(a, &text_key, text);
    edo_rc_unref(text);
    EDO_CONTEXT(b, &number_key, &n);
    EDO_DEADLINE(d, edo_ms(n % 3 == 0 ? 1 : 1000));
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 3; i++) (void)edo_scope_spawn(&s, n % 3 == 0 ? sleeps : request_part, &n);
    (void)edo_scope_end(&s, 0);
    CHECK_EQ(number(), n);
    return 0;
}

static int day(void *arg) {
    edo_scope s;
    (void)arg;
    edo_scope_begin(&s, &(edo_scope_opts){ .at_once = 100, .policy = EDO_SCOPE_ALL });
    for (int i = 0; i < 1000; i++) CHECK_EQ(edo_scope_spawn(&s, request, (void *)(intptr_t)i), 0);
    return edo_scope_end(&s, 0);
}

static void a_thousand_requests_of_which_some_time_out_leave_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(day, NULL), 0);
    assert_int_equal(texts_n, 0);
}

/* ---- Without memory -------------------------------------------------------------------------- */

static int without_memory(void *arg) {
    int two = 2;
    bool was_spawned = false;
    char *text = text_new("kept");
    (void)arg;
    for (int fails = 1; !was_spawned; fails++) {
        EDO_CONTEXT(a, &text_key, text);
        EDO_CONTEXT(b, &number_key, &two);
        fail_alloc_in = fails;
        edo_task *t = edo_spawn(job_sees, &two);
        was_spawned = fail_alloc_in > 0;
        fail_alloc_in = 0;
        CHECK(t || !was_spawned);
        CHECK_EQ(edo_task_join(t), t ? 0 : -ENOMEM);
        CHECK_EQ(edo_blocking(job_sees, &two), 0); // the block has stayed as it was
    }
    CHECK_EQ(texts_n, 1);
    edo_rc_unref(text);
    return 0;
}

static void a_spawn_without_memory_for_the_values_fails(void **state) {
    (void)state;
    assert_int_equal(inside(without_memory, NULL), 0);
    assert_int_equal(texts_n, 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_binds_hides_and_gives_back),
        cmocka_unit_test(what_is_started_in_a_block_sees_its_values),
        cmocka_unit_test(what_a_cut_await_drops_sees_the_values_of_the_block),
        cmocka_unit_test(who_was_started_elsewhere_sees_nothing),
        cmocka_unit_test(a_thread_keeps_its_values_from_the_tasks_that_it_drives),
        cmocka_unit_test(a_task_holds_what_it_has_inherited_until_it_ends),
        cmocka_unit_test(tasks_that_the_end_of_the_runtime_cuts_short_let_go),
        cmocka_unit_test(a_thousand_requests_of_which_some_time_out_leave_nothing),
        cmocka_unit_test(a_spawn_without_memory_for_the_values_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
