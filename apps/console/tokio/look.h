/* SPDX-License-Identifier: MIT */
/* apps/console/tokio/look.h: a look as one of edo's, made of what a program of Tokio has told: so
 * views, recordings and exports know nothing of Tokio. What Tokio does not tell is not there: who
 * has a lock, cycles, workers, stacks. */
#ifndef CONSOLE_TOKIO_LOOK_H
#define CONSOLE_TOKIO_LOOK_H

#include "told.h"

#include "console/own/messages.h"

/* Fills `u` in, with single tasks of the name `site` alone, or of any, the `tasks_max` oldest ones.
 * What it points to lies in the arena, or in `t`.
 * Errors: -ENOMEM */
int tokio_look(edoi_look_update *u, edo_arena *arena, const told *t, edo_str site,
               size_t tasks_max);

#endif
