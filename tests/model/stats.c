/* SPDX-License-Identifier: MIT */
/* Goal: a reader of the numbers of a running runtime sees time and place of one poll, not of
 * two. */
#include "world.h"

#include "driver/clock.h"
#include "runtime/scheduler/stats.h"
#include "runtime/worker/core.h"
#include "runtime/worker/worker.h"

#include <edo/stats.h>

static const char *const sites[] = { "first", "second" };
static edo_task polled;

static void poll_ended(edoi_worker *w, unsigned n) {
    w->tally.polled = &polled;
    w->tally.site = sites[n];
    w->tally.poll_ns = edoi_clock_monotonic() - (int64_t)(n + 1) * 10;
    edoi_stats_poll_end(w);
}

static void read_longest_poll(void *arg) {
    (void)arg;
    edo_runtime_stats s;
    edo_runtime_get_stats(rt, &s);
    bool none = s.longest_poll.ns == 0 && !s.longest_site;
    bool first = s.longest_poll.ns == 10 && s.longest_site == sites[0];
    MODEL_CHECK(none || first || (s.longest_poll.ns == 20 && s.longest_site == sites[1]));
}

static void longest_poll_is_not_torn(void) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI,
                                    .workers = 1,
                                    .events_max = 1,
                                    .seed = 1,
                                    .poll_hist = { .kind = EDO_HIST_LINEAR } };
    edoi_model_hold_threads();
    MODEL_CHECK(edo_runtime_new(&rt, &opts) == 0);
    edoi_model_start(read_longest_poll, NULL);
    poll_ended(rt->workers[0], 0);
    poll_ended(rt->workers[0], 1);
    edoi_model_wait();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = { MODEL(longest_poll_is_not_torn) };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
