/* SPDX-License-Identifier: MIT */
/* records/unfinished.h: debug builds name the tasks that a program does not wait for: tasks that
 * the end of edo_main()'s root cuts short, and, at the exit of the process, tasks alive in runtimes
 * that were not freed. */
#ifndef EDOI_RECORDS_UNFINISHED_H
#define EDOI_RECORDS_UNFINISHED_H

#include "records/records.h"

/* Prefix of the names of edo's own tasks, which end with their runtime: the program does not wait
 * for them, so they are not reported. */
#define EDOI_OWN_TASK "edo's own: "

#if EDOI_REMEMBERS

/* The root of `owner` has returned: what the end of that runtime cuts short is counted. */
void edoi_unfinished_begin(const void *owner);

/* The end of `owner` has cut a task short; `name` lives as long as the program. Any thread. */
void edoi_unfinished_cut(const void *owner, const char *name);

/* Names what was counted since edoi_unfinished_begin(), if anything was, in one line. */
void edoi_unfinished_tell(void);

#    define EDOI_CUT_SHORT(owner, by_end, name)                                                    \
        ((by_end) ? edoi_unfinished_cut((owner), (name)) : (void)0)

#else

#    define EDOI_CUT_SHORT(owner, by_end, name) ((void)0)

EDOI_INLINE void edoi_unfinished_begin(const void *owner) {
    (void)owner;
}
EDOI_INLINE void edoi_unfinished_tell(void) {}

#endif

#endif
