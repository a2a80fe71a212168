/* SPDX-License-Identifier: MIT */
/* sqlite_look.h: whether the file of a store is still there and whole. Called by a thread that may
 * block, with the connection of CHECKS locked. */
#ifndef CHAT_SQLITE_LOOK_H
#define CHAT_SQLITE_LOOK_H

#include "store/sqlite_call.h"

#include <sys/stat.h>

/* Looks at the head of the file, which `*own` is of. As store_check(). */
int sqlite_look_at_file(sqlite_job *j, struct stat *own);

/* As store_check(). `arg` is the job. */
int sqlite_check_job(void *arg);

#endif
