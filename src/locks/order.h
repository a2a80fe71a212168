/* SPDX-License-Identifier: MIT */
/* locks/order.h: in which order tasks take locks while they hold others, and which two locks are
 * taken in both orders by different tasks: these may wait for each other for ever.
 *
 * A lock is known by its address and by a number that is in the lock itself: memory that is
 * initialised anew has none, so it is another lock, and its order is not known. */
#ifndef EDOI_LOCKS_ORDER_H
#define EDOI_LOCKS_ORDER_H

#include "base/atomic.h"

#define EDOI_ORDER_HELD_MAX 8u /* locks of one task; one that holds more is not looked at */

/* How a lock was taken. */
#define EDOI_TAKEN_READ   1u /* beside others that read */
#define EDOI_TAKEN_WAITED 2u /* by a call that waits */
#define EDOI_TAKEN_TOLD   4u /* it was told that it is held for long */
#define EDOI_TAKEN_POLLED 8u /* by a state machine */

typedef struct edoi_order_lock {
    uint64_t key;     /* edoi_order_key() */
    const void *site; /* where it was taken */
    uint32_t how;     /* EDOI_TAKEN_* */
    bool is_apart;    /* of one that is held: a limit was set since, which ends waits for others */
} edoi_order_lock;

/* Two locks that one task has taken. */
typedef struct edoi_order_pair {
    const char *name; /* of the task */
    edoi_order_lock first, second;
} edoi_order_pair;

/* The order that was turned around: `now` by the caller, `before` by another task. */
typedef struct edoi_order_turned {
    edoi_order_pair now, before;
} edoi_order_turned;

#define EDOI_ORDER_ADDRESS UINT64_C(0xffffffffffff) /* these bits of a key */

/* `lock` as a key. Without a number it is in no order, and may keep others apart. */
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

/* The number of one that takes locks, from `*own`: given at the first call. */
uint32_t edoi_order_actor(uint32_t *own);

/* The task `actor` of that name has taken `taken` while it holds `held`. True: other tasks take two
 * of them the other way round, at places of the program that were not told yet. */
EDO_MUST_USE bool edoi_order_note(uint32_t actor, const char *name, const edoi_order_lock *held,
                                  size_t held_n, const edoi_order_lock *taken,
                                  edoi_order_turned *found);

#endif
