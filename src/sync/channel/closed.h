/* SPDX-License-Identifier: MIT */
/* sync/channel/closed.h: common code of the channels' futures: waiting until the other end is gone,
 * and unlinking when they are dropped. Their step is 0 before the node was linked, then WAITING. */
#ifndef EDOI_SYNC_CHANNEL_CLOSED_H
#define EDOI_SYNC_CHANNEL_CLOSED_H

#include "future/fate.h"

#define WAITING 1u /* the node was linked, and not unlinked by its future */

/* The lock of a channel, and one of its lists of waiters. */
typedef struct edoi_closed_waiters {
    edoi_lock *mu;
    edo_wait_list *list;
} edoi_closed_waiters;

/* Is the other end of `channel` gone? Called with the lock held. */
typedef bool edoi_closed_fn(const void *channel);

/* Polls a future that is ready (0) once `closed(channel)`; the thread that closes wakes the
 * list. */
edo_polled edoi_closed_poll(edo_future *f, edo_cx *cx, edo_wait_node *node, edoi_closed_waiters at,
                            edoi_closed_fn *closed, const void *channel);

/* Drops a future whose node may be linked. */
void edoi_waiter_drop(edo_future *f, edo_wait_node *node, edoi_closed_waiters at);

#endif
