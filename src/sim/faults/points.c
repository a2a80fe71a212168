/* SPDX-License-Identifier: MIT */
/* sim/faults/points.c: fault points (edo/fault.h) of hosts fail by chance. Each name is on with a
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

/* Does a pass fail by that? */
static bool points_fail_now(const edoi_sim_points *how, const edoi_sim_host *here, int64_t now_ns) {
    if (how->at != here || now_ns < how->from_ns || now_ns >= how->until_ns) return false;
    return (double)(edoi_simnet_random(here->in->net) >> 11) * 0x1p-53 < how->share;
}

/* As of edoi_fault_set_world(). */
static int point_at(const char *name) {
    edoi_sim_host *self = edoi_sim_here();
    if (!self || self->is_ending || !self->in->points_fail) return 0;
    edo_sim *sim = self->in;
    int64_t now_ns = edoi_simnet_now(sim->net);
    edoi_sim_point *p = point_of(sim, name);
    const edoi_sim_points *how = p && p->is_on ? sim->points_fail : NULL;
    while (how && !points_fail_now(how, self, now_ns)) how = how->next;
    if (!how) return 0;
    edoi_sim_event(sim, self, EDOI_SIM_POINT, 0);
    if (!p->has_failed)
        edoi_sim_fault_note(sim, how->fault, now_ns, "point %s of %s fails", name, self->name);
    p->has_failed = true;
    return -EIO;
}

int edoi_sim_points_fail(edo_sim *sim, const edoi_sim_points *how) {
    edoi_sim_points *copy = edoi_alloc(sizeof *copy);
    if (!copy) return -ENOMEM;
    *copy = *how;
    copy->next = sim->points_fail;
    sim->points_fail = copy;
    edoi_fault_set_world(point_at);
    return 0;
}

void edoi_sim_points_free(edo_sim *sim) {
    for (edoi_sim_point *p = sim->points, *next; p; p = next) {
        next = p->next;
        edoi_free(p);
    }
    for (edoi_sim_points *p = sim->points_fail, *next; p; p = next) {
        next = p->next;
        edoi_free(p);
    }
}
