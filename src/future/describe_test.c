/* SPDX-License-Identifier: MIT */
/* Goal: a description of a pending future names what it waits for, its inner futures, and when it
 *       is due. */
#include "future/describe.h"

#include <edo/edo.h>

#include "poll_by_hand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

static void assert_told(edo_future *f, int64_t now_ns, const char *want) {
    edoi_text text = { .n = 0 };
    edoi_describe(&text, f, now_ns);
    assert_string_equal(text.at, want);
}

static edo_future *polled(edo_future *f) {
    hand_waker w = HAND_WAKER;
    edo_cx cx = hand_cx(&w, EDO_BUDGET);
    assert_int_equal(edo_poll(f, &cx), EDO_PENDING);
    return f;
}

/* A sleep that seems armed for 100 ms after the beginning of time. */
static edo_future *sleep_until_100_ms(edo_sleep_future *f) {
    (void)edo_sleep_init(f, edo_ms(1));
    edo_future_next_step(&f->base, 1);
    f->base.own = 1;
    f->at_ns = 100 * MS;
    return &f->base;
}

static void sleep_is_described_with_its_due_time(void **state) {
    (void)state;
    edo_sleep_future f;
    assert_told(edo_sleep_init(&f, edo_ms(1)), 0, "edo_sleep"); // fresh
    (void)sleep_until_100_ms(&f);
    assert_told(&f.base, 30 * MS, "edo_sleep, due in 70 ms");
    assert_told(&f.base, 130 * MS, "edo_sleep, due 30 ms ago");
    assert_told(&f.base, -1, "edo_sleep");
    (void)edo_sleep_at_init(&f, (edo_instant){ 100 * MS }); // fresh, but it is known when
    assert_told(&f.base, 30 * MS, "edo_sleep, due in 70 ms");
    (void)edo_sleep_at_init(&f, (edo_instant){ INT64_MIN });
    assert_told(&f.base, INT64_MAX, "edo_sleep, due 9223372036 s ago");
}

static void described_branches_are_bounded_in_number(void **state) {
    (void)state;
    edo_notify bell = EDO_NOTIFY_INIT;
    edo_notify_wait_future waits[8];
    edo_future *futures[8];
    for (size_t i = 0; i < EDO_COUNT(waits); i++)
        futures[i] = edo_notify_wait_init(&waits[i], &bell);
    edo_join_future two, many;
    assert_told(polled(edo_join_init(&two, futures, 2, 0)), 0,
                "edo_join of edo_notify_wait, edo_notify_wait");
    edo_drop(&two.base);
    for (size_t i = 0; i < EDO_COUNT(waits); i++)
        futures[i] = edo_notify_wait_init(&waits[i], &bell);
    edoi_text text = { .n = 0 };
    edoi_describe(&text, polled(edo_join_init(&many, futures, 8, 0)), 0);
    const char *end = ", ...";
    assert_true(text.n > strlen(end));
    assert_string_equal(text.at + text.n - strlen(end), end);
    edo_drop(&many.base);
}

static void finished_branch_is_not_described(void **state) {
    (void)state;
    edo_notify bell = EDO_NOTIFY_INIT;
    edo_notify_wait_future wait;
    edo_ready_future ready;
    edo_future *futures[] = { edo_ready_init(&ready, 0), edo_notify_wait_init(&wait, &bell) };
    edo_join_future both;
    assert_told(polled(edo_join_init(&both, futures, 2, 0)), 0, "edo_join of edo_notify_wait");
    edo_drop(&both.base);
}

/* Describes itself, as a program's own future does. */
typedef struct pair {
    edo_future base;
    int port;
    edo_notify_wait_future wait;
} pair;

static edo_polled pair_poll(edo_future *f, edo_cx *cx) {
    return edo_poll(&((pair *)(void *)f)->wait.base, cx);
}

static void pair_describe(const edo_future *f, edo_description *to) {
    const pair *self = (const pair *)(const void *)f;
    edo_describe_text(to, " at port %d, of ", self->port);
    edo_describe_future(to, &self->wait.base);
}

static const edo_future_ops pair_ops = {
    .poll = pair_poll, .name = "pair", .size = sizeof(pair), .describe = pair_describe
};

static edo_future *pair_init(pair *self, edo_notify *bell) {
    *self = (pair){ .port = 70 };
    (void)edo_notify_wait_init(&self->wait, bell);
    return edo_future_init(&self->base, &pair_ops);
}

static void programs_own_future_describes_itself_and_the_future_it_awaits(void **state) {
    (void)state;
    edo_notify bell = EDO_NOTIFY_INIT;
    pair p;
    assert_told(pair_init(&p, &bell), 0, "pair at port 70, of edo_notify_wait");
}

static void boxed_future_and_one_under_a_token_name_the_inner_one(void **state) {
    (void)state;
    edo_notify bell = EDO_NOTIFY_INIT;
    pair p;
    edo_future *box = edo_boxed_new(pair_init(&p, &bell));
    assert_non_null(box);
    edo_cancel_token *token;
    assert_int_equal(edo_cancel_new(&token), 0);
    edo_cancel_run_future run;
    assert_told(edo_cancel_run_init(&run, token, box), 0,
                "edo_cancel_run of edo_boxed of pair at port 70, of edo_notify_wait");
    edo_drop(&run.base);
    edo_cancel_unref(token);
}

static int awaits_at;

EDO_ASYNC(waits_by_hand, edo_notify *bell; edo_notify_wait_future wait;) {
    EDO_BEGIN;
    awaits_at = __LINE__ + 1;
    EDO_AWAIT(edo_notify_wait_init(&self->wait, self->bell));
    EDO_RETURN(0);
    EDO_END;
}

static void timeout_names_the_inner_future_and_its_limit(void **state) {
    (void)state;
    edo_notify bell = EDO_NOTIFY_INIT;
    edo_notify_wait_future wait;
    edo_timeout_future f;
    (void)edo_timeout_init(&f, edo_notify_wait_init(&wait, &bell), edo_s(1));
    assert_told(&f.base, 30 * MS, "edo_timeout of edo_notify_wait"); // the limit has not begun
    (void)sleep_until_100_ms(&f.limit);
    assert_told(&f.base, 30 * MS, "edo_timeout of edo_notify_wait, over in 70 ms");
}

static void async_body_names_its_line(void **state) {
    (void)state;
    edo_notify bell = EDO_NOTIFY_INIT;
    waits_by_hand f = { .bell = &bell };
    assert_told(waits_by_hand_init(&f), 0, "waits_by_hand");
    (void)polled(&f.base);
    char want[80];
    (void)snprintf(want, sizeof want, "waits_by_hand at line %d: edo_notify_wait", awaits_at);
    assert_told(&f.base, 0, want);
    edo_drop(&f.base);
}

static void described_nesting_is_bounded_in_depth(void **state) {
    (void)state;
    edo_notify bell = EDO_NOTIFY_INIT;
    pair p;
    edo_join_future nested[4];
    edo_future *inner[4] = { pair_init(&p, &bell) };
    for (size_t i = 0; i < EDO_COUNT(nested); i++) {
        edo_future *f = edo_join_init(&nested[i], &inner[i], 1, 0);
        if (i + 1 < EDO_COUNT(nested)) inner[i + 1] = f;
    }
    assert_told(polled(&nested[3].base), 0, "edo_join of edo_join of edo_join of edo_join of pair");
    edo_drop(&nested[3].base);
    edo_drop(&p.wait.base);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sleep_is_described_with_its_due_time),
        cmocka_unit_test(described_branches_are_bounded_in_number),
        cmocka_unit_test(finished_branch_is_not_described),
        cmocka_unit_test(programs_own_future_describes_itself_and_the_future_it_awaits),
        cmocka_unit_test(boxed_future_and_one_under_a_token_name_the_inner_one),
        cmocka_unit_test(timeout_names_the_inner_future_and_its_limit),
        cmocka_unit_test(async_body_names_its_line),
        cmocka_unit_test(described_nesting_is_bounded_in_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
