/* SPDX-License-Identifier: MIT */
/* Goal: the ring of waiters keeps order and direction wherever a link is removed, and a wake does
 * not touch a waiter after it has unlinked it.
 * Method: rings of up to six, each position in them; then more than are marked at once. */
#include "driver/source_waiters.h"

#include "broken.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>

#include <cmocka.h>

enum { FEW = 6, MANY = 100 };

static edoi_lock lock;
static edoi_source_waiters list;

/* A waker that records when it was marked, and must be delivered without the lock. */
typedef struct noting {
    edo_waker base;
    edo_wait_link link;
    uint32_t marked_at;   /* 1 is first; 0: never */
    uint32_t delivered_n; /* times */
    bool comes_back;      /* links itself again at its deliver */
} noting;

static uint32_t marked_n;

static edo_waker *note_mark(edo_waker *base) {
    noting *n = (noting *)(void *)base;
    assert_true(edoi_source_waiters_has(&n->link)); // unlinked only afterwards
    n->marked_at = ++marked_n;
    return base;
}

static void note_deliver(edo_waker *base) {
    noting *n = (noting *)(void *)base;
    n->delivered_n++;
    edoi_lock_acquire(&lock); // hangs if the lock is held
    if (n->comes_back) edoi_source_waiters_push(&list, &n->link, base, 0);
    edoi_lock_release(&lock);
}

static void note_nothing(edo_waker *base) {
    (void)base;
}

static const edo_waker_ops noting_ops = { note_mark, note_deliver, note_nothing, note_nothing };

static void link_all(noting *all, size_t n, uint32_t dirs) {
    list = (edoi_source_waiters){ 0 };
    marked_n = 0;
    for (size_t i = 0; i < n; i++) {
        all[i] = (noting){ .base = { &noting_ops } };
        edoi_source_waiters_push(&list, &all[i].link, &all[i].base, i < FEW ? dirs >> i & 1 : 0);
    }
}

/* Walks the ring both ways. */
static size_t count(uint32_t dir) {
    size_t n = 0, forth = 0, back = 0;
    edo_wait_link *last = list.last, *at = last;
    if (!last) return 0;
    do {
        at = (edo_wait_link *)edoi_load_rlx_ptr(&at->next);
        n += edoi_source_waiters_dir(at) == dir;
        forth++;
    } while (at != last);
    for (; forth > 1 && (at != last || back == 0); at = at->prev) back++;
    assert_true(forth == 1 || forth == back);
    assert_int_equal(edoi_source_waiters_any(&list, dir), n > 0);
    assert_int_equal(edoi_source_waiters_two(&list, dir), n > 1);
    return n;
}

static void wake(uint32_t dir) {
    edoi_lock_acquire(&lock);
    edoi_source_waiters_wake(&list, dir, &lock);
    edoi_lock_release(&lock);
}

static void one_direction_is_woken_in_order_and_the_other_stays(void **state) {
    (void)state;
    for (size_t n = 0; n <= FEW; n++) {
        for (uint32_t dirs = 0; dirs < 1u << n; dirs++) {
            noting all[FEW + 1];
            link_all(all, n, dirs);
            uint32_t at = 0;
            for (uint32_t dir = 0; dir < 2; dir++) {
                wake(dir);
                for (size_t i = 0; i < n; i++) {
                    bool woken = (dirs >> i & 1) <= dir;
                    assert_int_equal(edoi_source_waiters_has(&all[i].link), !woken);
                    assert_int_equal(all[i].delivered_n, woken);
                    if ((dirs >> i & 1) == dir) assert_int_equal(all[i].marked_at, ++at);
                }
                assert_int_equal(count(dir), 0);
            }
            assert_null(list.last);
        }
    }
}

/* Of `n` waiters with the directions `dirs` the one at `gone` leaves; another comes for
 * `late_dir`. */
static void leave_and_come(size_t n, uint32_t dirs, size_t gone, uint32_t late_dir) {
    noting all[FEW], late = { .base = { &noting_ops } };
    link_all(all, n, dirs);
    edoi_source_waiters_remove(&list, &all[gone].link);
    assert_false(edoi_source_waiters_has(&all[gone].link));
    edoi_source_waiters_push(&list, &late.link, &late.base, late_dir);
    assert_int_equal(count(0) + count(1), n);
    uint32_t at = 0;
    for (uint32_t dir = 0; dir < 2; dir++) {
        wake(dir);
        assert_int_equal(count(dir), 0);
        for (size_t i = 0; i < n; i++)
            if ((dirs >> i & 1) == dir && i != gone) assert_int_equal(all[i].marked_at, ++at);
        if (dir == late_dir) assert_int_equal(late.marked_at, ++at);
    }
    assert_int_equal(all[gone].marked_at, 0);
    assert_null(list.last);
}

static void waiter_that_leaves_keeps_the_order_of_the_others(void **state) {
    (void)state;
    for (size_t n = 1; n <= FEW; n++)
        for (uint32_t dirs = 0; dirs < 1u << n; dirs++)
            for (size_t gone = 0; gone < n; gone++)
                for (uint32_t late = 0; late < 2; late++) leave_and_come(n, dirs, gone, late);
}

static void many_waiters_are_woken_once_though_they_come_back_at_once(void **state) {
    (void)state;
    static noting all[MANY];
    link_all(all, MANY, 0);
    for (size_t i = 0; i < MANY; i++) all[i].comes_back = true;
    wake(0);
    for (size_t i = 0; i < MANY; i++) assert_int_equal(all[i].delivered_n, 1);
    assert_int_equal(count(0), MANY);
}

/* The first one delivered removes others: fewer are left than before. */
static noting *leaver;

static void leave_deliver(edo_waker *base) {
    noting *n = (noting *)(void *)base;
    n->delivered_n++;
    for (; leaver && leaver > n; leaver--) {
        if (edoi_source_waiters_has(&leaver->link))
            edoi_source_waiters_remove(&list, &leaver->link);
    }
    leaver = NULL;
}

static void waiter_that_leaves_during_a_wake_is_not_woken(void **state) {
    (void)state;
    static const edo_waker_ops leaving_ops = { note_mark, leave_deliver, note_nothing,
                                               note_nothing };
    static noting all[MANY];
    link_all(all, MANY, 0);
    for (size_t i = 0; i < MANY; i++) all[i].base.ops = &leaving_ops;
    leaver = &all[MANY - 1];
    wake(0);
    uint32_t woken = 0;
    for (size_t i = 0; i < MANY; i++) woken += all[i].delivered_n;
    assert_int_equal(woken, marked_n);
    assert_in_range(woken, 1, MANY / 2);
    assert_null(list.last);
}

/* ---- Many beside few ------------------------------------------------------------------------- */

enum { ENDS = 4, MIDDLE = 64, REST = 2 };

static noting *middle; /* a mapping of its own; nobody may look at it before the first mark */
static size_t middle_bytes;

static edo_waker *open_mark(edo_waker *base) {
    assert_int_equal(mprotect(middle, middle_bytes, PROT_READ | PROT_WRITE), 0);
    return note_mark(base);
}

static void link_one(noting *n, uint32_t dir) {
    static const edo_waker_ops ops = { open_mark, note_deliver, note_nothing, note_nothing };
    *n = (noting){ .base = { &ops } };
    edoi_source_waiters_push(&list, &n->link, &n->base, dir);
}

/* A wake takes as long as it has waiters, but gives the lock back after some of them: it must not
 * look at all of them first. */
static void wake_of_many_looks_at_few_before_it_gives_the_lock_back(void **state) {
    (void)state;
    middle_bytes = ((MIDDLE * sizeof *middle - 1) / 65536 + 1) * 65536;
    middle = mmap(NULL, middle_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(middle != MAP_FAILED);
    for (uint32_t dir = 0; dir < 2; dir++) {
        for (size_t others = 0; others <= REST; others++) {
            noting old[ENDS], young[ENDS], other[REST];
            list = (edoi_source_waiters){ 0 };
            marked_n = 0;
            for (size_t i = 0; i < ENDS; i++) link_one(&old[i], dir);
            for (size_t i = 0; i < MIDDLE; i++) link_one(&middle[i], dir);
            for (size_t i = 0; i < ENDS; i++) link_one(&young[i], dir);
            for (size_t i = 0; i < others; i++) link_one(&other[i], !dir);
            assert_int_equal(mprotect(middle, middle_bytes, PROT_NONE), 0);
            wake(dir);
            assert_int_equal(marked_n, MIDDLE + 2 * ENDS);
            assert_int_equal(count(!dir), others);
        }
    }
    assert_int_equal(munmap(middle, middle_bytes), 0);
}

/* ---- The walker ------------------------------------------------------------------------------ */

static noting three[3];

static int push_a_linked_one(void *arg) {
    (void)arg;
    link_all(three, 3, 4);
    edoi_source_waiters_check(&list);
    edoi_source_waiters_push(&list, &three[1].link, &three[1].base, 0);
    return 0;
}

static int lose_a_link(void *arg) {
    (void)arg;
    link_all(three, 3, 4);
    three[1].link.prev = &three[1].link;
    edoi_source_waiters_check(&list);
    return 0;
}

static int turn_a_writer(void *arg) {
    (void)arg;
    link_all(three, 3, 7);
    edoi_source_waiters_check(&list);
    three[2].link.who ^= 1u; // a reader behind two writers
    edoi_source_waiters_check(&list);
    return 0;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    assert_broken("source_waiters inv. 1: ", lose_a_link, NULL);
    assert_broken("source_waiters inv. 1: ", turn_a_writer, NULL);
    assert_broken("source_waiters inv. 2: ", push_a_linked_one, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
        cmocka_unit_test(one_direction_is_woken_in_order_and_the_other_stays),
        cmocka_unit_test(waiter_that_leaves_keeps_the_order_of_the_others),
        cmocka_unit_test(many_waiters_are_woken_once_though_they_come_back_at_once),
        cmocka_unit_test(waiter_that_leaves_during_a_wake_is_not_woken),
        cmocka_unit_test(wake_of_many_looks_at_few_before_it_gives_the_lock_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
