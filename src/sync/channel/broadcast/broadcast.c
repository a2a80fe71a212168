/* SPDX-License-Identifier: MIT */
/* sync/channel/broadcast/broadcast.c: the ends of a broadcast channel, and receives. See
 * broadcast.h. */
#include "base/opts.h"
#include "records/handles.h"
#include "runtime/watch/named.h"
#include "sync/channel/broadcast/broadcast_room.h"
#include "sync/channel/closed.h"

#include <edo/task.h>

#include <errno.h>

#define WORD    sizeof(uint64_t)
#define AT_ONCE 32 /* places left in one hold of the lock */

/* Steps of the futures. */
#define FRESH 0u

/* ---- Ends ------------------------------------------------------------------------------------ */

static int slots_new(edoi_broadcast *c, size_t cap) {
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
    if (!c->places && !c->words) return -ENOMEM;
    if (c->lossless) {
        c->next_n = edoi_calloc(slots, sizeof *c->next_n);
        return c->next_n ? 0 : -ENOMEM;
    }
    if (c->elem.bytes == WORD) c->pairs = c->words;
    return 0;
}

static void check_place(const edoi_broadcast *c, size_t at) {
    EDO_INV("broadcast inv. 4", !c->places[at].box == (c->places[at].unread == 0));
    EDO_INV("broadcast inv. 4", c->places[at].unread <= c->rx_n);
}

void edoi_broadcast_check(const edoi_broadcast *c) {
    uint64_t tail = edoi_load_rlx_u64(&c->tail); // relaxed: inv. 1
    edoi_wait_check(&c->receivers);
    edoi_wait_check(&c->senders);
    for (edo_wait_node *node = c->receivers.first; node; node = node->next) {
        const edo_broadcast_recv_future *f =
            EDO_CONTAINER_OF(node, edo_broadcast_recv_future, node);
        EDO_INV("broadcast inv. 2", f->rx->next <= tail);
        EDO_INV("broadcast inv. 3", f->rx->next == tail);
    }
    size_t counted_n = c->caught_up_n;
    // A channel whose memory could not be had has neither.
    for (size_t at = 0; (c->places || c->next_n) && at <= c->mask; at++) {
        if (c->places) check_place(c, at);
        if (c->next_n) counted_n += c->next_n[at];
    }
    EDO_INV("broadcast_room inv. 5", counted_n <= c->rx_n);
}

static void broadcast_release(edoi_broadcast *c) {
    if (!edoi_endpoints_release(&c->ends)) return;
    if (c->is_named) edoi_named_remove(c);
    edoi_open_strike(&c->open);
    EDO_ASSERT(c->rx_n == 0 && !c->receivers.first && !c->closers.first && !c->senders.first);
    EDO_CHECK(edoi_broadcast_check(c));
    edoi_free(c->places); // empty: inv. 4
    edoi_free(c->next_n);
    edoi_free(c->words);
    edoi_handle_free(EDOI_BROADCAST_TX, c, c, sizeof *c);
}

/* For those who watch: how far behind the slowest receiver is of those that keep up. */
static size_t broadcast_depth(void *channel) {
    edoi_broadcast *c = channel;
    size_t n = c->mask + 1;
    edoi_lock_acquire(&c->mu);
    const size_t tail = (size_t)edoi_load_rlx_u64(&c->tail); // relaxed: inv. 1
    while (n > 0 && c->next_n[(tail - n) & c->mask] == 0) n--;
    edoi_lock_release(&c->mu);
    return n;
}

static int broadcast_name(edoi_broadcast *c, const char *name) {
    const edoi_named what = { .name = name,
                              .kind = "broadcast",
                              .channel = c,
                              .limit = c->mask + 1,
                              .depth = broadcast_depth };
    int err = edoi_named_add(&what);
    c->is_named = err == 0;
    return err;
}

static void broadcast_look(edoi_open_thing *thing, edoi_open_table *to) {
    edoi_broadcast *c = EDO_CONTAINER_OF(thing, edoi_broadcast, open);
    edoi_open_row row = { .kind = "broadcast", .by = " made at", .maker = thing->maker, .n = 1 };
    if (c->lossless) {
        row.values = broadcast_depth(c);
        row.limit = c->mask + 1;
    }
    edoi_open_add(to, &row);
}

/* Makes a receiver positioned at the end of the channel; takes a reference. */
static int broadcast_rx_new(edo_broadcast_rx **out, edoi_broadcast *c, const void *caller) {
    edo_broadcast_rx *rx = edoi_cache_get(sizeof *rx);
    if (!rx) return -ENOMEM;
    edoi_endpoints_hold(&c->ends);
    edoi_lock_acquire(&c->mu);
    rx->c = c;
    rx->next = edoi_load_rlx_u64(&c->tail); // relaxed: inv. 1
    rx->behind = false;
    c->rx_n++;
    if (c->lossless) edoi_broadcast_count(c, rx);
    edoi_lock_release(&c->mu);
    edoi_handle_made_here(EDOI_BROADCAST_RX, rx, caller);
    *out = rx;
    return 0;
}

int edo_broadcast_new(edo_broadcast_tx **tx, edo_broadcast_rx **rx, size_t elem_size, size_t cap,
                      const edo_broadcast_opts *opts) {
    if (cap == 0 || elem_size > EDOI_ELEM_BYTES_MAX) return -EINVAL;
    if (opts && !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    if (opts && opts->drop && !opts->clone) return -EINVAL;
    if (opts && opts->behind_after.ns > 0 && !opts->lossless) return -EINVAL;
    if (opts && opts->name && !opts->lossless) return -EINVAL;
    edoi_broadcast *c = edoi_calloc(1, sizeof *c);
    if (!c) return -ENOMEM;
    edoi_endpoints_init(&c->ends, 0);
    c->elem.bytes = elem_size;
    if (opts) {
        c->elem.clone = opts->clone;
        c->elem.drop = opts->drop;
        c->lossless = opts->lossless;
        c->behind_after_ns = opts->behind_after.ns > 0 ? opts->behind_after.ns : 0;
    }
    int err = slots_new(c, cap);
    if (err == 0 && opts && opts->name) err = broadcast_name(c, opts->name);
    if (err < 0) goto release_channel;
    if (rx) err = broadcast_rx_new(rx, c, EDOI_CALLER());
    if (err < 0) goto release_channel;
    if (!c->is_named) edoi_open_enlist(&c->open, broadcast_look, EDOI_CALLER());
    *tx = edoi_handle_made_here(EDOI_BROADCAST_TX, c, EDOI_CALLER());
    return 0;

release_channel:
    broadcast_release(c);
    return err;
}

edo_broadcast_tx *edo_broadcast_tx_ref(edo_broadcast_tx *tx) {
    EDOI_ENTERS(EDOI_BROADCAST_TX, tx);
    edoi_endpoints_ref(&edoi_broadcast_of_tx(tx)->ends);
    return edoi_handle_shared(EDOI_BROADCAST_TX, tx);
}

void edo_broadcast_tx_unref(edo_broadcast_tx *tx) {
    if (!tx) return;
    edoi_handle_given_up(EDOI_BROADCAST_TX, tx, EDOI_CALLER());
    edoi_broadcast *c = edoi_broadcast_of_tx(tx);
    if (!edoi_endpoints_unref(&c->ends)) return;
    edoi_lock_acquire(&c->mu);
    c->tx_gone = true;
    edoi_wait_wake_all(&c->mu, &c->receivers, edoi_woken_set);
    edoi_lock_release(&c->mu);
    broadcast_release(c);
}

edo_broadcast_weak *edo_broadcast_tx_downgrade(edo_broadcast_tx *tx) {
    EDOI_ENTERS(EDOI_BROADCAST_TX, tx);
    edoi_endpoints_hold(&edoi_broadcast_of_tx(tx)->ends);
    return edoi_handle_made_or_shared(EDOI_BROADCAST_WEAK, tx, EDOI_CALLER());
}

edo_broadcast_tx *edo_broadcast_tx_upgrade(edo_broadcast_weak *weak) {
    EDOI_ENTERS(EDOI_BROADCAST_WEAK, weak);
    edoi_broadcast *c = (edoi_broadcast *)(void *)weak;
    return edoi_endpoints_upgrade(&c->ends) ? edoi_handle_shared(EDOI_BROADCAST_TX, c) : NULL;
}

void edo_broadcast_weak_unref(edo_broadcast_weak *weak) {
    if (!weak) return;
    edoi_handle_given_up(EDOI_BROADCAST_WEAK, weak, EDOI_CALLER());
    broadcast_release((edoi_broadcast *)(void *)weak);
}

int edo_broadcast_subscribe(edo_broadcast_rx **rx, edo_broadcast_tx *tx) {
    EDOI_ENTERS(EDOI_BROADCAST_TX, tx);
    return broadcast_rx_new(rx, edoi_broadcast_of_tx(tx), EDOI_CALLER());
}

int edo_broadcast_resubscribe(edo_broadcast_rx **rx, edo_broadcast_rx *other) {
    EDOI_ENTERS(EDOI_BROADCAST_RX, other);
    return broadcast_rx_new(rx, other->c, EDOI_CALLER());
}

/* Called with the lock held: one receiver fewer will read the value of `p`. Returns a reference to
 * its box: the channel's own if no other receiver will read it, a new one if it is `wanted`,
 * otherwise NULL. */
static edoi_shared_value *place_leave(edoi_broadcast_place *p, bool wanted) {
    EDO_INV("broadcast inv. 4", p->box && p->unread > 0);
    edoi_shared_value *box = p->box;
    if (--p->unread == 0) {
        p->box = NULL;
    } else if (wanted) {
        edoi_shared_value_ref(box);
    } else {
        return NULL;
    }
    return box;
}

/* Called with the lock held; releases it in between: a receiver that does not count any more leaves
 * the values before `end` that it has not read. */
static void leave_unread(edoi_broadcast *c, uint64_t next, uint64_t end) {
    edoi_lock_offers offers = { 0 };
    for (;;) {
        uint64_t tail = edoi_load_rlx_u64(&c->tail),
                 kept = (uint64_t)c->mask + 1;      // relaxed: inv. 1
        if (tail - next > kept) next = tail - kept; // earlier values were overwritten
        if (next >= end) return;
        edoi_shared_value *dead[AT_ONCE];
        size_t dead_n = 0;
        for (int i = 0; i < AT_ONCE && next < end; i++, next++) {
            edoi_shared_value *box = place_leave(edoi_broadcast_place_of(c, next), false);
            if (box) dead[dead_n++] = box;
        }
        edoi_lock_offer(&c->mu);
        for (size_t i = 0; i < dead_n; i++) edoi_shared_value_unref(dead[i], &c->elem);
        edoi_lock_retake(&c->mu, &offers);
    }
}

void edo_broadcast_rx_free(edo_broadcast_rx *rx) {
    if (!rx) return;
    edoi_handle_given_up(EDOI_BROADCAST_RX, rx, EDOI_CALLER());
    edoi_broadcast *c = rx->c;
    edoi_lock_acquire(&c->mu);
    c->rx_n--;
    if (c->lossless) edoi_broadcast_uncount(c, rx);
    if (c->places) leave_unread(c, rx->next, edoi_load_rlx_u64(&c->tail)); // relaxed: inv. 1
    if (c->rx_n == 0) edoi_wait_wake_all(&c->mu, &c->closers, edoi_woken_set);
    edo_waker *wake = c->lossless ? edoi_broadcast_wake_sender(c) : NULL;
    edoi_lock_release(&c->mu);
    edo_waker_deliver(wake);
    edoi_handle_cache_put(EDOI_BROADCAST_RX, rx, sizeof *rx);
    broadcast_release(c);
}

/* ---- Waiting for the receivers' end ---------------------------------------------------------- */

static bool broadcast_is_closed(const void *channel) {
    return ((const edoi_broadcast *)channel)->rx_n == 0;
}

static edo_polled broadcast_closed_poll(edo_future *base, edo_cx *cx) {
    edo_broadcast_closed_future *f = (edo_broadcast_closed_future *)(void *)base;
    edoi_broadcast *c = edoi_broadcast_of_tx(f->tx);
    return edoi_closed_poll(base, cx, &f->node, (edoi_closed_waiters){ &c->mu, &c->closers },
                            broadcast_is_closed, c);
}

static void broadcast_closed_drop(edo_future *base) {
    edo_broadcast_closed_future *f = (edo_broadcast_closed_future *)(void *)base;
    if (edo_future_is_over(base)) return; // its channel may be gone
    edoi_broadcast *c = edoi_broadcast_of_tx(f->tx);
    edoi_waiter_drop(base, &f->node, (edoi_closed_waiters){ &c->mu, &c->closers });
}

edo_future *edo_broadcast_closed_init(edo_broadcast_closed_future *f, edo_broadcast_tx *tx) {
    EDOI_ENTERS(EDOI_BROADCAST_TX, tx);
    static const edo_future_ops ops = { .poll = broadcast_closed_poll,
                                        .drop = broadcast_closed_drop,
                                        .name = "edo_broadcast_closed",
                                        .size = sizeof(edo_broadcast_closed_future),
                                        .flags = EDOI_FUTURE_OF(EDOI_BROADCAST_TX) };
    f->tx = tx;
    return edo_future_init(&f->base, &ops);
}

int edo_broadcast_closed(edo_broadcast_tx *tx) {
    edo_broadcast_closed_future f;
    return edo_await(edo_broadcast_closed_init(&f, tx));
}

/* ---- Receiving ------------------------------------------------------------------------------- */

/* Copies the value at the cursor, without the lock. False: it is not there yet or any more, or was
 * overwritten meanwhile. */
static bool slot_read(edo_broadcast_rx *rx, void *value) {
    const edoi_broadcast *c = rx->c;
    const edo_atomic_u64 *slot = edoi_broadcast_slot(c, rx->next);
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
EDOI_INLINE bool pair_read(edo_broadcast_rx *rx, const edoi_broadcast *c, void *value) {
    const edo_atomic_u64 *slot = c->pairs + ((size_t)rx->next & c->mask) * 2;
    uint64_t stamp = rx->next + 1;
    if (edoi_load_acq_u64(slot) != stamp) return false; // BC2: pairs with BC4
    uint64_t word = edoi_load_acq_u64(&slot[1]);        // BC3: pairs with BC1
    if (edoi_load_rlx_u64(slot) != stamp) return false; // relaxed: BC3 comes before it
    memcpy(value, &word, WORD);
    rx->next = stamp;
    return true;
}

/* Called with the lock held: advances the cursor and returns 0 (with `*box` to be read, if values
 * are in boxes), -EDO_ELAGGED, -EDO_ECLOSED, or -EAGAIN. */
EDOI_INLINE int look(edo_broadcast_rx *rx, void *value, uint64_t *missed, edoi_shared_value **box) {
    edoi_broadcast *c = rx->c;
    uint64_t tail = edoi_load_rlx_u64(&c->tail); // relaxed: inv. 1
    EDO_INV("broadcast inv. 2", rx->next <= tail);
    if (rx->next == tail) return c->tx_gone ? -EDO_ECLOSED : -EAGAIN;
    uint64_t behind = tail - rx->next, kept = (uint64_t)c->mask + 1;
    if (behind > kept) {
        if (missed) *missed = behind - kept;
        rx->next = tail - kept;
        return -EDO_ELAGGED;
    }
    if (c->places) {
        *box = place_leave(edoi_broadcast_place_of(c, rx->next), true);
    } else { // no sender writes: we hold the lock
        edoi_elem_copy(value, edoi_broadcast_slot(c, rx->next) + 1, c->elem.bytes);
    }
    rx->next++;
    return 0;
}

/* Is the receiver, which was behind, now counted at the slot of the oldest value? */
static inline bool holds_up_anew(const edo_broadcast_rx *rx, int got) {
    uint64_t tail = edoi_load_rlx_u64(&rx->c->tail); // relaxed: inv. 1
    return got == -EDO_ELAGGED && tail - rx->next == (uint64_t)rx->c->mask + 1;
}

/* look() for a lossless channel, with the lock held; after it the receiver keeps up. `*wake` is a
 * sender that can continue, to be delivered. If a send waits to overwrite the oldest value, a
 * receiver that was behind skips that value too: so it never holds up a send that has waited
 * already (inv. 6). Then `*box` is only to be released. */
static int look_lossless(edo_broadcast_rx *rx, void *value, uint64_t *missed,
                         edoi_shared_value **box, edo_waker **wake) {
    edoi_broadcast *c = rx->c;
    bool had_room = edoi_broadcast_has_room(c);
    edoi_broadcast_uncount(c, rx);
    rx->behind = false;
    int got = look(rx, value, missed, box);
    if (got == -EDO_ELAGGED && c->senders.first) {
        if (c->places) *box = place_leave(edoi_broadcast_place_of(c, rx->next), false);
        if (missed) ++*missed;
        rx->next++;
    }
    edoi_broadcast_count(c, rx);
    EDO_INV("broadcast_room inv. 6", !c->senders.first || had_room || !holds_up_anew(rx, got));
    if (!had_room) *wake = edoi_broadcast_wake_sender(c);
    return got;
}

static void read_box(const edoi_broadcast *c, edoi_shared_value *box, int got, void *value) {
    if (!box) return;
    if (got == 0) edoi_shared_value_read(box, &c->elem, value);
    edoi_shared_value_unref(box, &c->elem);
}

static int try_recv_lossless(edo_broadcast_rx *rx, void *value, uint64_t *missed) {
    edoi_broadcast *c = rx->c;
    edoi_shared_value *box = NULL;
    edo_waker *wake = NULL;
    edoi_lock_acquire(&c->mu);
    int got = look_lossless(rx, value, missed, &box, &wake);
    edoi_lock_release(&c->mu);
    edo_waker_deliver(wake);
    read_box(c, box, got, value);
    return got;
}

int edo_broadcast_try_recv(edo_broadcast_rx *rx, void *value, uint64_t *missed) {
    EDOI_ENTERS(EDOI_BROADCAST_RX, rx);
    edoi_broadcast *c = rx->c;
    edoi_shared_value *box = NULL;
    if (c->lossless) return try_recv_lossless(rx, value, missed);
    if (c->words && slot_read(rx, value)) return 0;
    edoi_lock_acquire(&c->mu);
    int got = look(rx, value, missed, &box);
    edoi_lock_release(&c->mu);
    read_box(c, box, got, value);
    return got;
}

/* A poll that takes the lock. */
EDOI_INLINE edo_polled recv_locked(edo_broadcast_recv_future *f, edo_cx *cx, bool lossless) {
    edo_future *base = &f->base;
    edoi_broadcast *c = f->rx->c;
    bool waiting = edo_future_step(base) == WAITING; // then the node may be linked
    edoi_shared_value *box = NULL;
    edo_waker *wake = NULL;
    edoi_lock_acquire(&c->mu);
    bool linked = waiting && edoi_still_linked(&f->node);
    int got = lossless ? look_lossless(f->rx, f->value, f->missed, &box, &wake)
                       : look(f->rx, f->value, f->missed, &box);
    if (got != -EAGAIN) {
        if (linked) edoi_wait_remove(&c->receivers, &f->node);
    } else if (linked) {
        edoi_wait_renew(&f->node, edo_cx_waker(cx));
    } else {
        EDO_INV("broadcast inv. 3", f->rx->next == edoi_load_rlx_u64(&c->tail));
        edoi_wait_push(&c->receivers, &f->node, edo_cx_waker(cx));
        edo_future_next_step(base, WAITING);
    }
    edoi_lock_release(&c->mu);

    if (lossless) edo_waker_deliver(wake);
    read_box(c, box, got, f->value);
    if (got != -EAGAIN) return edo_future_finish(base, got);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static EDOI_NOINLINE edo_polled recv_lossless(edo_broadcast_recv_future *f, edo_cx *cx) {
    return recv_locked(f, cx, true);
}

/* All cases except the plain success with values of one word. A receive that has waited may be
 * linked, so it takes the lock. */
static EDOI_NOINLINE edo_polled broadcast_recv_slowly(edo_broadcast_recv_future *f, edo_cx *cx) {
    bool fresh = edo_future_step(&f->base) == FRESH;
    if (fresh && f->rx->c->words && slot_read(f->rx, f->value))
        return edo_future_finish(&f->base, 0);
    return recv_locked(f, cx, false);
}

static edo_polled broadcast_recv_poll(edo_future *base, edo_cx *cx) {
    edo_broadcast_recv_future *f = (edo_broadcast_recv_future *)(void *)base;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    const edoi_broadcast *c = f->rx->c;
    if (edo_future_step(base) == FRESH && c->pairs && pair_read(f->rx, c, f->value))
        return edo_future_finish(base, 0);
    return EDOI_UNLIKELY(c->lossless) ? recv_lossless(f, cx) : broadcast_recv_slowly(f, cx);
}

static void broadcast_recv_drop(edo_future *base) {
    edo_broadcast_recv_future *f = (edo_broadcast_recv_future *)(void *)base;
    if (edo_future_is_over(base)) return; // its channel may be gone
    edoi_broadcast *c = f->rx->c;
    edoi_waiter_drop(base, &f->node, (edoi_closed_waiters){ &c->mu, &c->receivers });
}

edo_future *edo_broadcast_recv_init(edo_broadcast_recv_future *f, edo_broadcast_rx *rx, void *value,
                                    uint64_t *missed) {
    EDOI_ENTERS(EDOI_BROADCAST_RX, rx);
    static const edo_future_ops ops = { .poll = broadcast_recv_poll,
                                        .drop = broadcast_recv_drop,
                                        .name = "edo_broadcast_recv",
                                        .size = sizeof(edo_broadcast_recv_future),
                                        .flags = EDOI_FUTURE_OF(EDOI_BROADCAST_RX) };
    f->rx = rx;
    f->value = value;
    f->missed = missed;
    return edo_future_init(&f->base, &ops);
}

int edo_broadcast_recv(edo_broadcast_rx *rx, void *value, uint64_t *missed) {
    edo_broadcast_recv_future f;
    return edo_await(edo_broadcast_recv_init(&f, rx, value, missed));
}

size_t edo_broadcast_receivers(edo_broadcast_tx *tx) {
    EDOI_ENTERS(EDOI_BROADCAST_TX, tx);
    edoi_broadcast *c = edoi_broadcast_of_tx(tx);
    edoi_lock_acquire(&c->mu);
    size_t n = c->rx_n;
    edoi_lock_release(&c->mu);
    return n;
}

uint64_t edo_broadcast_len(edo_broadcast_rx *rx) {
    EDOI_ENTERS(EDOI_BROADCAST_RX, rx);
    return edoi_load_rlx_u64(&rx->c->tail) - rx->next; // relaxed: a count, possibly stale
}

void edo_broadcast_fall_behind(edo_broadcast_rx *rx) {
    EDOI_ENTERS(EDOI_BROADCAST_RX, rx);
    edoi_broadcast *c = rx->c;
    if (!c->lossless) return;
    edoi_lock_acquire(&c->mu);
    bool had_room = edoi_broadcast_has_room(c);
    edoi_broadcast_uncount(c, rx);
    rx->behind = true;
    edo_waker *wake = had_room ? NULL : edoi_broadcast_wake_sender(c);
    edoi_lock_release(&c->mu);
    edo_waker_deliver(wake);
}
