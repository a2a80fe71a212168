/* SPDX-License-Identifier: MIT */
/* runtime/debug/lock_found.h: how many faults of locks were found, of each kind. */
#ifndef EDOI_RUNTIME_DEBUG_LOCK_FOUND_H
#define EDOI_RUNTIME_DEBUG_LOCK_FOUND_H

/* Known to tools/edo-gdb.py. */
typedef enum edoi_lock_fault {
    EDOI_LOCK_DEADLOCK,
    EDOI_LOCK_ABANDONED, /* its task has ended */
    EDOI_LOCK_LASTING,   /* it is held, or waited for, for long */
    EDOI_LOCK_STANDING,  /* tasks that nothing can wake */
    EDOI_LOCK_TURNED,    /* two are taken in both orders */
    EDOI_LOCK_FAULTS,
} edoi_lock_fault;

/* Counts one. Any thread. */
void edoi_lock_found(edoi_lock_fault fault);

#endif
