/* SPDX-License-Identifier: MIT */
/* process/reap.h: takes the statuses of processes that have ended, so that none stays a
 * zombie. */
#ifndef EDOI_PROCESS_REAP_H
#define EDOI_PROCESS_REAP_H

#include <edo/compiler.h>

#include <stdbool.h>

/* A program whose handle was given up while it runs. It is made with the program: giving up needs
 * neither memory nor a descriptor. */
typedef struct edoi_orphan {
    struct edoi_orphan *next; /* lock: the list's */
    int pidfd;                /* const once it is given up */
} edoi_orphan;

/* The status of the child whose descriptor is `pidfd`, as edo_process_wait() returns it, if it has
 * ended; -EAGAIN it runs; -ECHILD. `keep`: it stays a zombie. */
EDO_MUST_USE int edoi_reap(int pidfd, bool keep);

/* The handle of the child whose descriptor is `pidfd`, which runs, was given up. Takes `o`, from
 * edoi_alloc(), and the descriptor. A thread of its own waits for the child's end, with or without
 * a runtime. Without threads a child that was `killed` is awaited here; another one waits for
 * edoi_reap_orphans(). Any thread. */
void edoi_give_up(edoi_orphan *o, int pidfd, bool killed);

/* Reaps the children without a thread that have ended. Any thread. */
void edoi_reap_orphans(void);

#endif
