/* SPDX-License-Identifier: MIT */
/* Goal: what edo has no word of its own for is said by the loops that docs/compat.md has: several
 * places of a channel, all or none; a channel whose capacity is in bytes; a condition under a
 * mutex; a send that ends when it is received; items of a sequence as long as they are
 * wanted; a sequence in the place of that with its key.
 * Method: fibers in virtual time, some of which give up. */
#include <edo/edo.h>

#include "inside.h"

#include <errno.h>

/* ---- Several places, all or none ------------------------------------------------------------- */

enum { CAP = 4, MANY = 3 };

static edo_mpsc_tx *tx;
static edo_mpsc_rx *rx;
static edo_mutex gathering; /* one at a time gathers: else two might have half each, for ever */

static int reserve_many(edo_mpsc_permit *all, size_t n) {
    size_t got = 0;
    int err = edo_mutex_lock(&gathering);
    if (err < 0) return err;
    while (got < n && (err = edo_mpsc_reserve(tx, &all[got])) == 0) got++;
    edo_mutex_unlock(&gathering);
    while (err < 0 && got > 0) edo_mpsc_permit_release(&all[--got]);
    return err;
}

/* Sends two of three, and gives the third place back. */
static int send_in_lots(void *arg) {
    edo_mpsc_permit all[MANY] = { { NULL } };
    EDO_DEADLINE(d, edo_ms(*(int *)arg));
    int err = edo_deadline_end(&d, reserve_many(all, MANY));
    if (err < 0) return err;
    for (int i = 0; i < MANY - 1; i++) edo_mpsc_permit_send(&all[i], arg);
    edo_mpsc_permit_release(&all[MANY - 1]);
    return 0;
}

static int gather_places(void *arg) {
    static int limits_ms[] = { 1000, 1000, 5, 1000 };
    static const int results[] = { 0, 0, -ETIMEDOUT, 0 };
    edo_task *tasks[EDO_COUNT(limits_ms)];
    (void)arg;
    CHECK_EQ(edo_mpsc_new(&tx, &rx, sizeof(int), CAP, NULL), 0);
    gathering = (edo_mutex)EDO_MUTEX_INIT;
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) {
        tasks[i] = edo_spawn(send_in_lots, &limits_ms[i]);
        CHECK(tasks[i]);
    }
    CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    int received_n = 0, value;
    for (; received_n < 3 * (MANY - 1); received_n++) CHECK_EQ(edo_mpsc_recv(rx, &value), 0);
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) CHECK_EQ(edo_task_join(tasks[i]), results[i]);
    CHECK_EQ((int)edo_mpsc_cap(tx), CAP); // none is lost
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
    return 0;
}

static void several_places_all_or_none(void **state) {
    (void)state;
    assert_int_equal(inside(gather_places, NULL), 0);
}

/* ---- Capacity in bytes ----------------------------------------------------------------------- */

enum { ROOM = 1000 };

static edo_sem room = EDO_SEM_INIT(ROOM);

static int send_bytes(void *arg) {
    uint32_t bytes = *(uint32_t *)arg;
    int err = edo_sem_acquire(&room, bytes < ROOM ? bytes : ROOM); // a larger one goes alone
    if (err < 0) return err;
    err = edo_mpsc_send(tx, &bytes);
    if (err < 0) edo_sem_release(&room, bytes < ROOM ? bytes : ROOM);
    return err;
}

static int pass_bytes(void *arg) {
    static uint32_t sizes[] = { 600, 300, 200, 5000, 1 };
    (void)arg;
    CHECK_EQ(edo_mpsc_new(&tx, &rx, sizeof(uint32_t), EDO_MPSC_UNBOUNDED, NULL), 0);
    EDO_SCOPE(s, NULL);
    for (size_t i = 0; i < EDO_COUNT(sizes); i++)
        CHECK_EQ(edo_scope_spawn(&s, send_bytes, &sizes[i]), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    for (size_t i = 0; i < EDO_COUNT(sizes); i++) {
        uint32_t bytes;
        CHECK_EQ((int)edo_mpsc_len(rx), i == 0 ? 2 : i == 1 ? 2 : 1); // 600 and 300; 300 and 200
        CHECK_EQ(edo_mpsc_recv(rx, &bytes), 0);
        CHECK_EQ((int)bytes, (int)sizes[i]);
        edo_sem_release(&room, bytes < ROOM ? bytes : ROOM);
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    }
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
    return edo_scope_end(&s, 0);
}

static void capacity_in_bytes(void **state) {
    (void)state;
    assert_int_equal(inside(pass_bytes, NULL), 0);
}

/* ---- A condition under a mutex --------------------------------------------------------------- */

static edo_mutex lock;
static edo_notify changed;
static int level; // lock

/* The wait is made under the lock: so no change after the look is missed. */
static int await_level(void *arg) {
    int wanted = *(int *)arg;
    int err = edo_mutex_lock(&lock);
    while (err == 0 && level < wanted) {
        edo_notify_wait_future f;
        edo_future *wait = edo_notify_wait_init(&f, &changed);
        edo_mutex_unlock(&lock);
        err = edo_await(wait);
        if (err == 0) err = edo_mutex_lock(&lock);
    }
    if (err < 0) return err; // without the lock
    level -= wanted;
    edo_mutex_unlock(&lock);
    return 0;
}

static int raise_level(void *arg) {
    static int wanted[] = { 3, 1, 2 };
    (void)arg;
    lock = (edo_mutex)EDO_MUTEX_INIT;
    changed = (edo_notify)EDO_NOTIFY_INIT;
    EDO_SCOPE(s, NULL);
    for (size_t i = 0; i < EDO_COUNT(wanted); i++)
        CHECK_EQ(edo_scope_spawn(&s, await_level, &wanted[i]), 0);
    for (int i = 0; i < 6; i++) {
        CHECK_EQ(edo_mutex_lock(&lock), 0);
        level++;
        edo_mutex_unlock(&lock);
        edo_notify_all(&changed);
        if (i % 2) CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    }
    int err = edo_scope_end(&s, 0);
    CHECK_EQ(level, 0);
    return err;
}

static void condition_under_a_mutex(void **state) {
    (void)state;
    assert_int_equal(inside(raise_level, NULL), 0);
    assert_int_equal(inside_each(raise_level, NULL), 0);
}

/* ---- A send that ends when it is received ---------------------------------------------------- */

typedef struct handed {
    int value;
    edo_oneshot_tx *taken;
} handed;

static int hand_over(void *arg) {
    edo_instant began = edo_now();
    edo_oneshot_rx *is_taken;
    handed h = { .value = 7 };
    (void)arg;
    int err = edo_oneshot_new(&h.taken, &is_taken, 0, NULL);
    if (err < 0) return err;
    err = edo_mpsc_send(tx, &h);
    if (err < 0) edo_oneshot_tx_free(h.taken);
    if (err == 0) err = edo_oneshot_recv(is_taken, NULL);
    edo_oneshot_rx_free(is_taken);
    return err < 0 ? err : (int)ms_since(began);
}

static int take_late(void *arg) {
    handed h;
    (void)arg;
    CHECK_EQ(edo_mpsc_new(&tx, &rx, sizeof(handed), 1, NULL), 0);
    edo_task *t = edo_spawn(hand_over, NULL);
    CHECK_EQ(edo_sleep(edo_ms(20)), 0);
    CHECK_EQ(edo_mpsc_recv(rx, &h), 0);
    CHECK_EQ(h.value, 7);
    CHECK_EQ(edo_oneshot_send(h.taken, NULL), 0);
    CHECK_EQ(edo_task_join(t), 20);
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
    return 0;
}

static void send_ends_when_it_is_received(void **state) {
    (void)state;
    assert_int_equal(inside(take_late, NULL), 0);
}

/* ---- Sequences ------------------------------------------------------------------------------- */

static edo_seq *some_numbers(int first) {
    static const int numbers[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    return edo_seq_array(&numbers[first - 1], 4, sizeof numbers[0]);
}

static int take_while_wanted(void *arg) {
    edo_seq *s = edo_seq_peekable(some_numbers(1));
    int item, n = 0;
    (void)arg;
    while (edo_seq_peek(s, &item) == 1 && item < 3) {
        CHECK_EQ(edo_seq_next(s, &item), 1);
        CHECK_EQ(item, ++n);
    }
    CHECK_EQ(edo_seq_next(s, &item), 1); // it is still there
    CHECK_EQ(item, 3);
    edo_seq_free(s);
    return 0;
}

static void the_next_if_it_is_wanted(void **state) {
    (void)state;
    assert_int_equal(inside(take_while_wanted, NULL), 0);
}

static int replace(edo_keyed_seq *set, uint64_t key, edo_seq *s) {
    edo_seq_free(edo_keyed_seq_remove(set, key));
    return edo_keyed_seq_insert(set, key, s);
}

static int replace_one(void *arg) {
    edo_keyed_seq *set = edo_keyed_seq_new(sizeof(int));
    edo_keyed_came came;
    int item;
    (void)arg;
    CHECK_EQ(replace(set, 7, some_numbers(1)), 0);
    CHECK_EQ(edo_keyed_seq_item_next(set, &came, &item), 1);
    CHECK_EQ(item, 1);
    CHECK_EQ(replace(set, 7, some_numbers(5)), 0);
    CHECK_EQ((int)edo_keyed_seq_len(set), 1);
    CHECK_EQ(edo_keyed_seq_item_next(set, &came, &item), 1);
    CHECK_EQ(item, 5);
    CHECK_EQ((int)came.key, 7);
    edo_keyed_seq_free(set);
    return 0;
}

static void a_sequence_takes_the_place_of_another(void **state) {
    (void)state;
    assert_int_equal(inside(replace_one, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_places_all_or_none),
        cmocka_unit_test(capacity_in_bytes),
        cmocka_unit_test(condition_under_a_mutex),
        cmocka_unit_test(send_ends_when_it_is_received),
        cmocka_unit_test(the_next_if_it_is_wanted),
        cmocka_unit_test(a_sequence_takes_the_place_of_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
