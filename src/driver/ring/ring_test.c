/* SPDX-License-Identifier: MIT */
/* Goal: each operation that a ring has is over once, with its own result, whatever the kernel
 * takes, refuses and ends, in whatever order; and a wake finds the ring's lock free.
 * Method: ring.c is included; the kernel is a fake one with small queues, whose counts wrap soon,
 * which takes, holds back and ends what the test says. Then threads that put, flush and see ends at
 * random, over a fake one that takes, refuses and ends at random. */
#include "driver/ring/kernel.h"

#include "base/memory/alloc.h"

#include "acting_waker.h"
#include "poll_by_hand.h"
#include "rounds.h"
#include "seed.h"
#include "stress.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int fake_poll(void);

#define poll(fds, n, ms) ((void)(fds), fake_poll())
#include "driver/ring/ring.c"
#undef poll

#include "driver/ring/fake_kernel_test.h"

/* ---- A ring and its operations --------------------------------------------------------------- */

typedef struct item {
    edoi_kring_op op;
    hand_waker waker;
} item;

static edoi_kring *ring;
static item items[CQ_MAX + 1];

static void ring_begin(uint32_t sq_n) {
    fake_begin(sq_n);
    memset(items, 0, sizeof items);
    assert_int_equal(edoi_kring_new(&ring), 0);
}

static int set_up_ring(void **state) {
    (void)state;
    ring_begin(8);
    return 0;
}

static int tear_down_ring(void **state) {
    (void)state;
    edoi_kring_free(ring);
    assert_int_equal(fake.closed, 1);
    return 0;
}

#define WITH_RING(test) cmocka_unit_test_setup_teardown(test, set_up_ring, tear_down_ring)

static bool put_item(uint32_t i) {
    items[i] =
        (item){ .op = { .code = IORING_OP_READ, .fd = (int)i, .at = i }, .waker = HAND_WAKER };
    return edoi_kring_put(ring, &items[i].op, &items[i].waker.base);
}

static void put_items(uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++) assert_true(put_item(i));
}

/* Puts the items that fit, and has the kernel take them. */
static void begin_items(uint32_t from, uint32_t to) {
    put_items(from, to);
    edoi_kring_flush(ring);
}

static void end_item(uint32_t n, int result) {
    for (uint32_t i = 0; i < fake.held_n; i++) {
        if (fake.held[i].user_data != (uint64_t)(uintptr_t)&items[n].op) continue;
        fake_end_at(i, result);
        return;
    }
    fail_msg("the kernel does not have item %u", n);
}

static bool is_over(uint32_t i) {
    return edoi_kring_look(ring, &items[i].op, &items[i].waker.base);
}

static void assert_over(uint32_t i, int result) {
    assert_true(is_over(i));
    assert_int_equal(items[i].op.result, result);
    assert_int_equal(hand_woken(&items[i].waker), 1);
}

static void assert_refused(uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++) assert_over(i, EDOI_KRING_REFUSES);
}

static void assert_pending(uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++) {
        assert_false(is_over(i));
        assert_int_equal(hand_woken(&items[i].waker), 0);
    }
}

/* ---- Putting and ends ------------------------------------------------------------------------ */

static void kernel_gets_what_is_asked_and_zeros(void **state) {
    (void)state;
    edoi_kring_op op = {
        .code = IORING_OP_WRITE, .fd = 3, .at = 4, .place = 5, .n = 6, .flags = 7
    };
    struct io_uring_sqe expected = { .opcode = IORING_OP_WRITE };
    expected.fd = 3;
    expected.addr = 4;
    expected.off = 5;
    expected.len = 6;
    expected.rw_flags = 7;
    expected.user_data = (uint64_t)(uintptr_t)&op;
    memset(fake.sqes, 0xff, sizeof fake.sqes);
    assert_true(edoi_kring_put(ring, &op, NULL));
    assert_int_equal(fake.calls, 0);
    edoi_kring_flush(ring);
    // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-*): each byte was set
    assert_memory_equal(&fake.held[0], &expected, sizeof expected);
    edoi_kring_flush(ring); // nothing new: no call
    assert_int_equal(fake.calls, 1);
    fake_end_at(0, 6);
    assert_int_equal(edoi_kring_reap(ring), 1);
    assert_true(edoi_kring_look(ring, &op, NULL));
    assert_int_equal(op.result, 6);
}

static void kernel_knows_what_it_has_said(void **state) {
    (void)state;
    assert_int_equal(edoi_kring_fd(ring), -7);
    assert_true(edoi_kring_knows(ring, IORING_OP_READ));
    assert_true(edoi_kring_knows(ring, 63));
    assert_false(edoi_kring_knows(ring, IORING_OP_WRITE));
    assert_false(edoi_kring_knows(ring, 64));
    assert_false(edoi_kring_knows(ring, 64 + IORING_OP_READ));
}

/* More than one look at the ends takes. */
static void results_come_to_their_operations_in_any_order(void **state) {
    (void)state;
    uint64_t seed = test_seed(1);
    for (int round = 0; round < 100; round++) {
        uint32_t order[16] = { 0 };
        begin_items(0, 8);
        begin_items(8, 14);
        for (uint32_t i = 0; i < 14; i++) {
            uint32_t j = (uint32_t)(stress_random(&seed) % (i + 1));
            order[i] = order[j];
            order[j] = i;
        }
        assert_int_equal(edoi_kring_reap(ring), 0);
        assert_pending(0, 14);
        for (uint32_t i = 0; i < 14; i++) end_item(order[i], (int)order[i] * 10 - 50);
        assert_pending(0, 14);
        assert_int_equal(edoi_kring_reap(ring), 14);
        for (uint32_t i = 0; i < 14; i++) assert_over(i, (int)i * 10 - 50);
    }
}

static void more_ends_than_one_look_takes_are_all_seen(void **state) {
    (void)state;
    edoi_kring_free(ring);
    ring_begin(SQ_MAX);
    begin_items(0, SQ_MAX);
    begin_items(SQ_MAX, OPS_MAX);
    for (uint32_t i = 0; i < OPS_MAX; i++) end_item(i, (int)i);
    assert_int_equal(edoi_kring_reap(ring), OPS_MAX);
    for (uint32_t i = 0; i < OPS_MAX; i++) assert_over(i, (int)i);
}

static void without_room_nothing_is_put(void **state) {
    (void)state;
    put_items(0, 8);
    assert_false(put_item(8)); // the kernel has taken nothing
    edoi_kring_flush(ring);
    put_items(8, 14);
    edoi_kring_flush(ring);
    assert_false(put_item(14)); // the rest of the room is for ends of cancellations
    end_item(3, 0);
    assert_false(put_item(14)); // nobody has seen that
    assert_int_equal(edoi_kring_reap(ring), 1);
    assert_true(put_item(14));
    edoi_kring_flush(ring);
    assert_over(3, 0);
    assert_pending(0, 3);
    assert_pending(4, 15);
}

static void newest_waker_of_an_operation_is_woken(void **state) {
    (void)state;
    hand_waker newest = HAND_WAKER;
    begin_items(0, 2);
    assert_false(edoi_kring_look(ring, &items[0].op, &newest.base));
    assert_false(edoi_kring_look(ring, &items[1].op, NULL));
    end_item(0, 1);
    end_item(1, 2);
    assert_int_equal(edoi_kring_reap(ring), 2);
    assert_int_equal(hand_woken(&newest), 1);
    assert_int_equal(hand_woken(&items[0].waker), 0);
    assert_int_equal(hand_woken(&items[1].waker), 0);
    assert_true(is_over(0) && is_over(1));
}

static void what_the_kernel_takes_in_parts_is_taken_once_and_in_order(void **state) {
    (void)state;
    fake.most = 3;
    begin_items(0, 8);
    assert_int_equal(fake.calls, 3);
    assert_int_equal(fake.held_n, 8);
    for (uint32_t i = 0; i < 8; i++) assert_int_equal(fake.held[i].fd, i);
}

static void put_again(acting_waker *w) {
    item *i = (item *)w->arg;
    *i = (item){ .op = { .code = IORING_OP_READ, .at = 77 }, .waker = HAND_WAKER };
    assert_int_equal(edoi_kring_put(ring, &i->op, &i->waker.base), ring->refusal == 0);
}

/* With the lock held this would hang. */
static void waker_may_put_and_flush(void **state) {
    (void)state;
    acting_waker again = ACTING_WAKER(NULL);
    again.act = put_again;
    again.arg = &items[1];
    begin_items(0, 1);
    assert_false(edoi_kring_look(ring, &items[0].op, &again.base));
    end_item(0, 0);
    assert_int_equal(edoi_kring_reap(ring), 1);
    edoi_kring_flush(ring);
    end_item(1, 78);
    assert_int_equal(edoi_kring_reap(ring), 1);
    assert_over(1, 78);
}

/* ---- Cancellations --------------------------------------------------------------------------- */

static void cancellation_names_its_operation_and_ends_for_nobody(void **state) {
    (void)state;
    begin_items(0, 2);
    edoi_kring_cancel(ring, &items[1].op);
    edoi_kring_flush(ring);
    assert_int_equal(fake.held_n, 3);
    assert_int_equal(fake.held[2].opcode, IORING_OP_ASYNC_CANCEL);
    assert_true(fake.held[2].addr == (uint64_t)(uintptr_t)&items[1].op);
    assert_int_equal(fake.held[2].user_data, 0);
    fake_end_at(2, 0);
    end_item(1, -ECANCELED);
    assert_int_equal(edoi_kring_reap(ring), 1); // a cancellation is no operation of the numbers
    assert_int_equal(ring->out_n, 1);
    assert_over(1, -ECANCELED);
    assert_pending(0, 1);
}

static void what_is_over_is_not_cancelled(void **state) {
    (void)state;
    begin_items(0, 2);
    end_item(0, 5);
    edoi_kring_cancel(ring, &items[0].op); // nobody has seen its end: the kernel says ENOENT
    assert_int_equal(edoi_kring_reap(ring), 1);
    edoi_kring_cancel(ring, &items[0].op);
    edoi_kring_flush(ring);
    assert_int_equal(fake.held_n, 2);
    fake_end_at(1, -ENOENT);
    assert_int_equal(edoi_kring_reap(ring), 0);
    assert_int_equal(ring->out_n, 1);
    assert_over(0, 5);
    assert_pending(1, 2);
}

static uint32_t item_at(uint64_t op) {
    uint32_t i = 0;
    while (op != (uint64_t)(uintptr_t)&items[i].op) assert_true(++i < EDO_COUNT(items));
    return i;
}

/* The kernel ends what it was asked to end; how many. */
static uint32_t end_what_is_cancelled(void) {
    uint32_t n = 0, i = 0;
    while (i < fake.held_n) {
        uint64_t op = fake.held[i].addr;
        if (fake.held[i++].user_data) continue;
        fake_end_at(i - 1, 0);
        end_item(item_at(op), -ECANCELED);
        n++;
        i = 0;
    }
    return n;
}

/* There are fewer places than operations: each comes to its turn, without a further call of the
 * driver, which sleeps. */
static void all_of_a_full_ring_are_cancelled(void **state) {
    (void)state;
    begin_items(0, 8);
    begin_items(8, 14);
    for (uint32_t i = 0; i < 14; i++) edoi_kring_cancel(ring, &items[i].op);
    for (uint32_t i = 0; i < 14; i++) edoi_kring_cancel(ring, &items[i].op); // once is enough
    edoi_kring_flush(ring);
    for (uint32_t ended_n = 0; ended_n < 14;) {
        uint32_t n = end_what_is_cancelled();
        assert_true(n > 0);
        assert_int_equal(edoi_kring_reap(ring), n);
        ended_n += n;
    }
    for (uint32_t i = 0; i < 14; i++) assert_over(i, -ECANCELED);
    assert_int_equal(fake.held_n, 0);
    assert_null(ring->to_end);
}

/* The first ones cannot be, and the driver sleeps. */
static void cancellation_does_not_wait_for_others(void **state) {
    (void)state;
    begin_items(0, 8);
    begin_items(8, 14);
    for (uint32_t i = 0; i < 14; i++) edoi_kring_cancel(ring, &items[i].op);
    edoi_kring_flush(ring);
    for (int round = 0; round < 14; round++) {
        for (uint32_t i = fake.held_n; i > 0; i--)
            if (!fake.held[i - 1].user_data) fake_end_at(i - 1, -EALREADY);
        assert_int_equal(edoi_kring_reap(ring), 0);
    }
    assert_pending(0, 14);
    for (uint32_t i = 0; i < 14; i++) assert_true(items[i].op.is_asked);
    for (uint32_t i = 0; i < 14; i++) end_item(i, 5);
    assert_int_equal(edoi_kring_reap(ring), 14);
    assert_int_equal(ring->out_n, 0);
}

static void cancellation_that_is_refused_is_asked_anew(void **state) {
    static const int codes[] = { -EAGAIN, -EBUSY, -ENOMEM };
    (void)state;
    for (size_t c = 0; c < EDO_COUNT(codes); c++) {
        begin_items(0, 2);
        fake.refuses = codes[c];
        fake.in = fake.calls;
        fake.times = 1;
        edoi_kring_cancel(ring, &items[0].op);
        assert_int_equal(edoi_kring_flush(ring), 1); // the driver is not to sleep
        assert_int_equal(fake.held_n, 2);
        edoi_kring_flush(ring);
        assert_int_equal(fake.held_n, 3);
        assert_int_equal(end_what_is_cancelled(), 1);
        end_item(1, 1);
        assert_int_equal(edoi_kring_reap(ring), 2);
        assert_over(0, -ECANCELED);
    }
}

static void what_ends_before_its_cancellation_has_room_is_not_cancelled(void **state) {
    (void)state;
    begin_items(0, 8);
    put_items(8, 14);
    for (uint32_t i = 0; i < 14; i++) edoi_kring_cancel(ring, &items[i].op);
    assert_int_equal(ring->out_n, 16);
    for (uint32_t i = 2; i < 8; i++) end_item(i, 3);
    assert_int_equal(edoi_kring_reap(ring), 6);
    edoi_kring_flush(ring);
    while (ring->to_end) {
        assert_true(fake.held_n > 0);
        fake_end_at(fake.held_n - 1, 0);
        (void)edoi_kring_reap(ring);
        edoi_kring_flush(ring);
    }
    for (uint32_t i = 2; i < 8; i++) assert_over(i, 3);
    for (uint32_t i = 0; i < fake.held_n; i++)
        for (uint32_t k = 2; k < 8; k++)
            assert_false(fake.held[i].addr == (uint64_t)(uintptr_t)&items[k].op);
}

/* What was not taken yet is asked for and cancelled by one call, in this order. */
static void cancellation_follows_what_was_not_taken(void **state) {
    (void)state;
    put_items(0, 1);
    edoi_kring_cancel(ring, &items[0].op);
    edoi_kring_flush(ring);
    assert_int_equal(fake.calls, 1);
    assert_int_equal(fake.held[0].opcode, IORING_OP_READ);
    assert_int_equal(fake.held[1].opcode, IORING_OP_ASYNC_CANCEL);
}

/* ---- Refusals -------------------------------------------------------------------------------- */

static void refusal_ends_all_that_was_not_taken_and_all_later(void **state) {
    static const int codes[] = { -EPERM, -EACCES, -ENOSYS, -EINVAL, -EBADFD, 0 };
    (void)state;
    for (size_t c = 0; c < EDO_COUNT(codes); c++) {
        edoi_kring_free(ring);
        ring_begin(SQ_MAX);
        begin_items(0, 2);
        fake.refuses = codes[c];
        fake.is_idle = true;
        put_items(2, SQ_MAX); // more than one step takes back
        edoi_kring_cancel(ring, &items[0].op);
        edoi_kring_flush(ring);
        assert_int_equal(fake.calls, 2);
        assert_refused(2, SQ_MAX);
        assert_pending(0, 2);
        assert_false(put_item(SQ_MAX));
        edoi_kring_cancel(ring, &items[1].op);
        edoi_kring_flush(ring);
        assert_int_equal(fake.calls, 2); // it is not asked again
        end_item(1, 1);
        end_item(0, 7);
        assert_int_equal(edoi_kring_reap(ring), 2);
        assert_over(0, 7);
        assert_over(1, 1);
        assert_int_equal(ring->out_n, 0);
    }
}

static void refusal_after_a_part_ends_the_rest(void **state) {
    (void)state;
    fake.most = 3;
    fake.refuses = -EPERM;
    fake.in = 2;
    begin_items(0, 8);
    assert_pending(0, 6);
    assert_refused(6, 8);
    assert_int_equal(fake.held_n, 6);
}

static void what_may_pass_ends_this_and_not_the_next(void **state) {
    static const int codes[] = { -EAGAIN, -EBUSY, -ENOMEM };
    (void)state;
    for (size_t c = 0; c < EDO_COUNT(codes); c++) {
        fake.refuses = codes[c];
        fake.in = fake.calls + 1;
        fake.times = 1;
        fake.most = 2;
        begin_items(0, 5);
        assert_pending(0, 2);
        assert_refused(2, 5);
        begin_items(5, 8);
        assert_int_equal(fake.held_n, 5);
        while (fake.held_n > 0) fake_end_at(fake.held_n - 1, 4);
        assert_int_equal(edoi_kring_reap(ring), 5);
        for (uint32_t i = 5; i < 8; i++) assert_over(i, 4);
    }
}

static void interrupted_call_is_made_again(void **state) {
    (void)state;
    fake.refuses = -EINTR;
    fake.times = 3;
    begin_items(0, 2);
    assert_int_equal(fake.calls, 4);
    assert_int_equal(fake.held_n, 2);
    assert_pending(0, 2);
}

static void waker_of_a_refused_operation_may_put(void **state) {
    (void)state;
    for (int for_good = 0; for_good < 2; for_good++) {
        acting_waker again = ACTING_WAKER(NULL);
        again.act = put_again;
        again.arg = &items[1];
        fake.refuses = for_good ? -EPERM : -EAGAIN;
        fake.in = fake.calls;
        fake.times = 1;
        put_items(0, 1);
        assert_false(edoi_kring_look(ring, &items[0].op, &again.base));
        edoi_kring_flush(ring);
        assert_true(is_over(0));
        assert_null(again.act);
        edoi_kring_flush(ring);
        assert_int_equal(fake.held_n, for_good ? 0 : 1);
        if (for_good) continue;
        end_item(1, 9);
        assert_int_equal(edoi_kring_reap(ring), 1);
        assert_over(1, 9);
    }
}

/* ---- Beginning and end ----------------------------------------------------------------------- */

static void without_memory_or_kernel_there_is_no_ring(void **state) {
    (void)state;
    edoi_kring *none = NULL;
    fake_begin(8);
    edoi_alloc_fail_at(1);
    assert_int_equal(edoi_kring_new(&none), -ENOMEM);
    fake.open_fails = -EPERM;
    assert_int_equal(edoi_kring_new(&none), -EPERM);
    assert_int_equal(fake.closed, 0);
    fake.open_fails = 0;
    fake.let_fails = -EACCES;
    assert_int_equal(edoi_kring_new(&none), -EACCES);
    assert_int_equal(fake.closed, 1);
    assert_null(none);
    edoi_kring_free(none);
}

static bool cancels_all(const struct io_uring_sqe *e) {
    return e->opcode == IORING_OP_ASYNC_CANCEL && e->cancel_flags == IORING_ASYNC_CANCEL_ANY;
}

/* `taken_n` are in the kernel, `put_n` are not yet. */
static void check_free(uint32_t taken_n, uint32_t put_n) {
    ring_begin(8);
    begin_items(0, taken_n);
    put_items(taken_n, taken_n + put_n);
    uint32_t all = taken_n + put_n;
    edoi_kring_free(ring);
    assert_int_equal(fake.closed, 1);
    assert_int_equal(fake.polls, all + (all > 0)); // each end, and the cancellation's
    for (uint32_t i = 0; i < all; i++) {
        assert_true(items[i].op.is_over);
        assert_int_equal(items[i].op.result, -ECANCELED);
        assert_int_equal(hand_woken(&items[i].waker), 1);
    }
    uint32_t last = (edoi_load_rlx_u32(&fake.sq_tail) - 1) & 7;
    if (all > 0) assert_true(cancels_all(&fake.sqes[last]));
}

static void end_cancels_what_is_out_and_waits_for_it(void **state) {
    (void)state;
    check_free(0, 0);
    check_free(3, 0);
    check_free(0, 3);
    check_free(7, 7);
    check_free(0, 8); // no room before these are taken
}

static void end_waits_also_if_the_kernel_refuses_to_cancel(void **state) {
    (void)state;
    ring_begin(8);
    begin_items(0, 3);
    fake.refuses = -EPERM;
    edoi_kring_free(ring);
    assert_int_equal(fake.polls, 3);
    assert_int_equal(fake.closed, 1);
    for (uint32_t i = 0; i < 3; i++) assert_true(items[i].op.is_over);
}

/* ---- Threads --------------------------------------------------------------------------------- */

#define THREADS 3
#define EACH    6 /* operations of a thread at once */
#define STEPS   500

/* Of a waker: how often it was woken. */
typedef struct counted_waker {
    edo_waker base;
    edo_atomic_u32 n;
} counted_waker;

static void count_wake(edo_waker *self) {
    (void)edoi_add_rlx_u32(&((counted_waker *)(void *)self)->n, 1);
}

static const edo_waker_ops counted_ops = {
    .mark = acting_mark, .deliver = count_wake, .ref = acting_ref, .unref = acting_ref
};

typedef struct putter {
    uint64_t seed;
    uint32_t puts_n, overs_n, refused_n;
    counted_waker waker;
    edoi_kring_op ops[EACH];
    bool is_out[EACH];
} putter;

static void putter_put(putter *p, size_t i) {
    uint64_t at = stress_random(&p->seed);
    p->ops[i] = (edoi_kring_op){ .code = IORING_OP_READ, .at = at };
    p->is_out[i] = edoi_kring_put(ring, &p->ops[i], &p->waker.base);
    p->puts_n += p->is_out[i];
}

static void putter_look(putter *p, size_t i) {
    edoi_kring_op *op = &p->ops[i];
    if (!edoi_kring_look(ring, op, &p->waker.base)) return;
    p->is_out[i] = false;
    p->overs_n++;
    p->refused_n += op->result == EDOI_KRING_REFUSES;
    if (op->result != EDOI_KRING_REFUSES && op->result != (int)(op->at & INT_MAX)) abort();
}

static void end_any(void) {
    pthread_mutex_lock(&fake.mutex);
    fake_end_any();
    pthread_mutex_unlock(&fake.mutex);
}

static void putter_step(putter *p, bool puts) {
    size_t i = stress_random(&p->seed) % EACH;
    switch (stress_random(&p->seed) % 8) {
    case 0: edoi_kring_flush(ring); break;
    case 1: (void)edoi_kring_reap(ring); break;
    case 2: end_any(); break;
    case 3:
        if (p->is_out[i]) edoi_kring_cancel(ring, &p->ops[i]);
        break;
    default:
        if (p->is_out[i])
            putter_look(p, i);
        else if (puts)
            putter_put(p, i);
    }
}

static void *putter_run(void *arg) {
    putter *p = (putter *)arg;
    for (int i = 0; i < STEPS; i++) putter_step(p, true);
    while (p->overs_n < p->puts_n) {
        putter_step(p, false);
        (void)sched_yield();
    }
    return NULL;
}

/* Ends cancellations, too, whose end nobody waits for. */
static void threads_put_and_see_all_ends(void **state) {
    (void)state;
    static putter putters[THREADS];
    uint32_t puts_n = 0, refused_n = 0, rounds = test_rounds(8, 200);
    for (uint64_t round = 0; round < rounds; round++) {
        pthread_t threads[THREADS];
        ring_begin(round % 2 ? 4 : 8);
        fake.seed = test_seed(round * 100 + 1);
        fake.may_end_it = round % 4 == 3;
        memset(putters, 0, sizeof putters);
        for (size_t i = 0; i < THREADS; i++) {
            putters[i].seed = test_seed(round * 100 + i + 2);
            putters[i].waker.base.ops = &counted_ops;
            assert_int_equal(pthread_create(&threads[i], NULL, putter_run, &putters[i]), 0);
        }
        for (size_t i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
        for (size_t i = 0; i < THREADS; i++) {
            assert_int_equal(putters[i].overs_n, putters[i].puts_n);
            assert_int_equal(edoi_load_rlx_u32(&putters[i].waker.n), putters[i].puts_n);
            puts_n += putters[i].puts_n;
            refused_n += putters[i].refused_n;
        }
        fake.seed = 0;
        edoi_kring_free(ring);
        assert_int_equal(fake.closed, 1);
    }
    assert_true(0 < refused_n && refused_n < puts_n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_RING(kernel_gets_what_is_asked_and_zeros),
        WITH_RING(kernel_knows_what_it_has_said),
        WITH_RING(results_come_to_their_operations_in_any_order),
        WITH_RING(more_ends_than_one_look_takes_are_all_seen),
        WITH_RING(without_room_nothing_is_put),
        WITH_RING(newest_waker_of_an_operation_is_woken),
        WITH_RING(what_the_kernel_takes_in_parts_is_taken_once_and_in_order),
        WITH_RING(waker_may_put_and_flush),
        WITH_RING(cancellation_names_its_operation_and_ends_for_nobody),
        WITH_RING(what_is_over_is_not_cancelled),
        WITH_RING(all_of_a_full_ring_are_cancelled),
        WITH_RING(cancellation_does_not_wait_for_others),
        WITH_RING(cancellation_that_is_refused_is_asked_anew),
        WITH_RING(what_ends_before_its_cancellation_has_room_is_not_cancelled),
        WITH_RING(cancellation_follows_what_was_not_taken),
        WITH_RING(refusal_ends_all_that_was_not_taken_and_all_later),
        WITH_RING(refusal_after_a_part_ends_the_rest),
        WITH_RING(what_may_pass_ends_this_and_not_the_next),
        WITH_RING(interrupted_call_is_made_again),
        WITH_RING(waker_of_a_refused_operation_may_put),
        cmocka_unit_test(without_memory_or_kernel_there_is_no_ring),
        cmocka_unit_test(end_cancels_what_is_out_and_waits_for_it),
        cmocka_unit_test(end_waits_also_if_the_kernel_refuses_to_cancel),
        cmocka_unit_test(threads_put_and_see_all_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
