/* SPDX-License-Identifier: MIT */
/* sync/holders.h: debug builds remember which task holds a lock, so that a dump can name it beside
 * the task that waits. The table is beside the locks, by their addresses: a lock has one size in
 * all builds. */
#ifndef EDOI_SYNC_HOLDERS_H
#define EDOI_SYNC_HOLDERS_H

#include <edo/future.h>

#ifdef EDO_DEBUG
/* The running task, or this thread, holds `lock` from now on. */
void edoi_holder_add(const void *lock);

/* Before `lock` is given back: by its holder, or, if the caller is none, by any of them. */
void edoi_holder_remove(const void *lock);
#else
EDOI_INLINE void edoi_holder_add(const void *lock) {
    (void)lock;
}
EDOI_INLINE void edoi_holder_remove(const void *lock) {
    (void)lock;
}
#endif

/* For the `describe` of a future that waits for `lock`: its address, and who holds it. */
void edoi_holders_describe(edo_description *to, const void *lock);

#endif
