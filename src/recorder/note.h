/* SPDX-License-Identifier: MIT */
/* recorder/note.h: how the parts of edo record. Where nothing is recorded EDOI_RECORDS() is a load
 * and a branch; it stands where something is counted or slow anyway.
 *
 *     if (EDOI_RECORDS(EDO_RECORDER_ALL)) edoi_recorder_note(EDOI_REC_WAKE, t, 1, by);
 *
 * In models nothing is recorded. */
#ifndef EDOI_RECORDER_NOTE_H
#define EDOI_RECORDER_NOTE_H

#include "base/atomic.h"
#include "recorder/format.h"

#include <edo/recorder.h>

struct edoi_recorder_writer;

/* atomic: RS2; an edo_recorder_depth. Hidden, so that a look is two instructions. */
extern __attribute__((visibility("hidden"))) edo_atomic_u32 edoi_recorder_depth;

#ifdef EDOI_MODEL
#    define EDOI_RECORDS(depth) false
#else
#    define EDOI_RECORDS(depth)                                                                    \
        EDOI_UNLIKELY(edoi_load_rlx_u32(&edoi_recorder_depth) >= (uint32_t)(depth))
#endif

/* Records an event of this moment, in the ring of the worker that this thread holds, or in that for
 * all others; the recorder has been started. `task` may be NULL. Any thread; not in a signal's
 * handler, not under a leaf lock. */
void edoi_recorder_note(edoi_recorder_kind kind, const void *task, uint32_t small, uint64_t arg);

/* Likewise, of the moment `ticks`, which has passed, in the ring for all others. */
void edoi_recorder_note_of_others(uint64_t ticks, edoi_recorder_kind kind, const void *task,
                                  uint32_t small, uint64_t arg);

/* As edoi_recorder_note(), where `arg` is a text that stays for as long as the process. */
void edoi_recorder_note_site(edoi_recorder_kind kind, const void *task, uint32_t small,
                             const char *site);

/* The task that runs on this thread, for callers that do not have it at hand. */
typedef const void *edoi_recorder_task_fn(void);
void edoi_recorder_task_by(edoi_recorder_task_fn *fn);
const void *edoi_recorder_task(void);

/* The ring of what this thread does from now on; NULL: it holds no worker. */
void edoi_recorder_here(struct edoi_recorder_writer *w);

#endif
