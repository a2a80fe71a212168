/* SPDX-License-Identifier: MIT */
/* runtime/worker/wake.h: wakes of tasks, and the end of their memory. Where a woken task is queued:
 * edoi_scheduler_wake(); the places: run_queue.h. */
#ifndef EDOI_RUNTIME_WORKER_WAKE_H
#define EDOI_RUNTIME_WORKER_WAKE_H

#include "runtime/task/task.h"
#include "runtime/worker/here.h"

struct edoi_worker;

/* Wakes `t`, and sets the bits `also` in its word. Any thread. Short, so it may be called with a
 * leaf lock held. If this thread's worker holds `t`, the wake takes no atomic read-modify-write: a
 * queued task stays as it is, a running one becomes NOTIFIED, a deferred one is queued where
 * `wakes_to` says, usually in the front slot. If another thread holds `t`, the bit WAKE makes it
 * run `t` again. An idle task is claimed, and queued on this thread's worker if it may run there.
 * Returns the waker for which edoi_scheduler_submit() has to follow, otherwise NULL; until that
 * call the runtime's memory is kept alive. */
EDO_MUST_USE edo_waker *edoi_scheduler_wake(edo_task *t, uint32_t also);

/* On a worker's thread of the task's runtime: queues a claimed task on that worker. False: it is
 * not queued, since it lives on another worker, or a helper has this worker's places. */
EDO_MUST_USE bool edoi_scheduler_submit_here(edo_task *t);

/* Queues a claimed task that could not be queued on this thread's worker: in the inbox of its home,
 * or in the injection list. Releases the pin that edoi_scheduler_wake() took if this thread is no
 * worker of the task's runtime. */
void edoi_scheduler_submit(edo_task *t);

/* Sets CANCEL with its cause; returns the waker to deliver, or NULL. */
EDO_MUST_USE edo_waker *edoi_task_mark_cancel(edo_task *t, edo_cancel_cause cause);

/* Releases a handle's reference; the last one frees the task. */
void edoi_task_unref(edo_task *t);

/* Frees the memory of a task without references. Any thread. */
void edoi_task_free(edo_task *t);

/* This thread holds `w` from now on; NULL: none. */
void edoi_worker_set_here(struct edoi_worker *w);

#endif
