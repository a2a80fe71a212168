/* SPDX-License-Identifier: MIT */
/* sim/faults/calm.c: what faults disturb, and when. Faults that EDO_SIM_SKIP leaves out disturb
 * nothing. */
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

/* Does the start belong to a crash that is left out, the last one before it? */
static bool start_is_left_out(const edoi_sim_calm *self, const edoi_sim_trouble *start) {
    const edoi_sim_trouble *last = NULL;
    for (size_t i = 0; i < self->n; i++) {
        const edoi_sim_trouble *t = &self->all[i];
        bool is_crash = t->kind == EDOI_SIM_DOWN || t->kind == EDOI_SIM_UP;
        if (!is_crash || t->a != start->a || t->from_ns > start->from_ns) continue;
        if (!last || t->from_ns >= last->from_ns) last = t;
    }
    return last && last->kind == EDOI_SIM_UP;
}

/* Of a host that is down: its first start. */
static int64_t start_behind(const edoi_sim_calm *self, const edoi_sim_trouble *of) {
    int64_t end_ns = EDOI_SIM_TIME_MAX;
    for (size_t i = 0; i < self->n; i++) {
        const edoi_sim_trouble *t = &self->all[i];
        bool is_start = t->kind == EDOI_SIM_STARTS && t->a == of->a && t->from_ns >= of->from_ns;
        if (is_start && t->from_ns < end_ns) end_ns = t->from_ns;
    }
    return end_ns;
}

/* When it is over; negative: it is none. */
static int64_t trouble_end(const edoi_sim_calm *self, const edoi_sim_trouble *of) {
    switch (of->kind) {
    case EDOI_SIM_BESET: return of->until_ns;
    case EDOI_SIM_DOWN: return start_behind(self, of);
    case EDOI_SIM_STARTS: return start_is_left_out(self, of) ? -1 : of->from_ns;
    case EDOI_SIM_UP: break;
    }
    return -1;
}

edo_duration edo_sim_calm(const edo_sim *sim) {
    int64_t last_ns = 0;
    for (size_t i = 0; i < sim->calm.n; i++) {
        int64_t end_ns = trouble_end(&sim->calm, &sim->calm.all[i]);
        if (end_ns > last_ns) last_ns = end_ns;
    }
    return edo_ns(last_ns == EDOI_SIM_TIME_MAX ? -1 : last_ns);
}

bool edo_sim_is_disturbed(const edo_sim *sim, const char *host, edo_duration from,
                          edo_duration until) {
    const edoi_sim_host *of = edoi_sim_find(sim, host);
    for (size_t i = 0; i < sim->calm.n; i++) {
        const edoi_sim_trouble *t = &sim->calm.all[i];
        bool is_meant = t->a == of || t->b == of || !t->a || !t->b; // NULL: all others
        if (is_meant && t->from_ns <= until.ns && trouble_end(&sim->calm, t) >= from.ns)
            return true;
    }
    return false;
}
