/* SPDX-License-Identifier: MIT */
/* Goal: adapters of one sequence promise one thing: a chain is checked once, a read that is dropped
 * loses no item and leaves no waker, a shutdown goes down to the source, and an item costs one
 * operation of the budget; and filter_map, skip_while and inspect give what edo/seq.h says.
 * Method: each promise for each adapter, by one table; sequences read by hand; each allocation
 * failing; the generic leaf tests. Times: limits/throttle_test.c and limits/timeout_test.c. */
#include <edo/seq.h>

#include "leaf.h"
#include "runtime/thread/by_hand_test.h"
#include "seq/seq_test.h"

#include <string.h>

/* ---- Every adapter --------------------------------------------------------------------------- */

static int keep(void *arg, const void *in, void *out) {
    (void)arg;
    *(int *)out = *(const int *)in;
    return 1;
}

static int is_never(void *arg, const void *item) {
    (void)arg, (void)item;
    return 0;
}

static void look_away(void *arg, int result, const void *item) {
    (void)arg, (void)result, (void)item;
}

static edo_seq *make_filter_map(edo_seq *s) {
    return edo_seq_filter_map(s, keep, NULL, sizeof(int));
}

static edo_seq *make_skip_while(edo_seq *s) {
    return edo_seq_skip_while(s, is_never, NULL);
}

static edo_seq *make_inspect(edo_seq *s) {
    return edo_seq_inspect(s, look_away, NULL);
}

static edo_seq *make_throttle(edo_seq *s) {
    return edo_seq_throttle(s, edo_ns(0));
}

static edo_seq *make_timeout(edo_seq *s) {
    return edo_seq_timeout(s, edo_hours(1));
}

static edo_seq *make_flatten(edo_seq *s) {
    if (!s) return edo_seq_flatten(NULL, sizeof(int));
    edo_seq *flat = edo_seq_flatten(edo_seq_once(&s, sizeof s), sizeof(int));
    if (!flat) edo_seq_free(s);
    return flat;
}

/* Each gives all items of its source. */
static const struct kind {
    const char *name;
    edo_seq *(*make)(edo_seq *s);
} kinds_of_adapters[] = {
    { "filter_map", make_filter_map }, { "skip_while", make_skip_while },
    { "inspect", make_inspect },       { "throttle", make_throttle },
    { "timeout", make_timeout },       { "flatten", make_flatten },
};

/* The runtime and the adapter of the current case: polls get its worker. */
static edo_runtime *current;
static const struct kind *kind;

#define EACH_ADAPTER(k) for (k = kinds_of_adapters; k < &kinds_of_adapters[6]; k++)

static edo_polled poll_inside(edo_future *f, edo_cx *cx) {
    cx->worker = edoi_by_hand_worker(current);
    return edo_poll(f, cx);
}

static edo_polled waits(edo_seq_next_future *f, hand_waker *w) {
    edo_cx cx = hand_cx(w, EDO_BUDGET);
    return poll_inside(&f->base, &cx);
}

static int begin(void **state) {
    (void)state;
    return edo_runtime_new(&current, &(edo_runtime_opts){ .start_paused = true });
}

static int end(void **state) {
    (void)state;
    edo_runtime_free(current);
    return 0;
}

static void items_failures_and_end_pass(void **state) {
    (void)state;
    EACH_ADAPTER(kind) {
        seq_counter c;
        edo_seq *s = kind->make(counter_init(&c, 5));
        reads(s, (int[]){ 1, 2, -EIO, 4, 5, 0, 0 }, 7);
        assert_int_equal(edo_seq_size_hint(s).most, 0);
        edo_seq_free(s);
        assert_int_equal(c.drops, 1);
        assert_null(kind->make(NULL));
    }
}

static void without_memory_the_source_is_freed(void **state) {
    (void)state;
    EACH_ADAPTER(kind) {
        uint64_t k = 1;
        for (bool failed = true; failed; k++) {
            seq_counter c;
            edoi_alloc_fail_at(k);
            edo_seq *s = kind->make(counter_init(&c, 2));
            failed = edoi_alloc_fail_fired();
            edoi_alloc_fail_at(0);
            assert_int_equal(s == NULL, failed);
            if (!failed) reads(s, (int[]){ 1 }, 1);
            edo_seq_free(s);
            assert_int_equal(c.drops, 1);
        }
        assert_true(k > 2);
    }
}

static void a_dropped_read_leaves_no_waker_and_loses_nothing(void **state) {
    (void)state;
    EACH_ADAPTER(kind) {
        seq_counter c;
        int item = 0;
        hand_waker w = HAND_WAKER;
        edo_seq_next_future f;
        edo_seq *s = kind->make(counter_init(&c, 2));
        c.is_pending = true;
        (void)edo_seq_next_init(&f, s, &item);
        assert_int_equal(waits(&f, &w), EDO_PENDING);
        assert_ptr_equal(c.waker, &w.base);
        edo_drop(&f.base);
        assert_null(c.waker);
        assert_int_equal(c.leaves, 1);
        (void)edo_seq_next_init(&f, s, &item);
        assert_int_equal(waits(&f, &w), EDO_PENDING);
        c.is_pending = false;
        assert_int_equal(waits(&f, &w), EDO_READY);
        assert_int_equal(edo_result(&f), 1);
        assert_int_equal(item, 1);
        assert_int_equal(c.leaves, 1);
        assert_int_equal(hand_refs(&w), 0);
        assert_int_equal(edoi_wheel_armed_n(edoi_by_hand_wheel(current)), 0);
        reads(s, (int[]){ 2, 0 }, 2);
        edo_seq_free(s);
    }
}

static void it_is_freed_while_it_waits(void **state) {
    (void)state;
    EACH_ADAPTER(kind) {
        seq_counter c;
        int item, result;
        hand_waker w = HAND_WAKER;
        edo_cx cx = hand_cx(&w, 10);
        cx.worker = edoi_by_hand_worker(current);
        edo_seq *s = kind->make(counter_init(&c, 2));
        c.is_pending = true;
        assert_int_equal(edo_seq_poll_next(s, &cx, &item, &result), EDO_PENDING);
        edo_seq_free(s);
        assert_int_equal(c.leaves, 1);
        assert_int_equal(c.drops, 1);
        assert_int_equal(edoi_wheel_armed_n(edoi_by_hand_wheel(current)), 0);
    }
}

static void a_shutdown_goes_down_to_the_source(void **state) {
    (void)state;
    EACH_ADAPTER(kind) {
        seq_counter c;
        int item, result;
        hand_waker w = HAND_WAKER;
        edo_seq_shutdown_future f;
        edo_cx cx = hand_cx(&w, 10);
        cx.worker = edoi_by_hand_worker(current);
        edo_seq *s = kind->make(counter_init(&c, 2));
        c.is_pending = true;
        assert_int_equal(edo_seq_poll_next(s, &cx, &item, &result), EDO_PENDING);
        assert_int_equal(hand_poll(edo_seq_shutdown_init(&f, s), &w), EDO_PENDING);
        assert_int_equal(c.leaves, 1);
        assert_ptr_equal(c.waker, &w.base);
        assert_int_equal(hand_poll(&f.base, &w), EDO_PENDING);
        c.is_pending = false;
        assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
        assert_int_equal(c.stops, 3);
        assert_int_equal(c.drops, 1);
        assert_int_equal(edoi_wheel_armed_n(edoi_by_hand_wheel(current)), 0);
    }
}

static void one_item_costs_one_operation(void **state) {
    (void)state;
    EACH_ADAPTER(kind) {
        seq_counter c;
        int item;
        edo_seq *s = kind->make(counter_init(&c, 6));
        for (int i = 0; i < 6; i++) {
            edo_seq_next_future f;
            edo_cx cx = { .waker = edo_waker_noop(), .budget = 100 };
            assert_int_equal(edo_poll(edo_seq_next_init(&f, s, &item), &cx), EDO_READY);
            uint32_t more = i == 0 && kind->make == make_flatten; // the sequence is an item, too
            assert_int_equal(100 - cx.budget, 1 + more);
        }
        edo_seq_free(s);
    }
}

/* ---- Filter and map -------------------------------------------------------------------------- */

static int halves(void *arg, const void *in, void *out) {
    int value = *(const int *)in;
    (void)arg;
    if (value == 8) return -ERANGE;
    if (value % 2 != 0) return 0;
    *(int64_t *)out = value / 2;
    return value; // more than 1 is 1
}

static void filter_map_gives_what_comes_of_an_item(void **state) {
    (void)state;
    static const int64_t wanted[] = { 1, -EIO, 2, -EIO, -ERANGE, -EIO, 5, 0, 0 };
    seq_counter c;
    edo_seq *s = edo_seq_filter_map(counter_init(&c, 11), halves, NULL, sizeof(int64_t));
    assert_int_equal(s->item_size, sizeof(int64_t));
    for (size_t i = 0; i < EDO_COUNT(wanted); i++) {
        int64_t item = -7;
        int rc = next_now(s, &item);
        assert_int_equal(rc == 1 ? item : rc, wanted[i]);
        assert_true((rc == 1) == (item != -7));
    }
    edo_seq_free(s);
    static const int items[] = { 1, 2, 3 };
    s = edo_seq_filter_map(edo_seq_array(items, 3, sizeof(int)), halves, NULL, sizeof(int64_t));
    assert_int_equal(edo_seq_size_hint(s).least, 0);
    assert_int_equal(edo_seq_size_hint(s).most, 3);
    edo_seq_free(s);
}

static int is_one(void *arg, const void *item) {
    (void)arg;
    return *(const int *)item == 1;
}

/* Of 200 items one comes; the budget is for fewer. */
static void what_passes_little_yields(void **state) {
    (void)state;
    static int items[200];
    for (int i = 0; i < 199; i++) items[i] = 1;
    items[199] = 4;
    for (int i = 0; i < 2; i++) {
        int64_t item = 0;
        hand_waker w = HAND_WAKER;
        edo_seq_next_future f;
        edo_seq *s = edo_seq_array(items, 200, sizeof(int));
        s = i == 0 ? edo_seq_filter_map(s, halves, NULL, sizeof item)
                   : edo_seq_skip_while(s, is_one, NULL);
        assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &item), &w), EDO_PENDING);
        assert_int_equal(hand_woken(&w), 1);
        assert_int_equal(edo_seq_size_hint(s).most, 200 - EDO_BUDGET);
        assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
        assert_int_equal(edo_result(&f), 1);
        edo_seq_free(s);
    }
}

/* ---- Skip while ------------------------------------------------------------------------------ */

static int is_small(void *arg, const void *item) {
    int value = *(const int *)item;
    ++*(int *)arg;
    return value == 2 ? -ERANGE : value < 5;
}

static void skip_while_gives_all_from_the_first_that_is_not_so(void **state) {
    (void)state;
    static const int items[] = { 1, 2, 3, 7, 1, 2 };
    int asked_n = 0;
    seq_counter c;
    edo_seq *s = edo_seq_skip_while(edo_seq_array(items, 6, sizeof(int)), is_small, &asked_n);
    assert_int_equal(edo_seq_size_hint(s).least, 0);
    assert_int_equal(edo_seq_size_hint(s).most, 6);
    reads(s, (int[]){ -ERANGE, 7 }, 2);
    assert_int_equal(edo_seq_size_hint(s).least, 2);
    reads(s, (int[]){ 1, 2, 0, 0 }, 4);
    assert_int_equal(asked_n, 4);
    edo_seq_free(s);
    s = edo_seq_skip_while(counter_init(&c, 7), is_small, &asked_n);
    reads(s, (int[]){ -ERANGE, -EIO, 5, -EIO, 7, 0 }, 6);
    edo_seq_free(s);
    s = edo_seq_skip_while(edo_seq_array(items, 1, sizeof(int)), is_small, &asked_n);
    reads(s, (int[]){ 0, 0 }, 2); // none is left
    edo_seq_free(s);
}

/* ---- Inspect --------------------------------------------------------------------------------- */

typedef struct seen {
    int at[9];
    size_t n;
} seen;

static void note(void *arg, int result, const void *item) {
    seen *self = arg;
    assert_true(self->n < EDO_COUNT(self->at));
    assert_int_equal(result == 1, item != NULL);
    self->at[self->n++] = item ? *(const int *)item : result;
}

static void inspect_sees_what_is_read(void **state) {
    (void)state;
    static const int wanted[] = { 1, 2, -EIO, 4, 0 };
    seen all = { .n = 0 }, few = { .n = 0 };
    seq_counter c;
    int item;
    hand_waker w = HAND_WAKER;
    edo_seq_next_future f;
    edo_seq *s = edo_seq_take(edo_seq_inspect(counter_init(&c, 9), note, &few), 2);
    s = edo_seq_inspect(edo_seq_chain(s, edo_seq_empty(sizeof(int))), note, &all);
    reads(s, (int[]){ 1, 2, 0, 0 }, 4);
    edo_seq_free(s);
    assert_int_equal(few.n, 2); // it was not read to its end
    assert_int_equal(all.n, 3);
    assert_int_equal(all.at[2], 0);
    all.n = 0;
    s = edo_seq_inspect(counter_init(&c, 4), note, &all);
    c.is_pending = true;
    assert_int_equal(hand_poll(edo_seq_next_init(&f, s, &item), &w), EDO_PENDING);
    edo_drop(&f.base);
    assert_int_equal(all.n, 0);
    c.is_pending = false;
    reads(s, wanted, EDO_COUNT(wanted));
    assert_int_equal(next_now(s, &item), 0);
    edo_seq_free(s);
    assert_int_equal(all.n, EDO_COUNT(wanted)); // the end once
    assert_memory_equal(all.at, wanted, sizeof wanted);
}

/* ---- Generic leaf tests ---------------------------------------------------------------------- */

typedef struct env {
    edo_mpsc_tx *tx;
    edo_seq *seq;
    edo_runtime *rt;
    edo_seq_next_future next;
    int item;
} env;

static int env_make(void *arg, edo_future **f) {
    env *e = arg;
    edo_mpsc_rx *rx;
    int err = edo_mpsc_new(&e->tx, &rx, sizeof(int), 4, NULL);
    if (err < 0) return err;
    err = edo_runtime_new(&e->rt, &(edo_runtime_opts){ .start_paused = true });
    // One item before: a flatten has taken its sequence then, which costs an operation.
    if (err == 0) err = edo_mpsc_try_send(e->tx, &(int){ 3 });
    if (err < 0) {
        edo_mpsc_rx_free(rx);
    } else {
        e->seq = kind->make(edo_seq_from_mpsc(rx));
    }
    if (!e->seq) {
        edo_mpsc_tx_unref(e->tx);
        edo_runtime_free(e->rt);
        return -ENOMEM;
    }
    current = e->rt;
    reads(e->seq, (int[]){ 3 }, 1);
    *f = edo_seq_next_init(&e->next, e->seq, &e->item);
    return 0;
}

static void env_poke(void *arg) {
    int value = 7, err = -ENOMEM;
    while (err == -ENOMEM) err = edo_mpsc_try_send(((env *)arg)->tx, &value);
    assert_int_equal(err, 0);
}

/* The value was read, or is still to be read. */
static void env_intact(void *arg) {
    env *e = arg;
    if (e->item == 0) assert_int_equal(next_now(e->seq, &e->item), 1);
    assert_int_equal(e->item, 7);
}

static void env_cleanup(void *arg) {
    env *e = arg;
    edo_mpsc_tx_unref(e->tx);
    edo_seq_free(e->seq);
    edo_runtime_free(e->rt);
}

static edo_runtime *env_runtime(void *arg) {
    return ((env *)arg)->rt;
}

static void next_passes_as_every_leaf(void **state) {
    (void)state;
    static const leaf l = { .name = "edo_seq_next",
                            .env_bytes = sizeof(env),
                            .make = env_make,
                            .poke = env_poke,
                            .intact = env_intact,
                            .cleanup = env_cleanup,
                            .result = 1,
                            .poll = poll_inside,
                            .runtime = env_runtime };
    EACH_ADAPTER(kind) leaf_run(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(items_failures_and_end_pass, begin, end),
        cmocka_unit_test_setup_teardown(without_memory_the_source_is_freed, begin, end),
        cmocka_unit_test_setup_teardown(a_dropped_read_leaves_no_waker_and_loses_nothing, begin,
                                        end),
        cmocka_unit_test_setup_teardown(it_is_freed_while_it_waits, begin, end),
        cmocka_unit_test_setup_teardown(a_shutdown_goes_down_to_the_source, begin, end),
        cmocka_unit_test_setup_teardown(one_item_costs_one_operation, begin, end),
        cmocka_unit_test(filter_map_gives_what_comes_of_an_item),
        cmocka_unit_test(what_passes_little_yields),
        cmocka_unit_test(skip_while_gives_all_from_the_first_that_is_not_so),
        cmocka_unit_test(inspect_sees_what_is_read),
        cmocka_unit_test(next_passes_as_every_leaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
