/* SPDX-License-Identifier: MIT */
/* future/wait_list.h: the list of waiters inside a lock, channel or reactor word.
 *
 * inv. 1: a node is linked and unlinked only under the owner's lock.
 * inv. 2: a future unlinks its node before it ends, unless a wake did: so a waker found under the
 *         lock is alive.
 * inv. 3: a node without a waker is the guard of a walk (edoi_wait_wake_all), never a waiter.
 * inv. 2 is not asserted here: a node says nothing of its future. The debug build's table of links
 * (linked.h) finds a future that ends and is linked.
 *
 * To wake: with the lock held, pop the node, record the grant in its future and mark the waker;
 * after the release, deliver the marked waker. */
#ifndef EDOI_FUTURE_WAIT_LIST_H
#define EDOI_FUTURE_WAIT_LIST_H

#include "base/assert.h"
#include "base/lock.h"
#include "records/linked.h"

#include <edo/future.h>

/* Behind edoi_wait_push(); without a waker for a guard (inv. 3). */
EDOI_INLINE void edoi_wait_link(edo_wait_list *list, edo_wait_node *node, edo_waker *waker) {
    EDO_INV("wait_list inv. 1", !list->first == !list->last);
    node->waker = waker;
    node->next = NULL;
    node->prev = list->last;
    if (list->last) {
        list->last->next = node;
    } else {
        list->first = node;
    }
    list->last = node;
    edoi_linked_add(node);
}

EDOI_INLINE void edoi_wait_push(edo_wait_list *list, edo_wait_node *node, edo_waker *waker) {
    EDO_INV("wait_list inv. 3", waker != NULL);
    edoi_wait_link(list, node, waker);
}

/* As edoi_wait_push(), but the node is served before all others. For a list without guards. */
EDOI_INLINE void edoi_wait_push_first(edo_wait_list *list, edo_wait_node *node, edo_waker *waker) {
    EDO_INV("wait_list inv. 3", waker != NULL);
    EDO_INV("wait_list inv. 1", !list->first == !list->last);
    node->waker = waker;
    node->prev = NULL;
    node->next = list->first;
    if (list->first) {
        list->first->prev = node;
    } else {
        list->last = node;
    }
    list->first = node;
    edoi_linked_add(node);
}

EDOI_INLINE void edoi_wait_remove(edo_wait_list *list, edo_wait_node *node) {
    edoi_linked_remove(node);
    if (node->prev) {
        node->prev->next = node->next;
    } else {
        EDO_INV("wait_list inv. 1", list->first == node);
        list->first = node->next;
    }
    if (node->next) {
        node->next->prev = node->prev;
    } else {
        EDO_INV("wait_list inv. 1", list->last == node);
        list->last = node->prev;
    }
    node->next = node->prev = NULL;
}

/* The node that waits longest, still linked; NULL if there is none. */
EDOI_INLINE edo_wait_node *edoi_wait_first(const edo_wait_list *list) {
    edo_wait_node *node = list->first;
    while (node && !node->waker) node = node->next; // inv. 3
    return node;
}

/* Unlinks and returns the node that waits longest. */
EDOI_INLINE edo_wait_node *edoi_wait_pop(edo_wait_list *list) {
    edo_wait_node *node = edoi_wait_first(list);
    if (node) edoi_wait_remove(list, node);
    return node;
}

/* For a poll that finds its node still linked: stores the newest waker. Called with the lock
 * held. */
EDOI_INLINE void edoi_wait_renew(edo_wait_node *node, edo_waker *waker) {
    if (node->waker != waker) node->waker = waker;
}

/* Walks the list and asserts its invariants. Called with the owner's lock held. */
void edoi_wait_check(const edo_wait_list *list);

/* Records the grant in the future of an unlinked node; called with the lock held. */
typedef void edoi_wait_grant_fn(edo_wait_node *node);

/* Wakes all present waiters, but none that come meanwhile. Called with `lock` held: marks some,
 * releases the lock to deliver them, and so on; returns with the lock held. `grant` may be NULL. */
void edoi_wait_wake_all(edoi_lock *lock, edo_wait_list *list, edoi_wait_grant_fn *grant);

/* Wakes all present waiters; called with the lock held, releases it. For a list without guards:
 * waiters not yet woken are in a chain on this stack, so no other thread can wake them, and leave
 * by edoi_wait_leave(). Touches neither lock nor list once the last waiter is delivered or has
 * left, which may then free both. */
void edoi_wait_wake_all_and_leave(edoi_lock *lock, edo_wait_list *list, edoi_wait_grant_fn *grant);

/* Unlinks a waiter of such a list, which may be in a chain; called with the lock held, releases
 * it. */
void edoi_wait_leave(edoi_lock *lock, edo_wait_list *list, edo_wait_node *node);

#endif
