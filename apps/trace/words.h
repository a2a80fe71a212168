/* SPDX-License-Identifier: MIT */
/* words.h: a recording in words: what it is and which tasks ran most; folded stacks; the last
 * events of one task. */
#ifndef EDO_TRACE_WORDS_H
#define EDO_TRACE_WORDS_H

#include "polls.h"

#include <stdio.h>

/* Errors: -ENOMEM. */
EDO_MUST_USE int trace_about(FILE *out, const edoi_recorder_reading *r, const trace_polls *polls);

/* "worker 0 of edo;serve at main.c:7 1234", in microseconds, for flamegraph.pl and speedscope; with
 * `waits`, what tasks waited for: "serve at main.c:7;edo_recv 1234". */
void trace_folded(FILE *out, const edoi_recorder_reading *r, const trace_polls *polls, bool waits);

/* The last `last_ns` of the task of this address, or of all tasks whose name begins so. False:
 * there is none. */
EDO_MUST_USE bool trace_task(FILE *out, const edoi_recorder_reading *r, const char *task,
                             int64_t last_ns);

#endif
