/* SPDX-License-Identifier: MIT */
/* future/wait_list.c: wakes a whole list without delivering under its lock. */
#include "future/wait_list.h"

#ifdef EDOI_MODEL
#    define AT_ONCE 1 // so that a model sees the lock released between two
#else
#    define AT_ONCE 32
#endif

void edoi_wait_wake_all(edoi_lock *lock, edo_wait_list *list, edoi_wait_grant_fn *grant) {
    edo_waker *marked[AT_ONCE];
    edo_wait_node guard;
    edoi_wait_push(list, &guard, NULL); // later waiters are linked behind it
    for (;;) {
        size_t marked_n = 0;
        while (marked_n < AT_ONCE) {
            edo_wait_node *node = list->first;
            while (!node->waker && node != &guard) node = node->next; // skips guards of other walks
            if (node == &guard) break;
            edoi_wait_remove(list, node);
            if (grant) grant(node);
            edo_waker *w = edo_waker_mark(node->waker);
            if (w) marked[marked_n++] = w;
        }
        bool last = marked_n < AT_ONCE;
        if (last) edoi_wait_remove(list, &guard);
        if (marked_n == 0) return;
        edoi_lock_release(lock);
        for (size_t i = 0; i < marked_n; i++) edo_waker_deliver(marked[i]);
        edoi_lock_acquire(lock);
        if (last) return;
    }
}

/* Called with the lock held: moves the whole list between `head` and `tail`. There each node has
 * two neighbours, so that unlinking it does not touch the list. */
static void take_chain(edo_wait_list *list, edo_wait_node *head, edo_wait_node *tail) {
    *head = (edo_wait_node){ .next = list->first ? list->first : tail };
    *tail = (edo_wait_node){ .prev = list->last ? list->last : head };
    head->next->prev = head;
    tail->prev->next = tail;
    list->first = list->last = NULL;
}

void edoi_wait_wake_all_and_leave(edoi_lock *lock, edo_wait_list *list, edoi_wait_grant_fn *grant) {
    edo_waker *marked[AT_ONCE];
    edo_wait_node head, tail;
    take_chain(list, &head, &tail);
    for (bool more = true; more;) {
        size_t marked_n = 0;
        while (marked_n < AT_ONCE && head.next != &tail) {
            edo_wait_node *node = head.next;
            edoi_wait_remove(list, node);
            grant(node);
            edo_waker *w = edo_waker_mark(node->waker);
            if (w) marked[marked_n++] = w;
        }
        more = head.next != &tail;
        edoi_lock_release(lock);
        for (size_t i = 0; i < marked_n; i++) edo_waker_deliver(marked[i]);
        if (more) edoi_lock_acquire(lock); // the rest may have left by then
    }
}
