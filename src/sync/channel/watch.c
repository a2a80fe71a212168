/* SPDX-License-Identifier: MIT */
/* sync/channel/watch.c: the newest value and its version.
 *
 * The value lies in a counted box, which a writer replaces and never changes. Two locks: `writing`
 * (outer) serialises writers, and is held while the next box is filled, also by a callback; `mu`
 * (inner, short) guards the current box, the lists and the count of receivers. Plain values use two
 * permanent boxes, which writers swap: readers copy under `mu`. Values with a `clone` take a box
 * each: a reader takes a reference under `mu` and clones without it.
 *
 * inv. 1: `version` increases by 2 with each announced value; its lowest bit means that no sender
 *         is left. It is written under mu, and starts at 2: `seen` 0 has seen nothing.
 * inv. 2: `now` is never NULL; it is replaced with both locks held.
 * inv. 3: a node in `waiters` belongs to a receiver that has seen (or tested) the newest value.
 *
 * The sender is the same struct as the channel under an opaque name. */
#include "sync/channel/elem_size.h"

#include "base/lock.h"
#include "base/opts.h"
#include "records/handles.h"
#include "sync/channel/closed.h"
#include "sync/channel/endpoints.h"
#include "sync/channel/shared_value.h"

#include <edo/task.h>

#include <errno.h>

#define CLOSED 1u /* in the version: no sender is left */
#define STEP   2u

/* Steps of the futures. */
#define FRESH 0u
typedef struct watch {
    edoi_lock writing;
    edoi_lock mu;
    edoi_endpoints ends;      /* atomic */
    edoi_elem elem;           /* const */
    edo_atomic_u64 version;   /* atomic: WA1, WA2; inv. 1 */
    edoi_shared_value *now;   /* lock: mu; inv. 2 */
    edoi_shared_value *spare; /* plain values only. lock: writing */
    /* mark of the thread in a modify function. atomic, relaxed: compared only */
    edo_atomic_ptr modifier;
    size_t rx_n;           /* receivers. lock: mu */
    edo_wait_list waiters; /* receives of a newer value. lock: mu */
    edo_wait_list closers; /* waits for rx_n == 0. lock: mu */
} watch;

struct edo_watch_rx {
    watch *c;
    uint64_t seen; /* version without CLOSED; 0: none. receiver only */
};

static watch *watch_of_tx(edo_watch_tx *tx) {
    return (watch *)(void *)tx;
}

size_t edoi_watch_elem_size(edo_watch_rx *rx) {
    return rx->c->elem.bytes;
}

static uint64_t version_now(const watch *c) {
    return edoi_load_acq_u64(&c->version); // WA1: pairs with WA2
}

/* Called with mu held. */
static void version_set(watch *c, uint64_t version) {
    EDO_INV("watch inv. 1", version > edoi_load_rlx_u64(&c->version));
    edoi_store_rel_u64(&c->version, version); // WA2: pairs with WA1
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static void watch_release(watch *c) {
    if (!edoi_endpoints_release(&c->ends)) return;
    EDO_ASSERT(c->rx_n == 0 && !c->waiters.first && !c->closers.first);
    edoi_shared_value_unref(c->now, &c->elem);
    edoi_shared_value_free(c->spare, &c->elem);
    edoi_handle_free(EDOI_WATCH_TX, c, c, sizeof *c);
}

/* A receiver that has seen `seen`; NULL: the newest version. */
static int watch_rx_new(edo_watch_rx **out, watch *c, const uint64_t *seen, const void *caller) {
    edo_watch_rx *rx = edoi_cache_get(sizeof *rx);
    if (!rx) return -ENOMEM;
    edoi_endpoints_hold(&c->ends);
    edoi_lock_acquire(&c->mu);
    rx->c = c;
    rx->seen = seen ? *seen : version_now(c) & ~(uint64_t)CLOSED;
    c->rx_n++;
    edoi_lock_release(&c->mu);
    edoi_handle_made_here(EDOI_WATCH_RX, rx, caller);
    *out = rx;
    return 0;
}

int edo_watch_new(edo_watch_tx **tx, edo_watch_rx **rx, size_t elem_size, const void *initial,
                  const edo_watch_opts *opts) {
    if (elem_size > EDOI_ELEM_BYTES_MAX) return -EINVAL;
    if (opts && !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    if (opts && opts->drop && !opts->clone) return -EINVAL;
    watch *c = edoi_calloc(1, sizeof *c);
    if (!c) return -ENOMEM;
    edoi_endpoints_init(&c->ends, rx ? 1 : 0);
    c->elem.bytes = elem_size;
    if (opts) {
        c->elem.clone = opts->clone;
        c->elem.drop = opts->drop;
    }
    c->now = edoi_shared_value_alloc(&c->elem);
    edo_watch_rx *first = NULL;
    if (!c->now) goto free_channel;
    if (!c->elem.clone) {
        c->spare = edoi_shared_value_alloc(&c->elem);
        if (!c->spare) goto free_now;
    }
    if (rx) {
        first = edoi_cache_get(sizeof *first);
        if (!first) goto free_spare;
        first->c = c;
        first->seen = STEP;
        c->rx_n = 1;
        edoi_handle_made_here(EDOI_WATCH_RX, first, EDOI_CALLER());
        *rx = first;
    }

    edoi_elem_copy(c->now->value, initial, elem_size);
    version_set(c, STEP);
    *tx = edoi_handle_made_here(EDOI_WATCH_TX, c, EDOI_CALLER());
    return 0;

free_spare:
    edoi_shared_value_free(c->spare, &c->elem);
free_now:
    edoi_shared_value_free(c->now, &c->elem);
free_channel:
    edoi_free(c);
    return -ENOMEM;
}

edo_watch_tx *edo_watch_tx_ref(edo_watch_tx *tx) {
    EDOI_ENTERS(EDOI_WATCH_TX, tx);
    edoi_endpoints_ref(&watch_of_tx(tx)->ends);
    return edoi_handle_shared(EDOI_WATCH_TX, tx);
}

void edo_watch_tx_unref(edo_watch_tx *tx) {
    if (!tx) return;
    edoi_handle_given_up(EDOI_WATCH_TX, tx, EDOI_CALLER());
    watch *c = watch_of_tx(tx);
    if (!edoi_endpoints_unref(&c->ends)) return;
    edoi_lock_acquire(&c->mu);
    version_set(c, version_now(c) | CLOSED);
    edoi_wait_wake_all(&c->mu, &c->waiters, edoi_woken_set);
    edoi_lock_release(&c->mu);
    watch_release(c);
}

int edo_watch_subscribe(edo_watch_rx **rx, edo_watch_tx *tx) {
    EDOI_ENTERS(EDOI_WATCH_TX, tx);
    return watch_rx_new(rx, watch_of_tx(tx), NULL, EDOI_CALLER());
}

int edo_watch_rx_clone(edo_watch_rx **rx, edo_watch_rx *other) {
    EDOI_ENTERS(EDOI_WATCH_RX, other);
    return watch_rx_new(rx, other->c, &other->seen, EDOI_CALLER());
}

void edo_watch_rx_free(edo_watch_rx *rx) {
    if (!rx) return;
    edoi_handle_given_up(EDOI_WATCH_RX, rx, EDOI_CALLER());
    watch *c = rx->c;
    edoi_lock_acquire(&c->mu);
    c->rx_n--;
    if (c->rx_n == 0) edoi_wait_wake_all(&c->mu, &c->closers, edoi_woken_set);
    edoi_lock_release(&c->mu);
    edoi_handle_cache_put(EDOI_WATCH_RX, rx, sizeof *rx);
    watch_release(c);
}

/* ---- Sending --------------------------------------------------------------------------------- */

/* An address unique among living threads. Opaque: a fiber may have moved to another thread since
 * the last call. */
static EDOI_OPAQUE void *mark_of_thread(void) {
    static EDOI_THREAD_LOCAL char mark;
    EDOI_COMPILER_BARRIER();
    return &mark;
}

/* Takes `writing`; false: this thread holds it, in a modify function. */
static bool writing_take(watch *c) {
    if (EDOI_LIKELY(edoi_lock_try(&c->writing))) return true;
    // relaxed: only this thread stores its own mark; another thread's, old or new, differs
    if (EDO_MISUSE(edoi_load_rlx_ptr(&c->modifier) == mark_of_thread(),
                   "the function of an edo_watch_modify() changes the same channel"))
        return false;
    edoi_lock_wait(&c->writing);
    return true;
}

/* Begins a change: takes `writing` and returns a box to fill in `*out`. On failure `writing` is not
 * taken. */
static int write_begin(watch *c, edoi_shared_value **out) {
    edoi_shared_value *box = NULL;
    if (c->elem.clone) {
        box = edoi_shared_value_alloc(&c->elem);
        if (!box) return -ENOMEM;
    }
    if (!writing_take(c)) {
        if (box) edoi_shared_value_free(box, &c->elem);
        return -EDO_EMISUSE;
    }
    edoi_held_add(-1); // the user's code runs under it, and may wake tasks
    if (!box) {
        box = c->spare;
        c->spare = NULL;
    }
    EDO_ASSERT(box != NULL);
    *out = box;
    return 0;
}

/* Ends a change: `box` is the newest value, `announced` to the receivers or not. Releases
 * `writing`. The previous value is moved to `*old`, or dropped if `old` is NULL. */
static void write_end(watch *c, edoi_shared_value *box, bool announced, void *old) {
    edoi_lock_acquire(&c->mu);
    edoi_shared_value *before = c->now;
    c->now = box;
    if (announced) version_set(c, version_now(c) + STEP);
    if (!c->elem.clone) {
        if (old) edoi_elem_copy(old, before->value, c->elem.bytes);
        c->spare = before;
        before = NULL;
    }
    edoi_held_add(1);
    edoi_lock_release(&c->writing);
    if (announced && c->waiters.first) edoi_wait_wake_all(&c->mu, &c->waiters, edoi_woken_set);
    edoi_lock_release(&c->mu);

    if (!before) return;
    if (old && edoi_shared_value_is_sole(before)) {
        edoi_elem_copy(old, before->value, c->elem.bytes);
        edoi_shared_value_free(before, &c->elem);
        return;
    }
    if (old) edoi_shared_value_read(before, &c->elem, old); // a reader is still cloning it
    edoi_shared_value_unref(before, &c->elem);
}

/* Cancels a change. */
static void write_cancel(watch *c, edoi_shared_value *box) {
    if (!c->elem.clone) {
        c->spare = box;
        box = NULL;
    }
    edoi_held_add(1);
    edoi_lock_release(&c->writing);
    if (box) edoi_shared_value_free(box, &c->elem);
}

int edo_watch_send(edo_watch_tx *tx, const void *value) {
    EDOI_ENTERS(EDOI_WATCH_TX, tx);
    watch *c = watch_of_tx(tx);
    edoi_shared_value *box;
    int err = write_begin(c, &box);
    if (err < 0) return err;
    edoi_lock_acquire(&c->mu);
    bool watched = c->rx_n > 0; // a receiver that leaves after this still counts
    edoi_lock_release(&c->mu);
    if (!watched) {
        write_cancel(c, box);
        return -EDO_ECLOSED;
    }
    edoi_elem_copy(box->value, value, c->elem.bytes);
    write_end(c, box, true, NULL);
    return 0;
}

int edo_watch_replace(edo_watch_tx *tx, void *old, const void *value) {
    EDOI_ENTERS(EDOI_WATCH_TX, tx);
    watch *c = watch_of_tx(tx);
    edoi_shared_value *box;
    int err = write_begin(c, &box);
    if (err < 0) return err;
    edoi_elem_copy(box->value, value, c->elem.bytes);
    write_end(c, box, true, old);
    return 0;
}

int edo_watch_modify(edo_watch_tx *tx, edo_watch_modify_fn *fn, void *arg) {
    EDOI_ENTERS(EDOI_WATCH_TX, tx);
    watch *c = watch_of_tx(tx);
    edoi_shared_value *box;
    int err = write_begin(c, &box);
    if (err < 0) return err;
    edo_no_await_begin();                                 // other writers spin meanwhile
    edoi_store_rlx_ptr(&c->modifier, mark_of_thread());   // relaxed: see writing_take()
    edoi_shared_value_read(c->now, &c->elem, box->value); // `writing` keeps it in place
    bool changed = fn(arg, box->value);
    edoi_store_rlx_ptr(&c->modifier, NULL);
    edo_no_await_end();
    write_end(c, box, changed, NULL);
    return changed ? 1 : 0;
}

static bool watch_is_closed(const void *channel) {
    return ((const watch *)channel)->rx_n == 0;
}

static edo_polled watch_closed_poll(edo_future *base, edo_cx *cx) {
    edo_watch_closed_future *f = (edo_watch_closed_future *)(void *)base;
    watch *c = watch_of_tx(f->tx);
    return edoi_closed_poll(base, cx, &f->node, (edoi_closed_waiters){ &c->mu, &c->closers },
                            watch_is_closed, c);
}

static void watch_closed_drop(edo_future *base) {
    edo_watch_closed_future *f = (edo_watch_closed_future *)(void *)base;
    if (edo_future_is_over(base)) return; // its channel may be gone
    watch *c = watch_of_tx(f->tx);
    edoi_waiter_drop(base, &f->node, (edoi_closed_waiters){ &c->mu, &c->closers });
}

edo_future *edo_watch_closed_init(edo_watch_closed_future *f, edo_watch_tx *tx) {
    EDOI_ENTERS(EDOI_WATCH_TX, tx);
    static const edo_future_ops ops = { .poll = watch_closed_poll,
                                        .drop = watch_closed_drop,
                                        .name = "edo_watch_closed",
                                        .size = sizeof(edo_watch_closed_future),
                                        .flags = EDOI_FUTURE_OF(EDOI_WATCH_TX) };
    f->tx = tx;
    return edo_future_init(&f->base, &ops);
}

int edo_watch_closed(edo_watch_tx *tx) {
    edo_watch_closed_future f;
    return edo_await(edo_watch_closed_init(&f, tx));
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Called with mu held; releases it. Copies the newest value out. */
static void read_and_leave(watch *c, void *value) {
    if (!c->elem.clone) {
        edoi_elem_copy(value, c->now->value, c->elem.bytes);
        edoi_lock_release(&c->mu);
        return;
    }
    edoi_shared_value *box = c->now;
    edoi_shared_value_ref(box);
    edoi_lock_release(&c->mu);
    edoi_shared_value_read(box, &c->elem, value);
    edoi_shared_value_unref(box, &c->elem);
}

void edo_watch_tx_read(edo_watch_tx *tx, void *value) {
    EDOI_ENTERS(EDOI_WATCH_TX, tx);
    watch *c = watch_of_tx(tx);
    edoi_lock_acquire(&c->mu);
    read_and_leave(c, value);
}

void edo_watch_read(edo_watch_rx *rx, void *value) {
    EDOI_ENTERS(EDOI_WATCH_RX, rx);
    edoi_lock_acquire(&rx->c->mu);
    read_and_leave(rx->c, value);
}

void edo_watch_read_update(edo_watch_rx *rx, void *value) {
    EDOI_ENTERS(EDOI_WATCH_RX, rx);
    edoi_lock_acquire(&rx->c->mu);
    rx->seen = version_now(rx->c) & ~(uint64_t)CLOSED;
    read_and_leave(rx->c, value);
}

int edo_watch_has_changed(edo_watch_rx *rx) {
    EDOI_ENTERS(EDOI_WATCH_RX, rx);
    uint64_t version = version_now(rx->c);
    if (version & CLOSED) return -EDO_ECLOSED;
    return version != rx->seen;
}

void edo_watch_mark_changed(edo_watch_rx *rx) {
    EDOI_ENTERS(EDOI_WATCH_RX, rx);
    rx->seen = 0;
}

void edo_watch_mark_unchanged(edo_watch_rx *rx) {
    EDOI_ENTERS(EDOI_WATCH_RX, rx);
    rx->seen = version_now(rx->c) & ~(uint64_t)CLOSED;
}

/* ---- Waiting --------------------------------------------------------------------------------- */

/* Marks the newest value as seen: 0; -EDO_ECLOSED if it was seen and no sender is left; otherwise
 * -EAGAIN. */
static int see(edo_watch_rx *rx) {
    uint64_t version = version_now(rx->c);
    if ((version & ~(uint64_t)CLOSED) != rx->seen) {
        rx->seen = version & ~(uint64_t)CLOSED;
        return 0;
    }
    return version & CLOSED ? -EDO_ECLOSED : -EAGAIN;
}

/* Called with mu held. */
static inline bool has_seen_all(const edo_watch_rx *rx) {
    return rx->seen == (edoi_load_rlx_u64(&rx->c->version) & ~(uint64_t)CLOSED); // relaxed: mu
}

static edo_polled changed_poll(edo_future *base, edo_cx *cx) {
    edo_watch_changed_future *f = (edo_watch_changed_future *)(void *)base;
    watch *c = f->rx->c;
    bool waiting = edo_future_step(base) == WAITING; // then the node may be linked: take the lock
    if (!edo_budget_take(cx)) return EDO_PENDING;
    if (!waiting) {
        int seen = see(f->rx);
        if (seen != -EAGAIN) return edo_future_finish(base, seen);
    }

    edoi_lock_acquire(&c->mu);
    bool linked = waiting && edoi_still_linked(&f->node);
    int seen = see(f->rx);
    if (seen != -EAGAIN) {
        if (linked) edoi_wait_remove(&c->waiters, &f->node);
    } else if (linked) {
        edoi_wait_renew(&f->node, edo_cx_waker(cx));
    } else {
        EDO_INV("watch inv. 3", has_seen_all(f->rx));
        edoi_wait_push(&c->waiters, &f->node, edo_cx_waker(cx));
        edo_future_next_step(base, WAITING);
    }
    edoi_lock_release(&c->mu);

    if (seen != -EAGAIN) return edo_future_finish(base, seen);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static void changed_drop(edo_future *base) {
    edo_watch_changed_future *f = (edo_watch_changed_future *)(void *)base;
    if (edo_future_is_over(base)) return; // its channel may be gone
    edoi_waiter_drop(base, &f->node, (edoi_closed_waiters){ &f->rx->c->mu, &f->rx->c->waiters });
}

edo_future *edo_watch_changed_init(edo_watch_changed_future *f, edo_watch_rx *rx) {
    EDOI_ENTERS(EDOI_WATCH_RX, rx);
    static const edo_future_ops ops = { .poll = changed_poll,
                                        .drop = changed_drop,
                                        .name = "edo_watch_changed",
                                        .size = sizeof(edo_watch_changed_future),
                                        .flags = EDOI_FUTURE_OF(EDOI_WATCH_RX) };
    f->rx = rx;
    return edo_future_init(&f->base, &ops);
}

int edo_watch_changed(edo_watch_rx *rx) {
    edo_watch_changed_future f;
    return edo_await(edo_watch_changed_init(&f, rx));
}

/* Called with the lock held. True: the newest value was refused already, so the future waits, or it
 * is the end (`*end`); the lock is released. False: the value is to be tested; the node is not
 * linked. */
static bool nothing_new(edo_watch_wait_for_future *f, edo_cx *cx, bool *end) {
    watch *c = f->rx->c;
    bool linked = edo_future_step(&f->base) == WAITING && edoi_still_linked(&f->node);
    uint64_t version = version_now(c);
    bool tested = (version & ~(uint64_t)CLOSED) == f->tested;
    *end = tested && (version & CLOSED);
    EDO_INV("watch inv. 2", c->now);
    if (tested && !*end) {
        if (linked) {
            edoi_wait_renew(&f->node, edo_cx_waker(cx));
        } else {
            edoi_wait_push(&c->waiters, &f->node, edo_cx_waker(cx));
            edo_future_next_step(&f->base, WAITING);
        }
    } else {
        if (linked) edoi_wait_remove(&c->waiters, &f->node);
        edo_future_next_step(&f->base, FRESH);
    }
    f->tested = version & ~(uint64_t)CLOSED;
    if (tested) edoi_lock_release(&c->mu);
    return tested;
}

static edo_polled wait_for_poll(edo_future *base, edo_cx *cx) {
    edo_watch_wait_for_future *f = (edo_watch_wait_for_future *)(void *)base;
    watch *c = f->rx->c;
    for (uint32_t taken = 1;; taken++) {
        bool end;
        if (!edo_budget_take(cx)) return EDO_PENDING; // also if values come faster than tests
        edoi_lock_acquire(&c->mu);
        if (nothing_new(f, cx, &end)) {
            if (end) return edo_future_finish(base, -EDO_ECLOSED);
            while (taken-- > 0) edo_budget_refund(cx);
            return EDO_PENDING;
        }
        read_and_leave(c, f->value);
        f->rx->seen = f->tested;
        if (f->test(f->arg, f->value)) return edo_future_finish(base, 0);
        if (c->elem.drop) c->elem.drop(f->value);
    }
}

static void wait_for_drop(edo_future *base) {
    edo_watch_wait_for_future *f = (edo_watch_wait_for_future *)(void *)base;
    if (edo_future_is_over(base)) return; // its channel may be gone
    edoi_waiter_drop(base, &f->node, (edoi_closed_waiters){ &f->rx->c->mu, &f->rx->c->waiters });
}

edo_future *edo_watch_wait_for_init(edo_watch_wait_for_future *f, edo_watch_rx *rx, void *value,
                                    edo_watch_test_fn *test, void *arg) {
    EDOI_ENTERS(EDOI_WATCH_RX, rx);
    static const edo_future_ops ops = { .poll = wait_for_poll,
                                        .drop = wait_for_drop,
                                        .name = "edo_watch_wait_for",
                                        .size = sizeof(edo_watch_wait_for_future),
                                        .flags = EDOI_FUTURE_OF(EDOI_WATCH_RX) };
    f->rx = rx;
    f->value = value;
    f->test = test;
    f->arg = arg;
    f->tested = 0;
    return edo_future_init(&f->base, &ops);
}

int edo_watch_wait_for(edo_watch_rx *rx, void *value, edo_watch_test_fn *test, void *arg) {
    edo_watch_wait_for_future f;
    return edo_await(edo_watch_wait_for_init(&f, rx, value, test, arg));
}
