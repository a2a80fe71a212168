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

#include <edo/tracker.h>

/* Another program has told what was said, with its number. Everybody in the room, if there is
 * somebody, is to be told, by a task that `tellers` counts. Never waits. */
void hearing_take(directory *in, const saying *what, edo_tracker *tellers);

#endif
