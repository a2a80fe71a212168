/* SPDX-License-Identifier: MIT */
/* copy.h: --copy-to: what a file has is copied to a database. */
#ifndef CHAT_COPY_H
#define CHAT_COPY_H

/* Copies, and says what it did. `arg` is the options; the program's root task. Returns the exit
 * status. */
int copy_run(void *arg);

#endif
