/* SPDX-License-Identifier: MIT */
/* Goal: a receiver sees the newest value once, also one sent just before the end; each value is
 * dropped exactly once. Method: single cases; then threads that send, modify and read. */
#include <edo/watch.h>

#include "leaf.h"
#include "seed.h"
#include "stress.h"

#include <sched.h>
#include <string.h>

static uint32_t alive; /* shares of owned values. atomic */

static void add_alive(uint32_t n) {
    (void)EDOI_ATOMIC_FETCH_ADD(&alive, n, EDOI_ACQ_REL);
}

static void take_share(void *to, const void *from) {
    *(uint64_t *)to = *(const uint64_t *)from;
    add_alive(1);
}

static void drop_share(void *elem) {
    *(uint64_t *)elem = UINT64_MAX;
    add_alive(UINT32_MAX);
}

static const edo_watch_opts owning = { .clone = take_share, .drop = drop_share };

typedef struct pair {
    edo_watch_tx *tx;
    edo_watch_rx *rx;
} pair;

static pair make_with(uint64_t initial, const edo_watch_opts *opts) {
    pair p = { NULL, NULL };
    assert_int_equal(edo_watch_new(&p.tx, &p.rx, sizeof initial, &initial, opts), 0);
    return p;
}

static pair make(uint64_t initial) {
    return make_with(initial, NULL);
}

static void unmake(pair p) {
    edo_watch_tx_unref(p.tx);
    edo_watch_rx_free(p.rx);
}

static int send_value(pair p, uint64_t value) {
    return edo_watch_send(p.tx, &value);
}

static uint64_t read_value(edo_watch_rx *rx) {
    uint64_t value = 0;
    edo_watch_read(rx, &value);
    return value;
}

static void first_value_counts_as_seen(void **state) {
    (void)state;
    pair p = make(5);
    assert_int_equal(edo_watch_has_changed(p.rx), 0);
    assert_int_equal(read_value(p.rx), 5);
    unmake(p);
}

static void changed_is_ready_at_once_if_unseen_and_marks(void **state) {
    (void)state;
    pair p = make(5);
    hand_waker w = HAND_WAKER;
    edo_watch_changed_future c;
    assert_int_equal(send_value(p, 6), 0);
    assert_int_equal(send_value(p, 7), 0);
    assert_int_equal(edo_watch_has_changed(p.rx), 1);
    assert_int_equal(hand_poll(edo_watch_changed_init(&c, p.rx), &w), EDO_READY);
    assert_int_equal(edo_result(&c), 0);
    assert_int_equal(edo_watch_has_changed(p.rx), 0);
    assert_int_equal(read_value(p.rx), 7);
    assert_int_equal(hand_poll(edo_watch_changed_init(&c, p.rx), &w), EDO_PENDING);
    assert_int_equal(send_value(p, 7), 0); // an equal value is a change too
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&c.base, &w), EDO_READY);
    unmake(p);
}

static void read_leaves_the_mark_and_read_update_sets_it(void **state) {
    (void)state;
    pair p = make(5);
    uint64_t value = 0;
    assert_int_equal(send_value(p, 6), 0);
    assert_int_equal(read_value(p.rx), 6);
    assert_int_equal(edo_watch_has_changed(p.rx), 1);
    edo_watch_read_update(p.rx, &value);
    assert_int_equal(value, 6);
    assert_int_equal(edo_watch_has_changed(p.rx), 0);
    edo_watch_mark_changed(p.rx);
    assert_int_equal(edo_watch_has_changed(p.rx), 1);
    edo_watch_mark_unchanged(p.rx);
    assert_int_equal(edo_watch_has_changed(p.rx), 0);
    unmake(p);
}

static void last_value_before_the_end_is_still_seen(void **state) {
    (void)state;
    pair p = make(5);
    hand_waker w = HAND_WAKER;
    edo_watch_changed_future c;
    edo_watch_tx_unref(edo_watch_tx_ref(p.tx));
    assert_int_equal(send_value(p, 6), 0);
    edo_watch_tx_unref(p.tx);
    assert_int_equal(edo_watch_has_changed(p.rx), -EDO_ECLOSED); // as soon as closed
    assert_int_equal(hand_poll(edo_watch_changed_init(&c, p.rx), &w), EDO_READY);
    assert_int_equal(edo_result(&c), 0); // not seen yet
    assert_int_equal(hand_poll(edo_watch_changed_init(&c, p.rx), &w), EDO_READY);
    assert_int_equal(edo_result(&c), -EDO_ECLOSED);
    assert_int_equal(read_value(p.rx), 6);
    edo_watch_rx_free(p.rx);
}

static void end_wakes_waiters_for_a_change(void **state) {
    (void)state;
    pair p = make(5);
    hand_waker w = HAND_WAKER;
    edo_watch_changed_future c;
    assert_int_equal(hand_poll(edo_watch_changed_init(&c, p.rx), &w), EDO_PENDING);
    edo_watch_tx_unref(p.tx);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&c.base, &w), EDO_READY);
    assert_int_equal(edo_result(&c), -EDO_ECLOSED);
    edo_watch_rx_free(p.rx);
}

static void subscribe_marks_as_seen_and_clone_copies_the_mark(void **state) {
    (void)state;
    pair p = make(5);
    edo_watch_rx *fresh = NULL, *copy = NULL;
    assert_int_equal(send_value(p, 6), 0);
    assert_int_equal(edo_watch_subscribe(&fresh, p.tx), 0);
    assert_int_equal(edo_watch_rx_clone(&copy, p.rx), 0);
    assert_int_equal(edo_watch_has_changed(fresh), 0);
    assert_int_equal(edo_watch_has_changed(copy), 1);
    edo_watch_rx_free(fresh);
    edo_watch_rx_free(copy);
    unmake(p);
}

static bool add_unless_zero(void *arg, void *value) {
    uint64_t add = *(uint64_t *)arg;
    *(uint64_t *)value += add;
    return add != 0;
}

static void send_without_receiver_stores_nothing_but_replace_and_modify_do(void **state) {
    (void)state;
    pair p = make(5);
    uint64_t value = 9, old = 0;
    edo_watch_rx_free(p.rx);
    assert_int_equal(send_value(p, 6), -EDO_ECLOSED);
    edo_watch_tx_read(p.tx, &old);
    assert_int_equal(old, 5);
    old = 0;
    assert_int_equal(edo_watch_replace(p.tx, &old, &value), 0);
    assert_int_equal(old, 5);
    assert_int_equal(edo_watch_replace(p.tx, NULL, &value), 0);
    assert_int_equal(edo_watch_modify(p.tx, add_unless_zero, &value), 1);
    edo_watch_tx_read(p.tx, &old);
    assert_int_equal(old, 18);
    edo_watch_tx_unref(p.tx);
}

#ifndef EDO_DEBUG // which reports it, and aborts

static edo_watch_tx *changing;

/* Each change of its own channel fails at once; a change of another channel does not. */
static bool change_all(void *other, void *value) {
    int v = 7;
    assert_int_equal(edo_watch_send(changing, &v), -EDO_EMISUSE);
    assert_int_equal(edo_watch_replace(changing, NULL, &v), -EDO_EMISUSE);
    assert_int_equal(edo_watch_modify(changing, change_all, other), -EDO_EMISUSE);
    assert_int_equal(edo_watch_replace(other, NULL, value), 0);
    return true;
}

static void a_modify_function_cannot_change_its_channel(void **state) {
    (void)state;
    int v = 1;
    edo_watch_tx *other;
    assert_int_equal(edo_watch_new(&changing, NULL, sizeof v, &v, NULL), 0);
    assert_int_equal(edo_watch_new(&other, NULL, sizeof v, &v, NULL), 0);
    for (int i = 0; i < 2; i++) assert_int_equal(edo_watch_modify(changing, change_all, other), 1);
    assert_int_equal(edo_watch_replace(changing, &v, &v), 0);
    assert_int_equal(v, 1);
    edo_watch_tx_unref(changing);
    edo_watch_tx_unref(other);
}

#endif

static void modify_decides_whether_receivers_are_notified(void **state) {
    (void)state;
    pair p = make(5);
    uint64_t none = 0, two = 2;
    assert_int_equal(edo_watch_modify(p.tx, add_unless_zero, &none), 0);
    assert_int_equal(edo_watch_has_changed(p.rx), 0);
    assert_int_equal(edo_watch_modify(p.tx, add_unless_zero, &two), 1);
    assert_int_equal(edo_watch_has_changed(p.rx), 1);
    assert_int_equal(read_value(p.rx), 7);
    unmake(p);
}

static bool is_at_least(void *arg, const void *value) {
    return *(const uint64_t *)value >= *(uint64_t *)arg;
}

static void wait_for_tests_the_value_that_is_there_then_each_newest(void **state) {
    (void)state;
    pair p = make(5);
    hand_waker w = HAND_WAKER;
    edo_watch_wait_for_future f;
    uint64_t least = 5, got = 0;
    assert_int_equal(hand_poll(edo_watch_wait_for_init(&f, p.rx, &got, is_at_least, &least), &w),
                     EDO_READY); // seen, and still tested
    assert_int_equal(got, 5);
    least = 7;
    edo_future *again = edo_watch_wait_for_init(&f, p.rx, &got, is_at_least, &least);
    assert_int_equal(hand_poll(again, &w), EDO_PENDING);
    assert_int_equal(send_value(p, 6), 0);
    assert_int_equal(hand_poll(again, &w), EDO_PENDING);
    assert_int_equal(edo_watch_has_changed(p.rx), 0);
    assert_int_equal(send_value(p, 8), 0);
    assert_int_equal(hand_woken(&w), 2);
    assert_int_equal(hand_poll(again, &w), EDO_READY);
    assert_int_equal(edo_result(&f), 0);
    assert_int_equal(got, 8);
    least = 100;
    assert_int_equal(hand_poll(edo_watch_wait_for_init(&f, p.rx, &got, is_at_least, &least), &w),
                     EDO_PENDING);
    assert_int_equal(send_value(p, 50), 0);
    edo_watch_tx_unref(p.tx);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(edo_result(&f), -EDO_ECLOSED);
    edo_watch_rx_free(p.rx);
}

static void sender_waits_for_the_last_receivers_end(void **state) {
    (void)state;
    pair p = make(5);
    hand_waker w = HAND_WAKER;
    edo_watch_closed_future c;
    assert_int_equal(hand_poll(edo_watch_closed_init(&c, p.tx), &w), EDO_PENDING);
    edo_watch_rx_free(p.rx);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&c.base, &w), EDO_READY);
    edo_watch_tx_unref(p.tx);
}

static void a_change_wakes_every_waiter(void **state) {
    (void)state;
    enum { WAITERS = 70 };
    pair p = make(5);
    hand_waker w = HAND_WAKER;
    edo_watch_rx *rx[WAITERS];
    edo_watch_changed_future c[WAITERS];
    for (size_t i = 0; i < WAITERS; i++) {
        assert_int_equal(edo_watch_subscribe(&rx[i], p.tx), 0);
        assert_int_equal(hand_poll(edo_watch_changed_init(&c[i], rx[i]), &w), EDO_PENDING);
    }
    assert_int_equal(send_value(p, 6), 0);
    assert_int_equal(hand_woken(&w), WAITERS);
    for (size_t i = 0; i < WAITERS; i++) {
        assert_int_equal(hand_poll(&c[i].base, &w), EDO_READY);
        edo_watch_rx_free(rx[i]);
    }
    unmake(p);
}

static void owned_values_are_cloned_for_readers_and_dropped_once(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    edo_watch_wait_for_future f;
    uint64_t value = 6, old = 0, copy = 0, one = 1;
    add_alive(1);
    pair p = make_with(5, &owning);
    copy = read_value(p.rx);
    assert_int_equal(alive, 2);
    drop_share(&copy);
    add_alive(1);
    assert_int_equal(edo_watch_send(p.tx, &value), 0);
    assert_int_equal(alive, 1); // 5 is gone
    add_alive(1);
    value = 7;
    assert_int_equal(edo_watch_replace(p.tx, &old, &value), 0);
    assert_int_equal(old, 6);
    assert_int_equal(alive, 2);
    drop_share(&old);
    assert_int_equal(edo_watch_modify(p.tx, add_unless_zero, &one), 1);
    assert_int_equal(alive, 1);
    value = 9;
    assert_int_equal(hand_poll(edo_watch_wait_for_init(&f, p.rx, &copy, is_at_least, &value), &w),
                     EDO_PENDING);
    assert_int_equal(alive, 1); // the refused value is dropped
    edo_drop(&f.base);
    edo_watch_rx_free(p.rx);
    add_alive(1);
    assert_int_equal(edo_watch_send(p.tx, &value), -EDO_ECLOSED);
    assert_int_equal(alive, 2); // still the caller's
    drop_share(&value);
    edo_watch_tx_unref(p.tx);
    assert_int_equal(alive, 0);
}

static void plain_values_need_no_memory_after_the_constructor(void **state) {
    (void)state;
    pair p = make(5);
    uint64_t one = 1;
    edoi_alloc_fail_at(1);
    for (uint64_t i = 0; i < 100; i++) {
        assert_int_equal(send_value(p, i), 0);
        assert_int_equal(edo_watch_modify(p.tx, add_unless_zero, &one), 1);
        assert_int_equal(read_value(p.rx), i + 1);
    }
    assert_false(edoi_alloc_fail_fired());
    edoi_alloc_fail_at(0);
    unmake(p);
}

static void wrong_arguments_and_failing_allocations_are_errors(void **state) {
    (void)state;
    static const edo_watch_opts no_clone = { .drop = drop_share };
    pair p = { NULL, NULL };
    uint64_t value = 1;
    assert_int_equal(edo_watch_new(&p.tx, &p.rx, SIZE_MAX, &value, NULL), -EINVAL);
    assert_int_equal(edo_watch_new(&p.tx, &p.rx, sizeof value, &value, &no_clone), -EINVAL);
    for (int owns = 0; owns < 2; owns++) {
        for (uint64_t k = 1;; k++) {
            edo_watch_rx *second = NULL;
            uint32_t stored = 0;
            p = (pair){ NULL, NULL };
            add_alive(2);
            edoi_alloc_fail_at(k);
            int err = edo_watch_new(&p.tx, &p.rx, sizeof value, &value, owns ? &owning : NULL);
            if (err == 0) stored++;
            if (err == 0) err = edo_watch_subscribe(&second, p.tx);
            if (err == 0) err = edo_watch_send(p.tx, &value);
            if (err == 0) stored++;
            bool fired = edoi_alloc_fail_fired();
            edoi_alloc_fail_at(0);
            assert_int_equal(err, fired ? -ENOMEM : 0);
            edo_watch_rx_free(second);
            unmake(p);
            assert_int_equal(alive, owns ? 2 - stored : 2);
            alive = 0;
            value = 1;
            if (!fired) break;
        }
    }
}

/* ---- Stress ---------------------------------------------------------------------------------- */

#define READERS 2
#define SENDERS 2
#define EACH    5000u
#define THREADS (READERS + SENDERS)

/* Words that belong together, so that a torn copy is detected. */
typedef struct wide {
    uint64_t words[4];
} wide;

typedef struct stress {
    parker park;
    edo_watch_tx *tx;
    edo_watch_rx *rx;
    uint64_t seed, last;
    bool owns;
} stress;

static bool count_up(void *arg, void *value) {
    wide *v = value;
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(v->words); i++) v->words[i] += i + 1;
    return true;
}

static void wide_clone(void *to, const void *from) {
    memcpy(to, from, sizeof(wide));
    add_alive(1);
}

static void wide_drop(void *elem) {
    memset(elem, 0xff, sizeof(wide));
    add_alive(UINT32_MAX);
}

static void *sender(void *arg) {
    stress *s = arg;
    for (uint64_t i = 0; i < EACH; i++) {
        assert_int_equal(edo_watch_modify(s->tx, count_up, NULL), 1);
        if (stress_random(&s->seed) % 61 == 0) sched_yield();
    }
    edo_watch_tx_unref(s->tx);
    return NULL;
}

static void *reader(void *arg) {
    stress *s = arg;
    for (;;) {
        edo_watch_changed_future c;
        wide value;
        edo_future *f = edo_watch_changed_init(&c, s->rx);
        bool over = stress_poll(&s->park, f, (uint32_t)(stress_random(&s->seed) % 3));
        edo_drop(f);
        if (over && f->result == -EDO_ECLOSED) break;
        edo_watch_read(s->rx, &value);
        for (size_t i = 0; i < EDO_COUNT(value.words); i++)
            assert_int_equal(value.words[i], value.words[0] * (i + 1));
        assert_true(value.words[0] >= s->last); // never an older value
        s->last = value.words[0];
        if (s->owns) wide_drop(&value);
    }
    edo_watch_rx_free(s->rx);
    return NULL;
}

static void readers_never_go_back_and_see_the_last_value(void **state) {
    (void)state;
    static const edo_watch_opts wide_opts = { .clone = wide_clone, .drop = wide_drop };
    for (uint64_t round = 0; round < 3; round++) {
        pthread_t threads[THREADS];
        stress s[THREADS];
        pair p = { NULL, NULL };
        wide zero = { { 0 } };
        bool owns = round > 0;
        alive = 1;
        assert_int_equal(edo_watch_new(&p.tx, &p.rx, sizeof zero, &zero, owns ? &wide_opts : NULL),
                         0);
        for (uint64_t n = 0; n < THREADS; n++) {
            s[n] = (stress){ .seed = test_seed(1 + round * 100 + n), .rx = p.rx, .owns = owns };
            parker_init(&s[n].park);
            if (n > 0 && n < READERS) assert_int_equal(edo_watch_subscribe(&s[n].rx, p.tx), 0);
            if (n >= READERS) s[n].tx = edo_watch_tx_ref(p.tx);
        }
        edo_watch_tx_unref(p.tx);
        for (uint64_t n = 0; n < THREADS; n++)
            (void)pthread_create(&threads[n], NULL, n < READERS ? reader : sender, &s[n]);
        for (uint64_t n = 0; n < THREADS; n++) (void)pthread_join(threads[n], NULL);
        for (uint64_t n = 0; n < THREADS; n++) parker_deinit(&s[n].park);
        for (uint64_t n = 0; n < READERS; n++) assert_int_equal(s[n].last, SENDERS * EACH);
        if (owns) assert_int_equal(alive, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_value_counts_as_seen),
        cmocka_unit_test(changed_is_ready_at_once_if_unseen_and_marks),
        cmocka_unit_test(read_leaves_the_mark_and_read_update_sets_it),
        cmocka_unit_test(last_value_before_the_end_is_still_seen),
        cmocka_unit_test(end_wakes_waiters_for_a_change),
        cmocka_unit_test(subscribe_marks_as_seen_and_clone_copies_the_mark),
        cmocka_unit_test(send_without_receiver_stores_nothing_but_replace_and_modify_do),
        cmocka_unit_test(modify_decides_whether_receivers_are_notified),
#ifndef EDO_DEBUG
        cmocka_unit_test(a_modify_function_cannot_change_its_channel),
#endif
        cmocka_unit_test(wait_for_tests_the_value_that_is_there_then_each_newest),
        cmocka_unit_test(sender_waits_for_the_last_receivers_end),
        cmocka_unit_test(a_change_wakes_every_waiter),
        cmocka_unit_test(owned_values_are_cloned_for_readers_and_dropped_once),
        cmocka_unit_test(plain_values_need_no_memory_after_the_constructor),
        cmocka_unit_test(wrong_arguments_and_failing_allocations_are_errors),
        cmocka_unit_test(readers_never_go_back_and_see_the_last_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
