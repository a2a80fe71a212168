/* SPDX-License-Identifier: MIT */
/* sim/world/points.c: fault points (edo/fault.h) of hosts fail by chance. Each name is on with a
 * quarter of the seeds, so that what depends on another one's not failing is seen, too. */
#include "base/error/fault.h"
#include "base/memory/alloc.h"
#include "sim/world/world.h"

#include <errno.h>
#include <string.h>

#define ON_ONE_OF 4

/* A name that a host has passed. */
struct edoi_sim_point {
    struct edoi_sim_point *next;
    bool is_on;      /* const */
    bool has_failed; /* the report knows */
    char name[];     /* const */
};

/* NULL without memory. The first pass of a name decides whether it is on. */
static edoi_sim_point *point_of(edo_sim *sim, const char *name) {
    edoi_sim_point *p = sim->points;
    while (p && strcmp(p->name, name) != 0) p = p->next;
    if (p) return p;
    size_t bytes = strlen(name) + 1;
    p = edoi_alloc(sizeof *p + bytes);
    if (!p) return NULL;
    *p = (edoi_sim_point){ .next = sim->points,
                           .is_on = edoi_simnet_random(sim->net) % ON_ONE_OF == 0 };
    memcpy(p->name, name, bytes);
    sim->points = p;
    return p;
}

/* As of edoi_fault_set_world(). */
static int point_at(const char *name) {
    edoi_sim_host *self = edoi_sim_here();
    if (!self || self->is_ending || self->points_share <= 0) return 0;
    edo_sim *sim = self->in;
    int64_t now_ns = edoi_simnet_now(sim->net);
    edoi_sim_point *p = point_of(sim, name);
    if (!p || !p->is_on || now_ns < self->points_from_ns || now_ns >= self->points_until_ns)
        return 0;
    double chance = (double)(edoi_simnet_random(sim->net) >> 11) * 0x1p-53;
    if (chance >= self->points_share) return 0;
    edoi_sim_event(sim, self, EDOI_SIM_POINT, 0);
    if (!p->has_failed)
        edoi_sim_fault_note(sim, self->points_fault, now_ns, "point %s of %s fails", name,
                            self->name);
    p->has_failed = true;
    return -EIO;
}

void edoi_sim_points_fail(edoi_sim_host *self, uint64_t fault, double share, int64_t from_ns,
                          int64_t until_ns) {
    edoi_fault_set_world(point_at);
    self->points_fault = fault;
    self->points_share = share;
    self->points_from_ns = from_ns;
    self->points_until_ns = until_ns;
}

void edoi_sim_points_free(edo_sim *sim) {
    for (edoi_sim_point *p = sim->points, *next; p; p = next) {
        next = p->next;
        edoi_free(p);
    }
}
