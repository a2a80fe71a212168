/* SPDX-License-Identifier: MIT */
/* Goal: a pool lends each object to one owner at a time, keeps no more objects than it may, and
 * loses none, whichever threads get and put them.
 * Method: its statistics after each step; objects are stamped by their owner and looked at before
 * they go back. The breaches that abort a debug build are in tests/docs/misuse_test.c. */
#include "seed.h"

#include <edo/slab.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OBJECTS 4000

static void *objects[OBJECTS];

static edo_slab *slab_of(size_t bytes, const edo_slab_opts *opts) {
    edo_slab *s = NULL;
    assert_int_equal(edo_slab_new(&s, bytes, opts), 0);
    assert_non_null(s);
    return s;
}

static edo_slab_stats stats_of(edo_slab *s) {
    edo_slab_stats now;
    edo_slab_get_stats(s, &now);
    return now;
}

static void get_all(edo_slab *s, size_t n) {
    for (size_t i = 0; i < n; i++) {
        objects[i] = edo_slab_get(s);
        assert_non_null(objects[i]);
    }
}

static void put_all(edo_slab *s, size_t n) {
    for (size_t i = 0; i < n; i++) edo_slab_put(s, objects[i]);
}

/* ---- One thread ------------------------------------------------------------------------------ */

static void objects_are_aligned_and_do_not_overlap(void **state) {
    (void)state;
    for (size_t bytes = 1; bytes <= 300; bytes += 7) {
        edo_slab *s = slab_of(bytes, NULL);
        get_all(s, 20);
        for (size_t i = 0; i < 20; i++) {
            assert_int_equal((uintptr_t)objects[i] % _Alignof(max_align_t), 0);
            memset(objects[i], (int)i, bytes);
        }
        for (size_t i = 0; i < 20; i++) {
            const unsigned char *byte = objects[i];
            for (size_t at = 0; at < bytes; at++) assert_int_equal(byte[at], i);
        }
        put_all(s, 20);
        edo_slab_put(s, NULL);
        edo_slab_free(s);
    }
}

static void object_put_last_is_got_first(void **state) {
    (void)state;
    edo_slab *s = slab_of(100, NULL);
    void *a = edo_slab_get(s), *b = edo_slab_get(s);
    edo_slab_put(s, a);
    edo_slab_put(s, b);
    assert_ptr_equal(edo_slab_get(s), b);
    assert_ptr_equal(edo_slab_get(s), a);
    edo_slab_put(s, a);
    edo_slab_put(s, b);
    edo_slab_free(s);
}

static void zeroed_objects_are_clear_at_each_get(void **state) {
    (void)state;
    static const char clear[40];
    edo_slab *s = slab_of(sizeof clear, &(edo_slab_opts){ .zeroed = true });
    for (int round = 0; round < 3; round++) {
        char *object = edo_slab_get(s);
        assert_memory_equal(object, clear, sizeof clear);
        memset(object, 0xff, sizeof clear);
        edo_slab_put(s, object);
    }
    assert_int_equal(stats_of(s).made, 1);
    edo_slab_free(s);
}

/* An object that is expensive to make: it owns memory, and records what was done to it. */
typedef struct dear {
    char *buffer;
    int uses, resets;
} dear;

typedef struct calls {
    int constructs, resets, destructs, fail_from;
} calls;

static int construct(void *arg, void *object) {
    calls *n = arg;
    dear *d = object;
    if (n->fail_from && n->constructs + 1 >= n->fail_from) return -ENOMEM;
    *d = (dear){ .buffer = malloc(64) };
    n->constructs++;
    return d->buffer ? 0 : -ENOMEM;
}

static void reset(void *arg, void *object) {
    calls *n = arg;
    dear *d = object;
    d->resets++;
    n->resets++;
}

static void destruct(void *arg, void *object) {
    calls *n = arg;
    dear *d = object;
    assert_int_equal(d->uses, d->resets);
    free(d->buffer);
    n->destructs++;
}

static edo_slab *slab_of_dear(calls *n, size_t kept_max) {
    return slab_of(sizeof(dear), &(edo_slab_opts){ .name = "dear",
                                                   .kept_max = kept_max,
                                                   .construct = construct,
                                                   .reset = reset,
                                                   .destruct = destruct,
                                                   .arg = n });
}

static void bad_options_are_refused(void **state) {
    (void)state;
    static const edo_slab_opts late = { .reserved = { 0, 1 } };
    static const edo_slab_opts both = { .zeroed = true, .reset = reset };
    edo_slab *s = NULL;
    assert_int_equal(edo_slab_new(&s, 0, NULL), -EINVAL);
    assert_int_equal(edo_slab_new(&s, ((size_t)1 << 30) + 1, NULL), -EINVAL);
    assert_int_equal(edo_slab_new(&s, 8, &late), -EINVAL);
    assert_int_equal(edo_slab_new(&s, 8, &both), -EINVAL);
    assert_null(s);
    edo_slab_free(NULL);
}

static void an_object_is_constructed_once_and_reset_at_each_put(void **state) {
    (void)state;
    calls n = { 0 };
    edo_slab *s = slab_of_dear(&n, 0);
    for (int round = 0; round < 5; round++) {
        dear *d = edo_slab_get(s);
        assert_non_null(d);
        assert_int_equal(d->uses, round); // it keeps its bytes
        assert_int_equal(d->resets, round);
        d->uses++;
        d->buffer[63] = 'x';
        edo_slab_put(s, d);
    }
    assert_int_equal(n.constructs, 1);
    assert_int_equal(n.resets, 5);
    assert_int_equal(n.destructs, 0);
    assert_int_equal(edo_slab_trim(s), 1);
    assert_int_equal(n.destructs, 1);
    dear *d = edo_slab_get(s);
    assert_int_equal(d->uses, 0);
    d->uses++;
    edo_slab_put(s, d);
    edo_slab_free(s);
    assert_int_equal(n.constructs, 2);
    assert_int_equal(n.destructs, 2);
}

static void a_construct_that_fails_fails_the_get(void **state) {
    (void)state;
    calls n = { .fail_from = 2 };
    edo_slab *s = slab_of_dear(&n, 0);
    dear *d = edo_slab_get(s);
    assert_non_null(d);
    assert_null(edo_slab_get(s));
    assert_int_equal(stats_of(s).in_use, 1);
    d->uses++;
    edo_slab_put(s, d);
    assert_ptr_equal(edo_slab_get(s), d); // a kept one needs no construct
    d->uses++;
    edo_slab_put(s, d);
    edo_slab_free(s);
    assert_int_equal(n.destructs, 1);
}

static void no_more_than_kept_max_are_kept(void **state) {
    (void)state;
    static const size_t bounds[] = { 1, 2, 3, 15, 16, 100, 101, 3000 };
    for (size_t i = 0; i < EDO_COUNT(bounds); i++) {
        calls n = { 0 };
        edo_slab *s = slab_of_dear(&n, bounds[i]);
        for (int round = 0; round < 3; round++) {
            get_all(s, OBJECTS);
            assert_int_equal(stats_of(s).in_use, OBJECTS);
            for (size_t j = 0; j < OBJECTS; j++) {
                ((dear *)objects[j])->uses++;
                edo_slab_put(s, objects[j]);
                assert_true(stats_of(s).kept <= bounds[i]);
            }
            assert_int_equal(stats_of(s).kept, bounds[i]);
            assert_int_equal(n.constructs - n.destructs, bounds[i]);
        }
        edo_slab_free(s);
        assert_int_equal(n.constructs, n.destructs);
    }
}

static void a_steady_state_makes_nothing(void **state) {
    (void)state;
    edo_slab *s = slab_of(48, NULL);
    get_all(s, OBJECTS);
    put_all(s, OBJECTS);
    uint64_t made = stats_of(s).made;
    assert_int_equal(made, OBJECTS);
    for (size_t n = 1; n <= OBJECTS; n = n * 3 + 1) {
        get_all(s, n);
        put_all(s, n);
    }
    assert_int_equal(stats_of(s).made, made);
    edo_slab_free(s);
}

static void statistics_show_use_and_high_water(void **state) {
    (void)state;
    edo_slab *s = slab_of(64, NULL);
    assert_int_equal(stats_of(s).bytes, 0);
    get_all(s, 10);
    edo_slab_stats full = stats_of(s);
    assert_int_equal(full.in_use, 10);
    assert_int_equal(full.kept, 0);
    assert_true(full.bytes >= 640);
    assert_int_equal(full.bytes_most, full.bytes);
    put_all(s, 10);
    assert_int_equal(stats_of(s).in_use, 0);
    assert_int_equal(stats_of(s).kept, 10);
    assert_int_equal(stats_of(s).bytes, full.bytes);
    assert_int_equal(edo_slab_trim(s), 10);
    assert_int_equal(edo_slab_trim(s), 0);
    assert_int_equal(stats_of(s).kept, 0);
    assert_int_equal(stats_of(s).bytes, 0);
    assert_int_equal(stats_of(s).bytes_most, full.bytes);
    edo_slab_free(s);
}

static void trim_leaves_room_for_as_many_again(void **state) {
    (void)state;
    edo_slab *s = slab_of(32, &(edo_slab_opts){ .kept_max = 200 });
    for (int round = 0; round < 5; round++) {
        get_all(s, 300);
        put_all(s, 300);
        assert_int_equal(stats_of(s).kept, 200);
        assert_int_equal(edo_slab_trim(s), 200);
    }
    edo_slab_free(s);
}

static void many_slabs_come_and_go_beside_each_other(void **state) {
    (void)state;
    enum { SLABS = 40 };
    edo_slab *slabs[SLABS] = { NULL };
    uint32_t seed = (uint32_t)test_seed(7);
    for (int step = 0; step < 2000; step++) {
        seed = seed * 1664525u + 1013904223u;
        size_t i = seed >> 16 & 63;
        if (i >= SLABS) continue;
        if (!slabs[i]) slabs[i] = slab_of(16 + i, NULL);
        unsigned char *object = edo_slab_get(slabs[i]);
        assert_non_null(object);
        memset(object, (int)i, 16 + i);
        edo_slab_put(slabs[i], object);
        assert_true(stats_of(slabs[i]).made <= 1);
        if ((seed >> 24 & 3) == 0) {
            edo_slab_free(slabs[i]);
            slabs[i] = NULL;
        }
    }
    for (size_t i = 0; i < SLABS; i++) edo_slab_free(slabs[i]);
}

/* ---- Several threads ------------------------------------------------------------------------- */

#define ROUNDS 20

typedef struct shared {
    edo_slab *s;
    pthread_barrier_t meet;
} shared;

static void *put_what_the_other_got(void *arg) {
    shared *with = arg;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&with->meet);
        put_all(with->s, OBJECTS);
        pthread_barrier_wait(&with->meet);
    }
    return NULL;
}

static void objects_put_on_another_thread_are_used_again(void **state) {
    (void)state;
    shared with = { .s = slab_of(64, NULL) };
    pthread_t other;
    assert_int_equal(pthread_barrier_init(&with.meet, NULL, 2), 0);
    assert_int_equal(pthread_create(&other, NULL, put_what_the_other_got, &with), 0);
    for (int round = 0; round < ROUNDS; round++) {
        get_all(with.s, OBJECTS);
        for (size_t i = 0; i < OBJECTS; i++) memset(objects[i], round, 64);
        pthread_barrier_wait(&with.meet);
        pthread_barrier_wait(&with.meet);
        assert_int_equal(stats_of(with.s).in_use, 0);
    }
    pthread_join(other, NULL);
    assert_true(stats_of(with.s).made <
                OBJECTS + OBJECTS / 10); // the other one's shelf is never full
    pthread_barrier_destroy(&with.meet);
    edo_slab_free(with.s);
}

static void *use_fifty(void *arg) {
    edo_slab *s = arg;
    get_all(s, 50);
    put_all(s, 50);
    return NULL;
}

static void run_in_thread(void *(*fn)(void *arg), void *arg) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, fn, arg), 0);
    pthread_join(thread, NULL);
}

static void objects_of_an_ended_thread_serve_the_next(void **state) {
    (void)state;
    edo_slab *s = slab_of(500, NULL);
    for (int i = 0; i < 10; i++) {
        run_in_thread(use_fifty, s);
        assert_int_equal(stats_of(s).made, 50);
        assert_int_equal(stats_of(s).kept, 50);
    }
    assert_int_equal(edo_slab_trim(s), 50);
    edo_slab_free(s);
}

static void *use_one(void *arg) {
    edo_slab_put(arg, edo_slab_get(arg));
    return NULL;
}

static void objects_of_an_ended_thread_serve_the_others(void **state) {
    (void)state;
    edo_slab *s = slab_of(500, NULL);
    (void)use_one(s); // from here on this thread has a shelf, with one
    run_in_thread(use_fifty, s);
    get_all(s, 51);
    assert_int_equal(stats_of(s).made, 51);
    put_all(s, 51);
    edo_slab_free(s);
}

static void an_ended_thread_holds_no_room(void **state) {
    (void)state;
    edo_slab *s = slab_of(32, &(edo_slab_opts){ .kept_max = 100 });
    (void)use_one(s);
    run_in_thread(use_one, s);
    get_all(s, 300);
    put_all(s, 300);
    assert_int_equal(stats_of(s).kept, 100);
    edo_slab_free(s);
}

static pthread_key_t late_key;
static int late_rounds;

/* Runs among the destructors of the thread, before and after the one of the slabs. */
static void use_late(void *arg) {
    edo_slab_put(arg, edo_slab_get(arg));
    if (++late_rounds < 3) pthread_setspecific(late_key, arg);
}

static void *end_with_a_late_user(void *arg) {
    pthread_setspecific(late_key, arg);
    edo_slab_put(arg, edo_slab_get(arg));
    return NULL;
}

static void a_thread_may_use_it_while_it_ends(void **state) {
    (void)state;
    edo_slab *s = slab_of(32, NULL);
    assert_int_equal(pthread_key_create(&late_key, use_late), 0);
    run_in_thread(end_with_a_late_user, s);
    pthread_key_delete(late_key);
    assert_int_equal(late_rounds, 3);
    assert_int_equal(stats_of(s).in_use, 0);
    edo_slab_free(s);
}

static void *use_then_wait(void *arg) {
    shared *with = arg;
    edo_slab_put(with->s, edo_slab_get(with->s));
    pthread_barrier_wait(&with->meet);
    pthread_barrier_wait(&with->meet); // the slab is gone, and another has its index
    edo_slab_put(with->s, edo_slab_get(with->s));
    return NULL;
}

static void a_slab_may_end_before_the_threads_that_used_it(void **state) {
    (void)state;
    shared with = { .s = slab_of(32, NULL) };
    pthread_t thread;
    assert_int_equal(pthread_barrier_init(&with.meet, NULL, 2), 0);
    assert_int_equal(pthread_create(&thread, NULL, use_then_wait, &with), 0);
    pthread_barrier_wait(&with.meet);
    edo_slab_free(with.s);
    with.s = slab_of(200, NULL);
    pthread_barrier_wait(&with.meet);
    pthread_join(thread, NULL);
    assert_int_equal(stats_of(with.s).kept, 1);
    edo_slab_free(with.s);
    pthread_barrier_destroy(&with.meet);
}

#define THREADS 4
#define PLACES  64
#define STEPS   20000

/* Where objects change hands. */
typedef struct market {
    edo_slab *s;
    pthread_mutex_t mutex;
    uint64_t *at[PLACES]; /* lock: mutex */
} market;

typedef struct trader {
    market *m;
    uint64_t seed;
} trader;

/* Swaps a fresh object for the one at a random place, and puts that one. */
static void *trade(void *arg) {
    trader *self = arg;
    market *m = self->m;
    for (uint64_t step = 0; step < STEPS; step++) {
        self->seed = self->seed * UINT64_C(6364136223846793005) + 1;
        size_t place = self->seed >> 33 & (PLACES - 1);
        uint64_t *mine = edo_slab_get(m->s);
        assert_non_null(mine);
        mine[0] = self->seed;
        mine[3] = ~self->seed;
        pthread_mutex_lock(&m->mutex);
        uint64_t *theirs = m->at[place];
        m->at[place] = mine;
        pthread_mutex_unlock(&m->mutex);
        if (theirs) assert_int_equal(theirs[0], ~theirs[3]); // no other thread had it meanwhile
        edo_slab_put(m->s, theirs);
        if (step % 1000 == 999) (void)edo_slab_trim(m->s);
    }
    return NULL;
}

static void objects_that_change_hands_have_one_owner(void **state) {
    (void)state;
    for (size_t kept_max = 1; kept_max <= 4096; kept_max *= 64) {
        market m = { .s = slab_of(32, &(edo_slab_opts){ .kept_max = kept_max }),
                     .mutex = PTHREAD_MUTEX_INITIALIZER };
        pthread_t threads[THREADS];
        trader traders[THREADS];
        for (size_t i = 0; i < THREADS; i++) {
            traders[i] = (trader){ .m = &m, .seed = test_seed(1000 * kept_max + i + 1) };
            assert_int_equal(pthread_create(&threads[i], NULL, trade, &traders[i]), 0);
        }
        for (int look = 0; look < 100; look++) assert_true(stats_of(m.s).kept <= kept_max);
        for (size_t i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
        size_t left = 0;
        for (size_t i = 0; i < PLACES; i++) left += m.at[i] != NULL;
        assert_int_equal(stats_of(m.s).in_use, left);
        for (size_t i = 0; i < PLACES; i++) edo_slab_put(m.s, m.at[i]);
        (void)edo_slab_trim(m.s);
        assert_int_equal(stats_of(m.s).bytes, 0); // the other threads have ended
        edo_slab_free(m.s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(objects_are_aligned_and_do_not_overlap),
        cmocka_unit_test(object_put_last_is_got_first),
        cmocka_unit_test(zeroed_objects_are_clear_at_each_get),
        cmocka_unit_test(an_object_is_constructed_once_and_reset_at_each_put),
        cmocka_unit_test(a_construct_that_fails_fails_the_get),
        cmocka_unit_test(no_more_than_kept_max_are_kept),
        cmocka_unit_test(a_steady_state_makes_nothing),
        cmocka_unit_test(statistics_show_use_and_high_water),
        cmocka_unit_test(trim_leaves_room_for_as_many_again),
        cmocka_unit_test(many_slabs_come_and_go_beside_each_other),
        cmocka_unit_test(objects_put_on_another_thread_are_used_again),
        cmocka_unit_test(objects_of_an_ended_thread_serve_the_next),
        cmocka_unit_test(objects_of_an_ended_thread_serve_the_others),
        cmocka_unit_test(an_ended_thread_holds_no_room),
        cmocka_unit_test(a_thread_may_use_it_while_it_ends),
        cmocka_unit_test(a_slab_may_end_before_the_threads_that_used_it),
        cmocka_unit_test(objects_that_change_hands_have_one_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
