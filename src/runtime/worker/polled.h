/* SPDX-License-Identifier: MIT */
/* runtime/worker/polled.h: what a leaf may ask of the worker that polls it. */
#ifndef EDOI_RUNTIME_WORKER_POLLED_H
#define EDOI_RUNTIME_WORKER_POLLED_H

#include "base/atomic.h"
#include "driver/driver.h"

#include <edo/future.h>
#include <edo/runtime.h>
#include <edo/time.h>

struct edoi_wheel;

/* The runtime of the worker behind `cx`; NULL if no worker polls. */
edo_runtime *edoi_cx_runtime(const edo_cx *cx);

/* The driver of the worker behind `cx`; NULL if there is no runtime. */
edoi_driver *edoi_cx_driver(const edo_cx *cx);

/* The driver of the worker that this thread holds; NULL if it holds none. */
edoi_driver *edoi_driver_here(void);

/* The timer wheel of the worker behind `cx`; NULL if there is no runtime. */
struct edoi_wheel *edoi_cx_wheel(const edo_cx *cx);

/* The clock of the worker behind `cx`, read anew, ns; virtual while it is paused. */
int64_t edoi_cx_now(const edo_cx *cx);

/* The wall clock behind `cx`: it moves with that clock while it is paused. */
edo_wall edoi_cx_wall(const edo_cx *cx);

extern edo_atomic_u32 edoi_siblings_flag; /* atomic, relaxed: 1: a worker with siblings was made;
                                             set before its thread runs, never cleared */

/* Whether any runtime of this process has several workers. A thread that takes a lock which such a
 * worker has held sees it. */
EDOI_INLINE bool edoi_siblings_exist(void) {
    return edoi_load_rlx_u32(&edoi_siblings_flag) != 0; // relaxed: the lock orders
}

#endif
