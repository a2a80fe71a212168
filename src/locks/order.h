/* SPDX-License-Identifier: MIT */
/* locks/order.h: the order in which tasks take locks while they hold others. Two locks that
 * different tasks take in opposite orders are found: these tasks may deadlock.
 *
 * A lock is known by its address and by a number inside the lock: a lock that is initialised anew
 * gets a new number, so it is another lock, and its order is not known. */
#ifndef EDOI_LOCKS_ORDER_H
#define EDOI_LOCKS_ORDER_H

#include "base/atomic.h"

#define EDOI_ORDER_HELD_MAX 8u /* locks held by one task; a task with more is not checked */

/* How a lock was taken. */
#define EDOI_TAKEN_READ   1u /* shared with other readers */
#define EDOI_TAKEN_WAITED 2u /* by a call that waits */
#define EDOI_TAKEN_TOLD   4u /* it was reported that the lock is held for long */
#define EDOI_TAKEN_POLLED 8u /* by a state machine */

typedef struct edoi_order_lock {
    uint64_t key;     /* edoi_order_key() */
    const void *site; /* where it was taken */
    uint32_t how;     /* EDOI_TAKEN_* */
    bool is_apart;    /* a deadline set after this lock was taken ends waits for other locks */
} edoi_order_lock;

/* Two locks that one task has taken. */
typedef struct edoi_order_pair {
    const char *name; /* of the task */
    edoi_order_lock first, second;
} edoi_order_pair;

/* Two locks taken in opposite orders: `now` by the caller, `before` by another task. */
typedef struct edoi_order_turned {
    edoi_order_pair now, before;
} edoi_order_turned;

#define EDOI_ORDER_ADDRESS UINT64_C(0xffffffffffff) /* these bits of a key */

/* `lock` as a key. A lock without a number has no order, but it may be a gate of other pairs. */
EDOI_INLINE uint64_t edoi_order_key(const void *lock, uint16_t number) {
    return ((uint64_t)(uintptr_t)lock & EDOI_ORDER_ADDRESS) | (uint64_t)number << 48;
}

EDOI_INLINE bool edoi_order_has_number(uint64_t key) {
    return (key & ~EDOI_ORDER_ADDRESS) != 0;
}

EDOI_INLINE const void *edoi_order_address(uint64_t key) {
    return (const void *)(uintptr_t)(key & EDOI_ORDER_ADDRESS);
}

/* The number of a lock, from `*number` in it: given at the first call. Its holder calls it. */
uint16_t edoi_order_number(edo_atomic_u16 *number);

/* The number of a task as one that takes locks, from `*own`: given at the first call. */
uint32_t edoi_order_actor(uint32_t *own);

/* The task `actor` of that name has taken `taken` while it holds `held`. True: another task takes
 * two of these in the opposite order, at call sites that were not reported yet. */
EDO_MUST_USE bool edoi_order_note(uint32_t actor, const char *name, const edoi_order_lock *held,
                                  size_t held_n, const edoi_order_lock *taken,
                                  edoi_order_turned *found);

#endif
