/* SPDX-License-Identifier: MIT */
/* runtime/driver/waiters.c: taking out of the ring of waiters (layout and invariants: waiters.h). */
#include "runtime/driver/waiters.h"

#define AT_ONCE 32u

/* relaxed: `next` changes under the lock only, which the caller holds */
static edo_wait_link *next_of(const edo_wait_link *link) {
    return (edo_wait_link *)edoi_load_rlx_ptr(&link->next);
}

/* Takes the one behind `before` out of the ring; it is not told yet. */
static edo_wait_link *cut_behind(edoi_waiters *list, edo_wait_link *before) {
    edo_wait_link *link = next_of(before);
    if (link == before) {
        edoi_waiters_set_last(list, NULL);
    } else {
        edoi_store_rlx_ptr(&before->next, next_of(link));
        if (list->last == link) edoi_waiters_set_last(list, before);
    }
    return link;
}

static void let_go(edo_wait_link *link) {
    edoi_store_rel_ptr(&link->next, NULL); // N1: pairs with N2: inv. 2
}

void edoi_waiters_remove(edoi_waiters *list, edo_wait_link *link) {
    EDO_ASSERT(list->last);
    edo_wait_link *before = list->last;
    while (next_of(before) != link) {
        before = next_of(before);
        EDO_ASSERT(before != list->last);
    }
    let_go(cut_behind(list, before));
}

uint32_t edoi_waiters_count(const edoi_waiters *list, uint32_t dir, uint32_t most) {
    const edo_wait_link *at = list->last;
    if (!at) return 0;
    uint32_t n = 0;
    bool all = false;
    while (n < most && !all) {
        at = next_of(at);
        n += edoi_waiters_dir(at) == dir;
        all = at == list->last;
    }
    return n;
}

/* Takes out the first `n` who wait for `dir`, of whom there are as many: answers how many of them
 * must be delivered. */
static size_t mark_some(edoi_waiters *list, uint32_t dir, uint32_t n, edo_waker **marked) {
    size_t marked_n = 0;
    edo_wait_link *before = list->last;
    while (n > 0) {
        if (edoi_waiters_dir(next_of(before)) != dir) {
            before = next_of(before);
            continue;
        }
        edo_wait_link *link = cut_behind(list, before);
        edo_waker *w = edo_waker_mark((edo_waker *)(link->who - dir));
        let_go(link);
        if (w) marked[marked_n++] = w;
        n--;
    }
    return marked_n;
}

static EDOI_NOINLINE void wake_all(edoi_waiters *list, uint32_t dir, edoi_lock *lock) {
    // Bounded by how many wait at first, so that those who come back at once do not keep it here.
    uint32_t left = edoi_waiters_count(list, dir, UINT32_MAX);
    while (left > 0) {
        edo_waker *marked[AT_ONCE];
        uint32_t n = left < AT_ONCE ? left : AT_ONCE;
        size_t marked_n = mark_some(list, dir, n, marked);
        left -= n;
        if (marked_n == 0) continue;
        edoi_lock_leave(lock);
        for (size_t i = 0; i < marked_n; i++) edo_waker_deliver(marked[i]);
        edoi_lock_take(lock);
        left = edoi_waiters_count(list, dir, left);
    }
}

/* The one in the list, which waits for `dir`. */
EDOI_INLINE void wake_only(edoi_waiters *list, edo_wait_link *link, uint32_t dir, edoi_lock *lock) {
    edoi_waiters_set_last(list, NULL);
    edo_waker *marked = edo_waker_mark((edo_waker *)(link->who - dir));
    let_go(link);
    if (EDOI_LIKELY(!marked)) return;
    edoi_lock_leave(lock);
    edo_waker_deliver(marked);
    edoi_lock_take(lock);
}

void edoi_waiters_wake(edoi_waiters *list, uint32_t dir, edoi_lock *lock) {
    edo_wait_link *last = list->last;
    if (!last) return;
    if (EDOI_LIKELY(next_of(last) == last && edoi_waiters_dir(last) == dir)) {
        wake_only(list, last, dir, lock);
    } else {
        wake_all(list, dir, lock);
    }
}
