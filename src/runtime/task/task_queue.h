/* SPDX-License-Identifier: MIT */
/* runtime/task/task_queue.h: a queue of tasks, first in, first out, linked by `next`. It has
 * no lock: its owner guards it. */
#ifndef EDOI_RUNTIME_TASK_TASK_QUEUE_H
#define EDOI_RUNTIME_TASK_TASK_QUEUE_H

#include "runtime/task/task.h"

typedef struct edoi_task_queue {
    edo_task *first, *last; /* `first` NULL: empty, and `last` is undefined */
} edoi_task_queue;

EDOI_INLINE void edoi_task_queue_push(edoi_task_queue *q, edo_task *t) {
    t->next = NULL;
    if (q->first) {
        q->last->next = t;
    } else {
        q->first = t;
    }
    q->last = t;
}

/* Puts a task back that was popped last. */
EDOI_INLINE void edoi_task_queue_push_front(edoi_task_queue *q, edo_task *t) {
    t->next = q->first;
    if (!q->first) q->last = t;
    q->first = t;
}

/* Pops the oldest task; NULL: it is empty. */
EDOI_INLINE edo_task *edoi_task_queue_pop(edoi_task_queue *q) {
    edo_task *t = q->first;
    if (t) q->first = t->next;
    return t;
}

#endif
