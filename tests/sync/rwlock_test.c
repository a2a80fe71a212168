/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/rwlock.h: readers together, a writer alone, in order of arrival, and a
 * queued writer stops later readers.
 * Method: polls by hand; fibers in virtual time, some of them cut short; then threads that read,
 * write, downgrade and give up at random, and free what they use. */
#include <edo/edo.h>

#include "inside.h"
#include "kinds.h"
#include "parker.h"
#include "poll_by_hand.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static edo_rwlock in_static_storage = EDO_RWLOCK_INIT;
static edo_rwlock all_zero;

static void readers_share_it_and_a_writer_is_alone(void **state) {
    (void)state;
    edo_rwlock *locks[] = { &in_static_storage, &all_zero };
    for (size_t i = 0; i < EDO_COUNT(locks); i++) {
        edo_rwlock *l = locks[i];
        assert_int_equal(edo_rwlock_try_read(l), 0);
        assert_int_equal(edo_rwlock_try_read(l), 0);
        assert_int_equal(edo_rwlock_try_write(l), -EAGAIN);
        edo_rwlock_unlock(l);
        assert_int_equal(edo_rwlock_try_write(l), -EAGAIN);
        edo_rwlock_unlock(l);
        assert_int_equal(edo_rwlock_try_write(l), 0);
        assert_int_equal(edo_rwlock_try_read(l), -EAGAIN);
        assert_int_equal(edo_rwlock_try_write(l), -EAGAIN);
        edo_rwlock_unlock(l);
    }
}

static void queued_writer_stops_later_readers_until_it_was_served(void **state) {
    (void)state;
    edo_rwlock l = EDO_RWLOCK_INIT;
    edo_rwlock_write_future writer;
    edo_rwlock_read_future late;
    hand_waker w = HAND_WAKER, r = HAND_WAKER;
    assert_int_equal(edo_rwlock_try_read(&l), 0);
    assert_int_equal(hand_poll(edo_rwlock_write_init(&writer, &l), &w), EDO_PENDING);
    assert_int_equal(edo_rwlock_try_read(&l), -EAGAIN);
    assert_int_equal(hand_poll(edo_rwlock_read_init(&late, &l), &r), EDO_PENDING);
    edo_rwlock_unlock(&l);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_woken(&r), 0);
    assert_int_equal(hand_poll(&writer.base, &w), EDO_READY);
    edo_rwlock_unlock(&l);
    assert_int_equal(hand_poll(&late.base, &r), EDO_READY);
    edo_rwlock_unlock(&l);
}

static void readers_behind_a_writer_that_gives_up_join_those_that_read(void **state) {
    (void)state;
    edo_rwlock l = EDO_RWLOCK_INIT;
    edo_rwlock_write_future writer, last;
    edo_rwlock_read_future f[2];
    hand_waker w = HAND_WAKER, r = HAND_WAKER, w2 = HAND_WAKER;
    assert_int_equal(edo_rwlock_try_read(&l), 0);
    assert_int_equal(hand_poll(edo_rwlock_write_init(&writer, &l), &w), EDO_PENDING);
    for (size_t i = 0; i < EDO_COUNT(f); i++)
        assert_int_equal(hand_poll(edo_rwlock_read_init(&f[i], &l), &r), EDO_PENDING);
    assert_int_equal(hand_poll(edo_rwlock_write_init(&last, &l), &w2), EDO_PENDING);
    edo_drop(&writer.base);
    assert_int_equal(hand_woken(&r), 2);
    assert_int_equal(hand_woken(&w2), 0);
    for (size_t i = 0; i < EDO_COUNT(f); i++) {
        assert_int_equal(hand_poll(&f[i].base, &r), EDO_READY);
        edo_rwlock_unlock(&l);
    }
    edo_rwlock_unlock(&l);
    assert_int_equal(hand_poll(&last.base, &w2), EDO_READY);
    edo_rwlock_unlock(&l);
}

static void downgrade_lets_readers_in_and_no_writer(void **state) {
    (void)state;
    edo_rwlock l = EDO_RWLOCK_INIT;
    edo_rwlock_read_future early, late;
    edo_rwlock_write_future writer;
    hand_waker e = HAND_WAKER, w = HAND_WAKER, r = HAND_WAKER;
    assert_int_equal(edo_rwlock_try_write(&l), 0);
    assert_int_equal(hand_poll(edo_rwlock_read_init(&early, &l), &e), EDO_PENDING);
    assert_int_equal(hand_poll(edo_rwlock_write_init(&writer, &l), &w), EDO_PENDING);
    assert_int_equal(hand_poll(edo_rwlock_read_init(&late, &l), &r), EDO_PENDING);
    edo_rwlock_downgrade(&l);
    assert_int_equal(hand_woken(&e), 1);
    assert_int_equal(hand_woken(&w), 0);
    assert_int_equal(hand_woken(&r), 0);
    assert_int_equal(hand_poll(&early.base, &e), EDO_READY);
    edo_rwlock_unlock(&l);
    assert_int_equal(hand_woken(&w), 0); // who downgraded still reads
    edo_rwlock_unlock(&l);
    assert_int_equal(hand_woken(&w), 1);
    edo_drop(&writer.base); // it had been given the lock
    assert_int_equal(hand_poll(&late.base, &r), EDO_READY);
    edo_rwlock_unlock(&l);
    assert_int_equal(edo_rwlock_try_write(&l), 0);
}

static void bounded_number_of_readers_share_it(void **state) {
    (void)state;
    edo_rwlock l = EDO_RWLOCK_INIT_MAX(2);
    edo_rwlock_read_future third;
    hand_waker w = HAND_WAKER;
    assert_int_equal(edo_rwlock_try_read(&l), 0);
    assert_int_equal(edo_rwlock_try_read(&l), 0);
    assert_int_equal(edo_rwlock_try_read(&l), -EAGAIN);
    assert_int_equal(hand_poll(edo_rwlock_read_init(&third, &l), &w), EDO_PENDING);
    edo_rwlock_unlock(&l);
    assert_int_equal(hand_poll(&third.base, &w), EDO_READY);
}

/* ---- Fibers ---------------------------------------------------------------------------------- */

static edo_rwlock shared;
static char order[16];
static size_t order_n;

static int read_for_10_ms(void *name) {
    int err = edo_rwlock_read(&shared);
    if (err < 0) return err;
    order[order_n++] = *(const char *)name;
    err = edo_sleep(edo_ms(10));
    edo_rwlock_unlock(&shared);
    return err;
}

static int write_for_10_ms(void *name) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(25));
    int err = edo_deadline_end(&d, edo_rwlock_write(&shared));
    if (err < 0) return err;
    order[order_n++] = *(const char *)name;
    err = edo_sleep(edo_ms(10));
    edo_rwlock_unlock(&shared);
    return err;
}

/* a and b read; W waits for them; both c wait for W; X comes last, and has to wait for too
 * long. */
static int read_and_write(void *arg) {
    static const char names[] = "abWccX";
    int expected[] = { 0, 0, 0, 0, 0, *(int *)arg };
    edo_task *tasks[6];
    edo_instant began = edo_now();
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) {
        bool writes = names[i] == 'W' || names[i] == 'X';
        tasks[i] =
            edo_spawn(writes ? write_for_10_ms : read_for_10_ms, (void *)(uintptr_t)&names[i]);
        CHECK(tasks[i]);
        CHECK_EQ(edo_yield(), 0);
    }
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) CHECK_EQ(edo_task_join(tasks[i]), expected[i]);
    CHECK_EQ(edo_instant_since(edo_now(), began).ns, edo_ms(30).ns);
    return 0;
}

static void fibers_are_served_in_order_and_a_deadline_ends_a_wait(void **state) {
    (void)state;
    edo_runtime *rt;
    int last = -ETIMEDOUT;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true }), 0);
    assert_int_equal(edo_run(rt, read_and_write, &last), 0);
    edo_runtime_free(rt);
    assert_memory_equal(order, "abWcc", 6);
    assert_int_equal(edo_rwlock_try_write(&shared), 0);
    edo_rwlock_unlock(&shared);
}

#define ROUNDS_OF_FIBERS 200

typedef struct table {
    edo_rwlock lock;
    uint64_t a, b; /* lock: lock; equal */
} table;

static int use_table(void *arg) {
    table *t = arg;
    for (int i = 0; i < ROUNDS_OF_FIBERS; i++) {
        if (i % 4 == 0) {
            int err = edo_rwlock_write(&t->lock);
            if (err < 0) return err;
            t->a++;
            err = edo_yield();
            t->b++;
            uint64_t mine = t->a;
            edo_rwlock_downgrade(&t->lock);
            if (err == 0) err = edo_yield();
            bool same = t->a == mine; // no writer came in between
            edo_rwlock_unlock(&t->lock);
            if (err < 0 || !same) return err < 0 ? err : -EIO;
        } else {
            int err = edo_rwlock_read(&t->lock);
            if (err < 0) return err;
            bool same = t->a == t->b;
            err = edo_yield();
            same = same && t->a == t->b;
            edo_rwlock_unlock(&t->lock);
            if (err < 0 || !same) return err < 0 ? err : -EIO;
        }
    }
    return 0;
}

static int use_by_many(void *arg) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 16; i++) edo_scope_spawn(&s, use_table, arg);
    return edo_scope_end(&s, 0);
}

static void fibers_on_every_kind_of_runtime_see_whole_writes(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS_N; i++) {
        table t = { .lock = EDO_RWLOCK_INIT };
        edo_runtime *rt;
        assert_int_equal(edo_runtime_new(&rt, &kinds[i]), 0);
        assert_int_equal(edo_run(rt, use_by_many, &t), 0);
        edo_runtime_free(rt);
        assert_int_equal(t.a, 16 * ROUNDS_OF_FIBERS / 4);
        assert_int_equal(t.b, t.a);
        assert_int_equal(edo_rwlock_try_write(&t.lock), 0);
    }
}

/* ---- Threads --------------------------------------------------------------------------------- */

#define THREADS_N 4
#define ROUNDS    4000

typedef struct fighter {
    table *table;
    parker parker;
    pthread_t thread;
    uint32_t random;
    uint64_t written; /* times */
} fighter;

/* Locks as `f` wants, or polls once and gives up. */
static bool enters(fighter *self, edo_future *f) {
    if (self->random >> 30 != 0) {
        (void)parker_await(&self->parker, f);
        return true;
    }
    edo_cx cx = { .waker = &self->parker.base, .budget = EDO_BUDGET };
    if (edo_poll(f, &cx) == EDO_READY) return true;
    edo_drop(f);
    return false;
}

static void *fight_on(void *arg) {
    fighter *self = arg;
    table *t = self->table;
    for (int i = 0; i < ROUNDS; i++) {
        edo_rwlock_write_future f;
        self->random = self->random * 1664525u + 1013904223u;
        if (self->random >> 28 & 1) {
            if (!enters(self, edo_rwlock_write_init(&f, &t->lock))) continue;
            self->written++;
            t->a++;
            t->b++;
            if (self->random >> 25 & 1) edo_rwlock_downgrade(&t->lock);
        } else if (!enters(self, edo_rwlock_read_init(&f, &t->lock))) {
            continue;
        }
        if (self->random >> 24 & 1) sched_yield(); // lets the others queue up
        if (t->a != t->b) abort();
        edo_rwlock_unlock(&t->lock);
    }
    return NULL;
}

static void threads_see_whole_writes_and_all_get_through(void **state) {
    (void)state;
    static table the_table = { EDO_RWLOCK_INIT, 0, 0 };
    static fighter fighters[THREADS_N];
    for (uint32_t i = 0; i < THREADS_N; i++) {
        fighters[i].table = &the_table;
        fighters[i].random = i;
        parker_init(&fighters[i].parker);
        assert_int_equal(pthread_create(&fighters[i].thread, NULL, fight_on, &fighters[i]), 0);
    }
    uint64_t written = 0;
    for (size_t i = 0; i < THREADS_N; i++) pthread_join(fighters[i].thread, NULL);
    for (size_t i = 0; i < THREADS_N; i++) {
        written += fighters[i].written;
        parker_deinit(&fighters[i].parker);
    }
    assert_true(written > 0);
    assert_int_equal(the_table.a, written);
    assert_int_equal(edo_rwlock_try_write(&the_table.lock), 0);
}

/* Objects that are freed by their last user, which learns while it holds the lock for writing that
 * it is the last. Before that each user reads. */
#define THINGS 500

typedef struct thing {
    edo_rwlock lock;
    uint32_t users; /* lock: lock */
} thing;

typedef struct user {
    thing **things;
    parker parker;
    pthread_t thread;
} user;

static void *use_things(void *arg) {
    user *self = arg;
    for (size_t i = 0; i < THINGS; i++) {
        thing *t = self->things[i];
        edo_rwlock_write_future f;
        (void)parker_await(&self->parker, edo_rwlock_read_init(&f, &t->lock));
        if (t->users == 0) abort();
        edo_rwlock_unlock(&t->lock);
        (void)parker_await(&self->parker, edo_rwlock_write_init(&f, &t->lock));
        bool last = --t->users == 0;
        edo_rwlock_unlock(&t->lock);
        if (last) free(t);
    }
    return NULL;
}

static void the_last_writer_may_free_it(void **state) {
    (void)state;
    static thing *things[THINGS];
    static user users[THREADS_N];
    for (size_t i = 0; i < THINGS; i++) {
        things[i] = calloc(1, sizeof *things[i]);
        assert_non_null(things[i]);
        things[i]->users = THREADS_N;
    }
    for (uint32_t i = 0; i < THREADS_N; i++) {
        users[i].things = things;
        parker_init(&users[i].parker);
        assert_int_equal(pthread_create(&users[i].thread, NULL, use_things, &users[i]), 0);
    }
    for (size_t i = 0; i < THREADS_N; i++) pthread_join(users[i].thread, NULL);
    for (size_t i = 0; i < THREADS_N; i++) parker_deinit(&users[i].parker);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_share_it_and_a_writer_is_alone),
        cmocka_unit_test(queued_writer_stops_later_readers_until_it_was_served),
        cmocka_unit_test(readers_behind_a_writer_that_gives_up_join_those_that_read),
        cmocka_unit_test(downgrade_lets_readers_in_and_no_writer),
        cmocka_unit_test(bounded_number_of_readers_share_it),
        cmocka_unit_test(fibers_are_served_in_order_and_a_deadline_ends_a_wait),
        cmocka_unit_test(fibers_on_every_kind_of_runtime_see_whole_writes),
        cmocka_unit_test(threads_see_whole_writes_and_all_get_through),
        cmocka_unit_test(the_last_writer_may_free_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
