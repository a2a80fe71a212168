/* SPDX-License-Identifier: MIT */
/* question.h: what a program asks again and again of a store that others use, too: what is new in
 * the rooms that have members here, and which rooms are new. docs/design/chat-nodes.md has why.
 *
 * Threads: one task asks. */
#ifndef CHAT_QUESTION_H
#define CHAT_QUESTION_H

#include "room/directory.h"

#include <edo/scope.h>

/* Programs that were started together do not ask together: each time is this, or up to 0.1 s more
 * or less. */
#define QUESTION_EVERY  EDO_S(1)
#define QUESTION_JITTER EDO_MS(100)

typedef struct question {
    directory *in; /* const; borrowed */
    /* Of the store's clock: rooms that were made before it are known; 0: none is. */
    int64_t made_after_ms;
} question;

/* Asks once. What is new is told by tasks in that scope, one for a room, so no room waits for those
 * in others; one whose task has not ended is not asked for: its task goes on by itself. Without
 * rooms that have members the store is asked for rooms alone. Returns 0 or a failure of the store,
 * or -ENOMEM: it is asked again the next time. */
int question_ask(question *self, edo_scope *learners);

/* Asks each second until it is cancelled. `arg` is the directory, whose store gives the numbers; a
 * task's function. */
int question_run(void *arg);

#endif
