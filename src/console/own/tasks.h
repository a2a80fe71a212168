/* SPDX-License-Identifier: MIT */
/* console/own/tasks.h: gathers what all tasks do: by where they were spawned, and the oldest ones
 * alone. Memory is fixed, however many tasks there are. */
#ifndef EDOI_CONSOLE_OWN_TASKS_H
#define EDOI_CONSOLE_OWN_TASKS_H

#include "console/own/messages.h"

#define EDOI_LOOK_TASKS_USUAL 200u
#define EDOI_LOOK_TASKS_MAX   2000u
#define EDOI_LOOK_SITES_MAX   512u
#define EDOI_LOOK_PINS_MAX    20000u /* of one look */

typedef struct edoi_look_tasks edoi_look_tasks;

/* Memory for looks with at most `tasks_max` single tasks; NULL: there is none. */
EDO_MUST_USE edoi_look_tasks *edoi_look_tasks_new(uint32_t tasks_max);
void edoi_look_tasks_free(edoi_look_tasks *self);

/* Fills in `tasks_all`, `tasks_every`, `sites`, `sites_rest` and `tasks`. `site`: of the single
 * tasks, as edoi_look_name(); empty: any. It takes some time: not on a worker's thread. */
void edoi_look_at_tasks(edoi_look_tasks *self, edoi_look_update *out, edo_arena *arena,
                        edo_str site);

#endif
