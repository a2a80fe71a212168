/* SPDX-License-Identifier: MIT */
/* time/delayq.c: many delays behind one wait.
 *
 * The delays are a heap in which each node has four children. A key names a slot; the slot says
 * where in the heap its delay is now:
 *
 *     key { seq 7, slot 2 }      places [ 3, 0, 1, 2 ]      heap [ seq 5 | seq 7 | seq 9 | seq 4 ]
 *                        `---------------------^ ------------------------'
 *
 * Slots are used again. The number of the insert, which never is, tells whether a key is stale.
 *
 * Waiters stand in one line. The first has a sleep of its own until the earliest delay, and takes
 * the delay out when it is polled. It is woken, and looks again, when another delay becomes the
 * earliest, or when the queue becomes empty. When it leaves, by whatever way, the next waiter is
 * woken and takes its place. So no delay is ever set aside for a waiter, and a dropped one loses
 * none.
 *
 * inv. 1: heap[i] is not due before heap[(i - 1) / 4]; of one instant, the earlier insert comes
 *         first.
 * inv. 2: places[heap[i].slot] == i; places of a free slot is the next free one, as in free_slot.
 * inv. 3: a future whose step is WAITING is linked. It alone unlinks itself. */
#include "time/delayq.h"

#include "base/memory/alloc.h"
#include "future/describe.h"
#include "future/wait_list.h"
#include "runtime/worker/polled.h"

#include <edo/task.h>

#include <errno.h>
#include <string.h>

#define ARITY 4u
#ifdef EDOI_MODEL
#    define CAP_MIN 1u // so that a model sees a queue that another thread has filled meanwhile
#else
#    define CAP_MIN 8u
#endif
#define CAP_MAX (UINT32_C(1) << 31)
#define NOWHERE UINT32_MAX

/* Steps of the future. */
#define FRESH   0u
#define WAITING 1u /* linked */

typedef struct edoi_delay delay;

void edo_delayq_init(edo_delayq *q) {
    *q = (edo_delayq){ .len = 0 };
}

/* Debug builds: names a queue that is NULL or was not initialised. */
static void delayq_enters(const edo_delayq *q) {
    (void)EDO_MISUSE(edoi_lock_is_unmade(q ? &q->lock : NULL),
                     "an edo_delayq is used that is NULL or no edo_delayq_init() has made");
}

/* Takes the lock of a queue that comes from the program. */
static void delayq_begin(edo_delayq *q) {
    delayq_enters(q);
    edoi_lock_acquire(&q->lock);
}

static bool delay_is_before(const delay *a, const delay *b) {
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->seq < b->seq;
}

void edoi_delayq_check(const edo_delayq *q) {
    edoi_wait_check(&q->waiters);
    for (uint32_t i = 0; i < q->len; i++) {
        EDO_INV("delayq inv. 1",
                i == 0 || !delay_is_before(&q->heap[i], &q->heap[(i - 1) / ARITY]));
        EDO_INV("delayq inv. 2", q->heap[i].slot < q->slots_n && q->places[q->heap[i].slot] == i);
    }
    uint32_t free_n = 0;
    for (uint32_t slot = q->free_slot; slot && free_n <= q->slots_n; slot = q->places[slot - 1])
        free_n++;
    EDO_INV("delayq inv. 2", q->len + free_n == q->slots_n);
}

void edo_delayq_deinit(edo_delayq *q) {
    delayq_enters(q);
    if (EDO_MISUSE(q->waiters.first, "edo_delayq_deinit while a task waits for the next delay"))
        return;
    EDO_CHECK(edoi_delayq_check(q));
    edoi_free(q->heap);
    *q = (edo_delayq){ .last_seq = q->last_seq }; // so that keys of before stay stale
}

/* ---- The heap: all called with the lock held ------------------------------------------------- */

static void delayq_put(edo_delayq *q, uint32_t at, delay d) {
    q->heap[at] = d;
    q->places[d.slot] = at;
}

/* Puts `d` at the free place `at`, or nearer to the root. Returns where. */
static uint32_t put_up(edo_delayq *q, uint32_t at, delay d) {
    while (at > 0) {
        uint32_t parent = (at - 1) / ARITY;
        if (!delay_is_before(&d, &q->heap[parent])) break;
        delayq_put(q, at, q->heap[parent]);
        at = parent;
    }
    delayq_put(q, at, d);
    return at;
}

/* Puts `d` at the free place `at`, or farther from the root. */
static void put_down(edo_delayq *q, uint32_t at, delay d) {
    for (;;) {
        uint64_t child = (uint64_t)at * ARITY + 1, end = child + ARITY;
        if (child >= q->len) break;
        if (end > q->len) end = q->len;
        uint32_t least = (uint32_t)child;
        for (uint32_t i = least + 1; i < end; i++)
            if (delay_is_before(&q->heap[i], &q->heap[least])) least = i;
        if (!delay_is_before(&q->heap[least], &d)) break;
        delayq_put(q, at, q->heap[least]);
        at = least;
    }
    delayq_put(q, at, d);
}

/* Puts `d` where it belongs, beginning at the free place `at`. Returns whether it is the first. */
static bool put_there(edo_delayq *q, uint32_t at, delay d) {
    if (put_up(q, at, d) == at) put_down(q, at, d);
    EDO_INV("delayq inv. 1", at == 0 || !delay_is_before(&q->heap[at], &q->heap[(at - 1) / ARITY]));
    return q->heap[0].seq == d.seq;
}

static uint32_t delayq_place_of(const edo_delayq *q, edo_delayq_key key) {
    if (key.slot >= q->slots_n) return NOWHERE;
    uint32_t at = q->places[key.slot];
    bool is_there = at < q->len && q->heap[at].slot == key.slot && q->heap[at].seq == key.seq;
    return is_there ? at : NOWHERE;
}

static delay delayq_take(edo_delayq *q, uint32_t at) {
    EDO_INV("delayq inv. 2", at < q->len && q->places[q->heap[at].slot] == at);
    delay taken = q->heap[at], last = q->heap[--q->len];
    if (at < q->len) (void)put_there(q, at, last);
    q->places[taken.slot] = q->free_slot;
    q->free_slot = taken.slot + 1;
    return taken;
}

/* There is room. Returns whether the delay is now the first. */
static bool delayq_add(edo_delayq *q, edo_delayq_key *key, void *value, int64_t at_ns) {
    EDO_ASSERT(q->len < q->cap);
    uint32_t slot = q->slots_n;
    if (q->free_slot) {
        slot = q->free_slot - 1;
        q->free_slot = q->places[slot];
    } else {
        EDO_ASSERT(q->slots_n == q->len);
        q->slots_n++;
    }
    *key = (edo_delayq_key){ ++q->last_seq, slot };
    delay d = { .at_ns = at_ns, .seq = key->seq, .value = value, .slot = slot };
    return put_up(q, q->len++, d) == 0;
}

static delay *delayq_room_for(uint32_t cap) {
    return edoi_calloc(cap, sizeof(delay) + sizeof(uint32_t)); // checks for overflow
}

/* Moves the delays and the slots to new memory. Returns the old memory. */
static void *move_to(edo_delayq *q, delay *heap, uint32_t cap) {
    uint32_t *places = (uint32_t *)(void *)(heap + cap);
    void *old = q->heap;
    if (q->heap) {
        memcpy(heap, q->heap, q->len * sizeof *heap);
        memcpy(places, q->places, q->slots_n * sizeof *places);
    }
    q->heap = heap;
    q->places = places;
    q->cap = cap;
    return old;
}

/* Leaves the lock to ask for memory: other threads may use the queue meanwhile, and grow it. */
static int delayq_grow(edo_delayq *q) {
    uint32_t cap = q->cap;
    if (cap >= CAP_MAX) return -ENOMEM;
    uint32_t more = cap ? 2 * cap : CAP_MIN;
    edoi_lock_release(&q->lock);
    delay *heap = delayq_room_for(more);
    void *unused = heap;
    edoi_lock_acquire(&q->lock);
    if (heap && q->cap == cap) unused = move_to(q, heap, more);
    edoi_lock_release(&q->lock);
    edoi_free(unused);
    edoi_lock_acquire(&q->lock);
    return heap ? 0 : -ENOMEM;
}

/* The slots up to the last one that is in use. */
static uint32_t slots_needed(const edo_delayq *q) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < q->len; i++)
        if (q->heap[i].slot >= n) n = q->heap[i].slot + 1;
    return n;
}

/* Forgets the slots from `n` on, which are free. */
static void keep_slots(edo_delayq *q, uint32_t n) {
    q->free_slot = 0;
    q->slots_n = n;
    for (uint32_t slot = n; slot-- > 0;) {
        uint32_t at = q->places[slot];
        if (at < q->len && q->heap[at].slot == slot) continue; // in use: inv. 2
        q->places[slot] = q->free_slot;
        q->free_slot = slot + 1;
    }
}

/* ---- Delays ---------------------------------------------------------------------------------- */

/* Called with the lock held: the first in line is to look again. Returns a waker to deliver, or
 * NULL. */
static edo_waker *delayq_mark_first(edo_delayq *q) {
    return q->waiters.first ? edo_waker_mark(q->waiters.first->waker) : NULL;
}

static edo_instant from_now(edo_duration d) {
    return edo_instant_add(edo_now(), d);
}

int edo_delayq_insert(edo_delayq *q, edo_delayq_key *key, void *value, edo_duration d) {
    return edo_delayq_insert_at(q, key, value, from_now(d));
}

int edo_delayq_insert_at(edo_delayq *q, edo_delayq_key *key, void *value, edo_instant at) {
    edo_waker *marked = NULL;
    edo_delayq_key made = { 0, 0 };
    int err = 0;
    delayq_begin(q);
    while (q->len == q->cap && err == 0) err = delayq_grow(q);
    bool is_first = err == 0 && delayq_add(q, &made, value, at.ns);
    if (err == 0 && key) *key = made; // under the lock: later the value may be gone, and it with it
    if (is_first) marked = delayq_mark_first(q);
    edoi_lock_release(&q->lock);
    edo_waker_deliver(marked);
    return err;
}

int edo_delayq_remove(edo_delayq *q, edo_delayq_key key, void **value) {
    edo_waker *marked = NULL;
    delay removed = { 0 };
    delayq_begin(q);
    uint32_t at = delayq_place_of(q, key);
    if (at != NOWHERE) {
        removed = delayq_take(q, at);
        // A waiter that waits for too early an instant looks again by itself.
        if (q->len == 0) marked = delayq_mark_first(q);
    }
    edoi_lock_release(&q->lock);
    edo_waker_deliver(marked);
    if (at == NOWHERE) return -ENOENT;
    if (value) *value = removed.value;
    return 0;
}

int edo_delayq_reset(edo_delayq *q, edo_delayq_key key, edo_duration d) {
    return edo_delayq_reset_at(q, key, from_now(d));
}

int edo_delayq_reset_at(edo_delayq *q, edo_delayq_key key, edo_instant at) {
    edo_waker *marked = NULL;
    delayq_begin(q);
    uint32_t place = delayq_place_of(q, key);
    if (place != NOWHERE) {
        delay d = q->heap[place];
        bool is_sooner = at.ns < d.at_ns;
        d.at_ns = at.ns;
        if (put_there(q, place, d) && is_sooner) marked = delayq_mark_first(q);
    }
    edoi_lock_release(&q->lock);
    edo_waker_deliver(marked);
    return place == NOWHERE ? -ENOENT : 0;
}

int edo_delayq_peek(edo_delayq *q, edo_delayq_key *key, edo_instant *at) {
    delay first = { 0 };
    delayq_begin(q);
    bool is_empty = q->len == 0;
    if (!is_empty) first = q->heap[0];
    edoi_lock_release(&q->lock);
    if (is_empty) return -EDO_ENOBRANCH;
    if (key) *key = (edo_delayq_key){ first.seq, first.slot };
    if (at) *at = (edo_instant){ first.at_ns };
    return 0;
}

int edo_delayq_deadline(edo_delayq *q, edo_delayq_key key, edo_instant *at) {
    delayq_begin(q);
    uint32_t place = delayq_place_of(q, key);
    if (place != NOWHERE) at->ns = q->heap[place].at_ns;
    edoi_lock_release(&q->lock);
    return place == NOWHERE ? -ENOENT : 0;
}

void edo_delayq_clear(edo_delayq *q) {
    delayq_begin(q);
    q->len = 0;
    keep_slots(q, 0);
    edo_waker *marked = delayq_mark_first(q);
    edoi_lock_release(&q->lock);
    edo_waker_deliver(marked);
}

int edo_delayq_reserve(edo_delayq *q, size_t n) {
    int err = n > CAP_MAX ? -ENOMEM : 0;
    delayq_begin(q);
    while (q->cap < n && err == 0) err = delayq_grow(q);
    edoi_lock_release(&q->lock);
    return err;
}

void edo_delayq_shrink(edo_delayq *q) {
    delayq_begin(q);
    uint32_t cap = slots_needed(q);
    edoi_lock_release(&q->lock);
    delay *heap = cap > 0 ? delayq_room_for(cap) : NULL;
    void *unused = heap;
    edoi_lock_acquire(&q->lock);
    uint32_t needed = slots_needed(q);
    if (cap < q->cap && needed <= cap && (heap || cap == 0)) {
        keep_slots(q, needed);
        unused = q->heap;
        if (cap > 0) {
            unused = move_to(q, heap, cap);
        } else {
            q->heap = NULL;
            q->places = NULL;
            q->cap = 0;
        }
    }
    edoi_lock_release(&q->lock);
    edoi_free(unused);
}

size_t edo_delayq_len(edo_delayq *q) {
    delayq_begin(q);
    size_t len = q->len;
    edoi_lock_release(&q->lock);
    return len;
}

/* ---- Waiting --------------------------------------------------------------------------------- */

typedef enum verdict { TOOK, EMPTY, FIRST_WAITS, WAITS } verdict;

/* Called with the lock held. */
static inline bool is_linked(const edo_delayq_due_next_future *f) {
    const edo_wait_node *prev = f->node.prev;
    return (prev ? prev->next : f->q->waiters.first) == &f->node;
}

/* Called with the lock held: unlinks the future if it is linked. Returns the waker of a waiter that
 * is now the first in line. */
static edo_waker *delayq_next_leave(edo_delayq_due_next_future *f) {
    edo_delayq *q = f->q;
    if (edo_future_step(&f->base) != WAITING) return NULL;
    EDO_INV("delayq inv. 3", is_linked(f));
    bool was_first = q->waiters.first == &f->node;
    edoi_wait_remove(&q->waiters, &f->node);
    return was_first ? delayq_mark_first(q) : NULL;
}

/* Takes the earliest delay out if it is due and this future's turn. `*d`: that delay, or the one to
 * wait for. The future is linked if it waits. */
static verdict delayq_next_look(edo_delayq_due_next_future *f, edo_cx *cx, delay *d) {
    edo_delayq *q = f->q;
    edo_waker *marked = NULL;
    verdict v = TOOK;
    int64_t now_ns = edoi_cx_now(cx);
    delayq_begin(q);
    bool linked = edo_future_step(&f->base) == WAITING;
    bool is_first = linked ? q->waiters.first == &f->node : !q->waiters.first;
    if (q->len == 0) {
        v = EMPTY;
        marked = delayq_next_leave(f);
    } else if (is_first && q->heap[0].at_ns <= now_ns) {
        *d = delayq_take(q, 0);
        marked = delayq_next_leave(f);
    } else {
        v = is_first ? FIRST_WAITS : WAITS;
        *d = q->heap[0];
        if (linked) {
            edoi_wait_renew(&f->node, edo_cx_waker(cx));
        } else {
            edoi_wait_push(&q->waiters, &f->node, edo_cx_waker(cx));
        }
    }
    edoi_lock_release(&q->lock);
    edo_waker_deliver(marked);
    return v;
}

/* Ends the wait, if there is one. */
static void delayq_next_stop(edo_delayq_due_next_future *f) {
    edo_drop(&f->until.base);
    edoi_lock_acquire(&f->q->lock);
    edo_waker *marked = delayq_next_leave(f);
    edoi_lock_release(&f->q->lock);
    edo_waker_deliver(marked);
}

/* Sleeps until `at_ns`. EDO_READY: that has passed, or the sleep has failed. */
static edo_polled delayq_next_sleep_until(edo_delayq_due_next_future *f, int64_t at_ns,
                                          edo_cx *cx) {
    bool is_armed = edo_future_step(&f->until.base) != 0 && !edo_future_is_over(&f->until.base);
    if (!is_armed || f->until.at_ns != at_ns) edo_sleep_reset(&f->until, (edo_instant){ at_ns });
    if (edo_poll(&f->until.base, cx) == EDO_PENDING) return EDO_PENDING;
    edo_budget_refund(cx); // of the sleep's operation: this future takes its own
    return EDO_READY;
}

static edo_polled delayq_next_poll(edo_future *base, edo_cx *cx) {
    edo_delayq_due_next_future *f = (edo_delayq_due_next_future *)(void *)base;
    if (EDOI_UNLIKELY(!edoi_cx_wheel(cx))) {
        delayq_next_stop(f);
        return edo_future_finish(base, -EDO_ENORUNTIME);
    }
    if (!edo_budget_take(cx)) return EDO_PENDING;
    for (;;) {
        delay d = { 0 };
        verdict v = delayq_next_look(f, cx, &d);
        if (v == TOOK || v == EMPTY) {
            edo_drop(&f->until.base);
            if (v == TOOK && f->value) *f->value = d.value;
            return edo_future_finish(base, v == TOOK);
        }
        edo_future_next_step(base, WAITING);
        if (v == WAITS || delayq_next_sleep_until(f, d.at_ns, cx) == EDO_PENDING) break;
        if (f->until.base.result < 0) {
            int err = f->until.base.result;
            delayq_next_stop(f);
            return edo_future_finish(base, err);
        }
    }
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static void delayq_next_drop(edo_future *base) {
    if (!edo_future_is_over(base)) delayq_next_stop((edo_delayq_due_next_future *)(void *)base);
    edo_future_retire(base);
}

static void delayq_next_describe(const edo_future *base, edo_description *to) {
    const edo_delayq_due_next_future *f = (const edo_delayq_due_next_future *)(const void *)base;
    const edo_future *until = &f->until.base;
    if (edo_future_step(until) != 0 && !edo_future_is_over(until))
        edoi_describe_due(to, ", due", f->until.at_ns);
}

edo_future *edo_delayq_due_next_init(edo_delayq_due_next_future *f, edo_delayq *q, void **value) {
    static const edo_future_ops ops = { .poll = delayq_next_poll,
                                        .drop = delayq_next_drop,
                                        .name = "edo_delayq_due_next",
                                        .size = sizeof(edo_delayq_due_next_future),
                                        .describe = delayq_next_describe };
    f->q = q;
    f->value = value;
    (void)edo_sleep_at_init(&f->until, (edo_instant){ 0 });
    return edo_future_init(&f->base, &ops);
}

int edo_delayq_due_next(edo_delayq *q, void **value) {
    edo_delayq_due_next_future f;
    return edo_await(edo_delayq_due_next_init(&f, q, value));
}
