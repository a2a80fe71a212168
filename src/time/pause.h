/* SPDX-License-Identifier: MIT */
/* time/pause.h: pauses between attempts, and the deadline in force. */
#ifndef EDOI_TIME_PAUSE_H
#define EDOI_TIME_PAUSE_H

#include "runtime/scope/ctx.h"
#include "runtime/task/fiber_ctx.h"

#include <edo/time.h>

/* Would a pause end after the deadline in force? Then it would be cut short, for nothing. */
EDOI_INLINE bool edoi_pause_is_too_long(edo_duration pause) {
    const edoi_ctx *c = edoi_ctx_here();
    return edoi_ctx_has_deadline(c) && edo_instant_add(edo_now(), pause).ns >= c->deadline_ns;
}

#endif
