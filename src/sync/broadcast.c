/* SPDX-License-Identifier: MIT */
/* sync/broadcast.c: a ring that every receiver reads with a cursor of its own.
 *
 * Position p lies in slot p & mask. Sending, waiting and whatever is not plain success run under
 * one short lock. Plain values are read without it: each slot has a stamp (p + 1, or 0 while it is
 * written), and a reader takes the words it copied only if the stamp was right before and after.
 * All words are atomic, so a torn copy is discarded, not undefined. Values with a `clone` lie in
 * counted boxes: a reader takes a reference under the lock and clones without it. A place also
 * counts its readers to come: the last of them takes the box out, so that what a value owns goes as
 * soon as nobody can read it.
 *
 *     sender (lock held)             reader
 *     stamp = 0                      BC2: stamp == p + 1 ?
 *     BC1: words                     BC3: words
 *     BC4: stamp = p + 1             stamp still p + 1 ?
 *
 * If a word is new (BC3 read what BC1 wrote), then the second look at the stamp, which comes after
 * BC3, sees 0 or newer.
 *
 * inv. 1: `tail` and the slots are written under the lock only; tail never falls.
 * inv. 2: a receiver's cursor is at most tail, and is its own: no lock.
 * inv. 3: a node is linked only while its receiver has read everything.
 * inv. 4: the `unread` of a place are the receivers whose cursor is at or before its value; a place
 *         with 0 is empty. So all are empty when there is no receiver.
 *
 * Sender and weak sender are the same struct as the channel under opaque names. */
#include <edo/broadcast.h>

#include "base/handles.h"
#include "base/lock.h"
#include "base/opts.h"
#include "sync/box.h"
#include "sync/closed.h"
#include "sync/ends.h"

#include <edo/task.h>

#include <errno.h>
#include <limits.h>

#define WORD    sizeof(uint64_t)
#define AT_ONCE 32 /* places that are left under one lock */

/* Steps of the futures. */
#define FRESH 0u

/* Where a value with a `clone` lies. lock: mu */
typedef struct place {
    edoi_box *box;
    size_t unread; /* inv. 4 */
} place;

typedef struct broadcast {
    edoi_lock mu;
    bool tx_gone;            /* lock: mu */
    edoi_ends ends;          /* atomic */
    edoi_elem elem;          /* const */
    size_t mask;             /* const; slots - 1 */
    size_t stride;           /* const; words of a slot, the stamp included */
    edo_atomic_u64 *words;   /* plain values; stamps: BC2, BC4, words: BC1, BC3 */
    edo_atomic_u64 *pairs;   /* const; words, if a slot is a stamp and one whole word */
    place *places;           /* values with a clone; lock: mu */
    edo_atomic_u64 tail;     /* the next position; written under mu */
    size_t rx_n;             /* receivers. lock: mu */
    edo_wait_list receivers; /* who have read everything. lock: mu */
    edo_wait_list closers;   /* who wait for rx_n == 0. lock: mu */
} broadcast;

struct edo_broadcast_rx {
    broadcast *c;
    uint64_t next; /* the position to read. receiver only */
};

static broadcast *of_tx(edo_broadcast_tx *tx) {
    return (broadcast *)(void *)tx;
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static int slots_new(broadcast *c, size_t cap) {
    size_t slots = 1;
    while (slots < cap) {
        if (slots > SIZE_MAX / 4) return -ENOMEM;
        slots *= 2;
    }
    c->mask = slots - 1;
    c->stride = 1 + (c->elem.bytes + WORD - 1) / WORD;
    if (c->elem.clone) {
        c->places = edoi_calloc(slots, sizeof *c->places);
    } else {
        c->words = edoi_calloc(slots, c->stride * WORD);
    }
    if (c->elem.bytes == WORD) c->pairs = c->words;
    return c->places || c->words ? 0 : -ENOMEM;
}

static void release(broadcast *c) {
    if (!edoi_ends_release(&c->ends)) return;
    EDO_ASSERT(c->rx_n == 0 && !c->receivers.first && !c->closers.first);
    edoi_free(c->places); // empty: inv. 4
    edoi_free(c->words);
    edoi_handle_free(EDOI_BROADCAST_TX, c, c, sizeof *c);
}

/* A receiver at the end of the channel; takes a reference. */
static int rx_new(edo_broadcast_rx **out, broadcast *c, const void *caller) {
    edo_broadcast_rx *rx = edoi_cache_get(sizeof *rx);
    if (!rx) return -ENOMEM;
    edoi_ends_hold(&c->ends);
    edoi_lock_take(&c->mu);
    rx->c = c;
    rx->next = edoi_load_rlx_u64(&c->tail); // relaxed: inv. 1
    c->rx_n++;
    edoi_lock_leave(&c->mu);
    edoi_handle_made_here(EDOI_BROADCAST_RX, rx, caller);
    *out = rx;
    return 0;
}

int edo_broadcast_new(edo_broadcast_tx **tx, edo_broadcast_rx **rx, size_t elem_size, size_t cap,
                      const edo_broadcast_opts *opts) {
    if (cap == 0 || elem_size > EDOI_ELEM_BYTES_MAX) return -EINVAL;
    if (opts && !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    if (opts && opts->drop && !opts->clone) return -EINVAL;
    broadcast *c = edoi_calloc(1, sizeof *c);
    if (!c) return -ENOMEM;
    edoi_ends_init(&c->ends, 0);
    c->elem.bytes = elem_size;
    if (opts) {
        c->elem.clone = opts->clone;
        c->elem.drop = opts->drop;
    }
    int err = slots_new(c, cap);
    if (err < 0) goto release_channel;
    if (rx) err = rx_new(rx, c, EDOI_CALLER());
    if (err < 0) goto release_channel;
    *tx = edoi_handle_made_here(EDOI_BROADCAST_TX, c, EDOI_CALLER());
    return 0;

release_channel:
    release(c);
    return err;
}

edo_broadcast_tx *edo_broadcast_tx_ref(edo_broadcast_tx *tx) {
    (void)edoi_handle_misused(EDOI_BROADCAST_TX, tx);
    edoi_ends_ref(&of_tx(tx)->ends);
    return edoi_handle_shared(EDOI_BROADCAST_TX, tx);
}

void edo_broadcast_tx_unref(edo_broadcast_tx *tx) {
    if (!tx || edoi_handle_misused(EDOI_BROADCAST_TX, tx)) return;
    edoi_handle_given_up(EDOI_BROADCAST_TX, tx, EDOI_CALLER());
    broadcast *c = of_tx(tx);
    if (!edoi_ends_unref(&c->ends)) return;
    edoi_lock_take(&c->mu);
    c->tx_gone = true;
    edoi_wait_wake_all(&c->mu, &c->receivers, edoi_woken_set);
    edoi_lock_leave(&c->mu);
    release(c);
}

edo_broadcast_weak *edo_broadcast_tx_downgrade(edo_broadcast_tx *tx) {
    (void)edoi_handle_misused(EDOI_BROADCAST_TX, tx);
    edoi_ends_hold(&of_tx(tx)->ends);
    return edoi_handle_made_or_shared(EDOI_BROADCAST_WEAK, tx, EDOI_CALLER());
}

edo_broadcast_tx *edo_broadcast_tx_upgrade(edo_broadcast_weak *weak) {
    (void)edoi_handle_misused(EDOI_BROADCAST_WEAK, weak);
    broadcast *c = (broadcast *)(void *)weak;
    return edoi_ends_upgrade(&c->ends) ? edoi_handle_shared(EDOI_BROADCAST_TX, c) : NULL;
}

void edo_broadcast_weak_unref(edo_broadcast_weak *weak) {
    if (!weak || edoi_handle_misused(EDOI_BROADCAST_WEAK, weak)) return;
    edoi_handle_given_up(EDOI_BROADCAST_WEAK, weak, EDOI_CALLER());
    release((broadcast *)(void *)weak);
}

int edo_broadcast_subscribe(edo_broadcast_rx **rx, edo_broadcast_tx *tx) {
    (void)edoi_handle_misused(EDOI_BROADCAST_TX, tx);
    return rx_new(rx, of_tx(tx), EDOI_CALLER());
}

int edo_broadcast_resubscribe(edo_broadcast_rx **rx, edo_broadcast_rx *other) {
    (void)edoi_handle_misused(EDOI_BROADCAST_RX, other);
    return rx_new(rx, other->c, EDOI_CALLER());
}

static place *place_of(const broadcast *c, uint64_t position) {
    return &c->places[(size_t)position & c->mask];
}

/* Lock held: one receiver less will read the value of `p`. Returns a reference to its box: the
 * channel's own if nobody else will, else a new one if it is `wanted`, else NULL. */
static edoi_box *place_leave(place *p, bool wanted) {
    EDO_ASSERT(p->box && p->unread > 0);
    edoi_box *box = p->box;
    if (--p->unread == 0) {
        p->box = NULL;
    } else if (wanted) {
        edoi_box_ref(box);
    } else {
        return NULL;
    }
    return box;
}

/* Lock held, left in between: a receiver that counts no more leaves what it had not read before
 * `end`. */
static void leave_unread(broadcast *c, uint64_t next, uint64_t end) {
    for (;;) {
        uint64_t tail = edoi_load_rlx_u64(&c->tail),
                 kept = (uint64_t)c->mask + 1;      // relaxed: inv. 1
        if (tail - next > kept) next = tail - kept; // what lay before was overwritten
        if (next >= end) return;
        edoi_box *dead[AT_ONCE];
        size_t dead_n = 0;
        for (int i = 0; i < AT_ONCE && next < end; i++, next++) {
            edoi_box *box = place_leave(place_of(c, next), false);
            if (box) dead[dead_n++] = box;
        }
        edoi_lock_leave(&c->mu);
        for (size_t i = 0; i < dead_n; i++) edoi_box_unref(dead[i], &c->elem);
        edoi_lock_take(&c->mu);
    }
}

void edo_broadcast_rx_free(edo_broadcast_rx *rx) {
    if (!rx || edoi_handle_misused(EDOI_BROADCAST_RX, rx)) return;
    edoi_handle_given_up(EDOI_BROADCAST_RX, rx, EDOI_CALLER());
    broadcast *c = rx->c;
    edoi_lock_take(&c->mu);
    c->rx_n--;
    if (c->places) leave_unread(c, rx->next, edoi_load_rlx_u64(&c->tail)); // relaxed: inv. 1
    if (c->rx_n == 0) edoi_wait_wake_all(&c->mu, &c->closers, edoi_woken_set);
    edoi_lock_leave(&c->mu);
    edoi_handle_cache_put(EDOI_BROADCAST_RX, rx, sizeof *rx);
    release(c);
}

/* ---- Sending --------------------------------------------------------------------------------- */

/* The slot of a position: its stamp, then its words. */
static edo_atomic_u64 *slot_of(const broadcast *c, uint64_t position) {
    return c->words + ((size_t)position & c->mask) * c->stride;
}

/* Lock held. */
static void slot_write(broadcast *c, uint64_t position, const void *value) {
    edo_atomic_u64 *slot = slot_of(c, position);
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

int edo_broadcast_send(edo_broadcast_tx *tx, const void *value) {
    (void)edoi_handle_misused(EDOI_BROADCAST_TX, tx);
    broadcast *c = of_tx(tx);
    edoi_box *box = NULL, *old = NULL;
    if (c->elem.clone) {
        box = edoi_box_alloc(&c->elem);
        if (!box) return -ENOMEM;
        edoi_elem_copy(box->value, value, c->elem.bytes);
    }

    edoi_lock_take(&c->mu);
    size_t receivers = c->rx_n;
    if (receivers > 0) {
        uint64_t at = edoi_load_rlx_u64(&c->tail); // relaxed: inv. 1
        // relaxed: goes out with BC4, so that no cursor is seen beyond it
        edoi_store_rlx_u64(&c->tail, at + 1);
        if (box) {
            place *p = place_of(c, at);
            old = p->box;
            *p = (place){ .box = box, .unread = receivers };
            box = NULL;
        } else {
            slot_write(c, at, value);
        }
        if (c->receivers.first) edoi_wait_wake_all(&c->mu, &c->receivers, edoi_woken_set);
    }
    edoi_lock_leave(&c->mu);

    edoi_box_unref(old, &c->elem);
    if (box) edoi_box_free(box, &c->elem); // its value is still the caller's
    if (receivers == 0) return -EDO_ECLOSED;
    return receivers < INT_MAX ? (int)receivers : INT_MAX;
}

static bool is_closed(const void *channel) {
    return ((const broadcast *)channel)->rx_n == 0;
}

static edo_polled closed_poll(edo_future *base, edo_cx *cx) {
    edo_broadcast_closed_future *f = (edo_broadcast_closed_future *)(void *)base;
    broadcast *c = of_tx(f->tx);
    return edoi_closed_poll(base, cx, &f->node, (edoi_waiters){ &c->mu, &c->closers }, is_closed,
                            c);
}

static void closed_drop(edo_future *base) {
    edo_broadcast_closed_future *f = (edo_broadcast_closed_future *)(void *)base;
    if (edo_future_is_over(base)) return; // what it waited on may be gone
    broadcast *c = of_tx(f->tx);
    edoi_waiter_drop(base, &f->node, (edoi_waiters){ &c->mu, &c->closers });
}

edo_future *edo_broadcast_closed_init(edo_broadcast_closed_future *f, edo_broadcast_tx *tx) {
    (void)edoi_handle_misused(EDOI_BROADCAST_TX, tx);
    static const edo_future_ops ops = { closed_poll, closed_drop, "edo_broadcast_closed",
                                        sizeof(edo_broadcast_closed_future), 0 };
    f->tx = tx;
    return edo_future_init(&f->base, &ops);
}

int edo_broadcast_closed(edo_broadcast_tx *tx) {
    edo_broadcast_closed_future f;
    return edo_await(edo_broadcast_closed_init(&f, tx));
}

/* ---- Receiving ------------------------------------------------------------------------------- */

/* Copies the value at the cursor, without the lock. False: it is not there, not yet or not any
 * more, or was overwritten meanwhile. */
static bool slot_read(edo_broadcast_rx *rx, void *value) {
    broadcast *c = rx->c;
    const edo_atomic_u64 *slot = slot_of(c, rx->next);
    unsigned char *to = value;
    uint64_t stamp = rx->next + 1;
    if (edoi_load_acq_u64(slot) != stamp) return false; // BC2: pairs with BC4
    size_t left = c->elem.bytes;
    for (size_t i = 1; i < c->stride; i++, to += WORD) {
        uint64_t word = edoi_load_acq_u64(&slot[i]); // BC3: pairs with BC1
        if (EDOI_LIKELY(left >= WORD)) {
            memcpy(to, &word, WORD);
            left -= WORD;
        } else {
            memcpy(to, &word, left);
        }
    }
    if (edoi_load_rlx_u64(slot) != stamp) return false; // relaxed: BC3 comes before it
    rx->next++;
    return true;
}

/* slot_read() for values of one word. */
EDOI_INLINE bool pair_read(edo_broadcast_rx *rx, const broadcast *c, void *value) {
    const edo_atomic_u64 *slot = c->pairs + ((size_t)rx->next & c->mask) * 2;
    uint64_t stamp = rx->next + 1;
    if (edoi_load_acq_u64(slot) != stamp) return false; // BC2: pairs with BC4
    uint64_t word = edoi_load_acq_u64(&slot[1]);        // BC3: pairs with BC1
    if (edoi_load_rlx_u64(slot) != stamp) return false; // relaxed: BC3 comes before it
    memcpy(value, &word, WORD);
    rx->next = stamp;
    return true;
}

/* Lock held: moves the cursor on and returns 0 (with `*box` to be read, if values lie in boxes),
 * -EDO_ELAGGED, -EDO_ECLOSED, or -EAGAIN. */
static int look(edo_broadcast_rx *rx, void *value, uint64_t *missed, edoi_box **box) {
    broadcast *c = rx->c;
    uint64_t tail = edoi_load_rlx_u64(&c->tail); // relaxed: inv. 1
    EDO_ASSERT(rx->next <= tail);                // inv. 2
    if (rx->next == tail) return c->tx_gone ? -EDO_ECLOSED : -EAGAIN;
    uint64_t behind = tail - rx->next, kept = (uint64_t)c->mask + 1;
    if (behind > kept) {
        if (missed) *missed = behind - kept;
        rx->next = tail - kept;
        return -EDO_ELAGGED;
    }
    if (c->places) {
        *box = place_leave(place_of(c, rx->next), true);
        rx->next++;
    } else if (EDO_NEVER(!slot_read(rx, value))) {
        return -EAGAIN; // nobody writes: we hold the lock
    }
    return 0;
}

static void read_box(const broadcast *c, edoi_box *box, void *value) {
    if (!box) return;
    edoi_box_read(box, &c->elem, value);
    edoi_box_unref(box, &c->elem);
}

int edo_broadcast_try_recv(edo_broadcast_rx *rx, void *value, uint64_t *missed) {
    (void)edoi_handle_misused(EDOI_BROADCAST_RX, rx);
    broadcast *c = rx->c;
    edoi_box *box = NULL;
    if (c->words && slot_read(rx, value)) return 0;
    edoi_lock_take(&c->mu);
    int got = look(rx, value, missed, &box);
    edoi_lock_leave(&c->mu);
    read_box(c, box, value);
    return got;
}

/* All but the plain success with values of one word. */
static EDOI_NOINLINE edo_polled recv_slowly(edo_broadcast_recv_future *f, edo_cx *cx) {
    edo_future *base = &f->base;
    broadcast *c = f->rx->c;
    bool waiting = edo_future_step(base) == WAITING; // then the node may be linked: ask the lock
    if (!waiting && c->words && slot_read(f->rx, f->value)) return edo_future_finish(base, 0);

    edoi_box *box = NULL;
    edoi_lock_take(&c->mu);
    bool linked = waiting && edoi_still_linked(&f->node);
    int got = look(f->rx, f->value, f->missed, &box);
    if (got != -EAGAIN) {
        if (linked) edoi_wait_remove(&c->receivers, &f->node);
    } else if (linked) {
        edoi_wait_renew(&f->node, edo_cx_waker(cx));
    } else {
        edoi_wait_push(&c->receivers, &f->node, edo_cx_waker(cx));
        edo_future_next_step(base, WAITING);
    }
    edoi_lock_leave(&c->mu);

    read_box(c, box, f->value);
    if (got != -EAGAIN) return edo_future_finish(base, got);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static edo_polled recv_poll(edo_future *base, edo_cx *cx) {
    edo_broadcast_recv_future *f = (edo_broadcast_recv_future *)(void *)base;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    const broadcast *c = f->rx->c;
    if (edo_future_step(base) == FRESH && c->pairs && pair_read(f->rx, c, f->value))
        return edo_future_finish(base, 0);
    return recv_slowly(f, cx);
}

static void recv_drop(edo_future *base) {
    edo_broadcast_recv_future *f = (edo_broadcast_recv_future *)(void *)base;
    if (edo_future_is_over(base)) return; // what it waited on may be gone
    broadcast *c = f->rx->c;
    edoi_waiter_drop(base, &f->node, (edoi_waiters){ &c->mu, &c->receivers });
}

edo_future *edo_broadcast_recv_init(edo_broadcast_recv_future *f, edo_broadcast_rx *rx, void *value,
                                    uint64_t *missed) {
    (void)edoi_handle_misused(EDOI_BROADCAST_RX, rx);
    static const edo_future_ops ops = { recv_poll, recv_drop, "edo_broadcast_recv",
                                        sizeof(edo_broadcast_recv_future), 0 };
    f->rx = rx;
    f->value = value;
    f->missed = missed;
    return edo_future_init(&f->base, &ops);
}

int edo_broadcast_recv(edo_broadcast_rx *rx, void *value, uint64_t *missed) {
    edo_broadcast_recv_future f;
    return edo_await(edo_broadcast_recv_init(&f, rx, value, missed));
}

uint64_t edo_broadcast_len(edo_broadcast_rx *rx) {
    (void)edoi_handle_misused(EDOI_BROADCAST_RX, rx);
    return edoi_load_rlx_u64(&rx->c->tail) - rx->next; // relaxed: a count, old when it is read
}
