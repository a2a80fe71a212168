/* SPDX-License-Identifier: MIT */
/* runtime/watch/registry.h: access to all runtimes, for dumps and the watchdog.
 *
 * One lock of the process. While a thread holds it no runtime ends, no task is abandoned, and no
 * other thread dumps or checks. A worker takes it only at the end of its runtime: so holding it
 * does not block running workers. */
#ifndef EDOI_RUNTIME_WATCH_REGISTRY_H
#define EDOI_RUNTIME_WATCH_REGISTRY_H

#include "records/records.h"

#include <edo/runtime.h>

EDO_API void edoi_registry_acquire(void);
EDO_API void edoi_registry_release(void);

#if EDOI_REMEMBERS
/* As acquire, for the exit of the process, which must not hang: false if another thread holds the
 * lock for longer than 100 ms, as one that writes to a pipe without a reader does. */
EDO_MUST_USE bool edoi_registry_acquire_soon(void);
#endif

/* With the lock held: the runtime after `rt` in the list of complete runtimes. `rt` NULL: the first
 * one; result NULL: the end. */
edo_runtime *edoi_registry_next(edo_runtime *rt);

/* Adds `rt` to the list; gives it its id. */
void edoi_runtime_enlist(edo_runtime *rt);

/* An id that no other living worker has; 0 if none is left. */
EDO_MUST_USE uint16_t edoi_worker_id_get(void);

/* Removes `rt` from the list of all runtimes. */
void edoi_runtime_strike(edo_runtime *rt);

/* Releases the id of a worker whose tasks have all ended. */
void edoi_worker_id_put(uint16_t id);

/* The head of the list of all runtimes; NULL: this process has none; runtimes of its parents do not
 * count. Use it inside edoi_registry_acquire(), so that no runtime in the list goes away. */
edo_runtime *edoi_runtime_newest(void);

/* True if no runtime is alive except those that left something behind or that edo_runtime_free()
 * has ended. */
bool edoi_runtime_none_lives(void);

extern edo_runtime *edoi_runtimes; /* lock: registry.c's; all runtimes */

#endif
