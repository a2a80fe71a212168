/* SPDX-License-Identifier: MIT */
/* runtime/task/fiber_task.h: the future that owns a stack. The scheduler does not poll it but
 * switches to the fiber: fiber_run.h. */
#ifndef EDOI_RUNTIME_TASK_FIBER_TASK_H
#define EDOI_RUNTIME_TASK_FIBER_TASK_H

#include "runtime/task/fiber_ctx.h"
#include "runtime/task/task.h"

struct edoi_child;

#define EDOI_NOT_PARKED UINT32_MAX

/* Flags of unusual fibers. */
#define EDOI_FIBER_CHILD     1u   /* an edoi_child follows */
#define EDOI_FIBER_PLACED    2u   /* the spawn has set its home: spread.h */
#define EDOI_FIBER_MIGRATES  4u   /* never has a home: any worker may run it after each wait */
#define EDOI_FIBER_MONITORED 8u   /* a record follows, after an edoi_child too: monitor.h */
#define EDOI_FIBER_NO_STACK  16u  /* was refused a stack, and has not begun since */
#define EDOI_FIBER_GUARDED   32u  /* a guard follows, after the two: guard.h */
#define EDOI_FIBER_SPAN      128u /* its end is that of the span that it has inherited */
#define EDOI_FIBER_BOUND     64u  /* has inherited values; their address follows, last: values.h */

#define EDOI_NOTED_LOST 2u /* in is_noted: the future that is awaited kept no waker */

typedef struct edoi_fiber_task {
    edo_future base;     /* `result`: before a switch to the fiber, the result of its await */
    edo_task_fn *fn;     /* const */
    void *arg;           /* argument of `fn` */
    edoi_fiber_ctx *ctx; /* on its stack; NULL before the first run and after the end */
    union {
        edo_future *awaiting; /* before the end: while it waits; polled by the runner */
        edoi_trail *trail;    /* after the end: the failure's trail */
    };
    uint32_t stack_bytes;   /* const; 0: the default */
    uint32_t parked_tenths; /* clock when it began to wait, tenths of a second; EDOI_NOT_PARKED: has
                               no pages to give back */
    uint8_t kind;           /* EDOI_FIBER_* bits; const except NO_STACK; 0 for most */
    uint8_t is_noted;       /* true: its wait stands among those of src/locks/waits.h; LOST */
    uint16_t locks;         /* that it is known to hold: locks/holders.h; 0: none */
} edoi_fiber_task;

void edoi_fiber_task_init(edoi_fiber_task *self, edo_task_fn *fn, void *arg);

extern const edo_future_ops edoi_fiber_ops; /* no poll */

EDOI_INLINE bool edoi_is_fiber_task(const edo_future *f) {
    return f->ops == &edoi_fiber_ops;
}

EDOI_INLINE edo_task *edoi_fiber_task_header(edoi_fiber_task *self) {
    return (edo_task *)(void *)((char *)self - sizeof(edo_task));
}

/* Where an ended task keeps its trail. */
EDOI_INLINE edoi_trail **edoi_task_trail(edo_task *t) {
    edo_future *f = edoi_task_future(t);
    return edoi_is_fiber_task(f) ? &((edoi_fiber_task *)(void *)f)->trail : &t->trail;
}

/* Frees the trail of a task whose last reference is released. */
void edoi_task_release(edo_task *t);

/* Moves the trail of an ended task to the calling fiber or thread. */
void edoi_task_move_trail(edo_task *t);

#endif
