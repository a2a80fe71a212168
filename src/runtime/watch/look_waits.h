/* SPDX-License-Identifier: MIT */
/* runtime/watch/look_waits.h: looks at what idle tasks wait for. */
#ifndef EDOI_RUNTIME_WATCH_LOOK_WAITS_H
#define EDOI_RUNTIME_WATCH_LOOK_WAITS_H

#include "runtime/watch/open.h"

#include <edo/runtime.h>

/* Adds rows of the tasks of `rt` that wait. Called with the lock of registry.h held. */
void edoi_open_add_waits(edoi_open_table *to, edo_runtime *rt);

#endif
