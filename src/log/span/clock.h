/* SPDX-License-Identifier: MIT */
/* log/span/clock.h: the time of spans: the monotonic clock, and the wall clock beside it. */
#ifndef EDOI_LOG_SPAN_CLOCK_H
#define EDOI_LOG_SPAN_CLOCK_H

#include <stdint.h>
#include <time.h>

/* The monotonic clock. */
int64_t edoi_span_clock_ns(void);

/* What the wall clock shows at that time of the monotonic one, which is now. How far they are apart
 * is read each 10 ms: a clock that is set counts from then on, and reading two clocks for each span
 * would cost a tenth of it. */
struct timespec edoi_span_clock_wall(int64_t mono);

/* From now on this thread has other clocks: another host of a simulated world runs on it. */
void edoi_span_clock_forget(void);

#endif
