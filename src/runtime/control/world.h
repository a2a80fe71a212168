/* SPDX-License-Identifier: MIT */
/* runtime/control/world.h: what a simulated world (src/sim) has in the place of a runtime's threads
 * and of the process's signals. Time and sockets need nothing here: the world answers the system
 * calls.
 *
 * All functions are called by the one thread that turns the world. */
#ifndef EDOI_RUNTIME_CONTROL_WORLD_H
#define EDOI_RUNTIME_CONTROL_WORLD_H

#include "runtime/blocking/world.h"

/* The runtime belongs to a world, and its tasks run in an order by chance. Errors: -ENOMEM. */
EDO_MUST_USE EDO_API int edoi_world_enter(edoi_world *self, edo_runtime *rt);

/* After the end of the runtime. */
EDO_API void edoi_world_leave(edoi_world *self);

/* Runs the job of `rt` that has waited longest, on this thread. False: none waits. */
EDO_API bool edoi_world_run_job(edo_runtime *rt);

/* The task that a signal cancels, as edo_main()'s root. Owns: shares it, until the runtime ends
 * (NULL). */
EDO_API void edoi_world_set_root(edo_runtime *rt, edo_task *root);

/* For a digest: two runs of one seed in which chance has decided as often among the tasks of `rt`
 * have the same number. */
EDO_API uint64_t edoi_world_progress(const edo_runtime *rt);

/* That task is cancelled, as by SIGTERM without a listener; all tasks are; whether there are any.
 * Between two turns. */
EDO_API void edoi_world_cancel_root(edo_runtime *rt);
EDO_API void edoi_world_cancel_tasks(edo_runtime *rt);
EDO_API bool edoi_world_has_tasks(edo_runtime *rt);

/* A signal comes, as to a process of edo_main(): a listener gets it; otherwise SIGINT and SIGTERM
 * cancel the root once. False: it would end the process. */
EDO_MUST_USE EDO_API bool edoi_world_signal(edo_runtime *rt, int signo);

#endif
