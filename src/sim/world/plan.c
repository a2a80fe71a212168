/* SPDX-License-Identifier: MIT */
/* sim/world/plan.c: what is to happen at a time: a heap of deeds. */
#include "base/memory/alloc.h"
#include "sim/world/world.h"

#include <errno.h>
#include <stdint.h>

static bool deed_is_before(const edoi_sim_deed *a, const edoi_sim_deed *b) {
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->nth < b->nth;
}

static void deeds_swap(edo_sim *sim, size_t a, size_t b) {
    edoi_sim_deed kept = sim->deeds[a];
    sim->deeds[a] = sim->deeds[b];
    sim->deeds[b] = kept;
}

static void deeds_rise(edo_sim *sim, size_t at) {
    while (at > 0 && deed_is_before(&sim->deeds[at], &sim->deeds[(at - 1) / 2])) {
        deeds_swap(sim, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

static void deeds_sink(edo_sim *sim, size_t at) {
    for (;;) {
        size_t least = at, left = 2 * at + 1, right = left + 1;
        if (left < sim->deeds_n && deed_is_before(&sim->deeds[left], &sim->deeds[least]))
            least = left;
        if (right < sim->deeds_n && deed_is_before(&sim->deeds[right], &sim->deeds[least]))
            least = right;
        if (least == at) return;
        deeds_swap(sim, at, least);
        at = least;
    }
}

int64_t edoi_sim_end_of(const edo_sim *sim, edo_duration at, edo_duration within) {
    int64_t now_ns = edoi_simnet_now(sim->net), begin_ns = at.ns > now_ns ? at.ns : now_ns;
    bool is_in_time = begin_ns < EDOI_SIM_TIME_MAX && within.ns < EDOI_SIM_TIME_MAX - begin_ns;
    return is_in_time ? begin_ns + within.ns : EDOI_SIM_TIME_MAX;
}

int edoi_sim_plan(edo_sim *sim, const edoi_sim_deed *deed) {
    if (sim->deeds_n == sim->deeds_room) {
        size_t room = sim->deeds_room > 0 ? 2 * sim->deeds_room : 16;
        edoi_sim_deed *deeds = edoi_realloc(sim->deeds, room * sizeof *deeds);
        if (!deeds) return -ENOMEM;
        sim->deeds = deeds;
        sim->deeds_room = room;
    }
    int64_t now_ns = edoi_simnet_now(sim->net);
    edoi_sim_deed *at = &sim->deeds[sim->deeds_n];
    *at = *deed;
    if (at->at_ns < now_ns) at->at_ns = now_ns;
    at->nth = sim->deeds_ever++;
    deeds_rise(sim, sim->deeds_n++);
    return 0;
}

int64_t edoi_sim_plan_next(const edo_sim *sim) {
    return sim->deeds_n > 0 ? sim->deeds[0].at_ns : INT64_MAX;
}

void edoi_sim_plan_run(edo_sim *sim) {
    while (edoi_sim_plan_next(sim) <= edoi_simnet_now(sim->net)) {
        edoi_sim_deed due = sim->deeds[0];
        sim->deeds[0] = sim->deeds[--sim->deeds_n];
        deeds_sink(sim, 0);
        edoi_sim_event(sim, due.a, EDOI_SIM_DEED, due.nth);
        due.fn(sim, &due);
    }
}
