/* SPDX-License-Identifier: MIT */
/* future/wait_list.c: waking a whole list without delivering under its lock. */
#include "future/wait_list.h"

#ifdef EDOI_MODEL
#    define AT_ONCE 1 // so that a model sees the lock open between two
#else
#    define AT_ONCE 32
#endif

void edoi_wait_wake_all(edoi_lock *lock, edo_wait_list *list, edoi_wait_grant_fn *grant) {
    edo_waker *marked[AT_ONCE];
    edo_wait_node guard;
    edoi_wait_push(list, &guard, NULL); // who comes from now on stands behind it
    for (;;) {
        size_t marked_n = 0;
        while (marked_n < AT_ONCE) {
            edo_wait_node *node = list->first;
            while (!node->waker && node != &guard) node = node->next; // another walk's guard
            if (node == &guard) break;
            edoi_wait_remove(list, node);
            if (grant) grant(node);
            edo_waker *w = edo_waker_mark(node->waker);
            if (w) marked[marked_n++] = w;
        }
        bool last = marked_n < AT_ONCE;
        if (last) edoi_wait_remove(list, &guard);
        if (marked_n == 0) return;
        edoi_lock_leave(lock);
        for (size_t i = 0; i < marked_n; i++) edo_waker_deliver(marked[i]);
        edoi_lock_take(lock);
        if (last) return;
    }
}
