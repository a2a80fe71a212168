/* SPDX-License-Identifier: MIT */
/* console/own/looks.h: the parts of one look. Each fills in fields of a message that is all zero,
 * takes locks of the dump, and is called on a thread that may wait: no worker's. */
#ifndef EDOI_CONSOLE_OWN_LOOKS_H
#define EDOI_CONSOLE_OWN_LOOKS_H

#include "console/own/tasks.h"

/* ---- Parts of an update ---------------------------------------------------------------------- */

void edoi_look_at_runtimes(edoi_look_update *out, edo_arena *arena);

/* Locks that are held, those first that are awaited, and tasks that wait for each other. Errors:
 * -ENOMEM. */
EDO_MUST_USE int edoi_look_at_locks(edoi_look_update *out, edo_arena *arena);

/* Channels, pools, connections, descriptors. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_look_at_open(edoi_look_update *out, edo_arena *arena);

/* A whole look, but for its number. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_look_at_all(edoi_look_tasks *tasks, edoi_look_update *out, edo_arena *arena,
                                  edo_str site);

/* ---- What is asked for once ------------------------------------------------------------------ */

/* Errors: -ENOMEM. */
EDO_MUST_USE int edoi_look_at_stacks(edoi_look_stacks_reply *out, edo_arena *arena,
                                     const edoi_look_stacks_request *in);

/* Errors: -ENOMEM; -EINVAL as edo_dump_faults(). */
EDO_MUST_USE int edoi_look_for_faults(edoi_look_faults_reply *out, edo_arena *arena,
                                      uint32_t between_ms);

#endif
