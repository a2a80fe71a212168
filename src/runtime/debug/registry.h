/* SPDX-License-Identifier: MIT */
/* runtime/debug/registry.h: access to all runtimes, for dumps and the watchdog.
 *
 * One lock of the process. While a thread holds it no runtime ends, no task is abandoned, and no
 * other thread dumps or checks. A worker takes it only at the end of its runtime: so holding it
 * does not block running workers. */
#ifndef EDOI_RUNTIME_DEBUG_REGISTRY_H
#define EDOI_RUNTIME_DEBUG_REGISTRY_H

#include "base/assert.h"

#include <edo/runtime.h>

void edoi_registry_acquire(void);
void edoi_registry_release(void);

#if EDOI_REMEMBERS
/* As acquire, for the exit of the process, which must not hang: false if another thread holds the
 * lock for longer than 100 ms, as one that writes to a pipe without a reader does. */
EDO_MUST_USE bool edoi_registry_acquire_soon(void);
#endif

/* With the lock held: the runtime after `rt` in the list of complete runtimes. `rt` NULL: the first
 * one; result NULL: the end. */
edo_runtime *edoi_registry_next(edo_runtime *rt);

#endif
