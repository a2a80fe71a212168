/* SPDX-License-Identifier: MIT */
/* sync/channel/slots.c: see slots.h. */
#include "sync/channel/slots.h"

#include "runtime/watch/named.h"
#include "stacks/made.h"

#define WAITERS_MAX 1000u /* senders that a look counts: under the lock */

void edoi_slots_init(edoi_slots *s, size_t elem_bytes, size_t cap, void (*drop)(void *elem)) {
    edoi_endpoints_init(&s->ends, 1);
    s->cap = cap;
    s->elem_bytes = elem_bytes;
    s->drop = drop;
    edoi_mpsc_queue_init(&s->q, elem_bytes, cap);
    if (cap == SIZE_MAX) s->block_bytes = edoi_mpsc_queue_bytes(&s->q, EDOI_MPSC_BLOCK_LEN);
}

int edoi_slots_show(edoi_slots *s, const char *name, const edoi_slots_kind *kind,
                    const void *maker) {
    if (!name) {
        edoi_open_enlist(&s->open, kind->look, maker);
        return 0;
    }
    const edoi_named what = {
        .name = name, .kind = kind->name, .channel = s, .limit = s->cap, .depth = kind->depth
    };
    s->is_named = true;
    return edoi_named_add(&what);
}

void edoi_slots_hide(edoi_slots *s) {
    if (s->is_named) edoi_named_remove(s);
    edoi_open_strike(&s->open);
}

static size_t slots_waiting(edoi_slots *s) {
    size_t n = 0;
    edoi_lock_acquire(&s->mu);
    for (const edo_wait_node *node = s->senders.first; node && n < WAITERS_MAX; node = node->next)
        n += node->waker != NULL; // a guard has none
    edoi_lock_release(&s->mu);
    return n;
}

void edoi_slots_look(edoi_open_thing *thing, edoi_open_table *to, const edoi_slots_kind *kind) {
    edoi_slots *s = EDO_CONTAINER_OF(thing, edoi_slots, open);
    edoi_open_row row = { .kind = kind->name, .by = " made at", .maker = thing->maker, .n = 1 };
    row.values = kind->depth(s);
    row.limit = s->cap == SIZE_MAX ? 0 : s->cap;
    row.waiting = slots_waiting(s);
    edoi_open_add(to, &row);
}

bool edoi_slots_more_room(edoi_slots *s) {
    size_t slots = edoi_mpsc_queue_wants(&s->q);
    size_t bytes = edoi_mpsc_queue_bytes(&s->q, slots);
    edoi_lock_release(&s->mu);
    edoi_made(EDOI_MADE_VALUE, s->open.maker);
    void *memory = NULL;
    if (s->block_bytes) {
        memory = edoi_cache_get(s->block_bytes);
    } else if (bytes) {
        memory = edoi_alloc(bytes);
    }
    edoi_lock_acquire(&s->mu);
    if (!memory) return false;
    // A closed channel's ring must not move: mpsc.c drops values from it without the lock.
    bool late = s->closed && !s->block_bytes;
    void *rest = late ? memory : edoi_mpsc_queue_give(&s->q, memory, slots);
    if (rest) {
        edoi_lock_release(&s->mu);
        edoi_free(rest); // a ring: a block is always accepted
        edoi_lock_acquire(&s->mu);
    }
    return true;
}

edo_waker *edoi_slots_pass_on(edoi_slots *s) {
    if (s->closed) return NULL; // inv. 3; the senders that still wait are being woken
    edo_wait_node *node = edoi_wait_pop(&s->senders);
    if (!node) return NULL;
    s->permits++;
    EDO_INV("slots inv. 2", s->q.room >= s->permits || s->rx_gone);
    edoi_granted_set(node);
    return edo_waker_mark(node->waker);
}

bool edoi_slots_is_closed(edoi_slots *s) {
    edoi_lock_acquire(&s->mu);
    bool closed = s->closed;
    edoi_lock_release(&s->mu);
    return closed;
}

static bool closed_now(const void *slots) {
    return ((const edoi_slots *)slots)->closed;
}

edo_polled edoi_slots_closed_poll(edoi_slots *s, edo_future *f, edo_wait_node *node, edo_cx *cx) {
    return edoi_closed_poll(f, cx, node, (edoi_closed_waiters){ &s->mu, &s->closers }, closed_now,
                            s);
}

void edoi_slots_closed_drop(edoi_slots *s, edo_future *f, edo_wait_node *node) {
    edoi_waiter_drop(f, node, (edoi_closed_waiters){ &s->mu, &s->closers });
}
