/* SPDX-License-Identifier: MIT */
/* sqlite_log.h: whether the write-ahead log of a store still has what was written to it. Nobody but
 * the chat writes there; other programs may write all of it into the file, and empty it.
 *
 * The functions may block, but for those of a database. */
#ifndef CHAT_SQLITE_LOG_H
#define CHAT_SQLITE_LOG_H

#include "store/sqlite_call.h"

/* Opens the descriptor of the log, in the place of that of an older one. With `lock` held for
 * writing, or before anybody else has the store. */
void sqlite_log_open(sqlite_store *self);

/* The log is as long as it is to be, with `writing` held or likewise. Returns 0, or -ENODATA if it
 * had a head and has none, though it is not empty: it was cut off while it was written, and is
 * short until it is opened again. */
int sqlite_log_note(sqlite_store *self);

/* Whether it is shorter than that. One that was begun anew is not: all that was in it is in the
 * file. */
bool sqlite_log_is_short(const sqlite_store *self);

/* Looks at it. Returns 0; -EAGAIN: it is empty, see sqlite_log_look_at_empty(); -ENODATA: it was
 * cut off. Sets `is_log_gone` of the call if it was deleted or replaced, and SQLite has it still.
 * `arg` is a sqlite_call. */
int sqlite_log_look_job(void *arg);

/* Returns 0 if all that was in the log is in the file; -ENODATA if it is not; -EAGAIN if that is
 * not known, as others read the file; or a failure. `arg` is a sqlite_call. */
int sqlite_log_look_at_empty(edo_sqlite *db, void *arg);

/* Writes all of it into the file, which is synced. Returns also -EBUSY: another program reads the
 * file. */
int sqlite_log_empty(edo_sqlite *db);

#endif
