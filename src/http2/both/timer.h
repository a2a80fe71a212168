/* SPDX-License-Identifier: MIT */
/* http2/both/timer.h: the next time for which a task wakes, of several that move: a connection's
 * for PINGs, for what is late, and for its end. The task's own, used in its polls. */
#ifndef EDOI_HTTP2_BOTH_TIMER_H
#define EDOI_HTTP2_BOTH_TIMER_H

#include <edo/time.h>

/* All zero: not set. */
typedef struct edoi_h2_timer {
    edo_sleep_future sleep; /* is_set: until `at` */
    edo_instant at;
    bool is_set;
} edoi_h2_timer;

/* Has `at` come? If not the task is woken then, or before; EDO_FOREVER_NS: never. */
bool edoi_h2_timer_is_time(edoi_h2_timer *t, edo_cx *cx, edo_instant at);

/* Ends the wait, if there is one. */
void edoi_h2_timer_drop(edoi_h2_timer *t);

#endif
