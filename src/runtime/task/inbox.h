/* SPDX-License-Identifier: MIT */
/* runtime/task/inbox.h: tasks that only one worker may run: fibers that other threads have
 * woken or placed there. edoi_run_queue_send_home() pushes; the worker takes at each look and turn.
 *
 * One word: NULL (empty), ASLEEP (empty, and the worker waits in its driver), or the task pushed
 * last; tasks are linked by `next`. The thread whose push replaces ASLEEP kicks the worker's
 * driver. */
#ifndef EDOI_RUNTIME_TASK_INBOX_H
#define EDOI_RUNTIME_TASK_INBOX_H

#include "runtime/task/task.h"

typedef struct edoi_inbox {
    edo_atomic_ptr last; /* atomic: IB1, IB2 */
} edoi_inbox;

#define EDOI_INBOX_ASLEEP ((void *)(uintptr_t)1)

/* Any thread, with a task that it holds. True: the worker sleeps and has to be kicked. */
EDO_MUST_USE EDOI_INLINE bool edoi_inbox_push(edoi_inbox *b, edo_task *t) {
    void *last = edoi_load_rlx_ptr(&b->last); // relaxed: the swap below decides
    do {
        t->next = last == EDOI_INBOX_ASLEEP ? NULL : last;
    } while (!edoi_cas_acqrel_ptr(&b->last, &last, t)); // IB1: pairs with IB2
    return last == EDOI_INBOX_ASLEEP;
}

EDOI_INLINE bool edoi_inbox_may_have(const edoi_inbox *b) {
    return edoi_load_rlx_ptr(&b->last) != NULL; // relaxed: the take orders
}

/* The worker's thread, awake. Takes all tasks, the oldest first; NULL: there are none. */
EDO_MUST_USE EDOI_INLINE edo_task *edoi_inbox_take(edoi_inbox *b) {
    edo_task *t = edoi_swap_acqrel_ptr(&b->last, NULL); // IB2: pairs with IB1
    edo_task *first = NULL;
    while (t) {
        edo_task *next = t->next;
        t->next = first;
        first = t;
        t = next;
    }
    return first;
}

/* The worker's thread, before it waits. False: a task has come, do not wait. */
EDO_MUST_USE EDOI_INLINE bool edoi_inbox_sleep(edoi_inbox *b) {
    void *empty = NULL;
    return edoi_cas_rlx_ptr(&b->last, &empty, EDOI_INBOX_ASLEEP); // relaxed: the take orders
}

/* The worker's thread, after the wait. */
EDOI_INLINE void edoi_inbox_wake(edoi_inbox *b) {
    void *asleep = EDOI_INBOX_ASLEEP;
    (void)edoi_cas_rlx_ptr(&b->last, &asleep, NULL); // relaxed: as above; fails if a task came
}

#endif
