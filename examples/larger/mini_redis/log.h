/* SPDX-License-Identifier: MIT */
/* log.h: the file that brings the store back. Changes are appended as commands.
 *
 * A batch of commands is run, then its changes are written by one write(), then its replies are
 * sent: so a reply was never sent for a change that the end of the process can lose. The end of the
 * machine can lose what came after the last fdatasync(), which is a second ago at most.
 *
 * If a write or an fdatasync() fails no more replies are sent, and the program ends: what the file
 * holds is known only after it is read again. */
#ifndef MINI_REDIS_LOG_H
#define MINI_REDIS_LOG_H

#include <edo/edo.h>

/* Runs the commands of the file, which is made if it is not there; later changes are appended to
 * it. A command at its end that is not whole, since the process was killed while it wrote it, is
 * cut off. */
int log_open(const char *path);
bool log_is_loading(void);

/* Bytes of one command's changes beyond its own length. A batch of changes over REPLY_MAX would
 * fail as a write does; this much, with the longest request, stays below it. */
#define LOGGED_MAX (128 << 20)

/* With the store's lock. */
void log_command(const edo_str *words, size_t n);
int log_write(void); // all commands since the last call
#define log_words(...)                                                                             \
    log_command((edo_str[]){ __VA_ARGS__ }, sizeof((edo_str[]){ __VA_ARGS__ }) / sizeof(edo_str))

/* A task: has the file synced every second; ends when the log has failed. */
int log_sync_each_second(void *unused);

#endif
