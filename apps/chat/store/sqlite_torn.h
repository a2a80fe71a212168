/* SPDX-License-Identifier: MIT */
/* sqlite_torn.h: a write-ahead log that is damaged amid its transactions, as a crash or a disk may
 * leave it. SQLite takes what is in front of the damage, and writes over what is behind it, without
 * a word.
 *
 * What is damaged is mostly a page that was written again later in the log, with all that stood in
 * it. So the log without what is damaged mostly has everything; whether it has is seen by a check
 * of the database. */
#ifndef CHAT_SQLITE_TORN_H
#define CHAT_SQLITE_TORN_H

#include <stddef.h>
#include <stdint.h>

/* Looks at the log of the database `path`, which nobody has open. Returns 1: it is torn, and `*at`
 * is its first byte that is not what was written, by a page or so; 0: it is whole but for its end,
 * which was being written, or there is none; or -ENOMEM. May block. */
int sqlite_torn_find(int64_t *at, const char *path);

/* Copies the log to a new file beside it, whose path is in `kept` (`bytes` of room) also on
 * failure. Returns 0 or a negative code. May block. */
int sqlite_torn_keep(char *kept, size_t bytes, const char *path);

/* Makes a log of what is whole of the torn one, and looks whether the database is whole with it, by
 * a second name of the file: the torn log is untouched, so whoever is killed meanwhile finds it as
 * it was. Returns 1: it is; 0: it is not; or a failure that may pass, of which nothing is known.
 * May block, as the next two. */
int sqlite_torn_try(const char *path);

/* The log that was tried takes the place of the torn one, in one step. Returns 0 or a negative
 * code. */
int sqlite_torn_take(const char *path);

/* Removes what is left of it, also of a start that was killed. */
void sqlite_torn_drop(const char *path);

#endif
