/* SPDX-License-Identifier: MIT */
/* future/granted.h: how a future learns that its wait node was taken off the list for it.
 *
 * The waker's thread must not write the future's base, which its owner reads without a lock; the
 * node belongs to the list's lock. So the note is left in the node: its `prev` points to itself,
 * which no linked node does. Both functions run under the lock of the list. */
#ifndef EDOI_FUTURE_GRANTED_H
#define EDOI_FUTURE_GRANTED_H

#include "future/wait_list.h"

/* Notes that `node`, which is linked no more, was given what it waited for. */
EDOI_INLINE void edoi_granted_set(edo_wait_node *node) {
    node->prev = node;
}

/* False: `node` is still linked. Only for a node that was linked once. */
EDOI_INLINE bool edoi_granted(const edo_wait_node *node) {
    return node->prev == node;
}

#endif
