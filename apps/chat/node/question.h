/* SPDX-License-Identifier: MIT */
/* question.h: what a program asks again and again of a store that others use, too: what is new in
 * the rooms that have members here, and which rooms are new.
 * docs/design/chat-nodes-carried.md has why.
 *
 * Threads: one task asks. */
#ifndef CHAT_QUESTION_H
#define CHAT_QUESTION_H

#include "room/directory.h"

#include <edo/notify.h>
#include <edo/scope.h>

#include <stdatomic.h>

/* Programs that were started together do not ask together: each time is this, or up to 0.1 s more
 * or less. While the others tell what is new, it is asked more rarely: for what was lost on the
 * way. */
#define QUESTION_EVERY   EDO_S(1)
#define QUESTION_CARRIED EDO_S(5)
#define QUESTION_JITTER  EDO_MS(100)

typedef struct question {
    directory *in; /* const; borrowed */
    /* Of the store's clock: rooms that were made before it are known; 0: none is. */
    int64_t made_after_ms;
    name next;              /* the room with which the next one begins; empty: with any */
    atomic_bool is_carried; /* the others tell what is new; see question_note_carried() */
    edo_notify soon;        /* it is to be asked before its time */
} question;

/* Asks once. What is new is told by tasks in that scope, one for a room, so no room waits for those
 * in others; one whose task has not ended is not asked for: its task goes on by itself. Without
 * rooms that have members the store is asked for rooms alone. Returns 0 or a failure of the store,
 * or -ENOMEM: it is asked again the next time. */
int question_ask(question *self, edo_scope *learners);

/* A question for what the others say in rooms of that directory, whose store gives the numbers. */
void question_init(question *self, directory *in);

/* The others tell what is new from now on, or do not any more. Any thread may, at any time; never
 * waits. */
void question_note_carried(question *self, bool is_carried);

/* Something may have been missed: it is asked at once, or a second after the last time.
 * Likewise. */
void question_ask_soon(question *self);

/* Asks each second until it is cancelled. `arg` is the question; a task's function. */
int question_run(void *arg);

#endif
