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

/* Puts what is whole of the copy in the place of the log. Returns 0; -EILSEQ  it has no head;
 * -ENOMEM and others. May block. */
int sqlite_torn_mend(const char *path, const char *kept);

/* Puts the copy there as it is. Returns 0 or a negative code. May block. */
int sqlite_torn_put_back(const char *path, const char *kept);

#endif
