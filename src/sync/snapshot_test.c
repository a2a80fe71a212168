/* SPDX-License-Identifier: MIT */
/* Goal: a reader has the newest value, whole, for as long as it keeps it; a value that was replaced
 *       ends with its last reader; readers that were stopped in the middle of a get delay neither
 *       sets, until no place is left, nor each other.
 * Method: counted values that note their end; gets whose first half is done by hand; threads that
 *       get and set at once. tests/model/snapshot.c has all interleavings of few. */
#include <edo/snapshot.h>

#include "base/atomic.h"
#include "rounds.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

static atomic_int ended_n;

typedef struct pair {
    int number, same;
} pair;

static void pair_end(void *self) {
    pair *p = self;
    assert_int_equal(p->number, p->same);
    p->number = -1;
    atomic_fetch_add(&ended_n, 1);
}

static pair *pair_new(int number) {
    pair *p = edo_rc_new(sizeof *p, pair_end);
    assert_non_null(p);
    *p = (pair){ number, number };
    return p;
}

static void value_lives_as_long_as_a_reader_has_it(void **state) {
    (void)state;
    static edo_snapshot in_static_storage = EDO_SNAPSHOT_INIT;
    edo_snapshot *s = &in_static_storage;
    atomic_store(&ended_n, 0);
    assert_null(edo_snapshot_get(s));
    edo_snapshot_set(s, pair_new(1));
    pair *one = edo_snapshot_get(s), *again = edo_snapshot_get(s);
    assert_ptr_equal(one, again);
    edo_snapshot_set(s, pair_new(2));
    pair *two = edo_snapshot_get(s);
    assert_int_equal(two->number, 2);
    edo_rc_unref(again);
    assert_int_equal(atomic_load(&ended_n), 0);
    assert_int_equal(one->number, 1);
    edo_rc_unref(one);
    assert_int_equal(atomic_load(&ended_n), 1);
    edo_snapshot_set(s, NULL);
    assert_null(edo_snapshot_get(s));
    assert_int_equal(atomic_load(&ended_n), 1);
    edo_rc_unref(two);
    assert_int_equal(atomic_load(&ended_n), 2);
}

static void value_may_be_set_again_and_again(void **state) {
    (void)state;
    edo_snapshot s = { 0 };
    atomic_store(&ended_n, 0);
    for (int i = 0; i < 1000; i++) {
        edo_snapshot_set(&s, pair_new(i));
        for (int k = 0; k < i % 4; k++) {
            pair *p = edo_snapshot_get(&s);
            assert_int_equal(p->number, i);
            edo_rc_unref(p);
        }
        assert_int_equal(atomic_load(&ended_n), i);
    }
    pair *same = edo_snapshot_get(&s);
    edo_snapshot_set(&s, same); // the same value, with a reference of its own
    assert_int_equal(atomic_load(&ended_n), 999);
    edo_snapshot_set(&s, NULL);
    assert_int_equal(atomic_load(&ended_n), 1000);
}

/* ---- Readers that were stopped --------------------------------------------------------------- */

/* The first half of a get, and the second. */
static edoi_snapshot_place *begin_get(edo_snapshot *s) {
    uint64_t before = edoi_add_acqrel_u64(&s->word, EDOI_SNAPSHOT_PLACES);
    return &s->places[before % EDOI_SNAPSHOT_PLACES];
}

static void *end_get(edoi_snapshot_place *p) {
    void *value = edo_rc_ref(p->value);
    if (edoi_sub_acqrel_u64(&p->inside, 1) == 1) {
        void *former = p->value;
        edoi_store_rel_u32(&p->busy, 0);
        edo_rc_unref(former);
    }
    return value;
}

static void stopped_readers_keep_their_values_and_delay_nobody(void **state) {
    (void)state;
    enum { STOPPED = EDOI_SNAPSHOT_PLACES - 1 };
    edo_snapshot s = EDO_SNAPSHOT_INIT;
    edoi_snapshot_place *stopped[STOPPED];
    atomic_store(&ended_n, 0);
    edo_snapshot_set(&s, pair_new(0));
    for (int i = 0; i < STOPPED; i++) {
        stopped[i] = begin_get(&s);
        edo_snapshot_set(&s, pair_new(i + 1)); // does not wait
        pair *p = edo_snapshot_get(&s);
        assert_int_equal(p->number, i + 1);
        edo_rc_unref(p);
    }
    assert_int_equal(atomic_load(&ended_n), 0);
    for (int i = STOPPED - 1; i >= 0; i--) { // not in the order in which they came
        pair *p = end_get(stopped[i]);
        assert_int_equal(p->number, i);
        edo_rc_unref(p);
        assert_int_equal(atomic_load(&ended_n), 2 * (STOPPED - i) - 1);
        edo_snapshot_set(&s, pair_new(100 + i));                    // into its place
        assert_int_equal(atomic_load(&ended_n), 2 * (STOPPED - i)); // and the former one has ended
    }
    edo_snapshot_set(&s, NULL);
}

typedef struct late_set {
    edo_snapshot *s;
    atomic_bool is_done;
} late_set;

static void *set_late(void *arg) {
    late_set *self = arg;
    edo_snapshot_set(self->s, NULL);
    atomic_store(&self->is_done, true);
    return NULL;
}

/* A thread goes on as soon as one of them does. */
static void set_waits_while_no_place_is_left(void **state) {
    (void)state;
    enum { STOPPED = EDOI_SNAPSHOT_PLACES - 1 };
    edo_snapshot s = EDO_SNAPSHOT_INIT;
    edoi_snapshot_place *stopped[STOPPED];
    edo_snapshot_set(&s, pair_new(0));
    for (int i = 0; i < STOPPED; i++) {
        stopped[i] = begin_get(&s);
        edo_snapshot_set(&s, pair_new(i + 1));
    }
    late_set late = { .s = &s };
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, set_late, &late), 0);
    for (int i = 0; i < 1000; i++) edo_rc_unref(edo_snapshot_get(&s)); // readers do not
    assert_false(atomic_load(&late.is_done));
    edo_rc_unref(end_get(stopped[1]));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_null(edo_snapshot_get(&s));
    edo_rc_unref(end_get(stopped[0]));
    edo_rc_unref(end_get(stopped[2]));
}

/* ---- Threads --------------------------------------------------------------------------------- */

typedef struct shared {
    edo_snapshot s;
    int rounds;
    atomic_int wrong_n;
} shared;

static void *read_all(void *arg) {
    shared *all = arg;
    int before = 0;
    while (before < all->rounds) {
        pair *p = edo_snapshot_get(&all->s);
        if (p->number != p->same || p->number < before) atomic_fetch_add(&all->wrong_n, 1);
        before = p->number;
        edo_rc_unref(p);
    }
    return NULL;
}

static void readers_see_whole_values_in_order(void **state) {
    (void)state;
    enum { READERS = 3 };
    shared all = { .rounds = (int)test_rounds(2000, 100000) };
    pthread_t threads[READERS];
    atomic_store(&ended_n, 0);
    edo_snapshot_set(&all.s, pair_new(0));
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_all, &all), 0);
    for (int i = 1; i <= all.rounds; i++) edo_snapshot_set(&all.s, pair_new(i));
    for (int i = 0; i < READERS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&all.wrong_n), 0);
    assert_int_equal(atomic_load(&ended_n), all.rounds);
    edo_snapshot_set(&all.s, NULL);
    assert_int_equal(atomic_load(&ended_n), all.rounds + 1);
}

static void *set_some(void *arg) {
    shared *all = arg;
    for (int i = 0; i < all->rounds; i++) {
        edo_snapshot_set(&all->s, pair_new(i));
        edo_rc_unref(edo_snapshot_get(&all->s));
    }
    return NULL;
}

static void several_set_at_once_and_nothing_is_left(void **state) {
    (void)state;
    enum { WRITERS = 3 };
    shared all = { .rounds = (int)test_rounds(1000, 50000) };
    pthread_t threads[WRITERS];
    atomic_store(&ended_n, 0);
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, set_some, &all), 0);
    for (int i = 0; i < WRITERS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    edo_snapshot_set(&all.s, NULL);
    assert_int_equal(atomic_load(&ended_n), WRITERS * all.rounds);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(value_lives_as_long_as_a_reader_has_it),
        cmocka_unit_test(value_may_be_set_again_and_again),
        cmocka_unit_test(stopped_readers_keep_their_values_and_delay_nobody),
        cmocka_unit_test(set_waits_while_no_place_is_left),
        cmocka_unit_test(readers_see_whole_values_in_order),
        cmocka_unit_test(several_set_at_once_and_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
