/* SPDX-License-Identifier: MIT */
/* sync/woken.h: the other note in a wait node, beside granted.h: its future was woken to look again
 * and was given nothing. Then `next` points to the node itself. All run under the list's lock. */
#ifndef EDOI_SYNC_WOKEN_H
#define EDOI_SYNC_WOKEN_H

#include "future/granted.h"

/* Notes that `node`, which is linked no more, was woken. An edoi_wait_grant_fn. */
EDOI_INLINE void edoi_woken_set(edo_wait_node *node) {
    node->next = node;
}

/* Neither woken nor granted. Only for a node that was linked once. */
EDOI_INLINE bool edoi_still_linked(const edo_wait_node *node) {
    return node->next != node && !edoi_granted(node);
}

#endif
