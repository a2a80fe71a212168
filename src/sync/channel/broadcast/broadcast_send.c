/* SPDX-License-Identifier: MIT */
/* sync/channel/broadcast/broadcast_send.c: sends, and in a lossless channel waits for room.
 *
 * A waiting send stays in line until it has sent or is dropped; only the first in line may proceed.
 * The receiver that makes room wakes the first, and each send that proceeds wakes the next while
 * there is room (inv. 7 of broadcast_room.h).
 *
 * With `behind_after` each waiting send has a timer. The first send's timer fires when the
 * receivers that hold it up have done so for that long: then the send overwrites the oldest value,
 * as in a channel that is not lossless, which makes them fall behind. The timer of a later send
 * fires no later than it would need to as the first; so a send that becomes the first because the
 * previous one has sent need not be woken for its timer. */
#include "driver/clock.h"
#include "future/budget.h"
#include "future/fate.h"
#include "records/handles.h"
#include "runtime/worker/polled.h"
#include "sync/channel/broadcast/broadcast_room.h"

#include <edo/task.h>

#include <errno.h>

#define WORD sizeof(uint64_t)

/* Steps of the future. */
#define FRESH   0u
#define WAITING 1u /* in line, until it has sent or is dropped */

/* ---- Storing a value ------------------------------------------------------------------------- */

/* Called with the lock held. */
EDOI_INLINE void slot_write(edoi_broadcast *c, uint64_t position, const void *value) {
    edo_atomic_u64 *slot = edoi_broadcast_slot(c, position);
    const unsigned char *from = value;
    edoi_store_rlx_u64(slot, 0); // relaxed: BC1 comes after it
    size_t left = c->elem.bytes;
    for (size_t i = 1; i < c->stride; i++, from += WORD) {
        uint64_t word = 0;
        if (EDOI_LIKELY(left >= WORD)) {
            memcpy(&word, from, WORD);
            left -= WORD;
        } else {
            memcpy(&word, from, left);
        }
        edoi_store_rel_u64(&slot[i], word); // BC1: pairs with BC3
    }
    edoi_store_rel_u64(slot, position + 1); // BC4: pairs with BC2
}

/* A box with a copy of the bytes of `value`, which stays the caller's; NULL without memory. */
static edoi_shared_value *box_with(const edoi_broadcast *c, const void *value) {
    edoi_shared_value *box = edoi_shared_value_alloc(&c->elem);
    if (box) edoi_elem_copy(box->value, value, c->elem.bytes);
    return box;
}

/* Called with the lock held; releases it in between. There is a receiver: the value, in `box` if
 * there is one, is the channel's from now on. Returns the box that it overwrites, to be
 * released. */
EDOI_INLINE edoi_shared_value *store(edoi_broadcast *c, const void *value, edoi_shared_value *box) {
    edoi_shared_value *old = NULL;
    uint64_t at = edoi_load_rlx_u64(&c->tail); // relaxed: inv. 1
    EDO_INV("broadcast inv. 1", edoi_lock_is_held(&c->mu));
    // relaxed: published by BC4, so that no cursor is seen beyond it
    edoi_store_rlx_u64(&c->tail, at + 1);
    if (box) {
        edoi_broadcast_place *p = edoi_broadcast_place_of(c, at);
        old = p->box;
        *p = (edoi_broadcast_place){ .box = box, .unread = c->rx_n };
    } else {
        slot_write(c, at, value);
    }
    if (c->receivers.first) edoi_wait_wake_all(&c->mu, &c->receivers, edoi_woken_set);
    return old;
}

/* ---- Without waiting ------------------------------------------------------------------------- */

EDOI_INLINE int send_plain(edoi_broadcast *c, const void *value) {
    edoi_shared_value *box = NULL, *old = NULL;
    if (c->elem.clone) {
        box = box_with(c, value);
        if (!box) return -ENOMEM;
    }
    edoi_lock_acquire(&c->mu);
    size_t receivers = c->rx_n;
    if (receivers > 0) old = store(c, value, box);
    edoi_lock_release(&c->mu);

    edoi_shared_value_unref(old, &c->elem);
    if (receivers > 0) return 0;
    edoi_shared_value_free(box, &c->elem); // the value stays the caller's
    return -EDO_ECLOSED;
}

/* ---- Waiting for room ------------------------------------------------------------------------ */

/* Called with the lock held: when the receivers that hold up the first send count as behind. */
static int64_t limit_of(const edoi_broadcast *c) {
    return edoi_time_after(c->held_since_ns, c->behind_after_ns);
}

/* Called with the lock held: may the first send in line proceed? */
static bool broadcast_may_go(const edoi_broadcast *c, int64_t now_ns) {
    if (edoi_broadcast_has_room(c)) return true; // also if there is no receiver
    return c->behind_after_ns > 0 && c->senders.first && now_ns >= limit_of(c);
}

/* Called with the lock held; releases it. The caller is, or was, the first in line. Sends if there
 * is a receiver; returns the send's result. */
static int go_and_leave(edoi_broadcast *c, const void *value, edoi_shared_value *box,
                        int64_t now_ns) {
    edoi_shared_value *old = NULL;
    size_t receivers = c->rx_n;
    c->held_since_ns = now_ns; // before the release: the next in line becomes the first
    if (receivers > 0) {
        uint64_t at = edoi_load_rlx_u64(&c->tail);        // relaxed: inv. 1
        c->next_n[(size_t)at & c->mask] = c->caught_up_n; // other receivers lose the old value
        c->caught_up_n = 0;
        old = store(c, value, box);
    }
    edo_waker *wake = edoi_broadcast_wake_sender(c);
    edoi_lock_release(&c->mu);

    edo_waker_deliver(wake);
    edoi_shared_value_unref(old, &c->elem);
    if (receivers > 0) return 0;
    edoi_shared_value_free(box, &c->elem); // the value stays the caller's
    return -EDO_ECLOSED;
}

static int try_send_lossless(edoi_broadcast *c, const void *value) {
    edoi_shared_value *box = NULL;
    if (c->elem.clone) {
        box = box_with(c, value);
        if (!box) return -ENOMEM;
    }
    edoi_lock_acquire(&c->mu);
    bool closed = c->rx_n == 0;
    if (!closed && !c->senders.first && edoi_broadcast_has_room(c))
        return go_and_leave(c, value, box, 0);
    edoi_lock_release(&c->mu);
    edoi_shared_value_free(box, &c->elem); // the value stays the caller's
    return closed ? -EDO_ECLOSED : -EAGAIN;
}

/* Removes a send from the line. Wakes the next if it becomes the first: there may be room, and its
 * timer may have to fire sooner. */
static void broadcast_leave_line(edoi_broadcast *c, edo_broadcast_send_future *f) {
    edoi_lock_acquire(&c->mu);
    bool first = c->senders.first == &f->node;
    edoi_wait_remove(&c->senders, &f->node);
    edo_wait_node *next = first ? c->senders.first : NULL;
    edo_waker *wake = next ? edo_waker_mark(next->waker) : NULL;
    edoi_lock_release(&c->mu);
    edo_waker_deliver(wake);
}

/* Makes a send be polled at `at_ns` at the latest. 0: that time has passed; -EAGAIN; or an
 * error. */
static int limit_poll(edo_sleep_future *limit, int64_t at_ns, edo_cx *cx) {
    if (edo_future_is_over(&limit->base) || limit->at_ns > at_ns)
        edo_sleep_reset(limit, (edo_instant){ at_ns });
    if (edo_poll(&limit->base, cx) == EDO_PENDING) return -EAGAIN;
    if (limit->base.result == 0) edo_budget_refund(cx); // which the sleep debited
    return limit->base.result;
}

/* One attempt: sends, or stays in line. -EAGAIN: `*limit_ns` is when to try again. */
static int go_or_stand(edoi_broadcast *c, edo_broadcast_send_future *f, edo_cx *cx,
                       int64_t *limit_ns) {
    int64_t now_ns = c->behind_after_ns > 0 ? edoi_cx_now(cx) : 0;
    bool linked = edo_future_step(&f->base) == WAITING;
    edoi_lock_acquire(&c->mu);
    edo_wait_node *head = c->senders.first;
    bool first = linked ? head == &f->node : !head;
    if (first && broadcast_may_go(c, now_ns)) {
        if (linked) edoi_wait_remove(&c->senders, &f->node);
        edo_future_next_step(&f->base, FRESH);
        edoi_shared_value *box = f->box;
        f->box = NULL;
        return go_and_leave(c, f->value, box, now_ns);
    }
    if (linked) {
        edoi_wait_renew(&f->node, edo_cx_waker(cx));
    } else {
        if (first) c->held_since_ns = now_ns;
        edoi_wait_push(&c->senders, &f->node, edo_cx_waker(cx));
        edo_future_next_step(&f->base, WAITING);
    }
    *limit_ns = first ? limit_of(c) : edoi_time_after(now_ns, c->behind_after_ns);
    edoi_lock_release(&c->mu);
    return -EAGAIN;
}

static int send_lossless(edoi_broadcast *c, edo_broadcast_send_future *f, edo_cx *cx) {
    if (c->elem.clone && !f->box) {
        f->box = box_with(c, f->value);
        if (!f->box) return -ENOMEM;
    }
    int64_t limit_ns = 0;
    int got = go_or_stand(c, f, cx, &limit_ns);
    while (got == -EAGAIN && c->behind_after_ns > 0) {
        got = limit_poll(&f->limit, limit_ns, cx);
        if (got == -EAGAIN) return got;
        if (got < 0) {
            broadcast_leave_line(c, f);
        } else {
            got = go_or_stand(c, f, cx, &limit_ns);
        }
    }
    return got;
}

/* Releases what a send holds apart from its place in line. */
static void broadcast_let_go(edoi_broadcast *c, edo_broadcast_send_future *f) {
    edoi_shared_value_free(f->box, &c->elem);
    f->box = NULL;
    edo_drop(&f->limit.base);
}

static edo_polled broadcast_send_poll(edo_future *base, edo_cx *cx) {
    edo_broadcast_send_future *f = (edo_broadcast_send_future *)(void *)base;
    edoi_broadcast *c = edoi_broadcast_of_tx(f->tx);
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
    int got = c->lossless ? send_lossless(c, f, cx) : send_plain(c, f->value);
    if (got == -EAGAIN) return EDO_PENDING;
    broadcast_let_go(c, f);
    edoi_budget_debit(cx);
    return edo_future_finish(base, got);
}

static void broadcast_send_drop(edo_future *base) {
    edo_broadcast_send_future *f = (edo_broadcast_send_future *)(void *)base;
    if (edo_future_is_over(base)) return; // its channel may be gone
    edoi_broadcast *c = edoi_broadcast_of_tx(f->tx);
    if (edo_future_step(base) == WAITING) broadcast_leave_line(c, f);
    broadcast_let_go(c, f);
    edo_future_retire(base);
}

edo_future *edo_broadcast_send_init(edo_broadcast_send_future *f, edo_broadcast_tx *tx,
                                    const void *value) {
    EDOI_ENTERS(EDOI_BROADCAST_TX, tx);
    static const edo_future_ops ops = { .poll = broadcast_send_poll,
                                        .drop = broadcast_send_drop,
                                        .name = "edo_broadcast_send",
                                        .size = sizeof(edo_broadcast_send_future),
                                        .flags = EDOI_FUTURE_OF(EDOI_BROADCAST_TX) };
    f->tx = tx;
    f->value = value;
    f->box = NULL;
    (void)edo_sleep_at_init(&f->limit, (edo_instant){ INT64_MAX });
    return edo_future_init(&f->base, &ops);
}

static EDOI_NOINLINE int send_and_wait(edo_broadcast_tx *tx, const void *value) {
    edo_broadcast_send_future f;
    return edo_await(edo_broadcast_send_init(&f, tx, value));
}

int edo_broadcast_send(edo_broadcast_tx *tx, const void *value) {
    EDOI_ENTERS(EDOI_BROADCAST_TX, tx);
    edoi_broadcast *c = edoi_broadcast_of_tx(tx);
    return EDOI_UNLIKELY(c->lossless) ? send_and_wait(tx, value) : send_plain(c, value);
}

int edo_broadcast_try_send(edo_broadcast_tx *tx, const void *value) {
    EDOI_ENTERS(EDOI_BROADCAST_TX, tx);
    edoi_broadcast *c = edoi_broadcast_of_tx(tx);
    return c->lossless ? try_send_lossless(c, value) : send_plain(c, value);
}
