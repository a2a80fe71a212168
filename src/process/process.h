/* SPDX-License-Identifier: MIT */
/* process/process.h: a program that was started. */
#ifndef EDOI_PROCESS_PROCESS_H
#define EDOI_PROCESS_PROCESS_H

#include "base/lock.h"
#include "driver/driver.h"
#include "process/reap.h"

#include <edo/process.h>

#define EDOI_PROCESS_PTY 3

struct edo_process {
    edo_atomic_u32 refs; /* atomic: PR1 */
    edoi_lock lock;      /* leaf */
    edoi_orphan *orphan; /* const; the last reference's */
    edoi_source *source; /* const: has the descriptor of the process */
    pid_t pid;           /* const */
    bool own_group;      /* const */
    bool kill_on_unref;  /* const */
    bool kills_rest;     /* at its end the rest of its group is killed; lock: lock */
    int status;          /* -EAGAIN: not taken yet; lock: lock */
    edo_stream *pipes[EDOI_PROCESS_PTY + 1]; /* our ends of 0, 1 and 2; the terminal; lock: lock */
};

/* Takes one of `pipes`; NULL: there is none. */
edo_stream *edoi_process_take(edo_process *self, size_t i);

#endif
