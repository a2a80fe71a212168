/* SPDX-License-Identifier: MIT */
/* sim/calls/disk/enter.h: calls of a host that has a disk, edo_sim_disk(), on what lies there. What
 * only looks goes to the machine, of whose replies looks.c changes some, and so does all that is
 * elsewhere.
 *
 *     open.c       opens
 *     bytes.c      reads, writes, lengths, syncs
 *     names.c      names that are made, moved and removed
 *     temporary.c  names that libc chooses
 *     stdio.c      FILE
 *     maps.c       files in memory
 *     looks.c      numbers and times of files
 *     lists.c      lists of folders
 *
 * Before calls.h, behind which all functions are seen by all libraries of a program. */
#ifndef EDOI_SIM_CALLS_DISK_ENTER_H
#define EDOI_SIM_CALLS_DISK_ENTER_H

#include "sim/disk/disk.h"
#include "sim/world/world.h"

#include <errno.h>
#include <limits.h>

/* The disk of the running host. Until edoi_sim_disk_leave() no host runs on this thread, so the
 * disk's own calls go to the machine. */
typedef struct edoi_sim_disk_call {
    edoi_simdisk *disk; /* NULL: the call is the machine's */
    edoi_sim_host *host;
} edoi_sim_disk_call;

edoi_sim_disk_call edoi_sim_disk_enter(void);

/* For what lies there; `below` is as edoi_simdisk_has() has it. */
edoi_sim_disk_call edoi_sim_disk_enter_path(int dir, const char *path, char *below);
edoi_sim_disk_call edoi_sim_disk_enter_fd(int fd);

void edoi_sim_disk_leave(const edoi_sim_disk_call *c);

/* Leaves, and returns a result as libc does: -1 with errno. */
int edoi_sim_disk_return(const edoi_sim_disk_call *c, int result);

#endif
