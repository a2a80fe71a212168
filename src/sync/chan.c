/* SPDX-License-Identifier: MIT */
/* sync/chan.c: the channel of many senders and many receivers.
 *
 * One short lock guards everything; each operation takes it once. A slot is free, set aside (a permit:
 * promised to a waiting sender whose future has not been polled since), or holds a value. A value in
 * the queue is free, or set aside for a waiting receiver in the same way. Which of the queue's values a
 * receiver gets is decided when it takes one: it counts only how many are spoken for.
 *
 *     send         slot free: push, then the value goes to the receiver that waits longest, if any
 *     recv         value free: pop, then the slot goes to the sender that waits longest, if any
 *     drop of a    future that was granted a slot or a value: it goes to the next that waits
 *
 * inv. 1: q.len + permits <= cap; while a sender waits and the channel is open they are equal.
 * inv. 2: q.room >= permits: a permit can always be used, without asking for memory.
 * inv. 3: promised <= q.len; while a receiver waits they are equal.
 * inv. 4: closed and tx_gone never go back; once closed is set no permit is given any more.
 * inv. 5: nobody is told of the end while a value is in the queue, promised or not: if the receiver
 *         that was promised it goes, another that waits gets it.
 *
 * Sender and receiver are the same struct under two opaque names. */
#include <edo/chan.h>

#include "base/cache.h"
#include "base/lock.h"
#include "base/opts.h"
#include "future/budget.h"
#include "sync/closed.h"
#include "sync/ends.h"
#include "sync/mpsc_queue.h"

#include <edo/task.h>

#include <limits.h>

#ifdef EDOI_MODEL
#    define AT_ONCE 1u // so that a model sees the lock open between two
#else
#    define AT_ONCE 32u /* values that a receive takes under one lock */
#endif
#define PENDING 1   /* what slot_poll() and value_poll() return beside 0 and the codes */

/* Steps of the futures. */
#define FRESH 0u
typedef struct chan {
    edoi_lock mu;             /* guards all that is not const or atomic */
    bool closed;              /* no new values; also when the last receiver has gone */
    bool tx_gone, rx_gone;    /* the last sender left; the last receiver */
    size_t permits, promised; /* slots, values that are set aside */
    edoi_mpsc_queue q;        /* the values; none is ever claimed, as mpsc.c does */
    edo_wait_list senders, receivers, closers;
    edoi_ends ends;             /* atomic: the senders; one reference more for all receivers */
    edo_atomic_u32 receivers_n; /* atomic: CN1 */
    size_t block_bytes;         /* const; of a block; 0: bounded, there is a ring */
    size_t elem_bytes;          /* const */
    size_t cap;                 /* const; EDO_CHAN_UNBOUNDED: none */
    void (*drop)(void *elem);   /* const */
} chan;

static chan *of_tx(edo_chan_tx *tx) {
    return (chan *)(void *)tx;
}

static chan *of_rx(edo_chan_rx *rx) {
    return (chan *)(void *)rx;
}

/* ---- Ends ------------------------------------------------------------------------------------ */

int edo_chan_new(edo_chan_tx **tx, edo_chan_rx **rx, size_t elem_size, size_t cap,
                 const edo_chan_opts *opts) {
    if (cap == 0 || elem_size > EDOI_ELEM_BYTES_MAX) return -EINVAL;
    if (opts && !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    chan *c = edoi_calloc(1, sizeof *c);
    if (!c) return -ENOMEM;
    edoi_ends_init(&c->ends, 1);
    edoi_store_rlx_u32(&c->receivers_n, 1); // relaxed: nobody else knows the channel yet
    c->cap = cap;
    c->elem_bytes = elem_size;
    if (opts) c->drop = opts->drop;
    edoi_mpsc_queue_init(&c->q, elem_size, cap);
    if (cap == EDO_CHAN_UNBOUNDED)
        c->block_bytes = edoi_mpsc_queue_bytes(&c->q, EDOI_MPSC_BLOCK_LEN);
    *tx = (edo_chan_tx *)(void *)c;
    *rx = (edo_chan_rx *)(void *)c;
    return 0;
}

static void release(chan *c) {
    if (!edoi_ends_release(&c->ends)) return;
    EDO_ASSERT(!edoi_wait_first(&c->senders) && !edoi_wait_first(&c->receivers) &&
               !edoi_wait_first(&c->closers));
    EDO_ASSERT(c->permits == 0 && c->promised == 0);
    edoi_mpsc_queue_deinit(&c->q, c->drop);
    edoi_free(c);
}

/* Lock held: whether receivers have nothing to wait for any more; inv. 5. */
static bool ended(const chan *c) {
    return c->q.len == 0 && c->permits == 0 && (c->closed || c->tx_gone);
}

/* Lock held, left in between: if it is the end, the receivers that wait are told. */
static void tell_end(chan *c) {
    if (c->receivers.first && ended(c)) edoi_wait_wake_all(&c->mu, &c->receivers, edoi_woken_set);
}

edo_chan_tx *edo_chan_tx_ref(edo_chan_tx *tx) {
    edoi_ends_ref(&of_tx(tx)->ends);
    return tx;
}

void edo_chan_tx_unref(edo_chan_tx *tx) {
    if (!tx) return;
    chan *c = of_tx(tx);
    if (!edoi_ends_unref(&c->ends)) return;
    edoi_lock_take(&c->mu);
    EDO_ASSERT(!edoi_wait_first(&c->senders) && c->permits == 0);
    c->tx_gone = true;
    tell_end(c);
    edoi_lock_leave(&c->mu);
    release(c);
}

edo_chan_rx *edo_chan_rx_ref(edo_chan_rx *rx) {
    // relaxed: the caller's own keeps it alive
    uint32_t before = edoi_add_rlx_u32(&of_rx(rx)->receivers_n, 1);
    EDO_ASSERT(before > 0);
    (void)before;
    return rx;
}

/* Lock held, left in between. */
static void close_and_tell(chan *c) {
    if (c->closed) return;
    c->closed = true;
    edoi_wait_wake_all(&c->mu, &c->senders, edoi_woken_set);
    edoi_wait_wake_all(&c->mu, &c->closers, edoi_woken_set);
    tell_end(c);
}

void edo_chan_close(edo_chan_rx *rx) {
    chan *c = of_rx(rx);
    edoi_lock_take(&c->mu);
    close_and_tell(c);
    edoi_lock_leave(&c->mu);
}

void edo_chan_rx_unref(edo_chan_rx *rx) {
    if (!rx) return;
    chan *c = of_rx(rx);
    // CN1: pairs with CN1, so that the last receiver sees what the others did
    if (edoi_sub_acqrel_u32(&c->receivers_n, 1) != 1) return;
    edoi_mpsc_queue dead;
    edoi_lock_take(&c->mu);
    EDO_ASSERT(!edoi_wait_first(&c->receivers) && c->promised == 0);
    close_and_tell(c);
    c->rx_gone = true;
    edoi_mpsc_queue_steal(&c->q, &dead);
    edoi_lock_leave(&c->mu);
    edoi_mpsc_queue_deinit(&dead, c->drop);
    release(c);
}

/* ---- Slots ----------------------------------------------------------------------------------- */

/* Lock held; leaves it to ask for memory and takes it again: look at everything anew. */
static bool more_room(chan *c) {
    size_t slots = edoi_mpsc_queue_wants(&c->q);
    size_t bytes = edoi_mpsc_queue_bytes(&c->q, slots);
    edoi_lock_leave(&c->mu);
    void *memory = NULL;
    if (c->block_bytes) {
        memory = edoi_cache_get(c->block_bytes);
    } else if (bytes) {
        memory = edoi_alloc(bytes);
    }
    edoi_lock_take(&c->mu);
    if (!memory) return false;
    void *rest = edoi_mpsc_queue_give(&c->q, memory, slots);
    if (rest) {
        edoi_lock_leave(&c->mu);
        edoi_free(rest); // a ring: blocks are always welcome
        edoi_lock_take(&c->mu);
    }
    return true;
}

/* Lock held (may be left in between): 0 if a value can be pushed, else why not. */
static int slot_find(chan *c) {
    for (;;) {
        if (c->closed) return -EDO_ECLOSED;
        if (c->q.len + c->permits >= c->cap) return -EAGAIN;
        if (EDOI_LIKELY(c->q.room > c->permits)) return 0;
        if (!more_room(c)) return -ENOMEM;
    }
}

/* Lock held: a slot was freed. Returns the sender that got it, to be delivered. */
static edo_waker *slot_pass_on(chan *c) {
    if (c->closed) return NULL; // inv. 4; those that still wait are being woken
    edo_wait_node *node = edoi_wait_pop(&c->senders);
    if (!node) return NULL;
    c->permits++;
    edoi_granted_set(node);
    return edo_waker_mark(node->waker);
}

/* Lock held (may be left in between): PENDING, 0 if a value can be pushed, or a code. */
static int slot_poll(chan *c, edo_chan_send_future *f, edo_cx *cx) {
    if (edo_future_step(&f->base) == WAITING) {
        if (edoi_granted(&f->node)) {
            c->permits--;
            return c->rx_gone ? -EDO_ECLOSED : 0;
        }
        if (!edoi_still_linked(&f->node)) return -EDO_ECLOSED;
        edoi_wait_renew(&f->node, edo_cx_waker(cx));
        return PENDING;
    }
    int got = slot_find(c);
    if (got != -EAGAIN) return got;
    edoi_wait_push(&c->senders, &f->node, edo_cx_waker(cx));
    edo_future_next_step(&f->base, WAITING);
    return PENDING;
}

/* ---- Values ---------------------------------------------------------------------------------- */

/* Lock held: if a value is free and a receiver waits, it gets it. Returns it, to be delivered. */
static edo_waker *value_pass_on(chan *c) {
    if (c->q.len == c->promised) return NULL;
    edo_wait_node *node = edoi_wait_pop(&c->receivers);
    if (!node) return NULL;
    c->promised++;
    edoi_granted_set(node);
    return edo_waker_mark(node->waker);
}

/* Lock held, and left; there is a slot: sends the value. */
static void put_and_leave(chan *c, const void *value) {
    edoi_mpsc_queue_push(&c->q, value);
    edo_waker *wake = value_pass_on(c);
    edoi_lock_leave(&c->mu);
    edo_waker_deliver(wake);
}

/* What a receive owes once it has left the lock. */
typedef struct owed {
    edo_waker *wakers[AT_ONCE];
    uint32_t wakers_n;
    edoi_mpsc_block *spare; /* to be freed */
} owed;

static void settle(const chan *c, const owed *o) {
    for (uint32_t i = 0; i < o->wakers_n; i++) edo_waker_deliver(o->wakers[i]);
    edoi_cache_put(o->spare, c->block_bytes);
}

/* Lock held, and left: takes `n` values, AT_ONCE at most, that are there and the caller's to take. */
static void take_and_leave(chan *c, void *values, size_t n) {
    owed o;
    o.wakers_n = 0;
    o.spare = NULL;
    for (size_t i = 0; i < n; i++) {
        edoi_mpsc_queue_pop(&c->q, (unsigned char *)values + i * c->elem_bytes);
        edo_waker *wake = slot_pass_on(c);
        if (wake) o.wakers[o.wakers_n++] = wake;
    }
    if (EDOI_UNLIKELY(c->q.spares_n > 1)) o.spare = edoi_mpsc_queue_trim(&c->q, c->permits);
    tell_end(c);
    edoi_lock_leave(&c->mu);
    settle(c, &o);
}

/* Lock held: PENDING, 0 if a value is the caller's to take, or -EDO_ECLOSED. */
static int value_poll(chan *c, edo_future *f, edo_wait_node *node, edo_cx *cx) {
    if (edo_future_step(f) == WAITING) {
        if (edoi_granted(node)) {
            c->promised--;
            return 0;
        }
        if (!edoi_still_linked(node)) return -EDO_ECLOSED; // told of the end, which stays
        edoi_wait_renew(node, edo_cx_waker(cx));
        return PENDING;
    }
    if (c->q.len > c->promised) return 0;
    if (ended(c)) return -EDO_ECLOSED;
    edoi_wait_push(&c->receivers, node, edo_cx_waker(cx));
    edo_future_next_step(f, WAITING);
    return PENDING;
}

/* ---- Sending --------------------------------------------------------------------------------- */

static edo_polled send_poll(edo_future *base, edo_cx *cx) {
    edo_chan_send_future *f = (edo_chan_send_future *)(void *)base;
    chan *c = of_tx(f->tx);
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
    edoi_lock_take(&c->mu);
    int got = slot_poll(c, f, cx);
    if (got == 0) {
        put_and_leave(c, f->value);
    } else {
        edoi_lock_leave(&c->mu);
        if (got == PENDING) return EDO_PENDING;
    }
    edoi_budget_debit(cx);
    return edo_future_finish(base, got);
}

static void send_drop(edo_future *base) {
    edo_chan_send_future *f = (edo_chan_send_future *)(void *)base;
    chan *c = of_tx(f->tx);
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == WAITING) {
        edo_waker *wake = NULL;
        edoi_lock_take(&c->mu);
        if (edoi_granted(&f->node)) {
            c->permits--;
            wake = slot_pass_on(c);
            tell_end(c);
        } else if (edoi_still_linked(&f->node)) {
            edoi_wait_remove(&c->senders, &f->node);
        }
        edoi_lock_leave(&c->mu);
        edo_waker_deliver(wake);
    }
    edo_future_retire(base);
}

edo_future *edo_chan_send_init(edo_chan_send_future *f, edo_chan_tx *tx, const void *value) {
    static const edo_future_ops ops = { send_poll, send_drop, "edo_chan_send",
                                        sizeof(edo_chan_send_future), 0 };
    f->tx = tx;
    f->value = value;
    return edo_future_init(&f->base, &ops);
}

int edo_chan_send(edo_chan_tx *tx, const void *value) {
    edo_chan_send_future f;
    return edo_await(edo_chan_send_init(&f, tx, value));
}

int edo_chan_try_send(edo_chan_tx *tx, const void *value) {
    chan *c = of_tx(tx);
    edoi_lock_take(&c->mu);
    int err = slot_find(c);
    if (err == 0) {
        put_and_leave(c, value);
    } else {
        edoi_lock_leave(&c->mu);
    }
    return err;
}

/* ---- Waiting for the receivers' end ---------------------------------------------------------- */

static bool is_closed(const void *channel) {
    return ((const chan *)channel)->closed;
}

static edo_polled closed_poll(edo_future *base, edo_cx *cx) {
    edo_chan_closed_future *f = (edo_chan_closed_future *)(void *)base;
    chan *c = of_tx(f->tx);
    return edoi_closed_poll(base, cx, &f->node, (edoi_waiters){ &c->mu, &c->closers }, is_closed,
                            c);
}

static void closed_drop(edo_future *base) {
    edo_chan_closed_future *f = (edo_chan_closed_future *)(void *)base;
    chan *c = of_tx(f->tx);
    edoi_waiter_drop(base, &f->node, (edoi_waiters){ &c->mu, &c->closers });
}

edo_future *edo_chan_closed_init(edo_chan_closed_future *f, edo_chan_tx *tx) {
    static const edo_future_ops ops = { closed_poll, closed_drop, "edo_chan_closed",
                                        sizeof(edo_chan_closed_future), 0 };
    f->tx = tx;
    return edo_future_init(&f->base, &ops);
}

int edo_chan_closed(edo_chan_tx *tx) {
    edo_chan_closed_future f;
    return edo_await(edo_chan_closed_init(&f, tx));
}

/* ---- Receiving ------------------------------------------------------------------------------- */

static edo_polled recv_poll(edo_future *base, edo_cx *cx) {
    edo_chan_recv_future *f = (edo_chan_recv_future *)(void *)base;
    chan *c = of_rx(f->rx);
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
    edoi_lock_take(&c->mu);
    int got = value_poll(c, base, &f->node, cx);
    if (got == 0) {
        take_and_leave(c, f->value, 1);
    } else {
        edoi_lock_leave(&c->mu);
        if (got == PENDING) return EDO_PENDING;
    }
    edoi_budget_debit(cx);
    return edo_future_finish(base, got);
}

/* Takes up to `left` values more that are free. */
static size_t take_free(chan *c, unsigned char *to, size_t left) {
    size_t taken = 0;
    while (left > taken) {
        edoi_lock_take(&c->mu);
        size_t n = c->q.len - c->promised;
        if (n > left - taken) n = left - taken;
        if (n > AT_ONCE) n = AT_ONCE;
        if (n == 0) {
            edoi_lock_leave(&c->mu);
            break;
        }
        take_and_leave(c, to + taken * c->elem_bytes, n);
        taken += n;
    }
    return taken;
}

static edo_polled recv_many_poll(edo_future *base, edo_cx *cx) {
    edo_chan_recv_many_future *f = (edo_chan_recv_many_future *)(void *)base;
    chan *c = of_rx(f->rx);
    if (f->limit == 0) return edo_future_finish(base, 0);
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
    edoi_lock_take(&c->mu);
    int got = value_poll(c, base, &f->node, cx);
    if (got == 0) {
        take_and_leave(c, f->values, 1);
        unsigned char *next = (unsigned char *)f->values + c->elem_bytes;
        got = 1 + (int)take_free(c, next, f->limit - 1);
    } else {
        edoi_lock_leave(&c->mu);
        if (got == PENDING) return EDO_PENDING;
    }
    edoi_budget_debit(cx);
    return edo_future_finish(base, got);
}

/* A receive that waits is dropped. */
static void value_drop(chan *c, edo_future *f, edo_wait_node *node) {
    if (edo_future_is_over(f)) return;
    if (edo_future_step(f) == WAITING) {
        edo_waker *wake = NULL;
        edoi_lock_take(&c->mu);
        if (edoi_granted(node)) {
            c->promised--;
            wake = value_pass_on(c);
        } else if (edoi_still_linked(node)) {
            edoi_wait_remove(&c->receivers, node);
        }
        edoi_lock_leave(&c->mu);
        edo_waker_deliver(wake);
    }
    edo_future_retire(f);
}

static void recv_drop(edo_future *base) {
    edo_chan_recv_future *f = (edo_chan_recv_future *)(void *)base;
    value_drop(of_rx(f->rx), base, &f->node);
}

static void recv_many_drop(edo_future *base) {
    edo_chan_recv_many_future *f = (edo_chan_recv_many_future *)(void *)base;
    value_drop(of_rx(f->rx), base, &f->node);
}

edo_future *edo_chan_recv_init(edo_chan_recv_future *f, edo_chan_rx *rx, void *value) {
    static const edo_future_ops ops = { recv_poll, recv_drop, "edo_chan_recv",
                                        sizeof(edo_chan_recv_future), 0 };
    f->rx = rx;
    f->value = value;
    return edo_future_init(&f->base, &ops);
}

edo_future *edo_chan_recv_many_init(edo_chan_recv_many_future *f, edo_chan_rx *rx, void *values,
                                    size_t limit) {
    static const edo_future_ops ops = { recv_many_poll, recv_many_drop, "edo_chan_recv_many",
                                        sizeof(edo_chan_recv_many_future), 0 };
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
    chan *c = of_rx(rx);
    edoi_lock_take(&c->mu);
    if (c->q.len > c->promised) {
        take_and_leave(c, value, 1);
        return 0;
    }
    bool end = ended(c);
    edoi_lock_leave(&c->mu);
    return end ? -EDO_ECLOSED : -EAGAIN;
}

/* ---- Asking ---------------------------------------------------------------------------------- */

size_t edo_chan_cap(edo_chan_tx *tx) {
    chan *c = of_tx(tx);
    if (c->cap == EDO_CHAN_UNBOUNDED) return c->cap;
    edoi_lock_take(&c->mu);
    size_t free_n = c->cap - c->q.len - c->permits;
    edoi_lock_leave(&c->mu);
    return free_n;
}

size_t edo_chan_len(edo_chan_rx *rx) {
    chan *c = of_rx(rx);
    edoi_lock_take(&c->mu);
    size_t n = c->q.len - c->promised;
    edoi_lock_leave(&c->mu);
    return n;
}

bool edo_chan_is_closed(edo_chan_tx *tx) {
    chan *c = of_tx(tx);
    edoi_lock_take(&c->mu);
    bool closed = c->closed;
    edoi_lock_leave(&c->mu);
    return closed;
}
