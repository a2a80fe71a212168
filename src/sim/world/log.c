/* SPDX-License-Identifier: MIT */
/* sim/world/log.c: what hosts say, with the name of the host, its time, and the number of the last
 * event: where EDO_SIM_LOG has a filter, beside whatever log the program has.
 *
 *     #4711 12.345678 server  INFO shop: order taken number=7 */
#include "base/memory/alloc.h"
#include "log/line.h"
#include "log/tell.h"
#include "sim/world/world.h"

#include <edo/error.h>
#include <edo/receiver.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct world_log {
    const edo_sim *of;
    edoi_log_line line; /* no stack has room for it */
} world_log;

static void world_log_event(void *arg, const edo_event *e) {
    world_log *self = arg;
    const edoi_sim_host *h = edoi_sim_here();
    if (!h) return;
    int64_t us = edo_sim_now(self->of).ns / 1000;
    edoi_log_line_write_told(&self->line, e);
    (void)fprintf(stderr, "#%" PRIu64 " %" PRId64 ".%06d %s %.*s", edo_sim_events_n(self->of),
                  us / 1000000, (int)(us % 1000000), h->name, (int)self->line.n, self->line.bytes);
}

static void world_log_free(void *arg) {
    edoi_free(arg);
}

int edoi_sim_log_begin(edo_sim *sim) {
    static const edo_receiver_ops ops = { .event = world_log_event, .drop = world_log_free };
    const char *filter = getenv("EDO_SIM_LOG");
    if (!filter) return 0;
    world_log *self = edoi_calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->of = sim;
    int err =
        edo_log_add(&sim->log, &ops, self, &(edo_receiver_opts){ .filter = filter, .name = "sim" });
    if (err == 0) return 0;
    edoi_free(self);
    edoi_tell("edo sim: EDO_SIM_LOG=%s is no filter: %s\n", filter, edo_strerror(err));
    return err;
}
