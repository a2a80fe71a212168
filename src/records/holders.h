/* SPDX-License-Identifier: MIT */
/* records/holders.h: debug builds remember which task holds a lock, so that a dump can name it
 * beside the task that waits. The table is beside the locks, by their addresses: a lock has one
 * size in all builds. */
#ifndef EDOI_RECORDS_HOLDERS_H
#define EDOI_RECORDS_HOLDERS_H

#include "base/error/text.h"

#ifdef EDO_DEBUG
/* The running task, or this thread, holds `lock` from now on. */
void edoi_holder_add(const void *lock);

/* Before `lock` is given back: by its holder, or, if the caller is none, by any of them. */
void edoi_holder_remove(const void *lock);

/* Adds who holds `lock`: ", held by NAME and NAME"; nothing if no holder is known. */
void edoi_holders_tell(edoi_text *to, const void *lock);
#else
EDOI_INLINE void edoi_holder_add(const void *lock) {
    (void)lock;
}
EDOI_INLINE void edoi_holder_remove(const void *lock) {
    (void)lock;
}
EDOI_INLINE void edoi_holders_tell(edoi_text *to, const void *lock) {
    (void)to, (void)lock;
}
#endif

#endif
