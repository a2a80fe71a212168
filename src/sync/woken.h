/* SPDX-License-Identifier: MIT */
/* sync/woken.h: the second mark in a wait node, besides granted.h: its future was woken to check
 * again and was granted nothing. Then `next` points to the node itself. Called with the list's lock
 * held. */
#ifndef EDOI_SYNC_WOKEN_H
#define EDOI_SYNC_WOKEN_H

#include "future/granted.h"

/* Records that `node`, which is unlinked, was woken. An edoi_wait_grant_fn. */
EDOI_INLINE void edoi_woken_set(edo_wait_node *node) {
    node->next = node;
}

/* True if neither woken nor granted. Only for a node that was linked once. */
EDOI_INLINE bool edoi_still_linked(const edo_wait_node *node) {
    return node->next != node && !edoi_granted(node);
}

#endif
