/* SPDX-License-Identifier: MIT */
/* sync/channel/chan.c: the channel of many senders and many receivers.
 *
 * One short lock guards everything; each operation takes it once. For slots see slots.h; a permit
 * belongs to a send that waited and whose future has not been polled since. In the same way a value
 * in the queue is free, or set aside for a receive that waited. A receive gets the oldest value
 * when it takes one: `promised` only counts how many are set aside.
 *
 *     send         slot free: push, then the value goes to the receiver that waits longest, if any
 *     recv         value free: pop, then the slot goes to the sender that waits longest, if any
 *     drop         of a future that was granted a slot or a value: that goes to the next waiter
 *
 * inv. 1 to 3: as in slots.h.
 * inv. 4: promised <= q.len; while a receiver waits they are equal.
 * inv. 5: no receive ends with -EDO_ECLOSED while a value is in the queue, promised or not: if the
 *         receive to which it was promised is dropped, another waiting receive gets it.
 *
 * Sender and receiver are the same struct under two opaque names. */
#include "sync/channel/elem_size.h"

#include "base/held.h"
#include "base/opts.h"
#include "future/budget.h"
#include "records/handles.h"
#include "sync/channel/slots.h"

#include <edo/task.h>

#include <limits.h>

typedef struct chan {
    edoi_slots s;               /* the values, senders and ends; its lock guards all. No value is
                                   ever claimed, unlike in mpsc.c */
    size_t promised;            /* values that are set aside */
    edo_wait_list receivers;    /* they wait for a value */
    edo_atomic_u32 receivers_n; /* atomic: CN1 */
} chan;

static chan *chan_of_tx(edo_chan_tx *tx) {
    EDOI_ENTERS(EDOI_CHAN_TX, tx);
    return (chan *)(void *)tx;
}

static chan *chan_of_rx(edo_chan_rx *rx) {
    EDOI_ENTERS(EDOI_CHAN_RX, rx);
    return (chan *)(void *)rx;
}

size_t edoi_chan_elem_size(edo_chan_rx *rx) {
    return chan_of_rx(rx)->s.elem_bytes;
}

/* For those who watch. */
static size_t chan_depth(void *slots) {
    edoi_slots *s = slots;
    edoi_lock_acquire(&s->mu);
    size_t n = s->q.len;
    edoi_lock_release(&s->mu);
    return n;
}

static edoi_open_look_fn chan_look;
static const edoi_slots_kind chan_kind = { "chan", chan_depth, chan_look };

static void chan_look(edoi_open_thing *thing, edoi_open_table *to) {
    edoi_slots_look(thing, to, &chan_kind);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

int edo_chan_new(edo_chan_tx **tx, edo_chan_rx **rx, size_t elem_size, size_t cap,
                 const edo_chan_opts *opts) {
    if (cap == 0 || elem_size > EDOI_ELEM_BYTES_MAX) return -EINVAL;
    if (opts && !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    chan *c = edoi_calloc(1, sizeof *c);
    if (!c) return -ENOMEM;
    edoi_slots_init(&c->s, elem_size, cap, opts ? opts->drop : NULL);
    int err = edoi_slots_show(&c->s, opts ? opts->name : NULL, &chan_kind, EDOI_CALLER());
    if (err < 0) {
        edoi_free(c);
        return err;
    }
    edoi_store_rlx_u32(&c->receivers_n, 1); // relaxed: no other thread knows the channel yet
    *tx = edoi_handle_made_here(EDOI_CHAN_TX, c, EDOI_CALLER());
    *rx = edoi_handle_made_here(EDOI_CHAN_RX, c, EDOI_CALLER());
    return 0;
}

/* Asserts the invariants, at constant cost. Called with the lock held, before it is released. */
static void chan_check(const chan *c) {
    edoi_slots_check(&c->s);
    EDO_INV("chan inv. 4", c->promised <= c->s.q.len);
    EDO_INV("chan inv. 4", !edoi_wait_first(&c->receivers) || c->promised == c->s.q.len);
}

static void chan_release(chan *c) {
    if (!edoi_endpoints_release(&c->s.ends)) return;
    edoi_slots_hide(&c->s);
    EDO_ASSERT(!edoi_wait_first(&c->s.senders) && !edoi_wait_first(&c->receivers) &&
               !edoi_wait_first(&c->s.closers));
    EDO_ASSERT(c->s.permits == 0 && c->promised == 0);
    EDO_CHECK(edoi_mpsc_queue_check(&c->s.q));
    edoi_mpsc_queue_deinit(&c->s.q, c->s.drop);
    edoi_handle_free(EDOI_CHAN_RX, c, c, sizeof *c);
}

/* Called with the lock held; releases it in between: at the channel's end, wakes the waiting
 * receives. */
static void chan_tell_end(chan *c) {
    if (c->receivers.first && edoi_slots_ended(&c->s))
        edoi_wait_wake_all(&c->s.mu, &c->receivers, edoi_woken_set);
}

edo_chan_tx *edo_chan_tx_ref(edo_chan_tx *tx) {
    chan *c = chan_of_tx(tx);
    edoi_endpoints_ref(&c->s.ends);
    edoi_peer_share(&c->s.peers.sender);
    return edoi_handle_shared(EDOI_CHAN_TX, tx);
}

void edo_chan_tx_unref(edo_chan_tx *tx) {
    if (!tx) return;
    chan *c = chan_of_tx(tx);
    edoi_handle_given_up(EDOI_CHAN_TX, tx, EDOI_CALLER());
    if (!edoi_endpoints_unref(&c->s.ends)) return;
    edoi_lock_acquire(&c->s.mu);
    EDO_ASSERT(!edoi_wait_first(&c->s.senders) && c->s.permits == 0);
    c->s.tx_gone = true;
    chan_tell_end(c);
    EDO_CHECK(chan_check(c));
    edoi_lock_release(&c->s.mu);
    chan_release(c);
}

edo_chan_rx *edo_chan_rx_ref(edo_chan_rx *rx) {
    chan *c = chan_of_rx(rx);
    // relaxed: the caller's reference keeps it alive
    uint32_t before = edoi_add_rlx_u32(&c->receivers_n, 1);
    EDO_ASSERT(before > 0);
    (void)before;
    edoi_peer_share(&c->s.peers.receiver);
    return edoi_handle_shared(EDOI_CHAN_RX, rx);
}

/* Called with the lock held; releases it in between. */
static void close_and_tell(chan *c) {
    if (c->s.closed) return;
    c->s.closed = true;
    edoi_wait_wake_all(&c->s.mu, &c->s.senders, edoi_woken_set);
    edoi_wait_wake_all(&c->s.mu, &c->s.closers, edoi_woken_set);
    chan_tell_end(c);
}

void edo_chan_close(edo_chan_rx *rx) {
    chan *c = chan_of_rx(rx);
    edoi_lock_acquire(&c->s.mu);
    close_and_tell(c);
    EDO_CHECK(chan_check(c));
    edoi_lock_release(&c->s.mu);
}

void edo_chan_rx_unref(edo_chan_rx *rx) {
    if (!rx) return;
    chan *c = chan_of_rx(rx);
    edoi_handle_given_up(EDOI_CHAN_RX, rx, EDOI_CALLER());
    edoi_held_check("an end of a channel is given back");
    // CN1: pairs with CN1: the last receiver sees the others' accesses
    if (edoi_sub_acqrel_u32(&c->receivers_n, 1) != 1) return;
    edoi_mpsc_queue dead;
    edoi_lock_acquire(&c->s.mu);
    EDO_ASSERT(!edoi_wait_first(&c->receivers) && c->promised == 0);
    close_and_tell(c);
    c->s.rx_gone = true;
    edoi_mpsc_queue_steal(&c->s.q, &dead);
    EDO_CHECK(chan_check(c));
    edoi_lock_release(&c->s.mu);
    edoi_mpsc_queue_deinit(&dead, c->s.drop);
    chan_release(c);
}

/* ---- Slots ----------------------------------------------------------------------------------- */

/* Called with the lock held; may release it in between. 0: a value can be pushed; otherwise an
 * error. */
static int slot_find(chan *c) {
    for (;;) {
        if (c->s.closed) return -EDO_ECLOSED;
        if (c->s.q.len + c->s.permits >= c->s.cap) return -EAGAIN;
        if (EDOI_LIKELY(c->s.q.room > c->s.permits)) return 0;
        if (!edoi_slots_more_room(&c->s)) return -ENOMEM;
    }
}

/* Called with the lock held; may release it in between. Returns PENDING, 0 if a value can be
 * pushed, or an error. */
static int chan_slot_poll(chan *c, edo_chan_send_future *f, edo_cx *cx) {
    if (edo_future_step(&f->base) == WAITING) {
        if (edoi_granted(&f->node)) {
            c->s.permits--;
            return c->s.rx_gone ? -EDO_ECLOSED : 0;
        }
        if (!edoi_still_linked(&f->node)) return -EDO_ECLOSED;
        edoi_wait_renew(&f->node, edo_cx_waker(cx));
        return PENDING;
    }
    int got = slot_find(c);
    if (got != -EAGAIN) return got;
    edoi_wait_push(&c->s.senders, &f->node, edo_cx_waker(cx));
    edo_future_next_step(&f->base, WAITING);
    return PENDING;
}

/* ---- Values ---------------------------------------------------------------------------------- */

/* Called with the lock held: sets a free value aside for a waiting receive. Returns its waker, to
 * be delivered. */
static edo_waker *value_pass_on(chan *c) {
    if (c->s.q.len == c->promised) return NULL;
    edo_wait_node *node = edoi_wait_pop(&c->receivers);
    if (!node) return NULL;
    c->promised++;
    edoi_granted_set(node);
    return edo_waker_mark(node->waker);
}

/* Called with the lock held; releases it. There is a slot: sends the value. */
static void put_and_leave(chan *c, const void *value) {
    edoi_peer_note(&c->s.peers.sender);
    edoi_mpsc_queue_push(&c->s.q, value);
    edo_waker *wake = value_pass_on(c);
    EDO_CHECK(chan_check(c));
    edoi_lock_release(&c->s.mu);
    edo_waker_deliver(wake);
}

/* Called with the lock held; releases it. Takes `n` values, AT_ONCE at most, that the caller may
 * take. */
static void take_and_leave(chan *c, void *values, size_t n) {
    edoi_owed o;
    edoi_peer_note(&c->s.peers.receiver);
    edoi_slots_take(&c->s, values, n, &o);
    chan_tell_end(c);
    EDO_CHECK(chan_check(c));
    edoi_lock_release(&c->s.mu);
    edoi_slots_settle(&c->s, &o);
}

/* Called with the lock held: PENDING, 0 if the caller may take a value, or -EDO_ECLOSED. */
static int value_poll(chan *c, edo_future *f, edo_wait_node *node, edo_cx *cx) {
    if (edo_future_step(f) == WAITING) {
        if (edoi_granted(node)) {
            c->promised--;
            return 0;
        }
        EDO_INV("chan inv. 5", edoi_still_linked(node) || c->s.q.len == 0);
        if (!edoi_still_linked(node)) return -EDO_ECLOSED; // told of the end, which is final
        edoi_wait_renew(node, edo_cx_waker(cx));
        return PENDING;
    }
    if (c->s.q.len > c->promised) return 0;
    if (edoi_slots_ended(&c->s)) return -EDO_ECLOSED;
    edoi_peer_note(&c->s.peers.receiver);
    edoi_wait_push(&c->receivers, node, edo_cx_waker(cx));
    edo_future_next_step(f, WAITING);
    return PENDING;
}

/* ---- Sending --------------------------------------------------------------------------------- */

static edo_polled chan_send_poll(edo_future *base, edo_cx *cx) {
    edo_chan_send_future *f = (edo_chan_send_future *)(void *)base;
    chan *c = chan_of_tx(f->tx);
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
    edoi_lock_acquire(&c->s.mu);
    int got = chan_slot_poll(c, f, cx);
    if (got == 0) {
        put_and_leave(c, f->value);
    } else {
        EDO_CHECK(chan_check(c));
        edoi_lock_release(&c->s.mu);
        if (got == PENDING) return EDO_PENDING;
    }
    edoi_budget_debit(cx);
    return edo_future_finish(base, got);
}

static void chan_send_drop(edo_future *base) {
    edo_chan_send_future *f = (edo_chan_send_future *)(void *)base;
    if (edo_future_is_over(base)) return; // its channel may be gone
    chan *c = chan_of_tx(f->tx);
    if (edo_future_step(base) == WAITING) {
        edo_waker *wake = NULL;
        edoi_lock_acquire(&c->s.mu);
        if (edoi_granted(&f->node)) {
            c->s.permits--;
            wake = edoi_slots_pass_on(&c->s);
            chan_tell_end(c);
        } else if (edoi_still_linked(&f->node)) {
            edoi_wait_remove(&c->s.senders, &f->node);
        }
        EDO_CHECK(chan_check(c));
        edoi_lock_release(&c->s.mu);
        edo_waker_deliver(wake);
    }
    edo_future_retire(base);
}

edo_future *edo_chan_send_init(edo_chan_send_future *f, edo_chan_tx *tx, const void *value) {
    EDOI_ENTERS(EDOI_CHAN_TX, tx);
    static const edo_future_ops ops = { .poll = chan_send_poll,
                                        .drop = chan_send_drop,
                                        .name = "edo_chan_send",
                                        .size = sizeof(edo_chan_send_future),
                                        .flags =
                                            EDOI_FUTURE_WAITS_ROOM | EDOI_FUTURE_OF(EDOI_CHAN_TX) };
    f->tx = tx;
    f->value = value;
    return edo_future_init(&f->base, &ops);
}

int edo_chan_send(edo_chan_tx *tx, const void *value) {
    edo_chan_send_future f;
    return edo_await(edo_chan_send_init(&f, tx, value));
}

int edo_chan_try_send(edo_chan_tx *tx, const void *value) {
    chan *c = chan_of_tx(tx);
    edoi_lock_acquire(&c->s.mu);
    int err = slot_find(c);
    if (err == 0) {
        put_and_leave(c, value);
    } else {
        EDO_CHECK(chan_check(c));
        edoi_lock_release(&c->s.mu);
    }
    return err;
}

/* ---- Waiting for the receivers' end ---------------------------------------------------------- */

static edo_polled chan_closed_poll(edo_future *base, edo_cx *cx) {
    edo_chan_closed_future *f = (edo_chan_closed_future *)(void *)base;
    return edoi_slots_closed_poll(&chan_of_tx(f->tx)->s, base, &f->node, cx);
}

static void chan_closed_drop(edo_future *base) {
    edo_chan_closed_future *f = (edo_chan_closed_future *)(void *)base;
    if (edo_future_is_over(base)) return; // its channel may be gone
    edoi_slots_closed_drop(&chan_of_tx(f->tx)->s, base, &f->node);
}

edo_future *edo_chan_closed_init(edo_chan_closed_future *f, edo_chan_tx *tx) {
    EDOI_ENTERS(EDOI_CHAN_TX, tx);
    static const edo_future_ops ops = { .poll = chan_closed_poll,
                                        .drop = chan_closed_drop,
                                        .name = "edo_chan_closed",
                                        .size = sizeof(edo_chan_closed_future),
                                        .flags = EDOI_FUTURE_OF(EDOI_CHAN_TX) };
    f->tx = tx;
    return edo_future_init(&f->base, &ops);
}

int edo_chan_closed(edo_chan_tx *tx) {
    edo_chan_closed_future f;
    return edo_await(edo_chan_closed_init(&f, tx));
}

/* ---- Receiving ------------------------------------------------------------------------------- */

static edo_polled chan_recv_poll(edo_future *base, edo_cx *cx) {
    edo_chan_recv_future *f = (edo_chan_recv_future *)(void *)base;
    chan *c = chan_of_rx(f->rx);
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
    edoi_lock_acquire(&c->s.mu);
    int got = value_poll(c, base, &f->node, cx);
    if (got == 0) {
        take_and_leave(c, f->value, 1);
    } else {
        EDO_CHECK(chan_check(c));
        edoi_lock_release(&c->s.mu);
        if (got == PENDING) return EDO_PENDING;
    }
    edoi_budget_debit(cx);
    return edo_future_finish(base, got);
}

/* Takes up to `left` more free values. */
static size_t chan_take_free(chan *c, unsigned char *to, size_t left) {
    size_t taken = 0;
    while (left > taken) {
        edoi_lock_acquire(&c->s.mu);
        size_t n = c->s.q.len - c->promised;
        if (n > left - taken) n = left - taken;
        if (n > AT_ONCE) n = AT_ONCE;
        if (n == 0) {
            EDO_CHECK(chan_check(c));
            edoi_lock_release(&c->s.mu);
            break;
        }
        take_and_leave(c, to + taken * c->s.elem_bytes, n);
        taken += n;
    }
    return taken;
}

static edo_polled chan_recv_many_poll(edo_future *base, edo_cx *cx) {
    edo_chan_recv_many_future *f = (edo_chan_recv_many_future *)(void *)base;
    chan *c = chan_of_rx(f->rx);
    if (f->limit == 0) return edo_future_finish(base, 0);
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
    edoi_lock_acquire(&c->s.mu);
    int got = value_poll(c, base, &f->node, cx);
    if (got == 0) {
        take_and_leave(c, f->values, 1);
        unsigned char *next = (unsigned char *)f->values + c->s.elem_bytes;
        got = 1 + (int)chan_take_free(c, next, f->limit - 1);
    } else {
        EDO_CHECK(chan_check(c));
        edoi_lock_release(&c->s.mu);
        if (got == PENDING) return EDO_PENDING;
    }
    edoi_budget_debit(cx);
    return edo_future_finish(base, got);
}

/* A waiting receive is dropped. */
static void value_drop(chan *c, edo_future *f, edo_wait_node *node) {
    if (edo_future_step(f) == WAITING) {
        edo_waker *wake = NULL;
        edoi_lock_acquire(&c->s.mu);
        if (edoi_granted(node)) {
            c->promised--;
            wake = value_pass_on(c);
        } else if (edoi_still_linked(node)) {
            edoi_wait_remove(&c->receivers, node);
        }
        EDO_CHECK(chan_check(c));
        edoi_lock_release(&c->s.mu);
        edo_waker_deliver(wake);
    }
    edo_future_retire(f);
}

static void chan_recv_drop(edo_future *base) {
    edo_chan_recv_future *f = (edo_chan_recv_future *)(void *)base;
    if (edo_future_is_over(base)) return; // its channel may be gone
    value_drop(chan_of_rx(f->rx), base, &f->node);
}

static void chan_recv_many_drop(edo_future *base) {
    edo_chan_recv_many_future *f = (edo_chan_recv_many_future *)(void *)base;
    if (edo_future_is_over(base)) return; // its channel may be gone
    value_drop(chan_of_rx(f->rx), base, &f->node);
}

edo_future *edo_chan_recv_init(edo_chan_recv_future *f, edo_chan_rx *rx, void *value) {
    EDOI_ENTERS(EDOI_CHAN_RX, rx);
    static const edo_future_ops ops = { .poll = chan_recv_poll,
                                        .drop = chan_recv_drop,
                                        .name = "edo_chan_recv",
                                        .size = sizeof(edo_chan_recv_future),
                                        .flags = EDOI_FUTURE_WAITS_VALUE |
                                                 EDOI_FUTURE_OF(EDOI_CHAN_RX) };
    f->rx = rx;
    f->value = value;
    return edo_future_init(&f->base, &ops);
}

edo_future *edo_chan_recv_many_init(edo_chan_recv_many_future *f, edo_chan_rx *rx, void *values,
                                    size_t limit) {
    EDOI_ENTERS(EDOI_CHAN_RX, rx);
    static const edo_future_ops ops = { .poll = chan_recv_many_poll,
                                        .drop = chan_recv_many_drop,
                                        .name = "edo_chan_recv_many",
                                        .size = sizeof(edo_chan_recv_many_future),
                                        .flags = EDOI_FUTURE_WAITS_VALUE |
                                                 EDOI_FUTURE_OF(EDOI_CHAN_RX) };
    f->rx = rx;
    f->values = values;
    f->limit = limit < INT_MAX ? limit : INT_MAX;
    return edo_future_init(&f->base, &ops);
}

int edo_chan_recv(edo_chan_rx *rx, void *value) {
    edo_chan_recv_future f;
    return edo_await(edo_chan_recv_init(&f, rx, value));
}

int edo_chan_recv_many(edo_chan_rx *rx, void *values, size_t limit) {
    edo_chan_recv_many_future f;
    return edo_await(edo_chan_recv_many_init(&f, rx, values, limit));
}

int edo_chan_try_recv(edo_chan_rx *rx, void *value) {
    chan *c = chan_of_rx(rx);
    edoi_lock_acquire(&c->s.mu);
    if (c->s.q.len > c->promised) {
        take_and_leave(c, value, 1);
        return 0;
    }
    bool end = edoi_slots_ended(&c->s);
    EDO_CHECK(chan_check(c));
    edoi_lock_release(&c->s.mu);
    return end ? -EDO_ECLOSED : -EAGAIN;
}

/* ---- Asking ---------------------------------------------------------------------------------- */

size_t edo_chan_cap(edo_chan_tx *tx) {
    chan *c = chan_of_tx(tx);
    if (c->s.cap == EDO_CHAN_UNBOUNDED) return c->s.cap;
    edoi_lock_acquire(&c->s.mu);
    size_t free_n = c->s.cap - c->s.q.len - c->s.permits;
    EDO_CHECK(chan_check(c));
    edoi_lock_release(&c->s.mu);
    return free_n;
}

size_t edo_chan_len(edo_chan_rx *rx) {
    chan *c = chan_of_rx(rx);
    edoi_lock_acquire(&c->s.mu);
    size_t n = c->s.q.len - c->promised;
    EDO_CHECK(chan_check(c));
    edoi_lock_release(&c->s.mu);
    return n;
}

bool edo_chan_is_closed(edo_chan_tx *tx) {
    return edoi_slots_is_closed(&chan_of_tx(tx)->s);
}
