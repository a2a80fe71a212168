/* SPDX-License-Identifier: MIT */
/* future/granted.h: tells a future that its wait node was unlinked by a grant.
 *
 * The waker's thread must not write the future's base, which its owner reads without a lock; the
 * node belongs to the list's lock. So the grant is recorded in the node: its `prev` points to
 * itself, which no linked node's does. Both functions are called with the list's lock held. */
#ifndef EDOI_FUTURE_GRANTED_H
#define EDOI_FUTURE_GRANTED_H

#include "future/wait_list.h"

/* Records that `node`, which is unlinked, was granted what it waited for. */
EDOI_INLINE void edoi_granted_set(edo_wait_node *node) {
    node->prev = node;
}

/* False: `node` is still linked. Only for a node that was linked once. */
EDOI_INLINE bool edoi_granted(const edo_wait_node *node) {
    return node->prev == node;
}

#endif
