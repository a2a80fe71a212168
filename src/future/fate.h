/* SPDX-License-Identifier: MIT */
/* future/fate.h: why a wait node is in no list any more; it tells the future whose node it is.
 *
 * The waker's thread must not write the future's base, which its owner reads without a lock; the
 * node belongs to the list's lock. A node that is linked has a neighbour's address in the place of
 * its fate, or NULL. All functions are called with the list's lock held, the readers only for a
 * node that was linked or has a fate. */
#ifndef EDOI_FUTURE_FATE_H
#define EDOI_FUTURE_FATE_H

#include "future/wait_list.h"

enum {
    EDOI_FATE_GRANTED = 1, /* got what it waited for */
    EDOI_FATE_WOKEN = 2,   /* is to look again, or has been told of the end */
    EDOI_FATE_OWN = 3,     /* this and more: of one primitive */
    EDOI_FATE_MAX = 7      /* beyond are addresses, which are never that low */
};

/* Records that `node`, which is unlinked, was granted what it waited for. */
EDOI_INLINE void edoi_granted_set(edo_wait_node *node) {
    node->fate = EDOI_FATE_GRANTED;
}

/* Records that `node`, which is unlinked, was woken. An edoi_wait_grant_fn. */
EDOI_INLINE void edoi_woken_set(edo_wait_node *node) {
    node->fate = EDOI_FATE_WOKEN;
}

/* False: `node` is still linked, or was only woken. */
EDOI_INLINE bool edoi_granted(const edo_wait_node *node) {
    return node->fate == EDOI_FATE_GRANTED;
}

EDOI_INLINE bool edoi_still_linked(const edo_wait_node *node) {
    return node->fate - 1 >= EDOI_FATE_MAX; // 0 too: the first in line has no neighbour before it
}

#endif
