/* SPDX-License-Identifier: MIT */
/* runtime/debug/last_events.h: what the flight recorder has of a task, for its dump. */
#ifndef EDOI_RUNTIME_DEBUG_LAST_EVENTS_H
#define EDOI_RUNTIME_DEBUG_LAST_EVENTS_H

#include <edo/task.h>

#include <stdio.h>

/* Writes a line of the last events of `t`, if there are any: "recorded: 0.021 s ago runs, ...".
 * `born_ns`: when it was spawned, or up to a tenth of a second before, of the monotonic clock;
 * negative: unknown. What was recorded before is another task's, which had its address. One thread
 * at a time. */
#ifdef EDOI_MODEL
static inline void edoi_last_events_print(FILE *out, const edo_task *t, int64_t born_ns) {
    (void)out, (void)t, (void)born_ns;
}
#else
void edoi_last_events_print(FILE *out, const edo_task *t, int64_t born_ns);
#endif

#endif
