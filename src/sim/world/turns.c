/* SPDX-License-Identifier: MIT */
/* sim/world/turns.c: which host has the next turn, and which one has too many: one that never waits
 * holds up the time of all. */
#include "log/tell.h"
#include "sim/world/world.h"

#include <errno.h>
#include <inttypes.h>

#define AFTER_ALL_NS INT64_C(1000000000) /* that pass with each look at the clock, once too many */

/* Shuffles the ready hosts (Fisher-Yates): each order is equally likely. */
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

/* ---- Too many -------------------------------------------------------------------------------- */

/* What it does at another time counts anew. */
static edoi_sim_moment *moment_of(edoi_sim_host *self) {
    int64_t now_ns = edoi_sim_host_now(self);
    if (self->moment.at_ns != now_ns) self->moment = (edoi_sim_moment){ .at_ns = now_ns };
    return &self->moment;
}

static void fail_spinning(edoi_sim_host *self, const char *with) {
    edoi_sim_fail(self->in, -EBUSY, "host %s does not wait: %s at one time, %" PRId64 " ms",
                  self->name, with, edo_sim_now(self->in).ns / 1000000);
}

bool edoi_sim_count_turn(edoi_sim_host *self) {
    bool is_too_many = ++moment_of(self)->turns_n > self->in->turns_max;
    if (is_too_many) fail_spinning(self, "too many turns");
    return !is_too_many;
}

/* A task that looks at the clock until it has moved on never returns to the world. So its clock
 * goes on then: it may end, and the run with it. If it does not, somebody has been told. */
void edoi_sim_count_look(edoi_sim_host *self) {
    if (self->is_late) {
        if (self->ahead_ns < EDOI_SIM_TIME_MAX) self->ahead_ns += AFTER_ALL_NS;
        return;
    }
    if (++moment_of(self)->looks_n <= self->in->looks_max) return;
    self->is_late = true;
    edoi_tell("edo sim: host %s looks at its clock, and does not wait\n", self->name);
    fail_spinning(self, "too many looks at the clock");
}
