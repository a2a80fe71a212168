/* SPDX-License-Identifier: MIT */
/* test/suite/channel_turns.c: rules about the order of values and of waits, and about a turn whose
 * owner is dropped. */
#include "test/suite/channel_rules.h"

#include <errno.h>

void edoi_channel_in_order(edoi_channel *c) {
    static const size_t caps[] = { 1, 2, 8, 64 };
    for (size_t k = 0; k < EDO_COUNT(caps); k++) {
        uint32_t in = 0, out = 0;
        if (!edoi_channel_made(c, caps[k])) return;
        for (uint32_t round = 0; round < 40 && in < 400; round++) {
            for (uint32_t i = 0; i < round * 7 % 23; i++) {
                bool is_full = in - out == caps[k] && !c->ops->unbounded;
                uint32_t before = c->made_n;
                EDOI_CHANNEL_EQ(c, edoi_channel_put(c), is_full ? -EAGAIN : 0);
                if (is_full) c->made_n = before; // its cell is free again
                if (!is_full) in++;
            }
            for (uint32_t i = 0; i < round * 5 % 17 && out < in; i++) edoi_channel_takes(c, out++);
        }
        while (out < in) edoi_channel_takes(c, out++);
        EDOI_CHANNEL_EQ(c, edoi_channel_take(c, &out), -EAGAIN);
        edoi_channel_ended(c);
    }
}

void edoi_channel_senders_wait(edoi_channel *c) {
    edoi_channel_wait a, b;
    if (c->ops->unbounded || !edoi_channel_made(c, 1)) return;
    EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
    edoi_channel_send(c, &a);
    edoi_channel_send(c, &b);
    EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &a), -EAGAIN);
    EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &b), -EAGAIN);
    EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &a), -EAGAIN); // keeps its place in line
    edoi_channel_takes(c, 0);
    EDOI_CHANNEL_EQ(c, edo_test_task_woken(&b.task), 0);
    EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &a), 0);
    edoi_channel_takes(c, 1);
    EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &b), 0);
    edoi_channel_takes(c, 2);
    edoi_channel_ended(c);
}

void edoi_channel_receivers_wait(edoi_channel *c) {
    edoi_channel_wait a, b;
    if (!edoi_channel_made(c, 2)) return;
    edoi_channel_recv(c, &a);
    EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &a), -EAGAIN);
    EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &a), -EAGAIN);
    if (c->ops->many_receivers) {
        edoi_channel_recv(c, &b);
        EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &b), -EAGAIN);
    }
    EDOI_CHANNEL_EQ(c, edo_test_task_woken(&a.task), 0);
    EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
    if (c->ops->many_receivers) EDOI_CHANNEL_EQ(c, edo_test_task_woken(&b.task), 0);
    EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &a), 0);
    if (c->ops->many_receivers) {
        EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
        EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &b), 0);
    }
    edoi_channel_ended(c);
}

static void try_sends(edoi_channel *c) {
    edoi_channel_wait a, r;
    bool is_full = !c->ops->unbounded;
    if (!edoi_channel_made(c, 1)) return;
    edoi_channel_recv_waits(c, &r);
    EDOI_CHANNEL_EQ(c, edoi_channel_try_put(c), 0);
    EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &r), 0);
    EDOI_CHANNEL_EQ(c, edoi_channel_try_put(c), 0);
    EDOI_CHANNEL_EQ(c, edoi_channel_try_put(c), is_full ? -EAGAIN : 0);
    if (is_full) edoi_channel_send_waits(c, &a);
    edoi_channel_takes(c, 1);
    if (is_full) EDOI_CHANNEL_EQ(c, edoi_channel_try_put(c), -EAGAIN); // the place is another's
    if (is_full) EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &a), 0);
    edoi_channel_no_rx(c);
    EDOI_CHANNEL_EQ(c, edoi_channel_try_put(c), -EDO_ECLOSED);
    edoi_channel_ended(c);
}

static void try_receives(edoi_channel *c) {
    edoi_channel_wait a;
    uint32_t got = 0;
    if (!edoi_channel_made(c, 2)) return;
    EDOI_CHANNEL_EQ(c, edoi_channel_try_take(c, &got), -EAGAIN);
    if (c->ops->many_receivers) {
        edoi_channel_recv_waits(c, &a);
        EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
        EDOI_CHANNEL_EQ(c, edoi_channel_try_take(c, &got), -EAGAIN); // the value is another's
        EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &a), 0);
    }
    EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
    EDOI_CHANNEL_EQ(c, edoi_channel_try_take(c, &got), 0);
    EDOI_CHANNEL_EQ(c, got, c->made_n - 1);
    edoi_channel_no_tx(c);
    EDOI_CHANNEL_EQ(c, edoi_channel_try_take(c, &got), -EDO_ECLOSED);
    edoi_channel_ended(c);
}

/* A try that takes a value frees its place. */
static void try_receives_for_a_sender(edoi_channel *c) {
    edoi_channel_wait a;
    uint32_t got = 0;
    if (c->ops->unbounded || !edoi_channel_made(c, 1)) return;
    EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
    edoi_channel_send_waits(c, &a);
    EDOI_CHANNEL_EQ(c, edoi_channel_try_take(c, &got), 0);
    EDOI_CHANNEL_EQ(c, got, 0);
    EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &a), 0);
    EDOI_CHANNEL_EQ(c, edoi_channel_try_take(c, &got), 0);
    EDOI_CHANNEL_EQ(c, got, 1);
    edoi_channel_ended(c);
}

void edoi_channel_tries(edoi_channel *c) {
    if (c->ops->try_send) try_sends(c);
    if (c->err >= 0 && c->ops->try_recv) try_receives(c);
    if (c->err >= 0 && c->ops->try_recv) try_receives_for_a_sender(c);
}

/* Polls a waiting operation once more, by another task. */
static void moves_to(edoi_channel *c, edoi_channel_wait *w, edo_test_task *task) {
    edo_test_task_init(task, w->future);
    EDOI_CHANNEL_EQ(c, edo_test_task_poll(task), EDO_PENDING);
}

void edoi_channel_newest_waker(edoi_channel *c) {
    edoi_channel_wait sends, receives;
    edo_test_task newer;
    if (!edoi_channel_made(c, 1)) return;
    edoi_channel_recv(c, &receives);
    EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &receives), -EAGAIN);
    moves_to(c, &receives, &newer);
    EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
    EDOI_CHANNEL_EQ(c, edo_test_task_woken(&receives.task), 0);
    EDOI_CHANNEL_EQ(c, edo_test_task_woken(&newer) > 0, true);
    EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &receives), 0);
    EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
    if (!c->ops->unbounded) {
        edoi_channel_send(c, &sends);
        EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &sends), -EAGAIN);
        moves_to(c, &sends, &newer);
        edoi_channel_takes(c, 1);
        EDOI_CHANNEL_EQ(c, edo_test_task_woken(&sends.task), 0);
        EDOI_CHANNEL_EQ(c, edo_test_task_woken(&newer) > 0, true);
        EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &sends), 0);
        edoi_channel_takes(c, 2);
    }
    edoi_channel_ended(c);
}

/* ---- Dropped --------------------------------------------------------------------------------- */

/* When a future is dropped. */
typedef enum dropped_at { UNPOLLED, WAITING, ITS_TURN, DROPS_N } dropped_at;

/* `a` and, behind it, `b` if there is one, wait for a place; `a` is dropped, and the place is free.
 * The next one may go on. */
static void drops_first(edoi_channel *c, dropped_at at, edoi_channel_wait *a,
                        edoi_channel_wait *b) {
    if (at != UNPOLLED) EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, a), -EAGAIN);
    if (b) EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, b), -EAGAIN);
    if (at != ITS_TURN) edo_drop(a->future);
    edoi_channel_takes(c, 0);
    if (at == ITS_TURN) {
        EDOI_CHANNEL_EQ(c, edo_test_task_woken(&a->task) > 0, true);
        edo_drop(a->future);
    }
    edo_drop(a->future); // harmless
}

void edoi_channel_dropped_sends(edoi_channel *c) {
    edoi_channel_wait a, b;
    for (int at = UNPOLLED; !c->ops->unbounded && at < DROPS_N; at++) {
        for (int followed = 0; followed < 2; followed++) {
            uint32_t got = 0;
            if (!edoi_channel_made(c, 1)) return;
            EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
            edoi_channel_send(c, &a);
            if (followed) edoi_channel_send(c, &b);
            drops_first(c, (dropped_at)at, &a, followed ? &b : NULL);
            EDOI_CHANNEL_EQ(c, followed ? edoi_channel_woken(c, &b) : edoi_channel_put(c), 0);
            edoi_channel_takes(c, 2);
            EDOI_CHANNEL_EQ(c, edoi_channel_take(c, &got), -EAGAIN);
            edoi_channel_ended(c);
        }
    }
}

/* Two wait for a place, and the last one is dropped; another one comes behind the first. */
static void drops_last_sender(edoi_channel *c) {
    edoi_channel_wait a, b;
    if (c->ops->unbounded || !edoi_channel_made(c, 1)) return;
    EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
    edoi_channel_send_waits(c, &a);
    edoi_channel_send_waits(c, &b);
    edo_drop(b.future);
    edoi_channel_send_waits(c, &b);
    edoi_channel_takes(c, 0);
    EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &a), 0);
    edoi_channel_takes(c, 1);
    EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &b), 0);
    edoi_channel_takes(c, 3);
    edoi_channel_ended(c);
}

static void drops_last_receiver(edoi_channel *c) {
    edoi_channel_wait a, b;
    if (!c->ops->many_receivers || !edoi_channel_made(c, 1)) return;
    edoi_channel_recv_waits(c, &a);
    edoi_channel_recv_waits(c, &b);
    edo_drop(b.future);
    edoi_channel_recv_waits(c, &b);
    EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
    EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &a), 0);
    EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
    EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &b), 0);
    edoi_channel_ended(c);
}

void edoi_channel_dropped_behind(edoi_channel *c) {
    drops_last_sender(c);
    if (c->err >= 0) drops_last_receiver(c);
}

void edoi_channel_dropped_receives(edoi_channel *c) {
    edoi_channel_wait a, b;
    for (int at = UNPOLLED; at < DROPS_N; at++) {
        for (int followed = 0; followed <= c->ops->many_receivers; followed++) {
            if (!edoi_channel_made(c, 1)) return;
            edoi_channel_recv(c, &a);
            if (at != UNPOLLED) EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &a), -EAGAIN);
            if (followed) edoi_channel_recv(c, &b);
            if (followed) EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &b), -EAGAIN);
            if (at != ITS_TURN) edo_drop(a.future);
            EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
            if (at == ITS_TURN) edo_drop(a.future);
            edo_drop(a.future); // harmless
            if (followed) EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &b), 0);
            edoi_channel_no_tx(c);
            if (!followed) edoi_channel_takes(c, 0); // behind the end of the sender
            edoi_channel_is_over(c);
            edoi_channel_ended(c);
        }
    }
}

void edoi_channel_dropped_reservations(edoi_channel *c) {
    edoi_channel_wait a, b;
    if (!c->ops->reserve || c->ops->unbounded) return;
    for (int at = UNPOLLED; at < DROPS_N; at++) {
        if (!edoi_channel_made(c, 1)) return;
        EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
        edoi_channel_reserve(c, &a);
        edoi_channel_reserve(c, &b);
        drops_first(c, (dropped_at)at, &a, &b);
        EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &b), 0);
        edoi_channel_use(c, &b);
        edoi_channel_takes(c, 1);
        edoi_channel_ended(c);
    }
}

void edoi_channel_permits(edoi_channel *c) {
    edoi_channel_wait has, sends, receives;
    if (!c->ops->reserve || !edoi_channel_made(c, 1)) return;
    edoi_channel_reserve(c, &has);
    EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &has), 0);
    edoi_channel_send(c, &sends);
    if (!c->ops->unbounded) EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &sends), -EAGAIN);
    c->ops->release(c->bytes, has.permit);
    if (!c->ops->unbounded) EDOI_CHANNEL_EQ(c, edo_test_task_woken(&sends.task) > 0, true);
    EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &sends), 0);
    edoi_channel_takes(c, 0);
    edoi_channel_reserve(c, &has);
    EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &has), 0);
    edoi_channel_recv(c, &receives);
    EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &receives), -EAGAIN);
    if (!c->ops->unbounded) EDOI_CHANNEL_EQ(c, edoi_channel_put(c), -EAGAIN);
    if (!c->ops->unbounded && c->ops->try_send)
        EDOI_CHANNEL_EQ(c, edoi_channel_try_put(c), -EAGAIN);
    edoi_channel_use(c, &has);
    EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &receives), 0);
    edoi_channel_reserve(c, &has); // the place is free again
    EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &has), 0);
    c->ops->release(c->bytes, has.permit);
    EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0); // and now, too
    edoi_channel_ended(c);
}
