/* SPDX-License-Identifier: MIT */
/* sim/world/clock.c: what time it is at a host. A machine's clocks go by its own quartz, and its
 * wall clock is never set exactly: so the world has a time, and each host its own view of it.
 *
 *     a host's clocks have run for   (1 + drift) * the world's time
 *     its wall clock shows           the world's begin + skew + that
 *
 * TCP's timers, and jobs, go by the world's time. */
#include "sim/world/world.h"
#include "time/random.h"

#define NS_PER_S  INT64_C(1000000000)
#define DRIFT_MAX 0.1
#define MONOTONIC_NS                                                                               \
    INT64_C(1000000000000) /* when a world begins: a machine that is up for a while */

/* ---- Which clocks there are ------------------------------------------------------------------ */

bool edoi_sim_clock_opts_are_good(const edo_sim_opts *opts) {
    return opts->clock_skew.ns >= 0 && opts->clock_skew.ns <= EDOI_SIM_TIME_MAX &&
           opts->clock_drift >= 0 && opts->clock_drift <= DRIFT_MAX; // and no NaN
}

edoi_sim_clock edoi_sim_clock_most(const edo_sim_opts *opts) {
    return (edoi_sim_clock){ opts->clock_skew.ns, (int64_t)(opts->clock_drift * 1e9) };
}

/* From -most to most. */
static int64_t clock_draw(uint64_t *state, int64_t most) {
    return edoi_random_to(state, 2 * most) - most;
}

edoi_sim_clock edoi_sim_clock_draw(const edo_sim *sim, uint32_t nth) {
    uint64_t state = sim->seed ^ (uint64_t)nth << 32;
    (void)edoi_random_step(&state);
    const int64_t skew_ns = clock_draw(&state, sim->clock_most.skew_ns);
    return (edoi_sim_clock){ skew_ns, clock_draw(&state, sim->clock_most.drift_ppb) };
}

/* ---- What they show -------------------------------------------------------------------------- */

/* `ns` times a share, in two parts, which do not overflow. */
static int64_t clock_share(int64_t ns, int64_t ppb) {
    return ns / NS_PER_S * ppb + ns % NS_PER_S * ppb / NS_PER_S;
}

int64_t edoi_sim_host_elapsed(const edoi_sim_host *self) {
    const int64_t world_ns = edoi_simnet_now(self->in->net); // at most EDOI_SIM_TIME_MAX
    return world_ns + clock_share(world_ns, self->clock.drift_ppb) + self->ahead_ns;
}

int64_t edoi_sim_host_now(const edoi_sim_host *self) {
    return MONOTONIC_NS + edoi_sim_host_elapsed(self);
}

edo_wall edoi_sim_host_wall(const edoi_sim_host *self) {
    return edo_wall_add(self->in->begin, edo_ns(self->clock.skew_ns + edoi_sim_host_elapsed(self)));
}

/* A ns more than needed: a timer that is looked at before its time takes a turn for nothing. */
int64_t edoi_sim_host_wait(const edoi_sim_host *self, int64_t ns) {
    const int64_t per_s = NS_PER_S + self->clock.drift_ppb; // that its clocks show behind a second
    if (self->clock.drift_ppb == 0) return ns;
    if (ns >= EDOI_SIM_TIME_MAX) return EDOI_SIM_TIME_MAX;
    return ns / per_s * NS_PER_S + ns % per_s * NS_PER_S / per_s + 1;
}
