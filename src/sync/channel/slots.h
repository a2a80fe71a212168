/* SPDX-License-Identifier: MIT */
/* sync/channel/slots.h: the common base of edo_mpsc and edo_chan: a queue with its slots, whose
 * memory is allocated here, and the senders that wait for a slot.
 *
 * A slot is free, a permit (promised to a sender that has not used it yet), or holds a value. A
 * freed slot goes, as a permit, to the sender that waits longest.
 *
 * inv. 1: q.len + permits <= cap; while a sender waits and the channel is open they are equal.
 * inv. 2: q.room >= permits: a permit can always be used without an allocation. Except that an
 *         edo_chan frees its slots with the last receiver; its permits are only given back then.
 * inv. 3: closed, rx_gone and tx_gone are never cleared; once closed is set no permit is given any
 *         more.
 *
 * The channel's struct contains this one, and `mu` guards all of it. Unless noted otherwise, a
 * function here is called with the lock held and keeps it. */
#ifndef EDOI_SYNC_CHANNEL_SLOTS_H
#define EDOI_SYNC_CHANNEL_SLOTS_H

#include "base/lock.h"
#include "base/memory/cache.h"
#include "locks/peers.h"
#include "runtime/watch/open.h"
#include "sync/channel/closed.h"
#include "sync/channel/endpoints.h"
#include "sync/channel/mpsc_queue.h"

#ifdef EDOI_MODEL
#    define AT_ONCE 1u // so that a model sees the lock released between two
#else
#    define AT_ONCE 32u /* values that a receive takes in one hold of the lock */
#endif
#define PENDING 1 /* wait; a result besides 0 and errors of a search for a slot or value */

typedef struct edoi_slots {
    edoi_peers peers;               /* first: EDOI_FUTURE_WAITS_ROOM and _VALUE; atomic, relaxed */
    edoi_lock mu;                   /* guards all that is not const or atomic */
    bool closed;                    /* by the receiver: no new values */
    bool rx_gone, tx_gone;          /* no receiver is left; no sender */
    bool is_named;                  /* const; in the list of runtime/watch/named.h */
    size_t permits;                 /* slots promised */
    edoi_mpsc_queue q;              /* the values */
    edo_wait_list senders, closers; /* they wait for a slot; for the receiver's end */
    edoi_endpoints ends;            /* atomic */
    size_t block_bytes;             /* const; of a block; 0: bounded, there is a ring */
    size_t elem_bytes;              /* const */
    size_t cap;                     /* const; SIZE_MAX: none */
    void (*drop)(void *elem);       /* const */
    edoi_open_thing open;           /* unless it has a name */
} edoi_slots;

/* What a receive has to do after it has released the lock. */
typedef struct edoi_owed {
    edo_waker *wakers[AT_ONCE];
    uint32_t wakers_n;
    edoi_mpsc_block *spare; /* to be freed */
} edoi_owed;

/* `s` is zero, and no other thread knows it yet. */
void edoi_slots_init(edoi_slots *s, size_t elem_bytes, size_t cap, void (*drop)(void *elem));

/* How those who watch see a channel. */
typedef struct edoi_slots_kind {
    const char *name;             /* a literal: "mpsc" */
    size_t (*depth)(void *slots); /* values that are there; takes the lock */
    edoi_open_look_fn *look;      /* edoi_slots_look() of this kind */
} edoi_slots_kind;

/* Shows a channel that is complete to those who watch, by its name, or if that is NULL by `maker`,
 * the return address of the call that made it. The second is called before its memory is freed. */
EDO_MUST_USE int edoi_slots_show(edoi_slots *s, const char *name, const edoi_slots_kind *kind,
                                 const void *maker);
void edoi_slots_hide(edoi_slots *s);

/* The row of a channel. Called without the lock. */
void edoi_slots_look(edoi_open_thing *thing, edoi_open_table *to, const edoi_slots_kind *kind);

/* There are too few slots below the capacity: releases the lock to allocate and takes it again, so
 * the caller checks everything again. False: there is no memory. */
bool edoi_slots_more_room(edoi_slots *s);

/* A slot was freed. Returns the waker of the sender that got it as a permit, to be delivered. */
edo_waker *edoi_slots_pass_on(edoi_slots *s);

/* Was the channel closed? Called without the lock. */
bool edoi_slots_is_closed(edoi_slots *s);

/* Poll and drop of a future that waits until the channel is closed. Called without the lock. */
edo_polled edoi_slots_closed_poll(edoi_slots *s, edo_future *f, edo_wait_node *node, edo_cx *cx);
void edoi_slots_closed_drop(edoi_slots *s, edo_future *f, edo_wait_node *node);

/* Asserts the invariants, at constant cost. Called with the lock held, before it is released. */
EDOI_INLINE void edoi_slots_check(const edoi_slots *s) {
    EDO_INV("slots inv. 1", s->q.len + s->permits <= s->cap);
    EDO_INV("slots inv. 1", !s->senders.first || s->closed || s->q.len + s->permits == s->cap);
    EDO_INV("slots inv. 2", s->q.room >= s->permits || s->rx_gone);
    EDO_INV("slots inv. 3", !s->rx_gone || s->closed);
}

/* Is the queue empty, with no value to come? */
EDOI_INLINE bool edoi_slots_ended(const edoi_slots *s) {
    return s->q.len == 0 && s->permits == 0 && (s->closed || s->tx_gone);
}

/* Takes `n` present values, AT_ONCE at most, and records what is to be done after the release. */
EDOI_INLINE void edoi_slots_take(edoi_slots *s, void *values, size_t n, edoi_owed *o) {
    EDO_ASSERT(n <= AT_ONCE);
    o->wakers_n = 0;
    o->spare = NULL;
    for (size_t i = 0; i < n; i++) {
        edoi_mpsc_queue_pop(&s->q, (unsigned char *)values + i * s->q.elem_bytes);
        edo_waker *wake = s->senders.first ? edoi_slots_pass_on(s) : NULL;
        if (wake) o->wakers[o->wakers_n++] = wake;
    }
    if (n > 0 && EDOI_UNLIKELY(s->q.spares_n > 1))
        o->spare = edoi_mpsc_queue_trim(&s->q, s->permits);
}

/* Called without the lock: delivers and frees what is owed. */
EDOI_INLINE void edoi_slots_settle(const edoi_slots *s, const edoi_owed *o) {
    for (uint32_t i = 0; i < o->wakers_n; i++) edo_waker_deliver(o->wakers[i]);
    edoi_cache_put(o->spare, s->block_bytes);
}

#endif
