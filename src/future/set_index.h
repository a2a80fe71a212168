/* SPDX-License-Identifier: MIT */
/* future/set_index.h: finds a future's place in a set by the address of the future.
 *
 * A treap: a search tree by address, and a heap by a number that is a hash of the place's own
 * address. So its depth is that of a random tree, in whichever order futures come and go, and it
 * allocates nothing. All calls come from the set's owner: inv. 6 of future_set.c. */
#ifndef EDOI_FUTURE_SET_INDEX_H
#define EDOI_FUTURE_SET_INDEX_H

#include "future/future_set.h"

/* A future's place in a set that may be searched. */
typedef struct edoi_set_member {
    edoi_set_child child;                    /* first */
    struct edoi_set_member *before, *behind; /* in the tree */
} edoi_set_member;

void edoi_set_index_add(edoi_set_member **root, edoi_set_member *m);

/* `m` is in the tree. */
void edoi_set_index_remove(edoi_set_member **root, edoi_set_member *m);

/* Returns a place of `f`; NULL: it has none. */
edoi_set_member *edoi_set_index_find(edoi_set_member *root, const edo_future *f);

#endif
