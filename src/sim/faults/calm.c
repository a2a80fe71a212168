/* SPDX-License-Identifier: MIT */
/* sim/world/calm.c: what faults disturb, and when. Those that are left out disturb nothing. */
#include "base/memory/alloc.h"
#include "sim/world/world.h"

#include <errno.h>

int edoi_sim_disturb(edo_sim *sim, const edoi_sim_trouble *trouble) {
    edoi_sim_calm *self = &sim->calm;
    if (self->n == self->room) {
        size_t room = self->room > 0 ? 2 * self->room : 16;
        edoi_sim_trouble *all = edoi_realloc(self->all, room * sizeof *all);
        if (!all) return -ENOMEM;
        self->all = all;
        self->room = room;
    }
    self->all[self->n++] = *trouble;
    return 0;
}

void edoi_sim_calm_down(edo_sim *sim, const edoi_sim_host *host, int64_t at_ns) {
    edoi_sim_calm *self = &sim->calm;
    for (size_t i = 0; i < self->n; i++) {
        edoi_sim_trouble *t = &self->all[i];
        if (!t->is_down || t->a != host || t->from_ns > at_ns) continue;
        t->is_down = false;
        t->until_ns = at_ns;
    }
}

edo_duration edo_sim_calm(const edo_sim *sim) {
    int64_t last_ns = 0;
    for (size_t i = 0; i < sim->calm.n; i++)
        if (sim->calm.all[i].until_ns > last_ns) last_ns = sim->calm.all[i].until_ns;
    return edo_ns(last_ns == EDOI_SIM_TIME_MAX ? -1 : last_ns);
}

bool edo_sim_is_disturbed(const edo_sim *sim, const char *host, edo_duration from,
                          edo_duration until) {
    const edoi_sim_host *of = edoi_sim_find(sim, host);
    for (size_t i = 0; i < sim->calm.n; i++) {
        const edoi_sim_trouble *t = &sim->calm.all[i];
        bool is_meant = t->a == of || t->b == of || !t->a || !t->b; // NULL: all others
        if (is_meant && t->from_ns <= until.ns && t->until_ns >= from.ns) return true;
    }
    return false;
}
