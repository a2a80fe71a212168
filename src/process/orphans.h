/* SPDX-License-Identifier: MIT */
/* process/orphans.h: takes the statuses of processes that have ended, so that none stays a
 * zombie. */
#ifndef EDOI_PROCESS_ORPHANS_H
#define EDOI_PROCESS_ORPHANS_H

#include <edo/compiler.h>

#include <stdbool.h>
#include <sys/types.h>

/* The status of the child `pid` if it has ended, as edo_process_wait() returns it; -EAGAIN it runs;
 * -ECHILD. `keep`: it stays a zombie. */
EDO_MUST_USE int edoi_reap(pid_t pid, bool keep);

/* The handle of the child `pid` was given up. If it runs a thread of its own waits for its end,
 * with or without a runtime. Without threads a child that was `killed` is awaited here; another one
 * is a zombie from its end to ours. Any thread. */
void edoi_orphan(pid_t pid, bool killed);

#endif
