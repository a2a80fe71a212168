/* SPDX-License-Identifier: MIT */
/* runtime/debug/registry.h: looking at runtimes from outside: for dumps and the watchdog.
 *
 * One lock of the process. While somebody looks no runtime ends, no task is abandoned, and looks
 * follow each other. A worker takes it only at the end of its runtime: so a look stops nobody who
 * works. */
#ifndef EDOI_RUNTIME_DEBUG_REGISTRY_H
#define EDOI_RUNTIME_DEBUG_REGISTRY_H

#include "base/assert.h"

#include <edo/runtime.h>

void edoi_registry_acquire(void);
void edoi_registry_release(void);

#if EDOI_REMEMBERS
/* The same for the exit of the process, which must not hang: false if another look holds the lock
 * for longer than 100 ms, as one does that writes to a pipe which nobody reads. */
EDO_MUST_USE bool edoi_registry_acquire_soon(void);
#endif

/* Inside: the runtime after `rt` in the list of those that are whole; NULL: the first, the end. */
edo_runtime *edoi_registry_next(edo_runtime *rt);

#endif
