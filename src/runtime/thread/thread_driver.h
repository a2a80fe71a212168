/* SPDX-License-Identifier: MIT */
/* runtime/thread/thread_driver.h: the driver and the wheel of a plain thread that awaits I/O or
 * time without a runtime to serve them. Made when a leaf first needs them, and kept until the
 * thread ends. */
#ifndef EDOI_RUNTIME_THREAD_THREAD_DRIVER_H
#define EDOI_RUNTIME_THREAD_THREAD_DRIVER_H

#include "driver/driver.h"
#include "driver/wheel.h"
#include "runtime/scope/parker.h"

typedef struct edoi_thread_driver {
    edoi_driver *driver;
    edoi_wheel *wheel;
} edoi_thread_driver;

/* NULL: no memory or no descriptors. */
EDO_MUST_USE edoi_thread_driver *edoi_thread_driver_new(void);

/* NULL is allowed. */
void edoi_thread_driver_free(edoi_thread_driver *l);

/* Waits until `p` is notified, an event comes, a timer is due or `at_ns` has passed; serves events
 * and timers. On the thread of `l` and `p`. */
void edoi_thread_driver_wait(edoi_thread_driver *l, edoi_parker *p, int64_t at_ns);

#endif
