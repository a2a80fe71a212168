/* SPDX-License-Identifier: MIT */
/* time/now.c: reads the clocks. */
#include "driver/clock.h"
#include "runtime/scope/ctx.h"
#include "runtime/thread/drive.h"
#include "runtime/worker/here.h"
#include "time/coarse.h"

#include <edo/time.h>

edo_instant edo_now(void) {
    const edoi_clock *clock = edoi_worker_clock_here();
    edo_runtime *entered = clock ? NULL : edoi_thread_here()->entered;
    edo_instant now;
    if (clock) {
        now.ns = edoi_clock_now(clock);
    } else {
        now.ns = entered ? edoi_drive_now(entered) : edoi_clock_monotonic();
    }
    return now;
}

edo_instant edo_now_coarse(void) {
    int64_t lag_ns;
    return (edo_instant){ edoi_now_coarse(&lag_ns) };
}

edo_wall edo_wall_now(void) {
    const edoi_clock *clock = edoi_worker_clock_here();
    edo_runtime *entered = clock ? NULL : edoi_thread_here()->entered;
    return entered ? edoi_drive_wall(entered) : edoi_clock_wall(clock);
}
