/* SPDX-License-Identifier: MIT */
/* Goal: a stream over others that there is no memory for leaves these the caller's, open and
 * usable.
 * Method: each kind is made with the k-th allocation failing, k = 1, 2, … until none fails. */
#include "base/memory/alloc.h"

#include <edo/edo.h>
#include <edo/streams.h>

#include "inside.h"

#include <errno.h>

/* What is made of `a` and `b`. */
typedef struct over {
    edo_stream *a, *b, *made[2];
    bool takes_b;
} over;

static void inspect_nothing(void *arg, uint32_t what, const void *bytes, size_t n) {
    (void)arg;
    (void)what;
    (void)bytes;
    (void)n;
}

static int split_in_two(over *o) {
    return edo_stream_split(&o->made[0], &o->made[1], o->a);
}

static int take_some(over *o) {
    return edo_stream_take(&o->made[0], o->a, 5);
}

static int inspect(over *o) {
    return edo_stream_inspect(&o->made[0], o->a, inspect_nothing, NULL);
}

static int limit_waits(over *o) {
    return edo_stream_timeouts(&o->made[0], o->a, &(edo_stream_timeouts_opts){ .read = edo_s(1) });
}

static int chain_two(over *o) {
    o->takes_b = true;
    return edo_stream_chain(&o->made[0], o->a, o->b);
}

static int tee_into(over *o) {
    o->takes_b = true;
    return edo_stream_tee(&o->made[0], o->a, o->b);
}

static int join_two(over *o) {
    o->takes_b = true;
    return edo_stream_join(&o->made[0], o->a, o->b);
}

/* Bytes go through both, and a half of either can be closed. */
static void are_usable(over *o, edo_stream *far_a, edo_stream *far_b) {
    char byte;
    assert_int_equal(edo_try_write(o->a, "x", 1), 1);
    assert_int_equal(edo_try_read(far_a, &byte, 1), 1);
    assert_int_equal(edo_try_write(far_b, "y", 1), 1);
    assert_int_equal(edo_try_read(o->b, &byte, 1), 1);
}

/* Returns whether the k-th allocation was made, and failed. */
static bool fails_at(int (*make)(over *o), uint64_t k) {
    over o = { 0 };
    edo_stream *far_a, *far_b;
    assert_int_equal(edo_duplex(&o.a, &far_a, 16), 0);
    assert_int_equal(edo_duplex(&o.b, &far_b, 16), 0);
    edoi_alloc_fail_at(k);
    int err = make(&o);
    bool fired = edoi_alloc_fail_fired();
    edoi_alloc_fail_at(0);
    assert_int_equal(err, fired ? -ENOMEM : 0);
    if (fired) are_usable(&o, far_a, far_b);
    edo_close(fired ? o.a : o.made[0]);
    if (o.made[1]) edo_close(o.made[1]);
    if (fired || !o.takes_b) edo_close(o.b);
    edo_close(far_a);
    edo_close(far_b);
    return fired;
}

static void what_was_not_made_leaves_the_streams_below(void **state) {
    (void)state;
    int (*const all[])(over *) = { split_in_two, take_some, inspect, limit_waits,
                                   chain_two,    tee_into,  join_two };
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        uint64_t k = 1;
        while (fails_at(all[i], k)) k++;
        assert_true(k > 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_not_made_leaves_the_streams_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
