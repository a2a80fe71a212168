/* SPDX-License-Identifier: MIT */
/* sim/world/turns.c: which host has the next turn. */
#include "sim/world/world.h"

/* Each order of those that are ready is as likely: Fisher and Yates' shuffle. */
static void shuffle_hosts(edo_sim *sim, size_t n) {
    for (; n > 1; n--) {
        size_t at = (size_t)(edoi_simnet_random(sim->net) % n);
        edoi_sim_host *last = sim->ready[n - 1];
        sim->ready[n - 1] = sim->ready[at];
        sim->ready[at] = last;
    }
}

bool edoi_sim_turn_all(edo_sim *sim) {
    size_t n = 0;
    for (size_t i = 0; i < sim->hosts_n; i++)
        if (edoi_sim_host_is_ready(sim->hosts[i])) sim->ready[n++] = sim->hosts[i];
    shuffle_hosts(sim, n);
    for (size_t i = 0; i < n; i++) edoi_sim_host_turn(sim->ready[i]);
    return n > 0;
}
