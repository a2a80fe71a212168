/* SPDX-License-Identifier: MIT */
/* runtime/faults/faults.h: what edo_dump_faults() looks at, again and again within some seconds,
 * and how each part tells what it has found.
 *
 * A part remembers in memory of its own, which belongs to the one thread that looks: there is one
 * at a time. What it tells it has seen at every look, or it cannot be otherwise: a false report
 * costs more than a missing one. */
#ifndef EDOI_RUNTIME_FAULTS_FAULTS_H
#define EDOI_RUNTIME_FAULTS_FAULTS_H

#include <edo/base.h>

#include <stdio.h>

#define EDOI_FAULTS_LOOKS 8u /* after the first one */

/* Looks in progress. */
typedef struct edoi_faults {
    FILE *out;
    int64_t began_ns, now_ns; /* of the monotonic clock: the first look and this one */
    uint32_t told_n;
} edoi_faults;

/* Begins what tells of a fault: "fault: ". */
void edoi_fault_begin(edoi_faults *f);

/* ---- Workers that stand, and what is queued there: fault_workers.c --------------------------- */

/* At the first look, and with the lock of registry.h held, as the next one. */
void edoi_fault_workers_begin(edoi_faults *f);
void edoi_fault_workers_look(const edoi_faults *f);

void edoi_fault_workers_tell(edoi_faults *f);

/* ---- Tasks that wait: fault_waits.c ---------------------------------------------------------- */

/* Deadlocks, locks that are waited for since before the first look, and waits that nobody ends. */
void edoi_fault_waits_tell(edoi_faults *f);

/* An edoi_parked_fn for a thread that is no worker: does the task of that number wait? */
EDO_API bool edoi_fault_is_parked(uint64_t who);

/* ---- What grows: fault_growth.c -------------------------------------------------------------- */

/* With the lock of registry.h held. */
void edoi_fault_growth_begin(void);
void edoi_fault_growth_look(void);

void edoi_fault_growth_tell(edoi_faults *f);

#endif
