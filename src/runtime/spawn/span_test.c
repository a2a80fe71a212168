/* SPDX-License-Identifier: MIT */
/* Goal: a future in a span is as good a leaf as the one that it awaits, and its span ends with it.
 * Method: the generic leaf tests, with a span that a receiver hears the end of. */
#include <edo/notify.h>
#include <edo/receiver.h>

#include "leaf.h"

static unsigned ended_n;

static void on_event(void *arg, const edo_event *e) {
    (void)arg;
    if (e->ended) ended_n++;
}

static const edo_receiver_ops counts_ends = { .event = on_event };

typedef struct in_span_env {
    edo_notify notify;
    edo_notify_wait_future inner;
    edo_instrument_future f;
    unsigned ended_n; /* before */
} in_span_env;

static int in_span_make(void *arg, edo_future **f) {
    in_span_env *env = arg;
    edo_span *s = edo_info_span("polled");
    if (!s) return -ENOMEM;
    env->ended_n = ended_n;
    *f = edo_instrument_init(&env->f, edo_notify_wait_init(&env->inner, &env->notify), s);
    return 0;
}

static void in_span_notify(void *arg) {
    edo_notify_one(&((in_span_env *)arg)->notify);
}

static void in_span_has_ended(void *arg) {
    const in_span_env *env = arg;
    assert_int_equal(ended_n, env->ended_n + 1);
}

static void future_in_a_span_is_a_good_leaf(void **state) {
    edo_receiver *r;
    (void)state;
    assert_int_equal(edo_log_add(&r, &counts_ends, NULL, &(edo_receiver_opts){ .spans = true }), 0);
    leaf_run(&(leaf){ .name = "edo_instrument",
                      .env_bytes = sizeof(in_span_env),
                      .make = in_span_make,
                      .poke = in_span_notify,
                      .undo = in_span_notify,
                      .intact = in_span_has_ended });
    edo_log_remove(r);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(future_in_a_span_is_a_good_leaf) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
