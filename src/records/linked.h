/* SPDX-License-Identifier: MIT */
/* records/linked.h: which nodes the lists of waiters and timers point to. Debug builds only: so
 * that a ready future that has left such a node in a list is found at once, and not later, when a
 * thread walks the list and the memory has another owner.
 *
 * inv. 1: what the table holds is linked: a node is taken out under the lock that takes it out of
 *         its list. It may lack some: a bucket that is full takes no more.
 * inv. 1 is not asserted: the table is itself an assertion, of the lists that it knows.
 *
 * Threads: any, at once. A future's owner sees its own nodes go: the lock of their list, or the
 * word by which a wake tells it, orders them. */
#ifndef EDOI_RECORDS_LINKED_H
#define EDOI_RECORDS_LINKED_H

#include <edo/base.h>

#if defined(EDO_DEBUG) && !defined(EDOI_MODEL)
#    define EDOI_KNOWS_LINKS 1

/* A list points to `node` from now on; not any more. */
void edoi_linked_add(const void *node);
void edoi_linked_remove(const void *node);

/* Does a list point into these bytes? */
bool edoi_linked_within(const void *from, size_t bytes);
#else
#    define EDOI_KNOWS_LINKS 0

EDOI_INLINE void edoi_linked_add(const void *node) {
    (void)node;
}
EDOI_INLINE void edoi_linked_remove(const void *node) {
    (void)node;
}
EDOI_INLINE bool edoi_linked_within(const void *from, size_t bytes) {
    (void)from, (void)bytes;
    return false;
}
#endif

#endif
