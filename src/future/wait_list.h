/* SPDX-License-Identifier: MIT */
/* future/wait_list.h: the list of waiters inside a lock, channel or reactor word.
 *
 * inv. 1: a node is linked and unlinked under the owner's lock only.
 * inv. 2: the future that linked a node takes it out before it ends, unless a waker did: so the
 *         borrowed waker is alive for whoever finds it under the lock.
 * inv. 3: a node without a waker is the guard of a walk (edoi_wait_wake_all), never a waiter.
 *
 * To wake: under the lock pop the node, note in its future what it was given, mark the waker; after
 * the unlock deliver what mark returned. */
#ifndef EDOI_FUTURE_WAIT_LIST_H
#define EDOI_FUTURE_WAIT_LIST_H

#include "base/assert.h"
#include "base/lock.h"

#include <edo/future.h>

EDOI_INLINE void edoi_wait_push(edo_wait_list *list, edo_wait_node *node, edo_waker *waker) {
    node->waker = waker;
    node->next = NULL;
    node->prev = list->last;
    if (list->last) {
        list->last->next = node;
    } else {
        list->first = node;
    }
    list->last = node;
}

EDOI_INLINE void edoi_wait_remove(edo_wait_list *list, edo_wait_node *node) {
    if (node->prev) {
        node->prev->next = node->next;
    } else {
        EDO_ASSERT(list->first == node);
        list->first = node->next;
    }
    if (node->next) {
        node->next->prev = node->prev;
    } else {
        EDO_ASSERT(list->last == node);
        list->last = node->prev;
    }
    node->next = node->prev = NULL;
}

/* The longest waiting, still linked; NULL if nobody waits. */
EDOI_INLINE edo_wait_node *edoi_wait_first(const edo_wait_list *list) {
    edo_wait_node *node = list->first;
    while (node && !node->waker) node = node->next; // inv. 3
    return node;
}

/* Unlinks and returns the longest waiting. */
EDOI_INLINE edo_wait_node *edoi_wait_pop(edo_wait_list *list) {
    edo_wait_node *node = edoi_wait_first(list);
    if (node) edoi_wait_remove(list, node);
    return node;
}

/* For a poll that finds its node still linked: keeps the newest waker. Under the lock. */
EDOI_INLINE void edoi_wait_renew(edo_wait_node *node, edo_waker *waker) {
    if (node->waker != waker) node->waker = waker;
}

/* Notes in the future of an unlinked node what it was given; runs under the lock. */
typedef void edoi_wait_grant_fn(edo_wait_node *node);

/* Wakes all who wait now (not who comes meanwhile): marks some under the lock, which the caller
 * holds, delivers them without it, and so on. Returns with the lock held. `grant` may be NULL. */
void edoi_wait_wake_all(edoi_lock *lock, edo_wait_list *list, edoi_wait_grant_fn *grant);

/* Wakes all that wait now; called with the lock held, releases it. For a list without guards: what
 * is yet to be woken hangs in a chain on this stack, so nobody else can wake it. Touches neither
 * lock nor list once the last of them is delivered, which may then free both. */
void edoi_wait_wake_all_and_leave(edoi_lock *lock, edo_wait_list *list, edoi_wait_grant_fn *grant);

#endif
