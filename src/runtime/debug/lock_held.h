/* SPDX-License-Identifier: MIT */
/* runtime/debug/lock_held.h: reports of locks that are held for long, though nobody waits. */
#ifndef EDOI_RUNTIME_DEBUG_LOCK_HELD_H
#define EDOI_RUNTIME_DEBUG_LOCK_HELD_H

#include "locks/holders.h"

/* `now`: tenths of a second. The watchdog's thread. */
void edoi_lock_held_report(const void *lock, const edoi_holder *h, uint32_t now);

#endif
