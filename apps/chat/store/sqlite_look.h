/* SPDX-License-Identifier: MIT */
/* sqlite_look.h: whether the file of a store is still there and whole. Called by a thread that may
 * block. */
#ifndef CHAT_SQLITE_LOOK_H
#define CHAT_SQLITE_LOOK_H

#include "store/sqlite_call.h"

#include <sys/stat.h>

/* Looks at the head of the file, which `*own` is of, with `look` held. As store_check(). */
int sqlite_look_at_file(sqlite_store *self, struct stat *own);

/* As store_check(), with `look` held. `arg` is the store. */
int sqlite_check_job(void *arg);

/* Searches the file for the place of a damage, unless that would take long. `arg` is the store. */
int sqlite_search_job(void *arg);

#endif
