/* SPDX-License-Identifier: MIT */
/* sync/channel/mpsc.c: the channel of many senders and one receiver.
 *
 * One short lock guards everything; each operation takes it once, except receives of claimed values
 * (mpsc_queue.h), which take no lock. For slots see slots.h. A permit belongs to an
 * edo_mpsc_permit, to a future that was granted one, to a send that is about to use it, or to the
 * hand.
 *
 * A sender that finds the receiver waiting puts its value in the receiver's hand, so the woken
 * receive need not lock. If that receive is dropped instead, the next one finds the value. In a
 * bounded channel the value keeps a permit, which the next thread to lock releases once the hand is
 * empty. A sender that finds no slot meanwhile moves the value from the hand to its slot; if the
 * receive was faster, there is a free slot.
 *
 * inv. 1 to 3: as in slots.h.
 * inv. 4: the receiver is woken when a value comes or at the end, and only if it waits.
 * inv. 5: while it waits there is no value, neither claimed nor in q.len; so only a sender that
 *         ends the wait fills the hand, and never while it is full.
 * inv. 6: while the receiver or a sender waits, hand_permits is 0: the permits are exact.
 *
 * Sender, receiver and weak sender are the same struct under three opaque names. */
#include "sync/channel/elem_size.h"

#include "base/opts.h"
#include "future/budget.h"
#include "records/handles.h"
#include "sync/channel/slots.h"

#include <edo/task.h>

#include <errno.h>
#include <limits.h>

#define HAND_BYTES_MAX 64u /* of a handed-over value; larger ones go through a slot */
#define FRESH          0u  /* step of an unpolled future; then WAITING */

typedef struct mpsc {
    edoi_slots s;                          /* the values, senders and ends; its lock guards all */
    const edo_future *receiver;            /* the receive that waits for a value; NULL: none */
    edo_waker *rx_waker;                   /* its waker, borrowed; without it only compared */
    size_t hand_permits;                   /* permits of the value put in the hand; 0 or 1 */
    bool draining;                         /* a thread drops the values that the receiver left */
    EDOI_ALIGNED(16) unsigned char hand[]; /* inv. 5; none if elem_bytes > HAND_BYTES_MAX */
} mpsc;

/* Asserts the invariants, at constant cost. Called with the lock held, before it is released. */
static void mpsc_check(const mpsc *c) {
    edoi_slots_check(&c->s);
    EDO_INV("slots inv. 2", c->s.q.room >= c->s.permits);
    EDO_INV("mpsc inv. 4", !c->receiver || (c->rx_waker && !edoi_slots_ended(&c->s)));
    EDO_INV("mpsc inv. 5", !c->receiver || edoi_mpsc_queue_count(&c->s.q) == 0);
    EDO_INV("mpsc inv. 6", c->hand_permits == 0 || (!c->receiver && !c->s.senders.first));
}

static mpsc *mpsc_of_tx(edo_mpsc_tx *tx) {
    EDOI_ENTERS(EDOI_MPSC_TX, tx);
    return (mpsc *)(void *)tx;
}

static mpsc *mpsc_of_rx(edo_mpsc_rx *rx) {
    EDOI_ENTERS(EDOI_MPSC_RX, rx);
    return (mpsc *)(void *)rx;
}

size_t edoi_mpsc_elem_size(edo_mpsc_rx *rx) {
    return mpsc_of_rx(rx)->s.elem_bytes;
}

/* For those who watch. */
static size_t mpsc_depth(void *slots) {
    edoi_slots *s = slots;
    edoi_lock_acquire(&s->mu);
    size_t n = edoi_mpsc_queue_count(&s->q);
    edoi_lock_release(&s->mu);
    return n;
}

static edoi_open_look_fn mpsc_look;
static const edoi_slots_kind mpsc_kind = { "mpsc", mpsc_depth, mpsc_look };

static void mpsc_look(edoi_open_thing *thing, edoi_open_table *to) {
    edoi_slots_look(thing, to, &mpsc_kind);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

int edo_mpsc_new(edo_mpsc_tx **tx, edo_mpsc_rx **rx, size_t elem_size, size_t cap,
                 const edo_mpsc_opts *opts) {
    if (cap == 0 || elem_size > EDOI_ELEM_BYTES_MAX) return -EINVAL;
    if (opts && !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    mpsc *c = edoi_calloc(1, sizeof *c + (elem_size <= HAND_BYTES_MAX ? elem_size : 0));
    if (!c) return -ENOMEM;
    edoi_slots_init(&c->s, elem_size, cap, opts ? opts->drop : NULL);
    int err = edoi_slots_show(&c->s, opts ? opts->name : NULL, &mpsc_kind, EDOI_CALLER());
    if (err < 0) {
        edoi_free(c);
        return err;
    }
    *tx = edoi_handle_made_here(EDOI_MPSC_TX, c, EDOI_CALLER());
    *rx = edoi_handle_made_here(EDOI_MPSC_RX, c, EDOI_CALLER());
    return 0;
}

static void mpsc_release(mpsc *c) {
    if (!edoi_endpoints_release(&c->s.ends)) return;
    edoi_slots_hide(&c->s);
    EDO_ASSERT(!c->receiver && !c->s.senders.first && !c->s.closers.first);
    EDO_CHECK(edoi_mpsc_queue_check(&c->s.q));
    edoi_mpsc_queue_deinit(&c->s.q, c->s.drop);
    edoi_handle_free(EDOI_MPSC_RX, c, c, sizeof *c);
}

/* Called with the lock held. */
static edo_waker *mpsc_wake_receiver(mpsc *c) {
    if (!c->receiver) return NULL;
    c->receiver = NULL;
    return edo_waker_mark(c->rx_waker);
}

/* Called with the lock held; releases it. The receiver is gone: drops all values, without the lock.
 * Only one thread at a time does this, and it also drops values that come meanwhile by permit, from
 * another thread or from `drop` itself. */
static EDOI_NOINLINE void drain_and_leave(mpsc *c) {
    if (c->draining) {
        edoi_lock_release(&c->s.mu);
        return;
    }
    c->draining = true;
    edoi_endpoints_hold(&c->s.ends); // a value may own the last of the other ends
    unsigned char *values;
    size_t n;
    while ((n = edoi_mpsc_queue_oldest(&c->s.q, &values)) > 0) {
        edoi_lock_release(&c->s.mu);
        for (size_t i = 0; c->s.drop && i < n; i++) c->s.drop(values + i * c->s.elem_bytes);
        edoi_lock_acquire(&c->s.mu);
        edoi_mpsc_queue_discard(&c->s.q, n);
    }
    c->draining = false;
    edoi_mpsc_queue dead;
    bool over = c->s.permits == 0; // otherwise the slots stay: inv. 2
    if (over) edoi_mpsc_queue_steal(&c->s.q, &dead);
    edoi_lock_release(&c->s.mu);
    if (over) edoi_mpsc_queue_deinit(&dead, c->s.drop);
    mpsc_release(c);
}

/* Releases the lock; drops values that cannot be received any more at once. */
static void mpsc_leave(mpsc *c) {
    EDO_CHECK(mpsc_check(c));
    if (EDOI_UNLIKELY(c->s.rx_gone)) {
        drain_and_leave(c);
    } else {
        edoi_lock_release(&c->s.mu);
    }
}

edo_mpsc_tx *edo_mpsc_tx_ref(edo_mpsc_tx *tx) {
    mpsc *c = mpsc_of_tx(tx);
    edoi_endpoints_ref(&c->s.ends);
    edoi_peer_share(&c->s.peers.sender);
    return edoi_handle_shared(EDOI_MPSC_TX, tx);
}

void edo_mpsc_tx_unref(edo_mpsc_tx *tx) {
    if (!tx) return;
    mpsc *c = mpsc_of_tx(tx);
    edoi_handle_given_up(EDOI_MPSC_TX, tx, EDOI_CALLER());
    if (!edoi_endpoints_unref(&c->s.ends)) return;
    edoi_lock_acquire(&c->s.mu);
    c->s.tx_gone = true;
    edo_waker *wake = edoi_slots_ended(&c->s) ? mpsc_wake_receiver(c) : NULL;
    EDO_CHECK(mpsc_check(c));
    edoi_lock_release(&c->s.mu);
    edo_waker_deliver(wake);
    mpsc_release(c);
}

edo_mpsc_weak *edo_mpsc_tx_downgrade(edo_mpsc_tx *tx) {
    mpsc *c = mpsc_of_tx(tx);
    edoi_endpoints_hold(&c->s.ends);
    edoi_peer_share(&c->s.peers.sender);
    return edoi_handle_made_or_shared(EDOI_MPSC_WEAK, tx, EDOI_CALLER());
}

edo_mpsc_tx *edo_mpsc_tx_upgrade(edo_mpsc_weak *weak) {
    EDOI_ENTERS(EDOI_MPSC_WEAK, weak);
    mpsc *c = (mpsc *)(void *)weak;
    return edoi_endpoints_upgrade(&c->s.ends) ? edoi_handle_shared(EDOI_MPSC_TX, c) : NULL;
}

void edo_mpsc_weak_unref(edo_mpsc_weak *weak) {
    if (!weak) return;
    edoi_handle_given_up(EDOI_MPSC_WEAK, weak, EDOI_CALLER());
    mpsc_release((mpsc *)(void *)weak);
}

void edo_mpsc_close(edo_mpsc_rx *rx) {
    mpsc *c = mpsc_of_rx(rx);
    edo_waker *wake = NULL;
    edoi_lock_acquire(&c->s.mu);
    if (!c->s.closed) {
        c->s.closed = true;
        if (edoi_slots_ended(&c->s)) wake = mpsc_wake_receiver(c);
        edoi_wait_wake_all(&c->s.mu, &c->s.senders, edoi_woken_set);
        edoi_wait_wake_all(&c->s.mu, &c->s.closers, edoi_woken_set);
    }
    edoi_lock_release(&c->s.mu);
    edo_waker_deliver(wake);
}

/* Called with the lock held and the hand empty: releases the hand's permit. */
EDOI_INLINE void hand_settle(mpsc *c) {
    EDO_ASSERT(edoi_load_rlx_u64(&c->s.q.claimed) == 0);
    c->s.permits -= c->hand_permits;
    c->hand_permits = 0;
}

/* Receiver: drops the values it has claimed. */
static void drop_claimed(mpsc *c) {
    const unsigned char *value;
    while ((value = edoi_mpsc_queue_next(&c->s.q)) != NULL) {
        if (c->s.drop) c->s.drop((void *)(uintptr_t)value);
    }
}

void edo_mpsc_rx_free(edo_mpsc_rx *rx) {
    if (!rx) return;
    edo_mpsc_close(rx);
    mpsc *c = mpsc_of_rx(rx);
    edoi_handle_given_up(EDOI_MPSC_RX, rx, EDOI_CALLER());
    EDO_ASSERT(!c->receiver);
    drop_claimed(c);
    edoi_lock_acquire(&c->s.mu);
    hand_settle(c);
    c->s.rx_gone = true;
    mpsc_leave(c);
    mpsc_release(c);
}

/* ---- Slots ----------------------------------------------------------------------------------- */

/* Called with the lock held: can a value be pushed at once? */
static bool slot_is_free(const mpsc *c) {
    return !c->s.closed && c->s.q.room > c->s.permits;
}

/* Called with the lock held; may release it in between. Takes a free slot as a permit, or returns
 * an error. */
static int slot_take(mpsc *c) {
    for (;;) {
        if (c->s.closed) return -EDO_ECLOSED;
        bool full = c->s.q.len + c->s.permits >= c->s.cap;
        if (!full && EDOI_LIKELY(c->s.q.room > c->s.permits)) {
            c->s.permits++;
            return 0;
        }
        if (c->hand_permits) {
            edoi_mpsc_queue_take_back(&c->s.q);
            hand_settle(c); // and check again
            continue;
        }
        if (full) return -EAGAIN;
        if (!edoi_slots_more_room(&c->s)) return -ENOMEM;
    }
}

/* Called with the lock held: releases a permit. */
static edo_waker *slot_release(mpsc *c, edoi_mpsc_block **spare) {
    EDO_ASSERT(c->s.permits > 0);
    c->s.permits--;
    *spare = edoi_mpsc_queue_trim(&c->s.q, c->s.permits);
    edo_waker *wake = edoi_slots_pass_on(&c->s);
    if (!wake && edoi_slots_ended(&c->s)) wake = mpsc_wake_receiver(c);
    return wake;
}

/* Called with the lock held; the receiver waits and a slot is free: passes it the value. A sender
 * that waits for a slot gets one when a value is taken from a slot, so then the value must go
 * through a slot. */
EDOI_INLINE edo_waker *hand_over(mpsc *c, const void *value) {
    EDO_INV("mpsc inv. 6", c->hand_permits == 0);
    // First: as soon as the value is visible, a receiver that polls by itself takes it without the
    // lock, and its waker may be gone.
    edo_waker *wake = mpsc_wake_receiver(c);
    if (EDOI_LIKELY(c->s.elem_bytes <= HAND_BYTES_MAX && !c->s.senders.first)) {
        if (EDOI_LIKELY(c->s.q.slots_max)) { // an unbounded channel needs no count
            c->hand_permits = 1;
            c->s.permits++;
        }
        edoi_mpsc_queue_hand_over(&c->s.q, c->hand, value);
    } else {
        edoi_mpsc_queue_push(&c->s.q, value);
    }
    return wake;
}

/* As hand_over(); releases the lock. Returns EDO_READY, as the last call of a poll. */
static EDOI_NOINLINE edo_polled hand_over_and_leave(mpsc *c, const void *value) {
    edo_waker *wake = hand_over(c, value);
    EDO_CHECK(mpsc_check(c));
    edoi_lock_release(&c->s.mu);
    edo_waker_deliver(wake);
    return EDO_READY;
}

/* Called with the lock held; releases it. Puts a value in a free slot. Returns EDO_READY. */
static EDOI_NOINLINE edo_polled mpsc_push_and_leave(mpsc *c, const void *value) {
    edoi_mpsc_queue_push(&c->s.q, value);
    EDO_CHECK(mpsc_check(c));
    edoi_lock_release(&c->s.mu);
    return EDO_READY;
}

/* Called with the lock held: puts a value in the slot of a permit. */
static edo_waker *slot_fill(mpsc *c, const void *value) {
    EDO_ASSERT(c->s.permits > 0);
    edoi_peer_note(&c->s.peers.sender);
    c->s.permits--;
    if (c->receiver) return hand_over(c, value);
    edoi_mpsc_queue_push(&c->s.q, value);
    return NULL;
}

/* Called with the lock held; may release it in between. Returns PENDING, 0 with a permit, or an
 * error. */
static int mpsc_slot_poll(mpsc *c, edo_future *f, edo_wait_node *node, edo_cx *cx) {
    if (edo_future_step(f) == WAITING) {
        if (edoi_granted(node)) return 0;
        if (!edoi_still_linked(node)) return -EDO_ECLOSED;
        edoi_wait_renew(node, edo_cx_waker(cx));
        return PENDING;
    }
    int got = slot_take(c);
    if (got != -EAGAIN) return got;
    edoi_wait_push(&c->s.senders, node, edo_cx_waker(cx));
    edo_future_next_step(f, WAITING);
    return PENDING;
}

/* Drops a future that waits for a slot. */
static void slot_drop(edo_mpsc_tx *tx, edo_future *f, edo_wait_node *node) {
    if (edo_future_is_over(f)) return; // the sender may be gone
    mpsc *c = mpsc_of_tx(tx);
    if (edo_future_step(f) == WAITING) {
        edo_waker *wake = NULL;
        edoi_mpsc_block *spare = NULL;
        edoi_lock_acquire(&c->s.mu);
        if (edoi_granted(node)) {
            wake = slot_release(c, &spare);
        } else if (edoi_still_linked(node)) {
            edoi_wait_remove(&c->s.senders, node);
        }
        mpsc_leave(c);
        edo_waker_deliver(wake);
        edoi_cache_put(spare, c->s.block_bytes);
    }
    edo_future_retire(f);
}

/* ---- Sending --------------------------------------------------------------------------------- */

/* Called with the lock held; releases it. A send that does not end at once. */
static EDOI_NOINLINE edo_polled send_slowly(mpsc *c, edo_mpsc_send_future *f, edo_cx *cx) {
    edo_waker *wake = NULL;
    int got = mpsc_slot_poll(c, &f->base, &f->node, cx);
    if (got == 0 && EDOI_UNLIKELY(c->s.rx_gone)) {
        c->s.permits--; // the value stays the caller's
        mpsc_leave(c);
        edoi_budget_debit(cx);
        return edo_future_finish(&f->base, -EDO_ECLOSED);
    }
    if (got == 0) wake = slot_fill(c, f->value);
    edoi_lock_release(&c->s.mu);

    edo_waker_deliver(wake);
    if (got == PENDING) return EDO_PENDING;
    edoi_budget_debit(cx);
    return edo_future_finish(&f->base, got);
}

static EDOI_COLD edo_polled send_locked_slowly(mpsc *c, edo_mpsc_send_future *f, edo_cx *cx) {
    edoi_lock_wait(&c->s.mu);
    return send_slowly(c, f, cx);
}

static edo_polled mpsc_send_poll(edo_future *base, edo_cx *cx) {
    edo_mpsc_send_future *f = (edo_mpsc_send_future *)(void *)base;
    mpsc *c = mpsc_of_tx(f->tx);
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
    if (EDOI_UNLIKELY(!edoi_lock_try(&c->s.mu))) return send_locked_slowly(c, f, cx);
    // one that is noted takes the slow way, too: a call here would cost each send a frame
    if (edo_future_step(base) != FRESH || !slot_is_free(c) || edoi_peers_are_noted())
        return send_slowly(c, f, cx);
    edoi_budget_debit(cx);
    (void)edo_future_finish(base, 0);
    return c->receiver ? hand_over_and_leave(c, f->value) : mpsc_push_and_leave(c, f->value);
}

static void mpsc_send_drop(edo_future *base) {
    edo_mpsc_send_future *f = (edo_mpsc_send_future *)(void *)base;
    slot_drop(f->tx, base, &f->node);
}

edo_future *edo_mpsc_send_init(edo_mpsc_send_future *f, edo_mpsc_tx *tx, const void *value) {
    EDOI_ENTERS(EDOI_MPSC_TX, tx);
    static const edo_future_ops ops = { .poll = mpsc_send_poll,
                                        .drop = mpsc_send_drop,
                                        .name = "edo_mpsc_send",
                                        .size = sizeof(edo_mpsc_send_future),
                                        .flags =
                                            EDOI_FUTURE_WAITS_ROOM | EDOI_FUTURE_OF(EDOI_MPSC_TX) };
    f->tx = tx;
    f->value = value;
    return edo_future_init(&f->base, &ops);
}

int edo_mpsc_send(edo_mpsc_tx *tx, const void *value) {
    edo_mpsc_send_future f;
    return edo_await(edo_mpsc_send_init(&f, tx, value));
}

/* Called with the lock held; releases it. The first check found no free slot. */
static EDOI_NOINLINE int try_send_slowly(mpsc *c, const void *value) {
    int err = slot_take(c);
    edo_waker *wake = err == 0 ? slot_fill(c, value) : NULL;
    edoi_lock_release(&c->s.mu);
    edo_waker_deliver(wake);
    return err;
}

int edo_mpsc_try_send(edo_mpsc_tx *tx, const void *value) {
    mpsc *c = mpsc_of_tx(tx);
    edoi_lock_acquire(&c->s.mu);
    if (EDOI_UNLIKELY(!slot_is_free(c))) return try_send_slowly(c, value);
    edoi_peer_note(&c->s.peers.sender);
    if (c->receiver) {
        (void)hand_over_and_leave(c, value);
        return 0;
    }
    edoi_mpsc_queue_push(&c->s.q, value);
    edoi_lock_release(&c->s.mu);
    return 0;
}

static edo_polled reserve_poll(edo_future *base, edo_cx *cx) {
    edo_mpsc_reserve_future *f = (edo_mpsc_reserve_future *)(void *)base;
    mpsc *c = mpsc_of_tx(f->tx);
    if (!edo_budget_take(cx)) return EDO_PENDING;

    edoi_lock_acquire(&c->s.mu);
    int got = mpsc_slot_poll(c, base, &f->node, cx);
    if (got == 0) edoi_peer_share(&c->s.peers.sender);
    edoi_lock_release(&c->s.mu);

    if (got == 0) f->permit->tx = f->tx;
    if (got != PENDING) return edo_future_finish(base, got);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static void reserve_drop(edo_future *base) {
    edo_mpsc_reserve_future *f = (edo_mpsc_reserve_future *)(void *)base;
    slot_drop(f->tx, base, &f->node);
}

edo_future *edo_mpsc_reserve_init(edo_mpsc_reserve_future *f, edo_mpsc_tx *tx,
                                  edo_mpsc_permit *permit) {
    EDOI_ENTERS(EDOI_MPSC_TX, tx);
    static const edo_future_ops ops = { .poll = reserve_poll,
                                        .drop = reserve_drop,
                                        .name = "edo_mpsc_reserve",
                                        .size = sizeof(edo_mpsc_reserve_future),
                                        .flags =
                                            EDOI_FUTURE_WAITS_ROOM | EDOI_FUTURE_OF(EDOI_MPSC_TX) };
    f->tx = tx;
    f->permit = permit;
    return edo_future_init(&f->base, &ops);
}

int edo_mpsc_reserve(edo_mpsc_tx *tx, edo_mpsc_permit *permit) {
    edo_mpsc_reserve_future f;
    return edo_await(edo_mpsc_reserve_init(&f, tx, permit));
}

int edo_mpsc_try_reserve(edo_mpsc_tx *tx, edo_mpsc_permit *permit) {
    mpsc *c = mpsc_of_tx(tx);
    edoi_lock_acquire(&c->s.mu);
    int got = slot_take(c);
    if (got == 0) edoi_peer_share(&c->s.peers.sender);
    edoi_lock_release(&c->s.mu);
    if (got == 0) permit->tx = tx;
    return got;
}

void edo_mpsc_permit_send(edo_mpsc_permit *permit, const void *value) {
    if (EDO_MISUSE(!permit->tx, "this permit was used or released already")) return;
    mpsc *c = mpsc_of_tx(permit->tx);
    permit->tx = NULL;
    edoi_lock_acquire(&c->s.mu);
    edo_waker *wake = slot_fill(c, value);
    mpsc_leave(c);
    edo_waker_deliver(wake);
}

void edo_mpsc_permit_release(edo_mpsc_permit *permit) {
    if (!permit->tx) return;
    mpsc *c = mpsc_of_tx(permit->tx);
    permit->tx = NULL;
    edoi_mpsc_block *spare;
    edoi_lock_acquire(&c->s.mu);
    edo_waker *wake = slot_release(c, &spare);
    mpsc_leave(c);
    edo_waker_deliver(wake);
    edoi_cache_put(spare, c->s.block_bytes);
}

/* ---- Waiting for the receiver's end ---------------------------------------------------------- */

static edo_polled mpsc_closed_poll(edo_future *base, edo_cx *cx) {
    edo_mpsc_closed_future *f = (edo_mpsc_closed_future *)(void *)base;
    return edoi_slots_closed_poll(&mpsc_of_tx(f->tx)->s, base, &f->node, cx);
}

static void mpsc_closed_drop(edo_future *base) {
    edo_mpsc_closed_future *f = (edo_mpsc_closed_future *)(void *)base;
    if (edo_future_is_over(base)) return; // its channel may be gone
    edoi_slots_closed_drop(&mpsc_of_tx(f->tx)->s, base, &f->node);
}

edo_future *edo_mpsc_closed_init(edo_mpsc_closed_future *f, edo_mpsc_tx *tx) {
    EDOI_ENTERS(EDOI_MPSC_TX, tx);
    static const edo_future_ops ops = { .poll = mpsc_closed_poll,
                                        .drop = mpsc_closed_drop,
                                        .name = "edo_mpsc_closed",
                                        .size = sizeof(edo_mpsc_closed_future),
                                        .flags = EDOI_FUTURE_OF(EDOI_MPSC_TX) };
    f->tx = tx;
    return edo_future_init(&f->base, &ops);
}

int edo_mpsc_closed(edo_mpsc_tx *tx) {
    edo_mpsc_closed_future f;
    return edo_await(edo_mpsc_closed_init(&f, tx));
}

/* ---- Receiving ------------------------------------------------------------------------------- */

/* Receiver: takes up to `want` of the claimed values. */
static size_t take_claimed(mpsc *c, unsigned char *values, size_t want) {
    const void *value;
    size_t n = 0;
    while (n < want && (value = edoi_mpsc_queue_next(&c->s.q)) != NULL)
        edoi_elem_copy(values + n++ * c->s.elem_bytes, value, c->s.elem_bytes);
    return n;
}

/* Called with the lock held; releases it. A value is there, in blocks, and none is claimed. */
static EDOI_NOINLINE void claim_and_leave(mpsc *c, void *value) {
    edoi_mpsc_queue_claim(&c->s.q);
    edoi_mpsc_block *spare = NULL;
    if (c->s.q.spares_n > 1) spare = edoi_mpsc_queue_trim(&c->s.q, c->s.permits);
    edoi_lock_release(&c->s.mu);
    edoi_elem_copy(value, edoi_mpsc_queue_next(&c->s.q), c->s.elem_bytes);
    if (spare) edoi_cache_put(spare, c->s.block_bytes);
}

/* Called by the receiver with the lock held: has a sender handed a value over since the first
 * check? */
static bool was_handed(const mpsc *c) {
    return edoi_load_rlx_u64(&c->s.q.claimed) > 0; // relaxed: under the lock
}

/* Called with the lock held; releases it. A value is there. */
static void take_one_and_leave(mpsc *c, void *value) {
    if (EDOI_UNLIKELY(was_handed(c))) {
        edoi_elem_copy(value, edoi_mpsc_queue_next(&c->s.q), c->s.elem_bytes);
        edoi_lock_release(&c->s.mu); // not sooner: a sender might take it back
        return;
    }
    if (c->s.block_bytes) {
        claim_and_leave(c, value);
        return;
    }
    edoi_mpsc_queue_pop_ring(&c->s.q, value);
    edo_waker *wake = c->s.senders.first ? edoi_slots_pass_on(&c->s) : NULL;
    edoi_lock_release(&c->s.mu);
    edo_waker_deliver(wake);
}

/* Called with the lock held: makes `f` the waiting receive. False: another one waits already. */
static bool await_value(mpsc *c, const edo_future *f, edo_waker *waker) {
    if (EDO_MISUSE(c->receiver && c->receiver != f, "two receives wait on one receiver"))
        return false;
    if (!edo_waker_same(c->rx_waker, waker)) c->rx_waker = waker;
    c->receiver = f;
    return true;
}

/* Called with the lock held; releases it. No value is there: waits, unless it is the end. */
static EDOI_NOINLINE edo_polled recv_wait(mpsc *c, edo_future *f, edo_cx *cx) {
    edoi_peer_note(&c->s.peers.receiver);
    if (c->s.block_bytes) edoi_mpsc_queue_rewind(&c->s.q); // the only block starts again
    hand_settle(c);
    bool end = edoi_slots_ended(&c->s);
    bool waits = !end && await_value(c, f, edo_cx_waker(cx));
    if (end && c->receiver == f) c->receiver = NULL;
    edoi_lock_release(&c->s.mu);
    if (waits) {
        edo_future_next_step(f, WAITING);
        return EDO_PENDING;
    }
    edoi_budget_debit(cx);
    return edo_future_finish(f, end ? -EDO_ECLOSED : -EDO_EMISUSE);
}

/* Called with the lock held; releases it. */
static EDOI_NOINLINE edo_polled recv_one(mpsc *c, edo_mpsc_recv_future *f, edo_cx *cx) {
    EDO_ASSERT(c->receiver != &f->base); // inv. 5
    edoi_budget_debit(cx);
    (void)edo_future_finish(&f->base, 0);
    take_one_and_leave(c, f->value);
    return EDO_READY;
}

/* Apart for the reason of mpsc_send_poll(). */
static EDOI_NOINLINE edo_polled recv_one_noted(mpsc *c, edo_mpsc_recv_future *f, edo_cx *cx) {
    edoi_peer_came(&c->s.peers.receiver);
    return recv_one(c, f, cx);
}

EDOI_INLINE edo_polled recv_or_wait(mpsc *c, edo_mpsc_recv_future *f, edo_cx *cx) {
    if (c->s.q.len == 0 && !was_handed(c)) return recv_wait(c, &f->base, cx);
    return edoi_peers_are_noted() ? recv_one_noted(c, f, cx) : recv_one(c, f, cx);
}

static EDOI_COLD edo_polled recv_locked_slowly(mpsc *c, edo_mpsc_recv_future *f, edo_cx *cx) {
    edoi_lock_wait(&c->s.mu);
    return recv_or_wait(c, f, cx);
}

static edo_polled mpsc_recv_poll(edo_future *base, edo_cx *cx) {
    edo_mpsc_recv_future *f = (edo_mpsc_recv_future *)(void *)base;
    mpsc *c = mpsc_of_rx(f->rx);
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
    const void *next = edoi_mpsc_queue_next(&c->s.q);
    if (next) {
        edoi_budget_debit(cx);
        (void)edo_future_finish(base, 0);
        edoi_elem_copy(f->value, next, c->s.q.elem_bytes);
        return EDO_READY;
    }
    if (EDOI_UNLIKELY(!edoi_lock_try(&c->s.mu))) return recv_locked_slowly(c, f, cx);
    return recv_or_wait(c, f, cx);
}

static edo_polled mpsc_recv_many_poll(edo_future *base, edo_cx *cx) {
    edo_mpsc_recv_many_future *f = (edo_mpsc_recv_many_future *)(void *)base;
    mpsc *c = mpsc_of_rx(f->rx);
    unsigned char *to = f->values;
    size_t left = f->limit, n;
    if (left == 0) return edo_future_finish(base, 0);
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);

    for (;;) {
        n = take_claimed(c, to, left);
        left -= n;
        to += n * c->s.elem_bytes;
        if (left == 0) break;

        edoi_lock_acquire(&c->s.mu);
        if (EDOI_UNLIKELY(was_handed(c))) { // it is older than later values
            edoi_lock_release(&c->s.mu);
            continue;
        }
        edoi_mpsc_queue_rewind(&c->s.q);
        if (c->s.q.len == 0 && left == f->limit) return recv_wait(c, base, cx);
        EDO_ASSERT(c->receiver != base); // inv. 5
        edoi_owed o;
        edoi_peer_note(&c->s.peers.receiver);
        n = left < c->s.q.len ? left : c->s.q.len;
        if (n > AT_ONCE) n = AT_ONCE;
        edoi_slots_take(&c->s, to, n, &o);
        edoi_lock_release(&c->s.mu);
        edoi_slots_settle(&c->s, &o);
        left -= n;
        to += n * c->s.elem_bytes;
        if (n < AT_ONCE || left == 0) break;
    }
    edoi_budget_debit(cx);
    return edo_future_finish(base, (int)(f->limit - left));
}

static void mpsc_rx_wait_drop(edo_mpsc_rx *rx, edo_future *f) {
    if (edo_future_is_over(f)) return; // the receiver may be gone
    mpsc *c = mpsc_of_rx(rx);
    if (edo_future_step(f) == WAITING) {
        edoi_lock_acquire(&c->s.mu);
        if (c->receiver == f) c->receiver = NULL;
        edoi_lock_release(&c->s.mu);
    }
    edo_future_retire(f);
}

static void mpsc_recv_drop(edo_future *base) {
    mpsc_rx_wait_drop(((edo_mpsc_recv_future *)(void *)base)->rx, base);
}

static void mpsc_recv_many_drop(edo_future *base) {
    mpsc_rx_wait_drop(((edo_mpsc_recv_many_future *)(void *)base)->rx, base);
}

edo_future *edo_mpsc_recv_init(edo_mpsc_recv_future *f, edo_mpsc_rx *rx, void *value) {
    EDOI_ENTERS(EDOI_MPSC_RX, rx);
    static const edo_future_ops ops = { .poll = mpsc_recv_poll,
                                        .drop = mpsc_recv_drop,
                                        .name = "edo_mpsc_recv",
                                        .size = sizeof(edo_mpsc_recv_future),
                                        .flags = EDOI_FUTURE_WAITS_VALUE |
                                                 EDOI_FUTURE_OF(EDOI_MPSC_RX) };
    f->rx = rx;
    f->value = value;
    return edo_future_init(&f->base, &ops);
}

edo_future *edo_mpsc_recv_many_init(edo_mpsc_recv_many_future *f, edo_mpsc_rx *rx, void *values,
                                    size_t limit) {
    EDOI_ENTERS(EDOI_MPSC_RX, rx);
    static const edo_future_ops ops = { .poll = mpsc_recv_many_poll,
                                        .drop = mpsc_recv_many_drop,
                                        .name = "edo_mpsc_recv_many",
                                        .size = sizeof(edo_mpsc_recv_many_future),
                                        .flags = EDOI_FUTURE_WAITS_VALUE |
                                                 EDOI_FUTURE_OF(EDOI_MPSC_RX) };
    f->rx = rx;
    f->values = values;
    f->limit = limit < INT_MAX ? limit : INT_MAX;
    return edo_future_init(&f->base, &ops);
}

int edo_mpsc_recv(edo_mpsc_rx *rx, void *value) {
    edo_mpsc_recv_future f;
    return edo_await(edo_mpsc_recv_init(&f, rx, value));
}

int edo_mpsc_recv_many(edo_mpsc_rx *rx, void *values, size_t limit) {
    edo_mpsc_recv_many_future f;
    return edo_await(edo_mpsc_recv_many_init(&f, rx, values, limit));
}

int edo_mpsc_try_recv(edo_mpsc_rx *rx, void *value) {
    mpsc *c = mpsc_of_rx(rx);
    const void *next = edoi_mpsc_queue_next(&c->s.q);
    if (next) {
        edoi_elem_copy(value, next, c->s.q.elem_bytes);
        return 0;
    }
    edoi_lock_acquire(&c->s.mu);
    if (c->s.q.len > 0 || was_handed(c)) {
        edoi_peer_note(&c->s.peers.receiver);
        take_one_and_leave(c, value);
        return 0;
    }
    hand_settle(c);
    bool end = edoi_slots_ended(&c->s);
    edoi_lock_release(&c->s.mu);
    return end ? -EDO_ECLOSED : -EAGAIN;
}

/* ---- Asking ---------------------------------------------------------------------------------- */

size_t edo_mpsc_cap(edo_mpsc_tx *tx) {
    mpsc *c = mpsc_of_tx(tx);
    if (c->s.cap == EDO_MPSC_UNBOUNDED) return c->s.cap;
    edoi_lock_acquire(&c->s.mu);
    if (edoi_load_rlx_u64(&c->s.q.claimed) == 0) hand_settle(c); // relaxed: a count
    size_t free_n = c->s.cap - c->s.q.len - c->s.permits;
    edoi_lock_release(&c->s.mu);
    return free_n;
}

size_t edo_mpsc_cap_max(edo_mpsc_tx *tx) {
    return mpsc_of_tx(tx)->s.cap;
}

size_t edo_mpsc_len(edo_mpsc_rx *rx) {
    mpsc *c = mpsc_of_rx(rx);
    edoi_lock_acquire(&c->s.mu);
    size_t n = edoi_mpsc_queue_count(&c->s.q);
    edoi_lock_release(&c->s.mu);
    return n;
}

bool edo_mpsc_is_closed(edo_mpsc_tx *tx) {
    return edoi_slots_is_closed(&mpsc_of_tx(tx)->s);
}
