/* SPDX-License-Identifier: MIT */
/* sync/channel/oneshot.c: one value, once, without a lock.
 *
 * Sender and receiver share one object and one word of bits:
 *
 *     SENT     the value is in the object          DONE     the sender is gone
 *     CLOSED   the receiver accepts no value       GONE     the receiver is freed
 *     RX_WAIT  rx_waker is to be woken             TX_WAIT  tx_waker is to be woken
 *
 *                    open              RX_WAIT            TX_WAIT           CLOSED     DONE
 *     send           SENT+DONE         SENT+DONE, wake R  (never) 1         fails, DONE -
 *     tx_free        DONE              DONE, wake R       (never) 1         DONE       -
 *     recv waits     RX_WAIT           renew              with it           (never)    (never)
 *     recv leaves    -                 -RX_WAIT           with it           (never)    -
 *     tx waits       TX_WAIT           with it            renew             (never)    (never)
 *     tx leaves      -                 with it            -TX_WAIT          -          (never)
 *     close          CLOSED            CLOSED, own wake   CLOSED, wake T    -          -
 *     rx_free        CLOSED+GONE       (never) 1          .., wake T        GONE       frees
 *
 *     1: a future borrows its end, so the end is freed after the future.
 *     with it: the row's own bit is set or cleared; the column's bit stays.
 *
 * wake R: the sender that sets DONE while RX_WAIT is set marks rx_waker, and then clears RX_WAIT by
 * a plain store: while both bits are set the receiver waits a few instructions, and no other thread
 * writes. wake T: the receiver that sets CLOSED while TX_WAIT is set marks tx_waker and then clears
 * TX_WAIT; the sender waits while both are set. So a waker is alive while it is marked, and
 * delivery touches only the waker.
 *
 * inv. 1: SENT is set together with DONE, never after CLOSED.
 * inv. 2: the end that finds the other end gone frees the object: so exactly one frees it, also
 *         when both leave at once.
 * inv. 3: once the receiver sees DONE without RX_WAIT it owns the object alone: no atomics are
 *         needed from then on. */
#include <edo/oneshot.h>

#include "base/backoff.h"
#include "base/held.h"
#include "base/opts.h"
#include "future/budget.h"
#include "records/handles.h"
#include "sync/channel/elem.h"

#include <edo/task.h>

#include <errno.h>

#define RX_WAIT 1u
#define TX_WAIT 2u
#define SENT    4u
#define DONE    8u
#define CLOSED  16u
#define GONE    32u

/* Steps of the futures. */
#define FRESH   0u
#define WAITING 1u

typedef struct oneshot {
    edo_atomic_u32 word;      /* atomic: OS1 to OS4 */
    bool taken;               /* the value was received. receiver only */
    size_t elem_bytes;        /* const */
    void (*drop)(void *elem); /* const */
    edo_waker *rx_waker;      /* borrowed; receiver's, but the sender's while RX_WAIT+DONE */
    edo_waker *tx_waker;      /* borrowed; sender's, but the receiver's while TX_WAIT+CLOSED */
    EDOI_ALIGNED(16) unsigned char value[]; /* sender's until SENT, then the receiver's */
} oneshot;

static oneshot *oneshot_of_tx(edo_oneshot_tx *tx) {
    return (oneshot *)(void *)tx;
}

static oneshot *oneshot_of_rx(edo_oneshot_rx *rx) {
    return (oneshot *)(void *)rx;
}

int edo_oneshot_new(edo_oneshot_tx **tx, edo_oneshot_rx **rx, size_t elem_size,
                    const edo_oneshot_opts *opts) {
    if (elem_size > EDOI_ELEM_BYTES_MAX) return -EINVAL;
    if (opts && !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    oneshot *c = edoi_cache_get(sizeof *c + elem_size);
    if (!c) return -ENOMEM;
    *c = (oneshot){ .elem_bytes = elem_size, .drop = opts ? opts->drop : NULL };
    *tx = edoi_handle_made_here(EDOI_ONESHOT_TX, c, EDOI_CALLER());
    *rx = edoi_handle_made_here(EDOI_ONESHOT_RX, c, EDOI_CALLER());
    return 0;
}

static void destroy(oneshot *c) {
    edoi_handle_cache_put(EDOI_ONESHOT_RX, c, sizeof *c + c->elem_bytes);
}

static uint32_t oneshot_look(const oneshot *c) {
    // OS1: pairs with OS2, OS3 and OS4: the other end's writes are seen, the value too
    return edoi_load_acq_u32(&c->word);
}

EDOI_COLD static uint32_t wait_settled(const oneshot *c, uint32_t marking) {
    edoi_backoff b = { 0 };
    uint32_t word;
    while (((word = oneshot_look(c)) & marking) == marking) edoi_backoff_wait(&b);
    return word;
}

/* The word, once the other end has finished marking this end's waker. */
static uint32_t settled(const oneshot *c, uint32_t marking) {
    uint32_t word = oneshot_look(c);
    EDO_INV("oneshot inv. 1", !(word & SENT) || (word & (DONE | CLOSED)) == DONE);
    return EDOI_LIKELY((word & marking) != marking) ? word : wait_settled(c, marking);
}

static uint32_t rx_settled(const oneshot *c) {
    return settled(c, RX_WAIT | DONE);
}

static uint32_t tx_settled(const oneshot *c) {
    return settled(c, TX_WAIT | CLOSED);
}

/* Changes `*seen` to `next`; false: the word changed meanwhile, so check again. */
static bool oneshot_change(oneshot *c, uint32_t seen, uint32_t next) {
    // OS2: pairs with OS1 and OS2: publishes value and waker; acquires the other end's writes
    return edoi_cas_acqrel_u32(&c->word, &seen, next);
}

/* ---- Sender ---------------------------------------------------------------------------------- */

/* The sender set DONE while RX_WAIT was set; the word is now `word`. */
static void oneshot_wake_receiver(oneshot *c, uint32_t word) {
    edo_waker *marked = edo_waker_mark(c->rx_waker);
    edoi_store_rel_u32(&c->word, word & ~RX_WAIT); // OS3: pairs with OS1
    edo_waker_deliver(marked);
}

/* The sender leaves, setting `bits`; -EDO_ECLOSED if it wanted to send and must not. */
static EDOI_NOINLINE int tx_leave(oneshot *c, uint32_t bits) {
    for (;;) {
        uint32_t seen = tx_settled(c);
        EDO_ASSERT(!(seen & (DONE | TX_WAIT)));
        if (seen & GONE) {
            EDO_INV("oneshot inv. 2", !(seen & (DONE | SENT)));
            destroy(c);
            return -EDO_ECLOSED;
        }
        uint32_t next = seen & CLOSED ? seen | DONE : seen | bits;
        if (!oneshot_change(c, seen, next)) continue;
        if (seen & RX_WAIT) oneshot_wake_receiver(c, next);
        return seen & CLOSED ? -EDO_ECLOSED : 0;
    }
}

int edo_oneshot_send(edo_oneshot_tx *tx, const void *value) {
    edoi_held_check("an end of a channel is given back");
    edoi_handle_given_up(EDOI_ONESHOT_TX, tx, EDOI_CALLER());
    oneshot *c = oneshot_of_tx(tx);
    edoi_elem_copy(c->value, value, c->elem_bytes);
    uint32_t seen = oneshot_look(c), next = seen | SENT | DONE;
    if (EDOI_UNLIKELY(seen & ~RX_WAIT) || !oneshot_change(c, seen, next))
        return tx_leave(c, SENT | DONE);
    if (seen & RX_WAIT) oneshot_wake_receiver(c, next);
    return 0;
}

void edo_oneshot_tx_free(edo_oneshot_tx *tx) {
    if (!tx) return;
    edoi_held_check("an end of a channel is given back");
    edoi_handle_given_up(EDOI_ONESHOT_TX, tx, EDOI_CALLER());
    (void)tx_leave(oneshot_of_tx(tx), DONE); // closed or not, the sender is gone
}

bool edo_oneshot_is_closed(edo_oneshot_tx *tx) {
    EDOI_ENTERS(EDOI_ONESHOT_TX, tx);
    return (tx_settled(oneshot_of_tx(tx)) & CLOSED) != 0;
}

static edo_polled oneshot_closed_poll(edo_future *base, edo_cx *cx) {
    edo_oneshot_closed_future *f = (edo_oneshot_closed_future *)(void *)base;
    oneshot *c = oneshot_of_tx(f->tx);
    if (!edo_budget_take(cx)) return EDO_PENDING;
    edo_waker *waker = edo_cx_waker(cx);
    for (;;) {
        uint32_t seen = tx_settled(c);
        if (seen & CLOSED) return edo_future_finish(base, 0);
        if (seen & TX_WAIT) {
            if (edo_waker_same(c->tx_waker, waker)) break;
            (void)oneshot_change(c, seen,
                                 seen & ~TX_WAIT); // the slot is ours again; if not, check again
            continue;
        }
        c->tx_waker = waker;
        if (oneshot_change(c, seen, seen | TX_WAIT)) break;
    }
    edo_future_next_step(base, WAITING);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static void oneshot_closed_drop(edo_future *base) {
    edo_oneshot_closed_future *f = (edo_oneshot_closed_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == WAITING) {
        oneshot *c = oneshot_of_tx(f->tx);
        uint32_t seen;
        do {
            seen = tx_settled(c);
        } while ((seen & TX_WAIT) && !oneshot_change(c, seen, seen & ~TX_WAIT));
    }
    edo_future_retire(base);
}

edo_future *edo_oneshot_closed_init(edo_oneshot_closed_future *f, edo_oneshot_tx *tx) {
    EDOI_ENTERS(EDOI_ONESHOT_TX, tx);
    static const edo_future_ops ops = { .poll = oneshot_closed_poll,
                                        .drop = oneshot_closed_drop,
                                        .name = "edo_oneshot_closed",
                                        .size = sizeof(edo_oneshot_closed_future),
                                        .flags = EDOI_FUTURE_OF(EDOI_ONESHOT_TX) };
    f->tx = tx;
    return edo_future_init(&f->base, &ops);
}

int edo_oneshot_closed(edo_oneshot_tx *tx) {
    edo_oneshot_closed_future f;
    return edo_await(edo_oneshot_closed_init(&f, tx));
}

/* ---- Receiver -------------------------------------------------------------------------------- */

/* The receiver closes, or leaves, by setting `bits`. Returns the word before. */
static uint32_t rx_close(oneshot *c, uint32_t bits) {
    uint32_t seen;
    do {
        seen = rx_settled(c);
        if ((seen & DONE) || (seen & bits) == bits) return seen; // inv. 3
    } while (!oneshot_change(c, seen, (seen & ~RX_WAIT) | bits));
    if ((seen & TX_WAIT) && !(seen & CLOSED)) {
        edo_waker *marked = edo_waker_mark(c->tx_waker);
        // OS4: pairs with OS1. If the receiver leaves, this is its last access: the sender waits.
        (void)edoi_and_acqrel_u32(&c->word, ~TX_WAIT);
        edo_waker_deliver(marked);
    }
    return seen;
}

void edo_oneshot_close(edo_oneshot_rx *rx) {
    EDOI_ENTERS(EDOI_ONESHOT_RX, rx);
    oneshot *c = oneshot_of_rx(rx);
    uint32_t seen = rx_close(c, CLOSED);
    // A waiting receive belongs to this end: no other thread uses its waker any more.
    if ((seen & RX_WAIT) && !(seen & (DONE | CLOSED))) edo_waker_wake(c->rx_waker);
}

static EDOI_NOINLINE void rx_leave(oneshot *c) {
    uint32_t seen = rx_close(c, CLOSED | GONE);
    if (!(seen & DONE)) return; // the sender frees
    EDO_INV("oneshot inv. 2", !(seen & GONE));
    EDO_INV("oneshot inv. 3", !(seen & RX_WAIT));
    if ((seen & SENT) && !c->taken && c->drop) c->drop(c->value);
    destroy(c);
}

void edo_oneshot_rx_free(edo_oneshot_rx *rx) {
    if (!rx) return;
    edoi_held_check("an end of a channel is given back");
    edoi_handle_given_up(EDOI_ONESHOT_RX, rx, EDOI_CALLER());
    oneshot *c = oneshot_of_rx(rx);
    if (c->taken && EDOI_LIKELY((oneshot_look(c) & (DONE | RX_WAIT)) == DONE)) {
        destroy(c); // inv. 3
    } else {
        rx_leave(c);
    }
}

/* What a receive returns for this word; -EAGAIN: wait. */
static int oneshot_receive(oneshot *c, uint32_t seen, void *value) {
    if ((seen & SENT) && !c->taken) {
        edoi_elem_copy(value, c->value, c->elem_bytes);
        c->taken = true;
        return 0;
    }
    return seen & (DONE | CLOSED) ? -EDO_ECLOSED : -EAGAIN;
}

int edo_oneshot_try_recv(edo_oneshot_rx *rx, void *value) {
    EDOI_ENTERS(EDOI_ONESHOT_RX, rx);
    oneshot *c = oneshot_of_rx(rx);
    return oneshot_receive(c, rx_settled(c), value);
}

/* All cases except a value at once and the first wait. */
static EDOI_NOINLINE edo_polled oneshot_recv_slowly(oneshot *c, edo_oneshot_recv_future *f,
                                                    edo_cx *cx) {
    edo_future *base = &f->base;
    for (;;) {
        uint32_t seen = rx_settled(c);
        int got = oneshot_receive(c, seen, f->value);
        if (got != -EAGAIN) {
            edoi_budget_debit(cx);
            return edo_future_finish(base, got);
        }
        edo_waker *waker = edo_cx_waker(cx);
        if (seen & RX_WAIT) {
            if (edo_waker_same(c->rx_waker, waker)) break;
            (void)oneshot_change(c, seen,
                                 seen & ~RX_WAIT); // the slot is ours again; if not, check again
            continue;
        }
        c->rx_waker = waker;
        if (oneshot_change(c, seen, seen | RX_WAIT)) break;
    }
    edo_future_next_step(base, WAITING);
    return EDO_PENDING;
}

static edo_polled oneshot_recv_poll(edo_future *base, edo_cx *cx) {
    edo_oneshot_recv_future *f = (edo_oneshot_recv_future *)(void *)base;
    oneshot *c = oneshot_of_rx(f->rx);
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
    uint32_t seen = oneshot_look(c);
    if ((seen & (SENT | RX_WAIT)) == SENT && EDOI_LIKELY(!c->taken)) {
        c->taken = true;
        edoi_budget_debit(cx);
        (void)edo_future_finish(base, 0);
        edoi_elem_copy(f->value, c->value, c->elem_bytes);
        return EDO_READY;
    }
    if (EDOI_UNLIKELY(seen & ~TX_WAIT)) return oneshot_recv_slowly(c, f, cx);
    c->rx_waker = edo_cx_waker(cx);
    if (!oneshot_change(c, seen, seen | RX_WAIT)) return oneshot_recv_slowly(c, f, cx);
    edo_future_next_step(base, WAITING);
    return EDO_PENDING;
}

static void oneshot_recv_drop(edo_future *base) {
    edo_oneshot_recv_future *f = (edo_oneshot_recv_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == WAITING) {
        oneshot *c = oneshot_of_rx(f->rx);
        uint32_t seen;
        do {
            seen = rx_settled(c);
        } while ((seen & RX_WAIT) && !oneshot_change(c, seen, seen & ~RX_WAIT));
    }
    edo_future_retire(base);
}

edo_future *edo_oneshot_recv_init(edo_oneshot_recv_future *f, edo_oneshot_rx *rx, void *value) {
    EDOI_ENTERS(EDOI_ONESHOT_RX, rx);
    static const edo_future_ops ops = { .poll = oneshot_recv_poll,
                                        .drop = oneshot_recv_drop,
                                        .name = "edo_oneshot_recv",
                                        .size = sizeof(edo_oneshot_recv_future),
                                        .flags = EDOI_FUTURE_OF(EDOI_ONESHOT_RX) };
    f->rx = rx;
    f->value = value;
    return edo_future_init(&f->base, &ops);
}

int edo_oneshot_recv(edo_oneshot_rx *rx, void *value) {
    edo_oneshot_recv_future f;
    return edo_await(edo_oneshot_recv_init(&f, rx, value));
}
