/* SPDX-License-Identifier: MIT */
/* hearing.h: what other programs have told of rooms is shown there.
 *
 * A room is told what was heard by a task of its own, one at a time: so none waits for those in
 * others, and whoever hears waits for none.
 *
 * Threads: one task hears. */
#ifndef CHAT_HEARING_H
#define CHAT_HEARING_H

#include "room/directory.h"

#include <edo/cancel.h>
#include <edo/tracker.h>

#include <stdatomic.h>
#include <stdint.h>

/* The tasks that tell rooms. Of hearing.c. */
typedef struct hearing_tellers {
    edo_tracker all;
    edo_cancel_token *end;               /* fires when there is no more time */
    atomic_uint_fast64_t contradicted_n; /* messages with the number of another that was shown */
    int64_t contradicted_ns;             /* when that was told last; of the task that hears */
} hearing_tellers;

/* Returns 0 or -ENOMEM: there is nothing to end. */
EDO_MUST_USE int hearing_begin(hearing_tellers *self);

/* Another program has told what was said, with its number. Everybody in the room, if there is
 * somebody, is to be told, by one of these tasks. Never waits. */
void hearing_take(directory *in, const saying *what, hearing_tellers *by);

/* Waits until all have ended, which read no more of what their rooms lack. One that was not begun,
 * all zero, is allowed. Not cut short. */
void hearing_end(hearing_tellers *self);

#endif
