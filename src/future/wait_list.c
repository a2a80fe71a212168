/* SPDX-License-Identifier: MIT */
/* future/wait_list.c: wakes a whole list without delivering under its lock, and without holding it
 * for more than AT_ONCE waiters. Counted are the waiters, not those to be delivered: a worker's
 * thread delivers most of its tasks by the mark. */
#include "future/wait_list.h"

#include "base/backoff.h"

#ifdef EDOI_MODEL
#    define AT_ONCE 1 // so that a model sees the lock released between two
#else
#    define AT_ONCE 32
#endif

void edoi_wait_check(const edo_wait_list *list) {
    const edo_wait_node *last = NULL;
    for (const edo_wait_node *node = list->first; node; node = node->next) {
        EDO_INV("wait_list inv. 1", node->prev == last);
        last = node;
    }
    EDO_INV("wait_list inv. 1", list->last == last);
}

void edoi_wait_wake_all(edoi_lock *lock, edo_wait_list *list, edoi_wait_grant_fn *grant) {
    edo_waker *marked[AT_ONCE];
    edo_wait_node guard;
    edoi_lock_offers offers = { 0 };
    edoi_wait_link(list, &guard, NULL); // later waiters are linked behind it
    for (bool last = false; !last;) {
        size_t marked_n = 0;
        for (size_t seen_n = 0; seen_n < AT_ONCE; seen_n++) {
            edo_wait_node *node = list->first;
            while (!node->waker && node != &guard) node = node->next; // skips guards of other walks
            last = node == &guard;
            if (last) break;
            edoi_wait_remove(list, node);
            if (grant) grant(node);
            edo_waker *w = edo_waker_mark(node->waker);
            if (w) marked[marked_n++] = w;
        }
        if (last) edoi_wait_remove(list, &guard);
        if (last && marked_n == 0) return;
        if (last) {
            edoi_lock_release(lock);
        } else {
            edoi_lock_offer(lock);
        }
        for (size_t i = 0; i < marked_n; i++) edo_waker_deliver(marked[i]);
        edoi_lock_retake(lock, &offers);
    }
}

/* ---- A list whose memory may end with the last waiter ---------------------------------------- */

/* What the thread that walks does now. */
enum { DELIVERS, COMES_BACK, MAY_NOT }; // MAY_NOT: its last waiter has left, and the lock may end

/* Waiters that a thread wakes: a chain between two ends on its stack, where each waiter has two
 * neighbours, so that unlinking one does not touch the list. */
typedef struct walk {
    edo_wait_node head, tail;
    edo_atomic_u32 stage;
    edo_atomic_u32 *gone; /* what the waiter that left last waits for, or NULL; lock: the list's */
    edoi_lock_offers offers; /* this thread only */
} walk;

/* Called with the lock held: moves the whole list into the chain. */
static void take_chain(walk *w, edo_wait_list *list) {
    *w = (walk){ .head.next = list->first ? list->first : &w->tail,
                 .tail.prev = list->last ? list->last : &w->head };
    w->head.next->prev = &w->head;
    w->tail.prev->next = &w->tail;
    list->first = list->last = NULL;
}

/* Takes the lock again for the rest of the waiters. False: they have left, and the lock is not
 * held. */
static bool come_back(walk *w, edoi_lock *lock) {
    if (edoi_swap_acq_u32(&w->stage, COMES_BACK) == MAY_NOT) { // WQ1: pairs with WQ2
        EDO_ASSERT(w->head.next == &w->tail);
        return false;
    }
    edoi_lock_retake(lock, &w->offers);
    edo_atomic_u32 *gone = w->gone;
    if (!gone) return true;
    edoi_lock_release(lock);
    edoi_store_rel_u32(gone, 1); // WQ3: pairs with WQ4
    return false;
}

void edoi_wait_wake_all_and_leave(edoi_lock *lock, edo_wait_list *list, edoi_wait_grant_fn *grant) {
    edo_waker *marked[AT_ONCE];
    walk w;
    take_chain(&w, list);
    do {
        size_t marked_n = 0, seen_n = 0;
        while (seen_n++ < AT_ONCE && w.head.next != &w.tail) {
            edo_wait_node *node = w.head.next;
            edoi_wait_remove(list, node);
            grant(node);
            edo_waker *waker = edo_waker_mark(node->waker);
            if (waker) marked[marked_n++] = waker;
        }
        bool last = w.head.next == &w.tail;
        edoi_store_rlx_u32(&w.stage, DELIVERS); // relaxed: before the release of the lock
        if (last) {
            edoi_lock_release(lock);
        } else {
            edoi_lock_offer(lock);
        }
        for (size_t i = 0; i < marked_n; i++) edo_waker_deliver(marked[i]);
        if (last) return;
    } while (come_back(&w, lock));
}

void edoi_wait_leave(edoi_lock *lock, edo_wait_list *list, edo_wait_node *node) {
    edo_wait_node *before = node->prev, *behind = node->next;
    edoi_wait_remove(list, node);
    if (EDOI_LIKELY(!before || before->waker || !behind || behind->waker)) {
        edoi_lock_release(lock);
        return;
    }
    // Both neighbours are ends of a walk, which has no other waiter. Its thread may be on its way
    // to the lock, which may end with this waiter: then this waiter stays until it has been there.
    edo_atomic_u32 gone = { 0 };
    walk *w = EDO_CONTAINER_OF(before, walk, head);
    w->gone = &gone;
    bool comes = edoi_swap_acqrel_u32(&w->stage, MAY_NOT) == COMES_BACK; // WQ2: pairs with WQ1
    edoi_lock_release(lock);
    edoi_backoff b = { 0 };
    while (comes && !edoi_load_acq_u32(&gone)) edoi_backoff_wait(&b); // WQ4: pairs with WQ3
}
