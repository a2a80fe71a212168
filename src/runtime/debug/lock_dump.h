/* SPDX-License-Identifier: MIT */
/* runtime/debug/lock_dump.h: the locks of the program in a dump. */
#ifndef EDOI_RUNTIME_DEBUG_LOCK_DUMP_H
#define EDOI_RUNTIME_DEBUG_LOCK_DUMP_H

#include "base/error/text.h"

#include <stdint.h>
#include <stdio.h>

/* Writes for how long something is so since `since`, tenths of a second as `now`, into `to`, and
 * returns the text: " for 3.1 s"; "" if it is not known since when. */
const char *edoi_lock_age(edoi_text *to, uint32_t now, uint32_t since);

/* Prints which locks are held, by whom, since when and where, and who waits for them, those first
 * that are awaited; nothing if none is held and nothing was found. `now_ns`: of the monotonic
 * clock. Calls no malloc(); whole lines. Any thread, one at a time. */
void edoi_lock_dump(FILE *out, int64_t now_ns);

#endif
