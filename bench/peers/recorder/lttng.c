/* SPDX-License-Identifier: MIT */
/* The peer of edo-bench-recorder on LTTng-UST: event and event_off are the same loop, and whether
 * it is on is what the session says that `bench/recorder` has made: one that overwrites its oldest
 * events, as a flight recorder does.
 *
 *     peer-recorder-lttng BENCH [-n N]     BENCH: empty, event, event_off */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "provider.h"

#include "bench.h"

LOOP(loop_event, lttng_ust_tracepoint(edo_bench, wake, the_task, 1, i))

int main(int argc, char **argv) {
    const char *bench = argc > 1 ? argv[1] : "";
    const bool is_on = strcmp(bench, "event") == 0, is_off = strcmp(bench, "event_off") == 0;
    event_fn *loop = strcmp(bench, "empty") == 0 ? loop_empty : is_on || is_off ? loop_event : NULL;
    if (!loop) return NO_SUCH_BENCH;
    if (loop == loop_event && lttng_ust_tracepoint_enabled(edo_bench, wake) != is_on) {
        (void)fprintf(stderr, "%s: a session records, or does not, and should otherwise\n", bench);
        return 1;
    }
    return bench_run("lttng", bench, loop, bench_n(argc, argv));
}
