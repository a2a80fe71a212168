/* SPDX-License-Identifier: MIT */
/* process/orphans.h: takes the statuses of processes that have ended, so that none stays a
 * zombie. */
#ifndef EDOI_PROCESS_ORPHANS_H
#define EDOI_PROCESS_ORPHANS_H

#include <edo/compiler.h>

#include <stdbool.h>

/* The status of the child whose descriptor is `pidfd`, as edo_process_wait() returns it, if it has
 * ended; -EAGAIN it runs; -ECHILD. `keep`: it stays a zombie. */
EDO_MUST_USE int edoi_reap(int pidfd, bool keep);

/* The handle of the child whose descriptor is `pidfd` (borrowed), which runs, was given up. A
 * thread of its own waits for its end, with or without a runtime. Without threads a child that was
 * `killed` is awaited here; another one waits for edoi_reap_orphans(). Without memory or
 * descriptors for that it is a zombie from its end to ours. Any thread. */
void edoi_orphan(int pidfd, bool killed);

/* Reaps the children without a thread that have ended. Any thread. */
void edoi_reap_orphans(void);

#endif
